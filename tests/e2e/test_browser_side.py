"""The pages beside the map in a browser over the real service: what a manager and a technician do there."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from tests.e2e.browser_flight import BARE, NAME, PICTURES, flown
from tests.e2e.browser_page import legible, screenshot, sound_page
from tests.e2e.browser_review import add_accounts
from tests.e2e.browser_site import SLUG, TIMEZONE, commands
from tests.e2e.browser_world import act, incidents, settle, sign_in_as, supplied

from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from tests.e2e.browser_world import World

TECHNICIAN, AGENCY = "technician@foping.example", "agency@province.example"
SECOND = "wuyi"
KEY = re.compile(r"\b(?:overview|need|change|species|camera|flight|reserves|side|health|reason)\.[a-z_.]+")


@pytest.fixture(scope="module")
def people(world: World) -> None:
    add_accounts(world.site, (TECHNICIAN, "technician", "Zhao Lei"))
    commands(
        world.site.state,
        ["reserve", "add", SECOND, "--name", "Wuyi", "--name-zh", "武夷", "--timezone", TIMEZONE],
        ["account", "add", AGENCY, "--role", "manager", "--name", "Province", "--password-stdin"],
    )


@pytest.fixture
def page(browser: Browser, people: None) -> Iterator[Page]:
    with sound_page(browser, width=1440, height=900) as page:
        yield page


@pytest.fixture
def phone(browser: Browser, people: None) -> Iterator[Page]:
    with sound_page(browser, width=360, height=740, has_touch=True) as page:
        yield page


def needs(page: Page) -> list[str | None]:
    page.wait_for_selector("[data-card=needs-card]")
    found: list[str | None] = page.locator(".need").evaluate_all("all => all.map((one) => one.dataset.code)")
    return found


def test_a_manager_understands_the_reserve_and_goes_to_what_needs_doing(page: Page, world: World) -> None:
    sign_in_as(page, world.site, "#overview")
    found = needs(page)
    # Nobody was put on duty, `saddle` hangs on a node that reports and is well, and nobody ever held a drill.
    assert "nobody_on_duty" in found
    assert "unanswered_fire" not in found
    zebra = page.locator(".change[data-species=Equus]")
    expect(zebra).to_have_attribute("data-status", re.compile("more|unclear"))
    expect(zebra.locator(".change-words")).to_contain_text("the week before")
    expect(zebra.locator(".change-words")).to_contain_text("camera-days")
    lion = page.locator(".change[data-species='Panthera leo']")
    expect(lion).to_have_attribute("data-status", "first_record")
    expect(page.locator("[data-card=cameras-card] [data-status=ok]")).to_contain_text("4")
    expect(page.locator("[data-card=pictures-card] .shot").first).to_be_visible()
    page.locator("[data-code=nobody_on_duty] a.button").click()
    expect(page.locator("main.desk[data-section=roster]")).to_be_visible()
    page.go_back()
    page.locator(".change[data-species=Equus] .species-name").click()
    expect(page.locator("main.species h2").first).to_contain_text("Zebra")


def test_a_fire_comes_first_as_soon_as_it_is_seen(page: Page, world: World) -> None:
    sign_in_as(page, world.site, "#overview")
    needs(page)
    try:
        _sees_a_fire(page, world)
    finally:
        settle(page, world.site)  # the other tests know a reserve where nothing burns


def _sees_a_fire(page: Page, world: World) -> None:
    picture, at = uuid7(), utc_now() - timedelta(seconds=20)
    world.node.say(
        world.node.suspicion("ridge", at, picture), world.node.picture("ridge", at, picture, (640, 480))
    )
    first = page.locator(".need").first
    expect(first).to_have_attribute("data-code", "unanswered_fire")
    expect(page.locator(".need[data-code=nobody_on_duty]")).to_have_attribute("data-severity", "now")
    first.locator("a.button").click()
    expect(page.locator(".desk-detail[data-state=new]")).to_be_visible()
    # What the incident's page must have: what was seen, what was done, who was called.
    for part in ("log", "called", "evidence"):
        expect(page.locator(f".desk-detail [data-card={part}]")).to_be_visible()
    (fire,) = [one for one in incidents(page, world.site) if one["state"] == "new"]
    act(page, world.site, fire["id"], "acknowledge")
    page.goto(f"{world.site.url}/#overview")
    expect(page.locator(".need[data-code=burning_fire]")).to_be_visible()
    expect(page.locator("[data-card=fires-card] [data-burning=true]")).to_have_count(1)
    act(page, world.site, fire["id"], "false_alarm", reason="fog")
    expect(page.locator(".need.fire")).to_have_count(0)


def test_a_species_page_tells_how_many_when_and_where(page: Page, world: World) -> None:
    sign_in_as(page, world.site, "#species")
    page.get_by_role("searchbox").fill("斑马")  # in Chinese on the English page
    expect(page.locator(".species-seen tbody tr")).to_have_count(1)
    page.locator("[data-species=Equus] a").click()
    expect(page.locator(".species-names")).to_contain_text("斑马")
    expect(page.locator(".species-names [lang=la]")).to_have_text("Equus")
    expect(page.locator("[data-card=counts] [data-figure=rate]")).to_be_visible()
    expect(page.locator("[data-card=counts]")).to_contain_text("95% interval")
    expect(page.locator("[data-plot=series] .point").first).to_be_visible()
    # Where no camera looked the map is hatched, and says so.
    expect(page.locator("[data-card=where] .cell.unseen").first).to_be_visible()
    expect(page.locator("[data-card=where] .grid-legend")).to_contain_text("Not observed")
    expect(page.locator("[data-card=activity]")).not_to_contain_text("Loading")
    expect(page.locator("[data-card=best] .shot").first).to_be_visible()
    page.locator("#species-area").select_option(label="Bare hills")
    expect(page).to_have_url(re.compile("area=zone"))
    expect(page.locator("[data-card=counts] [data-status=not_observed]")).to_be_visible()
    expect(page.locator("[data-card=counts] [data-figure]")).to_have_count(0)
    page.reload()
    expect(page.locator("[data-card=counts] [data-status=not_observed]")).to_be_visible()
    page.go_back()
    expect(page.locator("[data-card=counts] [data-figure=rate]")).to_be_visible()
    page.get_by_role("link", name="Counts and comparisons").click()
    expect(page.locator("[data-chosen=Equus]")).to_be_visible()


def test_a_technician_finds_what_is_wrong_with_a_camera(page: Page, world: World) -> None:
    sign_in_as(page, world.site, "#overview", TECHNICIAN)
    page.locator("nav.pages").get_by_role("link", name="Cameras").click()
    expect(page.locator("main.cameras tbody tr")).to_have_count(4)
    page.get_by_role("searchbox").fill("ridge")
    expect(page.locator("main.cameras tbody tr")).to_have_count(1)
    page.locator("main.cameras tbody a").click()
    expect(page.locator("main.camera h2").first).to_have_text("ridge")
    expect(page.locator("[data-card=latest] img")).to_be_visible()
    expect(page.locator("[data-card=latest] .taken")).to_contain_text(re.compile("ago|just now"))
    expect(page.locator("[data-card=live]")).to_be_visible()
    expect(page.locator("[data-card=health]")).to_contain_text("It looks, and reports in time.")
    looked = page.locator("[data-card=effort] g[data-day]")
    expect(looked).not_to_have_count(0)
    assert 13 <= looked.count() <= 16
    expect(page.locator("[data-card=lately] li")).to_have_count(12)
    masks = page.get_by_role("link", name="Fire masks")
    expect(masks).to_have_attribute("href", f"#fire/masks/{world.site.deployments['ridge']}")
    page.goto(f"{world.site.url}/#camera/{world.site.deployments['saddle']}")
    expect(page.locator("main.camera h2").first).to_have_text("saddle")
    expect(page.locator("[data-card=latest]")).to_contain_text("No picture has come")
    expect(page.locator("[data-card=effort]")).to_contain_text("It has not looked on any day")
    expect(page.locator("[data-card=effort] rect.unseen[data-day]")).not_to_have_count(0)
    page.goto(f"{world.site.url}/#camera/{uuid7()}")
    expect(page.locator("main.camera")).to_contain_text("no such camera")


def test_what_a_node_lives_on_and_what_its_sensors_say(page: Page, world: World) -> None:
    """Three days of power with a hole in them, and a day of weather, through the broker as in the field; then
    the camera's page, and the map."""
    beats, readings = supplied(world)
    world.node.say(*beats, *readings)
    try:
        _sees_power_and_sensors(page, world, len(beats), len(readings))
    finally:
        # The other tests know a node that lacks nothing.
        world.node.say(world.node.heartbeat({}))


def _sees_power_and_sensors(page: Page, world: World, beats: int, readings: int) -> None:
    sign_in_as(page, world.site, f"#camera/{world.site.deployments['ridge']}", TECHNICIAN)
    power_card, sensors = page.locator("[data-card=power]"), page.locator("[data-card=sensors]")
    expect(power_card).to_contain_text("13.10 V")
    expect(power_card.locator("svg path.curve")).to_have_count(2)  # no line over what nobody knows
    expect(power_card.locator("svg rect.work-band.low")).not_to_have_count(0)
    expect(power_card.locator("table.energy")).to_contain_text(f"{6.5 * beats:.0f} Wh")
    expect(power_card.locator("table.energy")).to_contain_text("g CO₂e")
    expect(sensors.locator("svg")).to_have_count(4)
    expect(sensors.locator("path.wind")).not_to_have_count(0)
    with page.expect_download() as download:
        sensors.get_by_role("link", name="Readings of a year").click()
    assert download.value.path().read_text().count("\n") == 1 + readings
    legible(page, "main")
    power_card.scroll_into_view_if_needed()
    if folder := os.environ.get("FIELDWATCH_SCREENS"):
        screenshot(page, Path(folder) / "side-camera-power-en.png")
    page.goto(f"{world.site.url}/#map")
    page.wait_for_selector(".map[data-state=idle]")
    page.wait_for_function(
        """async () => (await (await fetch("/api/v1/reserves/foping/sensors")).json()).items.length === 1"""
    )
    expect(page.locator("[data-layer=stations]")).to_contain_text("Weather and water")
    if folder:
        screenshot(page, Path(folder) / "map-stations-en.png")


def test_a_manager_looks_at_a_flight_and_writes_down_the_next(page: Page, world: World) -> None:
    flight = flown(world)
    sign_in_as(page, world.site, "#camera")
    page.get_by_role("link", name="Drone flights").click()
    page.get_by_role("link", name=NAME).click()
    told = page.request.get(f"{world.site.url}/api/v1/deployments/{flight}/flight").json()
    assert told["pictures"] == PICTURES
    for name, n in (
        ("counted", told["apart"]),
        ("overlapping", PICTURES - BARE - told["apart"]),
        ("groundUnknown", BARE),
    ):
        expect(page.locator(f"[data-card=looked] [data-figure={name}]")).to_have_text(str(n))
    zebra = next(one for one in told["animals"] if one["scientific_name"] == "Equus")
    row = page.locator("[data-taxon=Equus]")
    expect(row).to_contain_text(f"{zebra['counted']} counted; {zebra['seen']} seen")
    shown = float(row.locator("[data-figure=density]").inner_text())
    assert shown == pytest.approx(zebra["density"]["estimate"], rel=0.01)
    seen = sum(one["seen"] for one in told["animals"])
    expect(page.locator(".flight-map circle.animal")).to_have_count(seen)
    expect(page.locator("[data-card=pictures] .flight-boxes rect")).to_have_count(seen)
    page.locator("[data-card=pictures] .shot-open").first.click()
    expect(page.locator("dialog.picture")).to_be_visible()
    page.keyboard.press("Escape")

    page.get_by_role("link", name="All flights").click()
    page.get_by_role("link", name="New flight").click()
    page.get_by_label("Name of the place").fill("Marsh")
    page.get_by_label("Latitude").fill("33.65")
    page.get_by_label("Longitude").fill("107.77")
    page.locator("select[name=node]").select_option("mast-1")
    page.get_by_role("button", name="Save the flight").click()
    page.get_by_role("link", name="Bring in its pictures").click()
    expect(page.locator("main.flight")).to_contain_text("No picture has come yet.")
    expect(page).to_have_url(re.compile("#flight/."))
    made = page.url.rsplit("/", maxsplit=1)[1]
    expect(page.locator("[data-card=bring-in] pre")).to_contain_text(
        f"--deployment {made} --timezone {TIMEZONE}"
    )
    listed = page.request.get(f"{world.site.url}/api/v1/reserves/{SLUG}/flights").json()["items"]
    assert (made, "Marsh") in [(one["id"], one["name"]) for one in listed]
    standing = page.request.get(f"{world.site.url}/api/v1/reserves/{SLUG}/deployments").json()["features"]
    assert made not in [one["id"] for one in standing]


def test_an_agency_sees_its_reserves_side_by_side(page: Page, world: World) -> None:
    sign_in_as(page, world.site, "#reserves", AGENCY)
    expect(page.locator(".reserve-card")).to_have_count(2)
    expect(page.locator(f"[data-reserve={SECOND}]")).to_contain_text("No camera looked this week")
    expect(page.locator(f"[data-reserve={SLUG}]")).to_contain_text("species seen")
    page.get_by_role("button", name="Open Wuyi").click()
    expect(page.locator("main.overview")).to_be_visible()
    expect(page.locator(".need[data-code=no_camera]")).to_be_visible()
    expect(page.locator(".needs-group.when_convenient .need[data-code=no_boundary]")).to_be_visible()
    page.get_by_role("link", name="Reserves", exact=True).click()
    expect(page.locator(".reserve-card")).to_have_count(2)


def test_a_manager_of_one_reserve_is_told_of_no_other(page: Page, world: World) -> None:
    sign_in_as(page, world.site, "#reserves")
    expect(page.locator(".reserve-card")).to_have_count(1)
    expect(page.locator("nav.pages").get_by_role("link", name="Administration")).to_be_visible()
    expect(page.get_by_role("link", name="Reserves", exact=True)).to_have_count(0)


def test_on_a_phone_the_pages_fold_behind_a_button(phone: Page, world: World) -> None:
    sign_in_as(phone, world.site, "#overview")
    needs(phone)
    menu = phone.get_by_role("button", name="Menu")
    expect(phone.locator("nav.pages")).to_be_hidden()
    menu.tap()
    expect(menu).to_have_attribute("aria-expanded", "true")
    phone.keyboard.press("Tab")
    phone.keyboard.press("Escape")
    expect(phone.locator("nav.pages")).to_be_hidden()
    menu.tap()
    phone.locator("nav.pages").get_by_role("link", name="Cameras").tap()
    expect(phone.locator("main.cameras")).to_be_visible()
    expect(phone.locator("nav.pages")).to_be_hidden()
    camera = world.site.deployments["ridge"]
    for where in ("#overview", "#species", "#species/Equus", "#camera", f"#camera/{camera}", "#reserves"):
        phone.goto(f"{world.site.url}/{where}")
        phone.wait_for_selector(READY[where.strip("#").partition("/")[0]])
        wide = phone.evaluate("document.querySelector('main').scrollWidth")
        assert wide <= 360, f"{where} is {wide} px wide"
        assert phone.evaluate("document.documentElement.scrollWidth") <= 360


READY = {
    "overview": "main.overview [data-card=changed-card]",
    "species": "main.species [data-card=counts] [data-figure], main.species-index tbody",
    "camera": "main.camera, main.cameras",
    "reserves": ".reserve-card",
}
SHOWN = {
    "overview": "#overview",
    "species": "#species/Equus",
    "species-list": "#species",
    "camera": "#camera/{ridge}",
    "camera-list": "#camera",
    "flight": "#flight/{flight}",
    "flight-list": "#flight",
    "reserves": "#reserves",
}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_reads_well_in_both_languages(page: Page, phone: Page, world: World, language: str) -> None:
    """Also writes the pictures of the documentation, where FIELDWATCH_SCREENS names a folder."""
    folder = os.environ.get("FIELDWATCH_SCREENS")
    for narrow, shown in ((False, page), (True, phone)):
        sign_in_as(shown, world.site, "#overview", AGENCY, language)
        needs(shown)
        shown.locator("select").first.select_option(SLUG)
        for name, where in SHOWN.items():
            filled = where.format(ridge=world.site.deployments["ridge"], flight=flown(world))
            shown.goto(f"{world.site.url}/{filled}")
            ready(shown)
            text = shown.locator("main").inner_text()
            assert KEY.findall(text) == []
            legible(shown, "main")
            if folder and (not narrow or name in {"overview", "camera"}):
                file = f"side-{name}{'-phone' if narrow else ''}-{language}.png"
                screenshot(shown, Path(folder) / file)


def ready(page: Page) -> None:
    """Everything is read, and every picture on show has come."""
    page.wait_for_selector("main.side-page")
    page.wait_for_function(
        """() => document.querySelector(".side-page") && !document.querySelector(".side-loading") &&
        [...document.querySelectorAll(".side-page img")]
            .filter((one) => one.getBoundingClientRect().top < innerHeight)
            .every((one) => one.complete)"""
    )
