"""The fleet: layers of desired settings, groups, and what nodes report of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from fieldwatch_cloud.db import desired, masks
from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_cloud.fleet import drift as drifting
from fieldwatch_cloud.fleet import night
from fieldwatch_shared.messages import ClockQuality, DesiredState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_shared.messages import Heartbeat

SQL = statements("fleet")
Layer = Literal["reserve", "group", "node"]


@dataclass(frozen=True, slots=True)
class Group:
    id: UUID
    name: str
    rank: int
    settings: dict[str, Any]
    nodes: list[str]


@dataclass(frozen=True, slots=True)
class Node:
    """A node as it should be and as it says that it is; what it never said is None."""

    id: str
    name: str
    online: bool
    created_at: datetime
    desired: dict[str, Any] | None
    version: int | None
    reported_version: int | None
    heard_at: datetime | None
    software: str | None
    settings: dict[str, Any] | None
    settings_sha256: str | None
    models: dict[str, str] | None
    rollouts: list[dict[str, Any]] | None
    certificate_expires_at: datetime | None
    hardware: str | None
    power: dict[str, Any] | None
    link: dict[str, Any] | None
    known_drift: dict[str, dict[str, Any]]
    """As of its last heartbeat; see `drift`."""
    desired_at: datetime | None
    own: dict[str, Any]
    """Its own layer of settings."""
    groups: list[UUID]

    @property
    def wanted(self) -> DesiredState | None:
        return DesiredState.model_validate(self.desired) if self.desired is not None else None

    @property
    def reported(self) -> drifting.Reported | None:
        if self.software is None:
            return None
        return drifting.Reported(self.software, self.settings, self.settings_sha256, self.models or {})

    @property
    def drift(self) -> dict[str, dict[str, Any]]:
        """Where it differs from what is desired now, also where it was silent ever since that was desired."""
        if self.reported is None or self.desired_at is None:
            return {}
        found = drifting.differs(self.wanted, self.reported)
        return drifting.since(found, self.known_drift, self.desired_at)

    @property
    def standing(self) -> drifting.Standing:
        return drifting.standing(self.reported, self.drift)


@dataclass(frozen=True, slots=True)
class Camera:
    """A deployment of a node that has not ended. Position: degrees, WGS 84."""

    id: UUID
    node_id: str
    name: str
    lon: float
    lat: float
    started_at: datetime


def nodes(conn: Connection, reserve_id: UUID, node: str | None = None) -> list[Node]:
    """All of a reserve, or one of them."""
    with conn.cursor(row_factory=class_row(Node)) as cursor:
        return cursor.execute(SQL["nodes"], {"reserve_id": reserve_id, "node": node}).fetchall()


def reserve_of(conn: Connection, node: str) -> tuple[UUID, str]:
    """The node's reserve: id and slug.

    Raises:
        NotFoundError: no such node.
    """
    found = conn.execute(SQL["node_reserve"], {"id": node}).fetchone()
    if found is None:
        raise NotFoundError(f"no such node: {node}")
    return found[0], found[1]


def cameras(conn: Connection, reserve_id: UUID, now: datetime) -> list[Camera]:
    with conn.cursor(row_factory=class_row(Camera)) as cursor:
        return cursor.execute(SQL["deployments"], {"reserve_id": reserve_id, "now": now}).fetchall()


def groups(conn: Connection, reserve_id: UUID) -> list[Group]:
    """Weakest first."""
    with conn.cursor(row_factory=class_row(Group)) as cursor:
        return cursor.execute(SQL["groups"], {"reserve_id": reserve_id}).fetchall()


def group(conn: Connection, reserve_id: UUID, id_: UUID) -> Group:
    """Raises:
    NotFoundError: the reserve has no such group.
    """
    found = next((one for one in groups(conn, reserve_id) if one.id == id_), None)
    if found is None:
        raise NotFoundError(f"no such group: {id_}")
    return found


def set_group(
    conn: Connection, reserve_id: UUID, id_: UUID, *, name: str, rank: int, members: Collection[str]
) -> None:
    """Create or change a group; its nodes are told what that changes.

    Raises:
        NotFoundError: a node is none of this reserve, or the id is that of another reserve's group.
        AlreadyExistsError: another group has this name.
    """
    held = conn.execute(SQL["group_reserve"], {"id": id_}).fetchone()
    if held is not None and held[0] != reserve_id:
        raise NotFoundError(f"no such group: {id_}")
    before = _members(conn, id_)
    conn.execute(SQL["set_group"], {"id": id_, "reserve_id": reserve_id, "name": name, "rank": rank})
    conn.execute(SQL["clear_group"], {"id": id_})
    wanted = sorted(set(members))
    filled = conn.execute(SQL["fill_group"], {"id": id_, "nodes": wanted, "reserve_id": reserve_id}).rowcount
    if filled < len(wanted):
        raise NotFoundError("not all of these nodes are this reserve's")
    tell(conn, {*before, *wanted})


def drop_group(conn: Connection, reserve_id: UUID, id_: UUID) -> None:
    """Raises:
    NotFoundError: the reserve has no such group.
    """
    group(conn, reserve_id, id_)
    before = _members(conn, id_)
    conn.execute(SQL["drop_group"], {"id": id_})
    tell(conn, before)


def layer(conn: Connection, of: Layer, id_: UUID | str) -> dict[str, Any]:
    """A layer of settings, held until the transaction ends; empty where nobody set anything."""
    found = conn.execute(SQL[f"{of}_layer"], {"id": id_}).fetchone()
    return dict(found[0]) if found else {}


def set_layer(conn: Connection, of: Layer, id_: UUID | str, settings: Mapping[str, Any]) -> list[str]:
    """Replace a layer that `fleet.layers.check` let pass; returns the nodes that have something new to do."""
    conn.execute(SQL[f"set_{of}_layer"], {"id": id_, "settings": Jsonb(dict(settings))})
    if of == "reserve":
        of_layer = [str(one) for (one,) in conn.execute(SQL["nodes_of_reserve"], {"id": id_})]
    else:
        of_layer = _members(conn, id_) if of == "group" else [str(id_)]
    return tell(conn, of_layer)


def tell(conn: Connection, of: Iterable[str]) -> list[str]:
    """Renew what these nodes are to do, where their settings come out otherwise; returns those."""
    changed = []
    for node in sorted(of):
        if not _outdated(conn, node):
            continue
        masks.lock_node(conn, node)
        if _outdated(conn, node):
            desired.renew(conn, node)
            changed.append(node)
    return changed


def _outdated(conn: Connection, node: str) -> bool:
    state = desired.state_of(conn, node)
    return desired.wanted_settings(conn, node) != (state.settings if state else {})


def _members(conn: Connection, id_: UUID | str) -> list[str]:
    return [str(node) for (node,) in conn.execute(SQL["nodes_of_group"], {"id": id_})]


def heard(conn: Connection, beats: Iterable[tuple[str, Heartbeat]], now: datetime) -> None:
    """Keep what new heartbeats say, each of them once: the node's last word, and the sums of its day.

    All of one transaction in one call, in the order of arrival: sorted by node here, so that two workers lock
    rows in one order.
    """
    for node, heartbeat in sorted(beats, key=lambda beat: beat[0]):
        was = conn.execute(SQL["report"], {"node": node}).fetchone()
        drawn = night.Drawn(0.0, 0.0)
        if was is not None:
            drawn = night.drawn(was[1], was[2], heartbeat.observed_at, heartbeat.power)
        _note_day(conn, node, heartbeat, drawn, now)
        settings = _keep(conn, node, heartbeat, now)
        _judge(conn, node, heartbeat, settings, was[3] if was else {}, now)


def _keep(conn: Connection, node: str, heartbeat: Heartbeat, now: datetime) -> dict[str, Any] | None:
    said = heartbeat.fleet
    settings = said.settings if said else None
    (row,) = conn.execute(
        SQL["set_report"],
        {
            "node": node,
            "now": now,
            "observed_at": heartbeat.observed_at,
            "software": heartbeat.software,
            "fleet": said is not None,
            "settings": Jsonb(settings) if settings is not None else None,
            "sha256": said.settings_sha256 if said else None,
            "models": Jsonb(said.models if said else {}),
            "rollouts": Jsonb([one.model_dump(mode="json") for one in said.rollouts] if said else []),
            "certificate": said.certificate_expires_at if said else None,
            "hardware": said.hardware if said else None,
            "power": Jsonb(heartbeat.power.model_dump(mode="json")) if heartbeat.power else None,
            "link": Jsonb(heartbeat.link.model_dump(mode="json")) if heartbeat.link else None,
        },
    )
    return row[0]  # type: ignore[no-any-return]


def _judge(
    conn: Connection,
    node: str,
    heartbeat: Heartbeat,
    settings: dict[str, Any] | None,
    before: Mapping[str, Mapping[str, Any]],
    now: datetime,
) -> None:
    # A camera that is new, or begins to watch for fire, has its share of what is wanted of all cameras.
    tell(conn, [node])
    said = heartbeat.fleet
    reported = drifting.Reported(
        heartbeat.software, settings, said.settings_sha256 if said else None, said.models if said else {}
    )
    found = drifting.differs(desired.state_of(conn, node), reported)
    if found or before:
        drift = drifting.since(found, before, now)
        conn.execute(SQL["set_drift"], {"node": node, "drift": Jsonb(drift)})


def _newly_given_up(conn: Connection, node: str, heartbeat: Heartbeat) -> int:
    """A heartbeat counts all that was given up since the node's outbox was made: of that, what the one before
    had not said yet."""
    if not heartbeat.given_up:
        return 0
    row = conn.execute(
        SQL["given_up_before"], {"node": node, "observed_at": heartbeat.observed_at}
    ).fetchone()
    before = row[0] if row is not None else 0
    return heartbeat.given_up - before if before <= heartbeat.given_up else heartbeat.given_up


def _note_day(conn: Connection, node: str, heartbeat: Heartbeat, drawn: night.Drawn, now: datetime) -> None:
    unset = heartbeat.clock.quality is ClockQuality.UNSYNCHRONISED
    power, link = heartbeat.power, heartbeat.link
    solar = power.solar_w if power else None
    signal = link.signal_dbm if link else None
    at = now if unset and heartbeat.clock.offset_s is None else heartbeat.observed_at
    conn.execute(
        SQL["note_day"],
        {
            "node": node,
            "at": at,
            "unsynchronised": int(unset),
            "given_up": _newly_given_up(conn, node, heartbeat),
            "disk_free": heartbeat.disk_free_bytes,
            "charge": power.charge if power else None,
            "solar": solar or 0.0,
            "solar_n": int(solar is not None),
            "night_wh": drawn.wh,
            "night_drop": drawn.share,
            "signal": signal or 0.0,
            "signal_n": int(signal is not None),
        },
    )
    for camera in sorted(heartbeat.cameras, key=lambda one: one.deployment_id):
        conn.execute(
            SQL["note_camera_day"],
            {
                "node": node,
                "deployment": camera.deployment_id,
                "at": at,
                "frames": camera.frames,
                "dark": int(camera.dark),
                "blurred": int(camera.blurred and not camera.dark),
                "frozen": int(camera.frozen),
                "moved": int(camera.moved),
                "problem": int(camera.problem is not None),
            },
        )
