"""The comparison itself: what it calls the same, and what not."""

from __future__ import annotations

import numpy as np
import pytest

from fieldwatch_edge.domain import Detections
from fieldwatch_models.export.agree import Agreement
from fieldwatch_models.export.drawn import drawn

LION = [10.0, 10.0, 50.0, 40.0, 0.9, 0]
ZEBRA = [100.0, 20.0, 180.0, 90.0, 0.6, 1]


def seen(*rows: list[float]) -> Detections:
    table = np.array(rows, np.float32).reshape(-1, 6)
    return Detections(table[:, :4], table[:, 4], table[:, 5].astype(np.int64))


def moved(row: list[float], by: float = 0, score: float = 0, to: int | None = None) -> list[float]:
    return [*(edge + by for edge in row[:4]), row[4] + score, row[5] if to is None else to]


@pytest.mark.parametrize(
    ("left", "right", "holds"),
    [
        pytest.param([], [], True, id="nothing on both sides"),
        pytest.param([LION, ZEBRA], [ZEBRA, LION], True, id="the same in another order"),
        pytest.param([LION], [moved(LION, by=0.9)], True, id="less than a pixel"),
        pytest.param([LION], [moved(LION, by=1.1)], False, id="more than a pixel"),
        pytest.param([LION], [moved(LION, score=-0.009)], True, id="less than a hundredth"),
        pytest.param([LION], [moved(LION, score=-0.011)], False, id="more than a hundredth"),
        pytest.param([LION], [moved(LION, to=1)], False, id="another class at the same place"),
        pytest.param([LION, ZEBRA], [LION], False, id="only the left side sees it"),
        pytest.param([LION], [LION, ZEBRA], False, id="only the right side sees it"),
        pytest.param([LION, [*ZEBRA[:4], 0.109, 1]], [LION], True, id="missing, but at the threshold"),
        pytest.param([LION, [*ZEBRA[:4], 0.111, 1]], [LION], False, id="missing, just over the threshold"),
    ],
)
def test_what_agrees_and_what_does_not(left, right, holds):
    found = Agreement(conf=0.1)
    found.add(seen(*left), seen(*right))
    assert found.holds is holds
    assert found.report()["within_tolerance"] is holds


def test_each_box_has_one_partner_and_it_is_the_nearest():
    """Two animals side by side: pairing by order would call each the other."""
    calf = moved(LION, by=6, score=-0.2)
    found = Agreement(conf=0.1)
    found.add(seen(LION, calf), seen(moved(calf, by=0.5), moved(LION, by=-0.25)))
    assert sorted(found.box_px) == pytest.approx([0.25, 0.5])
    assert found.alone == []


def test_the_report_says_how_far_apart_and_what_is_missing():
    found = Agreement(conf=0.1)
    found.add(seen(LION), seen(moved(LION, by=0.5, score=0.004)))
    found.add(seen(ZEBRA), seen())
    assert found.report() == {
        "pictures": 2,
        "conf": 0.1,
        "boxes_compared": 1,
        "box_px": {"worst": 0.5, "p99": 0.5},
        "score": {"worst": pytest.approx(0.004, abs=1e-5), "p99": pytest.approx(0.004, abs=1e-5)},
        "on_one_side_only": {"clear": 1, "best_score": 0.6, "at_threshold": 0},
        "within_tolerance": False,
    }


def test_drawn_pictures_are_the_same_each_time_and_differ_from_each_other():
    first, again = list(drawn(8)), list(drawn(8))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], first[6]), "of one size, but not one scene"
    assert len({picture.shape for picture in first}) == 6
