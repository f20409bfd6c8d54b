"""Fire danger: the Canadian Fire Weather Index System, day by day, from the weather at noon.

Equations by their numbers in Van Wagner, C.E. & Pickett, T.L. (1985), Equations and FORTRAN program for the
Canadian Forest Fire Weather Index System, Forestry Technical Report 33, Canadian Forestry Service, Ottawa.
Held against the 49 days of the sample that goes with it (tests/unit/cloud/test_incidents_danger.py).

Three moisture codes remember: the litter (FFMC, days), the duff beneath (DMC, two weeks), the deep layers
(DC, two months). Each day's come from the day before's. From them ISI (spread), BUI (fuel) and FWI follow.
Day lengths by latitude are those of Lawson, B.D. & Armitage, O.B. (2008), Weather guide for the Canadian
Forest Fire Danger Rating System, appendix 3; the report's own are of 46 degrees north.

Winter: the system has no snow. After `FORGOTTEN_DAYS` without weather, a season begins from `START`, which
is right for a spring after snow or good rain. After a dry winter the true drought code is higher (Lawson &
Armitage, "overwintering"): it needs the winter's precipitation, which no station of ours is sure to measure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime

DangerClass = Literal["low", "moderate", "high", "very_high", "extreme"]
CLASSES: tuple[DangerClass, ...] = get_args(DangerClass)
_THRESHOLDS = (11.2, 21.3, 38.0, 50.0)
"""Least FWI of each class but the first, as the European Forest Fire Information System draws them; its "very
low" (under 5.2) is part of `low` here.
https://forest.jrc.ec.europa.eu/effis/about-effis/technical-background/fire-danger-forecast/"""

FORGOTTEN_DAYS = 30
"""So many days without weather, and the codes of the day before them say nothing any more."""


@dataclass(frozen=True, slots=True)
class Weather:
    """At noon, local standard time; wind at 10 m in the open."""

    temperature_c: float
    humidity_percent: float
    wind_kmh: float
    rain_24h_mm: float


@dataclass(frozen=True, slots=True)
class Codes:
    """What one day hands on to the next."""

    ffmc: float
    dmc: float
    dc: float


START = Codes(ffmc=85.0, dmc=6.0, dc=15.0)
"""The standard's values for the first day of a season."""


@dataclass(frozen=True, slots=True)
class Indices(Codes):
    isi: float
    bui: float
    fwi: float
    dsr: float
    """Daily severity rating: FWI weighed so that it may be averaged over days and places."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a station."""

    day: date
    indices: Indices
    started: bool
    """Began from `START`: for want of a day before, or after `FORGOTTEN_DAYS`."""
    missed_days: int
    """Days without weather just before; their drying and rain are not in the codes."""


@dataclass(frozen=True, slots=True)
class Danger:
    """What is known of the danger at one time and place: the newest day of one station."""

    station: str
    day: date
    observed_at: datetime
    fwi: float
    missed_days: int
    started: bool

    @property
    def danger_class(self) -> DangerClass:
        return danger_class(self.fwi)


def danger_class(fwi: float) -> DangerClass:
    """The class of a Fire Weather Index, by the thresholds of EFFIS."""
    return CLASSES[sum(fwi >= threshold for threshold in _THRESHOLDS)]


def course(
    noons: Iterable[tuple[date, Weather]], latitude: float, before: tuple[date, Codes] | None = None
) -> Iterator[Day]:
    """The days of a station, each from the one before.

    A missing day is skipped: the codes go on from the last day that is known, and the next day says how many
    were missed. To begin anew would be the worse guess: it would tell of spring in the middle of a drought.

    Args:
        noons: days in ascending order, each with its weather at noon.
        latitude: degrees north.
        before: the last day before them, where one is known.
    """
    for day, weather in noons:
        missed = (day - before[0]).days - 1 if before else 0
        started = before is None or missed >= FORGOTTEN_DAYS
        codes = START if before is None or started else before[1]
        indices = next_day(codes, weather, day.month, latitude)
        yield Day(day, indices, started, 0 if started else missed)
        before = (day, indices)


def next_day(before: Codes, weather: Weather, month: int, latitude: float) -> Indices:
    """The indices of a day from the codes of the day before.

    Args:
        month: 1 to 12.
        latitude: degrees north.
    """
    ffmc = _fine_fuel_moisture(before.ffmc, weather)
    dmc = _duff_moisture(before.dmc, weather, _duff_day_length(month, latitude))
    dc = _drought(before.dc, weather, _drought_day_length(month, latitude))
    isi = _initial_spread(ffmc, weather.wind_kmh)
    bui = _buildup(dmc, dc)
    fwi = _fire_weather(isi, bui)
    return Indices(ffmc, dmc, dc, isi, bui, fwi, dsr=0.0272 * fwi**1.77)  # (31)


def _fine_fuel_moisture(before: float, weather: Weather) -> float:
    t, h, w = weather.temperature_c, min(weather.humidity_percent, 100.0), weather.wind_kmh
    m = 147.2 * (101 - before) / (59.5 + before)  # (1)
    if weather.rain_24h_mm > 0.5:
        rain = weather.rain_24h_mm - 0.5  # (2)
        wetted = m + 42.5 * rain * math.exp(-100 / (251 - m)) * (1 - math.exp(-6.93 / rain))  # (3a)
        if m > 150:
            wetted += 0.0015 * (m - 150) ** 2 * math.sqrt(rain)  # (3b)
        m = min(wetted, 250.0)
    by_temperature = 0.18 * (21.1 - t) * (1 - math.exp(-0.115 * h))
    drying_to = 0.942 * h**0.679 + 11 * math.exp((h - 100) / 10) + by_temperature  # (4)
    wetting_to = 0.618 * h**0.753 + 10 * math.exp((h - 100) / 10) + by_temperature  # (5)
    if m > drying_to:
        m = drying_to + (m - drying_to) * 10 ** -_moisture_rate(h / 100, t, w)  # (8)
    elif m < wetting_to:
        m = wetting_to - (wetting_to - m) * 10 ** -_moisture_rate((100 - h) / 100, t, w)  # (9)
    return min(max(59.5 * (250 - m) / (147.2 + m), 0.0), 101.0)  # (10)


def _moisture_rate(h: float, temperature_c: float, wind_kmh: float) -> float:
    """Log drying (h: humidity) or wetting (h: its complement) rate per day."""
    at_21_degrees = 0.424 * (1 - math.pow(h, 1.7)) + 0.0694 * math.sqrt(wind_kmh) * (1 - h**8)  # (6a), (7a)
    return at_21_degrees * 0.581 * math.exp(0.0365 * temperature_c)  # (6b), (7b)


def _duff_moisture(before: float, weather: Weather, day_length: float) -> float:
    code = before
    if weather.rain_24h_mm > 1.5:
        rain = 0.92 * weather.rain_24h_mm - 1.27  # (11)
        moisture = 20 + 280 / math.exp(0.023 * before)  # (12), as the report's program has it
        if before <= 33:
            b = 100 / (0.5 + 0.3 * before)  # (13a)
        elif before <= 65:
            b = 14 - 1.3 * math.log(before)  # (13b)
        else:
            b = 6.2 * math.log(before) - 17.2  # (13c)
        moisture += 1000 * rain / (48.77 + b * rain)  # (14)
        code = max(43.43 * (5.6348 - math.log(moisture - 20)), 0.0)  # (15)
    t = max(weather.temperature_c, -1.1)
    humidity = min(weather.humidity_percent, 100.0)
    drying = 1.894 * (t + 1.1) * (100 - humidity) * day_length * 1e-6  # (16)
    return code + 100 * drying  # (17)


def _drought(before: float, weather: Weather, day_length: float) -> float:
    code = before
    if weather.rain_24h_mm > 2.8:
        rain = 0.83 * weather.rain_24h_mm - 1.27  # (18)
        moisture = 800 * math.exp(-before / 400) + 3.937 * rain  # (19), (20)
        code = max(400 * math.log(800 / moisture), 0.0)  # (21)
    evaporation = 0.36 * (max(weather.temperature_c, -2.8) + 2.8) + day_length  # (22)
    return code + 0.5 * max(evaporation, 0.0)  # (23)


def _initial_spread(ffmc: float, wind_kmh: float) -> float:
    by_wind = math.exp(0.05039 * wind_kmh)  # (24)
    m = 147.2 * (101 - ffmc) / (59.5 + ffmc)  # (1)
    by_fuel = 91.9 * math.exp(-0.1386 * m) * (1 + math.pow(m, 5.31) / 4.93e7)  # (25)
    return 0.208 * by_wind * by_fuel  # (26)


def _buildup(dmc: float, dc: float) -> float:
    if dmc == 0:
        return 0.0  # Also where both are none, and (27a) would divide by nothing.
    if dmc <= 0.4 * dc:
        return 0.8 * dmc * dc / (dmc + 0.4 * dc)  # (27a)
    return max(dmc - (1 - 0.8 * dc / (dmc + 0.4 * dc)) * (0.92 + math.pow(0.0114 * dmc, 1.7)), 0.0)  # (27b)


def _fire_weather(isi: float, bui: float) -> float:
    by_fuel = 0.626 * bui**0.809 + 2 if bui <= 80 else 1000 / (25 + 108.64 * math.exp(-0.023 * bui))  # (28)
    b = 0.1 * isi * by_fuel  # (29)
    return math.exp(2.72 * (0.434 * math.log(b)) ** 0.647) if b > 1 else b  # (30)


def _duff_day_length(month: int, latitude: float) -> float:
    """Effective day length in hours."""
    for above, months in _DUFF_DAY_LENGTHS:
        if latitude > above:
            return months[month - 1]
    return _DUFF_DAY_LENGTHS[-1][1][month - 1]


def _drought_day_length(month: int, latitude: float) -> float:
    """Seasonal part of the potential evaporation."""
    if latitude > 20:
        return _DROUGHT_NORTH[month - 1]
    return 1.4 if latitude > -20 else _DROUGHT_SOUTH[month - 1]


_DUFF_DAY_LENGTHS: tuple[tuple[float, tuple[float, ...]], ...] = (
    # (south of this latitude the next line holds; January to December)
    (30.0, (6.5, 7.5, 9.0, 12.8, 13.9, 13.9, 12.4, 10.9, 9.4, 8.0, 7.0, 6.0)),
    (10.0, (7.9, 8.4, 8.9, 9.5, 9.9, 10.2, 10.1, 9.7, 9.1, 8.6, 8.1, 7.8)),
    (-10.0, (9.0,) * 12),
    (-30.0, (10.1, 9.6, 9.1, 8.5, 8.1, 7.8, 7.9, 8.3, 8.9, 9.4, 9.9, 10.2)),
    (-90.0, (11.5, 10.5, 9.2, 7.9, 6.8, 6.2, 6.5, 7.4, 8.7, 10.0, 11.2, 11.8)),
)
_DROUGHT_NORTH = (-1.6, -1.6, -1.6, 0.9, 3.8, 5.8, 6.4, 5.0, 2.4, 0.4, -1.6, -1.6)
_DROUGHT_SOUTH = (6.4, 5.0, 2.4, 0.4, -1.6, -1.6, -1.6, -1.6, -1.6, 0.9, 3.8, 5.8)
