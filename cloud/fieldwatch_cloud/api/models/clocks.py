"""Corrections of a camera's clock."""

from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from fieldwatch_cloud.api.models.common import Answer, Body, Instant

CENTURY_S = 3.2e9
_OFFSET = "True time minus the camera's, in seconds: 3600 where it ran an hour behind."


class NewCorrection(Body):
    """Either the offset itself, or a picture and the time at which it was truly taken."""

    id: UUID = Field(description="Made where the correction was: sent again, it is kept once.")
    offset_s: float | None = Field(None, ge=-CENTURY_S, le=CENTURY_S, description=_OFFSET)
    media_id: UUID | None = Field(None, description="A picture of this deployment ...")
    true_time: Instant | None = Field(None, description="... and when it was really taken.")
    note: str | None = Field(
        None, max_length=500, description="How that is known.", examples=["the watch held before the camera"]
    )

    @model_validator(mode="after")
    def _one_way_or_the_other(self) -> Self:
        by_picture = self.media_id is not None and self.true_time is not None
        half = (self.media_id is None) != (self.true_time is None)
        if half or (self.offset_s is not None) == by_picture:
            raise ValueError("give either offset_s, or both media_id and true_time")
        return self


class Correction(Answer):
    id: UUID
    offset_s: float = Field(description=_OFFSET)
    note: str | None
    at: Instant
    account: str = Field(description="Who gave it, by name.")
    undone_at: Instant | None
    undone_by: str | None


class Corrections(Answer):
    offset_s: float = Field(description="What is added to every time of this deployment now; 0: nothing.")
    items: list[Correction] = Field(description="All that were ever given, newest first.")
    observations: int = Field(description="How many observations a correction moves.")
    first_at: Instant | None = Field(description="The first of them, by the camera's own clock.")
    last_at: Instant | None
    timezone: str = Field(description="In which people here read a clock.")
    may_correct: bool
