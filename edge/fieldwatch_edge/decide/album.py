"""The pictures behind a fire watch's memory: what a view showed before, and the frames in which it smoked.

Bytes stay in memory alone; a checkpoint has their positions. After a restart, those of a source that can be
replayed are read again (`recall`), those of a live camera are gone, and nothing refers to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from fieldwatch_edge import vision
from fieldwatch_edge.errors import PictureError
from fieldwatch_edge.pictures import STILL_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from fieldwatch_edge.decide.places import Shown, View
    from fieldwatch_edge.domain import Frame, Image
    from fieldwatch_edge.settings import FireSettings

log = structlog.get_logger(__name__)

EARLIER_EVERY_S = 50.0
"""Between frames that are kept from before: of a camera that takes two pictures a second, only the last
seconds would else be remembered, in which young smoke changes little. Just under the minute of a camera that
takes one each."""
MOST_EARLIER = 8
CLIP_WIDTH = 480
_ORIGINAL_BYTES = 1024**2
"""A file of at most so many bytes is kept as it is; encoding it anew would cost more than keeping it."""


class Album:
    """Pictures by their positions. Holds for each view at most `MOST_EARLIER` stills and n small frames."""

    def __init__(self) -> None:
        self._stills: dict[str, bytes] = {}
        self._frames: dict[str, Image] = {}

    def still(self, shown: Shown) -> bytes | None:
        """The JPEG of a frame from before; None where it is lost."""
        return self._stills.get(shown.position)

    def clip(self, shown: Iterable[Shown]) -> list[Image]:
        """Those of these frames that are still there, (h, 480, 3)."""
        return [self._frames[each.position] for each in shown if each.position in self._frames]

    def smoking(self, frame: Frame) -> None:
        """Keep a frame in which something was seen, small, for a clip."""
        self._frames[frame.position] = vision.small(frame.image, CLIP_WIDTH)

    def earlier(self, view: View, frame: Frame, shown: Shown, settings: FireSettings) -> None:
        """Keep `frame` as one from before, for what comes, where the last one is long enough ago."""
        last = view.earlier[-1].at if view.earlier else None
        if last is not None and abs((frame.at - last).total_seconds()) < EARLIER_EVERY_S:
            return
        try:
            still = _still(frame)
        except PictureError as error:  # no reason to lose what was just suspected
            log.warning("fire.frame_not_kept", position=frame.position, error=str(error))
            return
        # One more than the window: the frame before the window's first must be among them.
        view.earlier = [*view.earlier, shown][-min(settings.n + 1, MOST_EARLIER) :]
        self._stills[frame.position] = still

    def recall(self, views: Iterable[View], again: Callable[[str, datetime], Frame | None]) -> None:
        """Read again what `views` refer to; `again` gives the frame of a position and time, if it can."""
        for view in views:
            for shown in view.earlier:
                if shown.position not in self._stills and (frame := again(shown.position, shown.at)):
                    self._stills[shown.position] = _still(frame)
            for shown in view.smoking:
                if shown.position not in self._frames and (frame := again(shown.position, shown.at)):
                    self.smoking(frame)

    def forget_all_but(self, views: Iterable[View]) -> None:
        """Drop what no view refers to any more."""
        views = list(views)
        stills = {shown.position for view in views for shown in view.earlier}
        frames = {shown.position for view in views for shown in view.smoking}
        self._stills = {position: data for position, data in self._stills.items() if position in stills}
        self._frames = {position: image for position, image in self._frames.items() if position in frames}


def _still(frame: Frame) -> bytes:
    if frame.encoded is not None and len(frame.encoded) <= _ORIGINAL_BYTES:
        return frame.encoded
    return vision.jpeg(frame.image, None, STILL_BYTES).data
