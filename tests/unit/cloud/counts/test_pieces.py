"""Which sums answer for a span: cases by eye, and random spans of which nothing is missed or taken twice."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldwatch_cloud.counts.pieces import TIERS, Pieces, Tier, pieces, tier_start

TIMES = st.integers(0, 500 * 24).map(lambda hours: datetime(2024, 10, 1, tzinfo=UTC) + timedelta(hours=hours))


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_a_year_of_local_time_is_a_few_sums_and_two_edges() -> None:
    got = pieces(at(2024, 12, 31, 16), at(2025, 12, 31, 16))
    assert got == Pieces(
        sums=(
            ("half", date(2025, 1, 1), date(2025, 7, 1)),
            ("quarter", date(2025, 7, 1), date(2025, 10, 1)),
            ("month", date(2025, 10, 1), date(2025, 12, 1)),
            ("decade", date(2025, 12, 1), date(2025, 12, 21)),
            ("pentad", date(2025, 12, 21), date(2025, 12, 26)),
        ),
        spans=((at(2024, 12, 31, 16), at(2025, 1, 1)), (at(2025, 12, 26), at(2025, 12, 31, 16))),
    )


def test_what_is_stale_is_counted_from_events() -> None:
    got = pieces(at(2025, 1, 1), at(2026, 1, 1), [(at(2025, 2, 10, 23, 30), at(2025, 2, 11, 0, 30))])
    assert got == Pieces(
        sums=(
            ("month", date(2025, 1, 1), date(2025, 2, 1)),
            ("pentad", date(2025, 2, 1), date(2025, 2, 6)),
            ("pentad", date(2025, 2, 16), date(2025, 2, 21)),
            ("decade", date(2025, 2, 21), date(2025, 3, 1)),
            ("month", date(2025, 3, 1), date(2025, 4, 1)),
            ("quarter", date(2025, 4, 1), date(2025, 7, 1)),
            ("half", date(2025, 7, 1), date(2026, 1, 1)),
        ),
        spans=((at(2025, 2, 6), at(2025, 2, 16)),),
    )


def test_an_hour_has_no_sums() -> None:
    hour = at(2025, 2, 10, 5), at(2025, 2, 10, 6)
    assert pieces(*hour) == Pieces((), (hour,))


def test_the_calendars_end_is_an_edge() -> None:
    got = pieces(at(1, 1, 1), at(9999, 12, 31, 23))
    assert got.sums == (("year", date(1, 1, 1), date(9999, 1, 1)),)
    assert got.spans == ((at(9999, 1, 1), at(9999, 12, 31, 23)),)
    last = at(9999, 12, 31, 22), at(9999, 12, 31, 23)
    assert pieces(*last) == Pieces((), (last,))


@pytest.mark.parametrize(
    ("tier", "start"),
    [
        ("pentad", date(2024, 2, 26)),
        ("decade", date(2024, 2, 21)),
        ("month", date(2024, 2, 1)),
        ("quarter", date(2024, 1, 1)),
        ("half", date(2024, 1, 1)),
        ("year", date(2024, 1, 1)),
    ],
)
def test_a_leap_day_lies_in_the_spans_of_its_month(tier: Tier, start: date) -> None:
    assert tier_start(tier, date(2024, 2, 29)) == start


@given(span=st.tuples(TIMES, TIMES).filter(lambda s: s[0] < s[1]), edges=st.lists(TIMES, max_size=8))
def test_every_hour_is_in_one_piece_and_no_stale_one_in_a_sum(
    span: tuple[datetime, datetime], edges: list[datetime]
) -> None:
    since, until = span
    ordered = sorted(edges)
    stale = [
        (max(start, since), min(end, until))
        for start, end in zip(ordered[::2], ordered[1::2], strict=False)
        if start < until and end > since
    ]
    got = pieces(since, until, stale)
    assert all(tier_start(tier, a) == a and tier_start(tier, b) == b for tier, a, b in got.sums)
    whole = [(at(a.year, a.month, a.day), at(b.year, b.month, b.day)) for _, a, b in got.sums]
    assert not any(a <= end and start < b for a, b in whole for start, end in stale)
    everything = sorted([*whole, *got.spans])
    assert (everything[0][0], everything[-1][1]) == (since, until)
    assert all(before[1] == after[0] for before, after in pairwise(everything))
    # As few as can be: no more than both sides of each tier, around each stale span.
    assert len(got.sums) <= 2 * len(TIERS) * (len(stale) + 1)
