"""The random encounter model (REM): density from how often animals meet cameras that stand at random.

An animal is an ideal gas particle: it crosses a sector of radius r and angle θ at a rate that grows with its
speed and the sector's width as seen from all sides, r (2 + θ) / π. So the density is the encounter rate over
the area swept.

    D = (y / t) · π / (v r (2 + θ))               (Rowcliffe et al. 2008, J. Appl. Ecol. 45:1228-1236, eq. 4)

with v the day range: speed while active times the share of the day spent active (Rowcliffe et al. 2016).
Assumptions: cameras at random with regard to the animals' movement (not on trails, not baited); animals
neither seek nor avoid them; an encounter is one entry into view; v, r and θ are of the same population, place
and season; the population is closed.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fieldwatch_cloud.counts.density import (
    PER_KM2,
    SECONDS_PER_DAY,
    Density,
    Part,
    Rate,
    encounter_rate,
    finding,
    log_normal,
    satterthwaite,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fieldwatch_cloud.counts.estimate import Finding

ENOUGH_CAMERAS = 60
"""For a coefficient of variation below 0.2 (Palencia et al. 2022, Remote Sens. Ecol. Conserv. 8:670-682)."""
LEAST_CAMERAS, LEAST_ENCOUNTERS = 10, 10
"""Below these the spread between cameras is a guess (Rowcliffe et al. 2008: at least 10, better 20
encounters, on 20 cameras and more)."""
IMPRECISE = 0.5
"""Coefficient of variation above which a density tells little more than an order of magnitude."""
UNEVEN = 4.0
"""Variance of the encounters over what chance alone brings, above which cameras clearly differ."""


def random_encounter(
    encounters: ArrayLike,
    camera_days: ArrayLike,
    *,
    speed: Part,
    activity: Part,
    radius: Part,
    angle: Part,
    level: float = 0.95,
) -> Density:
    """Density, and day range, from cameras and what is known of the animal and the camera's view.

    The variance is that of a product of independent parts (delta method), the rate's being that between
    cameras; the interval is log-normal, on degrees of freedom after Satterthwaite.

    Args:
        encounters: (K,) entries of animals into each camera's view; not events of 30 minutes, which merge
            several entries and make the density too low. Groups: count groups, and multiply by their size.
        camera_days: (K,) days in which each camera looked.
        speed: m/s while active.
        activity: share of the day spent active, above 0 to 1.
        radius: effective detection distance in m.
        angle: effective detection angle in rad, full, not half.

    Returns:
        estimates `density`, `day_range` (km/d), `encounter_rate` (1/d).

    Raises:
        ValueError: no effort, shapes that differ, an activity above 1 or an angle above 2π.
    """
    rate = encounter_rate(encounters, camera_days)
    found = _check_rate(rate)
    if not rate.encounters or rate.se is None:
        density = log_normal("density", 0.0 if not rate.encounters else math.nan, None, "1/km2", level=level)
        trapped = log_normal("encounter_rate", rate.value, rate.se, "1/d", level=level)
        return Density((density, trapped), found, {})
    part = Part(rate.value, rate.se, rate.cameras)
    answer = encounter_density(part, speed=speed, activity=activity, radius=radius, angle=angle, level=level)
    return Density(answer.estimates, found + answer.findings, answer.cv_parts)


def encounter_density(
    rate: Part, *, speed: Part, activity: Part, radius: Part, angle: Part, level: float = 0.95
) -> Density:
    """The same from an encounter rate per camera and day that is already known.

    Raises:
        ValueError: an activity above 1 or an angle above 2π.
    """
    if activity.value > 1 or angle.value > 2 * math.pi:
        raise ValueError(f"activity {activity.value} is a share, and the angle {angle.value} in radians")
    day_range = speed.value * activity.value * SECONDS_PER_DAY
    value = rate.value * math.pi / (day_range * radius.value * (2 + angle.value)) * PER_KM2
    cvs = {
        "encounter_rate": (rate.cv, rate.units),
        "speed": (speed.cv, speed.units),
        "activity": (activity.cv, activity.units),
        "radius": (radius.cv, radius.units),
        # Of 2 + θ, the only place where the angle stands.
        "angle": (angle.se / (2 + angle.value), angle.units),
    }
    cv = math.hypot(*(cv for cv, _ in cvs.values()))
    df = satterthwaite([(cv, None if units is None else max(units - 1, 1)) for cv, units in cvs.values()])
    how = "REM (Rowcliffe et al. 2008), delta method"
    kilometres = day_range / 1000
    estimates = (
        log_normal("density", value, value * cv, "1/km2", df=df, level=level, how=how),
        log_normal(
            "day_range", kilometres, kilometres * math.hypot(speed.cv, activity.cv), "km/d", level=level
        ),
        log_normal("encounter_rate", rate.value, rate.se, "1/d", level=level),
    )
    parts = {name: cv for name, (cv, _) in cvs.items()}
    return Density(estimates, _check_parts(parts, cv), parts)


def _check_rate(rate: Rate) -> tuple[Finding, ...]:
    found = []
    if not rate.encounters:
        return (finding("density_no_encounters", "unfit"),)
    if rate.cameras < LEAST_CAMERAS or rate.encounters < LEAST_ENCOUNTERS:
        found.append(
            finding(
                "rem_too_few",
                "unfit",
                cameras=rate.cameras,
                encounters=round(rate.encounters),
                least=LEAST_CAMERAS,
            )
        )
    elif rate.cameras < ENOUGH_CAMERAS:
        found.append(finding("rem_few_cameras", "caution", cameras=rate.cameras, enough=ENOUGH_CAMERAS))
    if rate.se is not None and rate.cameras >= LEAST_CAMERAS:
        spread = (rate.se / rate.value) ** 2 * rate.encounters
        if spread > UNEVEN:
            found.append(finding("encounters_uneven", "caution", times=round(spread, 1)))
    return tuple(found)


def _check_parts(parts: dict[str, float], cv: float) -> tuple[Finding, ...]:
    found = [finding("rem_day_range", "note")]
    ranging = parts["speed"] ** 2 + parts["activity"] ** 2
    if cv > 0 and ranging > cv**2 / 2:
        percent = round(100 * ranging / cv**2)
        found.append(finding("rem_day_range_rules", "caution", percent=percent))
    known = ", ".join(name for name, part in parts.items() if part == 0)
    if known:
        found.append(finding("parts_without_error", "caution", parts=known))
    if cv > IMPRECISE:
        found.append(finding("density_imprecise", "caution", percent=round(100 * cv)))
    return tuple(found)
