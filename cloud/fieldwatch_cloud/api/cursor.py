"""The opaque cursor of a page of observations: where the page before ended."""

import base64
import binascii
from datetime import UTC, datetime
from uuid import UUID

from fastapi.exceptions import RequestValidationError


def encode(observed_at: datetime, id_: UUID) -> str:
    return base64.urlsafe_b64encode(f"{observed_at.isoformat()} {id_}".encode()).decode().rstrip("=")


def decode(cursor: str) -> tuple[datetime, UUID]:
    """Raises:
    RequestValidationError: it is none of ours.
    """
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        at, _, id_ = text.partition(" ")
        # A naive time would be read in the server's zone; astimezone makes that harmless.
        return datetime.fromisoformat(at).astimezone(UTC), UUID(id_)
    except (ValueError, OverflowError, binascii.Error) as error:
        raise RequestValidationError(
            [
                {
                    "type": "cursor",
                    "loc": ("query", "cursor"),
                    "msg": "not a cursor of this API: pass `next_cursor` of the page before, unchanged",
                    "input": cursor,
                }
            ]
        ) from error
