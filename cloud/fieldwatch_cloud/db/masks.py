"""Ignore masks: polygons in a camera's picture in which fire and smoke mean nothing.

Polygons are [x, y] as fractions of the picture, from its top left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from fieldwatch_cloud.db.geography import Place
    from fieldwatch_cloud.db.pool import Connection

SQL = statements("masks")


@dataclass(frozen=True, slots=True)
class Mask:
    id: UUID
    deployment_id: UUID
    polygon: list[tuple[float, float]]
    reason: str
    incident_id: UUID | None
    """The false alarm that it grew from."""
    created_by: str
    created_at: datetime
    applied: bool
    """The node says that it works by it."""


@dataclass(frozen=True, slots=True)
class Known:
    """A mask, also one that was removed."""

    id: UUID
    deployment_id: UUID
    node_id: str
    reserve: str
    polygon: list[list[float]]
    reason: str
    removed: bool


def lock_node(conn: Connection, node: str) -> None:
    """Be alone in deciding what the node is to do, until the transaction ends."""
    lock_nodes(conn, [node])


def lock_nodes(conn: Connection, nodes: Iterable[str]) -> None:
    """The same of several, in the one order that everybody keeps to.

    Whoever locks more than one in a transaction does so here, all at once, or one by one in the order of
    `sorted`: two that lock in opposite orders wait for each other.
    """
    conn.execute(SQL["lock_nodes"], {"nodes": sorted(set(nodes))})


def masks(conn: Connection, deployment_id: UUID) -> list[Mask]:
    """Those that hold now, oldest first."""
    with conn.cursor(row_factory=class_row(Mask)) as cursor:
        return cursor.execute(SQL["masks"], {"deployment_id": deployment_id}).fetchall()


def known(conn: Connection, mask_id: UUID) -> Known | None:
    with conn.cursor(row_factory=class_row(Known)) as cursor:
        return cursor.execute(SQL["mask"], {"id": mask_id}).fetchone()


def newest_picture(conn: Connection, deployment_id: UUID) -> UUID | None:
    """To draw on."""
    found = conn.execute(SQL["newest_picture"], {"deployment_id": deployment_id}).fetchone()
    return UUID(str(found[0])) if found else None


def add(
    conn: Connection,
    mask_id: UUID,
    place: Place,
    polygon: Sequence[tuple[float, float]],
    reason: str,
    *,
    account_id: UUID,
    incident_id: UUID | None = None,
) -> None:
    """The node must be locked, and its desired state renewed afterwards."""
    parameters = {
        "id": mask_id,
        "deployment_id": place.id,
        "node": place.node_id,
        "polygon": Jsonb(polygon),
        "reason": reason,
        "incident_id": incident_id,
        "account_id": account_id,
    }
    conn.execute(SQL["add"], parameters)


def remove(conn: Connection, mask_id: UUID, *, account_id: UUID) -> bool:
    """It holds no longer; False: it did not before. As for `add`."""
    return conn.execute(SQL["remove"], {"id": mask_id, "account_id": account_id}).rowcount > 0
