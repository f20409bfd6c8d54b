"""Large media from nodes, in parts: tus 1.0 (https://tus.io/protocols/resumable-upload), core, creation and
expiration."""

import asyncio
import base64
from collections.abc import AsyncIterator
from email.utils import format_datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from fieldwatch_cloud.api.auth_node import NodeCaller, OfNode
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.services import Services, Wired
from fieldwatch_cloud.db import certificates
from fieldwatch_cloud.db.uploads import Upload
from fieldwatch_cloud.errors import BusyError, InvalidMessageError
from fieldwatch_cloud.media.store import MIME_TYPES
from fieldwatch_cloud.uploads import desk
from fieldwatch_cloud.uploads.parts import Part, Parts
from fieldwatch_shared.messages import Media, utc_now

router = APIRouter(tags=["nodes"])
PATH = "/node/uploads"
VERSION = "1.0.0"
CONTENT_TYPE = "application/offset+octet-stream"
RECEIPT = "Fieldwatch-Receipt"
SILENT_S = 30.0
"""A node that sends nothing for so long within a part was cut off: what has come is kept."""
_TUS = {"Tus-Resumable": VERSION, "Cache-Control": "no-store"}


def tus_version(tus_resumable: Annotated[str, Header(description="The protocol's version.")]) -> None:
    """Raises:
    HTTPException: 412, another version.
    """
    if tus_resumable != VERSION:
        raise HTTPException(412, f"this is tus {VERSION}", {"Tus-Version": VERSION})


@router.options(PATH, summary="What of tus is spoken here", status_code=204, responses=problems(401))
def describe_uploads(_: NodeCaller, services: Wired) -> Response:
    """For nodes."""
    largest = str(services.settings.uploads.max_bytes)
    said = {"Tus-Version": VERSION, "Tus-Extension": "creation,expiration", "Tus-Max-Size": largest}
    return Response(status_code=204, headers=_TUS | said)


@router.post(
    PATH,
    summary="Announce a large picture",
    status_code=201,
    dependencies=[Depends(tus_version)],
    responses=problems(401, 412, 422, 429),
)
def create_upload(
    caller: NodeCaller,
    services: Wired,
    upload_length: Annotated[int, Header(gt=0, description="Bytes of the picture.")],
    upload_metadata: Annotated[
        str,
        Header(max_length=8000, description='"record ", and in Base64 the picture\'s record (Media, JSON).'),
    ],
) -> Response:
    """For nodes. Announced again, it goes on where it was: `Upload-Offset` says where. With the header
    `Fieldwatch-Receipt`, the picture is here already, and the node may forget it."""
    record = _record(upload_metadata)
    try:
        upload = desk.begin(
            services.database,
            services.settings.uploads,
            caller.node,
            record,
            upload_length,
            utc_now(),
            day_bytes=services.settings.ingest.node_picture_bytes,
        )
    except InvalidMessageError as error:
        raise HTTPException(422, str(error)) from error
    headers = {**_TUS, "Location": f"/api/v1{PATH}/{record.id}"}
    if upload is None:
        headers |= {"Upload-Offset": str(upload_length), RECEIPT: str(record.message_id)}
    else:
        headers |= _state(upload)
    return Response(status_code=201, headers=headers)


@router.head(
    PATH + "/{media_id}",
    summary="How far an upload is",
    dependencies=[Depends(tus_version)],
    responses=problems(401, 404, 412),
)
def look_at_upload(media_id: UUID, caller: NodeCaller, services: Wired) -> Response:
    """For nodes. 404: it expired."""
    upload = desk.find(services.database, caller.node, media_id)
    return Response(headers=_TUS | _state(upload) | {"Upload-Length": str(upload.length)})


@router.patch(
    PATH + "/{media_id}",
    summary="A part of a large picture",
    status_code=204,
    dependencies=[Depends(tus_version)],
    responses=problems(401, 404, 409, 412, 413, 415, 422, 423),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def patch_upload(
    media_id: UUID,
    caller: NodeCaller,
    services: Wired,
    request: Request,
    upload_offset: Annotated[int, Header(ge=0, description="Where this part begins.")],
) -> Response:
    """For nodes. What came of a part that was cut is kept. The last part, or an empty one behind it, has the
    picture taken in: the answer then holds the receipt."""
    if request.headers.get("content-type") != CONTENT_TYPE:
        raise HTTPException(415, f"the content type of a part is {CONTENT_TYPE}")
    parts = Parts(services.settings.uploads_dir)
    upload = await run_in_threadpool(desk.find, services.database, caller.node, media_id)
    try:
        with parts.held(media_id) as file:
            # Read anew: whoever had it before us may have come further.
            upload = await run_in_threadpool(desk.find, services.database, caller.node, media_id)
            if upload.finished_at is None:
                if upload_offset != upload.received:
                    raise HTTPException(
                        409,
                        f"the upload is at {upload.received}, not at {upload_offset}",
                        _TUS | _state(upload),
                    )
                upload = await _receive(services, upload, Part(file, upload.received), request)
                upload = await run_in_threadpool(_finish, services, caller, parts, upload)
    except BusyError as error:
        raise HTTPException(423, str(error), _TUS) from error
    except InvalidMessageError as error:
        raise HTTPException(422, str(error), _TUS) from error
    return Response(status_code=204, headers=_TUS | _state(upload))


async def _receive(services: Services, upload: Upload, part: Part, request: Request) -> Upload:
    """Write what comes, and note what of it is safe, however it ends."""
    try:
        async for chunk in _chunks(request):
            if part.offset + len(chunk) > upload.length:
                raise HTTPException(413, f"this goes beyond the {upload.length} bytes announced", _TUS)
            part.write(chunk)
    finally:
        if part.offset > upload.received:
            # Shielded: the server may be told to stop just now, and the node has sent it.
            await asyncio.shield(run_in_threadpool(part.sync))
            upload = await asyncio.shield(
                run_in_threadpool(
                    desk.received, services.database, services.settings.uploads, upload, part.offset
                )
            )
    return upload


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """The body, as it comes; it ends early where the node is gone."""
    stream = request.stream().__aiter__()
    while True:
        try:
            yield await asyncio.wait_for(anext(stream), SILENT_S)
        except (StopAsyncIteration, ClientDisconnect, TimeoutError):
            return


def _finish(services: Services, caller: OfNode, parts: Parts, upload: Upload) -> Upload:
    if not upload.whole:
        return upload
    with services.database.transaction() as conn:
        known = certificates.get(conn, caller.serial)
    if known is None or known.revoked:  # since it began to send, which may be long ago
        raise HTTPException(401, "this node was revoked", _TUS)
    take_in = partial(
        services.operations.take_in,
        caller.reserve,
        caller.node,
        upload.record,
        parts.path(upload.media_id),
    )
    desk.finish(services.database, parts, upload, take_in)
    return desk.find(services.database, caller.node, upload.media_id)


def _state(upload: Upload) -> dict[str, str]:
    said = {
        "Upload-Offset": str(upload.received),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
    }
    if upload.finished_at is not None:
        said[RECEIPT] = str(upload.record.message_id)
    return said


def _record(metadata: str) -> Media:
    """Of `Upload-Metadata`: pairs of a key and a Base64 value, with commas between."""
    pairs = dict(pair.strip().partition(" ")[::2] for pair in metadata.split(","))
    try:
        record = Media.model_validate_json(base64.b64decode(pairs["record"], validate=True))
    except (KeyError, ValueError, ValidationError) as error:
        raise HTTPException(422, "Upload-Metadata holds no `record` of a picture (Media, JSON)") from error
    if record.mime not in MIME_TYPES:
        raise HTTPException(422, f"{record.mime} is not kept, only {', '.join(sorted(MIME_TYPES))}")
    return record
