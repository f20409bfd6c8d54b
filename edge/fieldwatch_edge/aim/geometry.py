"""From what the phone gives (a compass, landmarks, a horizon, a data sheet) to how the camera looks.

Pure: no camera, no clock, no thread. Angles in degrees, bearings from true north.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fieldwatch_edge.aiming import declination as magnetic
from fieldwatch_edge.aiming import landmarks
from fieldwatch_edge.aiming.level import centred, dip_deg, level
from fieldwatch_edge.aiming.solve import AimingError, Known, Sight, solve

if TYPE_CHECKING:
    from datetime import date, datetime

    from fieldwatch_edge.aim.asked import Compass, Horizon, Landmark, Solving, Where

HORIZON_SD = {"open": 0.2, "hills": 1.5}
BEARING_SD_DEG = 3.0
"""Of a landmark's bearing by a hand compass."""
CLOCK_SD_S, PHONE_SD_S = 1.0, 3.0
"""Of the time of a picture: by the node's clock where something sets it, else by the phone's."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where and when one stands before the camera."""

    aspect: float
    """Width of its picture by height."""
    today: date
    """UTC: the magnetic declination of that day is taken."""
    clock_trusted: bool
    """Whether something sets the node's clock; else the phone's counts."""


def solved(asked: Solving, stand: Stand) -> dict[str, Any]:
    """How the camera looks, by all that is known.

    Raises:
        AimingError: too little is known, or something of it cannot be.
    """
    here = None
    if asked.place is not None:
        here = landmarks.Place(asked.place.lon, asked.place.lat, asked.place.height_m, asked.place.sd_m)
    heading, turned = None, None
    if asked.compass is not None:
        heading, turned = _compass(asked.compass, here, stand.today)
    view = (
        Known(asked.field_of_view_deg, asked.field_of_view_sd_deg)
        if asked.field_of_view_deg is not None
        else None
    )
    sights, found = [], []
    for landmark in asked.landmarks:
        direction = _direction(landmark, here, asked.phone_minus_node_s, turned, stand)
        found.append({"bearing_deg": direction.bearing_deg, "distance_m": direction.distance_m})
        sights.append(_sight(landmark, direction))
    if asked.horizon is not None:
        sights.append(_horizon_sight(asked.horizon, stand.aspect))
    solution = solve(sights, aspect=stand.aspect, heading=heading, field_of_view=view)
    answer: dict[str, Any] = {
        "heading_deg": solution.heading.value,
        "heading_sd_deg": solution.heading.sd,
        "tilt_deg": solution.tilt.value,
        "tilt_sd_deg": solution.tilt.sd,
        "field_of_view_deg": solution.field_of_view.value,
        "field_of_view_sd_deg": solution.field_of_view.sd,
        "misfit": solution.misfit,
        "declination_deg": turned,
        "landmarks": [
            {**each, "off_deg": residual.bearing_deg, "strange": residual.strange}
            for each, residual in zip(found, solution.residuals, strict=False)
        ],
    }
    if asked.horizon is not None:
        answer["level"] = leveled(asked.horizon, solution.field_of_view.value, stand.aspect)
    return answer


def leveled(horizon: Horizon, field_of_view_deg: float, aspect: float) -> dict[str, Any]:
    """Roll and tilt, by the horizon in the picture.

    Raises:
        AimingError: the line is too short.
    """
    try:
        found = level(
            horizon.line,
            field_of_view_deg=min(field_of_view_deg, 169.0),
            aspect=aspect,
            dip=_dip_deg(horizon),
            sd_deg=HORIZON_SD[horizon.kind],
        )
    except ValueError as error:
        raise AimingError("line_too_short", str(error)) from error
    return {
        "tilt_deg": found.tilt_deg,
        "tilt_sd_deg": found.tilt_sd_deg,
        "roll_deg": found.roll_deg,
        "roll_sd_deg": found.roll_sd_deg,
    }


def declination(where: Where, today: date) -> dict[str, Any]:
    """By how much a compass lies there, and whether the model behind that is of these years."""
    return {
        "declination_deg": magnetic.declination(where.lon, where.lat, today),
        "current": magnetic.is_current(today),
    }


def _compass(asked: Compass, here: landmarks.Place | None, today: date) -> tuple[Known, float | None]:
    """The heading, and by how much the reading was turned to true north."""
    if asked.true_north:
        return Known(asked.reading_deg % 360, asked.sd_deg), None
    if here is None:
        raise AimingError("no_place", "give the place first: magnetic north depends on it")
    turned = magnetic.declination(here.lon, here.lat, today)
    return Known((asked.reading_deg + turned) % 360, asked.sd_deg), turned


def _direction(
    landmark: Landmark, here: landmarks.Place | None, ahead_s: float, turned: float | None, stand: Stand
) -> landmarks.Direction:
    """Towards it; `ahead_s`: by so much the phone's clock is ahead of the node's."""
    if landmark.kind == "bearing":
        if landmark.bearing_deg is None:
            raise AimingError("incomplete", f"{landmark.name}: its bearing is missing")
        bearing = (landmark.bearing_deg + (turned or 0)) % 360
        return landmarks.Direction(bearing, BEARING_SD_DEG, None, 0.0, None)
    if here is None:
        raise AimingError("no_place", "give the place first: landmarks are seen from it")
    if landmark.kind == "sun":
        if landmark.at is None:
            raise AimingError("incomplete", "when was the sun seen there?")
        seen = landmarks.sun(here, *_taken(landmark.at, ahead_s, clock_trusted=stand.clock_trusted))
        if (seen.elevation_deg or 0) < -1:
            raise AimingError("no_sun", "the sun is below the horizon at that place and time")
        return seen
    if landmark.lon is None or landmark.lat is None:
        raise AimingError("incomplete", f"{landmark.name}: its place is missing")
    there = landmarks.Place(landmark.lon, landmark.lat, landmark.height_m, 10.0)
    try:
        return landmarks.towards(here, there)
    except ValueError as error:
        raise AimingError("same_place", str(error)) from error


def _taken(at: datetime, ahead_s: float, *, clock_trusted: bool) -> tuple[datetime, float]:
    """When the picture was taken, and how well that is known: by the phone where nobody sets the node's
    clock."""
    if clock_trusted:
        return at, CLOCK_SD_S
    return at + timedelta(seconds=ahead_s), PHONE_SD_S


def _sight(landmark: Landmark, direction: landmarks.Direction) -> Sight:
    return Sight(
        landmark.name,
        landmark.x,
        landmark.y,
        Known(direction.bearing_deg, direction.bearing_sd_deg),
        Known(direction.elevation_deg, direction.elevation_sd_deg)
        if direction.elevation_deg is not None
        else None,
    )


def _horizon_sight(horizon: Horizon, aspect: float) -> Sight:
    x, y = centred(horizon.line, aspect)
    return Sight("horizon", x, y, elevation=Known(-_dip_deg(horizon), HORIZON_SD[horizon.kind]))


def _dip_deg(horizon: Horizon) -> float:
    """How far below the level it lies: the open one by the height above it; of hills nobody knows."""
    return dip_deg(horizon.above_m) if horizon.kind == "open" else 0.0
