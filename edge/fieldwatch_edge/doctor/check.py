"""One finding of the doctor's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Check:
    what: str
    status: Literal["ok", "warn", "fail"]
    finding: str
    advice: str = ""
    """What to do."""
