"""The end of the node's log, kept by the node itself: `log/` in its state directory, a few megabytes.

Not read from journald: the service's user may not, it may keep nothing across a restart, and a container has
none. Lines are written in batches, since the card that they lie on wears out: a power cut costs the last
minute of them, an error is written at once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = "log"
FILE_BYTES = 1024**2
FILES = 4
BATCH_BYTES = 32 * 1024
BATCH_S, ERROR_S = 60.0, 5.0
LONGEST_LINE = 16 * 1024


class LogRing(logging.Handler):
    """Keeps JSON lines in `folder`: at most `FILES` files of `FILE_BYTES`."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self._waiting: list[str] = []
        self._bytes, self._written_at = 0, 0.0
        before: list[structlog.typing.Processor] = [
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ]
        self.setFormatter(
            structlog.stdlib.ProcessorFormatter(
                foreign_pre_chain=before,
                processors=[
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.ExceptionRenderer(
                        structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
                    ),
                    structlog.processors.JSONRenderer(ensure_ascii=False),
                ],
            )
        )

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)[:LONGEST_LINE]
            self._waiting.append(line)
            self._bytes += len(line)
            age = time.monotonic() - self._written_at
            urgent = record.levelno >= logging.ERROR and age >= ERROR_S
            if urgent or self._bytes >= BATCH_BYTES or age >= BATCH_S:
                self._write()
        except Exception:  # noqa: BLE001  whatever is wrong with a line or the disk, the node goes on
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's own name
        """Nothing: there is nowhere to say it."""

    def flush(self) -> None:
        with self.lock or threading.Lock():
            try:
                self._write()
            except OSError:
                self._waiting.clear()

    def close(self) -> None:
        self.flush()
        super().close()

    def _write(self) -> None:
        lines, self._waiting, self._bytes = self._waiting, [], 0
        self._written_at = time.monotonic()
        if not lines:
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        newest = _file(self.folder, 0)
        if newest.exists() and newest.stat().st_size >= FILE_BYTES:
            for number in range(FILES - 1, 0, -1):
                if (older := _file(self.folder, number - 1)).exists():
                    older.replace(_file(self.folder, number))
        if not newest.exists():
            newest.touch(mode=0o600)
        with newest.open("a", encoding="utf-8", errors="replace") as file:
            file.write("\n".join(lines) + "\n")


@contextmanager
def kept(state_dir: Path) -> Iterator[None]:
    """Every line that is logged meanwhile is kept there too."""
    ring = LogRing(state_dir / FOLDER)
    root = logging.getLogger()
    root.addHandler(ring)
    try:
        yield
    finally:
        root.removeHandler(ring)
        ring.close()


def tail(state_dir: Path, lines: int, max_bytes: int) -> str:
    """The last lines, oldest first, at most so many and of so many bytes altogether."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, LogRing) and handler.folder == state_dir / FOLDER:
            handler.flush()
    found: deque[str] = deque()
    room = max_bytes
    for number in range(FILES):
        try:
            text = _file(state_dir / FOLDER, number).read_text("utf-8", "replace")
        except OSError:
            continue
        for line in reversed(text.splitlines()):
            room -= len(line.encode()) + 1
            if len(found) >= lines or room < 0:
                return "".join(f"{each}\n" for each in found)
            found.appendleft(line)
    return "".join(f"{each}\n" for each in found)


def _file(folder: Path, number: int) -> Path:
    return folder / ("log.jsonl" if number == 0 else f"log.{number}.jsonl")
