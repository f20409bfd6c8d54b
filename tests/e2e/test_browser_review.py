"""The review page in a real browser over the real service: what a researcher corrects is what the API says.

The tests share one service; each has a picture or a camera of its own, and asks for it in the address.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from playwright.sync_api import expect
from tests.e2e.browser_page import sound_page
from tests.e2e.browser_review import Seen, add_account, drag, now_less, on_picture, report, stored
from tests.e2e.browser_site import EMAIL, PASSWORD, SLUG, FieldNode, Site, running_site, wait_for

from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

RANGER, COLLEAGUE = "ranger@foping.example", "li@foping.example"
UNSURE = Seen("Cervidae", (0.3, 0.4, 0.25, 0.3), 0.45)


@pytest.fixture(scope="module")
def site(short_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(short_dir / "review", tmp_path_factory.mktemp("site")) as site:
        add_account(site, RANGER, "ranger", "Ranger Wu")
        add_account(site, COLLEAGUE, "researcher", "Li Wei")
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
    # The page is drawn anew once a frame: what it says before that is what it said before the last key.
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
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
    enter(page, site, f"/{right}?camera={site.deployments['lick']}")
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
    page.keyboard.press("n")
    expect(page.locator(".label-row")).to_have_count(2)
    page.reload()
    assert here is not None
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
    all_sent(page)
    said = stored(page, media_id)
    assert said["revision"] == 1
    assert len(said["history"]) == 1


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
    phone.touchscreen.tap(*on_picture(phone, 0.4, 0.5))
    expect(phone.locator(".label-row.selected")).to_have_count(1)
    phone.get_by_role("button", name="Blank").tap()
    all_sent(phone)
    wait_for(lambda: stored(phone, media_id)["labels"] == [], "the blank picture", within_s=10)
