"""Small messages made smaller: zlib with a preset dictionary of what our messages always say.

A lone heartbeat of 1.56 kB shrinks to 0.36 kB, where zlib alone leaves 0.72 (docs/decisions/0038): most
of it are names of fields. A packed message bears the MQTT user property `content-encoding`; a node packs only
while the cloud says, beside its receipts, that it can read it (`accepts`). The dictionary of a name never
changes: another one gets another name.
"""

from __future__ import annotations

import zlib
from functools import cache
from importlib.resources import files

ENCODING = "fw-1"
PROPERTY, ACCEPTS = "content-encoding", "accepts"
"""MQTT user properties: how a payload is packed; what the cloud can unpack."""
WORTH_BYTES = 96
"""Saved bytes that are worth it: the property itself takes 26, and unpacking takes work."""


class PackingError(ValueError):
    """It cannot be unpacked; the message says why."""


def pack(payload: bytes) -> bytes | None:
    """`payload`, packed; None where that is not worth it."""
    if len(payload) < 2 * WORTH_BYTES:
        return None
    packer = zlib.compressobj(9, zdict=_dictionary())
    packed = packer.compress(payload) + packer.flush()
    return packed if len(packed) + WORTH_BYTES <= len(payload) else None


def unpack(payload: bytes, encoding: str, *, largest: int) -> bytes:
    """What was packed.

    Args:
        largest: bytes, when unpacked. A few kilobytes can hold gigabytes of zeros: never more than this is
            unpacked.

    Raises:
        PackingError: the encoding is none that we know, or the payload is damaged, cut off or too large.
    """
    if encoding != ENCODING:
        raise PackingError(f"content-encoding {encoding[:40]!r} is not {ENCODING!r}")
    unpacker = zlib.decompressobj(zdict=_dictionary())
    try:
        content = unpacker.decompress(payload, largest + 1)
    except zlib.error as error:
        raise PackingError(f"the payload cannot be unpacked: {error}") from error
    if len(content) > largest:
        raise PackingError(f"unpacked, it is larger than the {largest} bytes allowed")
    if not unpacker.eof or unpacker.unused_data:
        raise PackingError("the payload is cut off, or something hangs on it")
    return content


@cache
def _dictionary() -> bytes:
    return files(__package__).joinpath("dictionary-1.txt").read_bytes()
