"""The ranger's phone in a real browser of a phone's size, over the real service: a push is shown, opens the
fire, and is answered, with a link and without one.

The tests share one service and may run in any order: each has a fire at a place of its own.
"""

from __future__ import annotations

import io
import itertools
import os
import random
import uuid
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from playwright.sync_api import expect
from tests.e2e.browser_desk import see_fire
from tests.e2e.browser_page import WAIT_MS, legible, screenshot, sound_page
from tests.e2e.browser_ranger import (
    CLICK,
    MANAGER,
    NEXT,
    NOTIFICATIONS,
    PHONE,
    RANGER,
    Caller,
    Pusher,
    Wire,
    add_people,
    done,
    reached,
    sign_in,
    worker,
)
from tests.e2e.browser_site import CAMERAS, SLUG, START_S, FieldNode, Site, running_site, wait_for
from tests.integration.push_receiver import PushService

from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

HERE = {"longitude": 107.80, "latitude": 33.62, "accuracy": 12}
BUDGET = 60_000
"""Bytes over the wire for one opened alert: requests and answers, with headers, picture included."""
FIRST_LOAD = 100_000
"""Bytes of the app itself, once, with everything that it needs without a link."""
LARGEST_PICTURE = 300_000


@pytest.fixture(scope="module")
def pushes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PushService]:
    with PushService(tmp_path_factory.mktemp("pushes")) as service:
        yield service


@pytest.fixture(scope="module")
def site(pushes: PushService, short_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    settings = {
        "FIELDWATCH_NOTIFY_CA_FILE": str(pushes.ca_file),
        "FIELDWATCH_NOTIFY_PRIVATE_NETWORKS": "true",  # our push service is on this machine
        "FIELDWATCH_NOTIFY_VAPID_SUBJECT": "mailto:fire@foping.example",
    }
    with running_site(short_dir / "ranger", tmp_path_factory.mktemp("site"), settings) as site:
        add_people(site)
        yield site


@pytest.fixture(scope="module")
def manager(site: Site) -> Iterator[Caller]:
    with Caller(site, MANAGER) as caller:
        yield caller


@pytest.fixture
def ranger(site: Site) -> Iterator[Caller]:
    with Caller(site, RANGER) as caller:
        yield caller


@pytest.fixture
def colleague(site: Site) -> Iterator[Caller]:
    with Caller(site, NEXT) as caller:
        yield caller


@pytest.fixture
def wire(site: Site) -> Iterator[Wire]:
    with Wire(site.url) as wire:
        yield wire


@pytest.fixture
def phone(browser: Browser, wire: Wire) -> Iterator[Page]:
    """A ranger's phone, who stands at `HERE`."""
    allowed = ["geolocation", "notifications"]
    options: dict[str, Any] = {"has_touch": True, "geolocation": HERE, "permissions": allowed}
    with sound_page(browser, PHONE["width"], PHONE["height"], **options) as page:
        yield page


@pytest.fixture
def fire(node: FieldNode, site: Site, manager: Caller) -> Iterator[str]:
    """A new fire that two cameras see; its id. Closed afterwards: the next is then another."""
    with new_fire(node, site, manager) as incident:
        yield incident


FIRES = itertools.count()
KEPT = """async () => {
    const names = (await caches.keys()).filter((name) => !name.includes("shell"));
    const kept = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return kept.flat().length;
}"""
"""How many answers of the cloud lie in this browser."""


@contextmanager
def new_fire(node: FieldNode, site: Site, manager: Caller) -> Iterator[str]:
    """A fire that two cameras see, closed at the end, whatever became of the test: open, it would take in the
    evidence of the next one nearby."""
    number = next(FIRES)
    place = (CAMERAS["lick"][0] - 0.03 * (number % 3), CAMERAS["lick"][1] - 0.03 - 0.02 * (number // 3 % 3))
    known = {one["id"] for one in manager.get(f"/reserves/{SLUG}/incidents")["items"]}

    def opened() -> list[str]:
        listed = manager.get(f"/reserves/{SLUG}/incidents")["items"]
        return [one["id"] for one in listed if one["id"] not in known]

    try:
        see_fire(node, site, ("ridge", "saddle"), place, utc_now(), before=timedelta(minutes=5))
        (incident,) = wait_for(opened, "the fire")
        # It is one fire from the first camera's report on; its place comes with the second's.
        wait_for(lambda: manager.get(f"/incidents/{incident}")["place"], "the place that two bearings make")
        yield incident
    finally:
        for one in opened():
            manager.act(one, "close")


def open_fire(page: Page, url: str, incident: str) -> None:
    page.goto(f"{url}/#incident/{incident}")
    page.wait_for_selector(f".incident[data-incident='{incident}']")


def see_picture(page: Page) -> None:
    # Not wait_for_function: the page's policy forbids its eval.
    drawn = "document.querySelector('figure img[src]')?.naturalWidth > 0"
    wait_for(lambda: page.evaluate(drawn), "the fire's picture")


def test_a_fire_is_shown_with_its_place_as_seen_from_where_the_ranger_stands(
    phone: Page, wire: Wire, fire: str, manager: Caller
) -> None:
    sign_in(phone, wire.url)
    phone.locator(f"[data-incident='{fire}']").tap()
    expect(phone.get_by_role("heading", name="Smoke")).to_be_visible()
    expect(phone.locator(".fire-top")).to_contain_text("New – nobody has answered")
    phone.get_by_role("button", name="Show from where I stand").tap()
    place = manager.get(f"/incidents/{fire}")["place"]
    assert place is not None, "two bearings make a place"
    expect(phone.locator(".way")).to_contain_text("km")
    expect(phone.locator(".coordinates")).to_have_text(
        f"{place['location']['coordinates'][1]:.5f}, {place['location']['coordinates'][0]:.5f}"
    )
    expect(phone.locator(".sketch .cross")).to_be_visible()
    image = phone.locator("figure img").first
    image.scroll_into_view_if_needed()
    assert wait_for(lambda: image.evaluate("one => one.naturalWidth"), "the picture") == 480


def test_it_is_acknowledged_with_one_touch(phone: Page, wire: Wire, fire: str, manager: Caller) -> None:
    sign_in(phone, wire.url, where=f"#incident/{fire}")
    phone.get_by_role("button", name="Acknowledge").tap()
    expect(phone.locator(".fire-top")).to_have_text("Acknowledged")
    wait_for(lambda: phone.evaluate("true") and done(manager, fire, "acknowledge"), "the log")
    (entry,) = done(manager, fire, "acknowledge")
    assert entry["account"] == "Wang Fang"
    phone.get_by_role("button", name="On my way").tap()
    expect(phone.locator(".log")).to_contain_text("On the way")


def test_what_is_done_without_a_link_is_sent_later_once_each(
    phone: Page, wire: Wire, fire: str, manager: Caller
) -> None:
    sign_in(phone, wire.url, where=f"#incident/{fire}")
    expect(phone.locator(".incident")).to_be_visible()
    see_picture(phone)

    wire.lose()
    phone.context.set_offline(True)
    began = utc_now()
    phone.get_by_role("button", name="Acknowledge").tap()
    expect(phone.locator(".fire-top")).to_contain_text("waiting to be sent")
    phone.get_by_role("button", name="Note", exact=True).tap()
    phone.get_by_role("textbox", name="Note").fill("Two hectares, wind from the west")
    phone.get_by_role("button", name="Save note").tap()
    phone.locator("[data-do=picture]").set_input_files(
        files=[{"name": "fire.jpg", "mimeType": "image/jpeg", "buffer": large_photo()}]
    )
    phone.get_by_label("Words for it").fill("From the road")
    phone.get_by_role("button", name="Send picture").tap()
    expect(phone.locator("[data-waiting]")).to_have_attribute("data-waiting", "3")

    phone.reload()  # without a link: the app comes from what is kept, and so does the fire
    expect(phone.locator("[data-link=lost]")).to_be_visible()
    expect(phone.locator(".fire-top")).to_contain_text("Acknowledged")
    expect(phone.locator("[data-unsent]")).to_have_count(3)
    see_picture(phone)
    assert done(manager, fire, "acknowledge") == []

    phone.get_by_role("button", name="On my way").tap()
    phone.goto("about:blank")  # the app is closed
    gone = utc_now()
    wire.swallows = 1  # the first answer is lost on the way back
    wire.find()
    phone.context.set_offline(False)
    open_fire(phone, wire.url, fire)
    expect(phone.locator("[data-waiting]")).to_have_count(0, timeout=WAIT_MS)
    expect(phone.locator("[data-unsent]")).to_have_count(0)
    expect(phone.locator(".fire-top")).to_have_text("On the way")

    log = manager.get(f"/incidents/{fire}")["log"]
    did = [one for one in log if one["account"] == "Wang Fang"]
    assert [one["action"] for one in did] == ["acknowledge", "note", "picture", "on_my_way"]
    for one in did:
        assert (
            began - timedelta(seconds=2)
            <= datetime.fromisoformat(one["done_at"])
            <= gone + timedelta(seconds=2)
        )
    assert did[1]["note"] == "Two hectares, wind from the west"
    (picture,) = manager.get(f"/incidents/{fire}")["pictures"]
    assert picture["bytes"] <= LARGEST_PICTURE
    assert picture["note"] == "From the road"
    assert (picture["account"], picture["mime"]) == ("Wang Fang", "image/jpeg")


def test_what_the_cloud_refuses_is_shown_with_what_is_possible(
    phone: Page, wire: Wire, fire: str, colleague: Caller, manager: Caller
) -> None:
    sign_in(phone, wire.url, where=f"#incident/{fire}")
    expect(phone.locator(".incident")).to_be_visible()
    wire.lose()
    phone.context.set_offline(True)
    colleague.act(fire, "contain")
    phone.get_by_role("button", name="False alarm").tap()
    phone.get_by_role("button", name="Dust").tap()
    expect(phone.locator(".fire-top")).to_contain_text("False alarm")

    wire.find()
    phone.context.set_offline(False)
    refused = phone.locator("[data-refused]")
    expect(refused).to_contain_text("“False alarm” was not accepted", timeout=WAIT_MS)
    expect(refused).to_contain_text("Contained")
    expect(phone.locator(".fire-top")).to_have_text("Contained")
    refused.get_by_role("button", name="Keep it as a note").tap()
    expect(refused).to_have_count(0)
    wait_for(lambda: phone.evaluate("true") and done(manager, fire, "note"), "the note")
    assert "False alarm" in done(manager, fire, "note")[0]["note"]
    assert done(manager, fire, "false_alarm") == []


def large_photo() -> bytes:
    """As a phone takes it: 12 megapixels that compress badly."""
    noise = Image.frombytes("L", (1000, 750), random.Random(4).randbytes(750_000))
    out = io.BytesIO()
    noise.resize((4000, 3000)).convert("RGB").save(out, "JPEG", quality=92)
    return out.getvalue()


def test_a_push_opens_the_fire_and_tells_how_far_it_came(
    phone: Page, wire: Wire, node: FieldNode, site: Site, manager: Caller, ranger: Caller, pushes: PushService
) -> None:
    """Only what lies between push service and browser is ours here: the service encrypts and sends to a real
    push service, and what that has decrypted the browser delivers to the service worker."""
    called = pushes.subscribe(ranger.get("/push/key")["public_key"])
    ranger.post(
        "/devices",
        {"channel": "web_push", "name": "Android", "address": called.address, "language": "zh"},
    )
    now = utc_now()
    hours = {"starts_at": str(now - timedelta(hours=1)), "ends_at": str(now + timedelta(hours=9))}
    manager.post(f"/reserves/{SLUG}/shifts", {"account_id": ranger.get("/me")["id"], **hours})
    sign_in(phone, wire.url)
    pusher = Pusher(phone, wire.url)

    with new_fire(node, site, manager) as incident:
        push = wait_for(
            lambda: next((one for one in called.received if one.payload["incident"] == incident), None),
            "the push",
            within_s=START_S,
        )
        # It is on record once the push service has answered, which may be after the push is here.
        wait_for(lambda: reached(manager, push) == "sent", "the record of what was sent")
        pusher.deliver(push)
        (shown,) = wait_for(lambda: worker(phone).evaluate(NOTIFICATIONS), "the notification")
        assert (shown["title"], shown["body"]) == (push.payload["title"], push.payload["body"])
        assert (shown["lang"], shown["tag"], shown["requireInteraction"]) == ("zh-CN", incident, True)
        assert shown["actions"] == ["acknowledge", "open"]
        wait_for(lambda: reached(manager, push) == "delivered", "the receipt")

        worker(phone).evaluate(CLICK, "")
        expect(phone.locator(f".incident[data-incident='{incident}']")).to_be_visible()
        wait_for(lambda: reached(manager, push) == "opened", "the second receipt")
        phone.get_by_role("button", name="Acknowledge").tap()
        expect(phone.locator(".fire-top")).to_have_text("Acknowledged")
        wait_for(lambda: reached(manager, push) == "answered", "the answer")
        assert [one["account"] for one in done(manager, incident, "acknowledge")] == ["Wang Fang"]
        expect(phone.locator(".told")).to_contain_text("answered")


def test_a_push_can_be_answered_from_the_notification_without_a_link(
    phone: Page, wire: Wire, fire: str, manager: Caller
) -> None:
    sign_in(phone, wire.url)
    pusher = Pusher(phone, wire.url)
    wire.lose()
    push = {
        "v": 1, "kind": "fire", "drill": False, "delivery": str(uuid.uuid4()), "secret": "x" * 32,
        "incident": fire, "title": "Smoke", "body": "ridge", "url": f"/#incident/{fire}", "urgent": True,
        "at": utc_now().isoformat(), "lang": "en", "tag": fire,
    }  # fmt: skip
    pusher.deliver(push)
    wait_for(lambda: worker(phone).evaluate(NOTIFICATIONS), "the notification")
    worker(phone).evaluate(CLICK, "acknowledge")

    def words() -> bool:
        return any("no link yet" in one["body"] for one in worker(phone).evaluate(NOTIFICATIONS))

    wait_for(words, "the notification to say that it waits")
    assert done(manager, fire, "acknowledge") == []
    wire.find()
    phone.reload()
    wait_for(lambda: phone.evaluate("true") and done(manager, fire, "acknowledge"), "the log")
    assert len(done(manager, fire, "acknowledge")) == 1


def test_an_opened_alert_costs_few_bytes(phone: Page, wire: Wire, fire: str) -> None:
    sign_in(phone, wire.url)
    first = wire.fall_silent(10)  # with whatever else it loads by itself, however busy the machine is
    wire.reset()
    phone.goto("about:blank")
    open_fire(phone, wire.url, fire)
    see_picture(phone)
    alert = wire.fall_silent()
    for _ in range(phone.locator("figure").count()):
        if (following := phone.get_by_role("button", name="Next picture")).is_enabled():
            following.tap()
            wire.fall_silent(0.7)
    swiped = wire.fall_silent()
    print(f"first load {first} B, alert {alert} B, with all pictures {swiped} B")
    assert alert <= BUDGET
    assert swiped <= BUDGET
    assert first <= FIRST_LOAD


def test_what_one_account_saw_is_gone_when_the_next_signs_in(
    phone: Page, wire: Wire, fire: str, manager: Caller
) -> None:
    sign_in(phone, wire.url, where=f"#incident/{fire}")
    see_picture(phone)
    wait_for(lambda: phone.evaluate(KEPT) >= 2, "the incident and its picture to be kept")
    wire.lose()
    phone.get_by_role("button", name="Acknowledge").tap()
    expect(phone.locator("[data-waiting]")).to_be_visible()
    wire.find()
    wire.lose()
    phone.goto(f"{wire.url}/#phone/settings")
    phone.get_by_role("button", name="Sign out").tap()
    expect(phone.get_by_role("alert")).to_contain_text("have not been sent yet")
    phone.get_by_role("button", name="Sign out all the same").tap()
    expect(phone.get_by_role("heading", name="Sign in")).to_be_visible()
    assert phone.evaluate(KEPT) == 0
    wire.find()
    phone.reload()
    expect(phone.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(phone, wire.url, NEXT, where=f"#incident/{fire}")
    expect(phone.locator(".incident")).to_be_visible()
    expect(phone.locator("[data-waiting]")).to_have_count(0)
    assert done(manager, fire, "acknowledge") == [], "somebody else's answer was sent"
    phone.goto(f"{wire.url}/#phone/settings")
    phone.get_by_role("button", name="Sign out").tap()
    expect(phone.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(phone, wire.url, RANGER, where=f"#incident/{fire}")
    wait_for(lambda: phone.evaluate("true") and done(manager, fire, "acknowledge"), "the answer")
    assert [one["account"] for one in done(manager, fire, "acknowledge")] == ["Wang Fang"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_reads_well_in_both_languages_by_day_and_by_night(
    phone: Page, wire: Wire, fire: str, language: str
) -> None:
    """Also writes the pictures of the guide, where FIELDWATCH_SCREENS names a folder."""
    folder = os.environ.get("FIELDWATCH_SCREENS")

    def picture(name: str) -> None:
        if folder:
            screenshot(phone, Path(folder) / f"phone-{name}-{language}.png")

    sign_in(phone, wire.url)
    phone.goto(f"{wire.url}/#phone/settings")
    phone.get_by_role("button", name={"en": "English", "zh": "中文"}[language]).tap()
    expect(phone.locator("html")).to_have_attribute("lang", {"en": "en-GB", "zh": "zh-CN"}[language])
    phone.evaluate("scrollTo(0, 0)")
    legible(phone, ".phone")
    picture("settings")
    phone.goto(f"{wire.url}/#phone")
    expect(phone.locator(f"[data-incident='{fire}']")).to_be_visible()
    picture("list")
    phone.locator(f"[data-incident='{fire}']").tap()
    title = {"en": "New – nobody has answered", "zh": "新火情 – 尚无人应答"}[language]
    expect(phone.locator(".fire-top")).to_contain_text(title)
    if (sounding := phone.locator(".silence")).count():
        sounding.tap()
    see_picture(phone)
    phone.wait_for_timeout(500)
    picture("fire")
    phone.get_by_role("button", name={"en": "Show from where I stand", "zh": "从我的位置看"}[language]).tap()
    expect(phone.locator(".way")).to_be_visible()
    phone.locator(".way").evaluate("one => one.scrollIntoView()")
    phone.evaluate("scrollBy(0, -120)")
    legible(phone, ".phone")
    picture("where")
    phone.locator("[data-do=false_alarm]").tap()
    expect(phone.locator("dialog.sheet [data-reason=cloud]")).to_be_visible()
    legible(phone, ".phone")
    picture("reasons")
    phone.locator("[data-do=cancel]").tap()
    phone.evaluate("localStorage.setItem('fieldwatch.phone.light', 'night')")
    phone.reload()
    expect(phone.locator(".incident")).to_be_visible()
    legible(phone, ".phone")
    phone.set_viewport_size({"width": 360, "height": 740})
    assert phone.evaluate("document.documentElement.scrollWidth") == 360
    for button in phone.locator(".bar button, .bar .button").all():
        assert button.evaluate("one => one.scrollWidth <= one.clientWidth"), button.inner_text()
