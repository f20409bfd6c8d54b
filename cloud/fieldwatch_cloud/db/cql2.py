"""Filters in CQL2 (OGC 21-065r2), from their JSON form to SQL over the columns of a collection.

Names come from `columns.COLUMNS`, operators from the tables below, and every value is a parameter: nothing
of what a client wrote becomes SQL. What is unknown (null) is neither true nor false, as in CQL2 and SQL.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import shapely  # type: ignore[import-untyped]
from shapely.geometry import shape  # type: ignore[import-untyped]

from fieldwatch_cloud.db.columns import COLUMNS
from fieldwatch_cloud.db.features import FAR_FUTURE, FAR_PAST, Condition

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fieldwatch_cloud.db.columns import Kind, Name

MAX_DEPTH = 24
MAX_VALUES = 2_000
GEOMETRY = "geometry"
_DAY = timedelta(days=1, microseconds=-1)
_COMPARE = {"=": "=", "<>": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_SPATIAL = {
    f"s_{name}": f"ST_{name.capitalize()}"
    for name in ("intersects", "disjoint", "within", "contains", "touches", "crosses", "overlaps", "equals")
}
_GEOMETRIES = frozenset(("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"))
MAX_VERTICES = 10_000
_SQL_TYPE: dict[str, str] = {
    "string": "text",
    "number": "float8",
    "integer": "float8",
    "boolean": "boolean",
    "instant": "timestamptz",
    "date": "date",
    "uuid": "text",
}
_LEVELS = frozenset({"string", "uuid"})
_NUMBERS = frozenset({"number", "integer"})


class FilterError(ValueError):
    """The filter cannot be answered; says why, in words for who wrote it."""


@dataclass(frozen=True, slots=True)
class _Term:
    sql: str
    kind: str
    """A `Kind`, or `geometry`, `interval`."""
    ends: str | None = None
    """Of an interval: its other end."""


@dataclass(slots=True)
class _Translation:
    columns: Mapping[str, Kind]
    values: dict[str, Any] = field(default_factory=dict)

    def keep(self, value: Any, sql_type: str) -> str:
        if len(self.values) >= MAX_VALUES:
            raise FilterError(f"more than {MAX_VALUES} values in one filter")
        name = f"cql_{len(self.values)}"
        self.values[name] = value
        return f"%({name})s::{sql_type}"


def condition(name: Name, expression: Any) -> Condition:
    """The SQL of a filter on a collection.

    Args:
        expression: CQL2 in its JSON form, decoded.

    Raises:
        FilterError: it names a property that the collection has not, compares what cannot be compared, or
            uses something that we do not support.
    """
    translation = _Translation(COLUMNS[name])
    sql = _boolean(translation, expression, 0)
    return Condition(sql.encode("ascii"), tuple(translation.values.items()))


def _boolean(t: _Translation, node: Any, depth: int) -> str:
    if depth > MAX_DEPTH:
        raise FilterError(f"nested more than {MAX_DEPTH} deep")
    if isinstance(node, bool):
        return "true" if node else "false"
    if isinstance(node, dict) and "property" in node:
        term = _property(t, node)
        if term.kind != "boolean":
            raise FilterError(f"{node['property']!r} is no boolean: compare it with something")
        return term.sql
    operator, arguments = _operation(node)
    if operator in ("and", "or"):
        if len(arguments) < 2:
            raise FilterError(f"{operator!r} needs two arguments or more")
        return "(" + f" {operator.upper()} ".join(_boolean(t, one, depth + 1) for one in arguments) + ")"
    if operator == "not":
        return f"(NOT {_boolean(t, _count(operator, arguments, 1)[0], depth + 1)})"
    rule = _RULES.get(operator)
    if rule is None:
        raise FilterError(f"{operator!r} is not supported; supported are: {', '.join(sorted(SUPPORTED))}")
    return rule(t, operator, arguments)


def _operation(node: Any) -> tuple[str, list[Any]]:
    if (
        not isinstance(node, dict)
        or not isinstance(node.get("op"), str)
        or not isinstance(node.get("args"), list)
    ):
        raise FilterError(f"this is no condition: {_short(node)}")
    operator: str = node["op"]
    return (operator if operator == "isNull" else operator.lower()), node["args"]


def _count(operator: str, arguments: list[Any], number: int) -> list[Any]:
    if len(arguments) != number:
        raise FilterError(f"{operator!r} needs {number} arguments, not {len(arguments)}")
    return arguments


def _property(t: _Translation, node: dict[str, Any]) -> _Term:
    name = node["property"]
    if name == GEOMETRY:
        return _Term("f.geometry", GEOMETRY)
    if not isinstance(name, str) or name not in t.columns:
        known = ", ".join([GEOMETRY, *t.columns])
        raise FilterError(f"no such property: {_short(name)}; there are: {known}")
    kind = t.columns[name]
    # The name is one of ours, so it is no client's text that stands here.
    return _Term(f"f.{name}::text" if kind == "uuid" else f"f.{name}", kind)


def _term(t: _Translation, node: Any, like: str | None = None) -> _Term:
    """A property or a value; a bare string beside an instant or a date is read as one."""
    if isinstance(node, dict):
        if "property" in node:
            return _property(t, node)
        if "timestamp" in node:
            return _Term(t.keep(_instant(node["timestamp"]), "timestamptz"), "instant")
        if "date" in node:
            return _Term(t.keep(_date(node["date"]), "date"), "date")
        if "op" in node:
            operator, arguments = _operation(node)
            if operator == "casei":
                inner = _term(t, _count(operator, arguments, 1)[0])
                if inner.kind not in _LEVELS:
                    raise FilterError("CASEI is for text")
                return _Term(f"lower({inner.sql})", "string")
            raise FilterError(f"{operator!r} is not supported within a comparison")
    if isinstance(node, bool):
        return _Term("true" if node else "false", "boolean")
    if isinstance(node, int | float):
        return _Term(t.keep(float(node), "float8"), "number")
    if isinstance(node, str):
        if like == "instant":
            return _Term(t.keep(_instant(node), "timestamptz"), "instant")
        if like == "date":
            return _Term(t.keep(_date(node), "date"), "date")
        return _Term(t.keep(_text(node), "text"), "string")
    raise FilterError(f"this is no value: {_short(node)}")


def _pair(t: _Translation, left: Any, right: Any) -> tuple[_Term, _Term]:
    """Both sides of a comparison, of kinds that can be compared."""
    one = _term(t, left)
    other = _term(t, right, one.kind)
    if one.kind == "string" and other.kind in ("instant", "date"):
        one = _term(t, left, other.kind)
    kinds = {one.kind, other.kind}
    if not (len(kinds) == 1 or kinds <= _NUMBERS or kinds <= _LEVELS or kinds <= {"instant", "date"}):
        raise FilterError(f"a {one.kind} cannot be compared with a {other.kind}")
    if GEOMETRY in kinds:
        raise FilterError("geometry is compared by S_INTERSECTS and the other spatial operators")
    return one, other


def _comparison(t: _Translation, operator: str, arguments: list[Any]) -> str:
    one, other = _pair(t, *_count(operator, arguments, 2))
    return f"({one.sql} {_COMPARE[operator]} {other.sql})"


def _between(t: _Translation, operator: str, arguments: list[Any]) -> str:
    if len(arguments) == 2 and isinstance(arguments[1], list):
        arguments = [arguments[0], *arguments[1]]
    value, low, high = _count(operator, arguments, 3)
    one, least = _pair(t, value, low)
    _, most = _pair(t, value, high)
    return f"({one.sql} BETWEEN {least.sql} AND {most.sql})"


def _in(t: _Translation, operator: str, arguments: list[Any]) -> str:
    value, among = _count(operator, arguments, 2)
    if not isinstance(among, list):
        raise FilterError("IN needs a list of values")
    if not among:
        return "false"
    terms = [_pair(t, value, one) for one in among]
    listed = ", ".join(other.sql for _, other in terms)
    return f"({terms[0][0].sql} IN ({listed}))"


def _like(t: _Translation, operator: str, arguments: list[Any]) -> str:
    value, pattern = _count(operator, arguments, 2)
    one, other = _term(t, value), _term(t, pattern)
    if one.kind not in _LEVELS or other.kind != "string":
        raise FilterError("LIKE is for text")
    return f"({one.sql} LIKE {other.sql})"


def _is_null(t: _Translation, operator: str, arguments: list[Any]) -> str:
    (node,) = _count(operator, arguments, 1)
    if not isinstance(node, dict) or "property" not in node:
        raise FilterError("IS NULL asks about a property")
    return f"({_property(t, node).sql} IS NULL)"


def _spatial(t: _Translation, operator: str, arguments: list[Any]) -> str:
    one, other = (_geometry(t, node) for node in _count(operator, arguments, 2))
    return f"{_SPATIAL[operator]}({one}, {other})"


def _geometry(t: _Translation, node: Any) -> str:
    if isinstance(node, dict):
        if "property" in node:
            term = _property(t, node)
            if term.kind != GEOMETRY:
                raise FilterError(f"{node['property']!r} is no geometry")
            return term.sql
        if "bbox" in node:
            return t.keep(box_geojson(node["bbox"]), "text").join(("ST_GeomFromGeoJSON(", ")"))
        if node.get("type") in _GEOMETRIES:
            return t.keep(_checked(node), "text").join(("ST_GeomFromGeoJSON(", ")"))
    raise FilterError(f"this is no geometry that we read: {_short(node)}")


def _checked(node: dict[str, Any]) -> str:
    """GeoJSON of a geometry that PostGIS can work with."""
    try:
        geometry = shapely.force_2d(shape({"type": node["type"], "coordinates": node["coordinates"]}))
        west, south, east, north = geometry.bounds
    except (KeyError, TypeError, ValueError, IndexError, shapely.errors.ShapelyError) as error:
        raise FilterError(f"this is no geometry: {_short(node)}") from error
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise FilterError("a geometry lies within -180 to 180 and -90 to 90 degrees, longitude first")
    if shapely.get_num_coordinates(geometry) > MAX_VERTICES:
        raise FilterError(f"a geometry has more than {MAX_VERTICES} vertices: simplify it")
    if not geometry.is_valid:
        raise FilterError(f"the geometry is not valid: {shapely.is_valid_reason(geometry)}")
    return str(shapely.to_geojson(geometry))


def box_geojson(numbers: Any) -> str:
    """GeoJSON of a box: west, south, east, north in degrees, or with heights (which are left aside). One that
    crosses the antimeridian has its west east of its east, and becomes two.

    Raises:
        FilterError: it is none.
    """
    if not isinstance(numbers, list | tuple) or len(numbers) not in (4, 6):
        raise FilterError("a box has four numbers: west, south, east, north")
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers):
        raise FilterError("a box is made of numbers")
    west, south, east, north = (numbers[i] for i in ((0, 1, 2, 3) if len(numbers) == 4 else (0, 1, 3, 4)))
    if not (-90 <= south <= north <= 90 and -180 <= west <= 180 and -180 <= east <= 180):
        raise FilterError(
            "a box is west, south, east, north in degrees: south not above north, within -180 to 180 and "
            "-90 to 90"
        )
    spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    polygons = [[[[w, south], [e, south], [e, north], [w, north], [w, south]]] for w, e in spans]
    return json.dumps({"type": "MultiPolygon", "coordinates": polygons})


def _interval(t: _Translation, node: Any) -> tuple[str, str]:
    """Start and end, both included, of an interval or an instant."""
    if isinstance(node, dict) and "interval" in node:
        ends = node["interval"]
        if not isinstance(ends, list) or len(ends) != 2:
            raise FilterError("an interval has two ends")
        start = _end(t, ends[0], FAR_PAST, last=False)
        return start, _end(t, ends[1], FAR_FUTURE, last=True)
    term = _term(t, node, "instant")
    if term.kind == "date":
        return f"{term.sql}::timestamptz", f"({term.sql} + 1)::timestamptz - interval '1 microsecond'"
    if term.kind != "instant":
        raise FilterError(f"this is no time: {_short(node)}")
    return term.sql, term.sql


def _end(t: _Translation, node: Any, open_: datetime, *, last: bool) -> str:
    if node == "..":
        return t.keep(open_, "timestamptz")
    if isinstance(node, str) and len(node) == 10:
        day = datetime.combine(_date(node), time(), tzinfo=UTC)
        return t.keep(day + _DAY if last else day, "timestamptz")
    term = _term(t, node, "instant")
    if term.kind != "instant":
        raise FilterError(f"this is no end of an interval: {_short(node)}")
    # A span that is not over has no end yet.
    return f"coalesce({term.sql}, 'infinity')" if last else term.sql


_TEMPORAL = {
    "t_after": "{a} > {d}",
    "t_before": "{b} < {c}",
    "t_intersects": "({a} <= {d} AND {b} >= {c})",
    "t_disjoint": "({a} > {d} OR {b} < {c})",
    "t_equals": "({a} = {c} AND {b} = {d})",
    "t_during": "({a} > {c} AND {b} < {d})",
    "t_contains": "({a} < {c} AND {b} > {d})",
    "t_meets": "{b} = {c}",
    "t_metby": "{a} = {d}",
    "t_overlaps": "({a} < {c} AND {b} > {c} AND {b} < {d})",
    "t_overlappedby": "({a} > {c} AND {a} < {d} AND {b} > {d})",
    "t_starts": "({a} = {c} AND {b} < {d})",
    "t_startedby": "({a} = {c} AND {b} > {d})",
    "t_finishes": "({b} = {d} AND {a} > {c})",
    "t_finishedby": "({b} = {d} AND {a} < {c})",
}
"""a to b is the first interval, c to d the second (Allen 1983, as CQL2 §7.4 names them)."""


def _temporal(t: _Translation, operator: str, arguments: list[Any]) -> str:
    (a, b), (c, d) = (_interval(t, node) for node in _count(operator, arguments, 2))
    return f"({_TEMPORAL[operator].format(a=a, b=b, c=c, d=d)})"


def _instant(text: Any) -> datetime:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise FilterError(f"this is no time: {_short(text)}") from error
    if at.tzinfo is None:
        raise FilterError(f"a time needs its offset from UTC: {_short(text)}")
    return at


def _date(text: Any) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError as error:
        raise FilterError(f"this is no date: {_short(text)}") from error


def _text(text: str) -> str:
    if "\x00" in text:
        raise FilterError("text cannot hold a zero character")
    return text


def _short(node: Any) -> str:
    text = json.dumps(node, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:60]}…"


_RULES: dict[str, Callable[[_Translation, str, list[Any]], str]] = {
    **dict.fromkeys(_COMPARE, _comparison),
    **dict.fromkeys(_SPATIAL, _spatial),
    **dict.fromkeys(_TEMPORAL, _temporal),
    "between": _between,
    "in": _in,
    "like": _like,
    "isNull": _is_null,
}
SUPPORTED = frozenset({*_RULES, "and", "or", "not", "casei"})
