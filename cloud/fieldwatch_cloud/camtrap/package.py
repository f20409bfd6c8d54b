"""Read a Camtrap DP: its descriptor, and its tables row by row.

What is wrong with the whole (no such table, a column missing) is a `PackageError`; what is wrong with one row
rejects that row, with table, row and column, and the others are kept. Nothing is held in memory but the keys.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from fieldwatch_cloud.camtrap.source import MAX_DESCRIPTOR, Bounded, PackageError, checked
from fieldwatch_cloud.camtrap.tables import EFFORT, MISSING, TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fieldwatch_cloud.camtrap.source import Source
    from fieldwatch_cloud.camtrap.tables import Field, Table

MAX_ROWS = 5_000_000
"""Of one table."""
MAX_ROW = 200_000
"""Characters."""
MAX_LINE = 4 * MAX_ROW
"""One that is too long for a row is read and rejected; what is longer still is no line of a table."""
MAX_KEY = 500
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_ALL = TABLES | {EFFORT.name: EFFORT}


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    """Of the table's rows, from 1, without its header."""
    cells: tuple[str, ...]
    """As they were written, in the order of the table's columns."""
    values: dict[str, Any]
    """What they say, by the fields of the standard; without those that say nothing."""


@dataclass(frozen=True, slots=True)
class Rejected:
    table: str
    row: int
    column: str | None
    why: str

    @property
    def reason(self) -> str:
        return f"{self.column}: {self.why}" if self.column else self.why


@dataclass(frozen=True, slots=True)
class _Resource:
    paths: tuple[str, ...]
    encoding: str
    delimiter: str
    quote: str
    gzipped: bool


class Package:
    """A package that can be read: `descriptor`, `columns` per table, `rows` of a table.

    Raises:
        PackageError: it is none, or it lacks a table or a column that the standard requires.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text, self.descriptor = _descriptor(source)
        profile = str(self.descriptor.get("profile", ""))
        if "camtrap-dp/" in profile and "camtrap-dp/1." not in profile:
            raise PackageError(f"this is another version of Camtrap DP than 1.0: {profile[:200]}")
        self._resources = _resources(self.descriptor)
        for name in TABLES:
            if name not in self._resources:
                raise PackageError(f"datapackage.json names no table {name!r}")
        self.columns = {name: self._columns(name) for name in self._resources}
        self._keys: dict[str, set[str]] = {}

    @property
    def has_effort(self) -> bool:
        """Whether it says when the cameras really looked; see `tables.EFFORT`."""
        return EFFORT.name in self._resources

    def further(self) -> list[str]:
        """Paths of files that belong to tables beyond the three."""
        known = {path for table in TABLES for path in self._resources[table].paths}
        named = {path for one in _listed(self.descriptor) for path in _paths(one)}
        return sorted(checked(path) for path in named - known if self.source.has(path))

    def rows(self, table: str) -> Iterator[Row | Rejected]:
        """Each row of a table that keeps to the standard, and what is wrong with each other one.

        Keys are looked up in the tables that they name, in which rejected rows do not count.
        """
        rule = _ALL[table]
        columns = self.columns[table]
        fields = [(i, field) for field in rule.fields if (i := _index(columns, field.name)) is not None]
        for _, of in rule.references:
            self._known(of)
        seen: set[str] = set()
        for number, cells in self._records(table):
            if len(cells) != len(columns):
                yield Rejected(
                    table, number, None, f"has {len(cells)} cells, where the header has {len(columns)}"
                )
                continue
            try:
                values = _values(cells, fields)
                self._check(rule, values, seen)
            except _CellError as error:
                yield Rejected(table, number, error.column, error.why)
                continue
            yield Row(number, tuple(cells), values)
        if rule.key:
            self._keys[table] = seen

    def _known(self, table: str) -> set[str]:
        if table not in self._keys:
            for _ in self.rows(table):
                pass
        return self._keys[table]

    def _check(self, rule: Table, values: dict[str, Any], seen: set[str]) -> None:
        for field, of in rule.references:
            if field in values and values[field] not in self._keys[of]:
                raise _CellError(field, f"{values[field][:50]!r} is none of the {of} that can be used")
        if rule.spans:
            start, end = rule.spans
            if values[end] < values[start]:
                raise _CellError(end, f"lies before {start}")
        if rule.key:
            key = values[rule.key]
            if len(key) > MAX_KEY:
                raise _CellError(rule.key, f"is longer than {MAX_KEY} characters")
            if key in seen:
                raise _CellError(rule.key, f"{key[:50]!r} occurs twice")
            seen.add(key)

    def _columns(self, table: str) -> tuple[str, ...]:
        with self._text(table, self._resources[table].paths[0]) as text:
            found = next(iter(self._csv(table, text)), None)
        if found is None:
            raise PackageError(f"{table}: the file is empty, without even a header")
        columns = tuple(found)
        for name in columns:
            if columns.count(name) > 1:
                raise PackageError(f"{table}: column {name[:50]!r} occurs twice")
        for field in _ALL[table].fields:
            if field.required and field.name not in columns:
                raise PackageError(f"{table}: there is no column {field.name}")
        return columns

    def _records(self, table: str) -> Iterator[tuple[int, list[str]]]:
        number = 0
        for path in self._resources[table].paths:
            with self._text(table, path) as text:
                reader = self._csv(table, text)
                if tuple(next(reader, ())) != self.columns[table]:
                    raise PackageError(f"{table}: {path} has another header than the first file")
                for cells in reader:
                    if not cells:
                        continue  # An empty line, as many programs leave at the end.
                    number += 1
                    if number > MAX_ROWS:
                        raise PackageError(f"{table} has more than {MAX_ROWS} rows")
                    yield number, cells

    def _csv(self, table: str, text: TextIO) -> Iterator[list[str]]:
        resource = self._resources[table]
        reader = csv.reader(
            _lines(table, text), delimiter=resource.delimiter, quotechar=resource.quote, strict=True
        )
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise PackageError(f"{table}, line {reader.line_num}: {error}") from error
            except UnicodeError as error:
                why = error.reason if isinstance(error, UnicodeDecodeError) else error
                raise PackageError(
                    f"{table}, after line {reader.line_num}: this is not {resource.encoding}: {why}"
                ) from error
            yield cells

    def _text(self, table: str, path: str) -> TextIO:
        resource = self._resources[table]
        binary: BinaryIO = self.source.open(path)
        if resource.gzipped:
            binary = io.BufferedReader(Bounded(gzip.GzipFile(fileobj=binary), path))  # type: ignore[arg-type]
        encoding = "utf-8-sig" if resource.encoding in ("utf-8", "utf8") else resource.encoding
        try:
            return io.TextIOWrapper(binary, encoding=encoding, newline="")
        except LookupError as error:
            raise PackageError(f"{table}: there is no encoding {resource.encoding[:50]!r}") from error


def _lines(table: str, text: TextIO) -> Iterator[str]:
    """The lines of a file: one that never ends would fill the memory."""
    while piece := text.readline(MAX_LINE):
        if len(piece) == MAX_LINE:
            raise PackageError(f"{table}: a line is longer than {MAX_LINE} characters")
        yield piece


class _CellError(ValueError):
    def __init__(self, column: str | None, why: str) -> None:
        super().__init__(why)
        self.column, self.why = column, why


def _values(cells: list[str], fields: list[tuple[int, Field]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    together = "".join(cells)
    if len(together) > MAX_ROW or "\0" in together:
        raise _CellError(None, f"is longer than {MAX_ROW} characters, or binary")
    if not together.isascii() and _LONE_SURROGATE.search(together):
        raise _CellError(None, "holds half a character (a lone surrogate)")
    for i, field in fields:
        cell = cells[i]
        if cell in MISSING and not field.required:
            continue  # Most cells of most packages.
        try:
            values[field.name] = field.value(cell)
        except ValueError as error:
            raise _CellError(field.name, str(error)) from error
    return values


def _index(columns: tuple[str, ...], name: str) -> int | None:
    return columns.index(name) if name in columns else None


def _descriptor(source: Source) -> tuple[str, dict[str, Any]]:
    with source.open("datapackage.json") as file:
        content = file.read(MAX_DESCRIPTOR + 1)
    if len(content) > MAX_DESCRIPTOR:
        raise PackageError(f"datapackage.json is larger than {MAX_DESCRIPTOR} bytes")
    try:
        text = content.decode("utf-8-sig")
        descriptor = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PackageError(f"datapackage.json is not JSON: {error}") from error
    if not isinstance(descriptor, dict) or not isinstance(descriptor.get("resources"), list):
        raise PackageError("datapackage.json names no resources")
    if "\\u0000" in text:
        raise PackageError("datapackage.json holds a zero character, which no database keeps")
    if _LONE_SURROGATE.search(json.dumps(descriptor, ensure_ascii=False)):
        raise PackageError(
            "datapackage.json holds half a character (a lone surrogate), which nobody can write"
        )
    return text, descriptor


def _listed(descriptor: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in descriptor["resources"] if isinstance(one, dict)]


def _paths(resource: dict[str, Any]) -> list[str]:
    path = resource.get("path")
    return [one for one in (path if isinstance(path, list) else [path]) if isinstance(one, str)]


def described(descriptor: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What a descriptor says of each of the three tables: by name, else by the schema that it claims."""
    found: dict[str, dict[str, Any]] = {}
    for one in _listed(descriptor):
        schema = str(one.get("schema", ""))
        for table in TABLES:
            if one.get("name") == table:
                found[table] = one
            elif schema.endswith(f"/{table}-table-schema.json"):
                found.setdefault(table, one)
    return found


def _resources(descriptor: dict[str, Any]) -> dict[str, _Resource]:
    found = described(descriptor)
    ours = [one for one in _listed(descriptor) if one.get("name") == EFFORT.name]
    if ours and _effort_fields(ours[0]) >= set(EFFORT.columns) and _paths(ours[0]):
        found[EFFORT.name] = ours[0]
    return {table: _resource(table, one) for table, one in found.items()}


def _effort_fields(resource: dict[str, Any]) -> set[str]:
    schema = resource.get("schema")
    fields = schema.get("fields") if isinstance(schema, dict) else None
    return {str(field.get("name")) for field in fields or () if isinstance(field, dict)}


def _resource(table: str, described: dict[str, Any]) -> _Resource:
    paths = _paths(described)
    if not paths:
        raise PackageError(f"{table}: datapackage.json names no file")
    for path in paths:
        if "://" in path:
            raise PackageError(f"{table}: {path[:200]} lies elsewhere; put the file into the package")
        checked(path)
    dialect = described.get("dialect")
    dialect = dialect if isinstance(dialect, dict) else {}
    delimiter, quote = dialect.get("delimiter", ","), dialect.get("quoteChar", '"')
    for mark in (delimiter, quote):
        if not isinstance(mark, str) or len(mark) != 1 or mark in "\r\n\0":
            raise PackageError(f"{table}: {mark!r} cannot part or quote cells")
    gzipped = described.get("compression") in ("gz", "gzip") or paths[0].endswith(".gz")
    return _Resource(
        tuple(paths), str(described.get("encoding") or "utf-8").lower(), delimiter, quote, gzipped
    )
