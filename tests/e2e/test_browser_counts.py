"""The research page in a real browser over the real service: what a researcher asks, reads and takes along.

The tests share one service, whose truth is in `browser_counts`; none changes what another counts.
"""

from __future__ import annotations

import json
import os
import re
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest
from playwright.sync_api import expect
from tests.camtrap_packages import zipped
from tests.e2e.browser_counts import DAYS, Truth, answered, enter, go, tell
from tests.e2e.browser_page import legible, screenshot, see_map_fitted, sound_page
from tests.e2e.browser_review import add_accounts
from tests.e2e.browser_site import EMAIL, SLUG, FieldNode, Site, running_site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

MANAGER = "manager@foping.example"
KEY = re.compile(r"\b(?:count|research|type)\.[a-z_.]+")
ALL = "?span=all"
ESTIMATE_MS = 300_000
"""On a machine that has much to do; alone it takes a few seconds."""


@pytest.fixture(scope="module")
def site(short_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(short_dir / "counts", tmp_path_factory.mktemp("site"), days=DAYS + 1) as site:
        add_accounts(site, (MANAGER, "manager", "Zhang Min"))
        yield site


@pytest.fixture(scope="module")
def truth(site: Site, node: FieldNode) -> Truth:
    return tell(node, site)


@pytest.fixture
def page(browser: Browser, truth: Truth) -> Iterator[Page]:
    with sound_page(browser, width=1440, height=900) as page:
        yield page


@pytest.fixture
def phone(browser: Browser, truth: Truth) -> Iterator[Page]:
    with sound_page(browser, width=360, height=780, has_touch=True) as page:
        yield page


def figure(page: Page, species: str, name: str) -> Locator:
    return page.locator(f".species-table [data-species='{species}'] [data-figure={name}]")


def test_the_table_has_the_numbers_that_are_true(page: Page, site: Site, truth: Truth) -> None:
    enter(page, site, ALL, EMAIL)
    for species, events in truth.events.items():
        expect(figure(page, species, "events")).to_have_text(str(events))
        expect(figure(page, species, "individuals")).to_have_text(str(truth.individuals[species]))
    expect(page.locator("[data-figure=effort]")).to_have_text(f"{truth.camera_days:g} camera-days")
    expect(page.locator("[data-figure=cameras]")).to_have_text("3 of 4")
    rate = float(figure(page, "Cervidae", "rate").inner_text().split()[0])
    assert rate == pytest.approx(100 * truth.events["Cervidae"] / truth.camera_days, rel=0.005)
    expect(page.locator(".verdict li").first).to_contain_text(re.compile("Note:|Caution:|Do not publish:"))


def test_where_nobody_looked_there_is_no_number(page: Page, site: Site, truth: Truth) -> None:
    zone_id = zone(page, site)
    enter(page, site, f"?area=zone:{zone_id}&span=all", EMAIL)
    expect(page.locator("[data-status=not_observed].not-observed")).to_contain_text("Not observed")
    expect(page.locator(".species-table")).to_have_count(0)
    from_, to = (f"{truth.start + timedelta(days=day):%Y-%m-%d}T08:00" for day in (14, 24))
    go(page, site, f"/series?span={from_}_{to}&by=day")
    expect(page.locator(".not-observed")).to_be_visible()
    expect(page.locator("[data-plot=series]")).to_have_count(0)
    go(page, site, f"/series{ALL}&by=day")
    expect(page.locator("[data-plot=series] .gap")).not_to_have_count(0)
    page.locator(".plot-table summary").click()
    silent = page.locator(".plot-table tbody tr").filter(has_text="Not observed")
    # The ten days without any camera, but for what midnight's zone cuts off.
    expect(silent.nth(8)).to_be_visible()
    assert not re.search(
        r"\b0\b.*\b0\b", silent.first.inner_text().split("camera-days", maxsplit=1)[0].replace("0 ", "", 1)
    )


def zone(page: Page, site: Site) -> str:
    """The zone in which no camera stands, asked with a session of its own."""
    answer = page.request.post(
        f"{site.url}/api/v1/login", data={"email": EMAIL, "password": "a long enough password"}
    )
    assert answer.ok
    (found,) = page.request.get(f"{site.url}/api/v1/reserves/{SLUG}/zones").json()["features"]
    page.context.clear_cookies()
    return str(found["properties"]["id"])


def test_a_link_asks_the_same_question_again(page: Page, site: Site, truth: Truth) -> None:
    shape = {
        "type": "Polygon",
        "coordinates": [
            [[107.70, 33.65], [107.75, 33.65], [107.75, 33.67], [107.70, 33.67], [107.70, 33.65]]
        ],
    }
    enter(page, site, ALL, EMAIL)
    page.locator("input[type=file]").first.set_input_files(
        {"name": "plot.geojson", "mimeType": "application/geo+json", "buffer": json.dumps(shape).encode()}
    )
    expect(page.locator("#where-question")).to_have_value("shape")
    answered(page)
    expect(page.locator("[data-figure=cameras]")).to_have_text("1 of 1")
    expect(figure(page, "Cervidae", "events")).to_have_text("40")
    page.locator("#ask-species").fill("狮")  # in Chinese on the English page
    page.keyboard.press("Enter")
    expect(page.locator("[data-chosen='Panthera leo']")).to_be_visible()
    answered(page)
    expect(figure(page, "Panthera leo", "events")).to_have_text("3")
    address = page.evaluate("location.href")
    page.goto("about:blank")
    page.goto(address)
    answered(page)
    expect(page.locator("[data-figure=cameras]")).to_have_text("1 of 1")
    expect(page.locator("[data-chosen='Panthera leo']")).to_be_visible()
    expect(figure(page, "Panthera leo", "events")).to_have_text("3")
    expect(page.locator(".species-table tbody tr")).to_have_count(1)


def test_the_map_hatches_what_nobody_looked_at(page: Page, site: Site) -> None:
    enter(page, site, f"/map{ALL}&species=Cervidae&cells=square5000", EMAIL)
    see_map_fitted(page)
    expect(page.locator(".grid-legend")).to_contain_text("Not observed")
    expect(page.locator("[data-figure=cells]")).to_contain_text(re.compile(r"\d"))
    summary = page.locator("[data-figure=cells]").inner_text()
    looked, every, unseen = (int(n) for n in re.findall(r"\d+", summary))
    assert looked + unseen == every
    assert 1 <= looked <= 3  # of three cameras that looked
    page.locator(".plot-table summary").click()
    expect(page.locator(".plot-table tbody tr")).to_have_count(looked)


def test_two_times_are_compared_in_words(page: Page, site: Site, truth: Truth) -> None:
    day = [f"{truth.start + timedelta(days=n):%Y-%m-%d}T08:00" for n in (0, 14, 24, 40)]
    enter(
        page,
        site,
        f"/compare?span={day[0]}_{day[1]}&against=span:{day[2]}_{day[3]}&species=Panthera+leo",
        EMAIL,
    )
    row = page.locator(".compare-table [data-species='Panthera leo']")
    expect(row.locator(".words")).to_contain_text(re.compile(r"times as many.*–"))
    go(page, site, f"/compare?span={day[0]}_{day[1]}&against=span:{day[1]}_{day[2]}&species=Panthera+leo")
    expect(page.locator("[data-side=b] .not-observed")).to_be_visible()
    expect(row.locator(".words")).to_contain_text("not observed on one side")


def test_an_estimate_comes_with_its_verdict_and_the_pictures_behind_it(page: Page, site: Site) -> None:
    enter(page, site, f"/estimates{ALL}&species=Cervidae&method=activity", EMAIL)
    page.get_by_text("More options").click()
    page.locator("[data-option=replicates] input").fill("50")
    page.get_by_role("button", name="Estimate", exact=True).click()
    result = page.locator(".estimate-result")
    expect(result).to_have_attribute("data-status", re.compile("estimated|unfit"), timeout=ESTIMATE_MS)
    expect(result.locator("[data-plot=clock] path.curve")).to_be_visible()
    expect(result.locator("cite")).to_contain_text("Rowcliffe")
    assert result.locator(".verdict").count() + result.locator(".verdict-none").count() == 1
    result.locator("[data-action=trace]").click()
    expect(page.locator(".traced li").first).to_be_visible()
    page.keyboard.press("Escape")
    go(page, site, f"{ALL}&species=Equus")
    page.locator("[data-species=Equus] [data-action=trace]").click()
    expect(page.locator(".traced .thumb img").first).to_have_js_property("complete", True)
    page.locator(".traced a").first.click()
    page.wait_for_selector(".stage")


def test_the_keyboard_is_enough(page: Page, site: Site, truth: Truth) -> None:
    enter(page, site, ALL, EMAIL)
    page.locator("main.research").focus()

    def tab_to(selector: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"no way to {selector} by Tab")

    tab_to("#ask-species")
    page.keyboard.type("eleph")
    page.keyboard.press("Enter")
    expect(page.locator("[data-chosen=Elephantidae]")).to_be_visible()
    answered(page)
    expect(figure(page, "Elephantidae", "events")).to_have_text(str(truth.events["Elephantidae"]))
    tab_to("[data-action=trace]")
    page.keyboard.press("Enter")
    expect(page.locator(".traced li")).to_have_count(truth.events["Elephantidae"])
    page.keyboard.press("Escape")
    expect(page.locator("dialog.trace")).to_have_count(0)
    page.locator("main.research").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the second section
    answered(page)
    expect(page.locator("[data-plot=series]")).to_be_visible()
    tab_to(".plot-table summary")
    page.keyboard.press("Enter")
    expect(page.locator(".plot-table table")).to_be_visible()


def test_a_token_is_made_there_opens_the_layers_and_is_revoked(page: Page, site: Site) -> None:
    enter(page, site, f"/files{ALL}", MANAGER)
    card = page.locator("[data-card=access]")
    card.locator("input[name=name]").fill("QGIS at the desk")
    card.locator("form button").click()
    secret = card.locator("[data-figure=token]").inner_text()
    layers = card.locator("[data-figure=ogc]").inner_text() + "collections/events/items?f=json&limit=1"
    with httpx2.Client(auth=("any", secret), timeout=120) as outside:
        assert outside.get(layers).json()["type"] == "FeatureCollection"
        made = card.locator("li", has_text="QGIS at the desk")
        made.locator("button").click()
        made.locator("button.grave").click()
        expect(made).to_have_count(0)
        expect(card.locator("[data-figure=token]")).to_have_count(0)
        assert outside.get(layers).status_code == 401


def test_records_are_taken_along_and_others_brought_in(page: Page, site: Site) -> None:
    enter(page, site, f"/files{ALL}", MANAGER)
    citation = page.locator("[data-figure=citation]").inner_text()
    assert "Foping" in citation
    assert "CC-BY-4.0" in citation
    with page.expect_download() as saved:
        page.locator("[data-format=csv]").click()
    with zipfile.ZipFile(saved.value.path()) as packed:
        inside = packed.read("CITATION.txt").decode()
    cut = re.compile(r"Accessed \S+")
    assert cut.sub("", citation) in cut.sub("", inside)
    page.locator("[data-card=datasets] input[type=file]").set_input_files(
        {"name": "musk-deer.zip", "mimeType": "application/zip", "buffer": zipped().getvalue()}
    )
    report = page.locator(".import-report")
    expect(report).to_contain_text("2 deployments")
    try:
        found = page.locator("[data-dataset]")
        expect(found).to_have_count(1)
        found.get_by_role("button", name="Remove").click()
        found.get_by_role("button", name="Remove it with all its records").click()
        expect(found).to_have_count(0)
    finally:
        _remove_data_sets(page, site)  # else the other tests would count it, too
    card = page.locator("[data-card=sensitive]")
    card.locator("input[name=name]").fill("panthera uncia")
    card.get_by_role("button", name="Add").click()
    card.locator("[data-action=keep-sensitive]").click()
    expect(card.locator("[data-species='Panthera uncia']")).to_contain_text("10 km")
    expect(page.get_by_role("status").filter(has_text="holds from now on")).to_be_visible()


def _remove_data_sets(page: Page, site: Site) -> None:
    url, headers = f"{site.url}/api/v1", {"Origin": site.url}
    for one in page.request.get(f"{url}/reserves/{SLUG}/datasets").json():
        assert page.request.delete(f"{url}/datasets/{one['id']}", headers=headers).ok


SCREENS = {
    "species": ALL,
    "series": f"/series{ALL}&by=day",
    "map": f"/map{ALL}&species=Cervidae&cells=square2000",
    "effort": f"/effort{ALL}",
    "activity": f"/estimates{ALL}&species=Cervidae&method=activity",
    "files": f"/files{ALL}",
}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_reads_well_in_both_languages(page: Page, site: Site, language: str) -> None:
    """Also writes the pictures of the documentation, where FIELDWATCH_SCREENS names a folder."""
    folder = os.environ.get("FIELDWATCH_SCREENS")
    enter(page, site, ALL, MANAGER)
    page.get_by_role("button", name={"en": "English", "zh": "中文"}[language]).click()
    expect(page.locator("html")).to_have_attribute("lang", {"en": "en-GB", "zh": "zh-CN"}[language])
    for name, where in SCREENS.items():
        go(page, site, where)
        if name == "activity":
            page.locator(".estimate-form .primary").click()
            expect(page.locator("[data-plot=clock]")).to_be_visible(timeout=ESTIMATE_MS)
            page.locator(".estimate-result").scroll_into_view_if_needed()
        if name == "map":
            see_map_fitted(page)
        text = page.locator("main.research").inner_text()
        assert KEY.findall(text) == []
        assert ("未监测" in text) if language == "zh" and name in {"series", "map", "effort"} else True
        legible(page, "main.research")
        if folder:
            screenshot(page, Path(folder) / f"counts-{name}-{language}.png")


def test_it_fits_a_phone(phone: Page, site: Site) -> None:
    enter(phone, site, ALL, MANAGER)
    for where in SCREENS.values():
        go(phone, site, where)
        wide = phone.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360, f"{where} is {wide} px wide"
    phone.locator(".ask-summary").click()
    expect(phone.locator("#ask-species")).to_be_visible()
