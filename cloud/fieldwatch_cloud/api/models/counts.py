"""Counting within a polygon and a time span."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from fieldwatch_cloud.api.geojson import Area
from fieldwatch_cloud.api.models.common import Answer, Body, Instant
from fieldwatch_cloud.api.models.verdict import VerdictLine
from fieldwatch_cloud.counts.estimate import Estimate
from fieldwatch_cloud.counts.events import DEFAULT_RULE, Rule
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
    zone: UUID | None = Field(None, description="A zone of the reserve, instead of an `area`.")
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
    rule: Rule = Field(
        DEFAULT_RULE,
        description="Since what they must be so far apart: the end of the last record, or of the record that "
        "opened the event.",
    )
    min_confidence: float = Field(
        0, ge=0, le=1, description="What a person labelled counts whatever the model's confidence."
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.area is not None and self.zone is not None:
            raise ValueError("give an area or a zone, not both")
        return self

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
    method: str = Field(description="How the interval was made, with its source.")

    @classmethod
    def of(cls, rate: Estimate) -> Self:
        return cls(
            estimate=rate.value,
            low=rate.low or 0.0,
            high=rate.high or 0.0,
            level=rate.level,
            method=rate.method,
        )


class SpeciesCount(Answer):
    scientific_name: str | None
    observation_type: ObservationType
    observations: int = Field(description="In these events.")
    labelled: int = Field(0, description="How many of the observations a person has confirmed or corrected.")
    individuals: int = Field(description="Sum over events of the largest number seen at once (MaxN).")
    events: int = Field(description="Independent events.")
    max_count: int = Field(description="The largest number seen at once.")
    deployments: int = Field(description="At how many deployments.")
    rate_per_100_camera_days: Rate


class CountQueryEcho(Answer):
    """The question as it was understood."""

    from_: Instant = Field(serialization_alias="from")
    to: Instant
    zone: UUID | None
    taxa: list[str] | None
    event_interval_min: float
    rule: Rule
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
    labelled: int = Field(
        description="Observations of all these species that a person has confirmed or corrected."
    )
    verdict: list[VerdictLine] = Field(description="How far the data bear the figures, the gravest first.")
    assumptions: list[str] = Field(description="What the figures rest on, in plain sentences.")
    assumption_codes: list[str] = Field(
        description="Of each of `assumptions`, in their order, a code that stays when its words change.",
        examples=[["events", "max_n", "effort", "rate_interval", "detection", "edges", "min_confidence"]],
    )
    query: CountQueryEcho


class TraceQuery(CountQuery):
    taxa: None = Field(None, description="Give `taxon`.")
    taxon: Taxon | None = Field(
        description="Scientific name, as `species` gives it; null for what has only its `observation_type`."
    )
    observation_type: ObservationType = ObservationType.ANIMAL


class TracedEvent(Answer):
    deployment_id: UUID
    started_at: Instant
    ended_at: Instant
    observations: int
    labelled: int = Field(description="How many of them a person has confirmed or corrected.")
    max_n: int = Field(description="The largest number seen at once.")
    media: list[UUID] = Field(description="The pictures of its observations, by time; not all have one.")


class Trace(Answer):
    items: list[TracedEvent]
    next_cursor: str | None
