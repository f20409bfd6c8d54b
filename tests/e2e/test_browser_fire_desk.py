"""The fire desk in a real browser over the real service: what a manager decides is what the service does.

The tests share one service and run in any order; each has a camera, a zone or an incident of its own.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from tests.e2e.browser_desk import MANAGER, RANGER, SECOND, SMOKE, asked, enter, see_fire
from tests.e2e.browser_page import pixel, see_map_fitted, sound_page
from tests.e2e.browser_review import add_accounts
from tests.e2e.browser_site import EMAIL, PASSWORD, SLUG, FieldNode, Site, running_site, wait_for

from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from playwright.sync_api import APIResponse, Browser, Page

KEY = re.compile(
    r"\b(?:act|action|danger|desk|device|drill|fire|gate|held|mask|plan|rule|said|whom)\.[a-z_]+"
)
SECTIONS = ("", "/roster", "/wildlife", "/masks", "/danger", "/drills", "/devices")


@pytest.fixture(scope="module")
def site(short_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(short_dir / "desk", tmp_path_factory.mktemp("site")) as site:
        add_accounts(
            site,
            (MANAGER, "manager", "Zhang Min"),
            (RANGER, "ranger", "Wu Gang"),
            (SECOND, "ranger", "Li Na"),
        )
        yield site


@pytest.fixture
def page(browser: Browser, node: FieldNode) -> Iterator[Page]:
    with sound_page(browser, width=1440, height=900) as page:
        yield page


@pytest.fixture
def ranger(browser: Browser, site: Site) -> Iterator[Page]:
    """Signed in as the ranger, who is only asked through the API."""
    with sound_page(browser, width=800, height=600) as page:
        answer = page.request.post(f"{site.url}/api/v1/login", data={"email": RANGER, "password": PASSWORD})
        assert answer.ok
        page.goto(site.url)
        yield page


@pytest.fixture
def phone(browser: Browser, node: FieldNode) -> Iterator[Page]:
    with sound_page(browser, width=360, height=740, has_touch=True) as page:
        yield page


def tell(page: Page, site: Site, path: str, body: dict[str, Any]) -> APIResponse:
    """What the page's own session posts to the API."""
    return page.request.post(f"{site.url}/api/v1{path}", data=body, headers={"Origin": site.url})


def give_device(page: Page, site: Site, email: str) -> None:
    """A device for whose session the page has. Twice is once: the same address is the same device."""
    address = {"email": email}
    made = tell(
        page, site, "/devices", {"channel": "email", "name": "Work", "address": address, "language": "zh"}
    )
    assert made.ok, made.text()


def incident_of(page: Page, suspicion: UUID) -> dict[str, Any]:
    """The incident to which a suspicion belongs, in full."""
    found: list[dict[str, Any]] = []
    for listed in asked(page, f"/reserves/{SLUG}/incidents")["items"]:
        one = asked(page, f"/incidents/{listed['id']}")
        if any(seen["id"] == str(suspicion) for seen in one["suspicions"]):
            found.append(one)
    (one,) = found
    return one


def on_stage(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where on the page a place of the camera's picture lies, given as fractions of it."""
    box = page.locator(".mask-stage").bounding_box()
    assert box is not None
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def see_picture(page: Page) -> None:
    expect(page.locator(".mask-stage img")).to_have_js_property("complete", True)
    page.locator(".mask-stage").scroll_into_view_if_needed()


def test_an_incident_shows_where_it_is_and_who_was_called(
    page: Page, site: Site, node: FieldNode, ranger: Page
) -> None:
    give_device(ranger, site, RANGER)  # else nobody can be called, which is what the page then says
    (seen, *_) = see_fire(node, site, ["ridge", "lick", "saddle"], (107.762, 33.69), utc_now())
    enter(page, site)
    one = incident_of(page, seen)
    row = page.locator(f"[data-incident='{one['id']}'].row")
    expect(row).to_contain_text("New")
    row.click()
    detail = page.locator(f"article[data-incident='{one['id']}']")
    expect(detail).to_contain_text("From bearings of several cameras that cross")
    lon, lat = one["place"]["location"]["coordinates"]
    assert (lon, lat) == pytest.approx((107.762, 33.69), abs=0.004)
    expect(detail.locator(".place")).to_contain_text(f"{lat:.5f}° N, {lon:.5f}° E")
    expect(detail.locator(".waiting-answer")).to_contain_text("answered")
    expect(detail.locator(".called")).to_contain_text("Wu Gang")
    expect(detail.locator("[data-card=evidence] tbody tr")).to_have_count(3)
    file = page.request.get(f"{site.url}{detail.get_by_role('link', name='CAP file').get_attribute('href')}")
    assert file.ok
    assert b"urn:oasis:names:tc:emergency:cap:1.2" in file.body()


def test_a_false_alarm_has_its_reason_in_the_log(page: Page, site: Site, node: FieldNode) -> None:
    (seen,) = see_fire(node, site, ["river"], (107.80, 33.57), utc_now() - timedelta(hours=2))
    enter(page, site)
    one = incident_of(page, seen)
    page.goto(f"{site.url}/#fire/incidents/{one['id']}")
    page.locator("[data-action=false_alarm]").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="False alarm").click()
    expect(dialog).to_be_visible()  # a reason is needed
    dialog.get_by_label("Chimney or village smoke").check()
    dialog.locator("[name=note]").fill("The tea factory dries its leaves.")
    dialog.get_by_role("button", name="False alarm").click()
    expect(page.get_by_text("Marked as a false alarm")).to_be_visible()
    log = page.locator("[data-card=log]")
    expect(log).to_contain_text("False alarm: Chimney or village smoke")
    expect(log).to_contain_text("The tea factory dries its leaves.")
    expect(log).to_contain_text("Zhang Min")
    after = asked(page, f"/incidents/{one['id']}")
    assert after["state"] == "false_alarm"
    assert after["log"][-1]["details"]["reason"] == "chimney"


def test_a_mask_that_is_drawn_is_what_the_node_is_to_do(page: Page, site: Site, node: FieldNode) -> None:
    see_fire(node, site, ["lick"], (107.76, 33.60), utc_now() - timedelta(hours=5))
    camera = site.deployments["lick"]
    enter(page, site, f"/masks/{camera}")
    see_picture(page)
    x, y, width, height = SMOKE
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    for corner in corners:
        page.mouse.click(*on_stage(page, *corner))
    expect(page.locator(".corner")).to_have_count(4)
    page.mouse.click(*on_stage(page, *corners[0]))  # closes it
    expect(page.locator(".draft.closed")).to_have_count(1)
    page.mouse.move(*on_stage(page, *corners[2]))
    page.mouse.down()
    page.mouse.move(*on_stage(page, x + width + 0.1, y + height + 0.1), steps=4)
    page.mouse.up()
    page.get_by_label("What is there?").fill("Chimney")
    page.get_by_role("button", name="Save the mask").click()
    expect(page.locator("[data-card=masks]")).to_contain_text("Chimney")

    said = asked(page, f"/deployments/{camera}/masks")
    (mask,) = said["items"]
    wanted = [corners[0], corners[1], (x + width + 0.1, y + height + 0.1), corners[3]]
    for got, want in zip(mask["polygon"], wanted, strict=True):
        assert got == pytest.approx(want, abs=0.004)
    assert said["desired_version"] is not None, "the node is told"
    assert mask["created_by"] == "Zhang Min"

    page.get_by_role("button", name="Remove mask 1").click()
    expect(page.get_by_text("The camera looks for fire in its whole picture.")).to_be_visible()
    assert asked(page, f"/deployments/{camera}/masks")["desired_version"] > said["desired_version"]


def test_a_mask_can_be_drawn_with_the_keyboard_alone(page: Page, site: Site, node: FieldNode) -> None:
    see_fire(node, site, ["saddle"], (107.90, 33.66), utc_now() - timedelta(hours=8))
    enter(page, site, f"/masks/{site.deployments['saddle']}")
    see_picture(page)
    page.get_by_role("group", name=re.compile("Picture to draw on")).focus()
    for key in ("Space", "Space", "Space", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".draft.closed")).to_have_count(1)
    last = page.locator(".corner").last
    before = last.get_attribute("style")
    last.focus()
    page.keyboard.press("ArrowDown")
    expect(last).not_to_have_attribute("style", before or "")
    page.keyboard.press("Delete")
    expect(page.locator(".corner")).to_have_count(2)
    expect(page.get_by_role("button", name="Save the mask")).to_be_disabled()


def test_roster_and_plan_say_who_is_called(page: Page, site: Site, ranger: Page) -> None:
    enter(page, site, "/roster")
    page.get_by_role("button", name="Add a shift", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.locator("[name=account]").select_option(label="Li Na – cannot be reached: no device")
    dialog.locator("[name=zone]").select_option(label="Bare hills")
    today = dialog.locator("[name=from]").input_value()[:10]
    dialog.locator("[name=from]").fill(f"{today}T00:00")
    dialog.locator("[name=repeats]").select_option(label="Every day")
    dialog.locator("[name=to]").fill(f"{today}T23:59")
    dialog.get_by_role("button", name="Add a shift").click()
    hills = page.locator("[data-card=now] li", has_text="Bare hills").first
    expect(hills).to_contain_text("Li Na")
    expect(hills.locator(".unreachable")).to_contain_text("no device")
    expect(page.locator("[data-card=reach] .alarm")).to_contain_text("on duty, and cannot be reached")
    expect(page.locator(".week [data-day] .turn", has_text="Li Na").first).to_be_visible()

    tell(ranger, site, "/login", {"email": SECOND, "password": PASSWORD})  # whom no other test gives a device
    give_device(ranger, site, SECOND)
    page.reload()
    expect(page.locator("[data-card=now] li", has_text="Bare hills").first).to_contain_text("Li Na")
    expect(
        page.locator("[data-card=now] li", has_text="Bare hills").first.locator(".unreachable")
    ).to_have_count(0)

    plan = page.locator("[data-card=plan]")
    plan.get_by_role("button", name="Change the plan").click()
    plan.get_by_label("Step 2: after how long").fill("3")
    plan.get_by_label("Step 2: after how long").press("Tab")
    expect(plan).to_contain_text("After 3 mins without an answer: whoever is next in the roster.")
    plan.get_by_label("Step 4: whom").select_option(label="the duty ranger")
    expect(plan.get_by_role("alert")).to_contain_text("so that no fire ends with one person")
    expect(plan.get_by_role("button", name="Save")).to_be_disabled()
    plan.get_by_label("Step 4: whom").select_option(label="everybody")
    plan.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The call plan is saved.")).to_be_visible()
    steps = asked(page, f"/reserves/{SLUG}/call-plan")["steps"]
    assert steps[1] == {"after_s": 180, "whom": "next"}


def test_a_drill_calls_and_reports(page: Page, site: Site, ranger: Page) -> None:
    give_device(ranger, site, RANGER)
    enter(page, site, "/drills")
    page.get_by_role("button", name="Start a drill").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("At once: the duty ranger")
    dialog.locator("[name=camera]").select_option(label="ridge")
    dialog.locator("[name=note]").fill("Monthly drill")
    dialog.get_by_role("button", name="Call them now").click()
    report = page.locator("[data-card=report]")
    expect(report).to_contain_text("There is no fire")
    expect(page).to_have_url(re.compile("#fire/drills/."))
    drill = page.url.rsplit("/", 1)[1]
    incident = asked(page, f"/drills/{drill}")["incident_id"]
    assert asked(page, f"/incidents/{incident}")["drill"] is True
    wait_for(lambda: asked(page, f"/drills/{drill}")["calls"], "the calls of the drill")
    done = tell(
        ranger,
        site,
        f"/incidents/{incident}/actions",
        {"id": drill, "action": "acknowledge", "done_at": utc_now().isoformat()},
    )
    assert done.ok, done.text()
    expect(report.locator("[data-figure=called]")).not_to_have_text("0")
    report.get_by_role("button", name="End the drill").click()
    expect(report).to_contain_text("There was no fire")
    expect(report).to_contain_text("Steps of the call plan")
    assert asked(page, f"/incidents/{incident}")["state"] in ("closed", "false_alarm")
    report.get_by_role("button", name="Open the drill’s incident").click()
    expect(page.locator("article.drill")).to_contain_text("This is a drill")


def test_a_fire_is_reported_by_pointing_at_the_map(page: Page, site: Site) -> None:
    enter(page, site)
    page.get_by_role("button", name="Report a fire").click()
    page.get_by_role("dialog").get_by_role("button", name="Where it burns").click()
    page.wait_for_selector(".map-frame.drawing")
    see_map_fitted(page)
    page.mouse.click(*pixel(page, 107.70, 33.58))
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("The fire is at")
    dialog.locator("[name=kind]").select_option(label="Fire")
    dialog.locator("[name=note]").fill("Told by telephone")
    dialog.get_by_role("button", name="Report", exact=True).click()
    expect(page.get_by_text("The fire is reported")).to_be_visible()
    reported = [
        one for one in asked(page, f"/reserves/{SLUG}/incidents")["items"]
        if (one["place"] or {}).get("method") == "report"
    ]  # fmt: skip
    assert len(reported) == 1
    lon, lat = reported[0]["place"]["location"]["coordinates"]
    assert (lon, lat) == pytest.approx((107.70, 33.58), abs=0.003)
    assert reported[0]["zone"]["name"] == "Bare hills"


def test_a_wildlife_rule_with_its_area(page: Page, site: Site) -> None:
    enter(page, site, "/wildlife")
    page.get_by_role("button", name="New rule").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("[name=name]").fill("Lion at the village fence")
    dialog.locator("[data-field=species]").fill("Lion")
    dialog.locator("[data-field=species]").press("Tab")
    expect(dialog.locator(".chip")).to_contain_text("Lion")
    dialog.get_by_role("button", name="Draw an area").click()
    page.wait_for_selector(".map-frame.drawing")
    see_map_fitted(page)
    for corner in [(107.70, 33.64), (107.80, 33.64), (107.75, 33.68)]:
        page.mouse.click(*pixel(page, *corner))
        page.wait_for_timeout(400)  # two clicks at once would be a double click
    page.get_by_role("button", name="Finish").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("[name=name]")).to_have_value("Lion at the village fence")
    dialog.locator("[name=quiet_from]").fill("22:00")
    dialog.locator("[name=quiet_to]").fill("06:00")
    dialog.get_by_role("button", name="Save").click()
    rule = page.locator("[data-rule]", has_text="Lion at the village fence")
    expect(rule).to_contain_text("Lion in the drawn area: call the duty ranger.")
    expect(rule).to_contain_text("Quiet hours 22:00–06:00.")
    (stored,) = asked(page, f"/reserves/{SLUG}/alert-rules")["items"]
    assert stored["scientific_names"] == ["Panthera leo"]
    assert stored["area"]["type"] == "MultiPolygon"


def test_what_a_gate_holds_back_is_looked_at_and_calls(page: Page, site: Site, node: FieldNode) -> None:
    enter(page, site, "/danger")
    sun = timedelta(hours=107.8 / 15)
    noon = (utc_now() + sun).replace(hour=12, minute=0, second=0, microsecond=0) - sun
    if noon > utc_now():
        noon -= timedelta(days=1)
    head = "station,observed_at,temperature_c,humidity_percent,wind_kmh,rain_24h_mm,longitude,latitude"
    rows = [f"ridge,{noon.isoformat()},12,85,4,6,107.80,33.65", f"ridge,{noon.isoformat()},12,185,4,6,,"]
    weather = page.locator("[data-card=weather]")
    weather.locator("input[type=file]").set_input_files(
        {"name": "ridge.csv", "mimeType": "text/csv", "buffer": "\n".join([head, *rows]).encode()}
    )
    expect(weather.get_by_role("status")).to_contain_text("1 new or corrected")
    expect(weather.get_by_role("status")).to_contain_text("Line 3:")
    expect(page.locator("[data-card=danger]")).to_contain_text("low")

    gates = page.locator("[data-card=gates]")
    gates.get_by_role("button", name="New gate").click()
    gates.locator("[name=camera]").select_option(value=str(site.deployments["saddle"]))
    gates.get_by_label("Danger low, %").fill("45")
    gates.get_by_role("button", name="Save").click()
    gate = gates.locator(f"[data-gate='{site.deployments['saddle']}']")
    expect(gate).to_contain_text("low: 45 %")
    (seen,) = see_fire(
        node, site, ["saddle"], (107.99, 33.60), utc_now() - timedelta(hours=17), confidence=0.31
    )
    page.reload()
    expect(gate).to_contain_text("held back 1;")
    gates.get_by_role("button", name=re.compile("Look at what is held back now")).click()
    one = incident_of(page, seen)
    row = page.locator(f"[data-incident='{one['id']}'].row")
    expect(row).to_contain_text(
        "Nobody was called: the camera was 0.31 sure; at low fire danger 0.45 is needed."
    )
    expect(row.locator("img.row-picture")).to_have_js_property("complete", True)
    row.click()
    page.locator("[data-action=release]").click()
    page.get_by_role("dialog").get_by_role("button", name="Call people now").click()
    expect(page.get_by_text("People are being called.")).to_be_visible()
    assert asked(page, f"/incidents/{one['id']}")["held_back"] is None

    page.goto(f"{site.url}/#fire/danger")
    expect(gate).to_contain_text("of these, 1 called people after all")
    gate.get_by_role("button", name=re.compile("Remove the gate")).click()
    expect(gates).to_contain_text("every suspicion calls people")


def test_one_adds_a_device_for_oneself(page: Page, site: Site) -> None:
    enter(page, site, "/devices")
    expect(page.get_by_text("You cannot be reached yet")).to_be_visible()
    card = page.locator("[data-card=add-device]")
    card.locator("[name=channel]").select_option(label="SMS")
    card.locator("[name=address]").fill("+86 138 0013 8000")
    card.get_by_role("button", name="Add an address").click()
    mine = page.locator("[data-device]")
    expect(mine).to_contain_text("SMS")
    (device,) = asked(page, "/devices")["items"]
    assert device["channel"] == "sms"
    mine.get_by_role("button", name=re.compile("Remove")).click()
    expect(page.get_by_text("You cannot be reached yet")).to_be_visible()


def test_who_is_no_manager_looks_and_changes_nothing(page: Page, site: Site) -> None:
    enter(page, site, "/roster", EMAIL)
    expect(page.locator("[data-card=plan]")).to_contain_text("At once")
    for name in ("Add a shift", "Change the plan", "Add a webhook"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)


def test_the_desk_speaks_chinese(page: Page, site: Site, node: FieldNode) -> None:
    see_fire(node, site, ["ridge"], (107.68, 33.70), utc_now() - timedelta(hours=11))
    enter(page, site)
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("button", name="火情台")).to_be_visible()
    for section in SECTIONS:
        page.goto(f"{site.url}/#fire{section}")
        page.wait_for_selector(f"main.desk[data-section={section[1:] or 'incidents'}][data-busy=false]")
        page.wait_for_timeout(700)  # what is read by itself
        words = page.locator("main.desk").inner_text()
        assert not KEY.findall(words), f"a key is shown in {section}"
        for heading in page.locator("main.desk h2").all_inner_texts():
            assert re.search(r"[\u4e00-\u9fff]", heading), f"in English: {heading}"


def test_it_fits_a_phone(phone: Page, site: Site, node: FieldNode) -> None:
    (seen,) = see_fire(node, site, ["river"], (107.88, 33.56), utc_now() - timedelta(hours=14))
    enter(phone, site)
    one = incident_of(phone, seen)
    for section in (*SECTIONS, f"/incidents/{one['id']}", f"/masks/{site.deployments['river']}"):
        phone.goto(f"{site.url}/#fire{section}")
        phone.wait_for_timeout(900)
        assert phone.evaluate("document.documentElement.scrollWidth") == 360, section
        overflow = phone.locator(".desk-body").evaluate("body => body.scrollWidth - body.clientWidth")
        assert overflow <= 0, f"{section or 'incidents'} is wider than the screen"
