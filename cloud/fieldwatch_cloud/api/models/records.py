"""Observations and quarantined messages."""

from uuid import UUID

from pydantic import Field

from fieldwatch_cloud.api.models.common import Answer, Instant
from fieldwatch_shared.messages import Box, ClockQuality, ObservationType


class Observation(Answer):
    """One taxon at one deployment over one time span; an individual followed through frames is one."""

    id: UUID
    deployment_id: UUID
    observed_at: Instant
    ended_at: Instant
    received_at: Instant = Field(
        description="When the cloud committed it; long after, if it waited in a node."
    )
    observation_type: ObservationType
    scientific_name: str | None
    count: int = Field(description="Individuals in view at once.")
    confidence: float
    frames: int
    box: Box | None
    media_id: UUID | None
    clock_quality: ClockQuality
    clock_offset_s: float | None
    model: str = Field(description="Detector as name@version.")


class Observations(Answer):
    items: list[Observation] = Field(description="Newest first.")
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page; null: this is the last.")
    withheld: list[str] = Field(
        default_factory=list,
        description="Sensitive species whose records are left out for this role, if there are any.",
    )


class Quarantined(Answer):
    """A node's message that could not be accepted. It is kept, and can be tried again after a repair."""

    id: UUID
    received_at: Instant
    topic: str
    reason: str
    bytes: int = Field(description="Size of its payload.")
    replayed_at: Instant | None


class QuarantineList(Answer):
    items: list[Quarantined] = Field(description="Newest first, 200 at most.")


class Replayed(Answer):
    id: UUID
    accepted: bool
    reason: str | None = Field(description="Why it was refused again.")
