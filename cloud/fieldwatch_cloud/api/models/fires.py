"""Incidents: what was seen, what was done about it, and who was called."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from fieldwatch_cloud.api.models.common import Answer, Body, Instant, MultiPolygon, Point, Polygon
from fieldwatch_cloud.incidents.danger import DangerClass
from fieldwatch_cloud.incidents.domain import Method
from fieldwatch_cloud.incidents.life import Kind as ActionKind
from fieldwatch_cloud.incidents.life import Reason, State
from fieldwatch_shared.messages import Box, ClockQuality, FireKind, Pose

Channel = Literal["web_push", "email", "sms", "voice", "webhook"]
Note = Annotated[str, Field(max_length=2000)]


class Place(Answer):
    """The best estimate of where the fire is, with its 95 % ellipse."""

    location: Point
    method: Method = Field(
        description="From bearings that cross; one bearing and the terrain; a satellite; a person's word."
    )
    semi_major_m: float | None = Field(description="Of the ellipse in which it lies with 95 % confidence.")
    semi_minor_m: float | None
    orientation_deg: float | None = Field(description="Of the major axis, clockwise from true north.")


class IncidentZone(Answer):
    id: UUID
    name: str
    name_zh: str | None


class Incident(Answer):
    """What rangers act on: all that was seen of one fire."""

    id: UUID
    reserve: str
    kind: FireKind = Field(description="`fire` as soon as one suspicion shows flames.")
    state: State
    first_seen_at: Instant = Field(description="By capture time: a fire that arrives late is not new.")
    last_seen_at: Instant
    opened_at: Instant = Field(description="When the cloud learnt of it.")
    late_s: float = Field(
        description="Seconds from the confirming picture to its arrival, for the evidence that came first."
    )
    place: Place | None = Field(description="null: one direction makes no place; see `region`.")
    region: Annotated[Polygon | MultiPolygon, Field(discriminator="type")] | None = Field(
        description="GeoJSON: the 95 % ellipse, or the sector in which it lies; null: no direction is known."
    )
    zone: IncidentZone | None = Field(description="Whose duty ranger is called.")
    fwi: float | None = Field(description="Canadian Fire Weather Index of the day; null: without weather.")
    danger: DangerClass | None = Field(description="Its class.")
    held_back: str | None = Field(description="Why nobody was called; null: people are called.")
    drill: bool = Field(description="An exercise.")
    unanswered: bool = Field(description="Everybody in the call plan was called, and nobody has answered.")
    revision: int = Field(description="Counts every change that people see.")


class IncidentSummary(Incident):
    suspicions: int = Field(description="How many.")
    hotspots: int = Field(description="How many.")
    reports: int = Field(description="How many.")
    deployment_id: UUID | None = Field(
        description="The deployment of the newest suspicion; null: no camera saw it, only a satellite or a "
        "person."
    )
    location: Point | None = Field(description="Where that camera stands: not where the fire is.")
    bearing_deg: float | None = Field(description="From there to the fire, clockwise from true north.")
    media_id: UUID | None = Field(description="The newest picture.")


class Incidents(Answer):
    items: list[IncidentSummary] = Field(
        description="By last_seen_at, newest first, or by urgency; 500 at most."
    )


class Suspicion(Answer):
    """One camera's confirmed fire or smoke."""

    id: UUID
    deployment_id: UUID
    deployment: str = Field(description="Its name.")
    location: Point = Field(description="Where the camera stands.")
    observed_at: Instant = Field(description="The picture that confirmed it.")
    first_seen_at: Instant
    received_at: Instant
    kind: FireKind
    confidence: float
    box: Box
    bearing_deg: float | None
    bearing_sd_deg: float | None
    elevation_deg: float | None
    elevation_sd_deg: float | None
    pose: Pose | None = Field(description="Of a camera that turns; null: the deployment's own.")
    media_id: UUID | None = Field(description="Its picture may arrive after it.")
    before_media_id: UUID | None = Field(description="The same view before anything was seen in it.")
    clip_media_id: UUID | None = Field(description="A short clip of the confirming frames.")
    clock_quality: ClockQuality
    clock_offset_s: float | None
    model: str


class IncidentHotspot(Answer):
    """A pixel in which a satellite saw it burn."""

    id: UUID
    source: str
    satellite: str
    instrument: Literal["VIIRS", "MODIS"]
    observed_at: Instant
    received_at: Instant
    location: Point = Field(description="The pixel's centre.")
    scan_km: float = Field(description="Size of the pixel on the ground, across the track.")
    track_km: float = Field(description="Along it.")
    confidence: Literal["low", "nominal", "high"]
    confidence_percent: int | None = Field(description="MODIS only.")
    brightness_k: float | None
    frp_mw: float | None = Field(description="Fire radiative power.")
    daynight: Literal["D", "N"] | None


class IncidentReport(Answer):
    """What a person saw."""

    id: UUID
    account: str = Field(description="Who, by name.")
    observed_at: Instant
    received_at: Instant
    kind: FireKind
    location: Point | None = Field(description="Of the fire.")
    location_sd_m: float | None
    standpoint: Point | None = Field(description="Where the person stood.")
    bearing_deg: float | None
    bearing_sd_deg: float | None
    note: str | None


class FieldPicture(Answer):
    """A picture that somebody took on the spot: `GET /incidents/{id}/pictures/{picture_id}`."""

    id: UUID
    account: str = Field(description="Who, by name.")
    taken_at: Instant
    received_at: Instant
    location: Point | None = Field(description="Where the phone was, as it said.")
    note: str | None
    mime: str
    bytes: int


class LogEntry(Answer):
    at: Instant
    account: str | None = Field(description="Whose action, by name; null: the system's.")
    action: str
    note: str | None
    done_at: Instant | None = Field(
        description="When the person did it, perhaps long before it arrived; null: the system's, then `at`."
    )
    details: dict[str, Any] = Field(
        description="By action: `before` and `after` (states), `reason` of a false alarm, ..."
    )


class IncidentDelivery(Answer):
    """One call to one device, and how far it came."""

    id: UUID
    account: str | None = Field(description="Who, by name; null: a system of the reserve.")
    device: str
    channel: Channel
    kind: Literal["fire", "escalation", "update", "undelivered", "wildlife", "test"]
    step: int | None = Field(description="Of the call plan, from 1.")
    state: Literal["queued", "sent", "delivered", "opened", "answered", "failed", "cancelled"]
    queued_at: Instant
    sent_at: Instant | None
    delivered_at: Instant | None
    opened_at: Instant | None
    answered_at: Instant | None
    failure: str | None


class SuggestedMask(Answer):
    """A part of one camera's picture that has raised such false alarms again and again. Nothing is masked
    until somebody creates it: `POST /deployments/{deployment_id}/masks`."""

    deployment_id: UUID
    polygon: list[tuple[float, float]] = Field(
        description="[x, y] as fractions of the picture, from its top left."
    )
    reason: Reason
    false_alarms: int = Field(description="How many of that reason lie in it.")


class IncidentDetail(Incident):
    suspicions: list[Suspicion] = Field(description="By capture time.")
    hotspots: list[IncidentHotspot] = Field(description="By time.")
    reports: list[IncidentReport] = Field(description="By time.")
    pictures: list[FieldPicture] = Field(description="From the field, by time.")
    log: list[LogEntry] = Field(description="By arrival. Cannot be altered afterwards.")
    deliveries: list[IncidentDelivery] = Field(description="In the order in which they were decided.")
    may: list[ActionKind] = Field(description="What the caller may do now.")
    merged_into: UUID | None = Field(
        description="Found to be one fire with that incident: actions go there, also those sent to this one."
    )
    suggested_mask: SuggestedMask | None = Field(
        description="Of a false alarm: what would keep this camera from raising it again."
    )


class Action(Body):
    """What a person did. Made on the phone, perhaps long before it can be sent; sent again, done once."""

    id: UUID = Field(
        description="Made on the phone: the same id again changes nothing, and is answered alike."
    )
    action: ActionKind
    done_at: Instant = Field(description="By the phone's clock. What lies in the future counts as now.")
    sent_at: Instant | None = Field(
        None,
        description="By the phone's clock, when this request is sent: tells how wrong that clock is, and "
        "corrects `done_at` by as much. Absent: the clock is believed.",
    )
    note: Note | None = None
    reason: Reason | None = Field(None, description="Of a false alarm, which needs one.")
    suspicion_id: UUID | None = Field(None, description="Of a split: what is another fire.")
    into: UUID | None = Field(None, description="Of a merge: the incident that this one is.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for field, action in (("reason", "false_alarm"), ("suspicion_id", "split"), ("into", "merge")):
            given = getattr(self, field) is not None
            if given and self.action != action:
                raise ValueError(f"{field} belongs to the action {action}, not to {self.action}")
            if not given and self.action == action:
                raise ValueError(f"the action {action} needs {field}")
        if self.action == "note" and not (self.note and self.note.strip()):
            raise ValueError("the action note needs a note")
        return self


class ActionRefused(Answer):
    """Problem details with what would be allowed."""

    type: str
    title: str
    status: int
    detail: str
    state: State | None = None
    may: list[ActionKind] | None = Field(None, description="What the caller may do now.")
