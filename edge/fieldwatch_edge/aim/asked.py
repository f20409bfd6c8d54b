"""What the page sends: misspelt or out of range is an error, as everywhere."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Share = Annotated[float, Field(ge=-0.5, le=1.5, description="Of the picture's width or height.")]
Line = tuple[tuple[Share, Share], tuple[Share, Share]]
Metres = Annotated[float, Field(gt=0, le=10_000)]


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Entering(Asked):
    code: str = Field(min_length=4, max_length=40, repr=False)


class Where(Asked):
    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    height_m: float | None = Field(None, ge=-500, le=9000, description="Above the sea.")
    sd_m: float = Field(5, ge=0.5, le=1000)


class Landmark(Asked):
    """A point of the picture whose direction can be told."""

    kind: Literal["place", "sun", "bearing"]
    name: str = Field(max_length=60)
    x: Share
    y: Share
    lon: float | None = Field(None, ge=-180, le=180)
    lat: float | None = Field(None, ge=-90, le=90)
    height_m: float | None = Field(None, ge=-500, le=9000)
    bearing_deg: float | None = Field(None, ge=0, lt=360, description="By compass, towards it.")
    at: AwareDatetime | None = Field(None, description="Of the sun: when the picture was taken.")


class Compass(Asked):
    reading_deg: float = Field(ge=0, le=360)
    true_north: bool = Field(False, description="The reading is from true north, not magnetic.")
    sd_deg: float = Field(5, ge=0.5, le=45)


class Horizon(Asked):
    line: Line
    kind: Literal["open", "hills"] = "open"
    above_m: float = Field(0, ge=0, le=5000, description="Of the camera, above an open plain or water.")


class Solving(Asked):
    """All that is known of how the camera looks."""

    place: Where | None = None
    landmarks: list[Landmark] = Field([], max_length=12)
    compass: Compass | None = None
    field_of_view_deg: float | None = Field(None, gt=0, lt=170, description="Of the data sheet.")
    field_of_view_sd_deg: float = Field(2, gt=0, le=30)
    horizon: Horizon | None = None
    phone_minus_node_s: float = Field(0, ge=-1e10, le=1e10, description="How far the phone's clock is ahead.")


class Marking(Asked):
    distance_m: Metres


class Dropping(Asked):
    distance_m: Metres | None = None


class Choosing(Asked):
    camera: int = Field(ge=0, le=100)


class Writing(Asked):
    """The deployment, as the technician has agreed to it."""

    camera: UUID = Field(description="The deployment that it takes the place of.")
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    place: Where
    height_m: float | None = Field(None, ge=-100, le=1000, description="Of the camera, above the ground.")
    heading_deg: float | None = Field(None, ge=0, lt=360)
    heading_sd_deg: float = Field(5, gt=0, le=180)
    tilt_deg: float = Field(0, ge=-90, le=90)
    tilt_sd_deg: float = Field(5, gt=0, le=90)
    field_of_view_deg: float | None = Field(None, gt=0, le=360)
    field_of_view_sd_deg: float = Field(2, gt=0, le=90)
    detection_distance_m: Metres | None = None
    how: dict[str, Any] = Field({}, description="Landmarks and the rest, kept beside it.")
    phone_minus_node_s: float = Field(0, ge=-1e10, le=1e10)


def as_json(value: object) -> object:
    """For json.dumps: times."""
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"cannot say {value!r} in JSON")
