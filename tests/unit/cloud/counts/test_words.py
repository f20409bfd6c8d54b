"""Every finding that anything under `counts` can emit is said in both languages, with figures that it has."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

import fieldwatch_cloud.counts
from fieldwatch_cloud.counts.estimate import Finding
from fieldwatch_cloud.counts.words import say, vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator

CLOUD = Path(fieldwatch_cloud.counts.__file__).parent.parent
PASSED_ON = {("counts/verdict.py", "gather")}
"""Findings of others, merged: no code of its own."""


@dataclass(frozen=True)
class Emitted:
    where: str
    codes: frozenset[str]
    figures: frozenset[str] | None
    """Names of the figures, where they stand in the call or just before it."""


def strings(node: ast.AST) -> set[str]:
    """Texts that an expression can be: of `"a" if x else "b"` both."""
    if isinstance(node, ast.IfExp):
        return strings(node.body) | strings(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def sources() -> list[tuple[str, ast.Module]]:
    files = [*CLOUD.glob("counts/**/*.py"), *CLOUD.glob("estimates/**/*.py")]
    return [(str(file.relative_to(CLOUD)), ast.parse(file.read_text())) for file in sorted(files)]


def functions(tree: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called == name:
                yield node


def argument(call: ast.Call, position: int, name: str) -> ast.expr | None:
    if position < len(call.args):
        return call.args[position]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def could_be(name: str, function: ast.FunctionDef, trees: list[ast.Module]) -> set[str]:
    """What a variable in a function can hold: from what is assigned to it, or from what callers pass."""
    held: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and any(getattr(t, "id", "") == name for t in node.targets):
            held |= strings(node.value)
        if isinstance(node, ast.For | ast.comprehension) and any(
            getattr(t, "id", "") == name for t in ast.walk(node.target)
        ):
            held |= {text for each in ast.walk(node.iter) for text in strings(each)}
    parameters = [each.arg for each in (*function.args.args, *function.args.kwonlyargs)]
    if name in parameters:
        at = parameters.index(name) - (parameters[0] in ("self", "cls"))
        passed = [argument(call, at, name) for tree in trees for call in calls(tree, function.name)]
        for each in passed:
            if each is not None:
                held |= strings(each)
    return held


def figures_of(call: ast.Call, function: ast.FunctionDef) -> frozenset[str] | None:
    given = argument(call, 2, "figures")
    if given is None:
        return frozenset()
    if isinstance(given, ast.Name):
        assigned = [
            node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign | ast.AnnAssign)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if getattr(target, "id", "") == given.id
        ]
        dicts = [each for each in assigned if isinstance(each, ast.Dict)]
        if not dicts or len(dicts) < len(assigned):
            return None
        return frozenset.union(*(keys for each in dicts if (keys := names_in(each)) is not None))
    return names_in(given) if isinstance(given, ast.Dict) else None


def names_in(given: ast.Dict) -> frozenset[str] | None:
    if any(key is None for key in given.keys):
        return None
    return frozenset(text for key in given.keys if key for text in strings(key))


@cache
def emitted() -> list[Emitted]:
    parsed = sources()
    trees, found = [tree for _, tree in parsed], []
    for where, tree in parsed:
        for function in functions(tree):
            for call in calls(function, "Finding"):
                code = argument(call, 0, "code")
                assert code is not None
                codes = strings(code)
                if isinstance(code, ast.Name):
                    codes = could_be(code.id, function, trees)
                if (where, function.name) not in PASSED_ON:
                    found.append(
                        Emitted(f"{where}:{call.lineno}", frozenset(codes), figures_of(call, function))
                    )
    return found


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_finding_has_words() -> None:
    found = emitted()
    assert len(found) > 50
    unresolved = [each.where for each in found if not each.codes]
    missing = {code: each.where for each in found for code in each.codes if code not in vocabulary()}
    assert (unresolved, missing) == ([], {})


def test_words_ask_only_for_figures_that_the_finding_has() -> None:
    short = [
        (each.where, code, asked - each.figures)
        for each in emitted()
        for code in each.codes & vocabulary().keys()
        if each.figures is not None
        and (asked := placeholders(vocabulary()[code].en + vocabulary()[code].remedy_en)) - each.figures
    ]
    assert short == []


def test_both_languages_tell_the_same_figures() -> None:
    for code, words in vocabulary().items():
        assert placeholders(words.en) == placeholders(words.zh), code
        assert placeholders(words.remedy_en) == placeholders(words.remedy_zh), code
        assert words.en, code
        assert bool(words.remedy_en) == bool(words.remedy_zh), code
        assert any("\u4e00" <= sign <= "\u9fff" for sign in words.zh), code


def test_no_words_that_nothing_emits() -> None:
    assert vocabulary().keys() - {code for each in emitted() for code in each.codes} == set()


def test_a_taxon_is_named_and_others_are_counted() -> None:
    finding = Finding(
        "few_events", "caution", {"events": 3, "least": 25, "taxon": "Ursus arctos", "others": 2}
    )
    english, chinese = say(finding, "en"), say(finding, "zh")
    assert english.text.startswith("Ursus arctos: Only 3 independent events")
    assert english.text.endswith("(The same holds for 2 more.)")
    assert (english.code, english.severity) == ("few_events", "caution")
    assert chinese.text.startswith("Ursus arctos：只有3次")
    assert "另有2个" in chinese.text
    assert english.remedy
    assert chinese.remedy
