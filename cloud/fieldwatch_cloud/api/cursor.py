"""The opaque cursor of a page: where the page before ended."""

import base64
import binascii
from datetime import UTC, datetime
from uuid import UUID

from fastapi.exceptions import RequestValidationError


def encode(observed_at: datetime, id_: UUID) -> str:
    """Of a page that is ordered by time."""
    return _wrap(f"{observed_at.isoformat()} {id_}")


def decode(cursor: str) -> tuple[datetime, UUID]:
    """Raises:
    RequestValidationError: it is none of ours.
    """
    try:
        return _instant(_unwrap(cursor))
    except (ValueError, OverflowError, binascii.Error) as error:
        raise _strange(cursor) from error


def encode_ranked(priority: int, observed_at: datetime, id_: UUID, since: datetime | None) -> str:
    """Of a page that is ordered by priority, then by time, of what was taken from `since` on."""
    return _wrap(f"{priority} {since.isoformat() if since else '-'} {observed_at.isoformat()} {id_}")


def decode_ranked(cursor: str) -> tuple[tuple[int, datetime, UUID], datetime | None]:
    """((priority, observed_at, id), since)

    Raises:
        RequestValidationError: it is none of ours.
    """
    try:
        first, since, rest = _unwrap(cursor).split(" ", 2)
        priority, place = int(first), _instant(rest)
        begin = None if since == "-" else datetime.fromisoformat(since).astimezone(UTC)
    except (ValueError, OverflowError, binascii.Error) as error:
        raise _strange(cursor) from error
    if not 0 <= priority < 2**31:
        raise _strange(cursor)
    return (priority, *place), begin


def _wrap(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _unwrap(cursor: str) -> str:
    return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()


def _instant(text: str) -> tuple[datetime, UUID]:
    at, _, id_ = text.partition(" ")
    # A naive time would be read in the server's zone; astimezone makes that harmless.
    return datetime.fromisoformat(at).astimezone(UTC), UUID(id_)


def _strange(cursor: str) -> RequestValidationError:
    return RequestValidationError(
        [
            {
                "type": "cursor",
                "loc": ("query", "cursor"),
                "msg": "not a cursor of this API: pass `next_cursor` of the page before, unchanged",
                "input": cursor,
            }
        ]
    )
