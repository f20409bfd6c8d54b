"""What nodes are to do, how far it has come to them, and what they say that they do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from fieldwatch_cloud.db import masks
from fieldwatch_cloud.db.statements import statements
from fieldwatch_shared.messages import DesiredCamera, DesiredState, Mask

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("desired")
CHANNEL = "fieldwatch_desired"
"""Notified, with the node's name, when a change commits."""
HIGHEST = 2**53
"""No node has come that far; a larger number is a mistake."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A desired state that the broker does not have yet."""

    node: str
    reserve: str
    version: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one node: the newest version, and the one that it last said it works by."""

    version: int
    reported: int | None
    reported_at: datetime | None


def renew(conn: Connection, node: str, *, above: int = 0) -> int:
    """Write anew what the node is to do, from the masks of its cameras; returns the new version.

    The node must be locked (`masks.lock_node`), else two changes at once would be one version.

    Args:
        above: the new version is higher than that.
    """
    cameras: dict[UUID, list[Mask]] = {}
    for deployment, mask, polygon in conn.execute(SQL["masks_of_node"], {"node": node}):
        cameras.setdefault(deployment, []).append(Mask(id=mask, polygon=polygon))
    standing = of_node(conn, node)
    state = DesiredState(
        version=max(standing.version if standing else 0, above) + 1,
        cameras=[DesiredCamera(deployment_id=id_, masks=held) for id_, held in cameras.items()],
    )
    body = Jsonb(state.model_dump(mode="json"))
    conn.execute(SQL["set"], {"node": node, "version": state.version, "body": body})
    conn.execute(SQL["notify"], {"node": node})
    return state.version


def of_node(conn: Connection, node: str) -> Standing | None:
    """None: nobody wants anything of this node."""
    found = conn.execute(SQL["standing"], {"node": node}).fetchone()
    return Standing(*found) if found else None


def waiting(conn: Connection, *, everything: bool = False) -> list[Waiting]:
    """What must go to the broker; with `everything`, also what it had once."""
    return [Waiting(*row) for row in conn.execute(SQL["waiting"], {"all": everything})]


def published(conn: Connection, node: str, version: int) -> None:
    """The broker has that version."""
    conn.execute(SQL["published"], {"node": node, "version": version})


def reported(conn: Connection, node: str, version: int) -> None:
    """The node says that it works by that version.

    One that we never gave it comes from before our database was restored from a backup: then the node would
    take our next ones for old, so what it is to do gets a version above that.
    """
    if version > HIGHEST:
        return
    conn.execute(SQL["reported"], {"node": node, "version": version})
    standing = of_node(conn, node)
    if version > (standing.version if standing else 0):
        masks.lock_node(conn, node)
        renew(conn, node, above=version)
