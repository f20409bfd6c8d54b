"""Packed messages: what goes in comes out, and nothing larger than allowed ever does."""

from __future__ import annotations

import hashlib
import random
import zlib
from importlib.resources import files

import pytest
from tests.unit.edge.records import heartbeat, observation

import fieldwatch_shared
from fieldwatch_shared import packing

DICTIONARY_1 = "a8122e15f2e2613276d655f6f9e467d50a49b122ef195b013dcb9680b73875be"


def test_what_is_packed_comes_out_and_is_smaller() -> None:
    lone = heartbeat(1).model_dump_json().encode()
    packed = packing.pack(lone)
    assert packed is not None
    assert len(packed) < 0.35 * len(lone)
    assert len(packed) < 0.65 * len(zlib.compress(lone, 9)), "the dictionary is what it is about"
    assert packing.unpack(packed, packing.ENCODING, largest=len(lone)) == lone
    assert packing.pack(observation(1).model_dump_json().encode()) is not None


def test_what_would_not_shrink_goes_as_it_is() -> None:
    assert packing.pack(random.Random(1).randbytes(5000)) is None
    assert packing.pack(b"{}") is None


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = packing.pack(bytes(200 * 1024**2))
    assert bomb is not None
    assert len(bomb) < 300_000
    with pytest.raises(packing.PackingError, match="larger than the 1000 bytes"):
        packing.unpack(bomb, packing.ENCODING, largest=1000)


def test_what_is_damaged_cut_off_or_unknown_is_refused() -> None:
    packed = packing.pack(heartbeat(1).model_dump_json().encode())
    assert packed is not None
    for wrong, encoding, why in (
        (packed[:-5], packing.ENCODING, "cut off"),
        (packed + b"more", packing.ENCODING, "hangs on it"),
        (packed[:50] + b"\xff" + packed[51:], packing.ENCODING, "cannot be unpacked"),
        (zlib.compress(b"x" * 500), "gzip", "is not 'fw-1'"),
        (b"{}", packing.ENCODING, "cannot be unpacked"),
    ):
        with pytest.raises(packing.PackingError, match=why):
            packing.unpack(wrong, encoding, largest=10_000)


def test_the_dictionary_of_a_name_never_changes() -> None:
    """Nodes in the field have this one: a better one gets another name."""
    text = files(fieldwatch_shared).joinpath("dictionary-1.txt").read_bytes()
    assert packing.ENCODING == "fw-1"
    assert hashlib.sha256(text).hexdigest() == DICTIONARY_1
