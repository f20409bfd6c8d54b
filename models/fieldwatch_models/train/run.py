"""Run a recipe's stages (stage.py), one after the other; stop and start again where it stopped."""

from __future__ import annotations

import hashlib
import os
import platform
from typing import TYPE_CHECKING, Any

from rich.console import Console

from fieldwatch_edge.detect.model_folder import sha256_of
from fieldwatch_models.data.leaks import check_split, ties
from fieldwatch_models.errors import ExtraMissingError, RecipeError
from fieldwatch_models.train.layout import data_sha256, lay_out, searched
from fieldwatch_models.train.memory import keep_freed_memory
from fieldwatch_models.train.origins import Origin, origin_of
from fieldwatch_models.train.progress import Display
from fieldwatch_models.train.record import Record
from fieldwatch_models.train.stage import StageRun

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_models.data.catalogue import Catalogue
    from fieldwatch_models.train.recipe import Recipe, Stage

CHECKPOINT = "model.pt"


def train(
    recipe: Recipe,
    catalogue: Catalogue,
    out: Path,
    *,
    weights: Path | None = None,
    device: str = "auto",
    threads: int | None = None,
    console: Console | None = None,
) -> Path:
    """Train ``recipe`` on ``catalogue``; the path of the final checkpoint, ``out/model.pt``.

    ``weights`` is a state dict in COCO's classes that goes before what the recipe starts from. ``device``:
    "cpu", "cuda:0", or "auto" for a GPU where there is one. ``threads``: of the CPU; default: all cores.

    ``out`` keeps every stage's checkpoints, and ``training.json`` says how they came about. A stage that is
    complete is not run again and one that was cut off resumes after its last whole epoch, so calling this
    again is always right.

    Raises:
        DataError: the splits share a site, a sequence or a picture.
        RecipeError: recipe, start, data and device do not fit, or ``out`` holds a stage of another recipe.
    """
    # Read once, when PyTorch starts its thread pool. Passive waiting: a spinning OpenMP thread
    # takes the very core that its sibling waits for on a machine that others use too.
    threads = threads or os.cpu_count() or 1
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    # Ultralytics reports each training to an analytics service unless it thinks that there is no network.
    os.environ.setdefault("YOLO_OFFLINE", "true")
    try:
        import ultralytics  # noqa: F401
    except ImportError as error:
        raise ExtraMissingError("ultralytics") from error

    out = out.resolve()  # Ultralytics would put a relative folder below its own
    out.mkdir(parents=True, exist_ok=True)
    display = Display(console or Console(stderr=True), len(recipe.stages))
    chosen = pick_device(device)
    if chosen == "cpu":
        keep_freed_memory()
    origin = origin_of(recipe.start, weights)
    _check_freezing(recipe, origin)
    catalogue = searched(catalogue, recipe.classes, display.console)
    data = data_sha256(catalogue)
    check_split_once(catalogue, out / "split-checked", data, display.console)
    record = Record.of(out, recipe, catalogue, data, origin, described(chosen, threads))
    before: Path | None = None
    history = hashlib.sha256(f"{origin.sha256 if origin else 'random'} {data}".encode())
    for number, stage in enumerate(recipe.stages, 1):
        folder = out / f"{number}-{stage.name}"
        history.update(_decides(recipe, stage).encode())
        _claim(folder, history.hexdigest())
        if not (folder / "done").exists():
            dataset = lay_out(recipe, stage, catalogue, folder / "dataset", display.console)
            with display.stage(number, stage.name):
                StageRun(recipe, stage, folder, origin, chosen, threads, display).go(dataset, before)
            (folder / "done").touch()
        record.stage(stage.name, folder)
        before = folder / "weights" / "last.pt"
    assert before is not None, "a recipe has a stage"  # noqa: S101
    final = _publish(before, out / CHECKPOINT)
    record.facts["checkpoint_sha256"] = sha256_of(final)
    record.write()
    return final


def pick_device(wanted: str) -> str:
    """``wanted`` as PyTorch names it; "auto" is the first GPU, or the CPU where there is none.

    Raises:
        RecipeError: there is no such device.
    """
    import torch

    if wanted == "auto":
        return "cuda:0" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=wanted)
    except (RuntimeError, AssertionError, AttributeError) as error:  # PyTorch's, by build
        raise RecipeError(f"PyTorch {torch.__version__} finds no device {wanted!r}: {error}") from error
    return wanted


def described(device: str, threads: int) -> dict[str, Any]:
    """The device for the record."""
    import torch

    if device.startswith("cuda"):
        return {"kind": "cuda", "name": torch.cuda.get_device_name(device), "precision": "amp"}
    from fieldwatch_models.train.half import cpu_capabilities, cpu_gains_from_bf16

    name = cpu_capabilities().get("cpu_name") or platform.machine()
    precision = "bf16" if cpu_gains_from_bf16() else "fp32"
    return {"kind": "cpu", "name": name, "threads": threads, "precision": precision}


def check_split_once(catalogue: Catalogue, mark: Path, data: str, console: Console) -> None:
    """Refuse a split whose figures would flatter; what `mark` says was checked is not checked again."""
    # Which places and sequences are known is no part of `data`, and a better sources.toml knows more.
    known = sorted(f"{picture.path.name} {ties(picture)}" for picture in catalogue.pictures)
    digest = hashlib.sha256("\n".join([data, *known]).encode()).hexdigest()
    if not mark.exists() or mark.read_text("utf-8") != digest:
        check_split(catalogue, quiet=not console.is_terminal)
        mark.write_text(digest, "utf-8")


def _check_freezing(recipe: Recipe, origin: Origin | None) -> None:
    if origin is None and (freezing := [s.name for s in recipe.stages if recipe.options_of(s).get("freeze")]):
        raise RecipeError(
            f"{recipe.name} starts from random weights, and stage {freezing[0]} would freeze some of them. "
            "Give --weights, or name start.model or start.weights in train.toml"
        )


def _decides(recipe: Recipe, stage: Stage) -> str:
    """What of the recipe decides what comes out of ``stage``, beside what it starts from."""
    own = stage.model_copy(
        update={
            "options": recipe.options_of(stage),
            "take": recipe.take if stage.take is None else stage.take,
            "derive": recipe.derive if stage.derive is None else stage.derive,
        }
    )
    return f"{recipe.seed} {recipe.classes} {recipe.start.model_dump_json()} {own.model_dump_json()}\n"


def _claim(folder: Path, digest: str) -> None:
    """Make ``folder`` the place of what ``digest`` stands for, unless it is already another's."""
    folder.mkdir(exist_ok=True)
    mark = folder / "made-of"
    if mark.exists() and mark.read_text("utf-8") != digest:
        raise RecipeError(
            f"{folder} was trained with another recipe, start or data. Give another --out, or remove that "
            "folder and those after it to train these stages anew"
        )
    mark.write_text(digest, "utf-8")


def _publish(last: Path, target: Path) -> Path:
    """Write the checkpoint ``last`` to ``target`` so that it opens with ultralytics alone."""
    import torch

    from fieldwatch_models.train.half import plain

    checkpoint = torch.load(last, map_location="cpu", weights_only=False)
    checkpoint["model"] = plain(checkpoint["model"])
    part = target.with_suffix(".part")
    torch.save(checkpoint, part)
    part.replace(target)
    return target
