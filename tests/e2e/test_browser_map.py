"""The map in a real browser over the real service: what a person in a reserve's control room does and sees.

The tests share one service and may run in any order: each signs in by itself and looks at its own records.
Fires are therefore kept apart: at `ridge` one now, at `lick` one an hour ago, at `river` two hours ago, at
`saddle` older ones.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from playwright.sync_api import expect
from tests.e2e.browser_page import (
    is_clear,
    map_view,
    picture_of,
    pixel,
    see_map,
    see_map_fitted,
    shown_counts,
    sign_in,
    sound_page,
    tint,
    toward,
    whole,
)
from tests.e2e.browser_site import (
    CAMERAS,
    EMAIL,
    PASSWORD,
    START_S,
    FieldNode,
    Site,
    healthy,
    not_at_midnight,
    running_site,
    wait_for,
)

from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Route

PICTURE = (640, 360)
FIRE_TINT = 25
"""Red above blue by this much: the base map is green and blue, fire alone is orange."""


@pytest.fixture(scope="module")
def site(short_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(short_dir / "browser", tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="module")
def node(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FieldNode]:
    """The node, after it has told of two days: `ridge` looked for 24 h, `lick` for 12 h, `river` for 24 h."""
    with FieldNode.running(site, tmp_path_factory.mktemp("node")) as node:
        start = utc_now() - timedelta(days=2)
        hour = timedelta(hours=1)
        looked = {
            "ridge": (start, start + 24 * hour),
            "lick": (start, start + 12 * hour),
            "river": (start, start + 24 * hour),
        }
        node.say(
            node.heartbeat(looked),
            # Five minutes apart are one event, whose number is the larger: 3. Four hours later is another.
            node.observation("ridge", start + hour, "Cervidae", count=3),
            node.observation("ridge", start + hour + timedelta(minutes=5), "Cervidae", count=2),
            node.observation("ridge", start + 5 * hour, "Cervidae"),
            node.observation("lick", start + hour, "Cervidae"),
            node.observation("lick", start + 2 * hour, "Panthera leo", count=2),
            node.observation("river", start + hour, "Elephantidae", count=4),
        )
        yield node


@pytest.fixture
def page(browser: Browser, node: FieldNode) -> Iterator[Page]:
    """A fresh English browser on a large screen."""
    with sound_page(browser, width=1440, height=900) as page:
        yield page


@pytest.fixture
def phone(browser: Browser, node: FieldNode) -> Iterator[Page]:
    with sound_page(browser, width=360, height=800, has_touch=True) as page:
        yield page


def test_signing_in_says_what_is_wrong_and_a_session_lasts_over_a_reload(page: Page, site: Site) -> None:
    page.goto(site.url)
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("E-mail or password is wrong")
    sign_in(page, site)
    page.reload()
    see_map(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_session_that_ended_leads_to_the_login(page: Page, site: Site) -> None:
    sign_in(page, site)
    page.context.clear_cookies()
    page.get_by_role("tab", name="Count").click()
    page.get_by_role("button", name="Count", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Your session has ended")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_role("button", name="Sign in").click()
    see_map(page)


def test_the_map_draws_the_reserve_and_its_cameras(page: Page, site: Site) -> None:
    sign_in(page, site)
    image = picture_of(page)
    # The darkest of some points: the lines of sight of other tests' fires may lie over one of them.
    points = [whole(pixel(page, 107.665 + 0.01 * i, 33.65 + 0.01 * (i % 3))) for i in range(6)]
    inside = min((image.getpixel(point) for point in points), key=sum)  # type: ignore[arg-type]
    outside = image.getpixel(whole(pixel(page, 107.645, 33.70)))
    assert inside != outside, "the reserve is not filled"
    x, y = whole(pixel(page, 107.66, 33.64))
    line = max(sum(image.getpixel((x + dx, y))) for dx in range(-3, 4))  # type: ignore[arg-type]
    assert line > 2 * sum(inside), "the boundary is not drawn"  # type: ignore[arg-type]
    page.mouse.click(*pixel(page, *CAMERAS["ridge"]))
    card = page.locator(".card")
    expect(card).to_contain_text("Working")
    expect(card).to_contain_text("300°, west-north-west")
    expect(card).to_contain_text("mast-1")
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)


def test_counts_in_a_drawn_area_are_those_of_the_cameras_in_it(page: Page, site: Site) -> None:
    sign_in(page, site)
    page.get_by_role("tab", name="Count").click()
    page.get_by_role("button", name="Draw an area").click()
    page.wait_for_selector(".map-frame.drawing")
    see_map_fitted(page)
    corners = [(107.70, 33.64), (107.80, 33.64), (107.80, 33.68), (107.70, 33.68)]
    # The more notices stand on the map, the smaller it is drawn: a pixel is what a click can tell.
    a_pixel = 0.1 / (pixel(page, *corners[1])[0] - pixel(page, *corners[0])[0])
    for corner in corners[:-1]:
        page.mouse.click(*pixel(page, *corner))
        page.wait_for_timeout(400)  # two clicks within 300 ms are a double click
    with page.expect_response("**/counts?*") as answered:
        page.mouse.dblclick(*pixel(page, *corners[-1]))
    page.wait_for_selector(".result[data-status=observed]")

    truth = {"Cervidae": (3 + 1 + 1, 3), "Panthera leo": (2, 1)}
    assert shown_counts(page) == truth
    api = {
        one["scientific_name"]: (one["individuals"], one["events"])
        for one in answered.value.json()["species"]
    }
    assert api == truth
    expect(page.locator("[data-figure=effort]")).to_have_text("1.5 camera-days")
    expect(page.locator("[data-figure=cameras]")).to_have_text("2 of 2")
    # Two cameras' numbers do not go without their verdict.
    told = {line["code"] for line in answered.value.json()["verdict"] if line["severity"] != "note"}
    open_lines = page.locator(".result .verdict li:visible")
    assert {one.get_attribute("data-code") for one in open_lines.all()} == told != set()
    deer = page.locator("[data-species=Cervidae]")
    expect(deer).to_contain_text("200")  # 3 events in 1.5 camera-days
    expect(deer).to_contain_text("41.2 – 584")  # Garwood: 0.619 and 8.77 events
    sent = answered.value.request.post_data_json["area"]["coordinates"][0]
    assert len(sent) == 5
    for wanted, (lon, lat) in zip(corners, sent, strict=False):
        assert (lon, lat) == pytest.approx(wanted, abs=1.5 * a_pixel), "the area is not where it was drawn"

    page.get_by_label("Species").select_option("Equus")
    expect(page.locator("[data-species=Equus] [data-figure=events]")).to_have_text("0")
    page.get_by_label("Where").select_option(label="Zone: Bare hills")
    expect(page.locator(".result[data-status=not_observed]")).to_contain_text("Not observed")
    expect(page.locator(".result table")).to_have_count(0)


def test_an_area_can_be_drawn_with_the_keyboard_alone(page: Page, site: Site) -> None:
    sign_in(page, site)
    page.get_by_role("tab", name="Sightings").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Draw an area").focus()
    page.keyboard.press("Enter")
    bar = page.locator(".draw-bar")
    expect(bar).to_be_visible()  # the map is stopped at that moment, so that corners land where one points
    page.keyboard.press("Space")
    for arrow in ("ArrowRight", "ArrowDown"):
        before = map_view(page)
        page.keyboard.press(arrow)
        wait_for(lambda before=before: map_view(page) != before, "the end of the glide")
        page.keyboard.press("Space")
    expect(bar).to_contain_text("3 corners")
    page.keyboard.press("Backspace")
    expect(bar).to_contain_text("at each corner")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator(".result")).to_be_visible()
    page.get_by_role("button", name="Draw again").click()
    page.keyboard.press("Escape")
    expect(bar).to_have_count(0)


def test_a_fire_appears_with_its_picture_without_a_reload(page: Page, site: Site, node: FieldNode) -> None:
    sign_in(page, site)
    page.evaluate("window.notReloaded = true")
    toward_fire = toward(CAMERAS["ridge"], 3)
    assert tint(picture_of(page), whole(pixel(page, *toward_fire))) < FIRE_TINT

    media_id, now = uuid7(), utc_now()
    node.say(node.suspicion("ridge", now, media_id))
    banner = page.locator(".banner", has_text="Smoke seen by ridge")
    expect(banner).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("Smoke seen by ridge")
    expect(page.get_by_role("alert")).not_to_contain_text("just now")  # what ticks would be read out again
    expect(page.get_by_role("button", name="Smoke, seen by ridge")).to_be_visible()
    wait_for(
        lambda: tint(picture_of(page), whole(pixel(page, *toward_fire))) >= FIRE_TINT,
        "the sector along the bearing",
    )
    wait_for(
        lambda: is_clear(page, toward(CAMERAS["ridge"], 12)),  # beyond the reserve's boundary
        "the whole sector in view",
    )
    assert "fire" in page.title()

    banner.get_by_role("button", name="Details").click()
    report = page.locator(".reports li")
    expect(report).to_contain_text("±")
    expect(report).to_contain_text("west-north-west")
    expect(report).to_contain_text("No picture here yet")
    node.say(node.picture("ridge", now, media_id, PICTURE))
    page.wait_for_selector(f"[data-media='{media_id}'][data-state=ready]")
    size = report.locator("img").evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert tuple(size) == PICTURE
    assert page.evaluate("window.notReloaded") is True


def test_a_fire_that_comes_late_is_shown_as_late(page: Page, site: Site, node: FieldNode) -> None:
    sign_in(page, site)
    node.say(node.suspicion("river", utc_now() - timedelta(hours=2, minutes=1), uuid7()))
    banner = page.locator(".banner", has_text="river")
    expect(banner).to_contain_text("seen 2 hr ago")
    banner.get_by_role("button", name="Details").click()
    expect(page.locator(".incident")).to_contain_text("This report came late")


def test_a_fire_moves_the_map_only_where_nobody_works_on_it(page: Page, site: Site, node: FieldNode) -> None:
    sign_in(page, site)
    zoom = float(map_view(page)[2])
    for step in (1, 2):
        page.get_by_role("button", name="Zoom in").click()
        wait_for(lambda to=zoom + step: abs(float(map_view(page)[2]) - to) < 0.01, "the end of the glide")
    view = map_view(page)
    shown = page.locator(".fire-marker").count()
    page.evaluate(  # a hand that stays on the map, however long the fire is on its way
        """() => {
            const touch = () => document.querySelector(".map").dispatchEvent(new Event("pointerdown"));
            touch();
            window.hand = setInterval(touch, 500);
        }"""
    )
    node.say(node.suspicion("saddle", utc_now() - timedelta(hours=3), uuid7()))
    expect(page.locator(".fire-marker")).to_have_count(shown + 1)
    page.wait_for_timeout(1500)
    assert map_view(page) == view, "the map was taken out of the reader's hand"

    page.evaluate("clearInterval(window.hand)")
    page.wait_for_timeout(10_500)  # so long after the last touch nobody works on it any more
    assert not is_clear(page, toward(CAMERAS["saddle"], 12))
    node.say(node.suspicion("saddle", utc_now() - timedelta(hours=4), uuid7()))
    wait_for(lambda: is_clear(page, toward(CAMERAS["saddle"], 12)), "the sector in view")


def test_a_fire_leaves_the_map_alone_while_an_area_is_drawn(page: Page, site: Site, node: FieldNode) -> None:
    sign_in(page, site)
    page.get_by_role("tab", name="Count").click()
    page.get_by_role("button", name="Draw an area").click()
    page.wait_for_selector(".map-frame.drawing")
    see_map_fitted(page)
    view = map_view(page)
    shown = page.locator(".fire-marker").count()
    node.say(node.suspicion("saddle", utc_now() - timedelta(hours=9), uuid7()))
    expect(page.locator(".fire-marker")).to_have_count(shown + 1)
    page.wait_for_timeout(1500)
    assert map_view(page) == view


def test_a_hidden_notice_stays_hidden_and_an_old_fire_gives_none(
    page: Page, site: Site, node: FieldNode
) -> None:
    sign_in(page, site)
    node.say(
        node.suspicion("lick", utc_now() - timedelta(hours=1), uuid7()),
        node.suspicion("lick", utc_now() - timedelta(hours=25), uuid7()),
    )
    page.get_by_role("tab", name="Fire").click()
    expect(page.locator(".incidents li", has_text="lick")).to_have_count(2)
    banner = page.locator(".banner", has_text="lick")
    expect(banner).to_have_count(1)
    banner.get_by_role("button", name="Hide").click()
    page.reload()
    see_map(page)
    page.get_by_role("tab", name="Fire").click()
    expect(page.locator(".incidents li", has_text="lick")).to_have_count(2)
    expect(banner).to_have_count(0)


def test_a_zone_that_the_browser_does_not_know_is_taken_for_utc(page: Page, site: Site) -> None:
    def from_mars(route: Route) -> None:
        answer = route.fetch()
        if answer.ok:
            route.fulfill(json=[{**one, "timezone": "Mars/Olympus"} for one in answer.json()])
        else:  # nobody is signed in yet
            route.fulfill(response=answer)

    page.route("**/api/v1/reserves", from_mars)
    sign_in(page, site)
    expect(page.get_by_text("Times are the reserve’s: UTC")).to_be_visible()


def test_sightings_arrive_live_also_after_the_service_was_killed(
    page: Page, site: Site, node: FieldNode
) -> None:
    sign_in(page, site)
    now = utc_now()
    first = node.observation("river", now, "Syncerus caffer")
    node.say(first)
    shown = page.locator(f"[data-observation='{first.id}']")
    expect(shown).to_contain_text("African buffalo")
    expect(shown).to_contain_text("Syncerus caffer")
    expect(shown).to_contain_text(f"{(now + timedelta(hours=8)):%H:%M:%S}")  # on the reserve's clock

    try:
        site.kill("api")
        connection = page.locator("[data-connection]")
        expect(connection).to_have_attribute("data-connection", "reconnecting")
        missed = node.observation("river", utc_now(), "Equus")
        node.say(missed)
        expect(connection).to_have_attribute("data-connection", "live", timeout=START_S * 1000)
        expect(page.locator(f"[data-observation='{missed.id}']")).to_contain_text("Zebra")
    finally:
        wait_for(lambda: healthy(site.url), "the API, which the other tests ask, too", within_s=START_S)


def test_the_language_can_be_switched_and_is_remembered(page: Page, site: Site) -> None:
    sign_in(page, site)
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("tab", name="计数")).to_be_visible()
    expect(page.get_by_role("heading", name="佛坪")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    page.reload()
    see_map(page)
    page.get_by_role("tab", name="计数").click()
    page.get_by_role("button", name="计数", exact=True).click()
    expect(page.locator("[data-species=Cervidae]")).to_contain_text("鹿")
    verdict = page.locator(".result .verdict li:visible")
    expect(verdict.first).to_be_visible()
    for words in verdict.all_inner_texts():
        assert re.search(r"[\u4e00-\u9fff]", words), f"in English: {words}"
    page.locator(".result details:not(.verdict) summary").click()
    expect(page.locator(".assumptions li").first).to_be_visible()
    assert page.locator(".assumptions li[lang=en]").all_inner_texts() == [], "the API says something new"


def test_it_comes_to_rest_in_whatever_size_its_window_has(page: Page, site: Site) -> None:
    """A map of another size is drawn at once, between two frames: what was yet to be drawn is not lost."""
    sign_in(page, site)
    for step in range(12):
        page.set_viewport_size({"width": 1440 - 40 * step, "height": 900 - 20 * step})
        see_map_fitted(page)


def test_it_fits_a_phone(phone: Page, site: Site) -> None:
    sign_in(phone, site)
    assert phone.evaluate("document.documentElement.scrollWidth") == 360
    for tab in ("Count", "Fire", "Cameras", "Sightings"):
        phone.get_by_role("tab", name=tab).tap()
        panel = phone.get_by_role("tabpanel")
        overflow = panel.evaluate("panel => panel.scrollWidth - panel.clientWidth")
        assert overflow <= 0, f"{tab} is wider than the screen"
    phone.get_by_role("tab", name="Count").tap()
    phone.get_by_role("button", name="Draw an area").tap()
    phone.wait_for_selector(".map-frame.drawing")
    see_map_fitted(phone)
    for corner in [(107.70, 33.64), (107.80, 33.64), (107.75, 33.68)]:
        phone.touchscreen.tap(*pixel(phone, *corner))
        phone.wait_for_timeout(600)
    phone.get_by_role("button", name="Finish").tap()
    expect(phone.locator(".result")).to_be_visible()


# Layers, time, search, links, paper -----------------------------------------------------------------


def switch(page: Page, layer: str) -> None:
    page.locator(f"[data-layer={layer}] label.switch").click()


def test_a_layer_that_is_off_is_not_drawn_and_stays_off(page: Page, site: Site) -> None:
    sign_in(page, site)
    at = whole(pixel(page, *CAMERAS["river"]))
    drawn = picture_of(page).getpixel(at)
    switch(page, "cameras")
    switch(page, "views")
    wait_for(lambda: picture_of(page).getpixel(at) != drawn, "the map without its cameras")
    page.reload()
    see_map(page)
    expect(page.get_by_role("switch", name="Cameras")).not_to_be_checked()
    expect(page.locator("[data-layer=cameras] .symbols")).to_have_count(0)  # the legend tells what is on show
    switch(page, "cameras")
    expect(page.locator("[data-layer=cameras] .symbols")).to_contain_text("Working")


def test_where_nobody_looked_is_hatched_and_the_legend_says_so(page: Page, site: Site) -> None:
    sign_in(page, site)
    with page.expect_response(lambda answer: "/tiles/density/" in answer.url and answer.status == 200):
        switch(page, "density")
    legend = page.locator("[data-layer=density] .symbols")
    expect(legend).to_contain_text("Not observed: nobody looked")
    expect(legend).to_contain_text("Looked, not seen")
    expect(legend).to_contain_text("up to")  # classes that fit what is on the map
    expect(page.locator("[data-layer=density] .unit")).to_have_text("Events per 100 camera-days")
    page.wait_for_selector(".map[data-state=idle]")
    page.get_by_role("button", name="Zoom in").click()
    page.wait_for_selector(".map[data-state=idle]")
    image = picture_of(page)

    def shades(name: str) -> set[tuple[int, ...]]:
        x, y = whole(pixel(page, *CAMERAS[name]))
        around = [(x + dx, y - dy) for dx in range(-14, 15) for dy in (14, 15, 16, 17)]
        return {image.getpixel(one) for one in around}  # type: ignore[misc]

    looked, unseen = shades("lick"), shades("saddle")
    bluest = max(blue - red for red, _, blue in looked)
    assert bluest > 32, "the cell of a camera that looked is coloured"
    assert max(blue - red for red, _, blue in unseen) < 32, "the cell of one that did not has no colour"


def test_a_link_restores_the_whole_view(page: Page, site: Site) -> None:
    sign_in(page, site)
    asked = (
        f"{site.url}/#map?at=107.8,33.62,12.5&layers=cameras,density,boundary&taxon=Cervidae&cells=square"
        f"&from=2026-03&to=2026-06&camera={site.deployments['lick']}&tab=count"
    )
    page.goto(asked)
    page.reload()
    see_map(page)
    lon, lat, zoom = (float(one) for one in map_view(page))
    assert (lon, lat, zoom) == pytest.approx((107.8, 33.62, 12.5), abs=1e-4)
    on = page.locator(".layer.on").evaluate_all("rows => rows.map(row => row.dataset.layer)")
    assert on == ["cameras", "density", "boundary"]
    expect(page.locator(".time-shown")).to_have_attribute("data-shown", "2026-03/2026-06")
    expect(page.locator("select[name=density-taxon]")).to_have_value("Cervidae")
    expect(page.locator(".card")).to_contain_text("lick")
    expect(page.get_by_role("tab", name="Count")).to_have_attribute("aria-selected", "true")
    expect(page).to_have_url(asked)  # and the address goes on telling it

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".said")).to_contain_text("Link copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == asked.replace(f"&camera={site.deployments['lick']}", "")


def test_search_finds_by_keyboard_what_is_on_the_map(page: Page, site: Site) -> None:
    sign_in(page, site)
    page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Search the map")
    expect(field).to_be_focused()
    field.press_sequentially("river")
    expect(page.get_by_role("option").first).to_contain_text("river")
    page.keyboard.press("Enter")
    expect(page.locator(".card")).to_contain_text("river")
    wait_for(lambda: float(map_view(page)[2]) > 13.9, "the flight to the camera")
    page.keyboard.press("Escape")

    page.keyboard.press("/")
    expect(field).to_be_focused()
    page.keyboard.type("狮")  # any language, whatever the page speaks
    expect(page.get_by_role("option").first).to_contain_text("Lion")
    page.keyboard.press("Enter")
    expect(page.locator("select[name=density-taxon]")).to_have_value("Panthera leo")

    page.keyboard.press("/")
    expect(field).to_be_focused()
    page.keyboard.type("33°36′N 107°42′E")
    expect(page.get_by_role("option").first).to_contain_text("107.70000")
    page.keyboard.press("Enter")
    wait_for(lambda: is_clear(page, (107.7, 33.6)), "the place of the coordinates")
    page.keyboard.press("/")
    expect(field).to_be_focused()
    page.keyboard.type("qqqq")
    expect(page.locator(".none-found")).to_be_visible()


def test_the_map_walks_through_time(page: Page, site: Site) -> None:
    not_at_midnight()
    sign_in(page, site)
    page.get_by_role("button", name="Look back in time").click()
    shown = page.locator(".time-shown")
    expect(shown).to_have_attribute("data-shown", "live")
    page.get_by_role("radio", name="Days").check()
    local = utc_now() + timedelta(hours=8)  # of the reserve
    day = f"{local:%Y-%m-%d}/{local + timedelta(days=1):%Y-%m-%d}"
    expect(shown).to_have_attribute("data-shown", day)
    slider = page.get_by_role("slider")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    before = f"{local - timedelta(days=2):%Y-%m-%d}/{local - timedelta(days=1):%Y-%m-%d}"
    expect(shown).to_have_attribute("data-shown", before)
    assert slider.get_attribute("aria-valuetext") == shown.inner_text()
    expect(page.locator("[data-layer=sightings]")).to_contain_text("sightings of animals")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(shown).to_have_attribute("data-shown", day)  # it plays to the newest day, and stops there
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.get_by_role("button", name="Back to live").click()
    expect(shown).to_have_attribute("data-shown", "live")


def test_who_asked_for_less_motion_steps_through_time(browser: Browser, node: FieldNode, site: Site) -> None:
    with sound_page(browser, width=1440, height=900, reduced_motion="reduce") as page:
        sign_in(page, site)
        page.get_by_role("button", name="Look back in time").click()
        expect(page.get_by_role("button", name="One step back")).to_be_visible()
        expect(page.get_by_role("button", name="Play")).to_have_count(0)


def test_the_map_is_saved_and_printed_with_what_explains_it(page: Page, site: Site, tmp_path: Path) -> None:
    sign_in(page, site)
    switch(page, "density")
    expect(page.locator("[data-layer=density] .symbols")).to_contain_text("up to")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save image").click()
    saved.value.save_as(tmp_path / "map.png")
    with Image.open(tmp_path / "map.png") as image:
        canvas = page.locator(".map canvas").bounding_box()
        assert canvas is not None
        assert image.height > 2 * canvas["height"] + 100, "title and legend, and twice as fine as the screen"
        colours = image.convert("RGB").getcolors(2**24)
        assert colours is not None
        assert len(colours) > 200, "the map is on it"

    page.evaluate(
        "void (window.print = () => (window.paper = document.querySelector('.print-sheet').cloneNode(true)))"
    )
    page.get_by_role("button", name="Print").click()
    page.wait_for_function("() => window.paper && !document.querySelector('.print-sheet')")
    paper = page.evaluate("window.paper.textContent")
    for words in (
        "Foping",
        "Live",
        "Asia/Shanghai",
        "Events per 100 camera-days",
        "Hatched: nobody looked there",
        EMAIL,
    ):
        assert words in paper
    expect(page.locator(".map-frame")).to_have_class("map-frame  dark")  # the screen is as it was


def test_what_is_seen_is_named_on_the_map_for_a_while(page: Page, site: Site, node: FieldNode) -> None:
    sign_in(page, site)
    places = [name for name in CAMERAS if name not in ("ridge", "lick")]  # those two are counted elsewhere
    page.evaluate(_WATCH_PULSES)  # a name stands for six seconds, in which a busy test may look elsewhere

    def seen_and_named() -> bool:
        node.say(*[node.observation(name, utc_now(), "Panthera leo") for name in places for _ in range(100)])
        with suppress(AssertionError):  # rings make way for a map that moves, as it may on a busy machine
            return bool(wait_for(lambda: "Lion" in page.evaluate("window.pulses.names"), "it", within_s=20))
        return False

    wait_for(seen_and_named, "the name on the map")
    assert page.locator(".sighting").count() <= 80
    expect(page.locator(".pulse")).to_have_count(0)  # and nothing is left behind
    most = page.evaluate("window.pulses.most")
    assert 1 <= most <= len(places), "a herd is one ring, not a hundred"


_WATCH_PULSES = """() => {
    const seen = window.pulses = { names: [], most: 0 };
    const look = () => {
        const rings = document.querySelectorAll(".pulse");
        seen.most = Math.max(seen.most, rings.length);
        for (const one of rings) {
            const name = one.querySelector(".pulse-name").textContent;
            if (name && !seen.names.includes(name)) seen.names.push(name);
        }
    };
    const what = { childList: true, subtree: true, characterData: true };
    new MutationObserver(look).observe(document.querySelector(".map"), what);
}"""
