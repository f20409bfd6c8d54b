"""Web mercator (EPSG:3857) and its tiles."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_ZOOM = 20
PIXELS = 512
"""Of a tile's side, as MapLibre draws vector tiles."""
_RADIUS_M = 6_378_137.0
HALF_M = math.pi * _RADIUS_M
"""From the middle of the world to its edge."""
_MOST_LAT = 85.051128779


@dataclass(frozen=True, slots=True, order=True)
class TileId:
    z: int
    x: int
    y: int
    """From the north."""

    def __post_init__(self) -> None:
        if not (0 <= self.z <= MAX_ZOOM and 0 <= self.x < 2**self.z and 0 <= self.y < 2**self.z):
            raise ValueError(f"there is no tile {self.z}/{self.x}/{self.y}")

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in metres."""
        side = 2 * HALF_M / 2**self.z
        west, north = self.x * side - HALF_M, HALF_M - self.y * side
        return west, north - side, west + side, north


def pixel_m(z: int) -> float:
    """Metres of the projection (not of the ground) that a pixel of a tile is wide."""
    return 2 * HALF_M / (1 << z) / PIXELS


def project(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """(x, y) in metres of degrees WGS 84; latitudes beyond the map's edge lie on it."""
    north = np.radians(np.clip(lat, -_MOST_LAT, _MOST_LAT))
    return np.radians(lon) * _RADIUS_M, np.arcsinh(np.tan(north)) * _RADIUS_M


def tile_at(lon: float, lat: float, z: int) -> TileId:
    """The tile that holds a place in degrees WGS 84."""
    (x,), (y,) = project(np.array([lon]), np.array([lat]))
    side = 2 * HALF_M / 2**z
    last = 2**z - 1
    return TileId(
        z,
        min(max(int((x + HALF_M) // side), 0), last),
        min(max(int((HALF_M - y) // side), 0), last),
    )


def tiles_within(bounds: tuple[float, float, float, float], z: int) -> list[TileId]:
    """All tiles of a zoom that meet west, south, east, north in degrees."""
    west, south, east, north = bounds
    first, last = tile_at(west, north, z), tile_at(east, south, z)
    return [TileId(z, x, y) for x in range(first.x, last.x + 1) for y in range(first.y, last.y + 1)]


def finest_zoom(bounds: tuple[float, float, float, float], wanted: int, most_tiles: int) -> int:
    """The zoom up to which all tiles of `bounds` together are no more than `most_tiles`; at most `wanted`."""
    west, south, east, north = bounds
    total = 0
    for z in range(wanted + 1):
        first, last = tile_at(west, north, z), tile_at(east, south, z)
        total += (last.x - first.x + 1) * (last.y - first.y + 1)
        if total > most_tiles:
            return max(0, z - 1)
    return wanted
