"""Rules for wildlife and their alerts; drills and their reports."""

from datetime import time
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, PlainSerializer, StringConstraints, model_validator

from fieldwatch_cloud.api.geojson import Area
from fieldwatch_cloud.api.models.calls import Channel, Whom
from fieldwatch_cloud.api.models.common import Answer, Body, Instant, MultiPolygon
from fieldwatch_cloud.api.models.places import Degrees360, Name

LocalTime = Annotated[
    time,
    PlainSerializer(lambda at: at.strftime("%H:%M"), return_type=str),
    Field(description="Local time of the reserve.", examples=["22:00"]),
]
ScientificName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class NewAlertRule(Body):
    name: Name = Field(examples=["Leopard at the village fence"])
    name_zh: Name | None = None
    scientific_names: Annotated[list[ScientificName], Field(max_length=100)] = Field(
        [], description="Empty: any animal.", examples=[["Panthera pardus"]]
    )
    area: Area | None = Field(None, description="Cameras in it are meant; null: all of the reserve.")
    least_confidence: Annotated[float, Field(ge=0, le=1)] = 0.5
    least_count: Annotated[int, Field(ge=1, le=1000)] = 1
    cooldown_s: Annotated[int, Field(ge=0, le=7 * 24 * 3600)] = Field(
        1800, description="Per camera, by capture time: within it nobody is called again."
    )
    quiet_from: LocalTime | None = None
    quiet_to: LocalTime | None = Field(None, description="May lie on the next day; not included.")
    whom: Whom = "duty"
    enabled: bool = True

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_to is None):
            raise ValueError("quiet hours have a start and an end")
        if any(at is not None and at.tzinfo is not None for at in (self.quiet_from, self.quiet_to)):
            raise ValueError("quiet hours are in local time, without a time zone")
        return self


class AlertRule(Answer):
    id: UUID
    name: str
    name_zh: str | None
    scientific_names: list[str]
    area: MultiPolygon | None
    least_confidence: float
    least_count: int
    cooldown_s: int
    quiet_from: LocalTime | None
    quiet_to: LocalTime | None
    whom: Whom
    enabled: bool


class AlertRules(Answer):
    items: list[AlertRule] = Field(description="By name.")


class Alert(Answer):
    id: UUID
    rule_id: UUID
    observation_id: UUID
    deployment_id: UUID
    observed_at: Instant
    raised_at: Instant
    held_back: Literal["cooldown", "quiet_hours", "late"] | None = Field(
        description="Why nobody was called; null: people were called."
    )
    scientific_name: str | None
    count: int | None
    media_id: UUID | None


class Alerts(Answer):
    items: list[Alert] = Field(description="Newest first, 200 at most.")


class NewDrill(Body):
    deployment_id: UUID = Field(description="The camera that is to have seen smoke.")
    bearing_deg: Degrees360 | None = Field(None, description="Absent: in the middle of its view.")
    note: Annotated[str, Field(max_length=2000)] | None = None


class Drill(Answer):
    id: UUID
    incident_id: UUID
    state: str = Field(description="Of its incident.")
    deployment_id: UUID | None
    started_by: str
    started_at: Instant
    ended_at: Instant | None = Field(description="Ends by itself after an hour.")
    note: str | None


class Drills(Answer):
    items: list[Drill] = Field(description="Newest first.")


class DrillCall(Answer):
    """One call to one device. Seconds are from the start of the drill; null: that never came."""

    account: str | None = Field(description="null: a system of the reserve.")
    device: str
    channel: Channel
    step: int | None
    state: str
    queued_s: float
    sent_s: float | None
    delivered_s: float | None
    opened_s: float | None
    answered_s: float | None
    failure: str | None


class DrillStep(Answer):
    step: int
    whom: Whom
    due_s: float = Field(description="By the call plan.")
    began_s: float | None = Field(description="null: it was not needed, or did not come.")
    on_time: bool | None = Field(description="Earlier is on time; null: it was not due.")


class NotReached(Answer):
    account: str
    why: Literal["no_device", "failed", "no_confirmation"]


class DrillReport(Drill):
    steps: list[DrillStep]
    calls: list[DrillCall]
    not_reached: list[str] = Field(description="Names of those from whose devices nothing came back.")
    reasons: list[NotReached]
    first_delivered_s: float | None
    first_answered_s: float | None
