"""The review page in a real browser over the real service: what a researcher corrects is what the API says.

The tests share one service; each has a picture or a camera of its own, and asks for it in the address.
"""

from __future__ import annotations

import json
import os
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect
from tests.e2e.browser_page import drawn_anew, legible, screenshot, sound_page
from tests.e2e.browser_review import Seen, add_accounts, drag, now_less, on_picture, report, stored
from tests.e2e.browser_site import EMAIL, PASSWORD, SLUG, TIMEZONE, FieldNode, Site, running_site, wait_for

from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Route

RANGER, COLLEAGUE = "ranger@foping.example", "li@foping.example"
KEY = re.compile(r"\breview\.[a-z_.]+")
UNSURE = Seen("Cervidae", (0.3, 0.4, 0.25, 0.3), 0.45)


@pytest.fixture(scope="module")
def site(short_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(short_dir / "review", tmp_path_factory.mktemp("site")) as site:
        add_accounts(site, (RANGER, "ranger", "Ranger Wu"), (COLLEAGUE, "researcher", "Li Wei"))
        yield site


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with sound_page(browser, width=1440, height=900) as page:
        yield page


@pytest.fixture
def colleague(browser: Browser) -> Iterator[Page]:
    with sound_page(browser, width=1200, height=800) as page:
        yield page


@pytest.fixture
def own_clocks_afterwards(page: Page, site: Site) -> Iterator[None]:
    """Whatever becomes of the test: the others know cameras whose clocks are right."""
    yield
    api, headers = f"{site.url}/api/v1", {"Origin": site.url}
    who = {"email": EMAIL, "password": PASSWORD}
    assert page.request.post(f"{api}/login", data=who, headers=headers).ok
    for camera in site.deployments.values():
        undone = page.request.delete(f"{api}/deployments/{camera}/clock-corrections/current", headers=headers)
        assert undone.ok, undone.text()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    with sound_page(browser, width=360, height=740, has_touch=True) as page:
        yield page


def enter(page: Page, site: Site, where: str = "", email: str = EMAIL) -> None:
    """Sign in at `#review`, or at a place in it, and wait for the picture."""
    page.goto(f"{site.url}/#review{where}")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector(".stage image[data-state=ready]")


def see(page: Page, media_id: UUID) -> None:
    page.wait_for_selector(f"main[data-picture='{media_id}']")
    page.wait_for_selector(".stage image[data-state=ready]")


def all_sent(page: Page) -> None:
    drawn_anew(page)
    page.wait_for_selector("main[data-unsent='0'][data-sending=idle]")


def test_a_box_and_its_species_are_corrected(page: Page, site: Site, node: FieldNode) -> None:
    media_id = report(node, site, "ridge", now_less(30), [UNSURE], seed=1)
    enter(page, site, f"/{media_id}")
    see(page, media_id)
    expect(page.get_by_role("button", name="Box 1: Deer, 45%")).to_be_visible()
    page.mouse.click(*on_picture(page, 0.4, 0.5))
    expect(page.locator(".label-row.selected")).to_contain_text("Cervidae")
    drag(page, (0.55, 0.7), (0.65, 0.8))  # its lower right corner
    page.keyboard.press("s")
    page.get_by_role("combobox", name="Species or kind").fill("斑马")
    page.keyboard.press("Enter")
    drag(page, (0.75, 0.2), (0.9, 0.45))  # beside it: a new one, of the same species
    page.keyboard.press("s")
    page.get_by_role("combobox", name="Species or kind").fill("ailurus fulgens styani")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Save").click()
    all_sent(page)

    said = stored(page, media_id)
    first, second = said["labels"]
    assert (first["kind"], first["scientific_name"]) == ("animal", "Equus")
    assert first["box"] == pytest.approx({"x": 0.3, "y": 0.4, "width": 0.35, "height": 0.4}, abs=0.004)
    assert (second["kind"], second["scientific_name"]) == ("animal", "Ailurus fulgens styani")
    assert second["box"] == pytest.approx({"x": 0.75, "y": 0.2, "width": 0.15, "height": 0.25}, abs=0.004)
    assert said["revision"] == 1
    (revision,) = said["history"]
    assert revision["account"]
    assert revision["source"] == "web"
    assert said["proposals"][0]["scientific_name"] == "Cervidae", "the detector's word is kept beside it"


def test_enter_accepts_and_b_is_blank_and_the_progress_tells(page: Page, site: Site, node: FieldNode) -> None:
    right = report(node, site, "lick", now_less(20), [UNSURE], seed=3)
    wrong = report(node, site, "lick", now_less(21), [UNSURE], seed=4)
    enter(page, site, f"/{right}?camera={site.deployments['lick']}&species=Cervidae")
    see(page, right)
    expect(page.locator("[data-figure=progress]")).to_have_text("0 of 2 reviewed")
    page.keyboard.press("Enter")
    see(page, wrong)
    page.keyboard.press("b")
    expect(page.get_by_text("All of this list is reviewed.")).to_be_visible()
    expect(page.locator("[data-figure=progress]")).to_have_text("2 of 2 reviewed")
    all_sent(page)
    (label,) = stored(page, right)["labels"]
    assert label["scientific_name"] == "Cervidae"
    assert label["box"] == pytest.approx(dict(zip(("x", "y", "width", "height"), UNSURE.box, strict=True)))
    assert stored(page, wrong)["labels"] == []
    page.keyboard.press("z")  # nothing to undo here: back to the one before
    see(page, right)
    expect(page.get_by_text("Back at the picture before")).to_be_visible()


def test_a_reload_keeps_the_place_and_the_unsaved_work(page: Page, site: Site, node: FieldNode) -> None:
    ids = [report(node, site, "saddle", now_less(10 + i), [UNSURE], seed=i) for i in range(3)]
    enter(page, site, f"/{ids[0]}?camera={site.deployments['saddle']}&reason=low_confidence")
    page.keyboard.press("j")
    page.wait_for_function(
        "first => document.querySelector('main').dataset.picture !== first", arg=str(ids[0])
    )
    here = page.locator("main").get_attribute("data-picture")
    assert here is not None
    see(page, UUID(here))
    page.keyboard.press("n")
    expect(page.locator(".label-row")).to_have_count(2)
    page.reload()
    see(page, UUID(here))
    expect(page.get_by_label("Camera")).to_have_value(str(site.deployments["saddle"]))
    expect(page.get_by_label("Reason")).to_have_value("low_confidence")
    expect(page.locator(".label-row")).to_have_count(2)
    page.keyboard.press("z")
    expect(page.locator(".label-row")).to_have_count(1)
    page.get_by_role("button", name="Map", exact=True).click()
    expect(page.get_by_role("tab", name="Sightings")).to_be_visible()
    page.go_back()
    see(page, UUID(here))


def test_the_keyboard_alone_is_enough(page: Page, site: Site, node: FieldNode) -> None:
    media_id = report(
        node, site, "ridge", now_less(40), [UNSURE, Seen(None, (0.7, 0.6, 0.1, 0.1), 0.4)], seed=2
    )
    enter(page, site, f"/{media_id}")
    see(page, media_id)
    page.keyboard.press("]")
    expect(page.get_by_role("button", name="Box 1: Deer, 45%")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("]")
    page.keyboard.press("Delete")
    expect(page.locator(".label-row")).to_have_count(1)
    page.keyboard.press("z")
    expect(page.locator(".label-row")).to_have_count(2)
    page.keyboard.press("]")
    page.keyboard.press("]")
    page.keyboard.press("s")
    page.keyboard.type("leopard cat")
    page.keyboard.press("Enter")
    page.keyboard.press("+")
    page.keyboard.press("0")
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    all_sent(page)
    deer, cat = stored(page, media_id)["labels"]
    assert deer["box"] == pytest.approx({"x": 0.31, "y": 0.4, "width": 0.25, "height": 0.305}, abs=1e-5)
    assert cat["scientific_name"] == "Prionailurus bengalensis"


def test_what_was_said_without_a_connection_is_kept_and_sent_later(
    page: Page, site: Site, node: FieldNode
) -> None:
    media_id = report(node, site, "river", now_less(5), [UNSURE], seed=5)
    enter(page, site, f"/{media_id}")
    see(page, media_id)
    page.route("**/labels", lambda route: route.abort())
    page.keyboard.press("Enter")
    expect(page.locator("[data-pill=unsent]")).to_contain_text("the connection is lost")
    assert stored(page, media_id)["revision"] == 0
    page.unroute("**/labels")
    page.reload()
    wait_for(lambda: stored(page, media_id)["revision"] == 1, "what was kept")
    all_sent(page)
    assert len(stored(page, media_id)["history"]) == 1


def test_two_answers_for_one_picture_are_shown_side_by_side(
    page: Page, colleague: Page, site: Site, node: FieldNode
) -> None:
    media_id = report(node, site, "river", now_less(6), [UNSURE], seed=6)
    enter(page, site, f"/{media_id}")
    see(page, media_id)
    enter(colleague, site, f"/{media_id}", COLLEAGUE)
    see(colleague, media_id)
    colleague.keyboard.press("b")
    all_sent(colleague)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="two different answers").click()
    dialog = page.get_by_role("dialog", name="Two answers for one picture")
    expect(dialog).to_contain_text("Li Wei")
    expect(dialog).to_contain_text("Blank")
    assert stored(page, media_id)["revision"] == 1
    dialog.get_by_role("button", name="Store mine instead").click()
    all_sent(page)
    said = stored(page, media_id)
    assert [one["revision"] for one in said["history"]] == [2, 1]
    assert [len(one["labels"]) for one in said["history"]] == [1, 0]


def test_a_ranger_may_look_and_not_change(page: Page, site: Site, node: FieldNode) -> None:
    media_id = report(node, site, "ridge", now_less(50), [UNSURE], seed=8)
    enter(page, site, f"/{media_id}", RANGER)
    see(page, media_id)
    expect(page.get_by_text("may look at this page and not change it")).to_be_visible()
    for name in ("All right", "Blank", "New box", "Delete box 1"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    page.keyboard.press("b")
    page.keyboard.press("n")
    drag(page, (0.1, 0.1), (0.2, 0.2))
    expect(page.locator(".label-row")).to_have_count(1)
    assert stored(page, media_id)["revision"] == 0
    page.get_by_role("button", name="Map", exact=True).click()
    expect(page.get_by_role("tab", name="Sightings")).to_be_visible()
    expect(page.get_by_role("button", name="Review")).to_have_count(0)


def test_labels_go_out_and_come_back_with_a_report(page: Page, site: Site, node: FieldNode) -> None:
    media_id = report(node, site, "saddle", now_less(60), [UNSURE], seed=9)
    enter(page, site, f"/{media_id}?camera={site.deployments['saddle']}")
    see(page, media_id)
    page.get_by_role("button", name="Export, import").click()
    page.get_by_role("combobox", name="Boxes").select_option("proposed")
    with page.expect_download() as download:
        page.get_by_role("link", name="COCO").click()
    assert download.value.suggested_filename == f"{SLUG}-coco.zip"
    stranger = {
        "images": [
            {"id": 1, "file_name": f"{media_id}.jpg", "width": 960, "height": 540},
            {"id": 2, "file_name": f"{uuid7()}.jpg", "width": 960, "height": 540},
        ],
        "categories": [{"id": 1, "name": "Panthera leo"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [96, 54, 192, 108], "area": 1, "iscrowd": 0},
            {"id": 2, "image_id": 2, "category_id": 1, "bbox": [0, 0, 9, 9], "area": 81, "iscrowd": 0},
        ],
    }
    file = {"name": "labels.json", "mimeType": "application/json", "buffer": json.dumps(stranger).encode()}
    page.get_by_label("File").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Import answers").click()
    report_list = page.locator("[data-report]")
    expect(report_list).to_contain_text("1 pictures got a new answer")
    expect(report_list).to_contain_text("1 rows did not fit")
    (label,) = stored(page, media_id)["labels"]
    assert label["scientific_name"] == "Panthera leo"


def test_it_fits_a_phone_and_fingers(phone: Page, site: Site, node: FieldNode) -> None:
    media_id = report(node, site, "ridge", now_less(70), [UNSURE], seed=10)
    enter(phone, site, f"/{media_id}")
    see(phone, media_id)
    assert phone.evaluate("document.documentElement.scrollWidth") == 360
    for name in ("All right", "Blank", "New box", "List"):
        box = phone.get_by_role("button", name=name).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert box["y"] + box["height"] <= 740
        assert min(box["width"], box["height"]) >= 36
    phone.get_by_role("button", name="List").tap()
    expect(phone.get_by_label("Reason")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") == 360
    phone.locator(f"[data-item='{media_id}']").tap()
    see(phone, media_id)
    expect(phone.get_by_label("Reason")).to_be_hidden()  # with it goes half of what stood above the picture
    phone.touchscreen.tap(*on_picture(phone, 0.4, 0.5))
    expect(phone.locator(".label-row.selected")).to_have_count(1)
    phone.get_by_role("button", name="Blank").tap()
    all_sent(phone)
    wait_for(lambda: stored(phone, media_id)["labels"] == [], "the blank picture")


def events(page: Page, species: str) -> int:
    """Of the reserve's last thirty days, as the API counts them."""
    span = {"from": now_less(720).isoformat(), "to": now_less(-1).isoformat(), "taxa": [species]}
    url = page.url.split("#", maxsplit=1)[0].rstrip("/")
    headers = {"Origin": url}
    answer = page.request.post(f"{url}/api/v1/reserves/{SLUG}/counts", data=span, headers=headers)
    assert answer.ok, answer.text()
    (one,) = answer.json()["species"]
    return int(one["events"])


def looked(node: FieldNode, *places: str) -> None:
    node.say(node.heartbeat({place: (now_less(70), now_less(1)) for place in places}))


def shown(page: Page, section: str, species: str) -> str:
    return f"[data-numbers={section}] [data-numbers-of='{species}'] [data-figure=events]"


def test_the_list_is_narrowed_by_confidence_and_rarity(page: Page, site: Site, node: FieldNode) -> None:
    common = [report(node, site, "saddle", now_less(40 + 2 * i), [UNSURE], seed=20 + i) for i in range(6)]
    rare = report(
        node, site, "saddle", now_less(39), [Seen("Elephantidae", (0.2, 0.3, 0.4, 0.4), 0.62)], seed=30
    )
    enter(page, site, f"?camera={site.deployments['saddle']}")
    expect(page.locator(f"[data-item='{common[0]}']")).to_be_visible()
    kept = f"{site.url}/api/v1/reserves/{SLUG}/review?rarest=5&share=0"  # by sums that a job keeps
    wait_for(lambda: str(rare) in page.request.get(kept).text(), "the sums")
    page.get_by_label("Rarity").select_option("5")
    see(page, rare)
    expect(page.locator(f"[data-item='{common[0]}']")).to_have_count(0)
    page.get_by_label("Rarity").select_option("")
    page.get_by_label("Confidence, at least (per cent)").fill("60")
    page.keyboard.press("Enter")
    see(page, rare)
    page.get_by_label("Confidence, at most (per cent)").fill("64")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("min_confidence=0.6&max_confidence=0.64"))
    see(page, rare)
    expect(page.locator("[data-figure=progress]")).to_have_text("0 of 1 reviewed")
    page.reload()
    see(page, rare)
    expect(page.get_by_label("Confidence, at most (per cent)")).to_have_value("64")
    page.keyboard.press("Enter")
    all_sent(page)
    expect(page.locator("[data-figure=progress]")).to_have_text("1 of 1 reviewed")


def test_numbers_move_with_an_answer_and_an_earlier_one_is_restored(
    page: Page, site: Site, node: FieldNode
) -> None:
    zebra = Seen("Equus", (0.3, 0.4, 0.25, 0.3), 0.45)
    media_id = report(node, site, "lick", now_less(15), [zebra], seed=31)
    looked(node, "lick", "saddle")
    enter(page, site, f"/{media_id}")
    see(page, media_id)
    before = events(page, "Equus")
    expect(page.locator(shown(page, "here", "Equus"))).to_have_text(re.compile(rf"\s*{before}\s*"))
    page.keyboard.press("b")
    moved = page.locator(shown(page, "last", "Equus"))
    expect(moved).to_contain_text(re.compile(rf"{before}\s*→\s*{before - 1}\s*▼\s*fewer"))
    expect(page.locator("[data-figure=said]")).to_contain_text(f"events from {before} to {before - 1}")
    assert events(page, "Equus") == before - 1

    page.keyboard.press("z")
    see(page, media_id)
    page.get_by_text("Answers until now: 1").click()
    page.get_by_role("button", name="Restore: Zebra").click()
    all_sent(page)
    expect(moved).to_contain_text(re.compile(rf"{before - 1}\s*→\s*{before}\s*▲\s*more"))
    said = stored(page, media_id)
    assert [len(one["labels"]) for one in said["history"]] == [1, 0]
    expect(page.get_by_text("Answers until now: 2")).to_be_visible()
    page.keyboard.press("e")
    expect(page.locator("#review-numbers")).to_have_count(0)
    page.reload()
    see(page, media_id)
    expect(page.locator("#review-numbers")).to_have_count(0)


@pytest.mark.usefixtures("own_clocks_afterwards")
def test_a_clock_is_corrected_for_the_whole_camera_and_back(
    page: Page, colleague: Page, site: Site, node: FieldNode
) -> None:
    taken = now_less(26).replace(second=7)  # of full minutes, a browser leaves the seconds away
    lion = Seen("Panthera leo", (0.3, 0.4, 0.25, 0.3), 0.55)
    media_id = report(node, site, "lick", taken, [lion], seed=33)
    looked(node, "lick", "saddle")
    enter(page, site, f"/{media_id}")
    see(page, media_id)
    before = events(page, "Panthera leo")
    expect(page.locator(shown(page, "here", "Panthera leo"))).to_be_visible()

    page.keyboard.press("c")
    dialog = page.get_by_role("dialog", name="The clock of lick")
    wall = f"{taken.astimezone(ZoneInfo(TIMEZONE)):%Y-%m-%d %H:%M:%S}"
    expect(dialog.locator("[data-figure=camera-says]")).to_have_text(wall)
    true = datetime.fromisoformat(wall) - timedelta(days=60)
    dialog.get_by_label("True time").fill(f"{true:%Y-%m-%dT%H:%M:%S}")
    dialog.get_by_label("How is that known?").fill("the watch before the camera")
    expect(dialog.locator("[data-figure=effect]")).to_contain_text(re.compile("60 days.* earlier.*re-dated"))

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/clock-corrections", lose_the_answer, times=1)
    dialog.get_by_role("button", name="Correct for the whole camera").click()
    dialog.get_by_role("button", name="Send again").click()
    expect(dialog).to_have_count(0)
    expect(page.locator("[data-figure=own-time]")).to_contain_text(wall)
    expect(page.locator(shown(page, "last", "Panthera leo"))).to_contain_text(
        re.compile(rf"{before}\s*→\s*{before - 1}")
    )

    enter(colleague, site, f"/{media_id}", RANGER)
    see(colleague, media_id)
    colleague.keyboard.press("c")
    theirs = colleague.get_by_role("dialog", name="The clock of lick")
    expect(theirs).to_contain_text("may look at this and not change it")
    expect(theirs.locator("[data-correction]")).to_have_count(1)  # sent twice, kept once
    expect(theirs.locator("[data-correction]")).to_contain_text("the watch before the camera")
    expect(theirs.get_by_role("button", name="Undo")).to_have_count(0)

    page.keyboard.press("c")
    dialog.get_by_role("button", name="Undo").click()
    expect(dialog.locator("[data-correction=undone]")).to_contain_text("undone by")
    page.keyboard.press("Escape")
    expect(page.locator("[data-figure=own-time]")).to_have_count(0)
    expect(page.locator(shown(page, "last", "Panthera leo"))).to_contain_text(
        re.compile(rf"{before - 1}\s*→\s*{before}")
    )
    assert events(page, "Panthera leo") == before


SCREENS = {"en": ("English", "ridge", 90), "zh": ("中文", "river", 120)}


@pytest.mark.usefixtures("own_clocks_afterwards")
@pytest.mark.parametrize("language", SCREENS)
def test_it_reads_well_in_both_languages(
    page: Page, phone: Page, site: Site, node: FieldNode, language: str
) -> None:
    """Also writes the pictures of the documentation, where FIELDWATCH_SCREENS names a folder."""
    folder = os.environ.get("FIELDWATCH_SCREENS")
    name, place, seed = SCREENS[language]
    deer = Seen("Cervidae", (0.2, 0.45, 0.22, 0.3), 0.45)
    zebra = Seen("Equus", (0.58, 0.4, 0.24, 0.34), 0.55)
    ids = [
        report(node, site, place, now_less(31 + 2 * i), [deer, zebra][: 1 + i % 2], seed=seed + i)
        for i in range(4)
    ]
    looked(node, place)
    enter(page, site, f"/{ids[0]}?camera={site.deployments[place]}&max_confidence=0.6")
    page.get_by_role("button", name=name).click()
    expect(page.locator("html")).to_have_attribute("lang", {"en": "en-GB", "zh": "zh-CN"}[language])
    expect(page.locator(shown(page, "here", "Cervidae"))).to_be_visible()
    see(page, ids[0])
    page.keyboard.press("b")
    expect(page.locator(shown(page, "last", "Cervidae"))).to_be_visible()
    page.keyboard.press("z")
    see(page, ids[0])
    page.locator(".history summary").click()
    page.wait_for_function("document.querySelector('[data-notice]') !== null")
    read_well(page, "main.review")
    if folder:
        screenshot(page, Path(folder) / f"review-numbers-{language}.png")
    page.locator("[data-action=clock]").click()
    dialog = page.locator("dialog.clock-fix")
    dialog.locator("[value=offset]").check()
    dialog.locator("[name=hours]").fill("1")
    dialog.locator("[name=minutes]").fill("3")
    dialog.locator("[data-action=correct]").click()
    expect(page.locator("[data-figure=own-time]")).to_be_visible()
    page.keyboard.press("c")
    expect(dialog.locator("[data-correction=holds]")).to_be_visible()
    read_well(page, "dialog.clock-fix")
    if folder:
        screenshot(page, Path(folder) / f"review-clock-{language}.png")
    enter(phone, site, f"/{ids[1]}?camera={site.deployments[place]}")
    phone.locator("[data-action=numbers]").tap()
    expect(phone.locator("#review-numbers .figures-of").first).to_be_visible()
    phone.locator("[data-action=clock]").tap()
    expect(phone.locator("dialog.clock-fix form")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") == 360
    dialog.locator("[data-action=undo-clock]").click()
    expect(dialog.locator("[data-correction=undone]")).to_be_visible()


def read_well(page: Page, root: str) -> None:
    assert KEY.findall(page.locator(root).inner_text()) == []
    legible(page, root)
