"""All that a report says, before words and plots: one tree, read once, the same in every language.

Degrees WGS 84 (lon, lat); times are UTC. None stands for "nobody looked" or "not known", never for zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from fieldwatch_cloud.counts.estimate import Finding
    from fieldwatch_cloud.fleet.health import HealthReason, HealthStatus
    from fieldwatch_cloud.overview.needs import Code, Severity
    from fieldwatch_cloud.overview.week import Status
    from fieldwatch_cloud.reporting.spans import Kind, Span


@dataclass(frozen=True, slots=True)
class Interval:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float | None
    """None: there is no bound."""


@dataclass(frozen=True, slots=True)
class Zone:
    name: str
    name_zh: str | None
    area: str
    """GeoJSON."""


@dataclass(frozen=True, slots=True)
class Reserve:
    slug: str
    name: str
    name_zh: str | None
    timezone: str
    boundary: str | None
    """GeoJSON."""
    area_km2: float | None
    zones: tuple[Zone, ...]


@dataclass(frozen=True, slots=True)
class Species:
    scientific_name: str
    status: Status
    events: int
    events_before: int
    individuals: int
    """Summed over events, of each the most that were seen at once."""
    cameras: int
    """At how many it was seen."""
    rate: Interval | None
    """Events per 100 camera-days. So for the next two."""
    rate_before: float | None
    ratio: Interval | None
    """This rate over the one before; infinite where there was none before. So for the next."""
    year_ratio: Interval | None
    """This rate over that of the same days a year before."""


@dataclass(frozen=True, slots=True)
class Point:
    first: date
    """Local day on which the period begins."""
    camera_days: float
    rate: Interval | None


@dataclass(frozen=True, slots=True)
class Curve:
    """One species through the periods up to this one."""

    scientific_name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Clock:
    """When of the day a species was seen: events per 100 hours of looking, by hour of the reserve's day."""

    scientific_name: str
    events: int
    rates: tuple[float | None, ...]
    """24; None: no camera looked in that hour."""


@dataclass(frozen=True, slots=True)
class Cell:
    outline: str
    """GeoJSON."""
    deployments: int
    camera_days: float
    rate: Interval | None
    """Of all animals together."""


@dataclass(frozen=True, slots=True)
class Camera:
    name: str
    lon: float
    lat: float
    hours: float
    """It looked, in the span."""
    possible_hours: float
    """It stood there, in the span."""
    status: HealthStatus
    """When the report was made. So for the next two."""
    reasons: tuple[HealthReason, ...]
    heard_at: datetime | None

    @property
    def share(self) -> float:
        return min(1.0, self.hours / self.possible_hours) if self.possible_hours > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Fire:
    kind: str
    state: str
    seen_at: datetime
    opened_at: datetime
    lon: float | None
    lat: float | None
    camera: tuple[float, float] | None
    """(lon, lat) of the camera that saw it last."""
    bearing_deg: float | None
    """From there, clockwise from true north."""
    zone: str | None
    zone_zh: str | None
    suspicions: int
    hotspots: int
    reports: int
    called: int
    """People."""
    reached: int
    """Those of them of whom a device has the call."""
    sent_after_s: float | None
    """From when the first evidence arrived to the first call that was sent."""
    answered_after_s: float | None
    """From when the first evidence arrived to what a person did first."""
    answered_by: str | None
    over_after_s: float | None
    held_back: bool
    """Nobody was called, by a rule of the reserve."""


@dataclass(frozen=True, slots=True)
class NewSpecies:
    scientific_name: str
    first_seen_at: datetime
    camera: str | None


@dataclass(frozen=True, slots=True)
class Picture:
    jpeg: bytes
    scientific_name: str
    observed_at: datetime
    camera: str
    labelled: bool
    """A person says that it is in the picture."""
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Need:
    code: Code
    severity: Severity
    n: int
    since: datetime | None
    names: tuple[tuple[str, str | None], ...]
    """The first of them, with their Chinese names."""


@dataclass(frozen=True, slots=True)
class Facts:
    reserve: Reserve
    kind: Kind
    span: Span
    made_at: datetime
    software: str
    over: bool
    """The span had ended when the report was made."""
    deployments: int
    """That stood there in the span."""
    looked: int
    camera_days: float
    camera_days_before: float
    days_before: tuple[date, date]
    year_before: tuple[date, date] | None
    """The days that `year_ratio` compares with; None: no camera looked then."""
    species: tuple[Species, ...]
    unnamed: int
    """Events of animals of which neither a model nor a person told the species."""
    withheld: int
    """Sensitive species that are left out everywhere here."""
    blurred: int
    """Sensitive species of which only the reserve's total is told."""
    curves: tuple[Curve, ...]
    clocks: tuple[Clock, ...]
    night: tuple[float, float] | None
    """Local hours of sunset and sunrise in the middle of the span; None: there is none of them."""
    cells: tuple[Cell, ...]
    cameras: tuple[Camera, ...]
    """Who looked least first."""
    fires: tuple[Fire, ...]
    drills: int
    new_species: tuple[NewSpecies, ...]
    pictures: tuple[Picture, ...]
    needs: tuple[Need, ...]
    findings: Sequence[Finding]
    """What the numbers cannot bear."""

    @property
    def observed(self) -> bool:
        """Any camera looked."""
        return self.camera_days > 0
