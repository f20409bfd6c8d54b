"""How a kept picture is answered: whole, or small; never to be run, kept by one browser alone."""

from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import Query, Request, Response

from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.security import PICTURE_POLICY
from fieldwatch_cloud.api.services import Services
from fieldwatch_cloud.db import retention
from fieldwatch_cloud.db.pool import Connection
from fieldwatch_cloud.errors import MediaError, NotFoundError, PictureRemovedError, PictureUnreadableError
from fieldwatch_cloud.media.thumbnails import WIDTHS, fitting

log = structlog.get_logger(__name__)

Width = Annotated[
    int | None,
    Query(
        ge=WIDTHS[0],
        le=WIDTHS[-1],
        description="Pixels: a smaller JPEG, at least so wide unless the picture is not. Not of a clip.",
    ),
]
FILE = {"schema": {"type": "string", "format": "binary"}}
PICTURE_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": dict.fromkeys(("image/jpeg", "image/png", "image/webp", "video/mp4"), FILE)},
    304: {"description": "The picture that the client has is still right."},
    **problems(401, 404, 422),
}


_REMOVED = {
    "people": "pictures of people and vehicles",
    "empty": "pictures without anything on them",
    "unused": "pictures that no record speaks of",
}


def check_kept(conn: Connection, media_id: UUID) -> None:
    """Raises:
    PictureRemovedError: it was removed by a rule of its reserve.
    """
    if gone := retention.removal(conn, media_id):
        raise PictureRemovedError(
            f"this picture was removed on {gone.removed_at:%Y-%m-%d}: {_REMOVED[gone.kind]} are kept for "
            f"{gone.keep_days} days in this reserve. What was seen on it stays on record"
        )


def picture_response(
    services: Services, request: Request, sha256: str, mime: str, width: int | None
) -> Response:
    """The answer for a picture that the caller may see.

    Raises:
        NotFoundError: its file is lost.
        PictureUnreadableError: there is none smaller: it is a clip, or damaged.
    """
    tag = f'"{sha256}"' if width is None else f'"{sha256}-{fitting(width)}"'
    headers = {
        "Cache-Control": "private, max-age=31536000, immutable",
        "ETag": tag,
        "Content-Security-Policy": PICTURE_POLICY,
    }
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    try:
        if width is not None:
            return Response(services.thumbnails.jpeg(sha256, width), media_type="image/jpeg", headers=headers)
        return Response(services.media.read(sha256), media_type=mime, headers=headers)
    except PictureUnreadableError:
        raise
    except MediaError as error:
        log.exception("api.picture_lost", sha256=sha256)
        raise NotFoundError("the file of this picture is lost or damaged; its record is kept") from error
