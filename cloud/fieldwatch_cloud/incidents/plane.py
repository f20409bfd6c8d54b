"""A plane of metres around a point of the ellipsoid, and polygons from it back to longitude and latitude.

Azimuthal equidistant by geodesics on WGS 84: true in distance and direction from its origin, so that neither
the antimeridian nor high latitudes need care. Over the 40 km of two cameras' ranges it bends distances
between other points by less than a metre.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely  # type: ignore[import-untyped]
from pyproj import Geod

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

ELLIPSOID = Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class Plane:
    lon: float
    lat: float

    def metres(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
        """(n, 2): metres east and north of the origin."""
        lons, lats = np.atleast_1d(np.asarray(lon, float)), np.atleast_1d(np.asarray(lat, float))
        n = len(lons)
        azimuth, _, distance = ELLIPSOID.inv(np.full(n, self.lon), np.full(n, self.lat), lons, lats)
        angle = np.radians(azimuth)
        return np.column_stack([distance * np.sin(angle), distance * np.cos(angle)])

    def degrees(self, metres: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 2) metres east and north of the origin to (n, 2): longitude and latitude."""
        n = len(metres)
        azimuth = np.degrees(np.arctan2(metres[:, 0], metres[:, 1]))
        distance = np.hypot(metres[:, 0], metres[:, 1])
        lon, lat, _ = ELLIPSOID.fwd(np.full(n, self.lon), np.full(n, self.lat), azimuth, distance)
        return np.column_stack([lon, lat])

    def geography(self, shape: shapely.Geometry) -> shapely.Geometry:
        """A polygon, or several, of this plane in longitude and latitude, cut where it crosses 180°.

        Parts without an area (two sectors that touch) are dropped. A shape around a pole is not provided for.
        """
        parts: list[shapely.Geometry] = []
        for part in shapely.get_parts(shape):
            if part.geom_type == "Polygon" and part.area > 0:
                parts += self._cut(shapely.make_valid(shapely.transform(part, self._unwrapped)))
        return shapely.union_all(parts) if len(parts) > 1 else parts[0] if parts else shapely.Polygon()

    def metres_of(self, shape: shapely.Geometry) -> shapely.Geometry:
        """A shape of longitude and latitude in this plane; parts that a cut at 180° had parted are one."""
        found = shapely.transform(shape, lambda at: self.metres(at[:, 0], at[:, 1]))
        return shapely.union_all(shapely.get_parts(found).tolist()).buffer(0)

    def _unwrapped(self, metres: NDArray[np.float64]) -> NDArray[np.float64]:
        """Longitudes without a jump, perhaps beyond 180°."""
        found = self.degrees(metres)
        found[:, 0] = self.lon + (found[:, 0] - self.lon + 180) % 360 - 180
        return found

    @staticmethod
    def _cut(polygon: shapely.Geometry) -> Sequence[shapely.Geometry]:
        west, _, east, _ = polygon.bounds
        if west >= -180 and east <= 180:
            return [polygon]
        pieces = []
        for turn in (-360, 0, 360):
            piece = polygon.intersection(shapely.box(-180 - turn, -90, 180 - turn, 90))
            if piece.area > 0:
                pieces.append(shapely.transform(piece, lambda at, turn=turn: np.add(at, (turn, 0))))
        return pieces
