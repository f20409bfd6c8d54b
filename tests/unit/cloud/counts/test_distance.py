from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.unit.cloud.counts.occupancy_cases import case

from fieldwatch_cloud.counts.density import Part
from fieldwatch_cloud.counts.methods.distance import distance_sampling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fieldwatch_cloud.counts.methods.distance import DistanceFit

BREAKS = [2, 3, 4, 5, 6, 7, 8, 10, 12, 15]
# Howe et al. 2017, Maxwell's duikers at hours of peak activity: what the likelihood rests on.
BANDS = [259, 477, 586, 811, 799, 719, 1234, 543, 437]


def _duikers(**options: Any) -> tuple[DistanceFit, dict[str, Any]]:
    folder, expected = case("ctds_duiker_peak_hr")
    with (folder / "duiker_peak.csv").open() as file:
        rows = list(csv.DictReader(file))
    effort = {row["Sample.Label"]: float(row["Effort"]) for row in rows}
    camera = {label: index for index, label in enumerate(effort)}
    seen = [row for row in rows if row["distance"] not in ("", "NA")]
    found = distance_sampling(
        [float(row["distance"]) for row in seen],
        [camera[row["Sample.Label"]] for row in seen],
        list(effort.values()),
        angle=math.radians(42),
        left=2,
        right=15,
        breaks=BREAKS,
        **options,
    )
    return found, expected


def test_ctds_duiker_peak_hr() -> None:
    found, expected = _duikers(key="hazard-rate", variance="P2")
    reference = expected["hr0"]
    shape, sigma = reference["par"]
    assert found.fit.coefficients == pytest.approx([sigma, shape], rel=1e-6)
    assert found.fit.log_likelihood == pytest.approx(reference["logLik"], rel=1e-9)
    density, p, radius, rate = found.estimates
    assert p.value == pytest.approx(reference["Pa"], rel=1e-6)
    assert radius.value == pytest.approx(reference["EDR_m"], rel=1e-6)
    assert radius.value == pytest.approx(9.4, abs=0.1)
    table = reference["density"]
    assert density.value == pytest.approx(table["Density"], rel=1e-6)
    assert density.se == pytest.approx(table["Density_se"], rel=1e-3)
    assert density.low == pytest.approx(table["LCI"], rel=1e-3)
    assert density.high == pytest.approx(table["UCI"], rel=1e-3)
    assert found.cv_parts["encounter_rate"] == pytest.approx(
        math.sqrt(table["ER_var"]) / rate.value, rel=1e-6
    )


def test_ctds_duiker_peak_hn_and_the_choice_between() -> None:
    found, expected = _duikers(key="half-normal")
    assert found.fit.coefficients == pytest.approx([expected["hn0"]["par"]], rel=1e-6)
    assert found.estimates[1].value == pytest.approx(expected["hn0"]["Pa"], rel=1e-6)
    both, _ = _duikers()
    assert both.key == "hazard-rate"
    assert both.aic["hazard-rate"] == pytest.approx(expected["hr0"]["AIC"], rel=1e-8)
    assert both.aic["half-normal"] == pytest.approx(expected["hn0"]["AIC"], rel=1e-8)
    # An animal gives a hundred distances: as if independent, the detection function looks ten times too sure.
    known, _ = _duikers(key="hazard-rate", variance="P2")
    assert both.cv_parts["detection"] > 5 * known.cv_parts["detection"]
    assert (both.estimates[0].se or 0) > (known.estimates[0].se or 0)


def test_ctds_duiker_bands() -> None:
    """The detection function from the counts per band alone: shape 5.168, scale 8.278 m, radius 9.46 m."""
    middles = (np.array(BREAKS[1:]) + np.array(BREAKS[:-1])) / 2
    r = np.repeat(middles, BANDS)
    found = distance_sampling(
        r, np.zeros(len(r), int), [12317058], angle=math.radians(42), left=2, right=15, breaks=BREAKS
    )
    assert found.fit.coefficients == pytest.approx([2.11359180004552, 1.64237952466088], rel=1e-6)
    assert found.estimates[0].value == pytest.approx(14.5105541523879, rel=1e-6)
    assert found.estimates[0].se is None
    assert "distance_few_cameras" in {each.code for each in found.findings}


def _sector(
    rng: np.random.Generator, cameras: int, mean: float, sigma: float, right: float = 15.0
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Animals at random in the views, seen with a half-normal chance."""
    at = np.repeat(np.arange(cameras), rng.poisson(mean, cameras))
    r = right * np.sqrt(rng.random(len(at)))
    seen = rng.random(len(r)) < np.exp(-(r**2) / (2 * sigma**2))
    return r[seen], at[seen]


def test_exact_distances_and_bands_agree_with_each_other_and_with_the_truth() -> None:
    rng = np.random.default_rng(12)
    r, at = _sector(rng, 60, 60, 5.0)
    given: dict[str, Any] = {"angle": 1.0, "right": 15.0, "key": "half-normal"}
    exact = distance_sampling(r, at, np.full(60, 1e5), **given)
    banded = distance_sampling(r, at, np.full(60, 1e5), breaks=np.linspace(0, 15, 16), **given)
    truth = 60 / (1e5 * 0.5 * 15**2) * 1e6
    for found in (exact, banded):
        density = found.estimates[0]
        assert density.low is not None
        assert density.high is not None
        assert density.low < truth < density.high
        assert math.exp(found.fit.coefficients[0]) == pytest.approx(5.0, rel=0.1)
    assert banded.estimates[0].value == pytest.approx(exact.estimates[0].value, rel=0.02)


def test_left_truncation_leaves_the_density_as_it_is() -> None:
    rng = np.random.default_rng(13)
    r, at = _sector(rng, 60, 80, 5.0)
    whole = distance_sampling(r, at, np.full(60, 1e5), angle=1.0, right=15, key="half-normal")
    cut = distance_sampling(r, at, np.full(60, 1e5), angle=1.0, left=2, right=12, key="half-normal")
    assert cut.estimates[0].value == pytest.approx(whole.estimates[0].value, rel=0.1)


def test_the_activity_level_divides_the_density() -> None:
    r, at = _sector(np.random.default_rng(14), 40, 30, 5.0)
    given: dict[str, Any] = {"angle": 1.0, "right": 15.0, "key": "half-normal"}
    always = distance_sampling(r, at, np.full(40, 1e5), **given).estimates[0]
    half = distance_sampling(r, at, np.full(40, 1e5), activity=Part(0.5, 0.05), **given).estimates[0]
    assert half.value == pytest.approx(2 * always.value)
    assert (half.se or 0) / half.value == pytest.approx(math.hypot((always.se or 0) / always.value, 0.1))


def test_animals_that_avoid_the_camera_are_told() -> None:
    r, at = _sector(np.random.default_rng(15), 50, 80, 5.0)
    shy = (r > 2) | (np.random.default_rng(1).random(len(r)) < 0.1)
    found = distance_sampling(
        r[shy], at[shy], np.full(50, 1e5), angle=1.0, right=15, breaks=[0, 2, 4, 6, 8, 10, 12, 15]
    )
    assert "distance_avoided" in {each.code for each in found.findings}


def test_too_little_has_no_density() -> None:
    none = distance_sampling([], [], [1000.0, 1000.0], angle=1.0, right=10)
    assert none.estimates[0].value == 0
    assert none.estimates[0].high is None
    assert [each.code for each in none.findings] == ["density_no_encounters"]
    few = distance_sampling([3.0, 4.0], [0, 1], [1000.0, 1000.0], angle=1.0, right=10)
    assert math.isnan(few.estimates[0].value)
    assert [each.severity for each in few.findings] == ["unfit"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"moments": [0.0, 0.0]}, "effort"),
        ({"cameras": [0, 5]}, "beyond"),
        ({"distances": [1.0, -2.0]}, "0 or more"),
        ({"left": 12.0}, "truncation"),
        ({"angle": 42.0}, "angle"),
        ({"breaks": [0, 5, 4, 10]}, "rise"),
        ({"breaks": [0, 5, 8]}, "rise"),
    ],
)
def test_bad_input(change: dict[str, Any], words: str) -> None:
    given: dict[str, Any] = {"distances": [1.0, 2.0], "cameras": [0, 1], "moments": [10.0, 10.0]}
    with pytest.raises(ValueError, match=words):
        distance_sampling(**({**given, "angle": 1.0, "right": 10.0} | change))
