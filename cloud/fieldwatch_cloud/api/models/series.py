"""Counts by time and by place: series, grids, comparisons; effort by day; areas from files."""

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from fieldwatch_cloud.api.models.common import Answer, Body, Instant, MultiPolygon, Polygon
from fieldwatch_cloud.api.models.counts import CountQuery, SpeciesCount, Taxon
from fieldwatch_cloud.api.models.verdict import VerdictLine
from fieldwatch_shared.messages import ObservationType

Status = Literal["observed", "not_observed"]


class SeriesQuery(CountQuery):
    by: Literal["day", "month", "season", "year"] = Field(
        description="In the reserve's time zone; seasons are March to May and so on."
    )


class Period(Answer):
    """`not_observed`: no camera looked then. That is not zero animals, so `species` is null."""

    from_: Instant = Field(serialization_alias="from")
    to: Instant
    label: str = Field(examples=["2026-05", "2026-05-04", "2026 spring", "2026"])
    status: Status
    camera_days: float
    looked: int = Field(description="Deployments with any effort.")
    species: list[SpeciesCount] | None


class Series(Answer):
    timezone: str
    periods: list[Period]
    verdict: list[VerdictLine]


class H3Cells(Body):
    kind: Literal["h3"]
    resolution: int = Field(ge=0, le=12, description="H3's: 6 is some 36 km², 8 some 0.7 km².")


class SquareCells(Body):
    kind: Literal["square"]
    size_m: float = Field(ge=50, le=200_000, description="Side in metres; equal areas.")


class GridQuery(CountQuery):
    taxa: None = Field(None, description="Give `taxon`.")
    cells: Annotated[H3Cells | SquareCells, Field(discriminator="kind")]
    taxon: Taxon | None = Field(None, description="Scientific name; null: all animals together.")


class CellProperties(Answer):
    """`not_observed`: no camera looked in this cell; its figures are null."""

    cell: str = Field(description="H3 index, or column and row of the square.")
    status: Status
    camera_days: float
    deployments: int = Field(description="That stand in this cell, whenever they stood there.")
    events: int | None
    individuals: int | None
    rate: float | None = Field(description="Independent events per 100 camera-days.")
    low: float | None
    high: float | None


class Cell(Answer):
    type: Literal["Feature"] = "Feature"
    id: str
    geometry: Polygon | MultiPolygon
    properties: CellProperties


class Grid(Answer):
    """GeoJSON FeatureCollection, with the verdict as a foreign member (RFC 7946, 6.1)."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[Cell]
    verdict: list[VerdictLine]


class CompareQuery(Body):
    a: CountQuery
    b: CountQuery


class Ratio(Answer):
    """Of the rates, a to b. Nothing seen in b: no upper bound, `value` and `high` are null."""

    value: float | None
    low: float
    high: float | None
    level: float
    method: str


class ComparedSide(Answer):
    status: Status
    camera_days: float
    deployments: int
    looked: int
    area_km2: float | None


class ComparedSpecies(Answer):
    scientific_name: str | None
    observation_type: ObservationType
    a: SpeciesCount | None = Field(description="null: nobody looked on that side.")
    b: SpeciesCount | None
    ratio: Ratio | None = Field(description="null: nobody looked on one side.")


class Comparison(Answer):
    a: ComparedSide
    b: ComparedSide
    species: list[ComparedSpecies]
    verdict: list[VerdictLine]


class EffortOfDay(Answer):
    day: dt.date = Field(description="In the reserve's time zone.")
    hours: float = Field(description="During which frames really came.")
    day_hours: float = Field(description="Of them, with the sun above the horizon at this place.")
    night_hours: float


class DeploymentCalendar(Answer):
    deployment_id: UUID
    location_name: str
    days: list[EffortOfDay] = Field(description="Only days with any effort.")


class EffortCalendar(Answer):
    timezone: str
    deployments: list[DeploymentCalendar]


class UploadedArea(Answer):
    name: str | None
    name_zh: str | None
    geometry: Polygon | MultiPolygon


class UploadedAreas(Answer):
    areas: list[UploadedArea]
