"""Events, MaxN and effort, on cases that can be counted by eye."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldwatch_cloud.counts.effort import camera_days
from fieldwatch_cloud.counts.events import Record, independent_events, max_n

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
BOAR = ("Sus scrofa", "animal")
HALF_HOUR = timedelta(minutes=30)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def boar(start: float, end: float, count: int = 1, where: str = "a") -> Record:
    return Record(where, BOAR, at(start), at(end), count)


@pytest.mark.parametrize(
    ("records", "events"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([boar(0, 1)], [(1, 1)], id="one record"),
        pytest.param([boar(0, 0), boar(29, 29)], [(2, 1)], id="29 min apart: the same animal, counted once"),
        pytest.param([boar(0, 0), boar(30, 30)], [(1, 1), (1, 1)], id="30 min apart: independent"),
        pytest.param(
            [boar(0, 20), boar(49, 50)], [(2, 1)], id="the gap runs from the end of the record before"
        ),
        pytest.param(
            [boar(0, 60), boar(1, 2), boar(80, 81)],
            [(3, 2)],
            id="from the latest end, not from the last record's",
        ),
        pytest.param([boar(0, 5, 2), boar(5, 9, 3)], [(2, 5)], id="spans include both ends"),
        pytest.param([boar(0, 5, 2), boar(6, 9, 3), boar(4, 7)], [(3, 4)], id="never all three at once"),
        pytest.param([boar(0, 1), boar(0, 1, where="b")], [(1, 1), (1, 1)], id="places are apart"),
    ],
)
def test_independent_events(records: list[Record], events: list[tuple[int, int]]) -> None:
    found = independent_events(reversed(records), HALF_HOUR)
    assert [(event.observations, event.max_n) for event in found] == events


def test_taxa_are_apart() -> None:
    people = Record("a", (None, "human"), at(0), at(1), 1)
    assert len(independent_events([boar(0, 1), people], HALF_HOUR)) == 2


def test_an_interval_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        independent_events([boar(0, 1)], timedelta())


spans = st.tuples(st.integers(0, 300), st.integers(0, 60), st.integers(1, 5)).map(
    lambda t: boar(t[0], t[0] + t[1], t[2])
)


@given(st.lists(spans, max_size=30))
def test_max_n_equals_a_count_minute_by_minute(records: list[Record]) -> None:
    present = [sum(r.count for r in records if r.start <= at(m) <= r.end) for m in range(361)]
    assert max_n(records) == max(present)


@given(st.lists(spans, max_size=30))
def test_events_part_the_records_and_lie_apart(records: list[Record]) -> None:
    events = independent_events(records, HALF_HOUR)
    assert sum(event.observations for event in events) == len(records)
    for before, after in pairwise(events):
        assert after.start - before.end >= HALF_HOUR


@given(
    st.lists(st.tuples(st.integers(-200, 1800), st.integers(0, 600)), max_size=20),
)
def test_effort_is_the_union_within_the_query(starts_and_lengths: list[tuple[int, int]]) -> None:
    looked = {
        m for start, length in starts_and_lengths for m in range(start, start + length) if 0 <= m < 1440
    }
    given_spans = [(at(start), at(start + length)) for start, length in starts_and_lengths]
    assert camera_days(given_spans, at(0), at(1440)) == pytest.approx(len(looked) / 1440)
