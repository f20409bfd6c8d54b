"""A new model beside the old one, on pictures of this very camera, in a process of its own.

Of its own: a model that brings down the runtime, or eats all memory, then ends this process and not the one
that watches for fires. It is the first that the kernel's memory killer takes, and the last that gets the
processor.

    python -m fieldwatch_edge.fleet.proof < question.json > answer.json
"""

from __future__ import annotations

import contextlib
import gc
import math
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from fieldwatch_edge import vision
from fieldwatch_edge.detect import load_detector
from fieldwatch_edge.errors import EdgeError, ModelError
from fieldwatch_edge.fleet.trial import FAST_MS, SLOWER
from fieldwatch_edge.fleet.witness import rss_bytes
from fieldwatch_edge.settings import DetectorSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fieldwatch_edge.detect import Detector
    from fieldwatch_edge.domain import Image

LONGEST_S = 600.0
AGAIN = 4
"""Times that one which seems too slow is measured once more."""
ENOUGH = 3
"""Pictures of a kind on which two models can be compared."""
LEAST_AGREEMENT = 0.6
OVERLAP = 0.3
"""Least intersection over the smaller box, for two models to mean the same thing."""
MOST_MEMORY = 1024**3
"""Bytes that a model may take on top of twice what the old one takes."""
_PICTURE = (720, 1280)


class Side(BaseModel):
    """One of the two models."""

    detector: DetectorSettings
    search_path: tuple[Path, ...]


class Question(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    version: str
    new: Side
    old: Side | None
    pictures: tuple[Path, ...]
    for_fire: bool
    for_wildlife: bool


class Answer(BaseModel):
    """`reason` says why it failed; None: it stood the test."""

    reason: str | None = None
    new_ms: float | None = None
    old_ms: float | None = None
    sure: tuple[int, int] = (0, 0)
    """Pictures in which the old one found something, and those of them where the new one found it too."""
    quiet: tuple[int, int] = (0, 0)
    """Pictures in which the old one found nothing, and those of them where the new one agrees."""

    @property
    def words(self) -> str:
        parts = [f"{self.new_ms or 0:.0f} ms a picture"]
        if self.old_ms is not None:
            parts.append(f"the old one {self.old_ms:.0f} ms")
        if self.sure[0]:
            parts.append(f"sees {self.sure[1]} of {self.sure[0]} things that the old one sees")
        if self.quiet[0]:
            parts.append(f"nothing in {self.quiet[1]} of {self.quiet[0]} quiet pictures")
        return ", ".join(parts)


class _Seen(BaseModel):
    """In one picture, above the threshold: corners in pixels, and kinds."""

    boxes: list[tuple[float, float, float, float]]
    kinds: list[str]


def prove(question: Question, stopping: Callable[[], bool]) -> Answer | None:
    """The answer of a process of its own; None where `stopping` came first."""
    with subprocess.Popen(  # our own interpreter, our own module
        [sys.executable, "-m", "fieldwatch_edge.fleet.proof"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd="/",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    ) as process:
        sent: bytes | None = question.model_dump_json().encode()
        until = time.monotonic() + LONGEST_S
        while True:
            try:
                out, err = process.communicate(sent, timeout=0.2)
            except subprocess.TimeoutExpired:
                sent = None
                if not stopping() and time.monotonic() < until:
                    continue
                process.kill()
                process.communicate()
                return None if stopping() else Answer(reason=f"it did not end within {LONGEST_S:.0f} s")
            break
    try:
        return Answer.model_validate_json(out.strip().rpartition(b"\n")[2])
    except ValidationError:
        said = err.decode(errors="replace").strip().splitlines()
        last = said[-1][:300] if said else "nothing said"
        return Answer(reason=f"it brought down the process that tried it ({process.returncode}): {last}")


def judge(question: Question) -> Answer:
    """Both models over all pictures, here. For the process of its own."""
    try:
        return _judge(question)
    except EdgeError as error:
        return Answer(reason=str(error))


def _judge(question: Question) -> Answer:
    pictures = [vision.decode(path.read_bytes()) for path in question.pictures if path.exists()]
    old_seen: list[_Seen] = []
    old_ms, old_kinds, old_memory = None, frozenset[str](), 0
    if question.old is not None:
        try:
            old, old_memory = _load(question.old)
            old_kinds = frozenset(each.kind for each in old.classes)
            old_ms, old_seen = _run(old, pictures)
            del old
            gc.collect()
        except EdgeError:
            pass  # an old one that does not run is no measure for a new one
    new, memory = _load(question.new)
    label = f"{question.name}@{question.version}"
    if new.label != label:
        return Answer(reason=f"its card says {new.label}, but {label} was to come")
    kinds = frozenset(each.kind for each in new.classes)
    if question.for_fire and not kinds & {"smoke", "fire"}:
        return Answer(reason="it knows neither smoke nor fire, and is to watch for fires")
    if question.for_wildlife and not kinds & {"animal", "human", "vehicle"}:
        return Answer(reason="it knows neither animals nor people, and is to watch for them")
    if lost := sorted(old_kinds - kinds):
        return Answer(reason=f"it does not know {', '.join(lost)} any more, as the old one does")
    if memory > 2 * old_memory + MOST_MEMORY:
        return Answer(reason=f"it takes {memory / 1024**2:.0f} MiB of memory")
    for image in _made_up(pictures):
        _finite(new, image)
    new_ms, new_seen = _run(new, pictures)
    most_ms = math.inf if old_ms is None else max(SLOWER * old_ms, FAST_MS)
    for _ in range(AGAIN):  # what else the node had to do must not be held against it
        if new_ms <= most_ms:
            break
        new_ms = min(new_ms, _run(new, pictures)[0])
    answer = Answer(new_ms=new_ms, old_ms=old_ms)
    if old_ms is not None and new_ms > most_ms:
        return _because(answer, f"it takes {new_ms:.0f} ms a picture, the old one {old_ms:.0f} ms")
    return _agree(answer, old_seen, new_seen) if old_seen else answer


def _agree(answer: Answer, old: Sequence[_Seen], new: Sequence[_Seen]) -> Answer:
    pairs = list(zip(old, new, strict=True))
    sure = [_same(was, now) for was, now in pairs if was.boxes]
    quiet = [not now.boxes for was, now in pairs if not was.boxes]
    answer = answer.model_copy(update={"sure": (len(sure), sum(sure)), "quiet": (len(quiet), sum(quiet))})
    if len(sure) >= ENOUGH and sum(sure) < LEAST_AGREEMENT * len(sure):
        return _because(
            answer, f"it finds only {sum(sure)} of {len(sure)} things that the old model is sure of"
        )
    if len(quiet) >= ENOUGH and sum(quiet) < LEAST_AGREEMENT * len(quiet):
        alarms = len(quiet) - sum(quiet)
        return _because(
            answer, f"it sees something in {alarms} of {len(quiet)} pictures in which the old one saw nothing"
        )
    return answer


def _because(answer: Answer, reason: str) -> Answer:
    return answer.model_copy(update={"reason": reason})


def _load(side: Side) -> tuple[Detector, int]:
    """The detector, and the bytes of memory that it took to load and to see a first picture."""
    before = rss_bytes()
    detector = load_detector(side.detector, side.search_path)
    detector.detect(np.full((*_PICTURE, 3), 128, np.uint8))
    return detector, max(rss_bytes() - before, 0)


def _run(detector: Detector, pictures: Sequence[Image]) -> tuple[float, list[_Seen]]:
    """Median milliseconds a picture, and what was seen in each."""
    took, seen = [], []
    for image in pictures or [np.full((*_PICTURE, 3), 128, np.uint8)] * ENOUGH:
        started = time.perf_counter()
        found = _finite(detector, image)
        took.append(1000 * (time.perf_counter() - started))
        seen.append(found)
    return statistics.median(took), seen if pictures else []


def _finite(detector: Detector, image: Image) -> _Seen:
    found = detector.detect(image)
    if not (np.isfinite(found.boxes).all() and np.isfinite(found.scores).all()):
        raise ModelError("it gives numbers that are not finite")
    kinds = [detector.classes[index].kind for index in found.classes]
    boxes = [(float(a), float(b), float(c), float(d)) for a, b, c, d in found.boxes]
    return _Seen(boxes=boxes, kinds=list(kinds))


def _same(was: _Seen, now: _Seen) -> bool:
    """Whether any of the old one's boxes is found again: by kind, not by species, which may be better now."""
    return any(
        kind == other and _overlap(box, again) >= OVERLAP
        for box, kind in zip(was.boxes, was.kinds, strict=True)
        for again, other in zip(now.boxes, now.kinds, strict=True)
    )


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    smaller = min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
    return max(width, 0) * max(height, 0) / smaller if smaller > 0 else 0


def _made_up(pictures: Sequence[Image]) -> list[Image]:
    """Night, glare, noise and a ramp: no model of ours may stumble over them."""
    shape = pictures[0].shape if pictures else (*_PICTURE, 3)
    noise = np.random.default_rng(7).integers(0, 256, shape, np.uint8)
    ramp = np.linspace(0, 255, shape[1]).astype(np.uint8)[None, :, None]
    return [
        np.zeros(shape, np.uint8),
        np.full(shape, 255, np.uint8),
        noise,
        np.broadcast_to(ramp, shape).copy(),
    ]


def _main() -> None:
    with contextlib.suppress(OSError):  # a service that may not change its niceness
        os.nice(10)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    answer = judge(Question.model_validate_json(sys.stdin.buffer.read()))
    sys.stdout.write(answer.model_dump_json() + "\n")


if __name__ == "__main__":
    _main()
