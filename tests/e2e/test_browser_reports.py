"""The page of reports in a browser over the real service: one is made while a manager waits, read in both
languages, taken along as PDF; the schedule is set; a ranger reads and no more."""

from __future__ import annotations

import io
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader
from tests.e2e.browser_desk import MANAGER, RANGER
from tests.e2e.browser_page import legible, sound_page
from tests.e2e.browser_screens import write
from tests.e2e.browser_world import sign_in_as

from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from tests.e2e.browser_world import World

KEY = re.compile(r"\b(?:reports|page|role)\.[a-z_.]+")
MAKING_MS = 240_000
"""On a machine that has much to do; alone it takes some ten seconds."""


@pytest.fixture
def page(browser: Browser, world: World) -> Iterator[Page]:
    with sound_page(browser, width=1440, height=900) as page:
        yield page


@pytest.fixture
def phone(browser: Browser, world: World) -> Iterator[Page]:
    with sound_page(browser, width=360, height=740, has_touch=True) as page:
        yield page


def screen(page: Page, name: str) -> None:
    if folder := os.environ.get("FIELDWATCH_SCREENS"):
        write(page, Path(folder) / f"{name}.jpg")


def made(page: Page, world: World) -> None:
    """A weekly report up to yesterday is there; asked for once, by the form."""
    sign_in_as(page, world.site, "#reports")
    page.wait_for_selector("[data-card=report-list] :is(.edition, .side-empty)")
    if page.locator(".edition[data-kind=weekly][data-state=made]").count():
        return
    yesterday = utc_now() + timedelta(hours=8) - timedelta(days=1)
    page.get_by_label("Last day").fill(f"{yesterday:%Y-%m-%d}")
    page.get_by_role("button", name="Make the report").click()
    expect(page.locator(".report-making").first).to_contain_text("Being made")
    expect(page.locator(".edition[data-state=made]").first).to_be_visible(timeout=MAKING_MS)
    expect(page.locator(".report-making")).to_have_count(0, timeout=MAKING_MS)


def test_a_manager_has_a_report_made_and_reads_it(page: Page, world: World) -> None:
    made(page, world)
    edition = page.locator(".edition").first
    expect(edition.locator("h3")).to_contain_text("Weekly report")
    expect(edition.locator(".report-headlines li").first).to_contain_text("camera-days")
    expect(edition.locator(".report-files li")).to_have_count(2)
    assert not KEY.search(page.locator("#panel").inner_text())
    legible(page, ".reports-side")
    screen(page, "reports-en")
    # The PDF is taken along, in Chinese.
    with page.expect_download() as downloading:
        edition.locator("[data-language=zh] a", has_text="PDF").click()
    download = downloading.value
    assert re.fullmatch(r"foping-weekly-\d{4}-\d\d-\d\d-zh\.pdf", download.suggested_filename)
    pdf = PdfReader(io.BytesIO(Path(download.path()).read_bytes()))
    assert "佛坪" in pdf.pages[0].extract_text()
    # And read in the browser, under a policy of its own that lets nothing in.
    for language, said in (("en", "At a glance"), ("zh", "概览")):
        with page.context.expect_page() as opening:
            edition.locator(f"[data-language={language}] a").first.click()
        report = opening.value
        broken: list[str] = []
        report.on("console", lambda line, broken=broken: broken.append(line.text))
        report.wait_for_load_state()
        report.reload()
        expect(report.get_by_role("heading", name=said)).to_be_visible()
        # Its one style sheet holds, its plots are drawn.
        band = report.locator(".band").evaluate("e => getComputedStyle(e).backgroundColor")
        assert band == "rgb(10, 63, 54)"
        drawn = report.locator("img.plot").evaluate_all("all => all.map((one) => one.naturalWidth)")
        assert drawn
        assert min(drawn) > 300
        assert broken == []
        screen(report, f"report-page-{language}")
        report.close()


def test_a_manager_sets_the_schedule_and_sees_who_is_not_reached(page: Page, world: World) -> None:
    sign_in_as(page, world.site, "#reports")
    form = page.locator("[data-form=schedule]")
    form.get_by_label("Every week").check()
    form.locator("select[name=weekday]").select_option(label="Friday")
    form.locator("select[name=weekly-hour]").select_option("18")
    form.get_by_label("Wu Gang").check()
    form.get_by_role("button", name="Save the schedule").click()
    expect(form.get_by_text("Saved.")).to_be_visible()
    expect(form.get_by_text(re.compile("Next: .*18:00"))).to_be_visible()
    expect(form.get_by_text(re.compile("Not reached until.*Wu Gang"))).to_be_visible()
    page.reload()
    expect(form.get_by_label("Wu Gang")).to_be_checked()
    expect(form.locator("select[name=weekday]")).to_have_value("4")
    form.get_by_label("Every week").uncheck()
    form.get_by_label("Wu Gang").uncheck()
    form.get_by_role("button", name="Save the schedule").click()
    expect(form.get_by_text("Saved.")).to_be_visible()
    expect(form.get_by_text(re.compile("Next:"))).to_have_count(0)


def test_a_ranger_reads_in_chinese_on_a_phone(page: Page, phone: Page, world: World) -> None:
    made(page, world)
    sign_in_as(phone, world.site, "#reports", RANGER, "zh")
    expect(phone.locator(".edition h3").first).to_contain_text("周报")
    expect(phone.locator(".edition .report-headlines li").first).to_contain_text("相机日")
    assert phone.locator("form").count() == 0
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = phone.locator("#panel a.button").evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect()).filter((box) => box.height < 24).length"
    )
    assert small == 0
    screen(phone, "reports-phone-zh")
    if os.environ.get("FIELDWATCH_SCREENS"):
        phone.add_init_script("localStorage.setItem('fieldwatch.language', 'en')")
        phone.reload()
        expect(phone.locator(".edition .report-headlines li").first).to_contain_text("camera-days")
        screen(phone, "reports-phone-en")
    # The link of a mail leads to its report.
    id_ = phone.locator(".edition").first.get_attribute("data-report")
    phone.goto(f"{world.site.url}/#reports/{id_}")
    expect(phone.locator(f".edition.marked[data-report='{id_}']")).to_be_visible()


def test_the_page_in_chinese(page: Page, world: World) -> None:
    made(page, world)
    page.context.clear_cookies()
    sign_in_as(page, world.site, "#reports", MANAGER, "zh")
    page.reload()
    expect(page.get_by_role("heading", name="计划与收件人")).to_be_visible()
    expect(page.locator(".edition .report-headlines li").first).to_contain_text("相机日")
    assert not KEY.search(page.locator("#panel").inner_text())
    screen(page, "reports-zh")
