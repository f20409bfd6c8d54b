"""Which sums answer for a span: cases by eye, and random spans of which nothing is missed or taken twice."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fieldwatch_cloud.counts.pieces import Pieces, pieces

TIMES = st.integers(0, 181 * 24).map(lambda hours: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=hours))


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_a_year_of_local_time_is_eleven_months_some_days_and_two_edges() -> None:
    got = pieces(at(2024, 12, 31, 16), at(2025, 12, 31, 16))
    assert got == Pieces(
        months=((date(2025, 1, 1), date(2025, 12, 1)),),
        days=((date(2025, 12, 1), date(2025, 12, 31)),),
        spans=((at(2024, 12, 31, 16), at(2025, 1, 1)), (at(2025, 12, 31), at(2025, 12, 31, 16))),
    )


def test_what_is_stale_is_counted_from_events() -> None:
    got = pieces(at(2025, 1, 1), at(2025, 4, 1), [(at(2025, 2, 10, 23, 30), at(2025, 2, 11, 0, 30))])
    assert got == Pieces(
        months=((date(2025, 1, 1), date(2025, 2, 1)), (date(2025, 3, 1), date(2025, 4, 1))),
        days=((date(2025, 2, 1), date(2025, 2, 10)), (date(2025, 2, 12), date(2025, 3, 1))),
        spans=((at(2025, 2, 10), at(2025, 2, 12)),),
    )


def test_an_hour_has_no_sums() -> None:
    hour = at(2025, 2, 10, 5), at(2025, 2, 10, 6)
    assert pieces(*hour) == Pieces((), (), (hour,))


def test_the_calendars_end_is_an_edge() -> None:
    got = pieces(at(1, 1, 1), at(9999, 12, 31, 23))
    assert got.months == ((date(1, 1, 1), date(9999, 12, 1)),)
    assert got.spans == ((at(9999, 12, 1), at(9999, 12, 31, 23)),)
    last = at(9999, 12, 31, 22), at(9999, 12, 31, 23)
    assert pieces(*last) == Pieces((), (), (last,))


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
    whole = [(at(a.year, a.month, a.day), at(b.year, b.month, b.day)) for a, b in got.months + got.days]
    assert all(a.day == b.day == 1 for a, b in got.months)
    for n in range(int((until - since) / timedelta(hours=1))):
        hour = since + timedelta(hours=n)
        in_sums = sum(a <= hour < b for a, b in whole)
        assert in_sums + sum(a <= hour < b for a, b in got.spans) == 1
        if any(a <= hour <= b for a, b in stale):
            assert not in_sums
