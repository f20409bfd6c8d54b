"""Capture: frames with their times, from a folder, a video, an RTSP address or a camera."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_edge.capture.clock import system_clock
from fieldwatch_edge.capture.folder import FolderSource
from fieldwatch_edge.capture.live import LiveSource
from fieldwatch_edge.capture.source import Source, SourceStatus
from fieldwatch_edge.capture.video import VideoSource

if TYPE_CHECKING:
    from datetime import datetime

    from fieldwatch_edge import settings

__all__ = ["FolderSource", "Source", "SourceStatus", "open_source", "system_clock"]


def open_source(
    config: settings.Source,
    resume_after: str | None = None,
    last_at: datetime | None = None,
    arrived_until: int | None = None,
) -> Source:
    """The source that `config` describes. One that can be replayed goes on behind the last frame that
    need not be shown again; a camera cannot.

    Args:
        resume_after: that frame's position.
        last_at: its capture time, without which a card with the same file names looks like the same card.
        arrived_until: what the source's `arrived_until` said then.

    Raises:
        SourceError: it can never give a frame, such as a folder that is not there. A camera that does not
            answer is no error: it is tried for ever, and `status` says so.
    """
    match config.kind:
        case "folder":
            return FolderSource(config, resume_after, last_at, arrived_until)
        case "video":
            return VideoSource(config, resume_after, last_at)
        case "rtsp":
            return LiveSource.rtsp(config)
        case "v4l2":
            return LiveSource.v4l2(config)
