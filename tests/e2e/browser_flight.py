"""A drone's flight over the reserve, told as `fieldwatch edge flight` tells it: each picture with its own
place, each animal where it stood, and of each empty picture a record that says so."""

from __future__ import annotations

import hashlib
import io
import math
import random
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from PIL import Image, ImageDraw, ImageFilter
from tests.e2e.browser_site import FIELDWATCH, NODE

from fieldwatch_edge.domain import Picture
from fieldwatch_edge.flights.ground import animal_at
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.looking import moved
from fieldwatch_shared.messages import (
    Box,
    Clock,
    ClockQuality,
    Media,
    Observation,
    ObservationType,
    Place,
    utc_now,
)

if TYPE_CHECKING:
    from datetime import datetime

    from tests.e2e.browser_world import World

NAME = "Salt lick from above"
HOME = (107.775, 33.645)
LINES, ALONG = 3, 12
STEP_M, BETWEEN_M = 70.0, 130.0
"""Between pictures of a line, and between lines: pictures of a line overlap, lines do not."""
BARE = 2
"""Pictures at the end, of whose height and aim nothing is known."""
PICTURES = LINES * ALONG + BARE
HEIGHT_M, FIELD_OF_VIEW_DEG, ASPECT = 80.0, 71.6, 4 / 3
WIDE_M = 2 * HEIGHT_M * math.tan(math.radians(FIELD_OF_VIEW_DEG / 2))
SIZE = (960, 720)
HERDS = (("Equus", (430, 120), 9), ("Equus", (690, 20), 4), ("Cervidae", (160, 250), 3))
"""Who stands where, in metres to the east and north of the first picture, and how many."""
COATS = {"Equus": "#e4e0d6", "Cervidae": "#7d5230"}
CLOCK = Clock(quality=ClockQuality.GNSS)
_FLOWN: dict[str, UUID] = {}
"""By the address of the world's service."""


def flown(world: World) -> UUID:
    """The flight of this world; flown when first asked for."""
    if world.site.url not in _FLOWN:
        _FLOWN[world.site.url] = fly(world)
    return _FLOWN[world.site.url]


def fly(world: World, name: str = NAME) -> UUID:
    """The flight's deployment, once all of it is in the cloud."""
    at = utc_now() - timedelta(hours=20)
    flight = add_flight(world, name, at - timedelta(hours=1))
    rng = random.Random(5)
    animals = [
        (taxon, east + rng.gauss(0, 28), north + rng.gauss(0, 22))
        for taxon, (east, north), n in HERDS
        for _ in range(n)
    ]
    records: list[Observation | Picture] = []
    for number in range(LINES * ALONG):
        line, along = divmod(number, ALONG)
        east = STEP_M * (along if line % 2 == 0 else ALONG - 1 - along)
        seen_at = at + timedelta(seconds=6 * number)
        records += _picture(flight, seen_at, (east, BETWEEN_M * line), animals, number)
    for number in range(BARE):
        seen_at = at + timedelta(seconds=6 * (LINES * ALONG + number))
        lon, lat = _place(STEP_M * ALONG, BETWEEN_M * 2 + 40 * number)
        records.append(_observation(flight, seen_at, place=Place(lon=lon, lat=lat, sd_m=5)))
    world.node.say(*records)
    return flight


def add_flight(world: World, name: str, since: datetime) -> UUID:
    command = [
        *FIELDWATCH, "cloud", "deployment", "add", "--node", NODE, "--name", name, "--lon", str(HOME[0]),
        "--lat", str(HOME[1]), "--since", f"{since:%Y-%m-%dT%H:%M:%S}", "--moves", "--state",
        str(world.site.state),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return UUID(done.stdout.strip())


def _place(east: float, north: float) -> tuple[float, float]:
    lon, lat = moved(*HOME, 90, east)
    return moved(lon, lat, 0, north)


def _picture(
    flight: UUID,
    at: datetime,
    centre: tuple[float, float],
    animals: list[tuple[str, float, float]],
    seed: int,
) -> list[Observation | Picture]:
    lon, lat = _place(*centre)
    place = Place(
        lon=lon, lat=lat, sd_m=5, height_m=HEIGHT_M, heading_deg=0, tilt_deg=-90,
        field_of_view_deg=FIELD_OF_VIEW_DEG, aspect=ASPECT,
    )  # fmt: skip
    found = []
    for taxon, east, north in animals:
        x = 0.5 + (east - centre[0]) / WIDE_M
        y = 0.5 - (north - centre[1]) / (WIDE_M / ASPECT)
        if 0.03 < x < 0.97 and 0.03 < y < 0.97:
            found.append((taxon, Box(x=x - 0.016, y=y - 0.018, width=0.032, height=0.036)))
    if not found:
        return [_observation(flight, at, place=place)]
    content, media_id = _drawn(found, seed), uuid7(at)
    media = Media(
        id=media_id, message_id=media_id, deployment_id=flight, observed_at=at, clock=CLOCK,
        mime="image/jpeg", sha256=hashlib.sha256(content).hexdigest(), width=SIZE[0], height=SIZE[1],
        place=place,
    )  # fmt: skip
    seen = [
        _observation(flight, at, place=animal_at(box, place), taxon=taxon, box=box, media_id=media_id)
        for taxon, box in found
    ]
    return [*seen, Picture(media, content)]


def _observation(
    flight: UUID,
    at: datetime,
    *,
    place: Place,
    taxon: str | None = None,
    box: Box | None = None,
    media_id: UUID | None = None,
) -> Observation:
    kind = ObservationType.ANIMAL if taxon else ObservationType.BLANK
    return Observation(
        id=uuid7(at), deployment_id=flight, observed_at=at, ended_at=at, clock=CLOCK,
        observation_type=kind, scientific_name=taxon, count=1, confidence=0.84, frames=1, box=box,
        media_id=media_id, model="wildlife@1", place=place,
    )  # fmt: skip


def _drawn(animals: list[tuple[str, Box]], seed: int) -> bytes:
    """Dry grass from above, with shrubs, and the animals with their shadows."""
    rng = random.Random(seed)
    image = Image.new("RGB", SIZE, "#a39a68")
    draw = ImageDraw.Draw(image)
    for _ in range(90):
        x, y, r = rng.uniform(0, SIZE[0]), rng.uniform(0, SIZE[1]), rng.uniform(20, 90)
        shade = rng.choice(("#9c9464", "#aba070", "#948d5e"))
        draw.ellipse((x - r, y - r * 0.7, x + r, y + r * 0.7), shade)
    for _ in range(26):
        x, y, r = rng.uniform(0, SIZE[0]), rng.uniform(0, SIZE[1]), rng.uniform(6, 22)
        draw.ellipse((x + r * 0.4, y + r * 0.3, x + r * 1.9, y + r * 1.6), "#6f6a48")
        draw.ellipse((x - r, y - r, x + r, y + r), rng.choice(("#5c6b3b", "#66743f", "#516034")))
    image = image.filter(ImageFilter.GaussianBlur(1.4))
    draw = ImageDraw.Draw(image)
    for taxon, box in animals:
        x, y = box.x * SIZE[0], box.y * SIZE[1]
        w, h = box.width * SIZE[0], box.height * SIZE[1]
        draw.ellipse((x + w * 0.3, y + h * 0.45, x + w * 1.1, y + h), "#57533a")
        draw.ellipse((x + w * 0.05, y + h * 0.25, x + w * 0.8, y + h * 0.7), COATS[taxon])
        draw.ellipse((x + w * 0.7, y + h * 0.3, x + w, y + h * 0.58), COATS[taxon])
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", quality=88)
    return encoded.getvalue()
