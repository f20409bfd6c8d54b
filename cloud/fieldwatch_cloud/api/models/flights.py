"""Flights as the API tells them."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from fieldwatch_cloud.api.models.common import Answer, Instant, Point


class FlightLine(Answer):
    """GeoJSON, [longitude, latitude] of each picture in the order in which they were taken."""

    type: Literal["LineString"] = "LineString"
    coordinates: list[tuple[float, float]]


class FlightSummary(Answer):
    id: UUID = Field(description="Of its deployment.")
    name: str
    node_id: str | None
    pictures: int
    started_at: Instant | None = Field(description="Of its first picture; null: none has come.")
    ended_at: Instant | None
    track: FlightLine | None = Field(description="Null with fewer than two pictures.")
    bounds: tuple[float, float, float, float] | None = Field(description="West, south, east, north.")


class Flights(Answer):
    items: list[FlightSummary]


class FlightDensityAnswer(Answer):
    """Animals per square kilometre of the ground in the pictures that do not overlap."""

    estimate: float
    low: float
    high: float
    level: float
    dispersion: float = Field(description="Variance over mean between pictures; 1: spread by chance.")
    method: str


class FlightTaxon(Answer):
    scientific_name: str
    seen: int = Field(description="In all pictures; one animal perhaps many times.")
    counted: int = Field(description="In the pictures that do not overlap.")
    density: FlightDensityAnswer | None
    pictures: list[UUID] = Field(description="In which it was counted: the evidence.")


class FlightAnswer(FlightSummary):
    with_footprint: int = Field(description="Pictures of which height, aim and lens are known.")
    footprint_km2: float | None = Field(description="Ground in at least one picture; null: not observed.")
    footprint: dict[str, Any] | None = Field(description="GeoJSON of that ground.")
    apart: int = Field(description="Pictures that do not overlap: animals are counted in these alone.")
    apart_km2: float
    apart_pictures: list[UUID] = Field(
        description="Of those in which nothing was seen, the record that says so."
    )
    not_observed: Literal["no_pictures", "no_footprint", "too_few_pictures"] | None = Field(
        description="Why there is no density."
    )
    animals: list[FlightTaxon]
    assumptions: list[str]


class FlightPointProperties(Answer):
    id: UUID = Field(description="Of the observation.")
    deployment_id: UUID
    scientific_name: str | None
    confidence: float
    observed_at: Instant
    sd_m: float = Field(description="Standard deviation of the place, metres.")
    media_id: UUID | None


class FlightPoint(Answer):
    type: Literal["Feature"] = "Feature"
    geometry: Point
    properties: FlightPointProperties


class FlightPoints(Answer):
    """GeoJSON FeatureCollection: animals where they stood, one perhaps in many pictures."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[FlightPoint]
