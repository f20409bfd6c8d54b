"""What is known of fires: evidence, and the place that follows from it.

All places are WGS 84, longitude before latitude, in degrees; bearings clockwise from true north; elevations
upwards from the horizon; times are aware.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003  Pydantic models of the API are made of these types.
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from uuid import UUID  # noqa: TC003

if TYPE_CHECKING:
    import shapely  # type: ignore[import-untyped]

FireKind: TypeAlias = Literal["smoke", "fire"]
Method: TypeAlias = Literal["bearings", "terrain", "hotspot", "report"]
DEFAULT_BEARING_SD_DEG = 3.0
"""Of a camera that does not say how well it knows its heading."""
DEFAULT_PERSON_SD_DEG = 10.0
"""Of a direction that a person gives: a compass in the hand, or a phone's beside steel."""
DEFAULT_PERSON_SD_M = 250.0
"""Of a place that a person sets on the map."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Somebody or something saw a fire from (lon, lat): a camera's suspicion, or a person's direction."""

    source: UUID
    """The deployment, or the report's account."""
    lon: float
    lat: float
    observed_at: datetime
    bearing_deg: float | None
    """None: of a camera whose heading nobody measured."""
    bearing_sd_deg: float | None = None
    elevation_deg: float | None = None
    """Of the foot of the plume."""
    elevation_sd_deg: float | None = None
    height_m: float | None = None
    """Of the camera above the ground."""
    id: UUID | None = None
    """Of the suspicion or report."""
    person: bool = False
    kind: FireKind = "smoke"

    @property
    def sd_deg(self) -> float:
        if self.bearing_sd_deg is not None:
            return self.bearing_sd_deg
        return DEFAULT_PERSON_SD_DEG if self.person else DEFAULT_BEARING_SD_DEG


@dataclass(frozen=True, slots=True)
class Hotspot:
    """One row of a satellite's active fire product (NASA FIRMS): the centre of a pixel in which it burns."""

    id: UUID
    """Made of source, satellite, time and place: a row read twice is the same."""
    source: str
    """FIRMS' product: VIIRS_SNPP_NRT, MODIS_NRT, ..."""
    satellite: str
    instrument: Literal["VIIRS", "MODIS"]
    observed_at: datetime
    lon: float
    lat: float
    scan_km: float
    """Size of the pixel across the track (about east to west), and"""
    track_km: float
    """along it."""
    confidence: Literal["low", "nominal", "high"]
    confidence_percent: int | None = None
    """MODIS alone gives one."""
    brightness_k: float | None = None
    frp_mw: float | None = None
    """Fire radiative power."""
    daynight: Literal["D", "N"] | None = None
    raw: dict[str, str] = field(default_factory=dict)
    """The row as it came."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a person saw: the place of the fire, or where they stood and the direction; one of both."""

    id: UUID
    account_id: UUID
    observed_at: datetime
    kind: FireKind
    lon: float | None = None
    lat: float | None = None
    location_sd_m: float | None = None
    standpoint_lon: float | None = None
    standpoint_lat: float | None = None
    bearing_deg: float | None = None
    bearing_sd_deg: float | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that evidence gives by itself, as a normal distribution along east and north."""

    source: UUID
    """The hotspot, or the report's account."""
    lon: float
    lat: float
    observed_at: datetime
    sd_east_m: float
    sd_north_m: float
    method: Literal["hotspot", "report"]
    id: UUID | None = None

    @classmethod
    def of_hotspot(cls, hotspot: Hotspot) -> Spot:
        east, north = pixel_sd_m(hotspot.scan_km, hotspot.track_km)
        return cls(
            hotspot.id, hotspot.lon, hotspot.lat, hotspot.observed_at, east, north, "hotspot", hotspot.id
        )


Evidence: TypeAlias = Sighting | Spot


def pixel_sd_m(scan_km: float, track_km: float) -> tuple[float, float]:
    """Standard deviations of a fire that is anywhere in a pixel, in metres: of a uniform distribution over a
    side L it is L/√12. The 95 % ellipse of such a normal distribution goes through the pixel's corners."""
    return 1000 * scan_km / math.sqrt(12), 1000 * track_km / math.sqrt(12)


def evidence_of_report(report: Report) -> Evidence:
    """The place that the person gave, else the direction.

    Raises:
        ValueError: the report has neither.
    """
    if report.lon is not None and report.lat is not None:
        sd = report.location_sd_m or DEFAULT_PERSON_SD_M
        at = report.observed_at
        return Spot(report.account_id, report.lon, report.lat, at, sd, sd, "report", report.id)
    if report.standpoint_lon is None or report.standpoint_lat is None or report.bearing_deg is None:
        raise ValueError("a report needs a place, or a standpoint and a bearing")
    return Sighting(
        report.account_id,
        report.standpoint_lon,
        report.standpoint_lat,
        report.observed_at,
        report.bearing_deg,
        report.bearing_sd_deg,
        id=report.id,
        person=True,
        kind=report.kind,
    )


@dataclass(frozen=True, slots=True)
class Fix:
    """A point with its 95 % confidence ellipse."""

    lon: float
    lat: float
    semi_major_m: float
    semi_minor_m: float
    orientation_deg: float
    """Of the major axis, clockwise from true north, 0 to 180."""
    method: Method


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fire is: a region, and where the evidence suffices, a point."""

    region: shapely.Geometry
    """Polygon or MultiPolygon (cut at the antimeridian): the 95 % ellipse, or the sector in which it lies."""
    fix: Fix | None = None
    """None: one direction makes no point."""

    @property
    def geojson(self) -> dict[str, Any]:
        """`region` as a GeoJSON geometry."""
        return dict(self.region.__geo_interface__)
