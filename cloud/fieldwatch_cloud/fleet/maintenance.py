"""What needs a visit, since when, and in which order one goes there. Pure, from sums of a node's days.

Rules (days are the reserve's; only days after the last visit to the place count, for a visit settles things):

- `lens_dirty`: on the last `RUN` days with light, half or more of the pictures by daylight were blurred, and
  on most days before they were not. `unfocused`: it never was otherwise.
- `view_moved`, `frozen`, `no_picture`: half or more of the heartbeats of the last day that has any said so.
- `dark`: `RUN` whole days without light. Nights are dark; a day is dark only to a covered lens.
- `battery_ageing`: the capacity reckoned from what nights took (fleet/night.py) is below `WORN` of what it
  was at first; or, without such a meter, the least charge of days with like sun fell by `FELL` over weeks.
- `battery_low`: on the last `RUN` days the least charge was `LOW_CHARGE` or less.
- `disk_filling`: by the slope of the last weeks, the disk is full within `DISK_AHEAD` days.
- `clock_unset`: on the last `CLOCK_RUN` days its clock was never set by anything.
- `certificate_ending`: nodes renew theirs with a third of its life to go. One that has `CERTIFICATE_LEFT` or
  less left has not managed to.
- `software_old`: older, by its first two numbers, than what this service is.
- `silent`: not heard for `SILENT_AFTER`. `never_seen`: nor ever since it was put up.
- `records_given_up`: in the last week its disk was too full to keep all it saw.
- `card_due`: its card is fetched by hand, and the time has come.
- `signal_falling`: its line has lost `SIGNAL_LOST` dB against the weeks before.
"""

from __future__ import annotations

import math
from datetime import timedelta
from statistics import fmean, median
from typing import TYPE_CHECKING

from fieldwatch_cloud.fleet.history import (
    Camera,
    CameraDay,
    Item,
    Node,
    Reason,
    Stop,
    Urgency,
    after,
    at,
    day_of,
    recent,
    run,
)
from fieldwatch_cloud.fleet.wear import RUN, of_node

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

LIGHT_LEAST = 3
"""Heartbeats by daylight that a day needs, to say anything of the lens."""
HALF = 0.5
EARTH_KM = 6371.0088


def plan(nodes: Iterable[Node], cards: Iterable[Camera], *, software: str, now: datetime) -> list[Item]:
    """All reasons, the most urgent first, within that the oldest.

    Args:
        cards: cameras whose cards are fetched by hand.
        software: version of this service.
    """
    found: list[Item] = []
    for node in nodes:
        found += of_node(node, software, now)
        for camera in node.cameras:
            found += _of_camera(node, camera, now)
    for camera in cards:
        found += _card(camera, now)
    order = list(Urgency)
    return sorted(found, key=lambda item: (order.index(item.urgency), item.since, item.camera.name))


def tour(items: Sequence[Item], start: tuple[float, float] | None = None) -> list[Stop]:
    """The places in the order in which to go: always to the nearest one that is left.

    Args:
        start: (lon, lat); None: at the place with the most urgent item.
    """
    places: dict[tuple[float, float], list[Item]] = {}
    for item in items:
        # Cameras of one mast are one stop: some ten metres.
        places.setdefault((round(item.camera.lon, 4), round(item.camera.lat, 4)), []).append(item)
    here = start or (next(iter(places)) if places else None)
    stops: list[Stop] = []
    while places and here is not None:
        at = here
        nearest = min(places, key=lambda place: distance_km(at, place))
        held = places.pop(nearest)
        stops.append(Stop(held[0].camera, tuple(held), distance_km(at, nearest)))
        here = nearest
    return stops


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great circle between two (lon, lat) in degrees (haversine)."""
    (lon1, lat1), (lon2, lat2) = (map(math.radians, a), map(math.radians, b))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(h)))


def _of_camera(node: Node, camera: Camera, now: datetime) -> list[Item]:
    days = [day for day in after(camera.days, camera.visited_at, now) if day.heartbeats]
    found: list[Item] = []

    def add(reason: Reason, spell: Sequence[CameraDay], least: int, **figures: float | str) -> None:
        if len(spell) >= least and recent(spell, now):
            since = at(spell[0].day, now)
            found.append(Item(reason, since, node.id, camera, of_camera=True, figures=figures))

    add(Reason.NO_PICTURE, run(days, lambda day: day.problem >= HALF * day.heartbeats), 1)
    add(Reason.FROZEN, run(days, lambda day: day.frozen >= HALF * day.heartbeats), 1)
    add(Reason.VIEW_MOVED, run(days, lambda day: day.moved >= HALF * day.heartbeats), 1)
    # The day that is under way may have had no morning yet.
    today = day_of(now)
    whole = [day for day in days if day.day < today]
    add(Reason.DARK, run(whole, lambda day: day.dark == day.heartbeats), RUN)
    light = [day for day in days if day.heartbeats - day.dark >= LIGHT_LEAST]
    blurred = run(light, lambda day: _blur(day) >= HALF)
    before = light[: len(light) - len(blurred)]
    share = round(fmean(map(_blur, blurred)), 2) if blurred else 0.0
    sharp = bool(before) and median(map(_blur, before)) < HALF
    add(Reason.LENS_DIRTY if sharp else Reason.UNFOCUSED, blurred, RUN, share=share, days=len(blurred))
    return found


def _blur(day: CameraDay) -> float:
    return day.blurred / (day.heartbeats - day.dark)


def _card(camera: Camera, now: datetime) -> list[Item]:
    if camera.card_every_days is None or camera.card_since is None:
        return []
    last = max(at for at in (camera.card_since, camera.visited_at) if at)
    due = last + timedelta(days=camera.card_every_days)
    if due > now:
        return []
    figures: dict[str, float | str] = {"every_days": camera.card_every_days, "days": (now - last).days}
    return [Item(Reason.CARD_DUE, due, camera.node_id, camera, of_camera=True, figures=figures)]
