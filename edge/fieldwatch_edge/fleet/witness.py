"""Stands beside each detector: counts how it fares, and keeps pictures on which it could be compared.

A new model is compared with the old one on what this very camera saw: pictures on which the old one was sure,
and pictures in which it found nothing. Few, and seldom written: the card that they lie on wears out.
"""

from __future__ import annotations

import resource
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from fieldwatch_edge import vision
from fieldwatch_edge.errors import EdgeError
from fieldwatch_edge.fleet.ledger import Fared

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fieldwatch_edge.detect import Detector
    from fieldwatch_edge.domain import DetectedClass, Detections, Image

log = structlog.get_logger(__name__)

ALBUM = "album"
SURE, QUIET = 12, 8
"""Pictures that are kept of each model's camera: with something, with nothing."""
SURE_EVERY_S, QUIET_EVERY_S = 300.0, 1800.0
FIRST_EVERY_S = 5.0
"""While there are few: a comparison on three pictures is better than on none."""
SURE_SCORE = 1.5
"""Times the threshold: what is nearer to it may go either way with any other model."""
LARGEST_BYTES = 256 * 1024


@dataclass(slots=True)
class Looks:
    """How one model fared since the process began."""

    looked: int = 0
    found: int = 0
    failed: int = 0
    failed_in_a_row: int = 0
    last_failure: str | None = None
    seconds: float = 0

    @property
    def ms(self) -> float | None:
        return 1000 * self.seconds / self.looked if self.looked else None


class Witness:
    """Of all detectors of a node. From any thread."""

    def __init__(self, folder: Path | None) -> None:
        """`folder`: for the pictures; None: none are kept."""
        self._album = Album(folder) if folder is not None else None
        self.looks: dict[str, Looks] = {}
        self._began = time.monotonic()

    def beside(self, detector: Detector, model: str, threshold: float) -> Detector:
        """`detector`, watched.

        Args:
            model: the name under which settings ask for it.
            threshold: scores above this count; the detector may give fainter boxes.
        """
        looks = self.looks.setdefault(model, Looks())
        return _Watched(detector, model, threshold, looks, self._album)

    def fared(self, frames: int) -> Fared:
        """Since the process began; `frames`: of all cameras, since then."""
        return Fared(
            seconds=time.monotonic() - self._began,
            frames=frames,
            rss_bytes=rss_bytes(),
            ms_by_model={name: each.ms for name, each in self.looks.items() if each.ms is not None},
            seen_by_model={name: (each.looked, each.found) for name, each in self.looks.items()},
        )

    def pictures(self, model: str) -> Sequence[Path]:
        return () if self._album is None else self._album.of(model)


@dataclass(slots=True)
class _Watched:
    """A `Detector` that is another one."""

    _detector: Detector
    _model: str
    _threshold: float
    _looks: Looks
    _album: Album | None

    @property
    def label(self) -> str:
        return self._detector.label

    @property
    def classes(self) -> tuple[DetectedClass, ...]:
        return self._detector.classes

    @property
    def conf(self) -> float:
        return self._detector.conf

    def detect(self, image: Image) -> Detections:
        started = time.perf_counter()
        try:
            seen = self._detector.detect(image)
        except Exception as error:
            self._looks.failed += 1
            self._looks.failed_in_a_row += 1
            self._looks.last_failure = str(error)
            raise
        best = float(seen.scores.max()) if len(seen) else 0.0
        looks = self._looks
        looks.seconds += time.perf_counter() - started
        looks.looked += 1
        looks.found += best > self._threshold
        looks.failed_in_a_row = 0
        if self._album is not None:
            self._album.offer(self._model, image, best, self._threshold)
        return seen


@dataclass(slots=True)
class _Shelf:
    """Pictures of one kind of one model: the newest `most`."""

    pattern: str
    most: int
    every_s: float
    due: float = 0
    next: int = 0
    kept: int = 0


@dataclass(slots=True)
class Album:
    """The pictures, as JPEG, `<model>-sure-3.jpg`. They never leave the node."""

    folder: Path
    _shelves: dict[tuple[str, bool], _Shelf] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def offer(self, model: str, image: Image, best: float, threshold: float) -> None:
        """Keep `image` where it is time for one of its kind; in between, this costs nothing."""
        sure = best >= min(SURE_SCORE * threshold, (1 + threshold) / 2)
        if not sure and best > 0:
            return  # neither: another model may see it either way
        shelf = self._shelves.get((model, sure)) or self._open(model, sure=sure)
        now = time.monotonic()
        if now < shelf.due:
            return
        shelf.due = now + (FIRST_EVERY_S if shelf.kept < shelf.most else shelf.every_s)
        try:
            data = vision.jpeg(image, max_bytes=LARGEST_BYTES).data
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self.folder / shelf.pattern.format(shelf.next)
            part = path.with_suffix(".part")
            part.touch(mode=0o600)
            part.write_bytes(data)
            part.replace(path)  # not flushed: a power cut may cost a picture that nobody waits for
        except (OSError, EdgeError) as error:
            log.warning("fleet.picture_not_kept", model=model, error=str(error))
            shelf.due = now + shelf.every_s
            return
        shelf.next = (shelf.next + 1) % shelf.most
        shelf.kept = min(shelf.kept + 1, shelf.most)

    def of(self, model: str) -> Sequence[Path]:
        """Those with something first, the newest first."""
        return [path for sure in (True, False) for path in _newest(self._paths(model, sure=sure))]

    def _open(self, model: str, *, sure: bool) -> _Shelf:
        with self._lock:
            kept = self._paths(model, sure=sure)
            newest = max(kept, key=_written_at, default=None)
            most = SURE if sure else QUIET
            shelf = _Shelf(_name(model, sure=sure), most, SURE_EVERY_S if sure else QUIET_EVERY_S)
            shelf.kept = min(len(kept), most)
            if newest is not None:
                shelf.next = (int(newest.stem.rpartition("-")[2]) + 1) % most
            self._shelves[model, sure] = shelf
            return shelf

    def _paths(self, model: str, *, sure: bool) -> list[Path]:
        most = SURE if sure else QUIET
        paths = (self.folder / _name(model, sure=sure).format(n) for n in range(most))
        return [path for path in paths if path.exists()]


def _name(model: str, *, sure: bool) -> str:
    """Without a slash: a model may be asked for by its path."""
    return model.replace("/", "_") + ("-sure-{}.jpg" if sure else "-quiet-{}.jpg")


def _newest(paths: Sequence[Path]) -> list[Path]:
    return sorted(paths, key=_written_at, reverse=True)


def _written_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0


def rss_bytes() -> int:
    """Memory that this process holds; where the kernel does not tell, the most that it ever held."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123  # no file of ours
            return int(file.read().split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
