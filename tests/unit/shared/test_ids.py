from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldwatch_shared.ids import time_of, uuid7, uuid7_from

TIMES = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(TIMES)
def test_an_id_carries_its_time_to_the_millisecond(at: datetime) -> None:
    assert timedelta(0) <= at - time_of(uuid7(at)) < timedelta(milliseconds=1)


@given(TIMES, st.lists(st.text(), min_size=1))
def test_the_same_evidence_gives_the_same_id(at: datetime, name: list[str]) -> None:
    id_ = uuid7_from(at, *name)
    assert id_ == uuid7_from(at, *name)
    assert (id_.version, id_.variant) == (7, "specified in RFC 4122")
    assert time_of(id_) == time_of(uuid7(at))


def test_other_evidence_gives_another_id() -> None:
    at = datetime(2026, 4, 1, tzinfo=UTC)
    ids = {uuid7_from(at, "node", f"IMG_{n:04}.JPG") for n in range(10_000)}
    assert len(ids) == 10_000
    # Parts must not run into each other: ("a", "bc") and ("ab", "c") are other evidence.
    assert uuid7_from(at, "a", "bc") != uuid7_from(at, "ab", "c")


def test_ids_sort_by_time() -> None:
    start = datetime(2026, 4, 1, tzinfo=UTC)
    ids = [uuid7(start + timedelta(milliseconds=n)) for n in range(1000)]
    assert ids == sorted(ids)


def test_another_time_zone_is_the_same_instant() -> None:
    at = datetime(2026, 4, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    assert time_of(uuid7(at)) == datetime(2026, 4, 1, 0, tzinfo=UTC)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        uuid7(datetime(2026, 4, 1))  # noqa: DTZ001


def test_another_version_carries_no_time() -> None:
    with pytest.raises(ValueError, match="version 4"):
        time_of(UUID("6fa459ea-ee8a-4ca4-894e-db77e160355e"))


def test_the_example_of_rfc_9562() -> None:
    """Appendix A.6: 2022-02-22 14:22:22.000 -05:00."""
    assert time_of(UUID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")) == datetime(
        2022, 2, 22, 19, 22, 22, tzinfo=UTC
    )
