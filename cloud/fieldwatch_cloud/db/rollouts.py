"""Files for nodes, and roll-outs on record: which node is to have what, how it fares, who did what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("rollouts")


@dataclass(frozen=True, slots=True)
class Artifact:
    """A model folder, zipped, or a wheel."""

    sha256: str
    kind: str
    name: str
    version: str
    bytes: int
    signer: str | None
    uploaded_at: datetime
    uploaded_by: str | None


@dataclass(frozen=True, slots=True)
class Rollout:
    id: UUID
    reserve: str
    reserve_id: UUID
    kind: str
    name: str
    version: str
    sha256: str
    rules: dict[str, Any]
    stage: int
    stages: int
    state: str
    reason: str | None
    started_by: str | None
    started_at: datetime
    stage_since: datetime
    ended_at: datetime | None

    @property
    def label(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a roll-out; from `online` on, what is known of the node itself."""

    node_id: str
    stage: int
    state: str
    since: datetime
    told_at: datetime | None
    applied_at: datetime | None
    reported: str | None
    reason: str | None
    before: dict[str, Any] | None
    previous: str | None
    previous_of: UUID | None
    online: bool
    name: str
    heard_at: datetime | None
    software: str | None
    models: dict[str, str] | None
    rollouts: list[dict[str, Any]] | None


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    by: str | None
    node_id: str | None
    what: str
    detail: str | None


def add_artifact(
    conn: Connection,
    reserve_id: UUID,
    *,
    sha256: str,
    kind: str,
    name: str,
    version: str,
    bytes_: int,
    signer: str | None,
    by: UUID | None,
) -> Artifact:
    """Note an artifact whose bytes are in the store; the same once more changes nothing.

    Raises:
        AlreadyExistsError: the reserve has other bytes of this name and version.
    """
    parameters = {
        "reserve_id": reserve_id,
        "sha256": sha256,
        "kind": kind,
        "name": name,
        "version": version,
        "bytes": bytes_,
        "signer": signer,
        "by": by,
    }
    conn.execute(SQL["add_artifact"], parameters)
    return artifact(conn, reserve_id, sha256)


def artifacts(conn: Connection, reserve_id: UUID) -> list[Artifact]:
    """Newest first."""
    with conn.cursor(row_factory=class_row(Artifact)) as cursor:
        return cursor.execute(SQL["artifacts"], {"reserve_id": reserve_id}).fetchall()


def artifact(conn: Connection, reserve_id: UUID, sha256: str) -> Artifact:
    """Raises:
    NotFoundError: nothing with this hash was uploaded for this reserve.
    """
    found = next((one for one in artifacts(conn, reserve_id) if one.sha256 == sha256), None)
    if found is None:
        raise NotFoundError(f"nothing with the SHA-256 {sha256} was uploaded for this reserve")
    return found


def for_node(conn: Connection, node: str, sha256: str) -> int:
    """How many bytes the artifact has, where the node is to have it.

    Raises:
        NotFoundError: it is not.
    """
    found = conn.execute(SQL["for_node"], {"node": node, "sha256": sha256}).fetchone()
    if found is None:
        raise NotFoundError("this node is not to have such a file")
    return int(found[3])


def lock_reserve(conn: Connection, reserve_id: UUID) -> None:
    """Be alone in starting roll-outs of this reserve, until the transaction ends."""
    conn.execute(SQL["lock_reserve"], {"reserve_id": reserve_id})


def busy(conn: Connection, kind: str, nodes: Sequence[str]) -> list[str]:
    """Those of the nodes that are part of a roll-out of this kind that is not over."""
    return [node for (node,) in conn.execute(SQL["busy"], {"kind": kind, "nodes": list(nodes)})]


def add(
    conn: Connection,
    reserve_id: UUID,
    artifact: Artifact,
    stages: Sequence[Sequence[str]],
    *,
    rules: Mapping[str, Any],
    by: UUID | None,
    now: datetime,
) -> UUID:
    """A new roll-out, of which no node has been told yet.

    Raises:
        NotFoundError: a node is none of this reserve.
    """
    new = uuid7(now)
    parameters = {
        "id": new,
        "reserve_id": reserve_id,
        "kind": artifact.kind,
        "name": artifact.name,
        "sha256": artifact.sha256,
        "rules": Jsonb(dict(rules)),
        "stages": len(stages),
        "by": by,
        "now": now,
    }
    conn.execute(SQL["add"], parameters)
    for stage, nodes in enumerate(stages):
        for node in nodes:
            added = conn.execute(SQL["add_node"], {**parameters, "stage": stage, "node": node})
            if not added.rowcount:
                raise NotFoundError(f"no such node in this reserve: {node}")
    return new


def get(conn: Connection, id_: UUID, *, lock: bool = False) -> Rollout:
    """Args:
        lock: hold it until the transaction ends.

    Raises:
        NotFoundError: no such roll-out.
    """
    if lock:
        conn.execute(SQL["lock"], {"id": id_})
    with conn.cursor(row_factory=class_row(Rollout)) as cursor:
        found = cursor.execute(SQL["rollout"], {"id": id_}).fetchone()
    if found is None:
        raise NotFoundError(f"no such roll-out: {id_}")
    return found


def of_reserve(conn: Connection, reserve_id: UUID, limit: int = 50) -> list[Rollout]:
    """Those that are under way first, then the newest."""
    with conn.cursor(row_factory=class_row(Rollout)) as cursor:
        return cursor.execute(SQL["of_reserve"], {"reserve_id": reserve_id, "limit": limit}).fetchall()


def active(conn: Connection) -> list[UUID]:
    """All that are not over, oldest first."""
    return [id_ for (id_,) in conn.execute(SQL["active"])]


def nodes(conn: Connection, id_: UUID) -> list[Node]:
    """By stage."""
    with conn.cursor(row_factory=class_row(Node)) as cursor:
        return cursor.execute(SQL["nodes"], {"id": id_}).fetchall()


def set_node(
    conn: Connection,
    id_: UUID,
    node: str,
    state: str,
    *,
    now: datetime,
    reason: str | None = None,
    told_at: datetime | None = None,
    applied_at: datetime | None = None,
    before: Mapping[str, Any] | None = None,
) -> None:
    """What is None stays as it was, but the reason."""
    parameters = {
        "id": id_,
        "node": node,
        "state": state,
        "now": now,
        "reason": reason,
        "told_at": told_at,
        "applied_at": applied_at,
        "before": Jsonb(dict(before)) if before is not None else None,
    }
    conn.execute(SQL["set_node"], parameters)


def set_reported(conn: Connection, id_: UUID, node: str, reported: str) -> bool:
    """Note the node's own word; False: it had said so before."""
    return conn.execute(SQL["set_reported"], {"id": id_, "node": node, "reported": reported}).rowcount > 0


def set_state(
    conn: Connection, id_: UUID, state: str, *, reason: str | None = None, ended_at: datetime | None = None
) -> None:
    conn.execute(SQL["set_state"], {"id": id_, "state": state, "reason": reason, "ended_at": ended_at})


def set_stage(conn: Connection, id_: UUID, stage: int, now: datetime) -> None:
    conn.execute(SQL["set_stage"], {"id": id_, "stage": stage, "now": now})


def give(conn: Connection, rollout: Rollout, node: str, sha256: str, of: UUID, now: datetime) -> None:
    """The node is to have that artifact, which the roll-out `of` brought; to be told by `desired.renew`."""
    parameters = {
        "node": node,
        "kind": rollout.kind,
        "name": rollout.name,
        "sha256": sha256,
        "rollout_id": of,
        "now": now,
    }
    conn.execute(SQL["give"], parameters)


def take_away(conn: Connection, rollout: Rollout, node: str) -> None:
    """The node is to have what it came with."""
    conn.execute(SQL["take_away"], {"node": node, "kind": rollout.kind, "name": rollout.name})


def note(
    conn: Connection,
    id_: UUID,
    what: str,
    *,
    now: datetime,
    node: str | None = None,
    detail: str | None = None,
    by: UUID | None = None,
) -> None:
    """Write down what happened; it can never be altered."""
    conn.execute(SQL["note"], {"id": id_, "now": now, "by": by, "node": node, "what": what, "detail": detail})


def log(conn: Connection, id_: UUID, limit: int = 500) -> list[Entry]:
    """Newest first."""
    with conn.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(SQL["log"], {"id": id_, "limit": limit}).fetchall()


def work(conn: Connection, node: str, windows: Sequence[tuple[datetime, datetime]]) -> list[tuple[int, int]]:
    """Animals seen and pictures looked at by the node's cameras, in each window."""
    parameters = {
        "node": node,
        "numbers": list(range(len(windows))),
        "since": [since for since, _ in windows],
        "until": [until for _, until in windows],
    }
    return [(int(seen), int(frames)) for _, seen, frames in conn.execute(SQL["work"], parameters)]
