from __future__ import annotations

import ast
from pathlib import Path

import pytest

from fieldwatch_cloud.counts import methods
from fieldwatch_cloud.counts.density import finding
from fieldwatch_cloud.counts.words import say
from fieldwatch_cloud.counts.words.density import WORDS

MODULES = ["activity", "overlap", "speed", "encounter", "distance", "to_event", "capture_recapture"]


def _emitted() -> dict[str, set[frozenset[str]]]:
    """Code -> the sets of figures with which it is found, from the source itself."""
    found: dict[str, set[frozenset[str]]] = {}
    for name in MODULES:
        tree = ast.parse((Path(methods.__path__[0]) / f"{name}.py").read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "finding":
                code = ast.literal_eval(node.args[0])
                figures = frozenset(each.arg for each in node.keywords if each.arg)
                found.setdefault(code, set()).add(figures)
    return found


def test_every_code_has_words_and_no_words_are_left_over() -> None:
    assert _emitted().keys() == WORDS.keys()


@pytest.mark.parametrize("code", sorted(WORDS))
def test_words_say_every_finding_in_both_languages(code: str) -> None:
    for figures in _emitted()[code]:
        said = [
            say(finding(code, "caution", **dict.fromkeys(figures, 7)), language)  # type: ignore[arg-type]
            for language in ("en", "zh")
        ]
        assert all(each.text and each.remedy and "{" not in each.text for each in said)
        assert said[0].text.isascii() or "²" in said[0].text
        assert not said[1].text.isascii()
