"""The control room's screen in a real browser: what it shows, how a fire takes it, what it says when the link
is gone, and that it can stand for days. The tests share one service; each leaves no fire waiting."""

from __future__ import annotations

import os
import re
import statistics
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from tests.e2e.browser_desk import MANAGER, RANGER, see_fire
from tests.e2e.browser_page import WAIT_MS, chromium, sound_page
from tests.e2e.browser_site import wait_for
from tests.e2e.browser_world import World, act, incidents, open_session, post, settle, sign_in_as

from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, CDPSession, Page

FIRE = (107.762, 33.69)
"""Where `ridge` and `lick` see one."""
SMALLEST_PX = 24
ROTATIONS = 300
BYTES_A_ROTATION = 400
"""At most; a leaked picture, marker or list of a scene is thousands."""

_SMALL_LETTERS = """(least) => {
    const small = [];
    const walker = document.createTreeWalker(document.querySelector("main.wall"), NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const element = node.parentElement;
        if (!node.data.trim() || !element.checkVisibility({checkOpacity: true})) continue;
        const box = element.getBoundingClientRect(), style = getComputedStyle(element);
        if (box.width <= 1 || element.closest(".hidden")) continue;
        const scale = element.offsetHeight ? box.height / element.offsetHeight : 1;
        const size = parseFloat(style.fontSize) * (element.closest(".wall-map-scale") ? scale : 1);
        if (size < least - 0.1) small.push(`${size.toFixed(1)} px: ${node.data.trim()}`);
    }
    return small;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One that lets no page sound before somebody touched it, as people's browsers do."""
    with chromium("--autoplay-policy=document-user-activation-required") as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, world: World) -> Iterator[Page]:
    with sound_page(browser, width=1920, height=1080) as page:
        yield page
        settle(page, world.site)


def wall(page: Page, world: World, where: str = "#wall?every=3600", language: str = "en") -> None:
    sign_in_as(page, world.site, where, language=language)
    page.wait_for_selector("main.wall .wall-note[data-connection=live]")


def show(page: Page, scene: str) -> None:
    """Turn on to a scene, as somebody at the screen does, once there is something to show in it."""
    page.wait_for_selector(f".wall-dots [data-scene={scene}]")
    screen = page.locator("main.wall")
    for _ in range(8):
        shown = screen.get_attribute("data-scene") or ""
        if shown == scene:
            return
        page.keyboard.press("ArrowRight")
        expect(screen).not_to_have_attribute("data-scene", shown)
    raise AssertionError(f"no scene {scene} on the wall")


def test_each_scene_is_read_from_five_metres(page: Page, world: World) -> None:
    wall(page, world)
    page.wait_for_selector(".map[data-state=idle]")
    for scene in ("map", "needs", "pictures", "cameras", "species"):
        show(page, scene)
        assert page.evaluate(_SMALL_LETTERS, SMALLEST_PX) == []
        _keep(page, f"wall-{scene}-en")
    page.set_viewport_size({"width": 3840, "height": 2160})
    assert page.evaluate(_SMALL_LETTERS, 2 * SMALLEST_PX) == []
    assert page.locator(".wall-scene").evaluate("one => one.scrollWidth <= one.clientWidth")


def test_what_it_shows_is_what_the_reserve_says(page: Page, world: World) -> None:
    wall(page, world)
    show(page, "pictures")
    first = page.locator(".wall-pictures li").first
    expect(first).to_have_attribute("data-media", str(world.pictures[0]))
    expect(first.locator("figure")).to_have_attribute("data-state", "ready")
    expect(first).to_contain_text("Zebra")
    show(page, "species")
    week = page.request.get(f"{world.site.url}/api/v1/reserves/foping/overview").json()["week"]
    shown = page.locator(".wall-species")
    name = {"Equus": "Zebra", "Cervidae": "Deer", "Elephantidae": "Elephant", "Panthera leo": "Lion"}
    (one,) = [kind for kind in week["species"] if name[kind["scientific_name"]] in shown.inner_text()]
    assert str(one["events"]) in shown.locator("dd").first.inner_text()
    clock = page.locator(".wall-clock time")
    wait_for(lambda: clock.inner_text() == f"{utc_now().astimezone(_zone()):%H:%M}", "the reserve's time")


def test_it_turns_by_itself_and_only_through_what_the_address_names(page: Page, world: World) -> None:
    wall(page, world, "#wall?scenes=map,cameras&every=5")
    expect(page.locator("main.wall[data-scene=cameras]")).to_be_visible()
    expect(page.locator("main.wall[data-scene=map]")).to_be_visible()
    page.get_by_role("button", name="Hold").click()
    expect(page.get_by_role("button", name="Go on")).to_have_attribute("aria-pressed", "true")


def test_a_fire_takes_the_screen_until_somebody_answers(page: Page, world: World) -> None:
    with sound_page(page.context.browser, width=800, height=600) as ranger:  # type: ignore[arg-type]
        sign_in_as(ranger, world.site, email=RANGER)
        phone = {"channel": "email", "name": "Work", "address": {"email": RANGER}, "language": "zh"}
        post(ranger.request, world.site, "/devices", phone)
        wall(page, world)
        show(page, "cameras")
        see_fire(world.node, world.site, ["ridge", "lick"], FIRE, utc_now())
        alarm = page.locator(".wall-alarm")
        expect(alarm).to_be_visible()
        expect(alarm.get_by_role("heading", level=2)).to_contain_text("SMOKE")
        expect(alarm.locator(".wall-evidence img")).to_have_js_property("complete", True)
        expect(alarm.locator(".wall-alarm-facts")).to_contain_text("° N")
        expect(alarm.locator(".wall-alarm-facts")).to_contain_text("ridge")
        expect(alarm.locator(".wall-called")).to_contain_text("Wu Gang")
        expect(page.get_by_role("button", name="Silence the siren")).to_be_visible()
        page.wait_for_selector(".map[data-state=idle]")
        page.keyboard.press("ArrowRight")
        expect(alarm).to_be_visible()
        assert page.evaluate(_SMALL_LETTERS, SMALLEST_PX) == []
        _keep(page, "wall-fire-en")
        (fire,) = [one for one in incidents(page, world.site) if one["state"] == "new"]
        act(ranger, world.site, fire["id"], "acknowledge")
        expect(alarm).to_have_count(0)
        note = page.locator(f"[data-answered='{fire['id']}']")
        expect(note).to_contain_text("Wu Gang")
        expect(page.locator("main.wall")).to_have_attribute("data-scene", "cameras")


def test_it_says_that_it_cannot_sound_until_somebody_touches_it(page: Page, world: World) -> None:
    open_session(page, world.site)
    # Whatever Playwright asks a page counts as a touch; what is asked through this does not.
    cdp = page.context.new_cdp_session(page)

    def sound() -> str:
        asked = "document.querySelector('main.wall')?.dataset.sound"
        return str(cdp.send("Runtime.evaluate", {"expression": asked})["result"].get("value"))

    page.goto(f"{world.site.url}/#wall?every=3600", wait_until="commit")
    wait_for(lambda: sound() == "asking", "the wall's word on its sound")
    page.mouse.click(960, 540)
    wait_for(lambda: sound() == "on", "the sound")


def test_an_exercise_does_not_look_like_a_fire(page: Page, world: World) -> None:
    wall(page, world)
    drill = post(
        page.request,
        world.site,
        "/reserves/foping/drills",
        {"deployment_id": str(world.site.deployments["saddle"])},
    )
    alarm = page.locator("main.wall.burning.exercise .wall-alarm")
    try:
        expect(alarm.get_by_role("heading", level=2)).to_contain_text("EXERCISE")
    finally:
        post(page.request, world.site, f"/drills/{drill['id']}/end", {})
    expect(alarm).to_have_count(0)


def test_without_a_connection_it_says_since_when(page: Page, world: World) -> None:
    wall(page, world)
    show(page, "pictures")
    page.context.set_offline(True)
    lost = page.locator("[data-connection=lost]")
    expect(lost).to_contain_text(re.compile(r"No connection since \d\d:\d\d"))
    expect(page.locator("main.wall.lost")).to_be_visible()
    _keep(page, "wall-lost-en")
    page.context.set_offline(False)
    expect(page.locator("[data-connection=live]")).to_be_visible(timeout=WAIT_MS)


def test_a_session_that_ends_leads_to_the_login_and_back(page: Page, world: World) -> None:
    wall(page, world, "#wall?scenes=cameras&every=60")
    page.context.clear_cookies()
    page.evaluate("window.dispatchEvent(new Event('online'))")  # it asks whether it is heard
    page.get_by_label("E-mail").fill(MANAGER)
    page.get_by_label("Password").fill("a long enough password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("main.wall[data-scene=cameras]")).to_be_visible()


def test_it_loads_a_newer_version_by_itself(page: Page, world: World) -> None:
    page.clock.install()
    wall(page, world)
    page.evaluate("window.stillTheOldOne = true")
    page.route(
        f"{world.site.url}/",
        lambda route: (
            route.fulfill(
                content_type="text/html", body='<script type="module" src="/assets/newer.js"></script>'
            )
            if route.request.resource_type == "fetch"
            else route.continue_()
        ),
    )
    page.clock.fast_forward("05:10")
    page.clock.run_for(3000)
    page.wait_for_function("window.stillTheOldOne === undefined")
    page.wait_for_selector("main.wall")


def test_its_memory_does_not_grow(page: Page, world: World) -> None:
    """Some hundred turns through all scenes, a browser's own measure of what is kept."""
    wall(page, world)
    page.wait_for_selector(".map[data-state=idle]")
    cdp = page.context.new_cdp_session(page)
    _turn(page, 60)  # what is read, drawn and compiled once
    sizes = [_heap(cdp)]
    for _ in range(3):
        _turn(page, ROTATIONS // 3)
        sizes.append(_heap(cdp))
    # A leak grows with every hundred turns. What is read or compiled meanwhile, by the clock, comes once.
    grown = statistics.median(later - sooner for sooner, later in pairwise(sizes)) / (ROTATIONS // 3)
    assert grown < BYTES_A_ROTATION, f"{grown:.0f} bytes a turn: {sizes}"
    assert page.locator(".map").count() == 1


def _turn(page: Page, times: int) -> None:
    for _ in range(times):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("() => new Promise((done) => requestAnimationFrame(() => done(true)))")


def _heap(cdp: CDPSession) -> int:
    for _ in range(2):
        cdp.send("HeapProfiler.collectGarbage")
    return int(cdp.send("Runtime.getHeapUsage")["usedSize"])


def _zone() -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo("Asia/Shanghai")


def _keep(page: Page, name: str) -> None:
    """Writes the picture of the documentation, where FIELDWATCH_SCREENS names a folder."""
    if folder := os.environ.get("FIELDWATCH_SCREENS"):
        page.wait_for_load_state("networkidle")
        page.screenshot(path=Path(folder) / f"{name}.jpg", type="jpeg", quality=72)
