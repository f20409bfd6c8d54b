"""Findings in the reader's language."""

from collections.abc import Iterable
from typing import Annotated, Literal

from fastapi import Depends, Query

from fieldwatch_cloud.api.auth import SignedIn
from fieldwatch_cloud.api.models.verdict import VerdictLine
from fieldwatch_cloud.counts.estimate import Finding
from fieldwatch_cloud.counts.words import say

Language = Literal["en", "zh"]


async def _language(
    caller: SignedIn,
    language: Annotated[
        Language | None, Query(description="Of the words in the answer; absent: the account's.")
    ] = None,
) -> Language:
    return language or caller.account.language


Spoken = Annotated[Language, Depends(_language)]


def verdict(findings: Iterable[Finding], language: Language) -> list[VerdictLine]:
    """`findings` in words, in their order."""
    said = [say(finding, language) for finding in findings]
    return [
        VerdictLine(code=one.code, severity=one.severity, text=one.text, remedy=one.remedy) for one in said
    ]
