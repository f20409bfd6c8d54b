"""What the fire desk is tested with: hillsides with smoke, cameras that see one fire, who works there."""

from __future__ import annotations

import hashlib
import io
import math
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw, ImageFilter
from tests.e2e.browser_site import CAMERAS, CLOCK, PASSWORD, SLUG, FieldNode, Site

from fieldwatch_edge.domain import Picture
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import Box, FireKind, Media, Suspicion, utc_now

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from playwright.sync_api import Page

MANAGER, RANGER, SECOND = "manager@foping.example", "wu@foping.example", "li@foping.example"
SIZE = (960, 540)
SMOKE = (0.42, 0.22, 0.16, 0.26)
"""Where the smoke stands in the drawn picture: x, y, width, height as fractions."""


def hillside(seed: int, *, smoke: bool) -> bytes:
    """Ridges under a hazy sky, as JPEG; another seed is another place."""
    rng = random.Random(seed)
    width, height = SIZE
    image = Image.new("RGB", SIZE)
    draw = ImageDraw.Draw(image)
    for y in range(height):  # a sky that pales towards the horizon
        pale = min(1.0, y / (height * 0.55))
        draw.line((0, y, width, y), (int(120 + 90 * pale), int(160 + 60 * pale), int(200 + 30 * pale)))
    for depth in range(5):
        base, rough = height * (0.42 + 0.11 * depth), 46 - 6 * depth
        ridge = [(x, base + rng.uniform(-rough, rough)) for x in range(-60, width + 121, 60)]
        shade = (150 - 27 * depth, 168 - 24 * depth, 165 - 33 * depth)
        draw.polygon([(0, height), *ridge, (width, height)], shade)
    image = image.filter(ImageFilter.GaussianBlur(2))
    if smoke:
        image.paste(*_plume(rng))
    for _ in range(900):
        x, y = rng.uniform(0, width), rng.uniform(height * 0.8, height)
        ImageDraw.Draw(image).line((x, y, x + rng.uniform(-3, 3), y - rng.uniform(6, 22)), (52, 74, 46), 2)
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", quality=82)
    return encoded.getvalue()


def _plume(rng: random.Random) -> tuple[Image.Image, tuple[int, int], Image.Image]:
    """Grey puffs that rise and drift, with the mask by which they cover the picture."""
    x, y, w, h = (round(SMOKE[i] * SIZE[i % 2]) for i in range(4))
    cover = Image.new("L", SIZE, 0)
    for step in range(60):
        rise = step / 60
        across, up = x + w * (0.25 + 0.5 * rise) + rng.uniform(-8, 8), y + h * (1 - rise)
        radius = 6 + w * 0.28 * rise
        puff = Image.new("L", SIZE, 0)
        ImageDraw.Draw(puff).ellipse(
            (across - radius, up - radius * 0.7, across + radius, up + radius * 0.7), int(120 - 70 * rise)
        )
        cover = Image.composite(Image.new("L", SIZE, 205), cover, puff)
    return Image.new("RGB", SIZE, (222, 222, 226)), (0, 0), cover.filter(ImageFilter.GaussianBlur(7))


def picture(site: Site, place: str, at: datetime, *, smoke: bool, seed: int) -> Picture:
    """A drawn picture of that camera, ready to be told."""
    content, media_id = hillside(seed, smoke=smoke), uuid7(at)
    media = Media(
        id=media_id, message_id=media_id, deployment_id=site.deployments[place], observed_at=at, clock=CLOCK,
        mime="image/jpeg", sha256=hashlib.sha256(content).hexdigest(), width=SIZE[0], height=SIZE[1],
    )  # fmt: skip
    return Picture(media, content)


def bearing(camera: tuple[float, float], fire: tuple[float, float]) -> float:
    """Degrees clockwise from north, on a plane that is good for the few kilometres here."""
    north = fire[1] - camera[1]
    east = (fire[0] - camera[0]) * math.cos(math.radians(camera[1]))
    return math.degrees(math.atan2(east, north)) % 360


def see_fire(
    node: FieldNode,
    site: Site,
    cameras: Sequence[str],
    fire: tuple[float, float],
    at: datetime,
    *,
    kind: FireKind = FireKind.SMOKE,
    confidence: float = 0.86,
    before: timedelta | None = None,
) -> list[UUID]:
    """The cameras tell of one fire, each with its picture (and, if `before`, one from so long before)."""
    records: list[Any] = []
    suspicions = []
    for name in cameras:
        seed = list(CAMERAS).index(name)
        during = picture(site, name, at, smoke=True, seed=seed)
        earlier = picture(site, name, at - before, smoke=False, seed=seed) if before else None
        suspicion = Suspicion(
            id=uuid7(at), deployment_id=site.deployments[name], observed_at=at, clock=CLOCK, kind=kind,
            first_seen_at=at, confidence=confidence,
            box=Box(x=SMOKE[0], y=SMOKE[1], width=SMOKE[2], height=SMOKE[3]),
            bearing_deg=bearing(CAMERAS[name], fire), bearing_sd_deg=0.5, media_id=during.media.id,
            before_media_id=earlier.media.id if earlier else None, model="fire@1",
        )  # fmt: skip
        records += [suspicion, during, *([earlier] if earlier else [])]
        suspicions.append(suspicion.id)
    node.say(*records)
    return suspicions


def wet_days(site: Site, page: Page, days: int = 12) -> None:
    """Brings the weather of each noon of the last days, by the page's session: mostly wet."""
    sun = timedelta(hours=CAMERAS["ridge"][0] / 15)
    noon = (utc_now() + sun).replace(hour=12, minute=0, second=0, microsecond=0) - sun
    rows = [
        {
            "station": "ridge", "observed_at": at.isoformat(), "temperature_c": 14 + n % 5,
            "humidity_percent": 78 - 3 * (n % 4), "wind_kmh": 6, "rain_24h_mm": 3 if n % 3 else 0.2,
            "location": {"type": "Point", "coordinates": CAMERAS["ridge"]},
        }
        for n in range(days)
        if (at := noon - timedelta(days=n)) < utc_now()
    ]  # fmt: skip
    headers = {"Origin": site.url}
    answer = page.request.post(f"{site.url}/api/v1/reserves/{SLUG}/weather", data=rows, headers=headers)
    assert answer.ok, answer.text()


def set_gate(site: Site, page: Page, place: str, least: dict[str, float]) -> None:
    """By the page's session, which is a manager's."""
    answer = page.request.put(
        f"{site.url}/api/v1/deployments/{site.deployments[place]}/fire-gate",
        data={"least": least},
        headers={"Origin": site.url},
    )
    assert answer.ok, answer.text()


def enter(page: Page, site: Site, where: str = "", email: str = MANAGER) -> None:
    """Sign in at `#fire`, or at a place in it."""
    page.goto(f"{site.url}/#fire{where}")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("main.desk")


def asked(page: Page, path: str) -> Any:
    """What the API answers to the page's own session."""
    answer = page.request.get(page.url.split("#", maxsplit=1)[0].rstrip("/") + "/api/v1" + path)
    assert answer.ok, answer.text()
    return answer.json()
