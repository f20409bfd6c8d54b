"""What a request for items asks: box, time, filter, page. What is wrong is a 400, as the standard wants."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import cql2
from fastapi import HTTPException

from fieldwatch_cloud.api.auth import Member
from fieldwatch_cloud.db.columns import COLUMNS, Name
from fieldwatch_cloud.db.cql2 import FilterError, box_geojson, condition
from fieldwatch_cloud.db.features import ANYTHING, After, Condition, Selection

DEFAULT_LIMIT = 1_000
MAX_LIMIT = 10_000
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
MAX_FILTER = 20_000
MAX_NESTING = 10
"""Of brackets in a text: the parser takes twice as long for each one that stays open (8 ms at 12)."""
MAX_OPERATORS = 1_500
"""Each may nest what follows it, without a bracket: at some thousands the parser overflows its stack."""
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"")
_OPERATOR = re.compile(r"[-+*/%^=<>]|not|div|like|between|is\b", re.IGNORECASE)
_OF_PAGE = frozenset({"f", "limit", "after", "crs"})
_OF_QUERY = frozenset({"bbox", "bbox-crs", "datetime", "filter", "filter-lang", "filter-crs"})
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Question:
    selection: Selection
    condition: Condition
    limit: int
    after: After | None


def read(name: Name, member: Member, given: Mapping[str, str]) -> Question:
    """Raises:
    HTTPException: 400, with what is wrong.
    """
    unknown = set(given) - _OF_PAGE - _OF_QUERY - set(COLUMNS[name])
    if unknown:
        raise _bad(f"no such parameter: {', '.join(sorted(unknown))}")
    for crs in ("crs", "bbox-crs", "filter-crs"):  # GDAL names the one that there is.
        if given.get(crs, CRS84) != CRS84:
            raise _bad(f"{crs}: only {CRS84} is supported")
    try:
        since, until = _span(given["datetime"]) if given.get("datetime") else (None, None)
        selection = Selection(
            reserve_id=member.reserve_id,
            exact=member.exact,
            since=since,
            until=until,
            area=box_geojson(_numbers(given["bbox"])) if given.get("bbox") else None,
        )
        return Question(
            selection, _condition(name, given), _limit(given.get("limit")), _after(given.get("after"))
        )
    except (FilterError, ValueError, OverflowError) as error:
        raise _bad(str(error)) from error
    except RecursionError as error:
        raise _bad("filter: nested too deep") from error


def cursor(after: After) -> str:
    return base64.urlsafe_b64encode(f"{after.at.isoformat()} {after.id}".encode()).decode().rstrip("=")


def _after(text: str | None) -> After | None:
    if text is None:
        return None
    try:
        told = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
        at, _, id_ = told.partition(" ")
        return After(datetime.fromisoformat(at).astimezone(UTC), id_.replace("\x00", ""))
    except (ValueError, OverflowError, binascii.Error) as error:
        raise ValueError("after: follow the `next` link as it is") from error


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not text.isdecimal() or not text.isascii() or int(text) < 1:
        raise ValueError("limit: a whole number of 1 or more")
    return min(int(text), MAX_LIMIT)


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise ValueError("bbox: four numbers, west,south,east,north") from error


def _span(text: str) -> tuple[datetime | None, datetime | None]:
    """Start and end; the standard's intervals include their end, ours do not."""
    start, slash, end = text.partition("/")
    if not slash:
        since = _time(start, last=False)
        return since, _time(start, last=True) + _MICROSECOND
    since_or_open = None if start in ("", "..") else _time(start, last=False)
    until = None if end in ("", "..") else _time(end, last=True) + _MICROSECOND
    if since_or_open and until and until <= since_or_open:
        raise ValueError("datetime: the interval ends before it starts")
    return since_or_open, until


def _time(text: str, *, last: bool) -> datetime:
    try:
        if len(text) == 10:
            day = datetime.combine(date.fromisoformat(text), datetime.min.time(), tzinfo=UTC)
            return day + timedelta(days=1) - _MICROSECOND if last else day
        at = datetime.fromisoformat(text.replace(" ", "+"))  # A '+' that nobody encoded arrives as a space.
    except ValueError as error:
        raise ValueError(f"datetime: this is no time (RFC 3339): {text[:40]!r}") from error
    if at.tzinfo is None:
        raise ValueError("datetime: a time needs its offset from UTC, for instance a Z")
    return at.astimezone(UTC)


def _condition(name: Name, given: Mapping[str, str]) -> Condition:
    parts: list[Any] = [_equals(name, column, given[column]) for column in COLUMNS[name] if column in given]
    if given.get("filter"):
        parts.append(_parse(given["filter"], given.get("filter-lang", "cql2-text")))
    if not parts:
        return ANYTHING
    return condition(name, parts[0] if len(parts) == 1 else {"op": "and", "args": parts})


def _equals(name: Name, column: str, text: str) -> dict[str, Any]:
    kind = COLUMNS[name][column]
    value: Any = text
    if kind in ("number", "integer"):
        try:
            value = float(text)
        except ValueError as error:
            raise ValueError(f"{column}: a number is asked for") from error
    elif kind == "boolean":
        if text not in ("true", "false"):
            raise ValueError(f"{column}: true or false")
        value = text == "true"
    return {"op": "=", "args": [{"property": column}, value]}


def _parse(text: str, language: str) -> Any:
    if len(text) > MAX_FILTER:
        raise FilterError(f"filter: more than {MAX_FILTER} characters")
    if language == "cql2-json":
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise FilterError(f"filter: this is not JSON: {error}") from error
    if language != "cql2-text":
        raise FilterError("filter-lang: cql2-text or cql2-json")
    _check_depth(text)
    try:
        return cql2.parse_text(text).to_json()
    except (cql2.ParseError, cql2.ValidationError) as error:
        raise FilterError(f"filter: {error}") from error


def _check_depth(text: str) -> None:
    """Before the parser sees it: what nests too deep would keep it for ever, or overflow its stack, and with
    it end this process.

    Raises:
        FilterError: it nests too deep.
    """
    plain = _QUOTED.sub("", text)
    deepest = open_ = 0
    for character in plain:
        open_ += (character == "(") - (character == ")")
        deepest = max(deepest, open_)
    if deepest > MAX_NESTING:
        raise FilterError(f"filter: brackets nested more than {MAX_NESTING} deep; use cql2-json")
    if sum(1 for _ in _OPERATOR.finditer(plain)) > MAX_OPERATORS:
        raise FilterError(f"filter: more than {MAX_OPERATORS} operators and signs; use cql2-json")


def _bad(detail: str) -> HTTPException:
    return HTTPException(400, detail)
