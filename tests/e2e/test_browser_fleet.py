"""The fleet page in a browser over the real API and database: what nodes run and how they differ, a roll-out
started in few clicks and followed until it goes back, what needs a visit, a node's log."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from tests.e2e.browser_page import legible, sound_page
from tests.e2e.browser_screens import write
from tests.e2e.browser_site import WEB
from tests.integration.api_world import PASSWORD, Running, running
from tests.integration.fleet_world import NODES, FleetWorld, model_zip

from fieldwatch_cloud.db import commands
from fieldwatch_shared.messages import LinkReport, PowerReport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from fieldwatch_cloud.db.pool import Database

OLD = {"wildlife": "wildlife@2026.10.1", "fire": "fire@2026.11.21"}
SETTINGS = {"heartbeat_s": 60.0, "link": {"media": True}}


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> FleetWorld:
    world = FleetWorld(database_url, db, tmp_path)
    world.web = WEB
    world.token("manager")
    begun = world.now
    dirty, gone, worn = NODES[7], NODES[8], NODES[4]
    for day in range(6):
        world.now = begun - timedelta(days=6 - day)
        for _ in range(4):
            world.hear(dirty, models=OLD, settings=SETTINGS, camera={"blurred": day >= 3})
            world.hear(worn, models=OLD, settings=SETTINGS, disk_free_bytes=(16 - 2 * day) * 1024**3)
            if day < 2:
                world.hear(gone, models=OLD, settings=SETTINGS)
    world.now = begun
    power = PowerReport(charge=0.82, battery_v=13.1, solar_w=21.0, load_w=4.2, measured=True)
    link = LinkReport(kind="lte", signal_dbm=-93)
    calm = [node for node in NODES if node not in (gone, NODES[9])]
    world.hear(*calm, models=OLD, settings=SETTINGS, power=power, link=link, software="fieldwatch 0.1.0")
    world.hear(NODES[9], fleet_report=False, software="fieldwatch 0.0.3")
    world.settings = world.settings.with_http("127.0.0.1", 8080)
    return world


@pytest.fixture
def served(world: FleetWorld) -> Iterator[Running]:
    with running(world) as served:
        yield served


def open_page(page: Page, served: Running, where: str, language: str = "en") -> None:
    who = {"email": "manager@example.org", "password": PASSWORD}
    answer = page.request.post(f"{served.url}/api/v1/login", data=who, headers={"Origin": served.url})
    assert answer.ok, answer.text()
    page.add_init_script(f"localStorage.setItem('fieldwatch.language', '{language}')")
    page.goto(f"{served.url}/{where}")


def screen(page: Page, name: str) -> None:
    """In both languages, the page's own at last; on a phone the menu holds the choice."""
    folder = os.environ.get("FIELDWATCH_SCREENS")
    if not folder:
        return
    first = page.evaluate("document.documentElement.lang").startswith("zh")
    menu = page.locator(".menu-button")
    for language, button in sorted({"en": "English", "zh": "中文"}.items(), reverse=not first):
        if menu.is_visible():
            menu.click()
        page.get_by_role("button", name=button, exact=True).click()
        if menu.is_visible() and menu.get_attribute("aria-expanded") == "true":
            menu.click()
        write(page, Path(folder) / f"{name}-{language}.jpg")


def test_nodes_settings_and_a_log(browser: Browser, world: FleetWorld, served: Running) -> None:
    first = NODES[0]
    with sound_page(browser, width=1440, height=1000) as page:
        open_page(page, served, "#fleet")
        expect(page.locator(".fleet-node")).to_have_count(len(NODES) + 1)  # and the world's own
        row = page.locator(f".fleet-node[data-node={first}]")
        expect(row).to_contain_text("wildlife@2026.10.1")
        expect(row.locator(".fleet-standing")).to_contain_text("as wanted")
        expect(page.locator(f".fleet-node[data-node={NODES[9]}] .fleet-standing")).to_contain_text("unknown")

        page.get_by_text("All settings, as JSON").click()
        every = page.locator("[data-card=settings] textarea")
        every.fill('{"broker": {"url": "mqtt://elsewhere"}}')
        page.get_by_role("button", name="Send the JSON").click()
        expect(page.get_by_role("alert")).to_contain_text("cannot be changed from afar")
        every.fill('{"link": {"media": true}}')
        with page.expect_response(lambda got: got.request.method == "PUT" and got.ok):
            page.get_by_role("button", name="Send the JSON").click()
        # The form keeps what it does not show, and its bounds are the cloud's.
        beat = page.get_by_label("Reports each")
        beat.fill("0.5")
        assert beat.evaluate("input => input.validity.rangeUnderflow")
        beat.fill("300")
        page.get_by_label("Sure of smoke or fire from").fill("42.5")
        with page.expect_response(lambda got: got.request.method == "PUT" and got.ok) as put:
            page.get_by_role("button", name="Send to the nodes").click()
        assert put.value.request.post_data_json == {
            "settings": {
                "link": {"media": True},
                "heartbeat_s": 300,
                "cameras": {"*": {"fire": {"detector": {"conf": 0.425}}}},
            }
        }
        world.hear(first, models=OLD, settings=SETTINGS)
        page.reload()
        expect(row.locator(".fleet-standing")).to_contain_text("2 things differ")
        legible(page, "[data-card=nodes]")
        screen(page, "fleet-nodes")

        row.locator("a").first.click()
        expect(page.locator(".fleet-table")).to_contain_text("heartbeat_s")
        page.get_by_role("button", name="Fetch the log").click()
        expect(page.locator(".fleet-logs li")).to_contain_text("Waiting for the node")
        with world.db.transaction() as conn:
            (sent,) = commands.waiting(conn, world.now)
        body = sent.body["command"]
        path = body["upload_url"].removeprefix("http://127.0.0.1:8080")
        lines = (
            '{"event": "camera.lost", "level": "warning", "timestamp": "2026-11-22T01:02:03Z", "tries": 3}\n'
        )
        put = page.request.put(
            served.url + path, data=lines, headers={"Authorization": f"Bearer {body['token']}"}
        )
        assert put.status == 204, put.text()
        page.get_by_role("button", name="Read").click()
        expect(page.locator(".fleet-lines li")).to_contain_text("camera.lost tries=3")
        screen(page, "fleet-node")


def test_a_roll_out_is_started_in_few_clicks_and_goes_back(
    browser: Browser, world: FleetWorld, served: Running
) -> None:
    with sound_page(browser, width=1440, height=1100) as page:
        open_page(page, served, "#fleet/rollouts")
        expect(page.locator("[data-card=start]")).to_contain_text("Nothing was uploaded yet")
        file = {"name": "wildlife.zip", "mimeType": "application/zip", "buffer": model_zip()}
        page.locator(".fleet-upload input").set_input_files(file)
        expect(page.locator("[data-form=rollout] option").first).to_contain_text("Model wildlife")
        page.get_by_role("button", name="What will happen?").click()
        plan = page.locator("[data-part=plan]")
        expect(plan).to_contain_text("all go back to what they had")
        expect(plan.locator("ol li")).to_have_count(3)
        screen(page, "fleet-start")
        plan.get_by_role("button", name="Start").click()
        expect(page.locator(".fleet-stages > li")).to_have_count(3)
        expect(page).to_have_url(re.compile("#fleet/rollouts/."))
        id_ = page.url.rpartition("/")[2]
        told = page.locator(".fleet-stages li[data-state=told]")
        expect(told).to_have_count(1)
        node = told.get_attribute("data-node")
        assert node is not None
        world.hear(
            node,
            models=OLD,
            settings=SETTINGS,
            said={id_: "rolled_back"},
            reason="it saw no animal in any picture",
        )
        world.advance()
        expect(page.locator(".fleet-stopped")).to_contain_text("it saw no animal in any picture")
        expect(page.locator(f".fleet-stages li[data-node={node}]")).to_contain_text("Going back")
        legible(page, "[data-card=rollout]")
        screen(page, "fleet-rollout")
    with sound_page(browser, width=360, height=740, has_touch=True) as phone:
        open_page(phone, served, "#fleet/rollouts", "zh")
        expect(phone.locator(".fleet-stopped")).to_contain_text("所有节点退回原来的版本")
        assert phone.evaluate("document.documentElement.scrollWidth") <= 360
        screen(phone, "fleet-rollout-phone")


def test_what_needs_a_visit_and_that_it_was_made(
    browser: Browser, world: FleetWorld, served: Running
) -> None:
    with sound_page(browser, width=1440, height=1000) as page:
        open_page(page, served, "#fleet/visits", "zh")
        expect(page.locator(".fleet-stop").first).to_be_visible()
        stop = page.locator(f".fleet-stop[data-stop='{world.cameras[NODES[7]]}']")
        expect(stop).to_contain_text("镜头变脏")
        expect(page.locator(".fleet-pin")).to_have_count(page.locator(".fleet-stop").count())
        legible(page, "[data-card=tour]")
        screen(page, "fleet-visits")
        stop.locator(".fleet-done summary").click()
        stop.get_by_label("做了什么").fill("擦拭镜头")
        stop.get_by_role("button", name="记录到访").click()
        expect(stop).to_have_count(0)
        expect(page.locator("[data-card=visited]")).to_contain_text("擦拭镜头")
    with sound_page(browser, width=360, height=740, has_touch=True) as phone:
        open_page(phone, served, "#fleet/visits")
        expect(phone.locator(".fleet-stop").first).to_be_visible()
        assert phone.evaluate("document.documentElement.scrollWidth") <= 360
        screen(phone, "fleet-visits-phone")
