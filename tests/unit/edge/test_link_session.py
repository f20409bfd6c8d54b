"""How many bytes may be ahead of a fire, on lines of which nobody knows how fast they are today."""

from __future__ import annotations

import pytest

from fieldwatch_edge.link.session import LEAST_AHEAD, Ahead


def wait_behind(ahead: Ahead, bytes_s: float, messages: int = 60, size: int = 16 * 1024) -> float:
    """Seconds that a fire stands behind what is on its way, once that many messages went over such a line."""
    for _ in range(messages):
        ahead.acknowledged(max(ahead.bytes, size) / bytes_s)
    return ahead.bytes / bytes_s


@pytest.mark.parametrize("bytes_s", [8_000, 30_000, 125_000, 2_000_000])
def test_a_fire_stands_behind_seconds_of_others_on_any_line(bytes_s: float) -> None:
    assert wait_behind(Ahead(512 * 1024), bytes_s) <= 4


def test_a_line_that_becomes_fast_again_is_filled_again() -> None:
    ahead = Ahead(512 * 1024)
    wait_behind(ahead, 4_000)
    assert ahead.bytes == LEAST_AHEAD
    wait_behind(ahead, 2_000_000)
    assert ahead.bytes == 512 * 1024


def test_what_the_kind_of_line_allows_is_the_most_and_the_least_is_no_more_than_that() -> None:
    ahead = Ahead(4 * 1024)
    assert ahead.bytes == 4 * 1024
    ahead.acknowledged(60)
    assert ahead.bytes == 4 * 1024
