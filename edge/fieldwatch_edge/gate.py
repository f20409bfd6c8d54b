"""The motion gate: most frames show what the last one showed, and need no detector.

It keeps a running background in small grey and opens where enough of the picture differs from it. Time is
capture time throughout, so a replay opens where the first run did, and its state can be saved in a
checkpoint and restored bit for bit.
"""

from __future__ import annotations

import json
import math
import zlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import structlog

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fieldwatch_edge.settings import GateSettings
    from fieldwatch_edge.vision import Gray

log = structlog.get_logger(__name__)

_STATE_VERSION = 1

_BACKGROUND_S = 20.0
"""Time constant with which the background follows the picture: long against an animal's passing, short
against the sun's. Frames further apart than this are in effect compared with their predecessor."""


class Gate:
    """Decides which frames are worth the detector. Feed it every frame, in order of capture."""

    def __init__(self, settings: GateSettings) -> None:
        self._settings = settings
        self._background: NDArray[np.float32] | None = None
        self._last_at: datetime | None = None
        self._open_until: datetime | None = None
        self._passed_at: datetime | None = None

    def lets_through(self, thumbnail: Gray, at: datetime) -> bool:
        """Whether the detector should look at the frame behind `thumbnail` (`vision.thumbnail`), seen `at`.

        True for the first frame, while something moves and `open_s` after, and at least each `every_s`.
        """
        if not self._settings.enabled:
            return True
        if self._last_at is not None and at < self._last_at:
            self._open_until = self._passed_at = None  # the clock was set back: these lie in the future
        moved = self._compare(thumbnail, at)
        if moved:
            self._hold_open(at)
        is_open = self._open_until is not None and at <= self._open_until
        overdue = self._passed_at is None or (at - self._passed_at).total_seconds() >= self._settings.every_s
        if moved or is_open or overdue:
            self._passed_at = at
            return True
        return False

    def saw_something(self, at: datetime) -> None:
        """The detector found something in the frame seen `at`: an animal that stands still stays in view,
        though the background soon takes it in."""
        self._hold_open(at)

    def _hold_open(self, at: datetime) -> None:
        self._open_until = at + timedelta(seconds=self._settings.open_s)

    def _compare(self, thumbnail: Gray, at: datetime) -> bool:
        """Whether `thumbnail` differs from the background, which then moves towards it."""
        picture = thumbnail.astype(np.float32)
        background, last_at = self._background, self._last_at
        self._last_at = at
        if background is None or last_at is None or background.shape != picture.shape:
            self._background = picture
            return True
        changed = np.abs(picture - _in_light_of(picture, background)) > self._settings.difference
        elapsed = max(0.0, (at - last_at).total_seconds())
        background += np.float32(-math.expm1(-elapsed / _BACKGROUND_S)) * (picture - background)
        return bool(np.count_nonzero(changed) > self._settings.changed_fraction * changed.size)

    def state(self) -> bytes:
        """Everything that later decisions depend on, for a checkpoint (some tens of kilobytes)."""
        times = {"last": self._last_at, "open_until": self._open_until, "passed": self._passed_at}
        head = {
            "version": _STATE_VERSION,
            "shape": None if self._background is None else self._background.shape,
            **{name: None if at is None else at.isoformat() for name, at in times.items()},
        }
        pixels = b"" if self._background is None else self._background.tobytes()
        return zlib.compress(json.dumps(head).encode() + b"\n" + pixels, level=1)

    def restore(self, state: bytes) -> None:
        """Go on where the gate that gave `state` was. A state that cannot be read is logged and left
        aside: the gate then starts open, which costs a few looks of the detector and loses nothing."""
        try:
            line, pixels = zlib.decompress(state).split(b"\n", 1)
            head = json.loads(line)
            if head["version"] != _STATE_VERSION:
                log.warning("gate.state_of_other_version", version=head["version"])
                return
            background = None
            if head["shape"] is not None:
                background = np.frombuffer(pixels, np.float32).reshape(head["shape"]).copy()
            times = [_time(head[name]) for name in ("last", "open_until", "passed")]
        except (zlib.error, ValueError, KeyError, TypeError) as error:
            log.warning("gate.state_unreadable", error=str(error))
            return
        self._background = background
        self._last_at, self._open_until, self._passed_at = times


def _in_light_of(picture: NDArray[np.float32], background: NDArray[np.float32]) -> NDArray[np.float32]:
    """`background` brought to `picture`'s light, by least squares over all pixels: a cloud, or the camera's
    exposure, changes all of them by about one gain and one offset, an animal only some."""
    x_mean, y_mean = background.mean(), picture.mean()
    x, y = background - x_mean, picture - y_mean
    spread = np.square(x).mean()
    # A picture without contrast (fog, night) says nothing about the gain.
    gain = (x * y).mean() / spread if spread > 4 else np.float32(1)
    # Beyond this it is not the same scene in another light: a turned camera must count as motion.
    return np.asarray(np.clip(gain, np.float32(0.5), np.float32(2)) * x + y_mean, np.float32)


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
