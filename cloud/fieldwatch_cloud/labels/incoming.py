"""What a file from a labelling tool says, picture by picture, and what becomes of it."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from fieldwatch_cloud.labels.domain import SMALLEST, Label, classify, same

if TYPE_CHECKING:
    from fieldwatch_cloud.labels.domain import Box, Medium

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
MAX_LABELS = 500
MAX_COUNT = 2**31 - 1
MAX_ROWS = 500_000
"""Pictures, or boxes, of one file: what is none takes memory too."""


@dataclass(frozen=True, slots=True)
class Row:
    """One picture of the file."""

    where: str
    """As a path: images[3]."""
    media_id: UUID
    labels: tuple[Label, ...] | None
    """None: nobody has looked at it, and the file says so."""
    proposed: bool = False
    """All boxes are as a detector gave them, with its score: whether anybody looked shows in nothing but a
    difference from what was proposed."""
    based_on: int | None = None
    """The revision that was exported, where the tool has kept it."""


@dataclass(slots=True)
class Reading:
    """A file as it was understood."""

    rows: list[Row] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)
    """(where, why) of what was not."""

    def add(self, row: Row) -> None:
        self.rows.append(row)

    def without_doubles(self) -> Reading:
        """A picture that occurs twice is in neither place: nobody knows which one is meant."""
        times = Counter(row.media_id for row in self.rows)
        errors = [
            (row.where, f"picture {row.media_id} occurs {times[row.media_id]} times in this file")
            for row in self.rows
            if times[row.media_id] > 1
        ]
        return Reading([row for row in self.rows if times[row.media_id] == 1], self.errors + errors)


class FileError(ValueError):
    """The file is none of this format; its text says what is expected."""


def decide(medium: Medium, row: Row, *, confirm: bool) -> Literal["store", "unchanged", "untouched"]:
    """What becomes of a row, now that its picture is known.

    The same file again changes nothing, also when somebody has labelled the picture since: what it says is
    in the picture's history already.

    Args:
        confirm: take boxes that are exactly as proposed for a person's word.

    Raises:
        ValueError: somebody has labelled the picture since the file was exported; says who.
    """
    if row.labels is None:
        return "untouched"
    size = medium.width, medium.height
    if any(same(row.labels, revision.labels, *size) for revision in _since(medium, row)):
        return "unchanged"
    proposals = [label for p in medium.proposals if (label := p.label) is not None]
    if row.proposed and not confirm and same(row.labels, proposals, *size):
        return "untouched"
    current = medium.current
    if row.based_on is not None and current is not None and row.based_on < current.revision:
        raise ValueError(
            f"{current.account} has labelled it since it was exported (revision {current.revision}, "
            f"{current.at:%Y-%m-%d %H:%M}Z): export it again"
        )
    return "store"


def _since(medium: Medium, row: Row) -> list[Any]:
    """The revisions that may have come from this very row: those from its base on."""
    return [r for r in medium.history if row.based_on is None or r.revision >= row.based_on]


def media_id(given: object, *names: object) -> UUID:
    """The picture's id: as `given`, or else the last one within one of `names` (a file's name, an address).

    Raises:
        ValueError: there is none.
    """
    if isinstance(given, str) and _UUID.fullmatch(given):
        return UUID(given)
    for name in names:
        found = _UUID.findall(name) if isinstance(name, str) else []
        if found:
            return UUID(found[-1])
    shown = ", ".join(repr(name)[:100] for name in names)
    raise ValueError(f"no picture's id, neither as media_id nor in its name: {shown}")


def label(name: object, box: Box, count: object = 1) -> Label:
    """A label as it will be kept. What reaches out of the picture is cut off: tools let people draw there.

    Raises:
        ValueError: it cannot be one.
    """
    if not isinstance(name, str):
        raise ValueError("its name is no text")  # noqa: TRY004  One kind of error per row.
    kind, scientific_name = classify(name)
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MAX_COUNT:
        raise ValueError(f"count is a whole number from 1 on, not {count!r}")
    x, y, width, height = box
    left, top, right, bottom = (min(1.0, max(0.0, side)) for side in (x, y, x + width, y + height))
    if min(right - left, bottom - top) < SMALLEST:
        raise ValueError("nothing of its box lies within the picture")
    return Label(kind, scientific_name, (left, top, right - left, bottom - top), count)


def number(value: object, what: str) -> float:
    """Raises:
    ValueError: it is none, or not finite.
    """
    try:
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    except OverflowError:  # A whole number of hundreds of digits.
        pass
    raise ValueError(f"{what} is a number, not {value!r:.60}")


def revision(value: object) -> int | None:
    """The revision that was exported; None where the tool has lost it."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def entry(document: object, key: str) -> list[Any]:
    """The list under `key`.

    Raises:
        FileError: there is none.
    """
    found = document.get(key) if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise FileError(f"no list {key!r} in this file")
    return limited(found, key)


def limited(rows: list[Any], what: str) -> list[Any]:
    """Raises:
    FileError: there are more than one file may hold.
    """
    if len(rows) > MAX_ROWS:
        raise FileError(f"{len(rows)} {what} are more than {MAX_ROWS}: divide the file")
    return rows
