"""Findings in plain words, in both languages: what the data break, and what would mend it.

Each module here has `WORDS`, by the code of the finding; a new module needs no registering. The words are
format strings over the finding's figures, so that rules and words are mended apart from each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fieldwatch_cloud.counts.estimate import Finding, Severity
    from fieldwatch_cloud.words import Language


@dataclass(frozen=True, slots=True)
class Words:
    """How one finding is said. Each is a format string over the finding's figures."""

    en: str
    zh: str
    remedy_en: str
    """What would mend it; empty where nothing has to be mended."""
    remedy_zh: str


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence of the verdict."""

    code: str
    severity: Severity
    text: str
    remedy: str


@cache
def vocabulary() -> Mapping[str, Words]:
    """The words of every module in this package, by code.

    Raises:
        ValueError: two modules have words for one code.
    """
    merged: dict[str, Words] = {}
    for module in iter_modules(__path__):
        words: Mapping[str, Words] = import_module(f"{__name__}.{module.name}").WORDS
        twice = merged.keys() & words.keys()
        if twice:
            raise ValueError(
                f"{module.name} has words for {', '.join(sorted(twice))}: another module has too"
            )
        merged.update(words)
    return merged


def say(finding: Finding, language: Language) -> Said:
    """The finding in a sentence or two.

    A figure `taxon` (see `verdict.gather`) names whom it is said of; a figure `others` for how many more
    taxa the same holds.

    Raises:
        KeyError: nobody wrote words for this code, or they need a figure that it lacks.
    """
    words = vocabulary()[finding.code]
    text = (words.zh if language == "zh" else words.en).format(**finding.figures)
    remedy = (words.remedy_zh if language == "zh" else words.remedy_en).format(**finding.figures)
    taxon, others = finding.figures.get("taxon"), finding.figures.get("others")
    if taxon:
        text = f"{taxon}：{text}" if language == "zh" else f"{taxon}: {text}"
    if others:
        text += (
            f"（另有{others}个类群同样如此。）"
            if language == "zh"
            else f" (The same holds for {others} more.)"
        )
    return Said(finding.code, finding.severity, text, remedy)
