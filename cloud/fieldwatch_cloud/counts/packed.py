"""Sums of many cameras and taxa added up at once, as the database packs them: records of fixed width, one
after the other in a row's bytes. Migration 0006 has their other half, `packed_event` and `packed_sum`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fieldwatch_cloud.counts.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fieldwatch_cloud.counts.events import TaxonKey

EVENT = np.dtype(
    [("at", ">i8"), ("taxon", ">i4"), ("observations", ">i4"), ("labelled", ">i4"), ("max_n", ">i8")]
)
"""One event; `at` is its start in microseconds since EPOCH."""
SUM = np.dtype(
    [
        ("taxon", ">i4"),
        ("observations", ">i4"),
        ("labelled", ">i4"),
        ("events", ">i4"),
        ("individuals", ">i8"),
        ("max_count", ">i8"),
    ]
)
"""One taxon within one span."""
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sums:
    """One element for each camera, taxon and span, in any order; disjoint."""

    places: NDArray[np.int64]
    """The camera's place among those that were asked for."""
    taxa: NDArray[np.int64]
    """By number."""
    observations: NDArray[np.int64]
    labelled: NDArray[np.int64]
    events: NDArray[np.int64]
    individuals: NDArray[np.int64]
    max_count: NDArray[np.int64]

    def __add__(self, other: Sums) -> Sums:
        return Sums(*(np.concatenate([getattr(self, n), getattr(other, n)]) for n in self.__slots__))


def unpacked(places: Sequence[int], sums: Sequence[bytes]) -> Sums:
    """Args:
    places: of the camera of each of `sums`.
    """
    all_ = np.frombuffer(b"".join(sums), SUM)
    columns = (all_[name].astype(np.int64) for name in SUM.names or ())
    return Sums(_each(places, sums, SUM), *columns)


def unpacked_events(places: Sequence[int], events: Sequence[bytes], since: datetime, until: datetime) -> Sums:
    """Of the events that start in [since, until); others are left out.

    Args:
        places: of the camera of each of `events`.
    """
    all_ = np.frombuffer(b"".join(events), EVENT)
    within = (all_["at"] >= _instant(since)) & (all_["at"] < _instant(until))
    kept = all_[within]
    max_n = kept["max_n"].astype(np.int64)
    return Sums(
        places=_each(places, events, EVENT)[within],
        taxa=kept["taxon"].astype(np.int64),
        observations=kept["observations"].astype(np.int64),
        labelled=kept["labelled"].astype(np.int64),
        events=np.ones(len(kept), np.int64),
        individuals=max_n,
        max_count=max_n,
    )


class AtCamera(NamedTuple):
    """All of one taxon at one camera."""

    place: int
    taxon: int
    figures: list[int]
    """Observations, labelled, individuals, events, and the largest count."""


def by_camera(sums: Sums) -> list[AtCamera]:
    """One for each camera and taxon, by both."""
    kinds = int(sums.taxa.max(initial=0)) + 1
    keys, of = np.unique(sums.places * kinds + sums.taxa, return_inverse=True)
    columns = []
    for name in ("observations", "labelled", "individuals", "events"):
        column = np.zeros(len(keys), np.int64)
        np.add.at(column, of, getattr(sums, name))
        columns.append(column.tolist())
    most = np.zeros(len(keys), np.int64)
    np.maximum.at(most, of, sums.max_count)
    return [
        AtCamera(key // kinds, key % kinds, figures)
        for key, *figures in zip(keys.tolist(), *columns, most.tolist(), strict=True)
    ]


def tallies(sums: Sums, names: Mapping[int, TaxonKey], cameras: int, blind: NDArray[np.int64]) -> list[Tally]:
    """One for each taxon, most events first.

    Args:
        names: of the taxa by number.
        cameras: how many were asked for.
        blind: places of those that reported no effort.
    """
    numbers, taxa = np.unique(sums.taxa, return_inverse=True)

    def of_each(values: NDArray[np.int64]) -> list[int]:
        summed = np.zeros(len(numbers), np.int64)
        np.add.at(summed, taxa, values)
        return summed.tolist()

    most = np.zeros(len(numbers), np.int64)
    np.maximum.at(most, taxa, sums.max_count)
    events = np.zeros(len(numbers) * cameras, np.int64)
    np.add.at(events, taxa * cameras + sums.places, sums.events)
    is_blind = np.zeros(cameras, bool)
    is_blind[blind] = True
    found = []
    for number, at_each, observed, labelled, individuals, largest, without_effort in zip(
        numbers.tolist(),
        events.reshape(len(numbers), cameras),
        of_each(sums.observations),
        of_each(sums.labelled),
        of_each(sums.individuals),
        most.tolist(),
        of_each(sums.observations * is_blind[sums.places]),
        strict=True,
    ):
        (where,) = at_each.nonzero()
        at = dict(zip(where.tolist(), at_each[where].tolist(), strict=True))
        how_many = sum(at.values())
        found.append(
            Tally(*names[number], observed, labelled, individuals, how_many, largest, at, without_effort)
        )
    return sorted(
        found,
        key=lambda one: (
            -one.events,
            one.scientific_name is None,
            one.scientific_name or "",
            one.observation_type,
        ),
    )


def _each(places: Sequence[int], packed: Sequence[bytes], record: np.dtype[Any]) -> NDArray[np.int64]:
    return np.repeat(np.array(places, np.int64), [len(one) // record.itemsize for one in packed])


def _instant(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)
