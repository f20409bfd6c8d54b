"""What the maintenance plan is made of: sums of days, visits, cards. Bounded by reserve and days."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.fleet.history import HISTORY, Camera, CameraDay, Node, NodeDay

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("maintenance")


@dataclass(frozen=True, slots=True)
class Visit:
    id: UUID
    node_id: str | None
    deployment_id: UUID | None
    place: str | None
    done_at: datetime
    by: str | None
    note: str | None
    reasons: list[str]


def history(conn: Connection, reserve_id: UUID, now: datetime) -> tuple[list[Node], list[Camera]]:
    """The reserve's nodes that hang somewhere, and all cameras whose cards are fetched by hand."""
    parameters = {"reserve_id": reserve_id, "now": now, "since": (now - HISTORY).date()}
    node_days: dict[str, list[NodeDay]] = defaultdict(list)
    for node, *row in conn.execute(SQL["node_days"], parameters):
        node_days[node].append(NodeDay(*row))
    camera_days: dict[UUID, list[CameraDay]] = defaultdict(list)
    for deployment, *row in conn.execute(SQL["camera_days"], parameters):
        camera_days[deployment].append(CameraDay(*row))
    with conn.cursor(row_factory=class_row(Camera)) as cursor:
        cameras = [
            replace(camera, days=camera_days[camera.id])
            for camera in cursor.execute(SQL["cameras"], parameters)
        ]
    nodes = []
    for id_, name, heard_at, software, certificate, visited_at in conn.execute(SQL["nodes"], parameters):
        own = [camera for camera in cameras if camera.node_id == id_]
        if own:
            days = node_days[id_]
            nodes.append(Node(id_, name, heard_at, software, certificate, own, days, visited_at))
    return nodes, [camera for camera in cameras if camera.card_every_days is not None]


def timezone(conn: Connection, reserve_id: UUID) -> str:
    """By which the reserve's days are told: IANA name."""
    (row,) = conn.execute(SQL["timezone"], {"reserve_id": reserve_id})
    return str(row[0])


def add_visit(
    conn: Connection,
    reserve_id: UUID,
    id_: UUID,
    *,
    node: str | None,
    deployment_id: UUID | None,
    done_at: datetime,
    by: UUID | None,
    note: str | None,
    reasons: Sequence[str],
) -> None:
    """Somebody was there; the same once more changes nothing."""
    parameters = {
        "id": id_,
        "reserve_id": reserve_id,
        "node": node,
        "deployment_id": deployment_id,
        "done_at": done_at,
        "by": by,
        "note": note,
        "reasons": list(reasons),
    }
    conn.execute(SQL["add_visit"], parameters)


def visits(conn: Connection, reserve_id: UUID, limit: int = 50) -> list[Visit]:
    """Newest first."""
    with conn.cursor(row_factory=class_row(Visit)) as cursor:
        return cursor.execute(SQL["visits"], {"reserve_id": reserve_id, "limit": limit}).fetchall()


def set_card(conn: Connection, deployment_id: UUID, every_days: int | None) -> None:
    """The camera's card is fetched by hand so often; None: it is not."""
    parameters = {"id": deployment_id, "every_days": every_days}
    conn.execute(SQL["drop_card" if every_days is None else "set_card"], parameters)
