"""Time-ordered record ids (UUIDv7, RFC 9562 §5.7), made at the edge.

A record that is made twice from the same evidence must carry the same id, or a replay after a crash
would be counted twice. `uuid7_from` therefore derives the 74 free bits from a name for what was seen
(node, source item, track), while `uuid7` draws them at random for what can never be replayed.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def uuid7(at: datetime | None = None) -> UUID:
    """A fresh UUIDv7 whose timestamp is `at` (aware; default: now) and whose other bits are random."""
    return _compose(at or datetime.now(UTC), secrets.randbits(74))


def uuid7_from(at: datetime, *name: str) -> UUID:
    """The one UUIDv7 for `name` at `at`: the same arguments always give the same id.

    RFC 9562 leaves the 74 bits behind the timestamp to the implementation; SHA-256 of the name spreads
    them as evenly as chance would (a collision needs the same millisecond and about 2**37 names).
    """
    digest = hashlib.sha256("\x1f".join(name).encode()).digest()
    return _compose(at, int.from_bytes(digest[:10]) >> 6)


def time_of(id_: UUID) -> datetime:
    """The UTC time, to the millisecond, that a UUIDv7 carries.

    Raises:
        ValueError: the id is of another version.
    """
    if id_.version != 7:
        raise ValueError(f"{id_} is a UUID of version {id_.version}, not 7")
    return _EPOCH + timedelta(milliseconds=id_.int >> 80)


def _compose(at: datetime, free: int) -> UUID:
    if at.tzinfo is None:
        raise ValueError("a record's time needs a time zone, got a naive datetime")
    # Integer arithmetic: float seconds would lose the millisecond for some dates.
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1)
    if not 0 <= milliseconds < 1 << 48:
        raise ValueError(f"{at.isoformat()} does not fit a UUIDv7 (1970 to 10889)")
    high, low = free >> 62, free & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)
