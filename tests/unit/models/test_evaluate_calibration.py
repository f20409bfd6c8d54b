"""Temperatures that are known because the boxes were made with them."""

from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.unit.models.evaluate_world import HERE, THERE, seen

from fieldwatch_models.evaluate.calibration import (
    Answers,
    answers,
    bins,
    calibration,
    cross_fitted,
    expected_error,
    fit_temperature,
)
from fieldwatch_models.evaluate.scale import calibrated, moved

if TYPE_CHECKING:
    from fieldwatch_models.evaluate.predictions import Seen


def overconfident(temperature: float, n: int = 20_000) -> Answers:
    """Boxes whose log-odds are `temperature` times what they should be, of forty sites."""
    rng = np.random.default_rng(3)
    honest = rng.uniform(0.02, 0.98, n)
    right = rng.random(n) < honest
    return Answers(calibrated(honest, 1 / temperature), right, rng.integers(0, 40, n).astype(str))


@pytest.mark.parametrize("temperature", [0.6, 1.0, 2.5])
def test_the_temperature_is_found_again(temperature: float) -> None:
    assert fit_temperature(overconfident(temperature)) == pytest.approx(temperature, rel=0.03)


def test_calibration_mends_what_temperature_can_mend() -> None:
    of = overconfident(2.5)
    before = expected_error(of.scores, of.right)
    fitted = cross_fitted(of)
    assert fitted is not None
    after = expected_error(fitted, of.right)
    assert before is not None
    assert after is not None
    assert before > 0.1
    assert after < 0.02


def test_a_site_is_calibrated_by_the_others() -> None:
    """One site that is always wrong, however sure: fitted on itself it would look mended."""
    usual = overconfident(1.0, 4000)
    odd = Answers(np.full(500, 0.9), np.zeros(500, bool), np.full(500, "odd"))
    of = Answers(
        *(np.concatenate([getattr(usual, f), getattr(odd, f)]) for f in ("scores", "right", "groups"))
    )
    mine = of.groups == "odd"
    fitted = cross_fitted(of)
    assert fitted is not None
    assert fitted[mine].mean() > calibrated(of.scores, fit_temperature(of))[mine].mean() + 0.02


def test_one_site_alone_has_no_others_to_be_calibrated_by() -> None:
    """The scores as they were, called calibrated, would be a figure that nobody measured."""
    of = overconfident(2.5, 400)
    assert cross_fitted(Answers(of.scores, of.right, np.full(400, "peak"))) is None
    two = np.where(np.arange(400) < 200, "peak", "valley")
    fitted = cross_fitted(Answers(of.scores, of.right, two))
    assert fitted is not None
    other = Answers(of.scores[200:], of.right[200:], two[200:])
    assert fitted[:200] == pytest.approx(calibrated(of.scores[:200], fit_temperature(other)))


def test_the_error_is_the_mean_distance_that_was_put_in() -> None:
    rng = np.random.default_rng(8)
    scores = rng.uniform(0.3, 1, 40_000)
    assert expected_error(scores, rng.random(40_000) < scores) == pytest.approx(0, abs=0.01)
    assert expected_error(scores, rng.random(40_000) < scores - 0.25) == pytest.approx(0.25, abs=0.01)


def test_the_reliability_diagram_counts_every_box_once() -> None:
    rows = bins(np.array([0.0, 0.05, 0.95, 1.0]), np.array([False, True, True, True]))
    assert [(row["low"], row["boxes"], row["share_right"]) for row in rows] == [(0.0, 2, 0.5), (0.9, 2, 1.0)]
    assert expected_error(np.array([0.95, 0.85]), np.array([True, False])) == pytest.approx(0.45)
    assert expected_error(np.empty(0), np.empty(0, bool)) is None


def test_only_boxes_that_somebody_could_check_are_asked() -> None:
    of = answers(
        [
            seen(
                [(*HERE, 0.9, 0), (*HERE, 0.6, 0), (*THERE, 0.5, 1), (*THERE, 0.01, 0)],
                [(*HERE, 0)],
                classes=2,
                looked_for=[True, False],
                site="north",
            )
        ]
    )
    assert of.scores.tolist() == [0.9, 0.6]
    assert of.right.tolist() == [True, False]
    assert set(of.groups) == {"north"}


def test_a_handful_of_boxes_gets_no_temperature() -> None:
    few: list[Seen] = [seen([(*HERE, 0.9, 0)], [(*HERE, 0)])]
    told = calibration(few)
    assert told["temperature"] is None
    assert told["boxes"] == 1


@pytest.mark.parametrize("conf", [0.05, 0.4, 0.9])
def test_a_threshold_moves_with_its_scale(conf: float) -> None:
    scores = np.linspace(0.001, 0.999, 999)
    new = moved(conf, 1.0, 2.3)
    assert ((calibrated(scores, 2.3) > new) == (scores > conf + 1e-9)).all()
    assert moved(new, 2.3, 1.0) == pytest.approx(conf)
