"""A deployment as the node that was aimed tells of it."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from fieldwatch_cloud.api.models.common import Answer, Body, Instant, Lat, Lon
from fieldwatch_cloud.api.models.places import Degrees360, Name


class NodeDeployment(Body):
    """Made by `fieldwatch edge aim`, by the person who stood before the camera."""

    id: UUID = Field(description="UUIDv7, made at the node. The same once more changes nothing.")
    replaces: UUID | None = Field(
        None, description="The deployment that this camera had until now: it ends when this one begins."
    )
    name: Name
    lon: Lon
    lat: Lat
    heading_deg: Degrees360 | None = Field(None, description="Of the optical axis, from true north.")
    tilt_deg: Annotated[float, Field(ge=-90, le=90)] | None = None
    field_of_view_deg: Annotated[float, Field(gt=0, le=360)] | None = Field(None, description="Horizontal.")
    height_m: Annotated[float, Field(ge=-100, le=1000)] | None = Field(None, description="Above the ground.")
    detection_distance_m: Annotated[float, Field(gt=0, le=100_000)] | None = None
    started_at: Instant


class TakenDeployment(Answer):
    id: UUID
    name: str
    lon: float
    lat: float
    started_at: Instant
    created: bool = Field(description="False: it was here already.")
    ended: UUID | None = Field(description="The former deployment, where this ended it.")
    replayed: int = Field(
        description="Messages of the node that had come before, and were kept until it was known where its "
        "camera stands."
    )
