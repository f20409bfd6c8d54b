"""Packed sums against the same sums in plain Python, at the edges of their fields."""

from __future__ import annotations

import random
import struct
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import numpy as np

from fieldwatch_cloud.counts.packed import EVENT, SUM, by_camera, tallies, unpacked, unpacked_events

SINCE, UNTIL = datetime(1998, 12, 31, 16, tzinfo=UTC), datetime(1999, 12, 31, 16, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


def event(at: datetime, taxon: int, observations: int = 1, labelled: int = 0, max_n: int = 1) -> bytes:
    """As `packed_event` in 0006: int8 microseconds since 2000 and int4s, big endian."""
    microseconds = (at - datetime(2000, 1, 1, tzinfo=UTC)) // INSTANT
    return struct.pack(">qiiiq", microseconds, taxon, observations, labelled, max_n)


def summed(taxon: int, observations: int, labelled: int, events: int, individuals: int, most: int) -> bytes:
    """As `packed_sum`."""
    return struct.pack(">iiiiqq", taxon, observations, labelled, events, individuals, most)


def test_records_have_the_width_that_the_database_gives_them() -> None:
    assert EVENT.itemsize == len(event(SINCE, 1))
    assert SUM.itemsize == len(summed(1, 1, 1, 1, 1, 1))


def test_an_event_counts_where_it_starts_to_the_microsecond_also_before_2000() -> None:
    day = [event(at, n) for n, at in enumerate((SINCE - INSTANT, SINCE, UNTIL - INSTANT, UNTIL), start=1)]
    found = unpacked_events([4], [b"".join(day)], SINCE, UNTIL)
    assert found.taxa.tolist() == [2, 3]
    assert found.places.tolist() == [4, 4]


def test_large_numbers_are_none_that_wrap() -> None:
    many = 70_000
    number, largest = 1_000_000, 2**40
    taxa = {n: (f"Genus {n:06}", "animal") for n in range(number, number + 70_000)}
    rows = [summed(n, 2, 1, 1, 3, 3) for n in taxa]
    rows[0] = summed(number, 2_000_000_000, 0, many, largest, largest)
    sums = unpacked([0, 0], [b"".join(rows), summed(number, 2_000_000_000, 0, many, largest, 1)])
    found = {one.scientific_name: one for one in tallies(sums, taxa, 1, np.array([0], np.int64))}
    first = found["Genus 1000000"]
    assert (first.observations, first.events, first.events_at) == (4_000_000_000, 2 * many, {0: 2 * many})
    assert (first.individuals, first.max_count, first.without_effort) == (2 * largest, largest, 4_000_000_000)
    assert len(found) == 70_000


def test_they_add_up_as_plain_python_does() -> None:
    draw = random.Random(6)
    names = {n: (None if n == 3 else f"Taxon {n}", "animal") for n in range(1, 8)}
    blind = np.array([1, 4], np.int64)
    wanted: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    places, rows, days = [], [], []
    for _ in range(300):
        place = draw.randrange(5)
        own = [
            (draw.choice(list(names)), draw.randrange(1, 9), draw.randrange(3), draw.randrange(1, 4), 9, 5)
            for _ in range(draw.randrange(4))
        ]
        starts = [SINCE + timedelta(hours=draw.randrange(-9000, 18_000)) for _ in range(draw.randrange(4))]
        single = [(at, draw.choice(list(names)), 2, 1, draw.randrange(1, 9)) for at in starts]
        places.append(place)
        rows.append(b"".join(summed(*one) for one in own))
        days.append(b"".join(event(*one) for one in single))
        for taxon, *figures in own:
            wanted[taxon].append((place, *figures))
        for at, taxon, observations, labelled, most in single:
            if SINCE <= at < UNTIL:
                wanted[taxon].append((place, observations, labelled, 1, most, most))
    sums = unpacked(places, rows) + unpacked_events(places, days, SINCE, UNTIL)
    found = tallies(sums, names, 5, blind)
    assert {one.scientific_name for one in found} == {names[n][0] for n in wanted}
    assert [one.events for one in found] == sorted((one.events for one in found), reverse=True)
    numbers = {name: n for n, (name, _) in names.items()}
    for one in found:
        parts = wanted[numbers[one.scientific_name]]
        at: dict[int, int] = defaultdict(int)
        for place, _, _, events, _, _ in parts:
            at[place] += events
        assert one.events_at == dict(at)
        assert one.observations == sum(part[1] for part in parts)
        assert one.labelled == sum(part[2] for part in parts)
        assert one.events == sum(part[3] for part in parts)
        assert one.individuals == sum(part[4] for part in parts)
        assert one.max_count == max(part[5] for part in parts)
        assert one.without_effort == sum(part[1] for part in parts if part[0] in (1, 4))


def test_each_camera_has_its_own_part() -> None:
    rows = [
        summed(1, 2, 1, 1, 3, 3) + summed(70_000, 1, 0, 1, 1, 1),
        summed(1, 5, 0, 2, 4, 2),
        summed(1, 1, 1, 1, 9, 9),
    ]
    found = by_camera(unpacked([7, 7, 3], rows))
    assert [(one.place, one.taxon, one.figures) for one in found] == [
        (3, 1, [1, 1, 9, 1, 9]),
        (7, 1, [7, 1, 7, 3, 3]),
        (7, 70_000, [1, 0, 1, 1, 1]),
    ]
    assert by_camera(unpacked([], [])) == []


def test_nothing_is_nothing() -> None:
    assert tallies(unpacked([], []), {}, 3, np.array([], np.int64)) == []
