"""A reserve's records as a file, in the formats that other tools read."""

import threading
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from pydantic import ValidationError

from fieldwatch_cloud.api.auth import AnyMember, Member
from fieldwatch_cloud.api.download import download
from fieldwatch_cloud.api.models.common import Instant, problems
from fieldwatch_cloud.api.models.exports import ExportCitation, ExportQuery
from fieldwatch_cloud.api.services import Services, Wired
from fieldwatch_cloud.db import geography
from fieldwatch_cloud.errors import BusyError
from fieldwatch_cloud.exports.citation import Citation, cite
from fieldwatch_cloud.exports.formats import FORMATS, FormatName
from fieldwatch_cloud.exports.order import Order
from fieldwatch_shared.messages import utc_now

router = APIRouter(tags=["exchange"])
AT_ONCE = 2
"""Per process: each holds a connection and a temporary file for as long as it takes."""
_FILE = {"schema": {"type": "string", "format": "binary"}}
_FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": dict.fromkeys(sorted({f.media_type for f in FORMATS.values()}), _FILE)}
}
_room = threading.BoundedSemaphore(AT_ONCE)

ExportFormat = Annotated[
    FormatName,
    Path(
        alias="format",
        description="`camtrap-dp` (Camtrap DP 1.0.2), `darwin-core` (archive), `csv` (zip of tables), "
        "`geojson` (observations), `gpkg` (GeoPackage), `parquet` (zip of GeoParquet), `earthranger` "
        "(events) or `coco` (COCO Camera Traps).",
    ),
]


@router.get(
    "/reserves/{slug}/exports/{format}",
    summary="Records as a file",
    response_class=StreamingResponse,
    responses={**_FILES, **problems(401, 404, 422, 429)},
)
def export_records(
    member: AnyMember,
    services: Wired,
    request: Request,
    format_: ExportFormat,
    from_: Annotated[Instant | None, Query(alias="from", description="Observed at or after.")] = None,
    to: Annotated[Instant | None, Query(description="Observed before.")] = None,
    taxon: Annotated[list[str] | None, Query(description="Scientific name; may be repeated.")] = None,
    deployment: Annotated[list[UUID] | None, Query(description="May be repeated.")] = None,
    zone: Annotated[UUID | None, Query(description="Deployments that stand in this zone.")] = None,
    min_confidence: Annotated[float, Query(ge=0, le=1)] = 0,
) -> StreamingResponse:
    """With citation, licence, query and software version inside. Times have a UTC offset and are corrected
    for clocks that were found wrong; people's labels stand where there are any; places are WGS 84, longitude
    first. Sensitive species are blurred but for admins, managers and researchers."""
    try:
        query = ExportQuery.model_validate(
            {
                "from": from_,
                "to": to,
                "taxa": taxon or [],
                "deployments": deployment or [],
                "zone": zone,
                "min_confidence": min_confidence,
            }
        )
    except ValidationError as error:
        raise RequestValidationError([{**e, "loc": ("query", *e["loc"])} for e in error.errors()]) from error
    return _answer(member, services, request, format_, query)


@router.post(
    "/reserves/{slug}/exports/{format}",
    summary="Records of a drawn area as a file",
    response_class=StreamingResponse,
    responses={**_FILES, **problems(401, 403, 404, 413, 422, 429)},
)
def export_area(
    member: AnyMember, services: Wired, request: Request, format_: ExportFormat, body: ExportQuery
) -> StreamingResponse:
    """As `GET`, with an area."""
    return _answer(member, services, request, format_, body)


@router.post(
    "/reserves/{slug}/citation",
    summary="How an export would be cited",
    responses=problems(401, 403, 404, 413, 422),
)
def cite_export(member: AnyMember, services: Wired, request: Request, body: ExportQuery) -> ExportCitation:
    """The words that every file of the same question holds, but for when it was accessed."""
    _, citation = _ordered(member, services, request, body)
    return ExportCitation(
        text=citation.text,
        title=citation.title,
        licence=citation.licence.id,
        licence_url=citation.licence.url,
        software=citation.software,
        accessed_at=citation.accessed_at,
    )


def _ordered(
    member: Member, services: Services, request: Request, query: ExportQuery
) -> tuple[Order, Citation]:
    order = Order(
        reserve=member.reserve,
        reserve_id=member.reserve_id,
        since=query.from_,
        until=query.to,
        area=query.area.model_dump_json() if query.area else None,
        zone=query.zone,
        taxa=tuple(query.taxa),
        deployments=tuple(query.deployments),
        min_confidence=query.min_confidence,
        exact=member.exact,
        site=(services.settings.http.public_url or str(request.base_url)).rstrip("/"),
    )
    with services.database.transaction() as conn:
        (reserve,) = geography.reserves(conn, [member.reserve])
        licence, rights_holder = geography.licence(conn, member.reserve_id)
    return order, cite(
        order, name=reserve.name, accessed_at=utc_now(), licence=licence, publisher=rights_holder
    )


def _answer(
    member: Member, services: Services, request: Request, format_: FormatName, query: ExportQuery
) -> StreamingResponse:
    order, citation = _ordered(member, services, request, query)
    format_of = FORMATS[format_]
    if not _room.acquire(timeout=1):
        raise BusyError(f"{AT_ONCE} exports are being made already: try again in a moment")
    name = f"{member.reserve}-{citation.accessed_at:%Y%m%d}{format_of.suffix}"
    try:
        return download(
            lambda file: format_of.writer()(services.database, order, citation, file),
            name,
            format_of.media_type,
            {"Link": f'<{citation.licence.url}>; rel="license"'},
        )
    finally:
        _room.release()
