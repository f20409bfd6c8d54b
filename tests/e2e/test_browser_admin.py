"""Administration in a real browser: what a manager who has never seen it does, with few clicks.

The tests share one service and run in any order; each has a camera, a zone or a person of its own.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from playwright.sync_api import expect
from tests.e2e.browser_desk import MANAGER, RANGER
from tests.e2e.browser_page import legible, pixel, screenshot, see_map_fitted, sound_page
from tests.e2e.browser_review import add_accounts
from tests.e2e.browser_site import PASSWORD, SLUG, Site, running_site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

KEY = re.compile(r"\b(?:admin|welcome|desk|page|repeats)\.[a-z_]+")
SECTIONS = ("start", "reserve", "zones", "cameras", "nodes", "people", "retention", "sources", "record", "me")
NEW_PASSWORD = "three grey monkeys"


@pytest.fixture(scope="module")
def site(short_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(short_dir / "admin", tmp_path_factory.mktemp("site")) as site:
        add_accounts(site, (MANAGER, "manager", "Zhang Min"))
        yield site


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with sound_page(browser, width=1440, height=900) as page:
        yield page


def enter(page: Page, site: Site, section: str, email: str = MANAGER) -> None:
    """Signed in, at a section."""
    answer = page.request.post(f"{site.url}/api/v1/login", data={"email": email, "password": PASSWORD})
    assert answer.ok, answer.text()
    page.goto(f"{site.url}/#admin/{section}")
    page.wait_for_selector(f"main.admin[data-section={section}][data-busy=false]")


def let_in(page: Page, site: Site, email: str, name: str, role: str) -> None:
    """As the manager whose session the page has; the link is used at once. Twice is once."""
    person = {"email": email, "name": name, "reserve": SLUG, "roles": [role]}
    origin = {"Origin": site.url}
    added = page.request.post(f"{site.url}/api/v1/accounts", data=person, headers=origin)
    assert added.ok, added.text()
    if link := added.json()["link"]:
        use = {"secret": link["path"].removeprefix("/#welcome/"), "password": PASSWORD}
        fresh = f"{site.url}/api/v1/password-links/use"
        answer = httpx2.post(fresh, json=use, timeout=120)
        assert answer.status_code == 200, answer.text


def asked(page: Page, site: Site, path: str) -> Any:
    """What the API answers to the page's own session."""
    answer = page.request.get(f"{site.url}/api/v1{path}")
    assert answer.ok, answer.text()
    return answer.json()


def zones(page: Page, site: Site) -> dict[str, str]:
    """Ids by English name."""
    found = asked(page, site, f"/reserves/{SLUG}/zones")["features"]
    return {one["properties"]["name"]: one["properties"]["id"] for one in found}


def cameras(page: Page, site: Site) -> dict[str, Any]:
    found = asked(page, site, f"/reserves/{SLUG}/deployments")["features"]
    return {one["properties"]["location_name"]: one for one in found}


def draw(page: Page, corners: list[tuple[float, float]]) -> None:
    """Corner by corner on the map that has taken the page; a double-click ends it."""
    page.wait_for_selector(".draw-bar")
    see_map_fitted(page)
    for place in corners:
        page.mouse.click(*pixel(page, *place))
    page.get_by_role("button", name="Finish").click()
    page.wait_for_selector("main.admin")


def test_a_camera_is_added_with_four_clicks_and_a_name(page: Page, site: Site) -> None:
    enter(page, site, "start")
    page.locator("[data-step=cameras] a").click()
    page.get_by_role("button", name="Add a camera").click()
    page.wait_for_selector(".draw-bar")
    see_map_fitted(page)
    page.mouse.click(*pixel(page, 107.76, 33.64))
    page.get_by_label("Name of the place").fill("Salt spring")
    page.get_by_role("button", name="Save the camera").click()
    expect(page.get_by_text("Salt spring is on the map.")).to_be_visible()
    made = cameras(page, site)["Salt spring"]
    lon, lat = made["geometry"]["coordinates"]
    assert (lon, lat) == (pytest.approx(107.76, abs=2e-3), pytest.approx(33.64, abs=2e-3))
    assert made["properties"]["node_id"] == "salt-spring"
    assert (made["properties"]["field_of_view_deg"], made["properties"]["height_m"]) == (60, 2)
    # What the node needs, this once.
    toml = page.locator("[data-copy=toml]").inner_text()
    assert f'deployment_id = "{made["properties"]["id"]}"' in toml
    password = page.locator("[data-copy=password]").inner_text()
    assert len(password) > 30
    page.reload()
    page.wait_for_selector("[data-camera]")
    assert password not in page.content()
    expect(page.locator("[data-camera] strong", has_text="Salt spring")).to_be_visible()


def test_a_name_that_is_taken_is_told_and_nothing_typed_is_lost(page: Page, site: Site) -> None:
    enter(page, site, ["cameras", "new"][0])
    page.goto(f"{site.url}/#admin/cameras/new")
    page.get_by_label("Name of the place").fill("Twin")
    page.get_by_label("Latitude").fill("33.65")
    page.get_by_label("Longitude").fill("107.77")
    page.get_by_text("Field of view, height, node").click()
    page.get_by_label("Short name of the new node").fill("mast-1")
    page.get_by_role("button", name="Save the camera").click()
    expect(page.get_by_role("alert")).to_contain_text("already exists")
    expect(page.get_by_label("Name of the place")).to_have_value("Twin")
    page.get_by_label("Short name of the new node").fill("twin-2")
    page.get_by_role("button", name="Save the camera").click()
    expect(page.get_by_text("Twin is on the map.")).to_be_visible()


def test_a_camera_is_corrected_and_the_record_tells(page: Page, site: Site) -> None:
    enter(page, site, "cameras")
    one = cameras(page, site)["saddle"]["properties"]["id"]
    page.locator(f"[data-camera='{one}'] a").click()
    save = page.get_by_role("button", name="Save", exact=True)
    expect(save).to_be_disabled()  # nothing was changed
    page.get_by_label("Looks towards").fill("45")
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    save.click()
    expect(page.get_by_text("The camera is corrected.")).to_be_visible()
    expect(page.locator(".entries")).to_contain_text("300")
    expect(page.locator(".entries ins")).to_have_text("45")
    page.get_by_label("Looks towards").fill("400")
    save.click()
    assert page.get_by_label("Looks towards").evaluate("input => !input.validity.valid")
    assert cameras(page, site)["saddle"]["properties"]["heading_deg"] == 45


def test_a_zone_is_drawn_and_somebody_put_on_duty(page: Page, site: Site) -> None:
    enter(page, site, "start")
    let_in(page, site, RANGER, "Wu Gang", "ranger")
    page.goto(f"{site.url}/#admin/zones")
    page.get_by_role("button", name="Draw a zone").click()
    draw(page, [(107.76, 33.57), (107.81, 33.57), (107.81, 33.60)])
    page.get_by_label("Name (English)").fill("Bamboo valley")
    page.get_by_label("Name (Chinese)").fill("竹谷")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Zones added: 1.")).to_be_visible()
    id_ = zones(page, site)["Bamboo valley"]
    row = page.locator(f"[data-zone='{id_}']")
    expect(row).to_contain_text("Nobody")
    row.get_by_role("link").click()
    page.get_by_label("Who").select_option("Wu Gang")
    page.get_by_role("button", name="Put on duty").click()
    expect(page.get_by_text("On duty from now on.")).to_be_visible()
    on_duty = asked(page, site, f"/reserves/{SLUG}/shifts")["items"]
    assert [(one["account"], one["repeats"]) for one in on_duty if one["zone_id"] == id_] == [
        ("Wu Gang", "daily")
    ]
    # Such a zone is not deleted by mistake, and the page says why.
    page.get_by_role("button", name="Delete the zone").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete the zone").click()
    expect(page.get_by_role("dialog")).to_contain_text("Wu Gang")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert "Bamboo valley" in zones(page, site)


def test_zones_of_a_file_are_named_and_saved_together(page: Page, site: Site) -> None:
    def square(west: float) -> list[Any]:
        east = west + 0.02
        return [[[west, 33.68], [east, 33.68], [east, 33.70], [west, 33.70], [west, 33.68]]]

    features = [
        {"type": "Feature", "properties": props, "geometry": {"type": "Polygon", "coordinates": square(west)}}
        for props, west in (
            ({"name": "North 1", "name_zh": "北一"}, 107.70),
            ({}, 107.73),
            ({"name": "No"}, 107.76),
        )
    ]
    file = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    enter(page, site, "zones")
    upload = {"name": "north.geojson", "mimeType": "application/geo+json", "buffer": file}
    page.locator("input[type=file]").set_input_files(upload)  # type: ignore[arg-type]
    expect(page.get_by_role("heading", name="3 zones in the file")).to_be_visible()
    expect(page.get_by_label("Name (English)").nth(1)).to_have_value("north 2")
    page.get_by_label("Name (English)").nth(1).fill("North 2")
    page.get_by_label("Take No", exact=True).uncheck()
    page.get_by_role("button", name="Save 2 zones").click()
    expect(page.get_by_text("Zones added: 2.")).to_be_visible()
    known = zones(page, site)
    assert {"North 1", "North 2"} <= known.keys()
    assert "No" not in known
    page.locator("input[type=file]").set_input_files(
        {"name": "picture.png", "mimeType": "image/png", "buffer": b"\x89PNG"}  # type: ignore[arg-type]
    )
    expect(page.get_by_role("alert")).to_contain_text("no GeoJSON")


def test_somebody_new_is_let_in_by_a_link(page: Page, browser: Browser, site: Site) -> None:
    enter(page, site, "people")
    page.get_by_role("link", name="Let somebody in").click()
    page.get_by_label("E-mail address").fill("zhao@foping.example")
    page.get_by_label("Name", exact=True).fill("Zhao Lei")
    page.get_by_role("button", name="Make the link").click()
    link = page.locator("[data-copy=link]").inner_text()
    expect(page.locator("[data-person='zhao@foping.example']")).to_contain_text("Ranger")
    with sound_page(browser, width=420, height=800) as other:
        other.goto(link)
        expect(other.get_by_role("heading", name="Welcome, Zhao Lei")).to_be_visible()
        other.get_by_label("New password").fill("short")
        other.get_by_role("button", name="Set the password").click()
        assert other.get_by_label("New password").evaluate("input => input.validity.tooShort")
        other.get_by_label("New password").fill(NEW_PASSWORD)
        other.get_by_role("button", name="Set the password").click()
        other.wait_for_selector("header.top")
        expect(other).to_have_url(re.compile("#overview"))
        other.goto(f"{site.url}/#admin")
        # A ranger finds nothing there but the own account.
        other.wait_for_selector("main.admin[data-section=me]")
        expect(other.locator(".desk-nav a")).to_have_text(["My account"])
        other.goto("about:blank")
        other.goto(link)
        expect(other.get_by_text("This link was used already")).to_be_visible()
    expect(page.locator("[data-copy=link]")).to_have_count(1)
    page.get_by_role("button", name="Close").first.click()
    expect(page.locator("[data-copy=link]")).to_have_count(0)


def test_ones_own_password_and_language(page: Page, site: Site) -> None:
    enter(page, site, "start")
    let_in(page, site, "sun@foping.example", "Sun Yi", "technician")
    enter(page, site, "me", "sun@foping.example")
    form = page.locator("[data-form=password]")
    form.get_by_label("Present password").fill("not this one at all")
    form.get_by_label("New password").fill(NEW_PASSWORD)
    form.get_by_role("button").click()
    expect(form.get_by_role("alert")).to_contain_text("the old password is another one")
    form.get_by_label("Present password").fill(PASSWORD)
    form.get_by_role("button").click()
    expect(page.get_by_text("The password is changed.")).to_be_visible()
    again = page.request.post(
        f"{site.url}/api/v1/login", data={"email": "sun@foping.example", "password": NEW_PASSWORD}
    )
    assert again.ok


def test_rules_for_pictures_say_what_they_would_remove(page: Page, site: Site) -> None:
    enter(page, site, "retention")
    people = page.locator("[data-kind=people]")
    expect(people.get_by_label("Keep for ever")).to_be_checked()
    people.get_by_label("Remove after").check()
    page.get_by_role("button", name="See what that would remove").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("No picture is that old now.")
    assert asked(page, site, f"/reserves/{SLUG}/retention")["rules"] == []
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The rules are saved.")).to_be_visible()
    (rule,) = asked(page, site, f"/reserves/{SLUG}/retention")["rules"]
    assert (rule["kind"], rule["keep_days"], rule["labelled_too"]) == ("people", 90, False)


@pytest.mark.parametrize(("language", "size"), [("en", (1440, 900)), ("zh", (360, 740))])
def test_every_section_is_whole_and_legible(
    browser: Browser, site: Site, language: str, size: tuple[int, int]
) -> None:
    """Wide in English, narrow in Chinese. Where FIELDWATCH_SCREENS names a folder, it writes the pictures of
    the documentation there: in both languages, wide."""
    folder = os.environ.get("FIELDWATCH_SCREENS")
    with sound_page(browser, *(size if folder is None else (1440, 900))) as page:
        page.add_init_script(f"localStorage.setItem('fieldwatch.language', '{language}')")
        enter(page, site, "start")
        for section in (
            *SECTIONS,
            "cameras/new",
            "nodes/new",
            "people/new",
            "zones/" + zones(page, site)["Bare hills"],
        ):
            page.goto(f"{site.url}/#admin/{section}")
            page.wait_for_selector(f"main.admin[data-section={section.split('/')[0]}][data-busy=false]")
            assert KEY.findall(page.locator("main").inner_text()) == [], section
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, section
            legible(page, "main.admin")
            if folder is not None:
                name = section.split("/")[0] + ("-form" if "/" in section else "")
                screenshot(page, Path(folder) / f"admin-{name}-{language}.png")
