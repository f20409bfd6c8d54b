"""What is on trial, held against how the node fared before."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fieldwatch_edge.fleet.ledger import Fared, Trial
    from fieldwatch_edge.fleet.witness import Looks
    from fieldwatch_edge.settings import NodeSettings

QUIET_S = 60.0
"""Frames came before; so long may none come now. Longer for cameras that give one only now and then."""
PAUSES = 5.0
"""Of that many pauses between two frames."""
STEADY_S = 60.0
"""Up for so long, a start of a trial was a good one."""
FAILURES_IN_A_ROW = 5
FAILING = 0.05
"""Of the pictures."""
SLOWER = 3.0
"""Times the old model's milliseconds a picture; below `FAST_MS` nobody minds."""
FAST_MS = 60.0
MORE_MEMORY = 1024**3
"""On top of half as much again."""
ENOUGH_LOOKS = 30
OFTEN, SELDOM = 0.3, 0.1
"""Shares of the pictures in which a model found something: from often to never, from seldom to nearly all."""
NEARLY_ALL = 0.8


class Silence:
    """How long no frame has come."""

    def __init__(self) -> None:
        self._frames, self._since = 0, time.monotonic()

    def seconds(self, frames: int) -> float:
        """`frames`: so many by now."""
        if frames != self._frames:
            self._frames, self._since = frames, time.monotonic()
        return time.monotonic() - self._since


def failure(
    trial: Trial, now: Fared, looks: dict[str, Looks], settings: NodeSettings, silent_s: float
) -> str | None:
    """Why what is on trial must go; None: nothing speaks against it so far.

    Args:
        now: since the process began with it.
        looks: of the models, since then.
        silent_s: since the last frame, or since then.
    """
    return _models(trial, now, looks) or _no_frames(trial, silent_s, settings) or _memory(trial, now)


def silence_s(trial: Trial, settings: NodeSettings) -> float:
    """How long no frame may come before that is a failure."""
    before = trial.before.seconds_per_frame or 0
    wanted = max((getattr(camera.source, "every_s", 0.0) for camera in settings.cameras), default=0.0)
    return max(min(QUIET_S, max(trial.lasts_s / 2, 2)), PAUSES * before, PAUSES * wanted)


def _no_frames(trial: Trial, silent_s: float, settings: NodeSettings) -> str | None:
    if not trial.before.frames or silent_s < silence_s(trial, settings):
        return None
    pause = trial.before.seconds_per_frame
    return f"no frame came for {silent_s:.0f} s; before, there was one each {pause:.1f} s"


def _memory(trial: Trial, now: Fared) -> str | None:
    before = trial.before.rss_bytes
    if not before or now.rss_bytes < 1.5 * before + MORE_MEMORY:
        return None
    return f"it takes {now.rss_bytes / 1024**2:.0f} MiB of memory, before it took {before / 1024**2:.0f}"


def _models(trial: Trial, now: Fared, looks: dict[str, Looks]) -> str | None:
    for name, each in looks.items():
        if each.failed_in_a_row >= FAILURES_IN_A_ROW:
            return f"{name} fails on each picture: {each.last_failure}"
        if each.failed >= FAILURES_IN_A_ROW and each.failed > FAILING * each.looked:
            return f"{name} fails on {each.failed} pictures, not on {each.looked}: {each.last_failure}"
        if trial.kind == "model" and trial.name == name:
            was, ms = trial.before.ms_by_model.get(name), now.ms_by_model.get(name)
            if was and ms and each.looked >= FAILURES_IN_A_ROW and ms > max(SLOWER * was, FAST_MS):
                return f"{name} takes {ms:.0f} ms a picture, before it took {was:.0f}"
            if reason := _sees(name, trial.before.seen_by_model.get(name, (0, 0)), each):
                return reason
    return None


def _sees(name: str, before: tuple[int, int], now: Looks) -> str | None:
    looked, found = before
    if looked < ENOUGH_LOOKS or now.looked < ENOUGH_LOOKS:
        return None
    was, is_ = found / looked, now.found / now.looked
    if was >= OFTEN and not now.found:
        return f"{name} sees nothing in {now.looked} pictures; before, it saw something in {was:.0%}"
    if was <= SELDOM and is_ >= NEARLY_ALL:
        return f"{name} sees something in {is_:.0%} of the pictures; before, in {was:.0%}"
    return None
