"""What tiles are asked by."""

import re
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def _month(text: object) -> date:
    found = _MONTH.fullmatch(text) if isinstance(text, str) else None
    if found is None or not 1900 <= int(found[1]) <= 2199:
        raise ValueError("a month is written like 2026-05, from 1900 on")
    return date(int(found[1]), int(found[2]), 1)


Month = Annotated[date, BeforeValidator(_month)]
"""YYYY-MM, which becomes the month's first day."""
