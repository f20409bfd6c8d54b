"""Where a fire is, from directions and places, with its 95 % region.

Bearings are fitted by weighted least squares on the ellipsoid: the point x that minimises

    Σ ((θᵢ - azimuth(stationᵢ, x)) / σᵢ)²  +  Σ (x - pⱼ)ᵀ Cⱼ⁻¹ (x - pⱼ)

over the bearings θᵢ and the places pⱼ that other evidence gives. For errors that are normal and small this is
the maximum likelihood estimate of Stansfield (1947), here with geodesic azimuths and the distances of the
solution itself (as Lenth, 1981, Technometrics 23:149, who estimates the spread; ours is given by the
cameras, so that the quantile is of χ² with two degrees of freedom, not of F). Its covariance is the inverse
of the normal matrix, the ellipse where the quadratic form is 5.99.

What cannot be a point is none: bearings that are almost parallel, that meet behind a camera, beyond its
range, nowhere. Then the region is what all view sectors have in common.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import reduce
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import shapely  # type: ignore[import-untyped]
from scipy.special import chdtrc, chdtri, ndtri

from fieldwatch_cloud.incidents.domain import Fix, Method, Place, Sighting, Spot
from fieldwatch_cloud.incidents.plane import ELLIPSOID, Plane

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

RANGE_M = 20_000.0
"""Farther than a camera's picture shows young smoke."""
CHI2_95 = float(chdtri(2, 0.05))
SAME_STATION_M = 50.0
"""Nearer to each other than this, two stations' bearings say nothing about distance."""
LEAST_SD_DEG = 0.1
"""No heading is better known, and smoke is no point."""
LONGEST_ELLIPSE = 0.5
"""Semi-major axis by the distance to the nearest camera. Beyond, the bearings are so near to parallel that
lines are not straight within the ellipse: the true region is a long wedge, and no ellipse holds 95 %."""
CONTRADICTION, DOUBT = 1e-5, 0.01
"""Probability of the residuals. Less than the first: these are not bearings of one point. Less than the
second: a camera is worse aimed than it says, and the ellipse grows with the residuals."""
_ARC_STEP_DEG = 2.0
_STEPS = 40
_ENOUGH_M = 0.01


@dataclass(frozen=True, slots=True)
class Solution:
    """The fitted point with its covariance, (2, 2) m² along east and north."""

    lon: float
    lat: float
    covariance: NDArray[np.float64]
    chi2: float
    freedom: int

    @property
    def probability(self) -> float:
        """Of residuals as large as these, or larger, were all standard deviations true."""
        return float(chdtrc(self.freedom, self.chi2)) if self.freedom > 0 else 1.0


def locate(sightings: Iterable[Sighting], spots: Iterable[Spot] = ()) -> Place | None:
    """Where the one fire is that all of this saw.

    Args:
        sightings: one of each camera; from those without a bearing nothing follows, those of one mast are
            one.

    Returns:
        a place with a fix, or only with a region; None: nothing says where.
    """
    bearings = by_station(sightings)
    spots = list(spots)
    if not bearings and not spots:
        return None
    solution = solve(bearings, spots)
    if solution is not None:
        return place(solution, _method(bearings, spots))
    if spots and (solution := solve([], spots) or solve([], spots[-1:])):
        return place(solution, spots[-1].method)
    return Place(common_region(bearings))


def same_station(a: Sighting, b: Sighting) -> bool:
    """Whether both stood at about the same place, so that their bearings cannot be intersected."""
    if (a.lon, a.lat) == (b.lon, b.lat):
        return True
    return bool(ELLIPSOID.inv(a.lon, a.lat, b.lon, b.lat)[2] <= SAME_STATION_M)


def by_station(sightings: Iterable[Sighting]) -> list[Sighting]:
    """One sighting of each station, with the mean of its bearings, weighted by their certainty."""
    stations: list[list[Sighting]] = []
    for sighting in sightings:
        if sighting.bearing_deg is None:
            continue
        known = next((s for s in stations if same_station(s[0], sighting)), None)
        if known is None:
            stations.append([sighting])
        else:
            known.append(sighting)
    return [_mean(seen) for seen in stations]


def _mean(seen: Sequence[Sighting]) -> Sighting:
    if len(seen) == 1:
        return seen[0]
    weights = _sds(seen) ** -2.0
    first = float(seen[0].bearing_deg or 0)
    # Around the first, so that north is no seam.
    turns = np.array([(float(s.bearing_deg or 0) - first + 180) % 360 - 180 for s in seen])
    bearing = first + float(weights @ turns / weights.sum())
    return replace(seen[0], bearing_deg=bearing % 360, bearing_sd_deg=float(weights.sum() ** -0.5))


def fit(
    bearings: Sequence[Sighting], spots: Sequence[Spot], near: tuple[float, float] | None = None
) -> Solution | None:
    """The least squares point, whatever it is worth; None: the bearings cross nowhere.

    Args:
        near: where to start looking, if known; else where two bearings cross, or at a spot.
    """
    starts = [near] if near else [(spot.lon, spot.lat) for spot in spots] + _crossings(bearings)
    if not starts:
        return None
    best = starts[0] if len(starts) == 1 else min(starts, key=lambda at: _cost(at, bearings, spots))
    return _descend(best, bearings, spots)


def solve(bearings: Sequence[Sighting], spots: Sequence[Spot]) -> Solution | None:
    """The least squares point, where there is one that deserves the name."""
    found = fit(bearings, spots)
    if found is None:
        return None
    away = _from_stations(found, bearings)[1]
    if found.probability < CONTRADICTION or np.any(away > RANGE_M):
        return None
    if found.probability < DOUBT:
        found = replace(found, covariance=found.covariance * found.chi2 / found.freedom)
    largest = math.sqrt(CHI2_95 * float(np.linalg.eigvalsh(found.covariance)[-1]))
    if not spots and largest > LONGEST_ELLIPSE * float(away.min()):
        return None
    return found


def place(solution: Solution, method: Method) -> Place:
    """The solution with its ellipse."""
    major, minor, orientation = ellipse_axes(solution.covariance)
    fix = Fix(solution.lon, solution.lat, major, minor, orientation, method)
    plane = Plane(fix.lon, fix.lat)
    return Place(plane.geography(ellipse(major, minor, orientation)), fix)


def ellipse_axes(covariance: NDArray[np.float64]) -> tuple[float, float, float]:
    """Semi-major and semi-minor axis of the 95 % ellipse in metres, and the major one's direction, 0 to 180°
    clockwise from north, of a covariance along east and north."""
    values, vectors = np.linalg.eigh(covariance)
    minor, major = np.sqrt(CHI2_95 * np.maximum(values, 0))
    east, north = vectors[:, 1]
    return float(major), float(minor), math.degrees(math.atan2(east, north)) % 180


def ellipse(
    major_m: float, minor_m: float, orientation_deg: float, centre: tuple[float, float] = (0, 0)
) -> shapely.Polygon:
    """An ellipse in the plane, of 64 corners on it."""
    turn = np.linspace(0, 2 * math.pi, 64, endpoint=False)
    along, across = major_m * np.cos(turn), minor_m * np.sin(turn)
    angle = math.radians(orientation_deg)
    east = centre[0] + along * math.sin(angle) + across * math.cos(angle)
    north = centre[1] + along * math.cos(angle) - across * math.sin(angle)
    return shapely.Polygon(np.column_stack([east, north]))


def sector(sighting: Sighting, plane: Plane, *, half_deg: float, range_m: float = RANGE_M) -> shapely.Polygon:
    """What lies within `half_deg` of the bearing that a sighting has, as a polygon of the plane."""
    if half_deg >= 180:
        steps, centre = 180, []
    else:
        steps, centre = max(2, math.ceil(2 * half_deg / _ARC_STEP_DEG)), [(sighting.lon, sighting.lat)]
    half = min(half_deg, 180.0)
    azimuths = float(sighting.bearing_deg or 0) + np.linspace(-half, half, steps + 1)
    n = len(azimuths)
    lons, lats, _ = ELLIPSOID.fwd(
        np.full(n, sighting.lon), np.full(n, sighting.lat), azimuths, np.full(n, range_m)
    )
    corners = [*centre, *zip(lons, lats, strict=True)]
    return shapely.Polygon(plane.metres([lon for lon, _ in corners], [lat for _, lat in corners]))


def common_region(bearings: Sequence[Sighting]) -> shapely.Geometry:
    """Where the sectors of all sightings meet, in longitude and latitude; where they do not, all of them.

    Each is so wide that together they hold the fire in 95 % (Šidák), as far as it is within their range.
    """
    deviations = float(ndtri(0.5 + 0.5 * 0.95 ** (1 / len(bearings))))
    plane = Plane(bearings[0].lon, bearings[0].lat)
    sectors = [sector(b, plane, half_deg=deviations * max(b.sd_deg, LEAST_SD_DEG)) for b in bearings]
    found = plane.geography(reduce(shapely.intersection, sectors))
    return found if not found.is_empty else plane.geography(shapely.union_all(sectors))


def _method(bearings: Sequence[Sighting], spots: Sequence[Spot]) -> Method:
    """What it rests on: bearings where they would suffice, else the newest place that was given."""
    if not spots or (len(bearings) > 1 and solve(bearings, []) is not None):
        return "bearings"
    return max(spots, key=lambda spot: spot.observed_at).method


def _crossings(bearings: Sequence[Sighting]) -> list[tuple[float, float]]:
    """Where two of the bearings cross before their cameras, roughly: points to start from."""
    if len(bearings) < 2:
        return []
    plane = Plane(bearings[0].lon, bearings[0].lat)
    stations = plane.metres([b.lon for b in bearings], [b.lat for b in bearings])
    angles = np.radians([float(b.bearing_deg or 0) for b in bearings])
    ahead = np.column_stack([np.sin(angles), np.cos(angles)])
    found = []
    for i, j in combinations(range(len(bearings)), 2):
        turn = ahead[i, 0] * ahead[j, 1] - ahead[i, 1] * ahead[j, 0]
        if abs(turn) < math.radians(LEAST_SD_DEG):
            continue
        between = stations[j] - stations[i]
        first = (between[0] * ahead[j, 1] - between[1] * ahead[j, 0]) / turn
        second = (between[0] * ahead[i, 1] - between[1] * ahead[i, 0]) / turn
        if 0 < first < 2 * RANGE_M and 0 < second < 2 * RANGE_M:
            found.append(stations[i] + first * ahead[i])
    return [(float(lon), float(lat)) for lon, lat in plane.degrees(np.array(found))] if found else []


def _from_stations(
    at: tuple[float, float] | Solution, bearings: Sequence[Sighting]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Residuals in standard deviations, distances in metres, and the lines' directions at the point in
    radians, each (n,)."""
    lon, lat = (at.lon, at.lat) if isinstance(at, Solution) else at
    n = len(bearings)
    if not n:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    azimuth, back, away = ELLIPSOID.inv(
        np.array([b.lon for b in bearings]), np.array([b.lat for b in bearings]), [lon] * n, [lat] * n
    )
    off = (np.array([b.bearing_deg for b in bearings], float) - azimuth + 180) % 360 - 180
    return off / _sds(bearings), np.asarray(away), np.radians(np.asarray(back) + 180)


def _sds(bearings: Sequence[Sighting]) -> NDArray[np.float64]:
    return np.array([max(b.sd_deg, LEAST_SD_DEG) for b in bearings])


def _cost(at: tuple[float, float], bearings: Sequence[Sighting], spots: Sequence[Spot]) -> float:
    off, _, _ = _from_stations(at, bearings)
    cost = float(off @ off)
    for spot in spots:
        ((east, north),) = Plane(*at).metres(spot.lon, spot.lat)
        cost += float(east / spot.sd_east_m) ** 2 + float(north / spot.sd_north_m) ** 2
    return cost


def _descend(
    start: tuple[float, float], bearings: Sequence[Sighting], spots: Sequence[Spot]
) -> Solution | None:
    """Gauss-Newton from `start`, each step halved until it descends; None: it ends nowhere."""
    at, cost = start, _cost(start, bearings, spots)
    for _ in range(_STEPS):
        normal, slope = _normal(at, bearings, spots)
        (a, b), (_, c) = normal
        determinant = a * c - b * b
        if determinant <= 1e-12 * (a + c) ** 2:
            return None  # Parallel lines.
        inverse = np.array([[c, -b], [-b, a]]) / determinant
        step = inverse @ slope
        length = math.hypot(*step)
        if length < _ENOUGH_M:
            freedom = len(bearings) + 2 * len(spots) - 2
            return Solution(*at, inverse, cost, freedom)
        step *= min(1, RANGE_M / length)
        while True:
            ((lon, lat),) = Plane(*at).degrees(step[None])
            lower = _cost((lon, lat), bearings, spots)
            # So that it ends, too, where something is no number.
            if not lower > cost or math.hypot(*step) < _ENOUGH_M:
                break
            step /= 2
        at, cost = (float(lon), float(lat)), lower
    return None


def _normal(
    at: tuple[float, float], bearings: Sequence[Sighting], spots: Sequence[Spot]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The normal matrix (2, 2) and right-hand side (2,), metres east and north.

    A step d across the line, to its right, turns the azimuth by d / distance (the reduced length, which over
    20 km is the distance but for 2 parts in a million).
    """
    off, away, ahead = _from_stations(at, bearings)
    per_metre = np.degrees(1 / np.maximum(away, 1.0)) / _sds(bearings) if len(bearings) else away
    rows = np.column_stack([np.cos(ahead), -np.sin(ahead)]) * per_metre[:, None]
    normal, slope = rows.T @ rows, rows.T @ off
    for spot in spots:
        weight = np.array([spot.sd_east_m, spot.sd_north_m]) ** -2.0
        normal += np.diag(weight)
        slope += weight * Plane(*at).metres(spot.lon, spot.lat)[0]
    return normal, slope
