"""What a maintenance plan is made of, and what it says: sums of a node's days, reasons, places."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

HISTORY = timedelta(days=120)
"""So far back days are read."""


class Reason(StrEnum):
    SILENT = "silent"
    NEVER_SEEN = "never_seen"
    NO_PICTURE = "no_picture"
    FROZEN = "frozen"
    DARK = "dark"
    VIEW_MOVED = "view_moved"
    LENS_DIRTY = "lens_dirty"
    UNFOCUSED = "unfocused"
    BATTERY_LOW = "battery_low"
    BATTERY_AGEING = "battery_ageing"
    RECORDS_GIVEN_UP = "records_given_up"
    DISK_FILLING = "disk_filling"
    CLOCK_UNSET = "clock_unset"
    CERTIFICATE_ENDING = "certificate_ending"
    CARD_DUE = "card_due"
    SIGNAL_FALLING = "signal_falling"
    SOFTWARE_OLD = "software_old"


class Urgency(StrEnum):
    NOW = "now"
    """Something is not seen, or is lost, meanwhile."""
    SOON = "soon"
    WHEN_NEAR = "when_near"


URGENCY = {
    Reason.SILENT: Urgency.NOW,
    Reason.NEVER_SEEN: Urgency.NOW,
    Reason.NO_PICTURE: Urgency.NOW,
    Reason.FROZEN: Urgency.NOW,
    Reason.DARK: Urgency.NOW,
    Reason.VIEW_MOVED: Urgency.NOW,
    Reason.LENS_DIRTY: Urgency.SOON,
    Reason.UNFOCUSED: Urgency.SOON,
    Reason.BATTERY_LOW: Urgency.SOON,
    Reason.BATTERY_AGEING: Urgency.SOON,
    Reason.RECORDS_GIVEN_UP: Urgency.NOW,
    Reason.DISK_FILLING: Urgency.SOON,
    Reason.CLOCK_UNSET: Urgency.SOON,
    Reason.CERTIFICATE_ENDING: Urgency.SOON,
    Reason.CARD_DUE: Urgency.SOON,
    Reason.SIGNAL_FALLING: Urgency.WHEN_NEAR,
    Reason.SOFTWARE_OLD: Urgency.WHEN_NEAR,
}


@dataclass(frozen=True, slots=True)
class NodeDay:
    """Sums of a node's heartbeats of one day; see migration 0016."""

    day: date
    heartbeats: int = 0
    unsynchronised: int = 0
    given_up: int = 0
    disk_free_min: int | None = None
    charge_min: float | None = None
    charge_max: float | None = None
    solar_sum: float = 0.0
    solar_n: int = 0
    night_wh: float = 0.0
    night_drop: float = 0.0
    signal_sum: float = 0.0
    signal_n: int = 0


@dataclass(frozen=True, slots=True)
class CameraDay:
    day: date
    heartbeats: int = 0
    frames: int = 0
    dark: int = 0
    blurred: int = 0
    frozen: int = 0
    moved: int = 0
    problem: int = 0


@dataclass(frozen=True, slots=True)
class Camera:
    """One place. Position: degrees, WGS 84."""

    id: UUID
    name: str
    lon: float
    lat: float
    started_at: datetime
    node_id: str | None
    days: Sequence[CameraDay] = ()
    visited_at: datetime | None = None
    card_every_days: int | None = None
    card_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Node:
    id: str
    name: str
    heard_at: datetime | None
    software: str | None
    certificate_expires_at: datetime | None
    cameras: Sequence[Camera]
    """Those that have not ended, at least one: a node that hangs nowhere needs no visit."""
    days: Sequence[NodeDay] = ()
    visited_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One reason to go to one place."""

    reason: Reason
    since: datetime
    node_id: str | None
    camera: Camera
    """Where to go; of what is the node's, its first camera."""
    of_camera: bool
    figures: dict[str, float | str] = field(default_factory=dict)
    """What the reason rests on, for the words that people read."""

    @property
    def urgency(self) -> Urgency:
        if self.reason is Reason.DISK_FILLING and float(self.figures["days_left"]) < 7:
            return Urgency.NOW
        return URGENCY[self.reason]


@dataclass(frozen=True, slots=True)
class Stop:
    camera: Camera
    items: tuple[Item, ...]
    leg_km: float
    """From the stop before, or the start, as the crow flies."""


Day = TypeVar("Day", NodeDay, CameraDay)


def run(days: Sequence[Day], holds: Callable[[Day], bool]) -> list[Day]:
    """The days up to the newest one, without a gap in what they say, oldest first."""
    return list(takewhile(holds, reversed(days)))[::-1]


def after(days: Sequence[Day], visited: datetime | None, now: datetime) -> list[Day]:
    on = visited.astimezone(now.tzinfo).date() if visited else date.min
    return [day for day in days if day.day > on]


def recent(run: Sequence[NodeDay] | Sequence[CameraDay], now: datetime) -> bool:
    """What a node said before it fell silent is not news: then the silence is."""
    return bool(run) and day_of(now) - run[-1].day <= timedelta(days=3)


def day_of(now: datetime) -> date:
    return now.date()


def at(day: date, now: datetime) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=now.tzinfo)
