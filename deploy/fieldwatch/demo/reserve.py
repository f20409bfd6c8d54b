"""The demo's reserve: invented, and placed where nobody's reserve is claimed. Degrees WGS 84."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fieldwatch.demo import pictures
from fieldwatch.demo.scenes import Scene, plan_animals, plan_fire

if TYPE_CHECKING:
    from collections.abc import Sequence

SLUG = "mist-valley"
NAME, NAME_ZH = "Mist Valley Reserve (demo)", "雾谷自然保护区（演示）"
TIMEZONE = "Asia/Shanghai"

_LON, _LAT = 103.42, 28.63


def _ring(kilometres: Sequence[tuple[float, float]]) -> list[list[float]]:
    """Offsets east and north of the reserve's centre, in km, as a closed ring of lon, lat."""
    ring = [list(place(east, north)) for east, north in kilometres]
    return [*ring, ring[0]]


def place(east_km: float, north_km: float) -> tuple[float, float]:
    """lon, lat; good to some metres within a reserve (a degree of latitude is 110.9 km here)."""
    east_per_degree = 111.32 * math.cos(math.radians(_LAT))
    return round(_LON + east_km / east_per_degree, 6), round(_LAT + north_km / 110.9, 6)


_BOUNDARY = [(-6, -3.2), (-4.6, 1.8), (-5.1, 4.4), (-1.2, 5.6), (2.4, 4.7), (5.8, 5.1), (6.4, 1.1),
             (4.9, -2.0), (5.3, -4.6), (1.0, -5.4), (-3.1, -4.7)]  # fmt: skip
_RIVER = [(-6, -3.2), (-5.1, 0.2), (-1.8, 0.9), (1.5, 0.3), (6.0, 0.45), (4.9, -2.0), (5.3, -4.6),
          (1.0, -5.4), (-3.1, -4.7)]  # fmt: skip
_RIDGE = [(-5.1, 0.2), (-4.6, 1.8), (-5.1, 4.4), (-1.2, 5.6), (2.4, 4.7), (5.8, 5.1), (6.4, 1.1), (6.0, 0.45),
          (1.5, 0.3), (-1.8, 0.9)]  # fmt: skip


def boundary() -> dict[str, Any]:
    """A GeoJSON Polygon, longitude before latitude."""
    return {"type": "Polygon", "coordinates": [_ring(_BOUNDARY)]}


def zones() -> dict[str, Any]:
    """A GeoJSON FeatureCollection; each zone with its `name` and `name_zh`."""
    named = (("Larch Ridge", "落叶松岭", _RIDGE), ("River Flats", "河滩", _RIVER))
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"name": english, "name_zh": chinese},
                "geometry": {"type": "Polygon", "coordinates": [_ring(ring)]},
            }
            for english, chinese, ring in named
        ],
    }


@dataclass(frozen=True, slots=True)
class DemoCamera:
    """One deployment, and what passes before it."""

    name: str
    node: str
    lon_lat: tuple[float, float]
    heading_deg: float
    field_of_view_deg: float
    height_m: float
    every_s: float
    """Seconds from one picture to the next."""
    watches: str
    """`wildlife` or `fire`."""
    scene: Scene = field(repr=False)
    loop_from_s: float = 0.0
    """At its end the footage goes on from here."""

    @property
    def folder(self) -> str:
        return self.scene.place.name


SEED = 2
IGNITION_S = 30.0


def cameras() -> list[DemoCamera]:
    """Four cameras on three nodes."""
    return [
        DemoCamera(
            "Larch meadow", "north-trail", place(-2.1, 3.1), 350, 55, 1.2, 0.5, "wildlife",
            plan_animals(pictures.MEADOW, SEED, 100),
        ),
        DemoCamera(
            "Stone slope", "south-trail", place(2.9, 1.9), 75, 60, 1.0, 0.5, "wildlife",
            plan_animals(pictures.SLOPE, SEED + 1, 100),
        ),
        DemoCamera(
            "River flats", "south-trail", place(1.6, -2.8), 190, 60, 2.0, 0.5, "wildlife",
            plan_animals(pictures.ESTUARY, SEED + 2, 100),
        ),
        DemoCamera(
            "Ridge mast", "fire-mast", place(-3.4, -0.9), 35, 62, 18.0, 2.0, "fire",
            plan_fire(pictures.RIDGE, SEED, 240, IGNITION_S), loop_from_s=200,
        ),
    ]  # fmt: skip
