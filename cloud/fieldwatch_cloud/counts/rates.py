"""Relative abundance: independent events per 100 camera-days, with an exact interval."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import gammainccinv, gammaincinv

METHOD = "Poisson, exact (Garwood 1936)"


@dataclass(frozen=True, slots=True)
class Rate:
    """Per 100 camera-days; `low` and `high` enclose the true rate in `level` of all such samples."""

    estimate: float
    low: float
    high: float
    level: float
    method: str = METHOD


def rate_per_100_camera_days(events: int, camera_days: float, level: float = 0.95) -> Rate | None:
    """Events per 100 camera-days, with Garwood's exact Poisson interval.

    With x events the limits of the mean are chi2(a/2; 2x)/2 and chi2(1-a/2; 2x+2)/2, a = 1 - level
    (F. Garwood 1936, Fiducial limits for the Poisson distribution, Biometrika 28:437-442). No events in some
    effort give 0 to 3.69 events' worth at 95 %: not seen is not absent.

    Returns:
        None without effort: nobody looked, so nothing is known.

    Raises:
        ValueError: events or effort are negative, or the level is not between 0 and 1.
    """
    if events < 0 or camera_days < 0 or not 0 < level < 1:
        raise ValueError(f"events {events}, camera-days {camera_days}, level {level}: out of range")
    if camera_days == 0:
        return None
    tail = (1 - level) / 2
    # chi2(p; 2k) / 2 is the inverse of the incomplete gamma function of k: a hundredth of scipy.stats' time.
    low = float(gammaincinv(events, tail)) if events else 0.0
    high = float(gammainccinv(events + 1, tail))
    per = 100 / camera_days
    return Rate(estimate=events * per, low=low * per, high=high * per, level=level)
