"""Independent events and the largest number seen at once (MaxN).

Camera-trap records of one taxon at one place that follow each other closely are mostly the same animals
staying. Records at least an interval apart are taken as independent (O'Brien, Kinnaird & Wibisono 2003,
Animal Conservation 6:131-139, with 30 minutes); an event's count is MaxN, the largest number in view at one
instant, which never counts an individual twice (Cappo, Harvey & Shortis 2006; Camtrap DP's event-based
count).

An event belongs to the span of time in which it starts, with all of its records: so the events of
neighbouring spans add up, and none is counted twice or cut in two.

This is the reference: short enough to be checked by eye. The database does the same over millions, in
`events_of` (`db/migrations/0006_counts.sql`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable

TaxonKey = tuple[str | None, str]
"""Scientific name, if any, and observation type."""

Rule = Literal["last_record", "last_independent_record"]
"""Since what a record must lie an interval apart to be independent, as camtrapR names it (Niedballa et al.
2016, Methods in Ecology and Evolution 7:1457-1462, argument `deltaTimeComparedTo`)."""
DEFAULT_RULE: Rule = "last_record"
DEFAULT_INTERVAL = timedelta(minutes=30)
"""With the default rule, what the database keeps sums of."""


def kept(interval: timedelta, rule: str, min_confidence: float) -> bool:
    """Whether events of this kind are kept in the database; others have to be made of records."""
    return (interval, rule, min_confidence) == (DEFAULT_INTERVAL, DEFAULT_RULE, 0)


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


def independent_events(
    records: Iterable[Record], interval: timedelta, rule: Rule = DEFAULT_RULE
) -> list[Event]:
    """Group records into events, per deployment and taxon, in order of time.

    By the rule `last_record`, a record opens a new event if it starts `interval` or more after the latest end
    among those before it. The gap is measured from that end, not from the start: an animal that rests in view
    for an hour is one event, and so is everything that comes within the interval after it leaves. By
    `last_independent_record` it is measured from the end of the record that opened the current event: an
    animal that stays for hours is an event again and again.

    Args:
        interval: more than 0, so that by `last_record` records of different events never share an instant.

    Raises:
        ValueError: the interval is not positive, or there is no such rule.
    """
    if rule not in get_args(Rule):
        raise ValueError(f"no such rule: {rule}")
    if interval <= timedelta():
        raise ValueError(f"the event interval must be positive, got {interval}")

    def place(record: Record) -> tuple[str, str, str]:
        name, kind = record.taxon
        return record.deployment, name or "", kind

    events = []
    for _, group in groupby(sorted(records, key=lambda r: (place(r), r.start, r.end)), key=place):
        current: list[Record] = []
        since: datetime | None = None
        for record in group:
            if since is None or record.start - since >= interval:
                if current:
                    events.append(_event(current))
                current, since = [], record.end
            current.append(record)
            if rule == "last_record":
                since = max(since, record.end)
        events.append(_event(current))
    return events


def one_per_second(records: Iterable[Record]) -> list[Record]:
    """Without what camera-trap software calls duplicates: of the records of one taxon at one deployment that
    start within the same second, the one with the largest count; in order of time.

    For tables in which every picture of a burst, or every tagged animal, is a row of its own (camtrapR's
    `removeDuplicateRecords`). Fieldwatch's own records are one per animal or group, and need none of it.
    """
    best: dict[tuple[str, TaxonKey, datetime], Record] = {}
    for record in records:
        key = (record.deployment, record.taxon, record.start.replace(microsecond=0))
        if key not in best or record.count > best[key].count:
            best[key] = record
    return sorted(best.values(), key=lambda record: (record.start, record.end))


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
