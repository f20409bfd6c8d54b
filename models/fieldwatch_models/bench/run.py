"""Compare formats side by side: each in its own process, taking turns, so that all share the same moods."""

from __future__ import annotations

import json
import os
import platform
import random
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fieldwatch_models.console import progress
from fieldwatch_models.errors import ExportError
from fieldwatch_models.evaluate.curves import rank
from fieldwatch_models.evaluate.predictions import Seen, labels_of
from fieldwatch_models.registry.cards import Card

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fieldwatch_models.data.catalogue import Picture

#: Boxes are asked for down to this score: average precision needs the faint ones too.
FLOOR = 0.001
#: Pictures that each format is shown in one turn.
TURN = 4
#: Runs of the bare network in one turn.
MODEL_RUNS = 4


@dataclass
class Runner:
    """A format's process, and what was measured on it."""

    name: str
    folder: Path
    process: subprocess.Popen[str]
    loaded_s: float = 0.0
    pipeline_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    model_ms: list[float] = field(default_factory=list)
    """One median a turn, so that turns of two formats can be set against each other."""
    peak_mib: float = 0.0
    seen: list[list[list[float]]] = field(default_factory=list)

    @classmethod
    def start(cls, name: str, folder: Path, threads: int) -> Runner:
        environment = os.environ | {"OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "passive"}
        environment |= {"YOLO_AUTOINSTALL": "false", "YOLO_OFFLINE": "true"}
        process = subprocess.Popen(
            [sys.executable, "-m", "fieldwatch_models.bench.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        runner = cls(name, folder, process)
        try:
            answer = runner.ask("load", folder=str(folder.resolve()), threads=threads, conf=FLOOR)
        except ExportError:
            runner.stop()
            raise
        runner.loaded_s = answer["loaded_s"]
        return runner

    def ask(self, do: str, **what: Any) -> dict[str, Any]:
        """Raises ExportError where the format fails, with its reason."""
        assert self.process.stdin is not None  # noqa: S101  # a pipe, above
        assert self.process.stdout is not None  # noqa: S101
        try:
            self.process.stdin.write(json.dumps({"do": do, **what}) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise ExportError(f"{self.name}: its process ended with {self.process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise ExportError(f"{self.name}: {answer['error']}")
        return answer

    def stop(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        if self.process.stdout is not None:
            self.process.stdout.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def compare(
    folders: Mapping[str, Path], pictures: Sequence[Picture], *, threads: int, turns: int
) -> tuple[dict[str, Any], dict[str, str]]:
    """Measure the model folders by format; the first is what the others are set against.

    Returns rows by format, and why a format could not be measured.

    Raises:
        ExportError: the first one fails.
    """
    runners, failed = [], {}
    paths = [str(picture.path) for picture in pictures]
    try:
        for name, folder in folders.items():
            try:
                runners.append(Runner.start(name, folder, threads))
                runners[-1].ask("look", pictures=paths[:2])  # the first picture of a size is never typical
            except ExportError as error:
                if not runners or name == next(iter(folders)):
                    raise
                failed[name] = str(error)
                runners = [runner for runner in runners if runner.name != name]
        _take_turns(runners, pictures, paths, turns)
    finally:
        for runner in runners:
            runner.stop()
    card = Card.read(runners[0].folder / "model.toml")
    precision = {runner.name: average_precision(card, pictures, runner.seen) for runner in runners}
    return {runner.name: _row(runner, runners[0], precision) for runner in runners}, failed


def _take_turns(runners: list[Runner], pictures: Sequence[Picture], paths: list[str], turns: int) -> None:
    lot = random.Random(0)  # noqa: S311  # no secret here
    first = pictures[0]
    imgsz = Card.read(runners[0].folder / "model.toml").imgsz
    with progress() as bar:
        timing = bar.add_task("Timing", total=turns * 2 * len(runners))
        for turn in range(turns):
            shown = [paths[(turn * TURN + place) % len(paths)] for place in range(TURN)]
            for runner in lot.sample(runners, len(runners)):
                answer = runner.ask("look", pictures=shown)
                runner.pipeline_ms.append(statistics.median(answer["wall_ms"]))
                runner.cpu_ms.append(statistics.median(answer["cpu_ms"]))
                bar.advance(timing)
        for runner in runners:  # before the bare network is loaded beside the detector
            runner.peak_mib = runner.ask("memory")["peak_mib"]
        for _ in range(turns):
            for runner in lot.sample(runners, len(runners)):
                answer = runner.ask(
                    "model", picture=(first.width, first.height), imgsz=imgsz, times=MODEL_RUNS
                )
                runner.model_ms.append(statistics.median(answer["wall_ms"]))
                bar.advance(timing)
        looking = bar.add_task("Looking", total=len(runners) * len(paths))
        for runner in runners:
            for start in range(0, len(paths), TURN):
                part = paths[start : start + TURN]
                runner.seen += runner.ask("look", pictures=part, boxes=True)["seen"]
                bar.advance(looking, len(part))


def average_precision(
    card: Card, pictures: Sequence[Picture], seen: Sequence[Sequence[Sequence[float]]]
) -> float | None:
    """AP50, the mean over the classes that are labelled in `pictures`; none where there are none."""
    names = list(card.names)
    every = [
        Seen(
            picture,
            np.array(said, np.float64).reshape(-1, 6),
            labels_of(picture, names),
            np.array(
                [picture.labelled_for is None or name in picture.labelled_for for name in names], np.bool_
            ),
            "day",
            "",
        )
        for picture, said in zip(pictures, seen, strict=True)
    ]
    found = [rank(every, index) for index in range(len(names))]
    labelled = [float(ranked.ap[0]) for ranked in found if ranked.labelled]
    return round(statistics.mean(labelled), 4) if labelled else None


def _row(runner: Runner, base: Runner, precision: Mapping[str, float | None]) -> dict[str, Any]:
    mine, others = precision[runner.name], precision[base.name]
    file = runner.folder / Card.read(runner.folder / "model.toml").file
    return {
        "file_mb": round(_bytes(file) / 1e6, 2),
        "load_s": round(runner.loaded_s, 2),
        "model_ms": round(statistics.median(runner.model_ms), 2),
        "model_ratio": _ratio(runner.model_ms, base.model_ms),
        "pipeline_ms": round(statistics.median(runner.pipeline_ms), 2),
        "pipeline_ratio": _ratio(runner.pipeline_ms, base.pipeline_ms),
        "cpu_ms": round(statistics.median(runner.cpu_ms), 2),
        "cpu_ratio": _ratio(runner.cpu_ms, base.cpu_ms),
        "peak_mib": round(runner.peak_mib),
        "ap50": mine,
        "ap50_lost": None if mine is None or others is None else round(others - mine, 4),
    }


def _ratio(mine: Sequence[float], others: Sequence[float]) -> float:
    """The median over turns: what slows the machine down for a while slows both alike."""
    return round(statistics.median(a / b for a, b in zip(mine, others, strict=True)), 3)


def _bytes(path: Path) -> int:
    return (
        sum(p.stat().st_size for p in path.rglob("*") if p.is_file())
        if path.is_dir()
        else path.stat().st_size
    )


def machine() -> dict[str, Any]:
    """What the figures hold for."""
    info = Path("/proc/cpuinfo")
    rows = info.read_text("utf-8").splitlines() if info.exists() else []
    named = [row.partition(":")[2].strip() for row in rows if row.startswith(("model name", "Model"))]
    return {
        "cpu": named[0] if named else platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "architecture": platform.machine(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
    }
