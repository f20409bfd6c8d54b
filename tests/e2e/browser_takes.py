"""Pictures of the documentation that take more than an address: the doors, a node's code, what a camera lives
on, the map as an image and as a phone shows it, the map of a large reserve."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from PIL import Image
from tests.e2e.browser_large import VIEWS, map_of, running_large
from tests.e2e.browser_page import see_map, sound_page
from tests.e2e.browser_places import PLACES, enter, visit
from tests.e2e.browser_world import MANAGER, World, open_session, post, supplied

from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Route

DESK, POCKET = (1440, 900), (360, 740)
LANGUAGES = ("en", "zh")
MOST_BYTES = 150_000
EXAMPLE = "FW1-EXAM-PLE0-EXP1-RED0-EXAM-PLE0"
"""No code of any reserve."""


def write(page: Page, file: Path) -> None:
    """As JPEG, as good as `MOST_BYTES` allow."""
    _keep(Image.open(io.BytesIO(page.screenshot())), file)


def _keep(image: Image.Image, file: Path) -> None:
    if image.width > 2560:  # a wall of 3840 pixels, as the documentation can carry it
        image = image.resize((2560, image.height * 2560 // image.width))
    content = io.BytesIO()
    for quality in (88, 82, 70, 58, 46, 34, 24, 16, 10):
        content = io.BytesIO()
        image.convert("RGB").save(content, "JPEG", quality=quality, optimize=True)
        if content.tell() <= MOST_BYTES:
            break
    file.write_bytes(content.getvalue())
    file.with_suffix(".png").unlink(missing_ok=True)


def login(browser: Browser, world: World, folder: Path, language: str) -> None:
    for name, (width, height) in (("door-login", DESK), ("door-login-phone", POCKET)):
        with sound_page(browser, width=width, height=height) as page:
            page.add_init_script(f"localStorage.setItem('fieldwatch.language', '{language}')")
            page.goto(world.site.url)
            page.wait_for_selector("main.login")
            page.wait_for_function("document.fonts.status === 'loaded'")
            write(page, folder / f"{name}-{language}.jpg")


def welcome(browser: Browser, world: World, folder: Path, language: str) -> None:
    """The page behind a password link: as it opens, and once the link has been used."""
    person = {
        "email": f"{language}@foping.example", "name": {"en": "Zhao Lei", "zh": "赵磊"}[language],
        "language": language, "reserve": "foping", "roles": ["ranger"],
    }  # fmt: skip
    with sound_page(browser, width=800, height=600) as page:
        open_session(page, world.site)
        link = post(page.request, world.site, "/accounts", person)["link"]
    with sound_page(browser, width=POCKET[0], height=POCKET[1]) as page:
        page.goto(world.site.url + link["path"])
        page.wait_for_selector("input[type=password]")
        page.wait_for_function("document.fonts.status === 'loaded'")
        write(page, folder / f"door-welcome-{language}.jpg")


def node_code(browser: Browser, world: World, folder: Path, language: str) -> None:
    """Of an example that has expired: what stands in a picture must let nobody in."""

    def expired(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        if "enrolment" in told:
            old, until = told["enrolment"], (utc_now() - timedelta(days=30)).isoformat()
            told["enrolment"] = {
                "code": EXAMPLE,
                "command": old["command"].replace(old["code"], EXAMPLE),
                "expires_at": until,
                "qr": _example_qr(),
            }
        route.fulfill(response=answer, json=told)

    with sound_page(browser, width=DESK[0], height=DESK[1]) as page:
        enter(page, world, MANAGER, language, "#admin/nodes")
        page.wait_for_selector("main.admin[data-section=nodes][data-busy=false]")
        page.locator("a[href='#admin/nodes/new']").click()
        page.wait_for_selector("[data-form=node]")
        write(page, folder / f"admin-nodes-form-{language}.jpg")
        page.route(
            re.compile(r"/nodes$"),
            lambda one: expired(one) if one.request.method == "POST" else one.continue_(),
        )
        page.locator("[data-form=node] input[name=name]").fill({"en": "North mast", "zh": "北塔"}[language])
        page.locator("[data-form=node] button[type=submit], [data-form=node] button.primary").first.click()
        page.wait_for_selector(".enrolment img.qr")
        write(page, folder / f"admin-nodes-code-{language}.jpg")


def _example_qr() -> str:
    import segno

    drawn = io.BytesIO()
    segno.make(f"https://fieldwatch.example/enrol#{EXAMPLE}", error="m").save(drawn, kind="svg", border=4)
    return drawn.getvalue().decode()


def camera(browser: Browser, world: World, folder: Path, language: str) -> None:
    """The cards below the fold of a camera's page, one by one."""
    where = next(place for place in PLACES if place.name == "camera")
    with sound_page(browser, width=DESK[0], height=DESK[1]) as page:
        enter(page, world, where.who, language)
        visit(page, world, where, "")
        for card in ("power", "line", "sensors"):
            page.locator(f"[data-card={card}]").evaluate("card => card.scrollIntoView({block: 'start'})")
            page.wait_for_timeout(300)
            write(page, folder / f"side-camera-{card}-{language}.jpg")


def small_map(browser: Browser, world: World, folder: Path, language: str) -> None:
    """As the page of everybody: dark and light, on a phone, as the image that is saved."""
    for name, (width, height), theme in (
        ("map", DESK, "dark"), ("map-light", DESK, "light"), ("map-phone", POCKET, "dark")
    ):  # fmt: skip
        with sound_page(browser, width=width, height=height) as page:
            page.add_init_script(f"localStorage.setItem('fieldwatch.map', '{json.dumps({'theme': theme})}')")
            enter(page, world, MANAGER, language, "#map")
            see_map(page)
            page.wait_for_timeout(1500)
            write(page, folder / f"{name}-{language}.jpg")
            if name != "map":
                continue
            with page.expect_download() as saved:
                page.locator(".view-tools .tool-buttons button").nth(1).click()
            with Image.open(saved.value.path()) as image:
                _keep(
                    image.resize((image.width // 2, image.height // 2)), folder / f"map-image-{language}.jpg"
                )


def large(browser: Browser, folder: Path) -> None:
    with running_large() as reserve:
        for language in LANGUAGES:
            for name in VIEWS:
                with map_of(browser, reserve, name, language) as page:
                    write(page, folder / f"map-{name}-{language}.jpg")


TAKES: dict[str, Callable[[Browser, World, Path, str], None]] = {
    "login": login,
    "welcome": welcome,
    "node_code": node_code,
    "camera_cards": camera,
    "small_map": small_map,
}


def supply(world: World) -> None:
    beats, readings = supplied(world)
    world.node.say(*beats, *readings)
