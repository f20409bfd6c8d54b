"""What must not leave the node is taken out of every text, wherever it came from."""

from __future__ import annotations

import re

_NAMES = r"pass(?:word|wd|phrase|code)?|pwd|psk|secret|token|auth(?:orization)?|api[_-]?key"
_RULES = (
    (
        re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(-----END [A-Z0-9 ]+-----|$)", re.DOTALL),
        "[key or certificate]",
    ),
    # User name and password of a camera's address, to the last @: people put one into passwords too.
    (re.compile(r"(?<=://)[^\s\"']{1,300}@"), "[login]@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), r"\1 [token]"),
    (re.compile(r"\bfwn_[A-Za-z0-9_-]{16,}"), "[token]"),
    # Also within a longer name (mqtt_password), in an address (?pwd=p, /user=u_password=p_channel=1), and
    # in JSON that stands in a string of JSON. What was in quotes stays so: the line can still be read.
    (
        re.compile(
            rf"(?i)((?<![a-z])(?:{_NAMES})\\?[\"']?\s{{0,9}}[:=]\s{{0,9}})"
            r"(?:(?P<quote>\\\"|\"|')(?:(?!(?P=quote))(?:[^\"'\\]|\\.|[\"']))*(?P=quote)|[^\s,;}\"'\\]+)"
        ),
        r"\1\g<quote>[secret]\g<quote>",
    ),
    (re.compile(r"\bFW1(?:-?[0-9A-Za-z]){14,40}"), "[one-time code]"),
)


def cleaned(text: str) -> str:
    """`text` without keys, logins, tokens and codes."""
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return text
