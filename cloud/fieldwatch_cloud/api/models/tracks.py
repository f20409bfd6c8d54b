"""Patrol tracks."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from fieldwatch_cloud.api.models.common import Answer, Instant

TrackKind = Literal["patrol", "survey", "route"]


class PatrolTrack(Answer):
    id: UUID
    name: str
    kind: TrackKind
    file: str = Field(description="From which it was read.")
    uploaded_at: Instant
    uploaded_by: str | None = Field(description="Name of the account.")
    mine: bool = Field(description="I uploaded it, and may delete it.")
    started_at: Instant | None = Field(description="Of its first point; null: the file has no times.")
    ended_at: Instant | None
    length_m: float
    points: int
    bounds: tuple[float, float, float, float] = Field(description="West, south, east, north in degrees.")


class PatrolTracks(Answer):
    items: list[PatrolTrack] = Field(description="Newest first, 500 at most.")


class UploadedTracks(Answer):
    items: list[PatrolTrack] = Field(description="Those that are new.")
    known: int = Field(description="How many of the file's are here already.")
