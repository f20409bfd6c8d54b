"""The playlist of a live view: HTTP Live Streaming, RFC 8216 with draft-pantos-hls-rfc8216bis for gaps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MIME = "application/vnd.apple.mpegurl"
SEGMENT_MIME = "video/mp4"
INIT = "init.mp4"
SHOWN = 6
"""Pieces in the playlist of a running view: a player starts near the end, and may fall behind by the rest."""

MOST_MISSING = 30
"""Between two pieces: a node that was silent for longer than that is given up, so its number is none."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some seconds of video. Numbers count from 1; the node leaves out those that it could not send."""

    number: int
    milliseconds: int


def playlist(pieces: Sequence[Piece], *, longest_ms: int, ended: bool) -> str:
    """The text of the playlist.

    Args:
        pieces: in order, at least one.
        longest_ms: of a piece, as it was agreed with the node: it must not change while people look.
        ended: no more will come; a player then stops at the end instead of waiting.
    """
    shown = _together(pieces if ended else pieces[-SHOWN:])
    target_s = math.ceil(max(longest_ms, *(piece.milliseconds for piece in shown)) / 1000)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:8",
        f"#EXT-X-TARGETDURATION:{target_s}",
        f"#EXT-X-MEDIA-SEQUENCE:{shown[0].number}",
        f'#EXT-X-MAP:URI="{INIT}"',
    ]
    expected = shown[0].number
    for piece in shown:
        for number in range(expected, piece.number):
            # What never came: without the mark, the numbers behind it would mean other pieces.
            lines += ["#EXT-X-GAP", f"#EXTINF:{longest_ms / 1000:.3f},", segment_name(number)]
        lines += [f"#EXTINF:{piece.milliseconds / 1000:.3f},", segment_name(piece.number)]
        expected = piece.number + 1
    if ended:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def _together(pieces: Sequence[Piece]) -> Sequence[Piece]:
    """Those since the last gap that no node leaves: each number that is missing takes a line."""
    begins = 0
    for place in range(1, len(pieces)):
        if pieces[place].number - pieces[place - 1].number > MOST_MISSING:
            begins = place
    return pieces[begins:]


def segment_name(number: int) -> str:
    return f"{number}.m4s"
