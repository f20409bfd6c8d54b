"""What the review page is tested with: drawn pictures, what a detector proposed for them, people with other
roles, and places on the picture."""

from __future__ import annotations

import hashlib
import io
import json
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw, ImageFilter
from tests.e2e.browser_page import drawn_anew
from tests.e2e.browser_site import CLOCK, SLUG, FieldNode, Site, commands

from fieldwatch_edge.domain import Picture
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import Box, Media, Observation, ObservationType, utc_now

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from playwright.sync_api import Page

Place = tuple[float, float, float, float]
"""x, y, width, height as fractions of the picture."""
SIZE = (960, 540)
COATS = {"Cervidae": "#8a5a33", "Equus": "#e8e6e0", "Elephantidae": "#6f7175", "Panthera leo": "#c79a4b"}


@dataclass(frozen=True)
class Seen:
    """One animal that a detector proposed."""

    name: str | None
    box: Place
    confidence: float


def scene(seen: list[Seen], seed: int) -> bytes:
    """A hillside under the sky with the animals in their boxes, as JPEG; another seed is another place."""
    rng = random.Random(seed)
    width, height = SIZE
    night = seed % 3 == 2
    image = Image.new("RGB", SIZE, "#20282c" if night else "#b9cfdd")
    draw = ImageDraw.Draw(image)
    for depth in range(4):
        base = height * (0.3 + 0.13 * depth)
        ridge = [(x, base + rng.uniform(-28, 28)) for x in range(0, width + 80, 80)]
        shade = 70 - 12 * depth if night else 150 - 24 * depth
        draw.polygon(
            [(0, height), *ridge, (width, height)], (shade, shade + (8 if night else 22), shade - 10)
        )
    for _ in range(500):
        x, y = rng.uniform(0, width), rng.uniform(height * 0.55, height)
        draw.line((x, y, x + rng.uniform(-3, 3), y - rng.uniform(4, 16)), fill=(88, 102, 58), width=1)
    image = image.filter(ImageFilter.GaussianBlur(1.2))
    for one in seen:
        _animal(ImageDraw.Draw(image), one)
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", quality=88)
    return encoded.getvalue()


def _animal(draw: ImageDraw.ImageDraw, one: Seen) -> None:
    x, y, w, h = (one.box[i] * SIZE[i % 2] for i in range(4))
    coat = COATS.get(one.name or "", "#5b4a3e")
    for leg in (0.2, 0.32, 0.66, 0.78):
        draw.rectangle((x + w * leg, y + h * 0.6, x + w * (leg + 0.06), y + h), coat)
    draw.ellipse((x + w * 0.08, y + h * 0.25, x + w * 0.9, y + h * 0.75), coat)
    draw.polygon(
        [
            (x + w * 0.75, y + h * 0.45),
            (x + w * 0.9, y + h * 0.05),
            (x + w, y + h * 0.15),
            (x + w * 0.9, y + h * 0.5),
        ],
        coat,
    )
    if one.name == "Equus":
        for stripe in range(6):
            at = x + w * (0.22 + 0.1 * stripe)
            draw.line((at, y + h * 0.3, at - w * 0.04, y + h * 0.7), "#26221f", 3)


def report(node: FieldNode, site: Site, place: str, at: datetime, seen: list[Seen], seed: int) -> UUID:
    """The node tells of a picture and of what its detector saw in it; gives the picture's id."""
    content, media_id, deployment = scene(seen, seed), uuid7(at), site.deployments[place]
    media = Media(
        id=media_id, message_id=media_id, deployment_id=deployment, observed_at=at, clock=CLOCK,
        mime="image/jpeg", sha256=hashlib.sha256(content).hexdigest(), width=SIZE[0], height=SIZE[1],
    )  # fmt: skip
    observations = [
        Observation(
            id=uuid7(at), deployment_id=deployment, observed_at=at, clock=CLOCK,
            ended_at=at + timedelta(seconds=9), observation_type=ObservationType.ANIMAL,
            scientific_name=one.name, count=1, confidence=one.confidence, frames=4, media_id=media_id,
            box=Box(x=one.box[0], y=one.box[1], width=one.box[2], height=one.box[3]), model="wildlife@1",
        )
        for one in seen
    ]  # fmt: skip
    node.say(*observations, Picture(media, content))
    return media_id


def add_accounts(site: Site, *people: tuple[str, str, str]) -> None:
    """E-mail address, role and name of each."""
    commands(
        site.state,
        *(
            ["account", "add", email, "--role", role, "--reserve", SLUG, "--name", name, "--password-stdin"]
            for email, role, name in people
        ),
    )


def on_picture(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where on the page a place of the picture lies, given as fractions of it; once the picture has taken the
    size that its frame has now (the frame changes first, the drawing follows with the next one)."""
    drawn_anew(page)
    place = page.wait_for_function(
        """([x, y]) => {
            const stage = document.querySelector(".stage"), drawn = stage?.querySelector("svg");
            const far = (name, size) => Math.abs(Number(drawn.getAttribute(name)) - size) >= 1;
            if (!drawn || !stage.dataset.view) return null;
            if (far("width", stage.clientWidth) || far("height", stage.clientHeight)) return null;
            const [scale, left, top] = stage.dataset.view.split(" ").map(Number);
            const [width, height] = stage.dataset.size.split("x").map(Number);
            const frame = stage.getBoundingClientRect();
            return [frame.x + left + x * width * scale, frame.y + top + y * height * scale];
        }""",
        arg=[x, y],
    ).json_value()
    return place[0], place[1]


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """With the mouse, between two places of the picture."""
    page.mouse.move(*on_picture(page, *start))
    page.mouse.down()
    page.mouse.move(*on_picture(page, (start[0] + end[0]) / 2, (start[1] + end[1]) / 2), steps=3)
    page.mouse.move(*on_picture(page, *end), steps=3)
    page.mouse.up()


def stored(page: Page, media_id: UUID) -> dict[str, Any]:
    """What the API says about a picture, asked with the page's own session."""
    answer = page.request.get(
        page.url.split("#", maxsplit=1)[0].rstrip("/") + f"/api/v1/media/{media_id}/review"
    )
    assert answer.ok, answer.text()
    return dict(json.loads(answer.body()))


def now_less(hours: float) -> datetime:
    return utc_now() - timedelta(hours=hours)
