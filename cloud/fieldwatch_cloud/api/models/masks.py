"""Ignore masks: parts of a camera's picture in which fire and smoke mean nothing."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from fieldwatch_cloud.api.models.common import Answer, Body, Instant
from fieldwatch_cloud.incidents.masks import checked

_POINTS = "[x, y] as fractions of the picture, from its top left; the last point is joined to the first."
Polygon = Annotated[
    list[tuple[float, float]],
    AfterValidator(checked),
    Field(
        description=f"{_POINTS} 3 to 200 points; the outline must not cross itself.",
        examples=[[[0.1, 0.5], [0.2, 0.5], [0.2, 0.7]]],
    ),
]


class NewMask(Body):
    id: UUID = Field(description="Made where it was drawn: sent again, it is created once.")
    polygon: Polygon
    reason: str = Field(
        min_length=1, max_length=200, pattern=r"\S", description="What is there.", examples=["chimney"]
    )
    incident_id: UUID | None = Field(None, description="The false alarm that it grew from.")


class Mask(Answer):
    id: UUID
    deployment_id: UUID
    polygon: list[tuple[float, float]] = Field(description=_POINTS)
    reason: str
    incident_id: UUID | None
    created_by: str = Field(description="By name.")
    created_at: Instant
    applied: bool = Field(description="The node says that it works by it.")


class Masks(Answer):
    items: list[Mask] = Field(description="Those that hold now, oldest first.")
    media_id: UUID | None = Field(description="The newest picture of this camera, to draw on.")
    desired_version: int | None = Field(
        description="Of what its node is to do; null: nobody wants anything of it yet."
    )
    reported_version: int | None = Field(description="By which the node says that it works.")
    reported_at: Instant | None
