"""The wire contract, written once: what an edge node and the cloud say to each other over MQTT.

JSON Schema and AsyncAPI are generated from these models (`fieldwatch_shared.schema`) and checked in CI.
Within v1 only additions are allowed: readers ignore fields that they do not know, and every field added
later has a default, so an old node keeps talking to a new cloud and the other way round.

All times are UTC. Boxes are fractions of the picture, origin at its top left corner (as in Camtrap DP's
bboxX, bboxY, bboxWidth, bboxHeight). Angles are degrees: bearings clockwise from true north, elevations
upwards from the horizon.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, model_validator

SCHEMA_VERSION = "1.0"
"""Travels with each message as the MQTT user property `schema-version`."""

Utc = Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC))]
INT32 = 2**31 - 1
"""The largest count that every reader of the contract can hold."""
Fraction = Annotated[float, Field(ge=0, le=1)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
"""A reserve's or node's name in topics and addresses: a DNS label."""


class Wire(BaseModel):
    # Neither infinity nor NaN is JSON, and a database column would keep them for ever.
    model_config = ConfigDict(extra="ignore", frozen=True, ser_json_inf_nan="null", allow_inf_nan=False)


class ClockQuality(StrEnum):
    """Who vouched for the time, best first."""

    GNSS = "gnss"
    NTP = "ntp"
    RTC = "rtc"
    UNSYNCHRONISED = "unsynchronised"

    @property
    def vouched(self) -> bool:
        """Whether somebody keeps this clock right: a battery only carries on what it was set to."""
        return self in (ClockQuality.GNSS, ClockQuality.NTP)


class Clock(Wire):
    """How far a record's `observed_at` can be trusted."""

    quality: ClockQuality
    offset_s: float | None = Field(
        None,
        ge=-1e10,
        le=1e10,
        description="Known error of the clock in seconds, clock minus UTC; not yet applied. The cloud takes"
        " it off from one second on.",
    )


class Box(Wire):
    """Where in the picture, as fractions of its width and height; x and y are the top left corner."""

    x: Fraction
    y: Fraction
    width: Fraction
    height: Fraction


class Place(Wire):
    """Where something was that has no fixed place: a camera that flies, or an animal that it saw.

    Of a camera, with how it was aimed as far as that is known; of an animal, without.
    """

    lon: float = Field(ge=-180, le=180, description="Degrees, WGS 84.")
    lat: float = Field(ge=-90, le=90)
    sd_m: float = Field(ge=0, le=100_000, description="Standard deviation of the place, metres.")
    altitude_m: float | None = Field(None, ge=-1000, le=20_000, description="Above the sea.")
    height_m: float | None = Field(None, ge=-1000, le=20_000, description="Above the ground.")
    heading_deg: float | None = Field(
        None, ge=0, lt=360, description="Of the optical axis; looking straight down, of the picture's top."
    )
    tilt_deg: float | None = Field(None, ge=-90, le=90, description="-90: straight down.")
    field_of_view_deg: float | None = Field(None, gt=0, le=360, description="Horizontal.")
    aspect: float | None = Field(None, gt=0, le=100, description="Width over height of the picture.")


class Record(Wire):
    """What every record carries: its own id and the time it was seen, never the time it arrived."""

    id: UUID = Field(description="UUIDv7, made at the edge; a resent record keeps it.")
    deployment_id: UUID
    observed_at: Utc
    clock: Clock


class ObservationType(StrEnum):
    """Camtrap DP's observationType, as far as a detector can say it."""

    ANIMAL = "animal"
    HUMAN = "human"
    VEHICLE = "vehicle"
    BLANK = "blank"
    UNKNOWN = "unknown"


class Observation(Record):
    """One taxon seen at one deployment over one time span (Camtrap DP: eventStart to eventEnd).

    An individual followed through many frames is one observation, not one per frame.
    """

    ended_at: Utc
    observation_type: ObservationType
    scientific_name: str | None = Field(None, max_length=200)
    count: int = Field(1, ge=1, le=INT32, description="Individuals in view at once.")
    confidence: Fraction
    frames: int = Field(1, ge=1, le=INT32, description="Frames in which it was detected.")
    box: Box | None = Field(None, description="Where it was in its best frame.")
    media_id: UUID | None = Field(None, description="The picture that was kept of it, if any.")
    model: str = Field(max_length=100, description="Detector as name@version.")
    place: Place | None = Field(
        None,
        description="Of a deployment that moves: where the animal stood, as far as that is known, else the"
        " camera. Of a blank one: the camera of the picture in which nothing was seen.",
    )

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Observation:
        if self.ended_at < self.observed_at:
            raise ValueError("ended_at lies before observed_at")
        return self


class ObservationBatch(Wire):
    message_id: UUID
    observations: list[Observation] = Field(min_length=1, max_length=1000)


class FireKind(StrEnum):
    SMOKE = "smoke"
    FIRE = "fire"


class Pose(Wire):
    """How a camera that turns was aimed when it saw something."""

    heading_deg: float = Field(ge=0, lt=360, description="Of the optical axis, from true north.")
    tilt_deg: float = Field(ge=-90, le=90)
    field_of_view_deg: float = Field(gt=0, le=360, description="Horizontal.")


class Suspicion(Record):
    """One camera's confirmed fire or smoke. `observed_at` is the frame that confirmed it."""

    kind: FireKind
    first_seen_at: Utc = Field(description="The first frame of the confirming window that showed it.")
    confidence: Fraction
    box: Box
    bearing_deg: float | None = Field(None, ge=0, lt=360, description="From true north, clockwise.")
    bearing_sd_deg: float | None = Field(None, ge=0, le=360, description="Standard deviation of the bearing.")
    elevation_deg: float | None = Field(None, ge=-90, le=90, description="Of the foot of the plume.")
    elevation_sd_deg: float | None = Field(None, ge=0, le=180)
    pose: Pose | None = Field(None, description="Of a camera that turns; absent: the deployment's own.")
    media_id: UUID | None = Field(None, description="The picture that confirmed it.")
    before_media_id: UUID | None = Field(None, description="The same view before anything was seen in it.")
    clip_media_id: UUID | None = Field(None, description="A short clip of the confirming frames.")
    model: str = Field(max_length=100)


class SuspicionMessage(Wire):
    """A fire travels alone, at once, ahead of everything else."""

    message_id: UUID
    suspicion: Suspicion


class Media(Record):
    """A picture that was kept. The message's payload is the picture itself; this record travels beside it
    as the MQTT user property `media`."""

    message_id: UUID
    mime: str = Field(pattern=r"^(image|video)/[a-z0-9.+-]+$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    width: int = Field(gt=0, le=INT32, description="Pixels.")
    height: int = Field(gt=0, le=INT32, description="Pixels.")
    place: Place | None = Field(None, description="Of the camera, in a deployment that moves.")


class EffortSpan(Wire):
    """A time span during which a deployment was really looking, from frame times; gaps end a span."""

    id: UUID
    deployment_id: UUID
    started_at: Utc
    ended_at: Utc = Field(
        description="Last frame; the cloud believes none that lies more than 366 days after the first."
    )
    frames: int = Field(ge=1, le=INT32)
    clock_offset_s: float | None = Field(
        None, ge=-1e10, le=1e10, description="Known error of the clock behind both times, as in `Clock`."
    )

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> EffortSpan:
        if self.ended_at < self.started_at:
            raise ValueError("ended_at lies before started_at")
        return self


class CameraHealth(Wire):
    """What the camera sees, not whether its process lives."""

    deployment_id: UUID
    last_frame_at: Utc | None = None
    frames: int = Field(ge=0, description="Frames since the last heartbeat.")
    frozen: bool = Field(False, description="The picture has stopped changing.")
    dark: bool = Field(False, description="Too dark to see an animal.")
    blurred: bool = Field(False, description="Out of focus, or the lens is dirty.")
    moved: bool = Field(False, description="It does not look any more where it was aimed.")
    problem: str | None = Field(None, max_length=500, description="In words, where no frame comes.")


class PowerReport(Wire):
    """What the node lives on, and what it did about it. Energy counts since the last heartbeat."""

    charge: Fraction | None = Field(None, description="Of what may be drawn from the battery.")
    battery_v: float | None = Field(None, ge=0, le=1000)
    solar_w: float | None = Field(None, ge=0)
    load_w: float | None = Field(None, ge=0)
    load_measured: bool | None = Field(
        None,
        description="Whether `load_w` is by a meter, or reckoned from the level and the settings; absent: the"
        " node is too old to say.",
    )
    level: str | None = Field(None, max_length=40, description="Of work, by the power budget.")
    used_wh: float | None = Field(None, ge=0)
    saved_wh: float | None = Field(
        None, ge=0, description="That full work would have used on top, over the same time."
    )
    measured: bool = Field(
        False,
        description="The charge by a meter; else reckoned from the settings, as `saved_wh` always is.",
    )
    co2e_g_per_kwh: float | None = Field(
        None, ge=0, le=5000, description="Of the source that it lives on, over the source's life."
    )


class LinkReport(Wire):
    """What the line cost, and what waits because its budget is used up."""

    kind: str | None = Field(None, max_length=40, description="Of the line: 5g, lte, satellite, wired ...")
    signal_dbm: float | None = None
    sent_today: int = Field(0, ge=0, description="Bytes, UTC day, both directions as far as known.")
    sent_this_month: int = Field(0, ge=0)
    bytes_per_day: int | None = Field(None, ge=0, description="The budget; absent: none.")
    bytes_per_month: int | None = Field(None, ge=0)
    held_back: int = Field(0, ge=0, description="Records that wait because a budget is used up.")


class RolloutState(StrEnum):
    """How far a node has come with something new: a model, software, settings."""

    FETCHING = "fetching"
    ON_TRIAL = "on_trial"
    APPLIED = "applied"
    ROLLED_BACK = "rolled_back"
    REFUSED = "refused"


class RolloutReport(Wire):
    """Of one thing that the node was told to take on."""

    rollout_id: UUID
    state: RolloutState
    at: Utc
    reason: str | None = Field(None, max_length=500, description="Why it was refused or rolled back.")


class FleetReport(Wire):
    """Reported state: by what the node works, to be held against what was desired of it."""

    settings_sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$", description="Of `settings`, JSON.")
    settings: dict[str, JsonValue] | None = Field(
        None,
        description="Effective settings without secrets, as the document of `node_settings`; only where they"
        " changed since last said.",
    )
    settings_problem: str | None = Field(
        None, max_length=500, description="Why it does not work by the settings that are wanted of it."
    )
    models: dict[str, str] = Field({}, description="Model as name@version, by its role: wildlife, fire.")
    rollouts: list[RolloutReport] = Field([], max_length=20)
    certificate_expires_at: Utc | None = None
    hardware: str | None = Field(None, max_length=200)


class Heartbeat(Wire):
    """A node's health now, and the effort since the last heartbeat.

    Heartbeats go through the outbox like all else: effort must not be lost in an outage.
    """

    message_id: UUID
    id: UUID
    observed_at: Utc
    clock: Clock
    uptime_s: float = Field(ge=0)
    software: str = Field(max_length=100)
    cameras: list[CameraHealth] = []
    effort: list[EffortSpan] = Field([], max_length=10_000)
    outbox_records: int = Field(ge=0, description="Waiting in the outbox.")
    outbox_bytes: int = Field(ge=0)
    given_up: int = Field(
        0,
        ge=0,
        description="Records given up because the outbox's disk budget was full, since the outbox was made.",
    )
    given_up_lately: int | None = Field(
        None,
        ge=0,
        description="Of these, those of the last 24 hours, as far as the running process knows; absent: the"
        " node is too old to say.",
    )
    disk_free_bytes: int | None = Field(None, ge=0)
    cpu_celsius: float | None = None
    power: PowerReport | None = None
    link: LinkReport | None = None
    fleet: FleetReport | None = None
    notices: list[str] = Field(
        [], max_length=20, description="Of the node itself, for people: a store renewed, a clock set right."
    )
    next_within_s: float = Field(
        gt=0, le=7 * 86400, description="Silence for much longer than this is a fault."
    )


class NodeState(Wire):
    """Retained, and the node's last will: whether it is connected."""

    online: bool
    at: Utc
    desired_version: int | None = Field(
        None, ge=0, description="Of the desired state that it works by; absent: nothing is said of it."
    )


class Mask(Wire):
    """A part of a camera's picture in which fire and smoke mean nothing: a chimney, a road, glare."""

    id: UUID
    polygon: list[tuple[Fraction, Fraction]] = Field(
        min_length=3, max_length=200, description="[x, y] as fractions of the picture from its top left."
    )


class DesiredCamera(Wire):
    """What one deployment's camera is to do."""

    deployment_id: UUID
    masks: list[Mask] = Field([], max_length=100)


class DesiredArtifact(Wire):
    """A file that a node is to take on: fetched over HTTPS from the cloud it was enrolled at, as often as it
    takes, in parts; refused where its hash or signature is wrong."""

    rollout_id: UUID
    name: str = Field(pattern=r"^[a-z0-9]([a-z0-9._-]{0,98}[a-z0-9])?$")
    version: str = Field(min_length=1, max_length=100)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    bytes: int = Field(gt=0, le=2**40)
    trial_s: float = Field(
        600, ge=0, le=7 * 86400, description="On trial so long; then applied, or rolled back where it failed."
    )


class DesiredState(Wire):
    """Retained: what a node is to do, complete; a newer version replaces an older one.

    Signed by the cloud (user properties `signature`: Base64 Ed25519 over the payload, `key-id`). A node that
    was enrolled takes over nothing that is not.
    """

    version: int = Field(ge=0)
    cameras: list[DesiredCamera] = []
    settings: dict[str, JsonValue] = Field(
        {}, description="JSON merge patch (RFC 7396) over the node's own settings; never identity or broker."
    )
    settings_rollout_id: UUID | None = Field(
        None, description="Under which the node reports what became of `settings`."
    )
    settings_trial_s: float = Field(300, ge=0, le=7 * 86400, description="New settings are on trial so long.")
    models: list[DesiredArtifact] = Field([], max_length=10, description="Model folders, zipped.")
    software: DesiredArtifact | None = Field(None, description="A wheel of fieldwatch.")


class LiveView(Wire):
    """Show what a camera sees, by uploading short pieces of video, until a limit is reached.

    PUT `{upload_url}/segments/{n}` carries the initialisation section (n = 0), then a piece each (n = 1, 2,
    ...): fragmented MP4 with H.264. POST `{upload_url}/ended` says that there will be no more, and why. Both
    bear `token`. An answer with the status 410 means: stop.
    """

    kind: Literal["live_view"] = "live_view"
    id: UUID
    deployment_id: UUID
    until: Utc
    lasts_s: float = Field(
        gt=0, le=86400, description="Until then, when it was sent: a node's own clock may be wrong."
    )
    max_bytes: int = Field(gt=0, le=2**40, description="Of all pieces together.")
    upload_url: str = Field(pattern=r"^https?://", max_length=500)
    token: str = Field(min_length=16, max_length=200, repr=False, description="Bearer, for this view alone.")
    width: int = Field(640, ge=160, le=1920, description="Pixels, at most.")
    fps: float = Field(5, gt=0, le=30, description="Pictures per second, at most.")
    segment_s: float = Field(2, ge=0.5, le=10, description="Seconds of one piece.")
    kbit_per_s: int = Field(200, ge=32, le=8000, description="Of the video, on average, at most.")


class StopLiveView(Wire):
    """Nobody wants to see it any more. One that is over, or was never begun, changes nothing."""

    kind: Literal["stop_live_view"] = "stop_live_view"
    id: UUID


class SendLog(Wire):
    """Upload the end of the node's log, or a support bundle (log, settings without secrets, findings,
    statistics; never pictures) as one file by PUT to `upload_url`."""

    kind: Literal["send_log"] = "send_log"
    id: UUID
    bundle: bool = Field(False, description="A support bundle (zip); else lines of the log, JSON.")
    lines: int = Field(500, ge=1, le=20_000)
    max_bytes: int = Field(2 * 1024**2, gt=0, le=2**30)
    upload_url: str = Field(pattern=r"^https?://", max_length=500)
    token: str = Field(
        min_length=16, max_length=200, repr=False, description="Bearer, for this upload alone."
    )


class Once(Wire):
    """What makes a command count once: all three are there, or none, from a cloud older than they are."""

    id: UUID | None = Field(None, description="A node does nothing twice that has the same id.")
    issued_at: Utc | None = Field(None, description="By the cloud's clock.")
    expires_at: Utc | None = Field(
        None, description="By the cloud's clock: refused where a newer command was given after this."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if len({value is None for value in (self.id, self.issued_at, self.expires_at)}) > 1:
            raise ValueError("id, issued_at and expires_at come together")
        if self.issued_at is not None and self.expires_at is not None and self.expires_at <= self.issued_at:
            raise ValueError("expires_at must come after issued_at")
        return self


class Command(Once):
    """Something that a node is to do once, now. It expires on its way: a node that was away never hears of
    it. A node passes over kinds that it does not know.

    Signed by the cloud as a desired state is, with `id`, `issued_at` and `expires_at`: whoever holds the
    broker can neither make one nor send one again. A node that has heard one with an id takes none without.
    """

    command: Annotated[LiveView | StopLiveView | SendLog, Field(discriminator="kind")]


class Quantity(StrEnum):
    """What a sensor measures, with its unit."""

    TEMPERATURE = "temperature_c"
    HUMIDITY = "humidity_percent"
    WIND_SPEED = "wind_speed_ms"
    WIND_DIRECTION = "wind_direction_deg"
    RAIN = "rain_mm"
    PRESSURE = "pressure_hpa"
    SOLAR = "solar_w_m2"
    WATER_LEVEL = "water_level_m"
    SOIL_MOISTURE = "soil_moisture_percent"


class Reading(Wire):
    """One measurement of one of the node's sensors, at the time when it was made."""

    id: UUID = Field(description="UUIDv7, made at the edge; a resent record keeps it.")
    sensor: Slug = Field(description="The sensor's name at its node.")
    quantity: Quantity
    value: float
    observed_at: Utc = Field(description="Of rain: the end of the time in which it fell.")
    over_s: float | None = Field(None, gt=0, le=7 * 86400, description="Of rain and means: the time before.")
    clock: Clock


class ReadingBatch(Wire):
    message_id: UUID
    readings: list[Reading] = Field(min_length=1, max_length=1000)


class Receipt(Wire):
    """From the cloud: these messages are committed (or kept in quarantine); the node may forget them."""

    message_ids: list[UUID]


def utc_now() -> datetime:
    return datetime.now(UTC)
