"""What a node itself needs a visit for; the rules are told in fleet/maintenance.py."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from statistics import fmean, linear_regression
from typing import TYPE_CHECKING

from fieldwatch_cloud.fleet.health import DISK_LOW_BYTES
from fieldwatch_cloud.fleet.history import Item, Node, NodeDay, Reason, after, at, recent, run

if TYPE_CHECKING:
    from collections.abc import Sequence

RUN = 2
CLOCK_RUN = 3
WORN, FELL, LIKE_SUN = 0.8, 0.15, 0.2
NIGHT_LEAST = 0.05
"""Share of charge that a night must take: less is the meter's noise."""
LOW_CHARGE = 0.15
DISK_AHEAD = 30.0
CERTIFICATE_LEFT = timedelta(days=21)
SILENT_AFTER = timedelta(days=1)
SIGNAL_LOST = 8.0


def of_node(node: Node, software: str, now: datetime) -> list[Item]:
    camera = node.cameras[0]
    visited = node.visited_at
    days = after(node.days, visited, now)
    found: list[Item] = []

    def add(reason: Reason, since: datetime, **figures: float | str) -> None:
        found.append(Item(reason, since, node.id, camera, of_camera=False, figures=figures))

    quiet_since = max((at for at in (node.heard_at, visited) if at), default=camera.started_at)
    if now - quiet_since > SILENT_AFTER:
        reason = Reason.SILENT if node.heard_at else Reason.NEVER_SEEN
        add(reason, quiet_since, days=round((now - quiet_since) / timedelta(days=1), 1))
    for rule in (_battery_low, _battery_ageing, _given_up, _disk, _clock, _signal):
        said = rule(days, now)
        if said is not None:
            add(said[0], said[1], **said[2])
    ends = node.certificate_expires_at
    if ends is not None and ends - now <= CERTIFICATE_LEFT:
        add(Reason.CERTIFICATE_ENDING, ends - CERTIFICATE_LEFT, ends=ends.isoformat())
    if node.software and (old := _older(node.software, software)):
        add(Reason.SOFTWARE_OLD, node.heard_at or now, has=old, current=software)
    return found


_Said = tuple[Reason, datetime, dict[str, float | str]]


def _battery_low(days: Sequence[NodeDay], now: datetime) -> _Said | None:
    known = [day for day in days if day.charge_min is not None]
    held = run(known, lambda day: (day.charge_min or 0.0) <= LOW_CHARGE)
    if len(held) < RUN or not recent(held, now):
        return None
    return Reason.BATTERY_LOW, at(held[0].day, now), {"least": held[-1].charge_min or 0.0}


def _battery_ageing(days: Sequence[NodeDay], now: datetime) -> _Said | None:
    first, last = _ends([day for day in days if day.night_drop >= NIGHT_LEAST])
    if first and last:
        then, today = _capacity(first), _capacity(last)
        if today < WORN * then:
            return (
                Reason.BATTERY_AGEING,
                at(last[0].day, now),
                {"then_wh": round(then), "now_wh": round(today)},
            )
        return None
    first, last = _ends([day for day in days if day.charge_min is not None and day.solar_n])
    alike = [
        day
        for day in first
        if any(abs(_sun(day) - _sun(other)) <= LIKE_SUN * max(_sun(other), 1.0) for other in last)
    ]
    if len(alike) < 3 or len(last) < 3:
        return None
    then, today = (fmean(day.charge_min or 0.0 for day in part) for part in (alike, last))
    if then - today < FELL:
        return None
    figures: dict[str, float | str] = {"then_least": round(then, 2), "now_least": round(today, 2)}
    return Reason.BATTERY_AGEING, at(last[0].day, now), figures


def _ends(days: Sequence[NodeDay]) -> tuple[list[NodeDay], list[NodeDay]]:
    """Two weeks at the beginning and two at the end, four weeks apart; none where there are not so many."""
    if len(days) < 6 or days[-1].day - days[0].day < timedelta(days=42):
        return [], []
    first = [day for day in days if day.day - days[0].day < timedelta(days=14)]
    last = [day for day in days if days[-1].day - day.day < timedelta(days=14)]
    return (first, last) if len(first) >= 3 and len(last) >= 3 else ([], [])


def _capacity(days: Sequence[NodeDay]) -> float:
    return sum(day.night_wh for day in days) / sum(day.night_drop for day in days)


def _sun(day: NodeDay) -> float:
    return day.solar_sum / day.solar_n


def _given_up(days: Sequence[NodeDay], now: datetime) -> _Said | None:
    week = [day for day in days if at(day.day, now) > now - timedelta(days=8) and day.given_up]
    if not week:
        return None
    return Reason.RECORDS_GIVEN_UP, at(week[0].day, now), {"records": sum(day.given_up for day in week)}


def _disk(days: Sequence[NodeDay], now: datetime) -> _Said | None:
    known = [
        (day.day.toordinal(), day.disk_free_min)
        for day in days
        if day.disk_free_min is not None and at(day.day, now) > now - timedelta(days=15)
    ]
    if len(known) < 5:
        return None
    slope, _ = linear_regression(*zip(*known, strict=True))
    if slope >= 0:
        return None
    left = (known[-1][1] - DISK_LOW_BYTES) / -slope
    if left > DISK_AHEAD:
        return None
    since = at(date.fromordinal(known[0][0]), now)
    return Reason.DISK_FILLING, since, {"days_left": round(max(0.0, left), 1), "bytes_a_day": round(-slope)}


def _clock(days: Sequence[NodeDay], now: datetime) -> _Said | None:
    held = run(days, lambda day: day.unsynchronised == day.heartbeats)
    if len(held) < CLOCK_RUN or not recent(held, now):
        return None
    return Reason.CLOCK_UNSET, at(held[0].day, now), {"days": len(held)}


def _signal(days: Sequence[NodeDay], now: datetime) -> _Said | None:
    known = [(at(day.day, now), day.signal_sum / day.signal_n) for day in days if day.signal_n]
    last = [dbm for at, dbm in known if at > now - timedelta(days=8)]
    before = [dbm for at, dbm in known if now - timedelta(days=36) < at <= now - timedelta(days=8)]
    if len(last) < 3 or len(before) < 3 or fmean(before) - fmean(last) < SIGNAL_LOST:
        return None
    figures: dict[str, float | str] = {"then_dbm": round(fmean(before)), "now_dbm": round(fmean(last))}
    return Reason.SIGNAL_FALLING, now - timedelta(days=7), figures


def _older(has: str, current: str) -> str | None:
    """The version in `has`, where its first two numbers are below those of `current`."""
    version = has.split()[-1]
    theirs, ours = _numbers(version), _numbers(current)
    return version if theirs and ours and theirs < ours else None


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split(".")[:2]
    return tuple(map(int, parts)) if len(parts) == 2 and all(part.isdigit() for part in parts) else ()
