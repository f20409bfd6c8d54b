"""Bins over arrays against the definitions over datetimes."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from fieldwatch_cloud.counts.effort import camera_days
from fieldwatch_cloud.counts.methods.detection_history import detection_history
from fieldwatch_cloud.counts.occasions import cut, effort, tally, union

SINCE = datetime(2026, 5, 1, tzinfo=UTC)


def spans_of(generator: np.random.Generator, sites: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    number = int(generator.integers(1, 60))
    start = SINCE.timestamp() + generator.integers(-48, 400, number) * 3600.0
    return generator.integers(0, sites, number), start, start + generator.integers(1, 80, number) * 3600.0


@pytest.mark.parametrize("seed", range(10))
def test_effort_and_tally_equal_the_detection_history(seed: int) -> None:
    generator = np.random.default_rng(seed)
    site, start, end = union(*spans_of(generator, 4))
    at_site = generator.integers(0, 4, 80)
    at = SINCE.timestamp() + generator.integers(-100, 500, 80) * 3600.0
    until, days = SINCE + timedelta(days=15, hours=7), timedelta(days=2)
    when = lambda seconds: datetime.fromtimestamp(seconds, UTC)  # noqa: E731
    history = detection_history(
        [
            [(when(s), when(e)) for s, e in zip(start[site == k], end[site == k], strict=True)]
            for k in range(4)
        ],
        [[when(t) for t in at[at_site == k]] for k in range(4)],
        since=SINCE,
        until=until,
        occasion=days,
    )
    edges = np.append(
        np.arange(SINCE.timestamp(), until.timestamp(), days.total_seconds()), until.timestamp()
    )
    looked = effort(site, start, end, edges, sites=4) / 86_400
    seen = tally(at_site, at, edges, sites=4)
    assert looked == pytest.approx(history.effort_days)
    assert np.where(looked > 0, seen, np.nan) == pytest.approx(history.counts, nan_ok=True)


@pytest.mark.parametrize("seed", range(10))
def test_union_keeps_the_time_looked_and_overlaps_nothing(seed: int) -> None:
    generator = np.random.default_rng(seed)
    site, start, end = spans_of(generator, 3)
    by, first, last = union(site, start, end)
    for one in range(3):
        pairs = [
            (datetime.fromtimestamp(s, UTC), datetime.fromtimestamp(e, UTC))
            for s, e in zip(start[site == one], end[site == one], strict=True)
        ]
        wide = camera_days(pairs, SINCE - timedelta(days=100), SINCE + timedelta(days=100))
        assert (last - first)[by == one].sum() / 86_400 == pytest.approx(wide)
        assert (first[by == one][1:] > last[by == one][:-1]).all()


def test_pieces_end_where_their_bin_ends() -> None:
    pieces = cut([5.0, 0.0], [25.0, 4.0], [10.0, 20.0, 30.0])
    assert pieces.span.tolist() == [0, 0]
    assert pieces.bin.tolist() == [0, 1]
    assert pieces.start.tolist() == [10, 20]
    assert pieces.end.tolist() == [20, 25]


def test_nothing_at_all() -> None:
    none = np.array([], dtype=np.int64)
    assert effort(none, [], [], [0, 1], sites=2).tolist() == [[0], [0]]
    assert tally(none, [], [0, 1], sites=1).tolist() == [[0]]
    assert len(union(none, np.array([]), np.array([]))[0]) == 0
