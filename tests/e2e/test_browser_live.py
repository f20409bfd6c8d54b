"""Live view in a real browser: a manager asks, sees a real node's camera move, and ends it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from tests.bench.mjpeg_camera import MjpegCamera
from tests.e2e.browser_page import WAIT_MS, legible, screenshot, sound_page
from tests.e2e.browser_review import add_accounts
from tests.e2e.browser_site import NODE, PASSWORD, SLUG, START_S, Site, end, running_site, wait_for
from tests.integration.edge_world import make_models
from tests.integration.live_world import pictures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

MANAGER = "manager@foping.example"
SCREENS = os.environ.get("FIELDWATCH_SCREENS")


@pytest.fixture(scope="module")
def site(short_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(short_dir / "live", tmp_path_factory.mktemp("site")) as site:
        add_accounts(site, (MANAGER, "manager", "Zhang Min"))
        yield site


@pytest.fixture
def running_node(site: Site, tmp_path: Path) -> Iterator[None]:
    """A real node with a real camera at `ridge`."""
    make_models(tmp_path / "models")
    camera = MjpegCamera(pictures(), 10)
    (tmp_path / "node.toml").write_text(
        f"""
heartbeat_s = 5
[node]
id = "{NODE}"
reserve = "{SLUG}"
state_dir = "state"
[broker]
url = "{site.broker}"
password = "{site.mqtt_password}"
[[camera]]
deployment_id = "{site.deployments["ridge"]}"
source = {{ kind = "rtsp", url = "{camera.url}", every_s = 0.5 }}
[camera.wildlife]
detector = {{ model = "square", threads = 1, allow_unsigned = true }}
"""
    )
    log = (tmp_path / "node.log").open("w")
    node = subprocess.Popen(
        [sys.executable, "-m", "fieldwatch", "edge", "run", "--config", str(tmp_path / "node.toml")],
        stdout=log,
        stderr=log,
        env={**os.environ, "FIELDWATCH_MODELS": str(tmp_path / "models")},
    )
    try:
        wait_for(lambda: "link.connected" in (tmp_path / "node.log").read_text(), "the node", node, START_S)
        yield
    finally:
        end(node)
        camera.close()
        log.close()
        print((tmp_path / "node.log").read_text()[-3000:])  # shown only where a test fails


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    with sound_page(browser, width=1440, height=900) as page:
        page.goto(site.url)
        page.get_by_label("E-mail").fill(MANAGER)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_selector("[data-connection=live]")
        yield page


def see_camera(page: Page, site: Site) -> Any:
    page.evaluate("hash => { location.hash = hash }", f"#camera/{site.deployments['ridge']}")
    live = page.get_by_role("group", name="Live view")
    live.wait_for()
    return live


def test_a_manager_sees_a_camera_live_and_ends_it(page: Page, site: Site, running_node: None) -> None:
    page.wait_for_function(
        """async (id) => {
            const answer = await (await fetch("/api/v1/reserves/foping/deployments")).json();
            return answer.features.find((one) => one.properties.id === id).properties.health.online;
        }""",
        arg=str(site.deployments["ridge"]),
    )
    live = see_camera(page, site)
    snap(page, "live-view-ask")
    ask = live.get_by_role("button", name="See live")
    ask.focus()
    page.keyboard.press("Enter")
    expect(live.get_by_role("status")).to_contain_text(re.compile("Asking the camera|first picture"))
    video = live.get_by_label("Live video of this camera")
    expect(live.get_by_role("status")).to_contain_text("The first picture came after", timeout=WAIT_MS)
    print(live.get_by_role("status").inner_text())
    first = video.evaluate("video => video.currentTime")
    page.wait_for_function(
        "first => document.querySelector('.live-video').currentTime > first + 3", arg=first
    )
    wait_for(lambda: moves(page), "a picture that moves")
    expect(live).to_contain_text("Time left")
    expect(live).to_contain_text("MB")
    legible(page, ".live-view")
    snap(page, "live-view")
    before = seconds_left(live)
    assert 0 < before <= 300
    live.get_by_role("button", name="5 more minutes").click()
    wait_for(lambda: seconds_left(live) > 300, "five more minutes")
    live.get_by_role("button", name="Stop").click()
    expect(live).to_contain_text("Stopped by")
    expect(video).to_have_count(0)
    legible(page, ".live-view")


def test_who_leaves_the_page_looks_no_more_and_a_node_that_is_away_is_told(page: Page, site: Site) -> None:
    page.wait_for_function(
        """async (id) => {
            const answer = await (await fetch("/api/v1/reserves/foping/deployments")).json();
            return !answer.features.find((one) => one.properties.id === id).properties.health.online;
        }""",
        arg=str(site.deployments["ridge"]),
    )
    live = see_camera(page, site)
    live.get_by_role("button", name="See live").click()
    expect(live.get_by_role("status")).to_contain_text("The node is not connected now")
    expect(live.get_by_role("button", name="See live again")).to_be_enabled()
    page.set_viewport_size({"width": 360, "height": 740})
    expect(live).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    snap(page, "live-view-away-360")


def seconds_left(live: Locator) -> int:
    found = re.search(r"(\d+):(\d\d)", live.locator(".live-facts").inner_text())
    assert found is not None
    return 60 * int(found[1]) + int(found[2])


def moves(page: Page) -> bool:
    """Whether two pictures of the video, a second apart, differ in more than noise."""
    return bool(
        page.evaluate(
            """async () => {
            const video = document.querySelector(".live-video"), canvas = document.createElement("canvas");
            [canvas.width, canvas.height] = [160, 90];
            const context = canvas.getContext("2d", { willReadFrequently: true });
            const look = () => {
                context.drawImage(video, 0, 0, 160, 90);
                return context.getImageData(0, 0, 160, 90).data;
            };
            const first = look();
            await new Promise((done) => setTimeout(done, 1000));
            const second = look();
            let changed = 0;
            for (let i = 0; i < first.length; i += 4) if (Math.abs(first[i] - second[i]) > 60) changed++;
            return changed > 50;
        }"""
        )
    )


def snap(page: Page, name: str) -> None:
    """In both languages, where pictures of the pages are wanted."""
    if SCREENS is None:
        return
    folder = Path(SCREENS)
    folder.mkdir(parents=True, exist_ok=True)
    if not page.locator(".languages").first.is_visible():  # on a phone, in the menu
        screenshot(page, folder / f"{name}-en.jpg")
        return
    for language, suffix in (("中文", "zh"), ("English", "en")):
        page.locator(".languages").get_by_role("button", name=language).first.click()
        page.locator(".live-view").scroll_into_view_if_needed()
        screenshot(page, folder / f"{name}-{suffix}.jpg")
