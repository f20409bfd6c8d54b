"""Satellites' hotspots into the database, and to the fires that they belong to.

A hotspot belongs to a reserve when its pixel touches it: the centre lies inside, or outside by less than half
of the pixel's diagonal. Others within 50 km are kept for the map; what is farther is only counted.

What a hotspot in a reserve does is decided in `alarms.evidence` and `incidents.gate`: it joins the fire that
others see; alone it opens an incident that calls; of low confidence, one that is held back; older than
`evidence.OLDEST_ALARM`, none: a fire that still burns is seen again by one of five satellites within hours,
and a file of last year's season must not call anybody.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import structlog

from fieldwatch_cloud.alarms import evidence
from fieldwatch_cloud.db import hotspots, quarantine
from fieldwatch_cloud.db.live import News
from fieldwatch_cloud.errors import DatabaseUnavailableError, DataFileError
from fieldwatch_cloud.incidents import firms
from fieldwatch_cloud.incidents.table import Rejected, TableError, header, reasons
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection, Database
    from fieldwatch_cloud.incidents.domain import Hotspot

log = structlog.get_logger(__name__)

TOPIC = "firms/"
"""Rejected rows lie in quarantine under this and the name of their file or product."""
CHUNK = 50
"""Hotspots in one transaction: it holds the reserve's incidents, and a node's fire must not wait for long."""
_PLACED_AT_ONCE = 2000


@dataclass(slots=True)
class Outcome:
    """What became of a file's rows."""

    new: int = 0
    """In a reserve, and not known before."""
    known: int = 0
    outside: int = 0
    """In no reserve (that was asked for)."""
    near: int = 0
    """Of those, within 50 km of one and not known before: kept, for the map."""
    rejected: list[Rejected] = field(default_factory=list)
    incidents: set[UUID] = field(default_factory=set)
    """That the new ones belong to."""

    def add(self, other: Outcome) -> None:
        self.new += other.new
        self.known += other.known
        self.outside += other.outside
        self.near += other.near
        self.rejected += other.rejected
        self.incidents |= other.incidents


def import_file(
    database: Database,
    content: bytes,
    name: str,
    *,
    source: str | None = None,
    only: str | None = None,
    now: datetime | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Outcome:
    """Keep what a FIRMS file holds; the same again adds nothing. Broken rows go to quarantine with the why.

    Args:
        name: of the file or product, for the quarantine.
        source: FIRMS' name of the product; None: as each row tells.
        only: slug of the one reserve whose hotspots are wanted.
        progress: told (hotspots done, hotspots in all), now and then.

    Raises:
        DataFileError: it is no FIRMS file; nothing was stored.
        Exception: what one hotspot brought to light in us; the others were kept.
    """
    try:
        reading = firms.read(content, now or utc_now(), source)
    except TableError as error:
        raise DataFileError(f"{name} is not a file of FIRMS hotspots: {error}") from error
    outcome = Outcome(rejected=reading.rejected)
    # Fires of now before those of this morning: people are called in this order.
    found = sorted(reading.hotspots, key=lambda hotspot: hotspot.observed_at, reverse=True)
    failures: list[Exception] = []
    for start in range(0, len(found), _PLACED_AT_ONCE):
        part = found[start : start + _PLACED_AT_ONCE]
        with database.transaction() as conn:
            wanted = _wanted(conn, part, only)
        outcome.outside += len(part) - sum(one.inside for one in wanted)
        for first in range(0, len(wanted), CHUNK):
            failures += _keep_what_can_be(database, wanted[first : first + CHUNK], outcome)
            if progress is not None:
                progress(start + first, len(found))
    if progress is not None:
        progress(len(found), len(found))
    if reading.rejected:
        with database.transaction() as conn:
            _set_aside(conn, name, content, reading.rejected)
    if failures:
        raise failures[0]
    return outcome


def replay(conn: Connection, topic: str, payload: bytes) -> None:
    """Read rows again that lie in quarantine; in the caller's transaction.

    Raises:
        DataFileError: one of them is still broken; says which, and why.
    """
    name = topic.removeprefix(TOPIC)
    try:
        reading = firms.read(payload, utc_now())
    except TableError as error:
        raise DataFileError(f"{name} is not a file of FIRMS hotspots: {error}") from error
    if reading.rejected:
        raise DataFileError(reasons(reading.rejected))
    _keep(conn, _wanted(conn, reading.hotspots, None), Outcome())


@dataclass(frozen=True, slots=True)
class _Placed:
    hotspot: Hotspot
    reserve: str
    """In which it lies, or the nearest."""
    inside: bool


def _wanted(conn: Connection, found: Sequence[Hotspot], only: str | None) -> list[_Placed]:
    """Those that are to be kept: in a reserve, or near one."""
    nearest = hotspots.belonging(conn, [(hotspot.lon, hotspot.lat) for hotspot in found], only)
    wanted: list[_Placed] = []
    for hotspot, place in zip(found, nearest, strict=True):
        if place is None:
            continue
        inside = place.metres <= firms.reach_m(hotspot)
        if only in (None, place.reserve) if inside else place.near:
            wanted.append(_Placed(hotspot, place.reserve, inside))
    return wanted


def _keep_what_can_be(database: Database, wanted: Sequence[_Placed], outcome: Outcome) -> list[Exception]:
    """All of them at once; if that fails, each by itself: one must not cost the others' alarm."""
    kept = Outcome()
    try:
        with database.transaction() as conn:
            _keep(conn, wanted, kept)
    except DatabaseUnavailableError:
        raise
    except Exception as error:
        if len(wanted) == 1:
            log.exception("hotspots.failed", hotspot=str(wanted[0].hotspot.id), raw=wanted[0].hotspot.raw)
            return [error]
        return [failure for one in wanted for failure in _keep_what_can_be(database, [one], outcome)]
    outcome.add(kept)
    return []


def _keep(conn: Connection, wanted: Sequence[_Placed], outcome: Outcome) -> None:
    news = News()
    evidence.lock_reserves(conn, {one.reserve for one in wanted})
    for one in wanted:
        hotspot, belongs_to = one.hotspot, one.reserve if one.inside else None
        is_new = hotspots.insert(conn, belongs_to, asdict(hotspot), twin_m=_twin_m(hotspot))
        if not is_new and belongs_to is not None:
            is_new = hotspots.adopt(conn, hotspot.id, belongs_to)
        if not is_new:
            outcome.known += one.inside
        elif belongs_to is None:
            outcome.near += 1
        else:
            outcome.new += 1
            incident = evidence.record_hotspot(conn, belongs_to, hotspot, news)
            if incident is not None:
                outcome.incidents.add(incident)
    news.announce(conn)


def _twin_m(hotspot: Hotspot) -> float:
    """Neighbouring pixels of one overpass lie a pixel apart; half of that is the same one, located anew."""
    return 1000 * 0.4 * min(hotspot.scan_km, hotspot.track_km)


def _set_aside(conn: Connection, name: str, content: bytes, rejected: Sequence[Rejected]) -> None:
    """One entry for a file: its header and its broken rows, so that a replay can read them."""
    payload = "\n".join([header(content), *(row.text for row in rejected)]) + "\n"
    quarantine.add(conn, TOPIC + name, payload.encode(), {}, reasons(rejected))
    log.warning("hotspots.rejected", name=name, rows=len(rejected), reason=reasons(rejected, 3))
