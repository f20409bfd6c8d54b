"""What the live stream tells. Ingest and jobs send these; the stream passes them on as they are."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from fieldwatch_cloud.api.models.common import Answer, Instant
from fieldwatch_cloud.api.models.places import Health
from fieldwatch_shared.messages import FireKind, ObservationType


class LiveObservation(Answer):
    """Event `observation`: one was committed."""

    id: UUID
    deployment_id: UUID
    scientific_name: str | None
    observation_type: ObservationType
    count: int
    confidence: float
    observed_at: Instant
    ended_at: Instant
    received_at: Instant
    media_id: UUID | None


class LiveIncident(Answer):
    """Event `incident`: one was opened, or something about it changed."""

    id: UUID
    kind: FireKind
    state: str
    first_seen_at: Instant
    last_seen_at: Instant
    deployment_id: UUID | None
    media_id: UUID | None
    revision: int = Field(1, description="Counts every change that people see.")
    drill: bool = Field(False, description="An exercise.")
    held_back: str | None = Field(None, description="Why nobody was called; null: people are called.")


class LiveDeployment(Answer):
    """Event `deployment`: its health changed."""

    id: UUID
    health: Health


class LiveMedia(Answer):
    """Event `media`: the picture can be fetched now."""

    id: UUID
    deployment_id: UUID


class LiveMap(Answer):
    """Event `map`: a layer of the map has changed; ask for its tiles again."""

    layer: Literal["tracks", "basemap"]


class LiveRefetch(Answer):
    """Event `refetch`: events were lost or too many; ask for everything again."""

    reason: Literal["slow_client", "reconnected", "too_much"] | None = Field(None)


EVENTS: dict[str, type[Answer]] = {
    "observation": LiveObservation,
    "incident": LiveIncident,
    "deployment": LiveDeployment,
    "media": LiveMedia,
    "map": LiveMap,
    "refetch": LiveRefetch,
}
