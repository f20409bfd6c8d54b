"""From a question to an estimate, and which estimators there are."""

from typing import Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from fieldwatch_cloud.api.geojson import Area
from fieldwatch_cloud.api.models.common import Answer, Body, Instant
from fieldwatch_cloud.api.models.counts import Taxon
from fieldwatch_cloud.api.models.verdict import VerdictLine

MethodName = Literal[
    "rate",
    "occupancy",
    "occupancy_false_positive",
    "occupancy_dynamic",
    "royle_nichols",
    "n_mixture",
    "count_occupancy",
    "activity",
    "activity_overlap",
    "rem",
    "distance",
    "time_to_event",
    "space_to_event",
    "instantaneous",
    "scr",
    "roost",
    "accumulation",
    "trend",
    "corrected_counts",
]


class EstimateQuery(Body):
    method: MethodName
    taxon: Taxon | None = Field(None, description="Scientific name.", examples=["Rhinopithecus roxellana"])
    taxa: list[Taxon] | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="Several at once: two for `activity_overlap`; `accumulation` counts these (null: all). "
        "For the other methods they are pooled as if they were one taxon.",
    )
    area: Area | None = Field(
        None, description="GeoJSON, longitude before latitude; null with `zone` null: the whole reserve."
    )
    zone: UUID | None = Field(None, description="A zone of the reserve, instead of `area`.")
    from_: Instant = Field(alias="from", description="Start of the span, included.")
    to: Instant = Field(description="End of the span, excluded.", examples=["2026-06-01T00:00:00Z"])
    min_confidence: float = Field(0, ge=0, le=1)
    event_interval_min: float = Field(
        30, ge=1, le=1440, description="Records at least so many minutes apart are independent events."
    )
    options: dict[str, Any] = Field(
        default_factory=dict, description="Of the method; their JSON Schema is in `GET /estimates/methods`."
    )

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        if self.to <= self.from_:
            raise ValueError("to must lie after from")
        if self.area is not None and self.zone is not None:
            raise ValueError("give either an area or a zone")
        if self.taxon is not None and self.taxa is not None:
            raise ValueError("give either taxon or taxa")
        return self


class EstimateValue(Answer):
    name: str = Field(description="A stable code.", examples=["occupancy"])
    meaning: str = Field(description="What it is, in words.")
    value: float
    se: float | None = Field(description="Standard error; null where the method gives an interval only.")
    low: float | None
    high: float | None
    level: float = Field(description="Confidence level of low to high.", examples=[0.95])
    unit: str = Field(
        description="UCUM-like; `1` for a share or a plain number.", examples=["1", "1/km2", "1/(100 d)"]
    )
    method: str = Field(description="How the interval was made.")


class Coefficient(Answer):
    name: str = Field(description="`part(covariate)`.", examples=["psi(Int)"])
    value: float = Field(description="On the scale of its part's link.")
    se: float | None


class Curve(Answer):
    """Something to plot: `y` over `x`, with its band where there is one."""

    name: str
    meaning: str
    x: list[float]
    x_unit: str = Field(
        description="`h` (hour of the day, 0 to 24), `d`, `m`, `a` (a year), `1`, or `s` since 1970."
    )
    y: list[float | None] = Field(description="null: not observed there.")
    y_unit: str
    low: list[float | None] | None
    high: list[float | None] | None


class EstimateInputs(Answer):
    sites: int = Field(description="Deployments with effort.")
    occasions: int | None = Field(description="Visits per site; null where the method has none.")
    detections: int = Field(description="Independent events that went into it.")
    camera_days: float
    deployments: list[UUID]


class EstimateQueryEcho(Answer):
    """The question as it was understood, with the defaults of all options."""

    taxa: list[str] | None
    from_: Instant = Field(serialization_alias="from")
    to: Instant
    zone: UUID | None
    whole_reserve: bool
    min_confidence: float
    event_interval_min: float
    options: dict[str, Any]


class EstimateAnswer(Answer):
    """`estimated`: see `estimates`, and read the verdict. `unfit`: the data do not bear this method; what
    numbers there are must not be published. `not_observed`: no camera looked, which says nothing of animals:
    there are no numbers."""

    method: MethodName
    status: Literal["estimated", "unfit", "not_observed"]
    estimates: list[EstimateValue] | None
    coefficients: list[Coefficient] | None
    series: list[Curve] | None
    verdict: list[VerdictLine]
    inputs: EstimateInputs
    source: str = Field(description="The publication whose formulas these are.")
    software: str = Field(examples=["Fieldwatch 0.1.0"])
    query: EstimateQueryEcho


class Method(Answer):
    """An estimator, and what it asks for."""

    name: MethodName
    title: str
    title_zh: str
    answers: str = Field(description="The question that it answers.")
    answers_zh: str
    needs: str
    needs_zh: str
    taxa: Literal["one", "two", "any"] = Field(description="How many taxa it is asked of.")
    assumptions: list[str]
    assumptions_zh: list[str]
    source: str
    options: dict[str, Any] = Field(description="JSON Schema (2020-12) of `options`, with defaults.")
