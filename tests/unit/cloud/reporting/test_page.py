"""A report's page, word for word as a person has read it, and the PDF that is made from it.

After a change that is meant, FIELDWATCH_WRITE_GOLDEN=1 pytest tests/unit/cloud/reporting/test_page.py writes
the golden files anew; look at the difference.
"""

from __future__ import annotations

import base64
import io
import os
import re
import threading
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from pypdf import PdfReader
from tests.unit.cloud.reporting.report_facts import camera, facts, nobody_looked
from weasyprint.urls import FatalURLFetchingError

from fieldwatch_cloud.reporting import write
from fieldwatch_cloud.reporting.draw_plots import axis_top
from fieldwatch_cloud.reporting.facts import Interval

if TYPE_CHECKING:
    from fieldwatch_cloud.words import Language

GOLDEN = Path(__file__).parents[3] / "golden" / "reports"
SVG = "{http://www.w3.org/2000/svg}"
FIRE = re.compile(r"#(d9480f|b93c0a)", re.IGNORECASE)


class _Words(HTMLParser):
    """What a screen reader would read: text and the descriptions of pictures, a line each block."""

    BLOCKS = frozenset({"p", "h1", "h2", "h3", "li", "tr", "dt", "dd", "figcaption", "title"})

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = [""]
        self._silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent |= tag == "style"
        if tag in self.BLOCKS:
            self.lines.append("")
        elif tag in ("td", "th", "br"):
            self.lines[-1] += " | "
        if tag == "img":
            self.lines.append(f"[{dict(attrs)['alt']}]")

    def handle_endtag(self, tag: str) -> None:
        if tag == "style":
            self._silent = False
        if tag in self.BLOCKS:
            self.lines.append("")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.lines[-1] += re.sub(r"\s+", " ", data)


def words_of(page: str) -> str:
    parser = _Words()
    parser.feed(page)
    lines = (re.sub(r"[ |]*\|[ |]*", " | ", line).strip(" |") for line in parser.lines)
    return "\n".join(line for line in lines if line) + "\n"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("which", ["week", "not-observed"])
def test_the_text_is_the_one_that_was_read(language: Language, which: str) -> None:
    told = facts() if which == "week" else nobody_looked()
    text = words_of(write.page(told, language, write.Figures()))
    file = GOLDEN / f"{which}-{language}.txt"
    if os.environ.get("FIELDWATCH_WRITE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def chinese_pdf() -> PdfReader:
    told = facts()
    page = write.page(told, "zh", write.figures(told, "zh"))
    return PdfReader(io.BytesIO(write.pdf(page).content))


def test_the_pdf_opens_and_reads_in_chinese(chinese_pdf: PdfReader) -> None:
    text = re.sub(r"\s", "", "".join(page.extract_text() for page in chinese_pdf.pages))
    for said in ("佛坪", "周报", "2026年5月4日至10日", "4台相机中有3台工作", "未观测", "北沟", "无人"):
        assert said in text
    assert 4 <= len(chinese_pdf.pages) <= 7
    box = chinese_pdf.pages[0].mediabox
    assert (round(float(box.width)), round(float(box.height))) == (595, 842)  # A4


def test_the_pdf_is_tagged_and_says_what_it_is(chinese_pdf: PdfReader) -> None:
    root = chinese_pdf.root_object
    assert root["/Lang"] == "zh-CN"
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert chinese_pdf.metadata is not None
    assert chinese_pdf.metadata.title == "佛坪周报（2026年5月4日至10日）"
    assert b"pdfuaid:part" in root["/Metadata"].get_object().get_data()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_plots_hatch_what_nobody_looked_at_and_keep_orange_for_fire(language: Language) -> None:
    with_fire = write.figures(facts(), language)
    without = write.figures(facts(fires=()), language)
    for svg in (with_fire.map, with_fire.series, with_fire.clocks):
        patterns = ET.fromstring(svg).iter(f"{SVG}pattern")  # noqa: S314  Our own.
        assert list(patterns)
    assert FIRE.search(with_fire.map)
    assert not any(FIRE.search(svg) for svg in (without.map, without.series, without.clocks))


def test_a_camera_name_is_text_and_no_markup() -> None:
    from tests.unit.cloud.reporting.report_facts import camera

    page = write.page(facts(cameras=(camera("<script>alert(1)</script>", 3.0),)), "en", write.Figures())
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_the_page_asks_for_nothing_and_the_pdf_gets_nothing() -> None:
    told = facts()
    page = write.page(told, "en", write.figures(told, "en"))
    assert re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?(?!data:)[^"')\s]+""", page) == []
    assert " style=" not in page  # the policy of its answer allows one style sheet alone
    asked: list[str] = []

    class Outside(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Outside)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_address[1]}"
        for source in (f"{address}/a.png", "file:///etc/hostname"):
            with pytest.raises(FatalURLFetchingError):
                write.pdf(f'<html lang="en"><title>x</title><img src="{source}" alt="">')
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert asked == []


def test_pictures_are_in_the_page() -> None:
    from fieldwatch_cloud.reporting.facts import Picture

    jpeg = base64.b64decode(_JPEG)
    picture = Picture(jpeg, "Sus scrofa", facts().span.since, "FP-01", labelled=True, confidence=0.9)
    page = write.page(facts(pictures=(picture, picture)), "en", write.Figures())
    assert page.count(f"data:image/jpeg;base64,{_JPEG}") == 2
    assert "Wild boar at camera FP-01, 4 May 00:00" in page
    assert "confirmed by a person" in page


_JPEG = (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQ"
    "CgwSExIQEw8QEBD/yQALCAABAAEBAREA/8wABgAQEAX/2gAIAQEAAD8A0s8g/9k="
)


def test_a_name_is_no_formula() -> None:
    """One that reads like one, and a wrong one, must not cost the report."""
    assert write.figures(facts(cameras=(camera("$x_{$", 0.0),)), "en").map


def test_an_axis_shows_intervals_of_zero_and_is_not_pressed_flat_by_one() -> None:
    assert axis_top([Interval(0, 0, 12.5), Interval(0, 0, 20)]) == 20
    assert axis_top([Interval(10, 6, 15), Interval(8, 0.2, 400)]) == 30
    assert axis_top([Interval(10, 9, 11)]) == 13
    assert axis_top([]) > 0
