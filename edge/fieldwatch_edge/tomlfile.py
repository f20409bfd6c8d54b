"""node.toml changed by the node itself: a few values, whole or not at all, people's comments kept.

The file is cut into statements: runs of lines that are a TOML document each. What is to be changed is
replaced there, and the outcome is parsed and held against what was wanted, so that a file written in a way
that this does not understand is left alone, and told of.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fieldwatch_edge import whole
from fieldwatch_edge.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Value = str | int | float | bool | Path | list[str] | None
"""None: the key is taken out."""
Table = tuple[str | int, ...]
"""Such as ("broker",), or ("camera", 0) of the first [[camera]]."""


@dataclass(slots=True)
class _Statement:
    lines: list[str]
    meaning: dict[str, Any]

    @property
    def header(self) -> str | None:
        """Of a line [table] or [[table]]: as it is written, without blanks and comment."""
        first = self.lines[0].strip()
        if len(self.lines) > 1 or not first.startswith("["):
            return None
        return first.partition("#")[0].replace(" ", "")

    @property
    def comment(self) -> str:
        """Behind a value on one line, with the blanks before it."""
        line = self.lines[0]
        for at, sign in enumerate(line):
            if sign == "#" and len(self.lines) == 1 and _parsed(line[:at]) == self.meaning:
                return line[len(line[:at].rstrip()) :].rstrip("\n")
        return ""


def changed(text: str, changes: Mapping[Table, Mapping[str, Value]]) -> str:
    """`text`, TOML, with these values set. A table that is not there is added at the end.

    Raises:
        ConfigError: `text` is no TOML, or is written so that this cannot change it; says what to write.
    """
    try:
        wanted = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"this is no TOML: {error}") from error
    statements = list(_statements(text))
    try:
        for table, values in changes.items():
            _set(statements, table, values)
            _apply(wanted, table, values)
        outcome = "".join(line for statement in statements for line in statement.lines)
        understood = tomllib.loads(outcome) == wanted
    except (LookupError, TypeError, tomllib.TOMLDecodeError):  # no such table, or not written as one
        understood = False
    if not understood:
        lines = [f"{key} = {_written(value)}" for each in changes.values() for key, value in each.items()]
        raise ConfigError(
            "the settings are written in a way that only a person can change. Write there: "
            + "; ".join(lines)
        )
    return outcome


def change_file(path: Path, changes: Mapping[Table, Mapping[str, Value]]) -> str:
    """As `changed`, of a file; answers what it was before. Owner and rights stay.

    Raises:
        ConfigError: as `changed`, or the file cannot be read or written.
    """
    try:
        before = path.read_text(encoding="utf-8")
        after = changed(before, changes)
        if after != before:
            whole.write(path, after)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot change {path}: {error}") from error
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    return before


def _statements(text: str) -> Iterator[_Statement]:
    waiting: list[str] = []
    for line in text.splitlines(keepends=True):
        waiting.append(line if line.endswith("\n") else line + "\n")
        meaning = _parsed("".join(waiting))
        if meaning is not None:
            yield _Statement(waiting, meaning)
            waiting = []
    if waiting:  # cannot be: the whole of it is TOML
        yield _Statement(waiting, {})


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _set(statements: list[_Statement], table: Table, values: Mapping[str, Value]) -> None:
    begin = _begin(statements, table)
    if begin is None:
        if len(table) != 1:
            return  # told of, since the outcome is not what was wanted
        if statements:
            statements.append(_Statement(["\n"], {}))
        statements.append(_Statement([f"[{table[0]}]\n"], {str(table[0]): {}}))
        begin = len(statements)
    for key, value in values.items():
        end = next(
            (n for n in range(begin, len(statements)) if statements[n].header is not None), len(statements)
        )
        at = next((n for n in range(begin, end) if set(statements[n].meaning) == {key}), None)
        line = f"{key} = {_written(value)}"
        if at is not None and value is None:
            del statements[at]
        elif at is not None:
            statements[at] = _Statement([f"{line}{statements[at].comment}\n"], {key: value})
        elif value is not None:
            last = max((n for n in range(begin, end) if statements[n].meaning), default=begin - 1)
            statements.insert(last + 1, _Statement([f"{line}\n"], {key: value}))


def _begin(statements: list[_Statement], table: Table) -> int | None:
    """Index of the first statement behind the table's header."""
    if not table:
        return 0
    header, number = (f"[[{table[0]}]]", int(table[1])) if len(table) == 2 else (f"[{table[0]}]", 0)
    found = [n for n, statement in enumerate(statements) if statement.header == header]
    return found[number] + 1 if number < len(found) else None


def _apply(document: dict[str, Any], table: Table, values: Mapping[str, Value]) -> None:
    place: Any = document
    for step in table:
        place = place[step] if isinstance(step, int) else place.setdefault(step, {})
    for key, value in values.items():
        if value is None:
            place.pop(key, None)
        else:
            place[key] = str(value) if isinstance(value, Path) else value


def _written(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case list():
            return "[" + ", ".join(_written(each) for each in value) + "]"
        case _:
            # A JSON string is a basic TOML string; DEL alone must be escaped there and is not here.
            return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
