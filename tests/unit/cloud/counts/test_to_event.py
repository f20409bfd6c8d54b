from __future__ import annotations

import csv
import math
from datetime import UTC, datetime
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.unit.cloud.counts.occupancy_cases import case

from fieldwatch_cloud.counts.methods.to_event import (
    History,
    crossing_time,
    instantaneous,
    space_to_event,
    space_to_event_history,
    time_to_event,
    time_to_event_history,
)

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# spaceNtime 1.1.2, vignette (Moeller & Lukacs 2021): photos with animals, and when which area was watched.
PHOTOS = [(1, "2016-01-02T12:00:00", 1), (2, "2016-01-02T14:00:00", 1), (2, "2016-01-03T16:53:42", 2)]
DEPLOY = [
    (1, "2015-12-01T15:00:00", "2016-01-05T00:00:00", 300),
    (2, "2015-12-08T00:00:00", "2015-12-19T03:30:00", 200),
    (2, "2016-01-01T00:00:00", "2016-01-01T05:00:00", 200),
    (2, "2016-01-02T00:00:00", "2016-01-05T00:00:00", 450),
]
PERIOD = 2034.69899493758


def _s(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def _rows(folder: Path, name: str) -> list[dict[str, float]]:
    def number(value: str) -> float:
        try:
            return float(value)
        except ValueError:
            return math.nan

    with (folder / name).open() as file:
        return [{key: number(value) for key, value in row.items()} for row in csv.DictReader(file)]


def _history(rows: list[dict[str, float]], event: str, unit: str) -> History:
    at = np.array([row[event] for row in rows])
    censor = np.array([row["censor"] for row in rows])
    return History(
        np.where(np.isnan(at), censor, at), ~np.isnan(at), np.array([int(row[unit]) for row in rows])
    )


def _matrices(rows: list[dict[str, float]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    counts, areas = np.full((95, 2), np.nan), np.zeros((95, 2))
    for row in rows:
        place = int(row["occ"]) - 1, int(row["cam"]) - 1
        counts[place], areas[place] = row["count"], row["area"]
    return counts, areas


def test_spaceNtime_vignette_time_to_event() -> None:  # noqa: N802
    """Against the exact maximum likelihood: the package pairs the censoring times of wrong cameras."""
    folder, expected = case("spaceNtime_vignette")
    found = time_to_event(_history(_rows(folder, "tte_eh.csv"), "TTE", "cam"))
    exact = {each.name: each for each in found.estimates}["density_model_based"]
    assert exact.value == pytest.approx(expected["tte_closed_form"]["N"], rel=1e-9)
    assert exact.se == pytest.approx(expected["tte_closed_form"]["SE"], rel=1e-9)


def test_spaceNtime_vignette_space_to_event() -> None:  # noqa: N802
    folder, expected = case("spaceNtime_vignette")
    found = space_to_event_history(_history(_rows(folder, "ste_eh.csv"), "STE", "occ"))
    exact = {each.name: each for each in found.estimates}["density_model_based"]
    assert exact.value == pytest.approx(expected["ste_closed_form"]["N"], rel=1e-9)
    assert exact.se == pytest.approx(expected["ste_closed_form"]["SE"], rel=1e-9)
    # Its optimiser stops at 1e-3, and its interval is the same log-normal one.
    reference = expected["ste_reference"]
    assert (exact.value, exact.se) == pytest.approx((reference["N"], reference["SE"]), rel=1e-3)
    assert (exact.low, exact.high) == pytest.approx((reference["LCI"], reference["UCI"]), rel=1e-3)
    counts, areas = _matrices(_rows(folder, "ise_eh.csv"))
    over_all_orders = space_to_event(np.where(areas > 0, counts, np.nan), np.maximum(areas, 1)).estimates[0]
    possible = expected["ste_possible_N"]
    assert min(possible) <= over_all_orders.value <= max(possible)


def test_spaceNtime_vignette_instantaneous() -> None:  # noqa: N802
    folder, expected = case("spaceNtime_vignette")
    counts, areas = _matrices(_rows(folder, "ise_eh.csv"))
    counts[areas == 0] = np.nan
    found = instantaneous(counts, areas, pooled=False)
    between = {each.name: each for each in found.estimates}["density_between_cameras"]
    assert between.value == pytest.approx(expected["ise_reference"]["N"], rel=1e-9)
    assert between.se == pytest.approx(expected["ise_reference"]["SE_N"], rel=1e-9)


def test_spaceNtime_vignette_from_the_photos() -> None:  # noqa: N802
    """Six occasions of 24 crossings, two hours apart: the package's own rows where a camera looked all
    through; those that it looked through in part count there in full, and here not at all."""
    starts = _s("2016-01-01T00:00:00") + np.arange(6) * (24 * PERIOD + 7200)
    history = time_to_event_history(
        [_s(at) for _, at, _ in PHOTOS],
        [camera for camera, _, _ in PHOTOS],
        [(camera, _s(since), _s(until)) for camera, since, until, _ in DEPLOY],
        [area for *_, area in DEPLOY],
        starts=starts,
        length=24 * PERIOD,
        period=PERIOD,
    )
    events = history.exposure[history.event]
    # Occasions start on whole seconds in the package: 1e-4.
    assert sorted(events) == pytest.approx([2099.72089760189, 2585.54214313228, 5470.6863411713], rel=1e-3)
    assert sorted(history.exposure[~history.event]) == pytest.approx([7200.0] * 5 + [10800.0] * 2, rel=1e-6)


def test_mean_area_over_all_orders_of_cameras() -> None:
    areas = np.array([100.0, 250.0, 30.0, 400.0])
    seen = np.array([[0.0, 1.0, 1.0, 0.0]])
    orders = [
        areas[list(order[: next(i for i, camera in enumerate(order) if seen[0, camera]) + 1])].sum()
        for order in permutations(range(4))
    ]
    found = space_to_event(seen, areas).estimates[0]
    assert found.value == pytest.approx(1e6 / np.mean(orders))


def test_equal_areas_and_rare_animals_give_what_instantaneous_sampling_gives() -> None:
    rng = np.random.default_rng(8)
    counts = rng.poisson(0.002, (5000, 20)).astype(float)
    space, moment = space_to_event(counts, np.full(20, 50.0)), instantaneous(counts, np.full(20, 50.0))
    assert space.estimates[0].value == pytest.approx(moment.estimates[0].value, rel=0.05)


def test_an_animal_in_view_when_the_occasion_starts_is_no_event() -> None:
    given: dict[str, Any] = {"starts": [100.0], "length": 50.0, "period": 10.0}
    before = time_to_event_history([99.0], [0], [(0, 0, 200)], [30.0], **given)
    assert (before.exposure.tolist(), before.event.tolist()) == ([150.0], [False])
    after = time_to_event_history([99.0, 120.0, 130.0], [0, 0, 0], [(0, 0, 200)], [30.0], **given)
    assert (after.exposure.tolist(), after.event.tolist()) == ([60.0], [True])


def test_time_to_cross() -> None:
    """A disc's mean chord is π r / 2."""
    assert crossing_time([math.pi * 4], [4 * math.pi], 0.5) == pytest.approx([math.pi * 2 / 2 / 0.5])
    with pytest.raises(ValueError, match="above 0"):
        crossing_time([1.0], [1.0], 0)


def test_herds_are_told() -> None:
    rng = np.random.default_rng(3)
    herd = np.zeros((400, 30))
    herd[rng.integers(400, size=12), rng.integers(30, size=12)] = 25
    assert "events_not_independent" in {each.code for each in instantaneous(herd, np.full(30, 50.0)).findings}


def test_nobody_looked_and_nothing_came() -> None:
    with pytest.raises(ValueError, match="no camera looked"):
        instantaneous(np.full((3, 2), np.nan), [10.0, 10.0])
    with pytest.raises(ValueError, match="no camera looked"):
        space_to_event(np.full((3, 2), np.nan), [10.0, 10.0])
    empty = time_to_event_history([], [], [], [], starts=[0.0], length=1.0, period=1.0)
    with pytest.raises(ValueError, match="nothing was searched"):
        time_to_event(empty)
    nothing = space_to_event(np.zeros((3, 2)), [10.0, 10.0])
    assert (nothing.estimates[0].value, nothing.estimates[0].se) == (0, None)
    assert [each.code for each in nothing.findings] == ["density_no_encounters"]


@pytest.mark.parametrize(
    ("counts", "areas"), [([[1.0]], [[1.0, 2.0]]), ([[-1.0]], [1.0]), ([[1.0]], [0.0]), ([1.0], [1.0])]
)
def test_bad_tables(counts: list[list[float]], areas: list[float]) -> None:
    with pytest.raises(ValueError, match=r"areas|shapes"):
        instantaneous(counts, areas)
