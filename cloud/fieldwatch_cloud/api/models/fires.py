"""Incidents and the suspicions that they are made of."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from fieldwatch_cloud.api.models.common import Answer, Instant, Point
from fieldwatch_shared.messages import Box, ClockQuality, FireKind

State = Literal["new", "acknowledged", "dispatched", "on_scene", "contained", "closed", "false_alarm"]


class Incident(Answer):
    """What rangers act on: all suspicions that belong to one fire."""

    id: UUID
    reserve: str
    kind: FireKind = Field(description="`fire` as soon as one suspicion shows flames.")
    state: State
    first_seen_at: Instant = Field(description="By capture time: a fire that arrives late is not new.")
    last_seen_at: Instant
    opened_at: Instant = Field(description="When the cloud learnt of it.")
    late_s: float = Field(
        description="Seconds from the confirming picture to its arrival, for the suspicion that came first."
    )


class IncidentSummary(Incident):
    suspicions: int = Field(description="How many.")
    deployment_id: UUID = Field(description="The deployment of the newest suspicion.")
    location: Point = Field(description="Where that camera stands: not where the fire is.")
    bearing_deg: float | None = Field(description="From there to the fire, clockwise from true north.")
    media_id: UUID | None = Field(description="The newest picture.")


class Incidents(Answer):
    items: list[IncidentSummary] = Field(description="By last_seen_at, newest first, 500 at most.")


class Suspicion(Answer):
    """One camera's confirmed fire or smoke."""

    id: UUID
    deployment_id: UUID
    location: Point = Field(description="Where the camera stands.")
    observed_at: Instant = Field(description="The picture that confirmed it.")
    first_seen_at: Instant
    received_at: Instant
    kind: FireKind
    confidence: float
    box: Box
    bearing_deg: float | None
    bearing_sd_deg: float | None
    elevation_deg: float | None
    media_id: UUID | None = Field(description="Its picture may arrive after it.")
    clock_quality: ClockQuality
    clock_offset_s: float | None
    model: str


class LogEntry(Answer):
    at: Instant
    account: str | None = Field(description="Whose action, by name; null: the system's.")
    action: str
    note: str | None


class IncidentDetail(Incident):
    suspicions: list[Suspicion] = Field(description="By capture time.")
    log: list[LogEntry] = Field(description="Cannot be altered afterwards.")
