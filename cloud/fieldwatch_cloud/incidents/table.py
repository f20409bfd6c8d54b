"""Tables of measurements (CSV) as people and services send them: a broken row is named, the rest kept."""

from __future__ import annotations

import codecs
import csv
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

# Python reads "1_000", "nan" and other scripts' digits as numbers too.
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_TITLE = re.compile(r"<title[^>]*>([^<]*)", re.IGNORECASE)


class TableError(ValueError):
    """The whole file is not what it should be; says what it is instead."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that could not be read."""

    row: int
    """Its line in the file; the header's is 1."""
    reason: str
    text: str
    """As it came."""


def reasons(rejected: Sequence[Rejected], most: int = 20) -> str:
    """Broken rows in one text, each by its line."""
    named = "; ".join(f"line {row.row}: {row.reason}" for row in rejected[:most])
    return named if len(rejected) <= most else f"{named}; and {len(rejected) - most} more"


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    """Its line in the file; the header's is 1."""
    cells: dict[str, str]
    """By column, in lower case; stripped; a column that the file does not have is not here."""
    text: str

    def rejected(self, reason: str) -> Rejected:
        return Rejected(self.number, reason, self.text)


def rows(content: bytes, needed: Collection[str]) -> Iterator[Row | Rejected]:
    """The rows of a CSV file, in order: UTF-8 or UTF-16, with or without a byte order mark, any line ends,
    `,` `;` or tabs between cells. Blank lines are no rows.

    Args:
        needed: columns that it must have.

    Raises:
        TableError: it is empty, or no such table.
    """
    lines = _lines(content)
    if not lines:
        raise TableError("the file is empty")
    names = lines[0][1]
    delimiter = max(",;\t", key=names.count)
    columns = [name.strip().lower() for name in next(csv.reader([names], delimiter=delimiter))]
    missing = sorted(set(needed) - set(columns))
    if missing:
        raise TableError(f"no column {', '.join(missing)}; {_what_it_is(lines)}")
    for number, line in lines[1:]:
        try:
            cells = next(csv.reader([line], delimiter=delimiter, strict=True))
        except csv.Error as error:
            yield Rejected(number, f"not a row of CSV: {error}", line)
            continue
        if len(cells) != len(columns):
            yield Rejected(number, f"{len(cells)} cells where the header has {len(columns)}", line)
        else:
            stripped = dict(zip(columns, (cell.strip() for cell in cells), strict=True))
            yield Row(number, stripped, line)


def header(content: bytes) -> str:
    """The line with the names of the columns, as it came; empty where there is none."""
    lines = _lines(content)
    return lines[0][1] if lines else ""


def number(row: Row, column: str, low: float = -math.inf, high: float = math.inf) -> float:
    """The number in a cell.

    Raises:
        ValueError: there is none, or it is not within `low` to `high`; says which column.
    """
    text = row.cells.get(column, "")
    if not text:
        raise ValueError(f"{column} is empty")
    if not _NUMBER.fullmatch(text) or not math.isfinite(value := float(text)):
        raise ValueError(f"{column} {text!r} is not a number")
    if not low <= value <= high:
        raise ValueError(f"{column} {text} is not within {low:g} to {high:g}")
    return value


def optional_number(row: Row, column: str) -> float | None:
    """The number in a cell, or None where the cell is empty or there is no such column.

    Raises:
        ValueError: what is there is not a number.
    """
    return number(row, column) if row.cells.get(column) else None


def _lines(content: bytes) -> list[tuple[int, str]]:
    """Those that are not blank, with their numbers from 1."""
    return [(number, line) for number, line in enumerate(_text(content).splitlines(), 1) if line.strip()]


def _text(content: bytes) -> str:
    utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    # What cannot be decoded spoils its own cell, not the file.
    return content.decode("utf-16" if utf16 else "utf-8-sig", errors="replace").replace("\0", "\ufffd")


def _what_it_is(lines: list[tuple[int, str]]) -> str:
    first = lines[0][1].strip()
    if first.startswith("<"):
        title = _TITLE.search("\n".join(line for _, line in lines[:50]))
        about = " ".join(title[1].split())[:100] if title else "without a title"
        return f"this is a web page: {about}"
    return f"the file begins with: {first[:100]}"
