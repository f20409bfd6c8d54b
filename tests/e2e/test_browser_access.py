"""Every page can be read and worked by everybody: axe over all of them, nothing cut off at 360 pixels or lost
on a wall of 3840, every control reached by the keyboard where people decide."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from tests.e2e.browser_desk import see_fire
from tests.e2e.browser_page import sound_page
from tests.e2e.browser_places import PHONE, PLACES, Place, address_of, enter, visit
from tests.e2e.browser_site import wait_for
from tests.e2e.browser_world import World, act, incidents, open_session, settle

from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.timeout(1800)  # each visits all pages, of which there are some forty

AXE = Path(__file__).parents[2] / "cloud" / "web" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_AUDIT = """async (tags) => {
    const found = await axe.run(document, {runOnly: tags, resultTypes: ["violations"]});
    return found.violations
        .filter((one) => one.impact === "serious" || one.impact === "critical")
        .map((one) => `${one.id} (${one.impact}): ` + one.nodes.slice(0, 4).map((node) =>
            `${node.target.join(" ")} – ${[...node.any, ...node.all, ...node.none][0]?.message}`).join("; "));
}"""
_CUT_OFF = """() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    return [...document.querySelectorAll("body *")]
        .filter((one) => one.getBoundingClientRect().right > width + 1 && one.checkVisibility())
        .slice(0, 5).map((one) => `${one.tagName}.${one.getAttribute("class") ?? ""}`);
}"""
_LOST = """() => [...document.querySelectorAll("button, a, input, select, [tabindex='0']")]
    .filter((one) => one.checkVisibility() && one === document.activeElement)
    .filter((one) => {
        const style = getComputedStyle(one), box = one.getBoundingClientRect();
        return (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 1) && box.width > 1;
    }).map((one) => one.outerHTML.slice(0, 120))"""
TASKS = ["map-live", "overview", "counts-species", "desk-roster", "admin-zones", "wall"]
"""Where people decide."""
_REACHABLE = """() => [...document.querySelectorAll("button, a[href], input, select, textarea")]
    .filter((one) => one.checkVisibility() && !one.disabled && one.tabIndex >= 0)
    .filter((one) => !one.closest("[inert]") && one.type !== "radio").length"""


@pytest.fixture(scope="module")
def fire(browser: Browser, world: World) -> Iterator[str]:
    """One that somebody has answered, so that it takes no wall."""
    with sound_page(browser, width=800, height=600) as page:
        open_session(page, world.site)
        see_fire(world.node, world.site, ["ridge", "lick"], (107.762, 33.69), utc_now())
        one = wait_for(
            lambda: next((one for one in incidents(page, world.site) if one["state"] == "new"), None),
            "the fire",
        )
        act(page, world.site, one["id"], "acknowledge")
        yield one["id"]
        settle(page, world.site)


def audit(page: Page) -> list[str]:
    """What axe calls serious or critical, one line each. It comes by the debugging protocol, which the page's
    security policy does not forbid."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(_AUDIT, TAGS)
    return found


def walk(
    browser: Browser, world: World, fire: str, language: str, size: tuple[int, int], places: list[Place]
) -> Iterator[tuple[Page, Place]]:
    """A page at each place in turn; a session for each of those who look."""
    for who in dict.fromkeys(place.who for place in places):
        own = [place for place in places if place.who == who]
        first = address_of(world, own[0], fire)
        with sound_page(browser, width=size[0], height=size[1]) as page:
            enter(page, world, who, language, first)
            for place in own:
                visit(page, world, place, fire)
                yield page, place


def told(found: dict[str, Any]) -> str:
    return "\n".join(f"{name}:\n  " + "\n  ".join(lines) for name, lines in found.items())


@pytest.mark.parametrize(("language", "size"), [("en", (1440, 900)), ("zh", (360, 740))])
def test_axe_finds_nothing_serious_and_nothing_is_cut_off(
    browser: Browser, world: World, fire: str, language: str, size: tuple[int, int]
) -> None:
    """Wide in English, narrow in Chinese: each page in both shapes and both languages' widths."""
    found: dict[str, list[str]] = {}
    for page, place in walk(browser, world, fire, language, size, [*PLACES, *PHONE]):
        if lines := audit(page) + [f"cut off: {one}" for one in page.evaluate(_CUT_OFF)]:
            found[place.name] = lines
    assert not found, told(found)


def test_the_audit_finds_what_is_wrong(browser: Browser, world: World) -> None:
    with sound_page(browser, width=360, height=740) as page:
        page.goto(world.site.url)
        page.wait_for_selector("main.login")
        page.evaluate(
            "document.querySelector('form').insertAdjacentHTML('beforeend', '<input><button></button>')"
        )
        page.evaluate("document.querySelector('h1').style.width = '500px'")
        assert [line.split(" ")[0] for line in audit(page)] == ["button-name", "label"]
        assert page.evaluate(_CUT_OFF)


def test_axe_finds_nothing_serious_at_the_login(browser: Browser, world: World) -> None:
    with sound_page(browser, width=360, height=740) as page:
        page.goto(world.site.url)
        page.wait_for_selector("main.login")
        assert audit(page) == []
        assert page.evaluate(_CUT_OFF) == []
        page.get_by_role("button", name="中文").click()
        expect(page.get_by_role("button", name="登录")).to_be_visible()
        assert audit(page) == []


def test_nothing_is_cut_off_in_english_at_360_pixels(browser: Browser, world: World, fire: str) -> None:
    found = {
        place.name: lines
        for page, place in walk(browser, world, fire, "en", (360, 740), [*PLACES, *PHONE])
        if (lines := page.evaluate(_CUT_OFF))
    }
    assert not found, told(found)


def test_a_wall_of_3840_pixels_shows_more_not_less(browser: Browser, world: World, fire: str) -> None:
    wanted = {"map-live", "overview", "camera", "counts-species", "desk-incident", "wall"}
    places = [place for place in PLACES if place.name in wanted]
    for page, place in walk(browser, world, fire, "en", (3840, 2160), places):
        assert page.evaluate(_CUT_OFF) == [], place.name
        box = page.locator("main").first.bounding_box()
        assert box is not None
        assert box["height"] > 1500, place.name


@pytest.mark.parametrize(
    "name", ["map-live", "overview", "counts-species", "desk-roster", "admin-zones", "wall"]
)
def test_every_control_is_reached_by_tab_and_seen_there(
    browser: Browser, world: World, fire: str, name: str
) -> None:
    place = next(one for one in PLACES if one.name == name)
    for page, _ in walk(browser, world, fire, "en", (1440, 900), [place]):
        page.evaluate("document.activeElement?.blur()")
        wanted = page.evaluate(_REACHABLE)
        reached: set[str] = set()
        for _ in range(wanted * 2 + 20):
            page.keyboard.press("Tab")
            assert page.evaluate(_LOST) == [], name
            mark = page.evaluate(
                """() => { const one = document.activeElement; one.dataset.reached ??= String(Math.random());
                    return one === document.body ? "" : one.dataset.reached; }"""
            )
            if mark in reached and len(reached) >= wanted:
                break
            reached.add(mark)
        assert len(reached - {""}) >= wanted, f"{name}: {len(reached)} of {wanted}"
