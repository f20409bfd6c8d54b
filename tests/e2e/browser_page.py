"""Driving the map page in Debian's Chromium: launch, sign in, find places on the map, read what is shown."""

from __future__ import annotations

import io
import math
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from playwright.sync_api import sync_playwright
from tests.e2e.browser_site import CAMERAS, EMAIL, PASSWORD, Site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu-sandbox",
    "--use-angle=swiftshader",  # WebGL without a graphics card
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
]
WAIT_MS = 120_000
LAUNCH_MS = 300_000


@contextmanager
def chromium(*more: str) -> Iterator[Browser]:
    if not Path(CHROMIUM).is_file():
        pytest.fail("no chromium: sudo apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*ARGUMENTS, *more], timeout=LAUNCH_MS
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def sound_page(browser: Browser, width: int, height: int, **options: Any) -> Iterator[Page]:
    """A page in a context of its own. What breaks on it, or asks for anything elsewhere, breaks the test."""
    context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB", **options)
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda line: broken.append(line.text) if "Security Policy" in line.text else None)
    page.on("request", lambda sent: None if _is_ours(sent.url) else broken.append(f"asked for {sent.url}"))
    try:
        yield page
        found = list(broken)  # not what breaks off because the page is closed
    finally:
        context.close()  # of a test that failed, too: its page would go on drawing beside all that follow
    assert not found, found


def _is_ours(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "data:", "blob:http://127.0.0.1:"))


def sign_in(page: Page, site: Site) -> None:
    page.goto(site.url)
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    see_map(page)


def see_map(page: Page) -> None:
    """Wait until the map has drawn everything, cameras included, and the stream is open."""
    page.wait_for_selector(f".map[data-cameras='{len(CAMERAS)}'][data-state=idle]")
    page.wait_for_selector("[data-connection=live]")
    see_map_fitted(page)  # what has just been read may have moved it


def drawn_anew(page: Page) -> None:
    """The page is drawn once a frame: before that it shows what it showed before the last key or tap."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def see_map_fitted(page: Page) -> None:
    """Wait until the map has taken the size of its frame, and has come to rest in it."""
    drawn_anew(page)
    page.wait_for_function(
        """() => {
            const map = document.querySelector(".map"), canvas = map?.querySelector("canvas");
            return map?.dataset.state === "idle" &&
                canvas.clientWidth === map.clientWidth && canvas.clientHeight === map.clientHeight;
        }"""
    )


def map_view(page: Page) -> tuple[str, ...]:
    """Where the map looks."""
    data = page.locator(".map").evaluate("map => ({...map.dataset})")
    return data["lon"], data["lat"], data["zoom"]


def toward(camera: tuple[float, float], km: float) -> tuple[float, float]:
    """Longitude and latitude that far away along the bearing that `FieldNode.suspicion` reports, 292.5°."""
    north, east = km * math.cos(math.radians(292.5)), km * math.sin(math.radians(292.5))
    return camera[0] + east / (111.2 * math.cos(math.radians(camera[1]))), camera[1] + north / 111.2


def is_clear(page: Page, place: tuple[float, float]) -> bool:
    """Whether a place is on the map, and below the notices that lie on it."""
    x, y = pixel(page, *place)
    box = page.locator(".map canvas").bounding_box()
    notices = page.locator(".banners").bounding_box()
    assert box is not None
    assert notices is not None
    across = box["x"] <= x <= box["x"] + box["width"]
    return across and notices["y"] + notices["height"] <= y <= box["y"] + box["height"]


def pixel(page: Page, lon: float, lat: float) -> tuple[float, float]:
    """Where on the page a place lies (Web Mercator; the world is 512 * 2^zoom pixels wide)."""
    canvas = page.locator(".map canvas")
    view = page.locator(".map").evaluate("map => ({...map.dataset})")
    box = canvas.bounding_box()
    assert box is not None
    world = 512 * 2 ** float(view["zoom"])

    def mercator(lon: float, lat: float) -> tuple[float, float]:
        y = math.log(math.tan(math.pi / 4 + math.radians(lat) / 2))
        return (lon + 180) / 360 * world, (1 - y / math.pi) / 2 * world

    x, y = mercator(lon, lat)
    centre_x, centre_y = mercator(float(view["lon"]), float(view["lat"]))
    return box["x"] + box["width"] / 2 + x - centre_x, box["y"] + box["height"] / 2 + y - centre_y


def picture_of(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def shown_counts(page: Page) -> dict[str, tuple[int, int]]:
    """Individuals and events by species, as the table shows them."""
    rows = page.locator(".result tbody tr")
    return {
        str(row.get_attribute("data-species")): (
            int(row.locator("[data-figure=individuals]").inner_text()),
            int(row.locator("[data-figure=events]").inner_text()),
        )
        for row in rows.all()
    }


def whole(at: tuple[float, float]) -> tuple[int, int]:
    return round(at[0]), round(at[1])


def tint(image: Image.Image, at: tuple[int, int]) -> int:
    """How much redder than blue a place is."""
    red, _, blue = image.getpixel(at)  # type: ignore[misc]
    return int(red - blue)


_CONTRAST = """(root) => {
    const parts = (text) => text.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((one) => one / 255)
        .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
        .reduce((sum, one, i) => sum + one * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = (element) => {
        for (let one = element; one; one = one.parentElement) {
            const colour = parts(getComputedStyle(one).backgroundColor);
            if (colour.length === 3 || colour[3] === 1) return colour;
        }
        return [255, 255, 255];
    };
    const faint = [];
    const walker = document.createTreeWalker(document.querySelector(root), NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const element = node.parentElement;
        if (!node.data.trim() || element.closest("svg, :disabled, .frame")) continue;
        if (!element.checkVisibility()) continue;
        const [a, b] = [light(parts(getComputedStyle(element).color)), light(behind(element))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) faint.push(`${ratio.toFixed(1)}: ${node.data.trim()}`);
    }
    return faint;
}"""


def legible(page: Page, root: str) -> None:
    """Every word below `root` has a contrast of at least 4.5 to 1 with what lies behind it (WCAG 2.2, AA)."""
    assert page.evaluate(_CONTRAST, root) == []


def screenshot(page: Page, file: Path) -> None:
    """A drawing as .png, of few colours; what has photographs in it as .jpg."""
    if file.suffix == ".jpg":
        page.screenshot(path=file, type="jpeg", quality=82)
        return
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    image.quantize(128, dither=Image.Dither.NONE).save(file, optimize=True)
