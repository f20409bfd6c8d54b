"""What nodes are to do, how far it has come to them, and what they say that they do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from fieldwatch_cloud.db import masks
from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.fleet.layers import for_node
from fieldwatch_shared.messages import DesiredArtifact, DesiredCamera, DesiredState, Mask

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
    """Write anew what the node is to do: masks of its cameras, settings, models, software. Returns the new
    version.

    The node must be locked (`masks.lock_node`), else two changes at once would be one version.

    Args:
        above: the new version is higher than that.
    """
    cameras: dict[UUID, list[Mask]] = {}
    for deployment, mask, polygon in conn.execute(SQL["masks_of_node"], {"node": node}):
        cameras.setdefault(deployment, []).append(Mask(id=mask, polygon=polygon))
    standing = of_node(conn, node)
    artifacts = list(conn.execute(SQL["artifacts"], {"node": node}))
    models = [_artifact(*rest) for kind, *rest in artifacts if kind == "model"]
    software = [_artifact(*rest) for kind, *rest in artifacts if kind == "software"]
    state = DesiredState(
        version=max(standing.version if standing else 0, above) + 1,
        cameras=[DesiredCamera(deployment_id=id_, masks=held) for id_, held in cameras.items()],
        settings=wanted_settings(conn, node),
        models=models,
        software=software[0] if software else None,
    )
    body = Jsonb(state.model_dump(mode="json"))
    conn.execute(SQL["set"], {"node": node, "version": state.version, "body": body})
    conn.execute(SQL["notify"], {"node": node})
    return state.version


def _artifact(
    rollout_id: UUID, name: str, version: str, sha256: str, size: int, trial_s: float
) -> DesiredArtifact:
    return DesiredArtifact(
        rollout_id=rollout_id, name=name, version=version, sha256=sha256, bytes=size, trial_s=trial_s
    )


def wanted_settings(conn: Connection, node: str) -> dict[str, Any]:
    """The merge patch that all layers together make for this node."""
    layers = [layer for (layer,) in conn.execute(SQL["layers"], {"node": node})]
    if not layers:
        return {}
    cameras = [id_ for (id_,) in conn.execute(SQL["cameras"], {"node": node})]
    said = conn.execute(SQL["said"], {"node": node}).fetchone()
    return for_node(layers, cameras, said[0] if said else None)


def state_of(conn: Connection, node: str) -> DesiredState | None:
    """What the node is to do; None: nobody wants anything of it."""
    found = conn.execute(SQL["body"], {"node": node}).fetchone()
    return DesiredState.model_validate(found[0]) if found else None


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
