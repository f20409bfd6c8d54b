"""Detection histories: effort in real hours, NaN where nobody looked, and camtrapR's rules."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.cloud.counts.occupancy_cases import case, table

from fieldwatch_cloud.counts.effort import camera_days
from fieldwatch_cloud.counts.methods.detection_history import (
    camera_operation,
    detection_history,
    history_by_day,
)
from fieldwatch_cloud.counts.methods.rate import rate

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)

# camtrapR's sample data (Niedballa et al. 2016, Methods in Ecology and Evolution 7:1457-1462): set-up and
# retrieval of three stations in Sabah in 2009, station C's outage, and the five events of Viverra tangalunga.
FIRST = date(2009, 4, 2)
DAYS = [FIRST + timedelta(days=k) for k in range(46)]
STATIONS = {
    "StationA": (date(2009, 4, 2), date(2009, 5, 14)),
    "StationB": (date(2009, 4, 3), date(2009, 5, 16)),
    "StationC": (date(2009, 4, 4), date(2009, 5, 17)),
}
OUTAGE = [(date(2009, 5, 12), date(2009, 5, 17))]
VTA = {
    "StationA": [date(2009, 4, 10), date(2009, 5, 6)],
    "StationB": [date(2009, 4, 15), date(2009, 4, 27)],
    "StationC": [date(2009, 4, 24)],
}


def operation() -> np.ndarray:
    return np.array([camera_operation(*dates, [], DAYS) for dates in STATIONS.values()])


def detections() -> np.ndarray:
    return np.array([[seen.count(day) for day in DAYS] for seen in VTA.values()])


def labelled(path: Path) -> np.ndarray:
    return table(path)[:, 1:]


def test_detection_history_camtrapR_VTA_as_published() -> None:  # noqa: N802 - the case's name
    weeks = history_by_day(operation(), detections(), 7)
    assert weeks.detected.tolist() == [[0, 1, 0, 0, 1, 0, 0], [0, 1, 0, 1, 0, 0, 0], [0, 0, 1, 0, 0, 0, 0]]
    assert weeks.effort_days.tolist() == [[6.5, 7, 7, 7, 7, 7, last] for last in (0.5, 1.5, 1.5)]
    days = history_by_day(operation(), detections(), 1)
    assert days.counts.shape == (3, 44)
    assert np.isnan(days.counts).sum() == 1
    assert np.nansum(operation(), axis=1).tolist() == [42, 43, 43]
    broken = camera_operation(*STATIONS["StationC"], OUTAGE, DAYS)
    assert (np.nansum(broken), (broken > 0).sum(), (broken == 0).sum()) == (37.5, 38, 6)


def test_detection_history_camtrapR_VTA() -> None:  # noqa: N802 - the case's name
    folder, expected = case("detection_history_camtrapR_VTA")
    with (folder / "recordTableSample.csv").open(newline="") as file:
        records = list(csv.DictReader(file))
    seen = np.array(
        [
            [
                sum(
                    row["Station"] == station
                    and row["Species"] == "VTA"
                    and row["DateTimeOriginal"].startswith(day.isoformat())
                    for row in records
                )
                for day in DAYS
            ]
            for station in STATIONS
        ]
    )
    assert np.array_equal(seen, detections())
    np.testing.assert_array_equal(operation(), labelled(folder / "expected_camop_no_problems.csv"))
    weeks, days = history_by_day(operation(), seen, 7), history_by_day(operation(), seen, 1)
    np.testing.assert_array_equal(weeks.detected, labelled(folder / "expected_VTA_7day_history.csv"))
    np.testing.assert_array_equal(weeks.effort_days, labelled(folder / "expected_VTA_7day_effort.csv"))
    np.testing.assert_array_equal(days.detected, labelled(folder / "expected_VTA_1day_history.csv"))
    nights = np.nansum(operation(), axis=1)
    assert nights.tolist() == list(expected["trap_nights_no_problem"].values())
    for species, rai in expected["RAI_per_100_trapnights_no_problem"].items():
        events = [sum(r["Station"] == s and r["Species"] == species for r in records) for s in STATIONS]
        assert rate(events, nights).estimates[0].value == pytest.approx(rai, rel=1e-12)


def test_effort_in_real_hours() -> None:
    """Site 0 looks from noon of the first day; site 1 for six hours of the third; site 2 never."""
    spans = [
        [(START + DAY / 2, START + 3 * DAY)],
        [(START + 2.25 * DAY, START + 2.5 * DAY), (START + 2.25 * DAY, START + 2.4 * DAY)],
        [],
    ]
    times = [[START + 0.6 * DAY, START + 0.7 * DAY, START + 5 * DAY], [START + 2.3 * DAY], []]
    history = detection_history(spans, times, since=START, until=START + 3 * DAY, occasion=DAY)
    nan = np.nan
    np.testing.assert_allclose(history.effort_days, [[0.5, 1, 1], [0, 0, 0.25], [0, 0, 0]])
    np.testing.assert_array_equal(history.counts, [[2, 0, 0], [nan, nan, 1], [nan, nan, nan]])
    np.testing.assert_array_equal(history.detected, [[1, 0, 0], [nan, nan, 1], [nan, nan, nan]])
    strict = detection_history(
        spans, times, since=START, until=START + 3 * DAY, occasion=DAY, least_effort=0.6
    )
    np.testing.assert_array_equal(strict.counts, [[nan, 0, 0], [nan, nan, nan], [nan, nan, nan]])


def test_the_last_occasion_may_be_shorter() -> None:
    span = [(START, START + 10 * DAY)]
    history = detection_history([span], [[]], since=START, until=START + 10 * DAY, occasion=7 * DAY)
    assert history.effort_days.tolist() == [[7, 3]]


def test_a_detection_without_effort_stays_out_and_is_told() -> None:
    history = detection_history(
        [[(START, START + DAY)]], [[START + 1.5 * DAY]], since=START, until=START + 2 * DAY, occasion=DAY
    )
    np.testing.assert_array_equal(history.counts, [[0, np.nan]])
    assert [(f.code, f.figures) for f in history.findings] == [
        ("detections_without_effort", {"detections": 1})
    ]


hours = st.integers(0, 24 * 12)


@given(st.lists(st.tuples(hours, hours).filter(lambda pair: pair[0] < pair[1]), max_size=8))
def test_effort_is_the_length_of_the_union(pairs: list[tuple[int, int]]) -> None:
    hour = timedelta(hours=1)
    spans = [(START + a * hour, START + b * hour) for a, b in pairs]
    until = START + 10 * DAY
    history = detection_history([spans], [[]], since=START, until=until, occasion=3 * DAY)
    edges = [START + k * 3 * DAY for k in range(4)] + [until]
    wanted = [camera_days(spans, a, b) for a, b in pairwise(edges)]
    np.testing.assert_allclose(history.effort_days[0], wanted, atol=1e-9)


def test_bad_input() -> None:
    end = START + DAY
    with pytest.raises(ValueError, match="1 sites have spans, 2 have times"):
        detection_history([[]], [[], []], since=START, until=end, occasion=DAY)
    with pytest.raises(ValueError, match="positive"):
        detection_history([[]], [[]], since=START, until=START, occasion=DAY)
    with pytest.raises(ValueError, match="before it starts"):
        detection_history([[(end, START)]], [[]], since=START, until=end, occasion=DAY)
    with pytest.raises(ValueError, match="never set up"):
        history_by_day(np.full((1, 4), np.nan), np.zeros((1, 4)), 2)
    with pytest.raises(ValueError, match="occasions of 0 days"):
        history_by_day(np.ones((1, 4)), np.zeros((1, 4)), 0)
