"""What people say that burns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("reports")


@dataclass(frozen=True, slots=True)
class Known:
    reserve: str
    account_id: UUID
    incident_id: UUID | None


def insert(conn: Connection, reserve: str, values: Mapping[str, object]) -> bool:
    """Store a report, the fields of `incidents.domain.Report`; False: one of this id is here already."""
    return conn.execute(SQL["insert"], {**values, "reserve": reserve}).rowcount == 1


def known(conn: Connection, id_: UUID) -> Known | None:
    found = conn.execute(SQL["known"], {"id": id_}).fetchone()
    return Known(*found) if found else None


def distance_m(conn: Connection, reserve: str, lon: float, lat: float) -> float | None:
    """From the reserve to a point; None: nobody knows where the reserve is."""
    found = conn.execute(SQL["distance"], {"reserve": reserve, "lon": lon, "lat": lat}).fetchone()
    return None if found is None or found[0] is None else float(found[0])
