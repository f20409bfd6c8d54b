"""Species whose places are not told to everybody: who may see them, and what the others see instead.

A place is blurred to the centre of a cell of a grid that never moves: asked a thousand times, the answer is
the same, so nothing averages out. Where cameras stand is no secret to those who look after them; a cell with
one camera in it would name it. So the cell grows until it holds `LEAST_PLACES` of the reserve's places.

Chapman A.D. 2020, Current Best Practices for Generalizing Sensitive Species Occurrence Data, GBIF,
https://doi.org/10.15468/doc-5jp4-5g10: generalise to a grid instead of moving at random, and say how far.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

EXACT_ROLES = frozenset({"admin", "manager", "researcher"})
"""Who needs exact places: to decide, and to publish. Rangers and technicians see blurred ones."""
LEAST_PLACES = 3
_DOUBLINGS = 8
_LAT_M = (110_574.0, 111_694.4)
"""Metres of a degree of latitude on WGS 84, least and most."""
_LON_M = 111_319.5
"""Metres of a degree of longitude at the equator; elsewhere at most cos(latitude) times this and `_BULGE`."""
_BULGE = 1.003_37
"""1 / sqrt(1 - e²) of WGS 84."""


def sees_exact(roles: Collection[str]) -> bool:
    """Whether somebody with these roles in a reserve may see where its sensitive species are."""
    return bool(EXACT_ROLES & set(roles))


@dataclass(frozen=True, slots=True)
class Blurred:
    """Degrees WGS 84, and the radius in metres around them within which the true place lies."""

    lon: float
    lat: float
    uncertainty_m: int


@dataclass(frozen=True, slots=True)
class Sensitive:
    """The sensitive species of a reserve: scientific name to the side of the cell in metres."""

    species: Mapping[str, int]

    def blur_m(self, scientific_name: str | None) -> int | None:
        """By how much the places of a taxon are blurred; None: not at all.

        A genus in the list stands for its species, a species for its subspecies; the widest blur holds.
        """
        if scientific_name is None:
            return None
        name = scientific_name.lower()
        found = [
            blur
            for one, blur in self.species.items()
            if name == one.lower() or name.startswith(f"{one.lower()} ")
        ]
        return max(found, default=None)

    def among(self, taxa: Collection[str]) -> list[str]:
        """Those of `taxa` that are sensitive."""
        return [taxon for taxon in taxa if self.blur_m(taxon) is not None]


def blurred(
    lon: float,
    lat: float,
    blur_m: float,
    *,
    places: Collection[tuple[float, float]] = (),
    uncertain_m: float = 0.0,
) -> Blurred:
    """What to tell instead of a place.

    Args:
        lon, lat: degrees WGS 84.
        blur_m: side of the cell in metres, at least.
        places: (lon, lat) of all that could be meant, this one among them: the cell is doubled until it holds
            `LEAST_PLACES` of them. None given: the cell stays as it is.
        uncertain_m: how uncertain the place itself was; added.

    Raises:
        ValueError: not on the globe, or the cell has no size.
    """
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise ValueError(f"{lon} {lat} is not on the globe")
    if not blur_m > 0:
        raise ValueError(f"a cell of {blur_m} m is none")
    distinct = set(places)
    side = blur_m
    for _ in range(_DOUBLINGS if distinct else 0):
        here = _cell(lon, lat, side)
        if sum(_cell(*place, side) == here for place in distinct) >= LEAST_PLACES:
            break
        side *= 2
    return _centre(*_cell(lon, lat, side), side, uncertain_m)


def _rows(side_m: float) -> int:
    return max(1, math.floor(180 * _LAT_M[0] / side_m))


def _columns(row: int, rows: int, side_m: float) -> int:
    """As many as leave the cells of the row as wide as high, at the row's middle."""
    middle = math.radians(-90 + (row + 0.5) * 180 / rows)
    return max(1, math.floor(360 * _LON_M * math.cos(middle) / side_m))


def _cell(lon: float, lat: float, side_m: float) -> tuple[int, int]:
    """Row from the south pole, column from the date line."""
    rows = _rows(side_m)
    row = min(int((lat + 90) / 180 * rows), rows - 1)
    columns = _columns(row, rows, side_m)
    return row, min(int((lon + 180) / 360 * columns), columns - 1)


def _centre(row: int, column: int, side_m: float, uncertain_m: float) -> Blurred:
    rows = _rows(side_m)
    columns = _columns(row, rows, side_m)
    high, wide = 180 / rows, 360 / columns
    lat = -90 + (row + 0.5) * high
    # No geodesic is longer than the straight way on the map, measured where a degree is longest.
    nearest = max(0.0, abs(lat) - high / 2)
    north = high / 2 * _LAT_M[1]
    east = wide / 2 * _LON_M * _BULGE * math.cos(math.radians(nearest))
    # Rounded for reading; the millimetres that this moves it by are added.
    uncertainty = math.ceil(math.hypot(north, east) + uncertain_m + 1)
    return Blurred(round(-180 + (column + 0.5) * wide, 6), round(lat, 6), uncertainty)
