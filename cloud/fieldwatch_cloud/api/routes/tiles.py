"""Vector tiles of what changes: cameras, density, hotspots and patrol tracks."""

from datetime import date, datetime
from typing import Annotated, TypeVar

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from pydantic import TypeAdapter, ValidationError

from fieldwatch_cloud.api import withheld
from fieldwatch_cloud.api.auth import AnyMember, Member
from fieldwatch_cloud.api.models.common import Instant, problems
from fieldwatch_cloud.api.models.tiles import Month
from fieldwatch_cloud.api.services import Services, Wired
from fieldwatch_cloud.basemap.mercator import MAX_ZOOM, TileId
from fieldwatch_cloud.tiles.cells import Kind
from fieldwatch_cloud.tiles.density import Question
from fieldwatch_cloud.tiles.service import Asker, LayerName, Tile

router = APIRouter(tags=["map"])
MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
REVALIDATED = "private, no-cache"
MOST_MONTHS = 240
_T = TypeVar("_T")
_MONTH: TypeAdapter[date] = TypeAdapter(Month)
_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)


class MapboxVectorTile(Response):
    media_type = MEDIA_TYPE


@router.get(
    "/reserves/{slug}/tiles/{layer}/{z}/{x}/{y}.mvt",
    summary="A vector tile",
    response_class=MapboxVectorTile,
    responses={
        204: {"description": "Nothing is there."},
        304: {"description": "`If-None-Match` names what the tile still is."},
        **problems(401, 403, 404, 422, 503),
    },
)
def get_tile(
    member: AnyMember,
    services: Wired,
    request: Request,
    layer: LayerName,
    z: Annotated[int, Path(ge=0, le=MAX_ZOOM)],
    x: Annotated[int, Path(ge=0)],
    y: Annotated[int, Path(ge=0, description="From the north.")],
    taxon: Annotated[
        str, Query(max_length=200, description="Density: a scientific name, or `any`: all animals together.")
    ] = "any",
    cells: Annotated[Kind, Query(description="Density: what the cells are.")] = "hexagon",
    from_: Annotated[
        str | None,
        Query(
            alias="from",
            max_length=40,
            description="Density: the first month, YYYY-MM. Hotspots, tracks: an instant.",
        ),
    ] = None,
    to: Annotated[str | None, Query(max_length=40, description="As `from`; excluded.")] = None,
) -> Response:
    """One layer with the name `layer`, in web mercator, 4096 units wide.

    - `cameras`: points with `id`, `name`, `status` (health), `heading`, `fov`, `distance`, `ended`,
      `imported`. Below zoom 8, and where a tile holds more than 500, clusters instead: `count`, `status` (the
      one that asks for somebody most), and how many are `ok`, `attention`, `silent`, `never_seen`, `ended`.
    - `density`: cells with `cell`, `status`, `deployments`, `camera_days`, and, where somebody looked,
      `events` and `rate` (events per 100 camera-days) with `low` and `high` (95 %). `not_observed`: a camera
      stood there in the span, and nobody looked; that is not zero. No cell: no camera stood there. `from` and
      `to` are needed. Of sensitive species as elsewhere: 403 for who may not know their places.
    - `hotspots`: points with `id`, `observed_at`, `confidence`, `source`, `satellite`, `frp` (MW), `scan_km`,
      `track_km`, `inside`, `incident_id`.
    - `tracks`: lines with `id`, `name`, `kind`, `started_at`, `length_m`.

    Revalidate with the ETag: it changes with the content only.
    """
    try:
        tile = TileId(z, x, y)
    except ValueError as error:
        raise HTTPException(422, str(error)) from error
    asker = Asker(member.reserve, member.reserve_id, member.exact)
    match layer:
        case "cameras":
            found = services.tiles.cameras(asker, tile)
        case "density":
            found = _density(member, services, asker, tile, taxon, cells, from_, to)
        case "hotspots":
            found = services.tiles.hotspots(asker, tile, _instant("from", from_), _instant("to", to))
        case "tracks":
            found = services.tiles.tracks(asker, tile, _instant("from", from_), _instant("to", to))
    headers = {"ETag": found.etag, "Cache-Control": REVALIDATED}
    if matches(request.headers.get("if-none-match"), found.etag):
        return Response(status_code=304, headers=headers)
    if not found.content:
        return Response(status_code=204, headers=headers)
    return MapboxVectorTile(found.content, headers=headers)


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether a client has the content already (RFC 9110, 13.1.2: compared weakly)."""
    if if_none_match is None:
        return False
    named = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return "*" in named or etag in named


def _density(
    member: Member,
    services: Services,
    asker: Asker,
    tile: TileId,
    taxon: str,
    cells: Kind,
    from_: str | None,
    to: str | None,
) -> Tile:
    since, until = _month("from", from_), _month("to", to)
    months = (until.year - since.year) * 12 + until.month - since.month
    if not 1 <= months <= MOST_MONTHS:
        raise HTTPException(422, f"`to` must be 1 to {MOST_MONTHS} months after `from`, not {months}")
    name = None if taxon == "any" else taxon
    hidden = withheld.NOTHING
    if not member.exact:
        with services.database.transaction() as conn:
            hidden = withheld.in_area(conn, member, None if name is None else [name], whole=False)
    return services.tiles.density(asker, tile, Question(member.reserve_id, name, since, until), cells, hidden)


def _month(name: str, text: str | None) -> date:
    if text is None:
        raise HTTPException(422, f"density needs `{name}`, a month like 2026-05")
    return _read(_MONTH, name, text)


def _instant(name: str, text: str | None) -> datetime | None:
    return None if text is None else _read(_INSTANT, name, text)


def _read(reader: TypeAdapter[_T], name: str, text: str) -> _T:
    try:
        return reader.validate_python(text)
    except ValidationError as error:
        raise HTTPException(422, f"`{name}`: {error.errors()[0]['msg']}") from error
