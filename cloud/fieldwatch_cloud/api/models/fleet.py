"""The fleet: nodes as they should be and as they are, groups, what may be sent to them, their logs."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, JsonValue

from fieldwatch_cloud.api.models.common import Answer, Body, Instant
from fieldwatch_cloud.fleet import layers
from fieldwatch_cloud.fleet.drift import Standing
from fieldwatch_cloud.fleet.health import HealthReason, HealthStatus
from fieldwatch_shared.messages import LinkReport, PowerReport, Slug


def _patch(settings: dict[str, JsonValue]) -> dict[str, JsonValue]:
    layers.check(settings)
    return settings


Settings = Annotated[
    dict[str, JsonValue],
    AfterValidator(_patch),
    Field(
        description="JSON merge patch over a node's own settings; `GET /fleet/settings-schema` says what may "
        "stand in it. A camera is named by its deployment; `*` is each of a node.",
        examples=[{"heartbeat_s": 300, "cameras": {"*": {"fire": {"every_s": 10}}}}],
    ),
]


class SettingsLayer(Body):
    settings: Settings


class ToldNodes(Answer):
    """What a change came to."""

    settings: dict[str, Any]
    told: list[str] = Field(description="Nodes that have something new to do because of it.")


class NodeGroupBody(Body):
    name: str = Field(min_length=1, max_length=100, pattern=r"\S")
    rank: int = Field(0, ge=-1000, le=1000, description="Of two groups of a node, the higher one wins.")
    nodes: list[Slug] = Field([], max_length=10_000)


class NodeGroup(Answer):
    id: UUID
    name: str
    rank: int
    settings: dict[str, Any]
    nodes: list[str]


class Drift(Answer):
    """One thing that is not as it is desired."""

    path: str = Field(examples=["link.bytes_per_day", "software", "models.fire"])
    wanted: Any
    found: Any = Field(description="null: the node has nothing of that kind.")
    since: Instant


class FleetCamera(Answer):
    id: UUID
    name: str
    lon: float
    lat: float
    status: HealthStatus
    reasons: list[HealthReason]


class FleetNode(Answer):
    """A node as it should be and as it says that it is. What it never said is null, and never in order."""

    id: str
    name: str
    online: bool
    standing: Standing = Field(
        description="Whether it does what is desired of it; `unknown`: it does not say, as older software."
    )
    drift: list[Drift]
    heard_at: Instant | None
    software: str | None
    hardware: str | None
    models: dict[str, str] = Field(description="name@version of what runs, by the name in its settings.")
    certificate_expires_at: Instant | None
    power: PowerReport | None
    link: LinkReport | None
    desired_version: int | None
    reported_version: int | None
    desired: dict[str, Any] = Field(description="The patch of settings that it was told.")
    reported: dict[str, Any] | None = Field(description="Its effective settings, without secrets.")
    own: dict[str, Any] = Field(description="Its own layer of desired settings.")
    groups: list[UUID]
    cameras: list[FleetCamera]


class Fleet(Answer):
    settings: dict[str, Any] = Field(description="The reserve's layer: the weakest.")
    groups: list[NodeGroup] = Field(description="Weakest first.")
    nodes: list[FleetNode]
    software: str = Field(description="Version of this service.")


class FleetArtifact(Answer):
    """A model folder, zipped, or a wheel of fieldwatch."""

    sha256: str
    kind: Literal["model", "software"]
    name: str
    version: str
    bytes: int
    signer: str | None
    uploaded_at: Instant
    uploaded_by: str | None


class AskLog(Body):
    bundle: bool = Field(
        False, description="A support bundle: log, settings without secrets, findings; never pictures."
    )
    lines: int = Field(500, ge=1, le=20_000)


class NodeLog(Answer):
    id: UUID
    node: str
    bundle: bool
    lines: int
    state: Literal["asked", "here", "unheard", "expired"] = Field(
        description="`unheard`: the node's software knows no such command, or it is away."
    )
    asked_at: Instant
    asked_by: str | None
    until: Instant
    received_at: Instant | None
    bytes: int | None


class LogLines(Answer):
    lines: list[dict[str, Any]] = Field(
        description="Oldest first, as the node's log has them: `event`, `level`, `timestamp` and more."
    )


def drift(kept: dict[str, dict[str, Any]]) -> list[Drift]:
    """As it is kept, for people: the oldest first."""
    found = [
        Drift(
            path=path,
            wanted=one["wanted"],
            found=one["found"],
            since=datetime.fromisoformat(one["since"]),
        )
        for path, one in kept.items()
    ]
    return sorted(found, key=lambda one: (one.since, one.path))
