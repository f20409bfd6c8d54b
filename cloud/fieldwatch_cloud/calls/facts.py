"""What one call is about: all that its words are made of, and nothing that a database is needed for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.words import Language

Kind = Literal["fire", "escalation", "update", "undelivered", "wildlife", "test"]


@dataclass(frozen=True, slots=True)
class Unreached:
    """Somebody whom a step was to call, and could not."""

    name: str
    why: Literal["no_device", "failed", "no_answer"]


@dataclass(frozen=True, slots=True)
class Animal:
    """What a wildlife rule saw."""

    rule_name: str
    rule_name_zh: str | None
    scientific_name: str | None
    """None: the detector could not name it."""
    count: int
    confidence: float
    alert_id: UUID
    observation_id: UUID


@dataclass(frozen=True, slots=True)
class Facts:
    """One call to one device. Degrees of WGS 84, bearings clockwise from true north; times are UTC.

    Of a fire, `lon`, `lat` are where it is estimated to be, and `camera_lon`, `camera_lat` where it was seen
    from; with one bearing and no terrain there is no place, only the camera's and the direction.
    """

    kind: Kind
    drill: bool
    delivery_id: UUID
    secret: str
    """Vouches for receipts of this delivery; goes to this device alone."""
    base_url: str
    """Of the web app, without a slash at its end; empty where nobody told the service its public address."""
    language: Language
    reserve: str
    """Slug."""
    reserve_name: str
    reserve_name_zh: str | None
    created_at: datetime
    """When it was decided to call."""
    timezone: str = "UTC"
    """IANA name, of the reserve: a ranger reads local time."""
    incident_id: UUID | None = None
    step: int | None = None
    """Of the call plan, from 1."""
    called_at: datetime | None = None
    """When the incident called for the first time; of kind `escalation`."""
    fire_kind: Literal["smoke", "fire"] | None = None
    state: str | None = None
    """Of the incident, when the message is written; `merged`: found to be one fire with another."""
    observed_at: datetime | None = None
    """Of a fire: when it was last seen before this call; of an animal: when it was seen."""
    late_s: float = 0
    """From `observed_at` to `created_at`."""
    source: Literal["camera", "satellite", "person"] | None = None
    camera_name: str | None = None
    """Of a person's report: who it is, and then below where they stood, if they said so."""
    camera_lon: float | None = None
    camera_lat: float | None = None
    bearing_deg: float | None = None
    bearing_sd_deg: float | None = None
    lon: float | None = None
    lat: float | None = None
    place_method: Literal["bearings", "terrain", "hotspot", "report"] | None = None
    semi_major_m: float | None = None
    semi_minor_m: float | None = None
    orientation_deg: float | None = None
    zone_name: str | None = None
    zone_name_zh: str | None = None
    fwi: float | None = None
    danger: str | None = None
    """low, moderate, high, very_high or extreme; None: not known."""
    media_id: UUID | None = None
    """The newest picture that has arrived."""
    by: str | None = None
    """Of an update: who changed the incident's state."""
    unreached: tuple[Unreached, ...] = ()
    """Of kind `undelivered`, or of a step that came because of it. None of kind `undelivered`: nobody was on
    duty."""
    animal: Animal | None = None
    """Of kind `wildlife`."""
