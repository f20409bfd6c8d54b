"""Every finding of the occupancy and abundance family can be said in both languages, with its own figures."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from fieldwatch_cloud.counts import abundance, site_visits
from fieldwatch_cloud.counts.estimate import Finding
from fieldwatch_cloud.counts.methods import (
    count_occupancy,
    dynamic_occupancy,
    false_positive_occupancy,
    n_mixture,
    occupancy,
    occupancy_goodness,
    royle_nichols,
)
from fieldwatch_cloud.counts.words import say
from fieldwatch_cloud.counts.words.occupancy import WORDS

MODULES = (
    abundance,
    site_visits,
    count_occupancy,
    dynamic_occupancy,
    false_positive_occupancy,
    n_mixture,
    occupancy,
    occupancy_goodness,
    royle_nichols,
)
CODE = re.compile(r'"((?:model|abundance|count|dynamic|false|occupancy)_[a-z_]+)"')
NO_CODES = {"false_positive"}
"""The name of an estimate."""


def test_every_code_has_words_and_no_words_are_idle() -> None:
    sources = [Path(str(module.__file__)).read_text() for module in MODULES]
    emitted = {code for source in sources for code in CODE.findall(source)} - NO_CODES
    names = {"abundance_total", "occupancy_growth"}
    assert emitted - names == set(WORDS)


@pytest.mark.parametrize("code", sorted(WORDS))
def test_words_agree_in_both_languages(code: str) -> None:
    words = WORDS[code]

    def figures(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert figures(words.en) == figures(words.zh)
    assert bool(words.remedy_en) == bool(words.remedy_zh)
    given: dict[str, float | int | str] = dict.fromkeys(figures(words.en), 0.5)
    for language in ("en", "zh"):
        said = say(Finding(code, "caution", given), language)  # type: ignore[arg-type]
        assert "{" not in said.text
