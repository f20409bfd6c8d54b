"""Counting within a polygon and a time span."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from fieldwatch_cloud.api.geojson import Area
from fieldwatch_cloud.api.models.common import Answer, Body, Instant
from fieldwatch_shared.messages import ObservationType

Taxon = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class CountQuery(Body):
    area: Area | None = Field(
        None,
        description="GeoJSON, longitude before latitude, at most 10,000 vertices; null: the whole reserve.",
        examples=[
            {
                "type": "Polygon",
                "coordinates": [[[107.5, 33.6], [107.7, 33.6], [107.7, 33.7], [107.5, 33.7], [107.5, 33.6]]],
            }
        ],
    )
    from_: Instant = Field(alias="from", description="Start of the span, included.")
    to: Instant = Field(description="End of the span, excluded.", examples=["2026-06-01T00:00:00Z"])
    taxa: list[Taxon] | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="Scientific names; a taxon named here is answered even when nothing of it was seen.",
        examples=[["Rhinopithecus roxellana"]],
    )
    event_interval_min: float = Field(
        30, ge=1, le=1440, description="Records at least so many minutes apart are independent events."
    )
    min_confidence: float = Field(0, ge=0, le=1)

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.to <= self.from_:
            raise ValueError("to must lie after from")
        return self


class DeploymentsLooked(Answer):
    in_area: int = Field(description="Deployments that stand in the area, whenever they stood there.")
    looked: int = Field(description="Those of them with any effort.")


class DeploymentEffort(Answer):
    deployment_id: UUID
    camera_days: float


class Effort(Answer):
    camera_days: float = Field(description="Time during which frames really came, in days of 24 h.")
    by_deployment: list[DeploymentEffort]


class Rate(Answer):
    estimate: float = Field(description="Independent events per 100 camera-days.")
    low: float
    high: float
    level: float = Field(description="Confidence level of low to high.", examples=[0.95])
    method: str


class SpeciesCount(Answer):
    scientific_name: str | None
    observation_type: ObservationType
    observations: int
    individuals: int = Field(description="Sum over events of the largest number seen at once (MaxN).")
    events: int = Field(description="Independent events.")
    max_count: int = Field(description="The largest number seen at once.")
    deployments: int = Field(description="At how many deployments.")
    rate_per_100_camera_days: Rate


class CountQueryEcho(Answer):
    """The question as it was understood."""

    from_: Instant = Field(serialization_alias="from")
    to: Instant
    taxa: list[str] | None
    event_interval_min: float
    min_confidence: float
    whole_reserve: bool


class Counts(Answer):
    """`not_observed`: no camera looked there and then. That is not zero animals, so `species` is null."""

    area_km2: float | None = Field(description="On the ellipsoid; null: no area given and no boundary known.")
    deployments: DeploymentsLooked
    effort: Effort
    status: Literal["observed", "not_observed"]
    species: list[SpeciesCount] | None
    observations_without_effort: int = Field(
        description="Observations at deployments of the area for which no effort has been reported (yet)."
    )
    assumptions: list[str] = Field(description="What the figures rest on, in plain sentences.")
    assumption_codes: list[str] = Field(
        description="Of each of `assumptions`, in their order, a code that stays when its words change.",
        examples=[["events", "max_n", "effort", "poisson", "detection", "edges", "min_confidence"]],
    )
    query: CountQueryEcho
