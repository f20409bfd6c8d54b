"""The resources of OGC API - Features, each for machines and for people."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse, Response

from fieldwatch_cloud.api.ogc import describe, query
from fieldwatch_cloud.api.ogc.access import Reader
from fieldwatch_cloud.api.ogc.describe import GEOJSON, HTML, JSON, OPENAPI, SCHEMA, link
from fieldwatch_cloud.api.ogc.pages import NO_STORE, TEMPLATES, answer
from fieldwatch_cloud.api.ogc.words import COLLECTIONS
from fieldwatch_cloud.api.services import Services, Wired
from fieldwatch_cloud.db import features, geography
from fieldwatch_cloud.db.columns import COLUMNS, Name
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_cloud.exports.frames import feature
from fieldwatch_shared.messages import utc_now

router = APIRouter(prefix="/ogc", include_in_schema=False)
STATEMENT_S = 30


@router.get("/{slug}")
def without_slash(member: Reader, request: Request, services: Wired) -> RedirectResponse:
    return RedirectResponse(f"{_base(request, services, member.reserve)}/", headers=NO_STORE)


@router.get("/{slug}/")
def landing(member: Reader, request: Request, services: Wired) -> Response:
    base, name = _base(request, services, member.reserve), _names(services, member.reserve)
    return answer(request, "landing", describe.landing(base, name[0]), base=base, names=name)


@router.get("/{slug}/conformance")
def conformance(member: Reader, request: Request, services: Wired) -> Response:
    base = _base(request, services, member.reserve)
    document = {"conformsTo": describe.CONFORMANCE}
    return answer(request, "conformance", document, base=base, names=_names(services, member.reserve))


@router.get("/{slug}/api")
def api(member: Reader, request: Request, services: Wired) -> Response:
    base, names = _base(request, services, member.reserve), _names(services, member.reserve)
    document = describe.openapi(base, names[0])
    return answer(request, "api", document, media_type=OPENAPI, base=base, names=names)


@router.get("/{slug}/style.css")
def style(_: Reader) -> FileResponse:
    return FileResponse(TEMPLATES / "style.css", media_type="text/css", headers=NO_STORE)


@router.get("/{slug}/collections")
def collections(member: Reader, request: Request, services: Wired) -> Response:
    base = _base(request, services, member.reserve)
    with services.database.transaction() as conn:
        box, began = features.extent(conn, member.reserve_id), features.began(conn, member.reserve_id)
    document = {
        "links": [
            link(f"{base}/collections?f=json", "self", JSON, "This page"),
            link(f"{base}/collections?f=html", "alternate", HTML, "This page for people"),
        ],
        "collections": [describe.collection(base, name, box, _iso(began)) for name in COLLECTIONS],
    }
    names = _names(services, member.reserve)
    return answer(request, "collections", document, base=base, names=names, words=COLLECTIONS)


@router.get("/{slug}/collections/{collection}")
def one_collection(collection: str, member: Reader, request: Request, services: Wired) -> Response:
    name = _known(collection)
    base = _base(request, services, member.reserve)
    with services.database.transaction() as conn:
        box, began = features.extent(conn, member.reserve_id), features.began(conn, member.reserve_id)
    document = describe.collection(base, name, box, _iso(began))
    return answer(
        request,
        "collection",
        document,
        base=base,
        names=_names(services, member.reserve),
        words=COLLECTIONS[name],
        columns=COLUMNS[name],
    )


@router.get("/{slug}/collections/{collection}/queryables")
def queryables(collection: str, member: Reader, request: Request, services: Wired) -> Response:
    name = _known(collection)
    base = _base(request, services, member.reserve)
    return JSONResponse(describe.queryables(base, name), media_type=SCHEMA, headers=NO_STORE)


@router.get("/{slug}/collections/{collection}/items")
def items(collection: str, member: Reader, request: Request, services: Wired) -> Response:
    """Pages by key: whatever arrives meanwhile, following `next` shows nothing twice."""
    name = _known(collection)
    given = dict(request.query_params)
    question = query.read(name, member, given)
    with services.database.transaction() as conn:
        features.not_for_ever(conn, STATEMENT_S)
        found = features.page(
            conn,
            name,
            question.selection,
            limit=question.limit + 1,
            after=question.after,
            condition=question.condition,
        )
        matched = features.count(conn, name, question.selection, question.condition)
    shown = found[: question.limit]
    base = _base(request, services, member.reserve)
    here = f"{base}/collections/{name}/items"
    asked = {key: value for key, value in given.items() if key != "f"}
    links = [
        link(_address(here, asked | {"f": "json"}), "self", GEOJSON, "This page"),
        link(_address(here, asked | {"f": "html"}), "alternate", HTML, "This page for people"),
        link(f"{base}/collections/{name}", "collection", JSON, "The collection"),
    ]
    if len(found) > question.limit:
        on = asked | {"limit": str(question.limit), "after": query.cursor(features.key(shown[-1]))}
        links.append(link(_address(here, on | {"f": "json"}), "next", GEOJSON, "The next page"))
    document: dict[str, Any] = {
        "type": "FeatureCollection",
        "links": links,
        "timeStamp": f"{utc_now():%Y-%m-%dT%H:%M:%SZ}",
        "numberReturned": len(shown),
        **({} if matched is None else {"numberMatched": matched}),
        "features": [feature(name, row) for row in shown],
    }
    return answer(
        request,
        "items",
        document,
        media_type=GEOJSON,
        headers={"Content-Crs": f"<{query.CRS84}>"},
        base=base,
        names=_names(services, member.reserve),
        words=COLLECTIONS[name],
        columns=COLUMNS[name],
        name=name,
        asked=asked,
    )


@router.get("/{slug}/collections/{collection}/items/{item}")
def one_item(collection: str, item: str, member: Reader, request: Request, services: Wired) -> Response:
    name = _known(collection)
    selection = features.Selection(member.reserve_id, member.exact)
    with services.database.transaction() as conn:
        features.not_for_ever(conn, STATEMENT_S)
        row = features.one(conn, name, selection, item.replace("\x00", ""))
    base = _base(request, services, member.reserve)
    here = f"{base}/collections/{name}/items/{row['id']}"
    document = feature(name, row) | {
        "links": [
            link(f"{here}?f=json", "self", GEOJSON, "This feature"),
            link(f"{here}?f=html", "alternate", HTML, "This feature for people"),
            link(f"{base}/collections/{name}", "collection", JSON, "The collection"),
        ]
    }
    return answer(
        request,
        "item",
        document,
        media_type=GEOJSON,
        headers={"Content-Crs": f"<{query.CRS84}>"},
        base=base,
        names=_names(services, member.reserve),
        words=COLLECTIONS[name],
        name=name,
    )


def _known(collection: str) -> Name:
    for name in COLLECTIONS:
        if name == collection:
            return name
    raise NotFoundError(f"no such collection: {collection[:60]!r}; there are: {', '.join(COLLECTIONS)}")


def _base(request: Request, services: Services, slug: str) -> str:
    site = (services.settings.http.public_url or str(request.base_url)).rstrip("/")
    return f"{site}/ogc/{slug}"


def _names(services: Services, slug: str) -> tuple[str, str]:
    with services.database.transaction() as conn:
        (reserve,) = geography.reserves(conn, [slug])
    return reserve.name, reserve.name_zh or reserve.name


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _address(path: str, query_: dict[str, str]) -> str:
    return f"{path}?{urlencode(query_)}"
