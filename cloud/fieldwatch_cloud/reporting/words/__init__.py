"""A report's words in English and Chinese. Pure: from facts to sentences.

    said(facts, "zh") -> module with title(), headlines(), label[...], ...

`english` and `chinese` have the same names; a test holds them to it. Numbers are written by `numbers`, always
with their effort and their interval; where nobody looked there is no number, and never a zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_cloud.reporting.words import chinese, english

if TYPE_CHECKING:
    from types import ModuleType

    from fieldwatch_cloud.words import Language


def words(language: Language) -> ModuleType:
    return chinese if language == "zh" else english
