"""The doctor, asked from the page: it takes a minute, and the page shows each finding as it comes."""

from __future__ import annotations

import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import structlog

from fieldwatch_edge.doctor import examine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fieldwatch_edge.aim.feed import Feed
    from fieldwatch_edge.settings import Camera, NodeSettings

log = structlog.get_logger(__name__)


class Checks:
    """Of one camera at a time: a node has few cores. From any thread."""

    def __init__(self, search_path: Sequence[Path]) -> None:
        self._search_path = search_path
        self._found: list[dict[str, Any]] = []
        self._thread: threading.Thread | None = None
        self._former: threading.Thread | None = None

    @property
    def under_way(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def found(self) -> list[dict[str, Any]]:
        """{what, status, finding, advice}, as they came."""
        return list(self._found)

    def begin(self, settings: NodeSettings, camera: Camera, feed: Feed) -> None:
        """Look at this camera and the way to the cloud, unless that is under way."""
        if self.under_way:
            return
        self._found = []
        alone = settings.model_copy(update={"cameras": [camera]})
        about = (alone, feed, self._found, self._former)
        self._thread = threading.Thread(target=self._examine, args=about, name="aim-checks", daemon=True)
        self._thread.start()

    def forget(self) -> None:
        """Another camera was chosen: what is still found is none of its findings."""
        self._found = []
        if self.under_way:
            self._former = self._thread
        self._thread = None

    def _examine(
        self,
        settings: NodeSettings,
        feed: Feed,
        found: list[dict[str, Any]],
        former: threading.Thread | None,
    ) -> None:
        if former is not None:
            former.join()
        feed.pause(paused=True)  # the doctor looks through the camera itself
        try:
            for check in examine(settings, self._search_path):
                found.append(asdict(check))  # noqa: PERF401  # one by one, as they come
        except Exception as error:  # the page goes on without
            log.exception("aim.checks_failed")
            found.append({"what": "doctor", "status": "fail", "finding": repr(error), "advice": ""})
        finally:
            feed.pause(paused=False)
