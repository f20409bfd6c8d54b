"""Satellites' hotspots, and what people report."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from fieldwatch_cloud.api.models.common import Answer, Body, Instant, Point
from fieldwatch_cloud.incidents.table import Rejected
from fieldwatch_shared.messages import FireKind

MAX_REJECTED = 200
"""Broken rows that an answer names."""


class HotspotProperties(Answer):
    incident_id: UUID | None = Field(description="The fire that it belongs to.")
    inside: bool = Field(description="In the reserve; else outside, within 50 km.")
    source: str = Field(description="FIRMS' product.", examples=["VIIRS_NOAA20_NRT"])
    satellite: str = Field(examples=["NOAA-20"])
    instrument: Literal["VIIRS", "MODIS"]
    observed_at: Instant = Field(description="Of the overpass, to the minute.")
    received_at: Instant
    scan_km: float = Field(description="Size of the pixel on the ground, across the satellite's track.")
    track_km: float = Field(description="Along it.")
    confidence: Literal["low", "nominal", "high"]
    confidence_percent: int | None = Field(description="MODIS only.")
    brightness_k: float | None
    frp_mw: float | None = Field(description="Fire radiative power.")
    daynight: Literal["D", "N"] | None


class Hotspot(Answer):
    type: Literal["Feature"] = "Feature"
    id: UUID
    geometry: Point = Field(description="The pixel's centre: the fire may be anywhere in the pixel.")
    properties: HotspotProperties


class Hotspots(Answer):
    """GeoJSON FeatureCollection of points."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[Hotspot] = Field(description="Newest first, 5000 at most.")
    fetched_at: Instant | None = Field(
        description="When FIRMS was last asked for all of them and answered; null: never. No hotspot since "
        "then does not mean that nothing burns."
    )


class RejectedRow(Answer):
    row: int = Field(description="Its line in the file; the header's is 1.")
    reason: str

    @classmethod
    def named(cls, rejected: Sequence[Rejected]) -> list[Self]:
        """Those that an answer names."""
        return [cls(row=one.row, reason=one.reason) for one in rejected[:MAX_REJECTED]]


class ImportedHotspots(Answer):
    """What became of a file's rows."""

    new: int = Field(description="In the reserve, and not known before.")
    known: int
    outside: int = Field(description="Not in the reserve.")
    near: int = Field(description="Of those, new and within 50 km: kept, for the map.")
    rejected: list[RejectedRow] = Field(description="They lie in quarantine; 200 are named here.")
    left_out: int = Field(description="How many rows were rejected in all.")
    incidents: list[UUID] = Field(description="To which the new ones belong.")


class NewFireReport(Body):
    """What a person saw: the place of the fire, or where they stand and the direction."""

    id: UUID = Field(description="Made where it is written: the same id again is answered alike.")
    observed_at: Instant = Field(description="By the phone's clock. What lies in the future counts as now.")
    sent_at: Instant | None = Field(
        None,
        description="By the phone's clock, when this request is sent: tells how wrong that clock is, and "
        "corrects `observed_at` by as much. Absent: the clock is believed.",
    )
    kind: FireKind
    location: Point | None = Field(None, description="Of the fire.")
    location_sd_m: Annotated[float, Field(gt=0, le=50_000, allow_inf_nan=False)] | None = Field(
        None, description="How sure that is; absent: some hundred metres."
    )
    standpoint: Point | None = Field(None, description="Where the person stands.")
    bearing_deg: Annotated[float, Field(ge=0, lt=360, allow_inf_nan=False)] | None = Field(
        None, description="From there to the fire, clockwise from true north."
    )
    bearing_sd_deg: Annotated[float, Field(gt=0, le=90, allow_inf_nan=False)] | None = Field(
        None, description="How sure that is; absent: some ten degrees."
    )
    note: Annotated[str, Field(max_length=2000)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        direction = self.standpoint is not None and self.bearing_deg is not None
        if self.location is None and not direction:
            raise ValueError("where? Give location, or standpoint and bearing_deg")
        if self.location is not None and (self.standpoint is not None or self.bearing_deg is not None):
            raise ValueError("give location, or standpoint and bearing_deg, not both")
        return self


class FireReported(Answer):
    id: UUID
    incident_id: UUID = Field(description="The fire that it belongs to: a new one, or one that others saw.")
