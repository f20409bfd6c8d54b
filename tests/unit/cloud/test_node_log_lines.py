"""The log of a node, line by line: whatever a stolen one sends as its log, the service stays up."""

from __future__ import annotations

import tracemalloc

import pytest

from fieldwatch_cloud.api.routes.fleet_node import MOST_LINES, _lines


def test_lines_are_read_and_what_is_no_json_is_shown() -> None:
    assert _lines(b'{"event": "a"}\nnot json\n7\n') == [{"event": "a"}, {"event": "not json"}, {"event": "7"}]
    assert _lines(b'[{"event": "a"}, 7]') == [{"event": "a"}, {"event": "7"}]


@pytest.mark.parametrize("bomb", [b"[" * 500_000, b"x\n" + b"[" * 500_000])
def test_brackets_without_an_end_are_text(bomb: bytes) -> None:
    assert _lines(bomb)[-1]["event"].startswith("[[")


def test_as_many_lines_as_bytes_are_not_all_read() -> None:
    tracemalloc.start()
    try:
        found = _lines(b"\n" * 4_000_000 + b"x\n" * MOST_LINES + b'{"event": "last"}\n')
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found) == MOST_LINES
    assert found[-1] == {"event": "last"}
    assert most < 64 * 1024**2
