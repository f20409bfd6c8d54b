"""Suspicions in, and the incidents that they belong to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_shared.messages import Suspicion

SQL = statements("suspicions")
LONGEST_CONFIRMATION = timedelta(hours=1)
"""No window that confirms a fire is longer: a first frame from before that was stamped by another clock."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One suspicion of a known incident. Degrees, WGS 84."""

    deployment_id: UUID
    lon: float
    lat: float
    observed_at: datetime
    bearing_deg: float | None
    bearing_sd_deg: float | None


@dataclass(frozen=True, slots=True)
class Open:
    """An incident that is neither closed nor a false alarm, with its suspicions."""

    id: UUID
    seen: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class Incident:
    id: UUID
    kind: str
    state: str
    first_seen_at: datetime
    last_seen_at: datetime


def lock_reserve(conn: Connection, reserve: str) -> None:
    """Be alone, until the transaction ends, in deciding on this reserve's incidents."""
    conn.execute(SQL["lock"], {"reserve": reserve})


def exists(conn: Connection, id_: UUID) -> bool:
    return conn.execute(SQL["exists"], {"id": id_}).fetchone() is not None


def place(conn: Connection, deployment_id: UUID) -> tuple[float, float]:
    """Longitude and latitude of an existing deployment."""
    (found,) = conn.execute(SQL["place"], {"deployment_id": deployment_id})
    return found[0], found[1]


def open_incidents(conn: Connection, reserve: str, start: datetime, end: datetime) -> list[Open]:
    """The reserve's open incidents of which a suspicion was observed between `start` and `end`."""
    found: dict[UUID, list[Seen]] = defaultdict(list)
    for id_, *seen in conn.execute(SQL["candidates"], {"reserve": reserve, "from": start, "to": end}):
        found[id_].append(Seen(*seen))
    return [Open(id_, tuple(seen)) for id_, seen in found.items()]


def open_incident(conn: Connection, reserve: str, id_: UUID, suspicion: Suspicion) -> None:
    """A new incident, from its first suspicion."""
    parameters = {**_span(suspicion), "id": id_, "reserve": reserve}
    conn.execute(SQL["open_incident"], parameters)
    conn.execute(SQL["log_opened"], {"id": id_})


def extend_incident(conn: Connection, id_: UUID, suspicion: Suspicion) -> None:
    """The incident was seen by one more suspicion: widen its span; smoke in which flames are seen is fire."""
    conn.execute(SQL["extend_incident"], {**_span(suspicion), "id": id_})


def insert(conn: Connection, suspicion: Suspicion, incident_id: UUID) -> None:
    box = suspicion.box
    parameters = {
        "id": suspicion.id,
        "deployment_id": suspicion.deployment_id,
        "incident_id": incident_id,
        "observed_at": suspicion.observed_at,
        "first_seen_at": suspicion.first_seen_at,
        "kind": suspicion.kind.value,
        "confidence": suspicion.confidence,
        "box": [box.x, box.y, box.width, box.height],
        "bearing_deg": suspicion.bearing_deg,
        "bearing_sd_deg": suspicion.bearing_sd_deg,
        "elevation_deg": suspicion.elevation_deg,
        "media_id": suspicion.media_id,
        "clock_quality": suspicion.clock.quality.value,
        "clock_offset_s": suspicion.clock.offset_s,
        "model": suspicion.model,
    }
    conn.execute(SQL["insert"], parameters)


def incident(conn: Connection, id_: UUID) -> Incident:
    """An incident that exists."""
    (found,) = conn.execute(SQL["incident"], {"id": id_})
    return Incident(*found)


def _span(suspicion: Suspicion) -> dict[str, object]:
    # A clock that was set between the two frames puts the first one later, or years earlier.
    confirmed_in = suspicion.observed_at - suspicion.first_seen_at
    believable = timedelta() <= confirmed_in <= LONGEST_CONFIRMATION
    first = suspicion.first_seen_at if believable else suspicion.observed_at
    return {"kind": suspicion.kind.value, "first_seen_at": first, "last_seen_at": suspicion.observed_at}
