"""Pictures become pieces of fragmented MP4 (H.264), each of which begins with a whole picture."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av
from av.video.frame import PictureType

if TYPE_CHECKING:
    from fieldwatch_edge.domain import Image

_CLOCK = 90_000
"""Ticks per second."""
FIRST_PIECE_S = 1.0
"""The first piece is short: somebody waits for it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the stream. Number 0 is its beginning, which says how to read the others."""

    number: int
    milliseconds: int
    content: bytes


class _Sink:
    """What the muxer writes; it never goes back."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def take(self) -> bytes:
        content = b"".join(self._parts)
        self._parts.clear()
        return content


class Encoder:
    """One stream, from its first picture to `close`. Belongs to one thread."""

    def __init__(self, width: int, height: int, *, fps: float, kbit_per_s: int, segment_s: float) -> None:
        """
        Args:
            width, height: of the pictures, in pixels; an odd one loses its last column or row.
            fps: at most: what the rate is reckoned by.
            kbit_per_s: on average, over some seconds.
            segment_s: length of a piece.
        """
        self._segment_s = segment_s
        self._sink = _Sink()
        self._container = av.open(
            self._sink,
            "w",
            format="mp4",
            # A piece ends where the next whole picture begins; no index is written that would have to be
            # mended later.
            options={"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"},
        )
        self._stream = stream = self._container.add_stream(
            "libx264", rate=Fraction(fps).limit_denominator(1000)
        )
        stream.width, stream.height, stream.pix_fmt = width - width % 2, height - height % 2, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, _CLOCK)
        stream.bit_rate = kbit_per_s * 1000
        # One core, and not all of it: the detectors need the others.
        stream.codec_context.thread_count = 1
        stream.options = {
            "preset": "veryfast",
            "tune": "zerolatency",
            "profile": "main",
            "forced-idr": "1",
            # Whole pictures where a piece begins, and nowhere else.
            "x264-params": "scenecut=0:keyint=infinite:"
            f"vbv-maxrate={kbit_per_s}:vbv-bufsize={2 * kbit_per_s}",
        }
        self._container.start_encoding()
        self.beginning = Piece(0, 0, self._sink.take())
        self._number = 0
        self._began: int | None = None
        """Ticks at which the piece in hand begins."""
        self._last = -1

    def add(self, image: Image, at_s: float) -> Piece | None:
        """Take in a picture; the piece that ends with it, if one does.

        Args:
            image: BGR.
            at_s: seconds since the stream began; not before the last one.
        """
        ticks = max(round(at_s * _CLOCK), self._last + 1)
        frame = av.VideoFrame.from_ndarray(image, format="bgr24")
        frame.pts, frame.time_base = ticks, Fraction(1, _CLOCK)
        length_s = FIRST_PIECE_S if self._number == 0 else self._segment_s
        ends = self._began is not None and ticks - self._began >= length_s * _CLOCK
        if self._began is None or ends:
            frame.pict_type = PictureType.I
        for packet in self._stream.encode(frame):
            self._container.mux(packet)
        self._last = ticks
        began, self._began = self._began, ticks if ends or self._began is None else self._began
        return self._piece(began, ticks) if ends and began is not None else None

    def close(self) -> Piece | None:
        """What was left."""
        for packet in self._stream.encode(None):
            self._container.mux(packet)
        self._container.close()
        return None if self._began is None else self._piece(self._began, self._last)

    def _piece(self, began: int, ended: int) -> Piece | None:
        content = self._sink.take()
        if not content:
            return None
        self._number += 1
        return Piece(self._number, round((ended - began) * 1000 / _CLOCK), content)
