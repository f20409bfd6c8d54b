"""Who may see a camera live, when it is over, and the playlist that players read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_cloud.live_view import rules
from fieldwatch_cloud.live_view.playlist import SHOWN, Piece, playlist
from fieldwatch_cloud.live_view.rules import Facts, Limits, Reason, State
from fieldwatch_cloud.live_view.shelf import KEPT, Shelf

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
LIMITS = Limits(minutes=10, longest_minutes=30, kbit_per_s=200)
VIEW = UUID("0198c0de-0000-7000-8000-000000000001")


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


RUNNING = Facts(
    asked_at=NOON,
    until=after(300),
    max_bytes=1000,
    bytes=500,
    first_segment_at=after(3),
    last_segment_at=after(60),
    watched_at=after(60),
)


@pytest.mark.parametrize(
    ("roles", "hidden", "may"),
    [
        ({"manager"}, False, True),
        ({"ranger"}, False, True),
        ({"technician"}, False, True),
        ({"researcher"}, False, False),  # nothing of it is kept, so nothing can be worked out from it
        (set(), False, False),
        ({"ranger"}, True, False),  # what a camera shows would tell the place of a sensitive species
        ({"ranger", "researcher"}, True, True),
        ({"manager"}, True, True),
        ({"admin"}, True, True),
    ],
)
def test_who_may_look(roles: set[str], hidden: bool, may: bool) -> None:
    assert rules.may_look(roles, places_hidden=hidden) is may


def test_minutes_are_counted_from_each_request_and_bounded_in_all() -> None:
    assert rules.until(NOON, NOON, 5, LIMITS) == after(300)
    assert rules.until(NOON, NOON, 60, LIMITS) == after(600)
    assert rules.until(NOON, after(240), 10, LIMITS) == after(840)
    assert rules.until(NOON, after(1500), 10, LIMITS) == after(1800)
    # 200 kbit/s are 25 kB a second, and a third more.
    assert rules.most_bytes(NOON, after(60), LIMITS) == 60 * 25_000 * 1.3


@pytest.mark.parametrize(
    ("change", "now", "verdict"),
    [
        ({}, 61, None),
        ({"first_segment_at": None, "last_segment_at": None, "watched_at": None}, 44, None),
        (
            {"first_segment_at": None, "last_segment_at": None, "watched_at": None},
            46,
            (State.UNREACHABLE, Reason.NO_ANSWER),
        ),
        ({"bytes": 1000}, 61, (State.ENDED, Reason.BYTE_BUDGET)),
        (
            {"bytes": 1000, "first_segment_at": None, "last_segment_at": None, "watched_at": None},
            5,
            (State.ENDED, Reason.BYTE_BUDGET),
        ),
        ({"until": after(56)}, 61, None),  # what was filmed before may still come
        ({"until": after(55)}, 61, (State.ENDED, Reason.TIME)),
        ({"watched_at": after(40)}, 61, (State.ENDED, Reason.NOBODY_LOOKS)),
        ({"watched_at": None, "first_segment_at": after(40)}, 61, None),  # its player may still be loading
        ({"watched_at": None, "first_segment_at": after(30)}, 61, (State.ENDED, Reason.NOBODY_LOOKS)),
        ({"last_segment_at": after(30), "watched_at": after(60)}, 61, (State.ENDED, Reason.NODE_SILENT)),
    ],
)
def test_when_it_is_over(change: dict[str, Any], now: float, verdict: object) -> None:
    assert rules.over(replace(RUNNING, **change), after(now)) == verdict


def test_what_a_node_refuses_is_not_what_it_ends() -> None:
    assert rules.said_by_node(Reason.DAY_BUDGET, anything_seen=False) is State.REFUSED
    assert rules.said_by_node(Reason.DAY_BUDGET, anything_seen=True) is State.ENDED
    assert Reason.NOBODY_LOOKS not in rules.BY_NODE
    assert set(State) == {"asked", "streaming", "ended", "refused", "unreachable"}


def test_a_playlist_that_goes_on() -> None:
    pieces = [Piece(number, 1000 if number == 1 else 2000) for number in range(1, 4)]
    assert playlist(pieces, longest_ms=2000, ended=False).splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:8",
        "#EXT-X-TARGETDURATION:2",
        "#EXT-X-MEDIA-SEQUENCE:1",
        '#EXT-X-MAP:URI="init.mp4"',
        "#EXTINF:1.000,",
        "1.m4s",
        "#EXTINF:2.000,",
        "2.m4s",
        "#EXTINF:2.000,",
        "3.m4s",
    ]


def test_a_playlist_shows_the_newest_marks_what_never_came_and_ends() -> None:
    pieces = [Piece(number, 2040) for number in range(1, 21) if number != 18]
    lines = playlist(pieces, longest_ms=2000, ended=False).splitlines()
    assert lines[2:4] == ["#EXT-X-TARGETDURATION:3", "#EXT-X-MEDIA-SEQUENCE:14"]
    # Numbers mean the same pieces at each reading, whatever is missing.
    named = [line for line in lines if line.endswith(".m4s")]
    assert named == [f"{number}.m4s" for number in range(14, 21)]
    assert lines[lines.index("18.m4s") - 2] == "#EXT-X-GAP"
    assert lines.count("#EXT-X-GAP") == 1
    assert len(named) == SHOWN + 1
    assert playlist(pieces, longest_ms=2000, ended=True).endswith("#EXT-X-ENDLIST\n")


@pytest.mark.parametrize("ended", [False, True])
def test_numbers_that_no_node_reaches_make_no_endless_playlist(ended: bool) -> None:
    pieces = [Piece(number, 2000) for number in (1, 500_000, 999_998, 999_999)]
    lines = playlist(pieces, longest_ms=2000, ended=ended).splitlines()
    assert [line for line in lines if line.endswith(".m4s")] == ["999998.m4s", "999999.m4s"]
    assert "#EXT-X-MEDIA-SEQUENCE:999998" in lines


def test_a_piece_that_is_sent_again_takes_the_place_of_the_first(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    for milliseconds in range(20):
        shelf.put(VIEW, 0, milliseconds, b"beginning")
        shelf.put(VIEW, 1, 2000 + milliseconds, b"piece")
    assert len(list((tmp_path / str(VIEW)).iterdir())) == 2
    assert shelf.pieces(VIEW) == [Piece(1, 2019)]


def test_a_shelf_is_bounded_and_emptied(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "live")
    assert (shelf.pieces(VIEW), shelf.views()) == ([], set())
    shelf.put(VIEW, 1, 1000, b"one")
    assert shelf.pieces(VIEW) == []  # nobody can read it yet
    shelf.put(VIEW, 0, 0, b"how to read")
    assert shelf.pieces(VIEW) == [Piece(1, 1000)]
    for number in range(2, 31):
        shelf.put(VIEW, number, 2000, b"more")
    assert [piece.number for piece in shelf.pieces(VIEW)] == list(range(31 - KEPT, 31))
    assert (shelf.read(VIEW, 0), shelf.read(VIEW, 30)) == (b"how to read", b"more")
    with pytest.raises(NotFoundError):
        shelf.read(VIEW, 1)
    shelf.clear(VIEW)
    assert shelf.views() == set()
