"""SQL lives in files beside this module, each statement under a name.

    -- name: reserve_by_slug
    SELECT id, name FROM reserve WHERE slug = %(slug)s;

A module loads its file once, `SQL = statements("reserves")`, and executes `SQL["reserve_by_slug"]`.
"""

from __future__ import annotations

import re
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEADING = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def statements(file: str) -> Mapping[str, bytes]:
    """The statements of `sql/{file}.sql` by name, as bytes: psycopg takes those as literals.

    Raises:
        ValueError: a name occurs twice, or SQL stands before the first name.
    """
    text = files("fieldwatch_cloud.db").joinpath("sql", f"{file}.sql").read_text(encoding="utf-8")
    before, *parts = _HEADING.split(text)
    if any(line.strip() and not line.startswith("--") for line in before.splitlines()):
        raise ValueError(f"{file}.sql: SQL before the first '-- name:' line")
    named: dict[str, bytes] = {}
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        if name in named:
            raise ValueError(f"{file}.sql: {name!r} occurs twice")
        named[name] = body.strip().encode()
    return MappingProxyType(named)
