"""Nodes: who may log in to the broker, which deployments are whose, who is connected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from fieldwatch_cloud.db.pool import translated
from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("nodes")


@dataclass(frozen=True, slots=True)
class Access:
    """What the broker must know about a node."""

    node: str
    reserve: str
    password_hash: str | None
    """None: it logs in by certificate, or not yet."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A deployment that has not ended."""

    id: UUID
    started_at: datetime
    ended_at: datetime | None
    online: bool


@dataclass(frozen=True, slots=True)
class Known:
    """Whose a deployment is, and until when its camera stood there (None: it still does)."""

    node: str | None
    """None: a data set brought it."""
    reserve: str
    ended_at: datetime | None
    moves: bool = False
    """Each of its records has a place of its own."""


def access(conn: Connection) -> list[Access]:
    """Of all nodes but those that were revoked."""
    return [Access(*row) for row in conn.execute(SQL["access"])]


def known(conn: Connection, deployment_ids: Iterable[UUID]) -> dict[UUID, Known]:
    """Those of the deployments that exist."""
    rows = conn.execute(SQL["deployments"], {"ids": list(deployment_ids)})
    return {id_: Known(*rest) for id_, *rest in rows}


def exists(conn: Connection, node: str, reserve: str) -> bool:
    """Whether there is such a node in the reserve of that slug."""
    return conn.execute(SQL["exists"], {"node": node, "reserve": reserve}).fetchone() is not None


def set_online(conn: Connection, node: str, reserve: str, *, online: bool) -> bool:
    """Note whether the node is connected; True if that is news."""
    parameters = {"node": node, "reserve": reserve, "online": online}
    return conn.execute(SQL["set_online"], parameters).rowcount > 0


def watched(conn: Connection, node: str) -> list[Watched]:
    """The node's deployments that have not ended."""
    return [Watched(*row) for row in conn.execute(SQL["watched"], {"node": node})]


def add(conn: Connection, id_: str, *, reserve_id: UUID, name: str, password_hash: str | None = None) -> None:
    """Create a node; without a password it must be enrolled.

    Raises:
        AlreadyExistsError: its id is taken, in whatever reserve.
        RowRefusedError: its id is no DNS label.
    """
    parameters = {"id": id_, "reserve_id": reserve_id, "name": name, "password_hash": password_hash}
    with translated():
        conn.execute(SQL["add"], parameters)


def set_password(conn: Connection, id_: str, password_hash: str) -> None:
    """Raises:
    NotFoundError: no such node.
    """
    if not conn.execute(SQL["set_password"], {"id": id_, "password_hash": password_hash}).rowcount:
        raise NotFoundError(f"no such node: {id_!r}")


def reserve_of(conn: Connection, id_: str) -> UUID:
    """Raises:
    NotFoundError: no such node.
    """
    found = conn.execute(SQL["reserve_of"], {"id": id_}).fetchone()
    if found is None:
        raise NotFoundError(f"no such node: {id_!r}")
    return UUID(str(found[0]))


def slug_of(conn: Connection, id_: str) -> str:
    """The slug of the node's reserve.

    Raises:
        NotFoundError: no such node.
    """
    found = conn.execute(SQL["slug_of"], {"id": id_}).fetchone()
    if found is None:
        raise NotFoundError(f"no such node: {id_!r}")
    return str(found[0])
