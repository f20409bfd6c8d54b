"""What a person sees of a training: one living line on a terminal, one line an epoch everywhere else."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fieldwatch_models.console import quietly

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

#: Seconds over which the speed is averaged: the first batches of a stage are slow (caches fill).
SPEED_PERIOD_S = 300


class Display:
    """Shows stages, epochs, batches, losses and the time left of the running stage on ``console``."""

    def __init__(self, console: Console, stages: int) -> None:
        self.console = console
        self._stages = stages
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[losses]}"),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=console,
            disable=not console.is_terminal,
            speed_estimate_period=SPEED_PERIOD_S,
        )
        self._label = ""
        self._task: Any = None

    @contextmanager
    def stage(self, number: int, name: str) -> Iterator[Display]:
        """The display of stage ``number`` (from 1); ultralytics' own bars and messages are kept quiet."""
        self._label = f"{name} ({number}/{self._stages})"
        self._task = self._progress.add_task(f"{self._label} getting ready", total=None, losses="")
        try:
            with _quiet_ultralytics(), self._progress:
                yield self
        finally:
            self._progress.remove_task(self._task)

    def batch(self, epoch: int, epochs: int, done: int, of: int, losses: dict[str, float]) -> None:
        """``done`` batches ``of`` the epoch's (from 1) are through; ``losses`` are its means so far."""
        self._progress.update(
            self._task,
            description=f"{self._label} epoch {epoch}/{epochs}",
            total=of * epochs,
            completed=of * (epoch - 1) + done,
            losses=_shown(losses),
        )

    def epoch(self, epoch: int, epochs: int, losses: dict[str, float], seconds: float) -> None:
        """An epoch is through."""
        self.console.print(
            f"{self._label} epoch {epoch}/{epochs}: {_shown(losses)}, {seconds:.0f} s", highlight=False
        )


@contextmanager
def _quiet_ultralytics() -> Iterator[None]:
    """Warnings of ultralytics, but none of its bars: some ask neither for its level nor for a terminal."""
    logger = logging.getLogger("ultralytics")
    logger.addFilter(_is_news)
    bars: Any = getattr(sys.modules.get("ultralytics.utils.tqdm"), "TQDM", None)
    original: Any = bars.__init__ if bars else None

    def silent(self: Any, *args: Any, **options: Any) -> None:
        original(self, *args, **options | {"disable": True})

    try:
        if bars:
            bars.__init__ = silent
        with quietly("ultralytics"):
            yield
    finally:
        if bars:
            bars.__init__ = original
        logger.removeFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    """Ultralytics warns that pictures kept in memory make a training random; since its mosaics draw from all
    pictures they no longer do, and a test trains twice to see it."""
    return "may produce non-deterministic" not in record.getMessage()


def _shown(losses: dict[str, float]) -> str:
    return ", ".join(f"{name.removesuffix('_loss')} {value:.3f}" for name, value in losses.items())
