"""A manager who has never seen it sets a reserve up, asks a question, and prints the answer: by what the
screen says, without a manual, and with no more hands than we would have patience for ourselves."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from tests.e2e.browser_page import pixel, see_map_fitted, sound_page
from tests.e2e.browser_site import PASSWORD, wait_for
from tests.e2e.browser_world import MANAGER, ZEBRA, World, spring_year

from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

PATIENCE = {"camera": (5, 1), "zone": (8, 1), "duty": (4, 0), "question": (9, 1), "print": (1, 0)}
"""Clicks and choices, and fields to fill, that each task may take."""
VALLEY = [(107.70, 33.64), (107.80, 33.64), (107.80, 33.68), (107.70, 33.68)]
"""`ridge` and `lick` stand in it, `river` and `saddle` do not."""


@dataclass
class Hands:
    """What the manager does with them, counted."""

    page: Page
    clicks: int = 0
    fields: int = 0
    spent: dict[str, tuple[int, int]] = field(default_factory=dict)

    def click(self, what: Locator) -> None:
        what.click()
        self.clicks += 1

    def point(self, lon: float, lat: float) -> None:
        self.page.mouse.click(*pixel(self.page, lon, lat))
        self.clicks += 1

    def choose(self, what: Locator, words: str | re.Pattern[str]) -> None:
        option = what.locator("option", has_text=re.compile(words)).first
        expect(option).to_be_attached()
        what.select_option(label=option.inner_text())
        self.clicks += 2  # open the list, take one

    def fill(self, what: Locator, words: str) -> None:
        what.fill(words)
        self.fields += 1

    def done(self, task: str) -> None:
        """Compare what the task took with our patience, and begin anew."""
        most = PATIENCE[task]
        assert (self.clicks, self.fields) <= most, f"{task}: {self.clicks} clicks, {self.fields} fields"
        assert self.fields <= most[1], f"{task}: {self.fields} fields"
        self.spent[task] = (self.clicks, self.fields)
        self.clicks = self.fields = 0

    def link(self, name: str) -> Locator:
        return self.page.get_by_role("link", name=name, exact=True)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)


@pytest.fixture
def hands(browser: Browser, world: World) -> Iterator[Hands]:
    with sound_page(browser, width=1440, height=900) as page:
        page.goto(world.site.url)
        page.get_by_label("E-mail").fill(MANAGER)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_selector("header.top")
        yield Hands(page)


def test_from_a_first_look_to_a_printed_answer(hands: Hands, world: World) -> None:
    page = hands.page
    hands.click(hands.link("Administration"))
    hands.click(page.locator("[data-step=cameras] a"))
    hands.click(hands.button("Add a camera"))
    page.wait_for_selector(".draw-bar")
    see_map_fitted(page)
    hands.point(107.75, 33.65)
    hands.fill(page.get_by_label("Name of the place"), "Salt spring")
    hands.click(hands.button("Save the camera"))
    expect(page.get_by_text("Salt spring is on the map.")).to_be_visible()
    hands.done("camera")

    hands.click(page.locator(".desk-nav").get_by_role("link", name="Zones"))
    hands.click(hands.button("Draw a zone"))
    page.wait_for_selector(".draw-bar")
    see_map_fitted(page)
    for corner in VALLEY:
        hands.point(*corner)
    hands.click(hands.button("Finish"))
    hands.fill(page.get_by_label("Name (English)"), "Zebra valley")
    hands.click(hands.button("Save"))
    row = page.locator("[data-zone]", has_text="Zebra valley")
    expect(row).to_contain_text("Nobody")
    hands.done("zone")

    hands.click(row.get_by_role("link"))
    page.get_by_label("Who").wait_for()
    if page.get_by_label("Who").locator("option").count() > 1:  # with one ranger there is nothing to choose
        hands.choose(page.get_by_label("Who"), "Wu Gang")
    hands.click(hands.button("Put on duty"))
    expect(page.get_by_text("On duty from now on.")).to_be_visible()
    hands.done("duty")

    year = spring_year(utc_now())
    hands.click(page.locator("header").get_by_role("button", name="Counts"))
    hands.choose(page.locator("#where-question"), "Zebra valley")
    hands.choose(page.locator("select[id^=ask-span]"), f"[Ss]pring.*{year}|{year}.*[Ss]pring")
    hands.fill(page.locator("#ask-species"), "zebra")
    hands.click(page.locator("[data-name=Equus]"))
    hands.click(hands.button("Compare"))
    page.wait_for_selector("main.research[data-section=compare][data-busy=false]")
    hands.choose(page.locator("[name=against]"), "year")
    hands.done("question")
    answered = page.locator(".compare-table [data-species=Equus]")
    expect(answered).to_contain_text(str(ZEBRA[0]))
    expect(answered).to_contain_text(str(ZEBRA[1]))
    expect(page.locator("[data-side=a]")).to_contain_text("60")  # camera-days: nobody else looked there

    page.evaluate(
        "window.print = () => { window.printed = true; }"
    )  # the system's own dialog cannot be asked
    hands.click(hands.button("Print"))
    wait_for(lambda: page.evaluate("window.printed === true"), "the print dialog")
    hands.done("print")
    text = on_paper(page)
    for words in ("Zebra valley", "Zebra", str(ZEBRA[0]), str(ZEBRA[1]), "Foping", str(year)):
        assert words in text, f"{words} is not on the paper:\n{text}"
    assert "Administration" not in text
    print(hands.spent)


def on_paper(page: Page) -> str:
    """What a printer would get, read back from the PDF."""
    import pypdf

    document = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    assert len(document.pages) <= 3
    return "\n".join(one.extract_text() for one in document.pages)
