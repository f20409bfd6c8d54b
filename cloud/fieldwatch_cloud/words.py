"""What things are called in English and Chinese, for everything that leaves the service as text. Pure.

The web app has the same words in its own tables (`cloud/web/src/i18n`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Language = Literal["en", "zh"]

FIRE: Mapping[Language, Mapping[str, str]] = {
    "en": {"smoke": "Smoke", "fire": "Fire"},
    "zh": {"smoke": "烟雾", "fire": "明火"},
}
STATE: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "new": "New",
        "acknowledged": "Acknowledged",
        "dispatched": "Dispatched",
        "on_scene": "On scene",
        "contained": "Contained",
        "closed": "Closed",
        "false_alarm": "False alarm",
        "merged": "Same fire as another",
    },
    "zh": {
        "new": "新",
        "acknowledged": "已确认",
        "dispatched": "已派出",
        "on_scene": "已到场",
        "contained": "已控制",
        "closed": "已结束",
        "false_alarm": "误报",
        "merged": "并入另一火情",
    },
}
"""Of an incident, and what became of one that was merged into another."""
DANGER: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "low": "low",
        "moderate": "moderate",
        "high": "high",
        "very_high": "very high",
        "extreme": "extreme",
    },
    "zh": {"low": "低", "moderate": "中", "high": "高", "very_high": "很高", "extreme": "极高"},
}
_POINTS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")
_CHINESE = {"N": "北", "E": "东", "S": "南", "W": "西"}
_SPOKEN = {"N": "north", "E": "east", "S": "south", "W": "west"}


def compass(bearing_deg: float, language: Language) -> str:
    """The nearest of the sixteen points: "WSW", "西西南"."""
    point = _POINTS[round(bearing_deg / 22.5) % 16]
    if language == "en":
        return point
    # East and west come first where two meet: NE is 东北; and NNE is 北 before 东北.
    quarter = "".join(_CHINESE[letter] for letter in reversed(point[-2:]))
    return _CHINESE[point[0]] + quarter if len(point) == 3 else quarter


def compass_spoken(bearing_deg: float, language: Language) -> str:
    """The same to be read aloud: "west south west", "西西南"."""
    if language == "zh":
        return compass(bearing_deg, "zh")
    return " ".join(_SPOKEN[letter] for letter in compass(bearing_deg, "en"))


def degrees(bearing_deg: float) -> str:
    """Three digits or fewer, never 360."""
    return str(round(bearing_deg) % 360)


def coordinates(lon: float, lat: float) -> str:
    """Latitude, longitude in degrees of WGS 84 as maps read them; four places are 11 m."""
    return f"{lat:.4f}, {lon:.4f}"


def local_time(at: datetime, timezone: str, *, today: datetime, language: Language) -> str:
    """ "14:05" in the reserve's time; with the day, where that is not the one of `today`."""
    zone = ZoneInfo(timezone)
    try:
        here = at.astimezone(zone)
    except OverflowError:
        # A node's clock stands at either end of the calendar. A call without words would reach nobody.
        here = at
    time = f"{here:%H:%M}"
    if here.date() == today.astimezone(zone).date():
        return time
    if language == "zh":
        return f"{here.month}月{here.day}日{time}"
    return f"{here.day} {_MONTHS[here.month - 1]} {time}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""strftime's are those of the machine's language."""


def duration(seconds: float, language: Language) -> str:
    """ "4 min", "2 h", "3 days": rounded, as one says it."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than 1 min" if language == "en" else "不到1分钟"
    if minutes < 90:
        return f"{minutes} min" if language == "en" else f"{minutes}分钟"
    hours = round(seconds / 3600)
    if hours < 48:
        return f"{hours} h" if language == "en" else f"{hours}小时"
    days = round(seconds / 86400)
    return f"{days} days" if language == "en" else f"{days}天"


def distance(metres: float, language: Language) -> str:
    """ "300 m", "1.2 km": never less than what it is."""
    if metres < 1000:
        step = 10 if metres < 100 else 50
        rounded = max(step, -(-metres // step) * step)
        if rounded < 1000:
            return f"{rounded:.0f} m" if language == "en" else f"{rounded:.0f}米"
    tenths = -(-metres // 100)
    kilometres = f"{tenths / 10:.1f}".removesuffix(".0")
    return f"{kilometres} km" if language == "en" else f"{kilometres}公里"
