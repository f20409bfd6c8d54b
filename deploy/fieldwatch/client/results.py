"""Answers: a frame, and in plain words how far the data bear it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

NOT_OBSERVED = "Not observed: no camera is known to have looked there and then. This is not zero."


@dataclass(frozen=True, slots=True)
class Verdict:
    code: str
    severity: str
    """`note`, `caution`, or `unfit`: do not publish."""
    text: str
    remedy: str | None
    """What would mend it."""

    def __str__(self) -> str:
        return f"[{self.severity}] {self.text}" + (f" → {self.remedy}" if self.remedy else "")


@dataclass(frozen=True, slots=True, repr=False)
class Result:
    """A table with its verdict; print it, or take `.frame`."""

    frame: pd.DataFrame
    status: str
    """`observed` (`estimated`), `unfit`, or `not_observed`: no figures then, and that is not zero."""
    verdict: tuple[Verdict, ...]
    raw: dict[str, Any] = field(repr=False)
    """The answer as it came."""

    @property
    def observed(self) -> bool:
        return self.status != "not_observed"

    @property
    def publishable(self) -> bool:
        """Observed, and nothing in the verdict says that it must not be published."""
        return self.status not in ("not_observed", "unfit") and all(
            line.severity != "unfit" for line in self.verdict
        )

    def __repr__(self) -> str:
        shown = self.frame.drop(columns="geometry", errors="ignore").to_string(index=False)
        lines = [shown if self.observed else NOT_OBSERVED, *map(str, self.verdict)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        shown = self.frame.drop(columns="geometry", errors="ignore").to_html(index=False)
        said = "".join(
            f"<li><b>{escape(v.severity)}</b> {escape(str(v)[len(v.severity) + 3 :])}</li>"
            for v in self.verdict
        )
        return (shown if self.observed else f"<p>{NOT_OBSERVED}</p>") + f"<ul>{said}</ul>"


@dataclass(frozen=True, slots=True, repr=False)
class Estimate(Result):
    """Numbers of one method: `name, value, se, low, high, unit` a row."""

    curves: dict[str, pd.DataFrame] = field(default_factory=dict)
    """To plot, by name: `x, y, low, high`."""
    coefficients: pd.DataFrame | None = None

    def __getitem__(self, name: str) -> float:
        """The value of that name.

        Raises:
            KeyError: there is none, or nobody looked.
        """
        found = self.frame[self.frame["name"] == name] if len(self.frame) else self.frame
        if not len(found):
            raise KeyError(name)
        return float(found["value"].iloc[0])


def said(answer: dict[str, Any]) -> tuple[Verdict, ...]:
    """The verdict of an answer."""
    return tuple(
        Verdict(line["code"], line["severity"], line["text"], line.get("remedy"))
        for line in answer.get("verdict") or ()
    )
