"""Labelling sets out to other tools, and back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse

from fieldwatch_cloud import exchange
from fieldwatch_cloud.api.auth import AnyMember, Member, require
from fieldwatch_cloud.api.models.common import FieldError, problems
from fieldwatch_cloud.api.models.labels import MAX_ERRORS, Imported
from fieldwatch_cloud.api.problems import problem
from fieldwatch_cloud.api.routes.labels import LABELLERS, Reasons, Reviewed, Wanted
from fieldwatch_cloud.api.services import Wired
from fieldwatch_cloud.exchange import ExportFormat, ImportFormat
from fieldwatch_cloud.labels.outgoing import Which

router = APIRouter(tags=["review"])
_FILE = {"schema": {"type": "string", "format": "binary"}}
Labeller = Annotated[Member, Depends(require(*LABELLERS))]


async def raw_body(_: Labeller, request: Request) -> bytes:
    """Read only once we know who sends it."""
    return await request.body()


@router.get(
    "/reserves/{slug}/labels/export",
    summary="A labelling set, as a zip",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": _FILE}}, **problems(401, 404, 422)},
)
def export_labels(
    member: AnyMember,
    wanted: Wanted,
    services: Wired,
    request: Request,
    format_: Annotated[ExportFormat, Query(alias="format")],
    which: Annotated[
        Which,
        Query(
            description="People's labels, detectors' proposals, or both; COCO and YOLO know one "
            "kind of box: with `both`, a picture that a person labelled has theirs."
        ),
    ] = "both",
    reason: Reasons = None,
    reviewed: Reviewed = None,
    pictures: Annotated[bool, Query(description="Pack the pictures; else name their addresses.")] = True,
    limit: Annotated[
        int, Query(ge=1, le=exchange.MAX_PICTURES, description="The most telling so many.")
    ] = exchange.MAX_PICTURES,
) -> StreamingResponse:
    """The pictures of the review list with what was proposed and labelled. Their file names hold their ids,
    by which the import finds them again. A picture whose file is lost is named in `missing.txt`."""
    site = (services.settings.http.public_url or str(request.base_url)).rstrip("/")
    order = exchange.Order(
        wanted,
        format_,
        which,
        reason,
        reviewed,
        links=None if pictures else site,
        limit=limit,
        exact=member.exact,
    )
    packing = exchange.export_set(services.database, services.media, order)
    name = f"{member.reserve}-{format_}.zip"
    return StreamingResponse(
        packing.pieces,
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.post(
    "/reserves/{slug}/labels/import",
    summary="Keep what was labelled in another tool",
    response_model=Imported,
    responses=problems(401, 403, 404, 413, 422),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": ["object", "array"]}}},
        }
    },
)
def import_labels(
    member: Labeller,
    services: Wired,
    body: Annotated[bytes, Depends(raw_body)],
    format_: Annotated[
        ImportFormat | None, Query(alias="format", description="Absent: as the file looks.")
    ] = None,
    confirm: Annotated[
        bool,
        Query(
            description="Boxes that are exactly as a detector proposed them, score and all, are a "
            "person's word; else they count as not looked at."
        ),
    ] = False,
) -> Imported | JSONResponse:
    """For researchers and managers: a COCO file, or Label Studio's JSON export. Each picture that somebody
    labelled there gets a new revision, by the account that imports. The same file again adds nothing. Rows
    that cannot be read, or belong to no picture here, or were labelled here since, are named in `errors`, and
    the others are kept; where none could be, the answer is a problem (422)."""
    outcome = exchange.import_file(
        services.database,
        body,
        reserve=member.reserve,
        account_id=member.caller.account.id,
        format_=format_,
        confirm=confirm,
    )
    errors = [FieldError(field=where, message=why) for where, why in outcome.errors[:MAX_ERRORS]]
    if errors and not outcome.stored + outcome.unchanged + outcome.untouched:
        return problem(
            422,
            f"none of the pictures in this file could be kept: {errors[0].field}: {errors[0].message}",
            fields=[error.model_dump() for error in errors],
        )
    return Imported(
        stored=outcome.stored,
        unchanged=outcome.unchanged,
        untouched=outcome.untouched,
        errors=errors,
        left_out=len(outcome.errors),
    )
