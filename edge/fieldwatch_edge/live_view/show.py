"""One live view: films what the handover brings, until something ends it, and says why."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import structlog

from fieldwatch_edge.live_view.encoder import Encoder
from fieldwatch_edge.live_view.upload import Target, Uploader, tell_end

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

    from fieldwatch_edge.live_view.budget import DayBudget
    from fieldwatch_edge.live_view.handover import Handover
    from fieldwatch_edge.live_view.upload import GoOn
    from fieldwatch_edge.settings import LiveViewSettings
    from fieldwatch_shared.messages import LiveView

log = structlog.get_logger(__name__)

LOST_S = 20.0
"""No new picture for so long: the camera is gone."""
STILL_S = 1.0
"""Where nothing new came, the last picture is shown again so often: a player's clock goes on."""
ASK_EVERY_S = 10.0
"""Whether there is still power, and room on the line."""


class Show(threading.Thread):
    """Start it; `stop` it, or let it end by itself."""

    def __init__(
        self,
        wanted: LiveView,
        settings: LiveViewSettings,
        handover: Handover,
        budget: DayBudget,
        http: httpx2.Client,
        *,
        fires_wait: Callable[[], bool],
        may_spend: Callable[[], str | None],
        line_left: Callable[[], str | None],
        before: Show | None = None,
    ) -> None:
        """
        Args:
            may_spend: why there is no power for it, in words; None: there is. Asked now and then.
            line_left: why the line has no room for it; as `may_spend`.
            before: another one over the same camera, which this one takes the place of.
        """
        super().__init__(name=f"live-view-{wanted.deployment_id}", daemon=True)
        self.wanted = wanted
        self._settings, self._handover, self._budget, self._http = settings, handover, budget, http
        self._fires_wait, self._before = fires_wait, before
        self._asked = (("power", may_spend), ("day_budget", line_left))
        self._target = Target(wanted.upload_url, wanted.token)
        self._until = wanted.until
        self._capped_at = time.monotonic() + settings.most_minutes * 60
        self._ends_at = min(time.monotonic() + wanted.lasts_s, self._capped_at)
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._why: tuple[str, str | None, bool] | None = None
        """Reason, details, whether the cloud knows it."""

    def stop(self, reason: str = "stopped", detail: str | None = None, *, known: bool = False) -> None:
        """Have it end soon; the first reason counts. `known`: the cloud needs not be told."""
        with self._lock:
            self._why = self._why or (reason, detail, known)
        self._ended.set()

    def run(self) -> None:
        if self._before is not None:
            self._before.stop("stopped", "another request took its place")
            self._before.join()
        began = time.monotonic()
        uploader = Uploader(
            self._http,
            self._target,
            self._budget,
            max_bytes=self.wanted.max_bytes,
            oldest_s=3 * self.wanted.segment_s + 2,
            fires_wait=self._fires_wait,
            on_answer=self._heard,
            on_end=lambda reason, detail, known: self.stop(reason, detail, known=known),
        )
        uploading = threading.Thread(target=uploader.run, name=f"{self.name}-upload", daemon=True)
        uploading.start()
        log.info("live_view.began", deployment=str(self.wanted.deployment_id), id=str(self.wanted.id))
        try:
            self._film(uploader)
        except Exception as error:  # a fault of ours must end neither the camera nor the node
            log.exception("live_view.crashed", deployment=str(self.wanted.deployment_id))
            self.stop("failed", f"{type(error).__name__}: {error}")
        uploader.finish()
        uploading.join(timeout=15)
        reason, detail, known = self._why or ("failed", None, False)
        log.info(
            "live_view.ended",
            deployment=str(self.wanted.deployment_id),
            id=str(self.wanted.id),
            reason=reason,
            detail=detail,
            seconds=round(time.monotonic() - began, 1),
            pieces=uploader.pieces,
            bytes=uploader.bytes,
            dropped=uploader.dropped,
        )
        if not known:
            tell_end(self._http, self._target, reason, detail)

    def _film(self, uploader: Uploader) -> None:
        wanted, settings = self.wanted, self._settings
        fps, width = min(wanted.fps, settings.fps), min(wanted.width, settings.width)
        encoder: Encoder | None = None
        began = came = time.monotonic()
        shown_at = asked = float("-inf")
        self._handover.open(width, fps)
        try:
            while not self._ended.is_set():
                now = time.monotonic()
                if now >= self._ends_at:
                    self.stop("time")
                    break
                if now - asked > ASK_EVERY_S:
                    asked = now
                    refusals = [(reason, why) for reason, ask in self._asked if (why := ask()) is not None]
                    if refusals:
                        self.stop(*refusals[0])
                        break
                newest = self._handover.newest(after=came, within_s=min(STILL_S, self._ends_at - now))
                now = time.monotonic()
                if newest is not None and newest.at > came:
                    came = newest.at
                elif now - came > LOST_S:
                    self.stop("camera_lost")
                    break
                elif newest is None or now - shown_at < STILL_S:
                    continue
                if encoder is None:
                    height, across = newest.image.shape[:2]
                    encoder = Encoder(
                        across,
                        height,
                        fps=fps,
                        kbit_per_s=min(wanted.kbit_per_s, settings.kbit_per_s),
                        segment_s=wanted.segment_s,
                    )
                    uploader.offer(encoder.beginning)
                    began = now
                shown_at = now
                piece = encoder.add(newest.image, now - began)
                if piece is not None:
                    uploader.offer(piece)
        finally:
            self._handover.close()
            if encoder is not None:
                last = encoder.close()
                if last is not None and last.milliseconds and self._why is not None and not self._why[2]:
                    uploader.offer(last)

    def _heard(self, word: GoOn) -> None:
        """Somebody may have prolonged it, which is a request of its own."""
        now = time.monotonic()
        if word.until != self._until:
            self._until, self._capped_at = word.until, now + self._settings.most_minutes * 60
        self._ends_at = min(now + word.lasts_s, self._capped_at)
