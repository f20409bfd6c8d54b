"""One template, two files: a page that is complete in itself, and a PDF that is made to be printed.

WeasyPrint gets no network and no file: everything that it needs is in the page.
"""

from __future__ import annotations

import base64
import logging
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from fieldwatch_cloud import words as common
from fieldwatch_cloud.counts.words import say
from fieldwatch_cloud.reporting import draw_map, draw_plots, fonts
from fieldwatch_cloud.reporting.words import numbers, taxa, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from fieldwatch_cloud.reporting.facts import Camera, Facts, Species
    from fieldwatch_cloud.words import Language

MOST_CAMERAS, MOST_FIRES = 40, 40
_WIDE, _HIGH = 92.0, 9.0
"""Points, of the small plots in tables."""


@dataclass(frozen=True, slots=True)
class Figures:
    """SVG; empty: there is nothing to draw."""

    map: str = ""
    series: str = ""
    clocks: str = ""


@dataclass(frozen=True, slots=True)
class Pdf:
    content: bytes
    pages: int


def figures(facts: Facts, language: Language) -> Figures:
    return Figures(
        map=draw_map.reserve_map(facts, language) if facts.cameras or facts.reserve.boundary else "",
        series=draw_plots.series(facts, language) if facts.curves else "",
        clocks=draw_plots.clocks(facts, language) if facts.clocks else "",
    )


def page(facts: Facts, language: Language, drawn: Figures) -> str:
    """The report as HTML, with its pictures and its style in it, and without any script."""
    said: Any = words(language)
    seen = [one for one in facts.species if one.events]
    top = max((one.rate.high or one.rate.value for one in facts.species if one.rate), default=0.0)
    highest = max((one.rate.value for one in facts.species if one.rate), default=0.0)
    scale = min(top, 2.5 * highest) or 1.0
    verdict = [
        told.text for one in facts.findings if (told := say(one, language)).severity in ("caution", "unfit")
    ]
    return (
        _environment()
        .get_template("report.html")
        .render(
            facts=facts,
            language=language,
            said=said,
            label=said.LABEL,
            headlines=said.headlines(facts),
            seen=seen,
            figures=drawn,
            timezone=facts.reserve.timezone,
            taxa=taxa,
            n=numbers,
            common=common,
            verdict=verdict,
            css=Markup(_style(language)),  # noqa: S704  Our own file.
            whisker=lambda one: _whisker(one, scale),
            bar=_bar,
            most_cameras=MOST_CAMERAS,
            most_fires=MOST_FIRES,
        )
    )


def pdf(html: str, progress: Callable[[], None] = lambda: None) -> Pdf:
    """The same, set for A4: tagged for screen readers (PDF/UA), with a title and its language."""
    # Loaded here: Pango takes its time, and only who makes reports needs it.
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration

    # It tells of every letter that a font lacks.
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    nothing_else = weasyprint.URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
    known = FontConfiguration()
    letters = weasyprint.CSS(string=fonts.faces(), url_fetcher=nothing_else, font_config=known)
    accessible: dict[str, Any] = {"pdf_variant": "pdf/ua-1", "pdf_tags": True}
    document = weasyprint.HTML(string=html, url_fetcher=nothing_else).render(
        font_config=known, stylesheets=[letters], **accessible
    )
    progress()
    content = document.write_pdf(**accessible)
    return Pdf(content, len(document.pages))


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("fieldwatch_cloud.reporting"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["b64"] = lambda content: base64.b64encode(
        content.encode() if isinstance(content, str) else content
    ).decode()
    return environment


@cache
def _style(language: Language) -> str:
    css = files("fieldwatch_cloud.reporting").joinpath("templates", "report.css").read_text(encoding="utf-8")
    pages = (
        '"第" counter(page) "页，共" counter(pages) "页"'
        if language == "zh"
        else 'counter(page) " / " counter(pages)'
    )
    furniture = "font-size: 7.8pt; color: #51625a; "
    return css.replace("FONTS", fonts.stack()).replace("FURNITURE", furniture).replace("PAGES", pages)


def _whisker(one: Species, scale: float) -> Markup:
    """The rate with its interval, and, hollow, the one of the days before."""
    if one.rate is None:
        return Markup("")

    def x(value: float | None) -> float:
        return round(3 + (_WIDE - 6) * min((scale if value is None else value) / scale, 1), 1)

    middle = _HIGH / 2
    before = (
        f'<circle cx="{x(one.rate_before)}" cy="{middle}" r="2.6" fill="#ffffff" stroke="#51625a"/>'
        if one.rate_before is not None
        else ""
    )
    return Markup(  # noqa: S704  Numbers alone.
        f'<svg width="{_WIDE}" height="{_HIGH}" viewBox="0 0 {_WIDE} {_HIGH}" aria-hidden="true">'
        f'<line x1="3" x2="{_WIDE - 3}" y1="{middle}" y2="{middle}" stroke="#d9e0dc" stroke-width="0.8"/>'
        f'<line x1="{x(one.rate.low)}" x2="{x(one.rate.high)}" y1="{middle}" y2="{middle}" stroke="#0f6b57" '
        f'stroke-width="3" stroke-opacity="0.4"/>{before}'
        f'<circle cx="{x(one.rate.value)}" cy="{middle}" r="2.8" fill="#0a3f36"/></svg>'
    )


def _bar(one: Camera) -> Markup:
    """The share of the time in which it looked; the rest is hatched."""
    wide, high = 126.0, 7.0
    full = round(wide * one.share, 1)
    lines = "".join(
        f'<line x1="{x:g}" y1="{high:g}" x2="{min(x + high, wide):g}" y2="{max(0.0, x + high - wide):g}"/>'
        for x in range(int(full / 5) * 5 + 5, int(wide), 5)
    )
    return Markup(  # noqa: S704  Numbers alone.
        f'<svg width="{wide:g}" height="{high:g}" viewBox="0 0 {wide:g} {high:g}" aria-hidden="true">'
        f'<g stroke="#8b9a92" stroke-width="0.6">{lines}</g>'
        f'<rect x="0.3" y="0.3" width="{wide - 0.6:g}" height="{high - 0.6:g}" fill="none" stroke="#8b9a92" '
        f'stroke-width="0.6"/><rect x="0" y="0" width="{full:g}" height="{high:g}" fill="#0f6b57"/></svg>'
    )
