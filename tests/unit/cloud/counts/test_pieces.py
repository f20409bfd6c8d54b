"""Which sums answer for a span: cases by eye, and random spans of which nothing is missed or taken twice."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from fieldwatch_cloud.counts.pieces import Piece, pieces, without

DAY = timedelta(days=1)
TIMES = st.integers(0, 1200 * 24).map(
    lambda hours: datetime(2023, 10, 1, tzinfo=UTC) + timedelta(hours=hours)
)
SPANS = st.tuples(TIMES, TIMES).filter(lambda span: span[0] < span[1])


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_a_year_of_local_time_is_four_rows_of_a_camera() -> None:
    assert list(pieces(at(2024, 3, 14, 16), at(2025, 3, 14, 16))) == [
        Piece("from_day", date(2024, 3, 14), date(2024, 3, 31)),
        Piece("to_day", date(2025, 3, 1), date(2025, 3, 14)),
        Piece("from_month", date(2024, 4, 1), date(2024, 12, 1)),
        Piece("to_month", date(2025, 1, 1), date(2025, 2, 1)),
    ]


def test_to_the_end_of_a_year_or_from_its_start_months_come_with_the_one_at_the_edge() -> None:
    assert list(pieces(at(2024, 12, 31, 16), at(2025, 12, 31, 16)))[2:] == [
        Piece("to_month", date(2025, 1, 1), date(2025, 11, 1))
    ]
    assert list(pieces(at(2025, 1, 5), at(2026, 1, 5)))[2:] == [
        Piece("from_month", date(2025, 2, 1), date(2025, 12, 1))
    ]
    assert list(pieces(at(2025, 2, 5), at(2025, 7, 5)))[2:] == [
        Piece("months", date(2025, 3, 1), date(2025, 6, 1))
    ]


def test_within_a_month_each_day_stands_for_itself() -> None:
    assert list(pieces(at(2025, 2, 10, 5), at(2025, 2, 10, 6))) == [
        Piece("days", date(2025, 2, 10), date(2025, 2, 10))
    ]
    assert list(pieces(at(2025, 2, 1), at(2025, 3, 1))) == [
        Piece("days", date(2025, 2, 1), date(2025, 2, 28))
    ]


def test_the_whole_calendar_is_a_few_pieces() -> None:
    got = list(pieces(at(1, 1, 1), at(9999, 12, 31, 23)))
    assert [one.form for one in got] == ["from_day", "to_day", "from_month", "years", "to_month"]
    assert got[1].last == date(9999, 12, 31)


def days_of(piece: Piece) -> list[date]:
    """All days whose events `piece` counts, if every day has any."""
    first, last = piece.first, piece.last
    if piece.form in ("days", "from_day", "to_day"):
        if piece.form == "from_day":
            assert (last + DAY).day == 1  # What comes after it in its month is the rest of it.
        if piece.form == "to_day":
            assert first.day == 1
        assert piece.form == "days" or (first.year, first.month) == (last.year, last.month)
    else:
        assert first.day == last.day == 1
        assert piece.form not in ("from_month", "years") or last.month == 12
        assert piece.form not in ("to_month", "years") or first.month == 1
        assert piece.form == "years" or first.year == last.year
        last = (last + 31 * DAY).replace(day=1) - DAY
    return [first + n * DAY for n in range((last - first).days + 1)]


@given(span=SPANS)
def test_every_day_is_in_one_piece(span: tuple[datetime, datetime]) -> None:
    since, until = span
    got = Counter(day for piece in pieces(since, until) for day in days_of(piece))
    last = (until - timedelta(microseconds=1)).date()
    assert got == Counter(since.date() + n * DAY for n in range((last - since.date()).days + 1))
    assert len(list(pieces(since, until))) <= 5


@given(span=SPANS, edges=st.lists(TIMES, max_size=8))
def test_every_hour_is_sure_or_not_and_no_stale_one_is_sure(
    span: tuple[datetime, datetime], edges: list[datetime]
) -> None:
    since, until = span
    ordered = sorted(edges)
    stale = [
        (max(start, since), min(end, until))
        for start, end in zip(ordered[::2], ordered[1::2], strict=False)
        if start < until and end > since
    ]
    sure, unsure = without(since, until, stale)
    assert not any(a <= end and start < b for a, b in sure for start, end in stale)
    everything = sorted([*sure, *unsure])
    assert (everything[0][0], everything[-1][1]) == (since, until)
    assert all(before[1] == after[0] for before, after in pairwise(everything))
    assert all(a < b for a, b in everything)
    assert all(a in (since, until) or a.hour == 0 for one in sure for a in one)  # No day is half stale.
    assert len(unsure) <= len(stale)


def test_what_is_stale_takes_its_days() -> None:
    sure, unsure = without(
        at(2025, 1, 1, 16), at(2026, 1, 1), [(at(2025, 2, 10, 23, 30), at(2025, 2, 11, 0, 30))]
    )
    assert sure == [(at(2025, 1, 1, 16), at(2025, 2, 10)), (at(2025, 2, 12), at(2026, 1, 1))]
    assert unsure == [(at(2025, 2, 10), at(2025, 2, 12))]
    assert without(at(2025, 1, 1, 16), at(2025, 1, 1, 18), [(at(2025, 1, 1, 17), at(2025, 1, 1, 17))]) == (
        [],
        [(at(2025, 1, 1, 16), at(2025, 1, 1, 18))],
    )
