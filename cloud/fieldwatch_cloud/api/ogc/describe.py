"""What the service says of itself: conformance, collections, queryables, its OpenAPI document."""

from typing import Any

from fieldwatch_cloud.api.ogc.query import CRS84, DEFAULT_LIMIT, MAX_LIMIT
from fieldwatch_cloud.api.ogc.words import COLLECTIONS
from fieldwatch_cloud.db.columns import COLUMNS, Kind, Name

CONFORMANCE = [
    *(
        f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{c}"
        for c in ("core", "oas30", "html", "geojson")
    ),
    *(
        f"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/{c}"
        for c in ("queryables", "queryables-query-parameters", "filter", "features-filter")
    ),
    *(
        f"http://www.opengis.net/spec/cql2/1.0/conf/{c}"
        for c in (
            "cql2-text",
            "cql2-json",
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "basic-spatial-functions",
            "basic-spatial-functions-plus",
            "spatial-functions",
            "temporal-functions",
            "property-property",
        )
    ),
]
GEOJSON = "application/geo+json"
JSON = "application/json"
HTML = "text/html"
PROBLEM = "application/problem+json"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
_SCHEMA: dict[Kind, dict[str, Any]] = {
    "string": {"type": "string"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "instant": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "uuid": {"type": "string", "format": "uuid"},
}


def link(href: str, rel: str, type_: str, title: str) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": type_, "title": title}


def landing(base: str, name: str) -> dict[str, Any]:
    """Args:
    base: address of the reserve's service, without a slash at its end.
    """
    return {
        "title": name,
        "description": f"Camera records of {name}: where cameras looked, what they saw, and fires.",
        "links": [
            link(f"{base}/?f=json", "self", JSON, "This page"),
            link(f"{base}/?f=html", "alternate", HTML, "This page for people"),
            link(f"{base}/api", "service-desc", OPENAPI, "OpenAPI"),
            link(f"{base}/api?f=html", "service-doc", HTML, "How to ask"),
            link(f"{base}/conformance", "conformance", JSON, "What is supported"),
            link(f"{base}/collections", "data", JSON, "The collections"),
        ],
    }


def collection(
    base: str, name: Name, box: tuple[float, float, float, float] | None, began: str | None
) -> dict[str, Any]:
    words = COLLECTIONS[name]
    here = f"{base}/collections/{name}"
    extent: dict[str, Any] = {}
    if box is not None:
        extent["spatial"] = {"bbox": [list(box)], "crs": CRS84}
    if words.instant is not None and began is not None:
        trs = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
        extent["temporal"] = {"interval": [[began, None]], "trs": trs}
    return {
        "id": name,
        "title": words.title,
        "description": words.description,
        "itemType": "feature",
        "crs": [CRS84],
        "storageCrs": CRS84,
        "extent": extent,
        "links": [
            link(f"{here}?f=json", "self", JSON, "This collection"),
            link(f"{here}?f=html", "alternate", HTML, "This collection for people"),
            link(f"{here}/items?f=json", "items", GEOJSON, "The features"),
            link(f"{here}/items?f=html", "items", HTML, "The features for people"),
            link(
                f"{here}/queryables",
                "http://www.opengis.net/def/rel/ogc/1.0/queryables",
                SCHEMA,
                "Queryables",
            ),
        ],
    }


def queryables(base: str, name: Name) -> dict[str, Any]:
    """JSON Schema of what can be filtered by."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{base}/collections/{name}/queryables",
        "type": "object",
        "title": COLLECTIONS[name].title,
        "properties": {
            "geometry": {"format": "geometry-any", "x-ogc-role": "primary-geometry"},
            **{column: _SCHEMA[kind] | {"title": column} for column, kind in COLUMNS[name].items()},
        },
        "additionalProperties": False,
    }


def openapi(base: str, name: str) -> dict[str, Any]:
    paths: dict[str, Any] = {
        "/": _get("landing", "The landing page", JSON),
        "/conformance": _get("conformance", "What is supported", JSON),
        "/collections": _get("collections", "The collections", JSON),
    }
    for each, words in COLLECTIONS.items():
        here = f"/collections/{each}"
        paths[here] = _get(f"describe_{each}", f"About {words.title.lower()}", JSON)
        paths[f"{here}/queryables"] = _get(f"queryables_{each}", "What can be filtered by", SCHEMA)
        filters = [_query(column, _SCHEMA[kind]) for column, kind in COLUMNS[each].items()]
        paths[f"{here}/items"] = _get(f"items_{each}", words.title, GEOJSON, _ITEMS + filters)
        id_ = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
        paths[f"{here}/items/{{id}}"] = _get(f"item_{each}", "One of them", GEOJSON, [id_])
    return {
        "openapi": "3.0.3",
        "info": {"title": name, "version": "1.0", "description": "OGC API - Features of a reserve."},
        "servers": [{"url": base}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic", "description": "An API token as the password."},
                "token": {"type": "http", "scheme": "bearer"},
            }
        },
        "security": [{"basic": []}, {"token": []}],
    }


def _query(name: str, schema: dict[str, Any], description: str = "") -> dict[str, Any]:
    told: dict[str, Any] = {"name": name, "in": "query", "required": False, "schema": schema}
    if schema.get("type") == "array":
        told |= {"style": "form", "explode": False}
    return told | ({"description": description} if description else {})


_BOX = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
_ITEMS = [
    _query("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}),
    _query("bbox", _BOX, "west,south,east,north; west above east crosses the antimeridian"),
    _query("datetime", {"type": "string"}, "An instant or an interval, `..` for an open end; UTC offset"),
    _query("filter", {"type": "string"}, "CQL2"),
    _query("filter-lang", {"type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text"}),
]


def _get(
    id_: str, summary: str, type_: str, parameters: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    problem = {"description": "What is wrong.", "content": {PROBLEM: {"schema": {"type": "object"}}}}
    format_ = _query("f", {"type": "string", "enum": ["json", "html"]})
    return {
        "get": {
            "operationId": id_,
            "summary": summary,
            "parameters": [format_, *(parameters or [])],
            "responses": {
                "200": {"description": summary, "content": {type_: {"schema": {"type": "object"}}, HTML: {}}},
                **dict.fromkeys(("400", "401", "404"), problem),
            },
        }
    }
