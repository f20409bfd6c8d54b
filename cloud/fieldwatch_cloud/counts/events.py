"""Independent events and the largest number seen at once (MaxN).

Camera-trap records of one taxon at one place that follow each other closely are mostly the same animals
staying. Records at least an interval apart are taken as independent (O'Brien, Kinnaird & Wibisono 2003,
Animal Conservation 6:131-139, with 30 minutes); an event's count is MaxN, the largest number in view at one
instant, which never counts an individual twice (Cappo, Harvey & Shortis 2006; Camtrap DP's event-based
count).

This is the reference: short enough to be checked by eye. `db/sql/counts.sql` does the same over millions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

TaxonKey = tuple[str | None, str]
"""Scientific name, if any, and observation type."""


@dataclass(frozen=True, slots=True)
class Record:
    """One observation: so many of one taxon at one deployment from `start` to `end`, both included."""

    deployment: str
    taxon: TaxonKey
    start: datetime
    end: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Event:
    deployment: str
    taxon: TaxonKey
    start: datetime
    end: datetime
    observations: int
    max_n: int


def independent_events(records: Iterable[Record], interval: timedelta) -> list[Event]:
    """Group records into events, per deployment and taxon, in order of time.

    A record opens a new event if it starts `interval` or more after the latest end among those before it.
    The gap is measured from that end, not from the start: an animal that rests in view for an hour is one
    event, and so is everything that comes within the interval after it leaves.

    Args:
        interval: more than 0, so that records of different events never share an instant.

    Raises:
        ValueError: the interval is not positive.
    """
    if interval <= timedelta():
        raise ValueError(f"the event interval must be positive, got {interval}")

    def place(record: Record) -> tuple[str, str, str]:
        name, kind = record.taxon
        return record.deployment, name or "", kind

    events = []
    for _, group in groupby(sorted(records, key=lambda r: (place(r), r.start, r.end)), key=place):
        current: list[Record] = []
        latest_end = None
        for record in group:
            if latest_end is not None and record.start - latest_end >= interval:
                events.append(_event(current))
                current, latest_end = [], None
            current.append(record)
            latest_end = record.end if latest_end is None else max(latest_end, record.end)
        events.append(_event(current))
    return events


def max_n(records: Iterable[Record]) -> int:
    """The largest sum of counts over records that cover one instant; 0 without records.

    Spans are closed: a record that starts at the instant another ends overlaps it. The sum can only grow
    where a record starts, so those instants are enough.
    """
    listed = list(records)
    return max((sum(r.count for r in listed if r.start <= at.start <= r.end) for at in listed), default=0)


def _event(records: list[Record]) -> Event:
    first = records[0]
    return Event(
        deployment=first.deployment,
        taxon=first.taxon,
        start=first.start,
        end=max(record.end for record in records),
        observations=len(records),
        max_n=max_n(records),
    )
