"""The base map: what people load to draw the land, and the file of tiles that is built of it."""

import re
from pathlib import Path, PurePath
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool

from fieldwatch_cloud.api.auth import AnyMember, Manager, Member
from fieldwatch_cloud.api.models.basemap import (
    Basemap,
    BasemapLayer,
    ContoursWanted,
    LandKind,
    LoadedLayer,
)
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.problems import problem
from fieldwatch_cloud.api.routes.tiles import REVALIDATED, matches
from fieldwatch_cloud.api.services import Db, Services, Wired
from fieldwatch_cloud.basemap import build, land, load
from fieldwatch_cloud.db import basemap
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_cloud.incidents import terrain as ground

router = APIRouter(tags=["map"])
PMTILES = "application/vnd.pmtiles"
_KIND: TypeAdapter[LandKind] = TypeAdapter(LandKind)
_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{1,18})?|-(\d{1,18}))")
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            f"application/{kind}": _BINARY
            for kind in ("geo+json", "geopackage+sqlite3", "vnd.google-earth.kml+xml", "zip")
        },
    }
}


class PmTiles(Response):
    media_type = PMTILES


@router.get("/reserves/{slug}/basemap", summary="The base map", responses=problems(401, 404))
def get_basemap(member: AnyMember, services: Wired) -> Basemap:
    """What is loaded, and the file that is built of it: rivers, roads and contours, also without internet."""
    with services.database.transaction() as conn:
        layers = basemap.layers(conn, member.reserve_id)
        built = basemap.built(conn, member.reserve_id)
    there = built is not None and _file(services, member, built) is not None
    west_to_north = built.bounds if built and there else None
    return Basemap(
        layers=[
            BasemapLayer(
                kind=_KIND.validate_python(one.kind),
                name=one.name,
                features=one.features,
                source=one.source,
                loaded_at=one.loaded_at,
            )
            for one in layers
        ],
        url=f"/api/v1/reserves/{member.reserve}/basemap.pmtiles" if there else None,
        bounds=(west_to_north[0], west_to_north[1], west_to_north[2], west_to_north[3])
        if west_to_north
        else None,
        max_zoom=built.max_zoom if built and there else None,
        bytes=built.bytes if built and there else None,
        version=built.version if built and there else None,
        built_at=built.built_at if built and there else None,
        building=built is not None and built.due,
        problem=built.reason if built and built.failed == built.wanted else None,
    )


@router.get(
    "/reserves/{slug}/basemap.pmtiles",
    summary="The base map's tiles, in one file",
    response_class=PmTiles,
    responses={
        206: {"description": "The part that `Range` asks for.", "content": {PMTILES: _BINARY}},
        304: {"description": "`If-None-Match` names the file as it still is."},
        **problems(401, 404, 416),
    },
)
def get_basemap_file(member: AnyMember, services: Wired, request: Request) -> Response:
    """PMTiles, version 3: read in ranges. The ETag changes with the content; a part of another version than
    the one that was asked for with `If-Range` comes as the whole file."""
    with services.database.transaction() as conn:
        built = basemap.built(conn, member.reserve_id)
    file = _file(services, member, built) if built else None
    if built is None or file is None:
        raise NotFoundError(f"no base map is built for {member.reserve}")
    headers = {"ETag": f'"{built.version}"', "Cache-Control": REVALIDATED}
    if matches(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    size = file.stat().st_size
    wanted = request.headers.get("range")
    same = request.headers.get("if-range", headers["ETag"]) == headers["ETag"]
    if wanted is not None and same and not _within(wanted, size):
        return problem(416, f"the file has {size} bytes", headers={"Content-Range": f"bytes */{size}"})
    return FileResponse(file, headers=headers, media_type=PMTILES)


def _within(wanted: str, size: int) -> bool:
    """Whether a `Range` names one part that the file has."""
    found = _RANGE.fullmatch(wanted.strip())
    if found is None:
        return False
    first, last, from_end = (int(number) if number else None for number in found.groups())
    if first is None:
        return bool(from_end)
    return first < size and (last is None or first <= last)


@router.put(
    "/reserves/{slug}/basemap/{kind}",
    summary="Load a layer of the base map",
    responses=problems(401, 403, 404, 413, 422),
    openapi_extra=_UPLOAD,
)
async def put_basemap_layer(
    member: Manager,
    services: Wired,
    request: Request,
    kind: LandKind,
    filename: Annotated[str, Query(min_length=1, max_length=200)] = "upload",
    name: Annotated[str | None, Query(max_length=200, description="As people call it.")] = None,
) -> LoadedLayer:
    """For managers: GeoJSON, GeoPackage, KML or a zipped Shapefile as the raw body, at most 32 MiB, in place
    of what is loaded of this kind. Any coordinate system; cut to the reserve and 15 km around it. Names are
    read from the columns `name` and `name_zh`, what is finer than the kind from `class` (or `fclass`,
    `highway`, ...), heights of contours and peaks from `ele`. The file of tiles is built anew at once."""
    body = await request.body()  # Read only once we know who sends it.
    file = PurePath(filename).name
    return await run_in_threadpool(_load, services, member, kind, file, name, body)


@router.post(
    "/reserves/{slug}/basemap/contours",
    summary="Draw contours from the elevation model",
    responses=problems(401, 403, 404, 422),
)
def draw_contours(body: ContoursWanted, member: Manager, db: Db) -> LoadedLayer:
    """For managers: from the model that `fieldwatch cloud terrain load` has read, in place of the contours
    that are loaded."""
    stored = load.draw_contours(db, member.reserve, ground.read, body.interval_m)
    return LoadedLayer(kind="contour", features=stored, left_out=0)


@router.delete(
    "/reserves/{slug}/basemap/{kind}",
    summary="Remove a layer of the base map",
    status_code=204,
    response_class=Response,
    responses=problems(401, 403, 404),
)
def delete_basemap_layer(member: Manager, db: Db, kind: LandKind) -> Response:
    """For managers."""
    with db.transaction() as conn:
        if not basemap.forget(conn, member.reserve_id, kind):
            raise NotFoundError(f"no {kind} is loaded for {member.reserve}")
    return Response(status_code=204)


def _load(
    services: Services, member: Member, kind: LandKind, filename: str, name: str | None, body: bytes
) -> LoadedLayer:
    with services.database.transaction() as conn:
        try:
            bounds = basemap.extent(conn, member.reserve_id, build.MARGIN_M)
        except NotFoundError as error:
            raise HTTPException(422, str(error)) from error
    read = land.read_upload(kind, filename, body, bounds)
    with services.database.transaction() as conn:
        stored = load.keep(
            conn, member.reserve_id, kind, read.features, name=name or filename, source=filename
        )
    return LoadedLayer(kind=kind, features=stored, left_out=read.left_out)


def _file(services: Services, member: Member, built: basemap.Built) -> Path | None:
    """The file, where this machine has it."""
    if built.version is None:
        return None
    file = build.path(services.settings.media_dir, member.reserve_id, built.version)
    return file if file.is_file() else None
