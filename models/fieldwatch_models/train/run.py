"""Run a recipe's stages, one after the other; stop and start again where it stopped."""

from __future__ import annotations

import hashlib
import os
import platform
import random
import time
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console

from fieldwatch_models.data.leaks import check_split, ties
from fieldwatch_models.errors import ExtraMissingError, RecipeError
from fieldwatch_models.train.layout import data_sha256, lay_out, searched
from fieldwatch_models.train.origins import Origin, origin_of
from fieldwatch_models.train.progress import Display
from fieldwatch_models.train.record import Record, note_epoch
from fieldwatch_models.train.start import build, skeleton, width_of

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_models.data.catalogue import Catalogue
    from fieldwatch_models.train.recipe import Recipe, Stage

#: No validation while training: what counts is the exported file, and `evaluate` measures that.
DEFAULTS: dict[str, Any] = {"plots": False, "val": False}
#: Batches that the statistics of a fused start are taken from.
REBASE_BATCHES = 8
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
                _Run(recipe, stage, folder, origin, chosen, threads, display).go(dataset, before)
            (folder / "done").touch()
        record.stage(stage.name, folder)
        before = folder / "weights" / "last.pt"
    assert before is not None, "a recipe has a stage"  # noqa: S101
    final = _publish(before, out / CHECKPOINT)
    record.facts["checkpoint_sha256"] = hashlib.sha256(final.read_bytes()).hexdigest()
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


class _Run:
    """One stage, with ultralytics' trainer and what we do around it."""

    def __init__(
        self,
        recipe: Recipe,
        stage: Stage,
        folder: Path,
        origin: Origin | None,
        device: str,
        threads: int,
        display: Display,
    ) -> None:
        self.recipe, self.stage, self.folder, self.origin = recipe, stage, folder, origin
        self.device, self.threads, self.display = device, threads, display
        self.began = 0.0

    def go(self, dataset: Path, before: Path | None) -> None:
        """Train on ``dataset`` from the checkpoint ``before`` or, without one, from the start's weights."""
        from ultralytics.nn.tasks import load_checkpoint
        from ultralytics.utils.torch_utils import strip_optimizer

        last = self.folder / "weights" / "last.pt"
        resume = last.exists()
        if resume and self._is_complete(last):  # cut off between the last epoch and its tidying up
            strip_optimizer(last)
            return
        options = DEFAULTS | self._device_options() | self.recipe.options_of(self.stage)
        options |= {
            "model": self.recipe.start.architecture,
            "data": str(dataset),
            "epochs": self.stage.epochs,
            "seed": self.recipe.seed,
            "device": self.device,
            "save_dir": str(self.folder),  # on a resume too: the folder may have been moved meanwhile
        }
        if resume:
            options["resume"] = options["model"] = str(last)
        warm = load_checkpoint(before)[0] if before else None
        trainer = self._trainer(options, warm)
        trainer.add_callback("on_pretrain_routine_end", self._restore_normalisation)
        trainer.add_callback("on_train_start", self._settle)
        trainer.add_callback("on_train_epoch_start", self._begin_epoch)
        trainer.add_callback("on_train_batch_end", self._show_batch)
        trainer.add_callback("on_train_epoch_end", self._end_epoch)
        trainer.train()
        trainer.best.unlink(missing_ok=True)  # without validation it is `last` under another name

    def _is_complete(self, last: Path) -> bool:
        """Whether ``last`` holds the final epoch; ultralytics calls a tidied checkpoint's -1."""
        import torch

        epoch = torch.load(last, map_location="cpu", weights_only=False)["epoch"]
        return bool(epoch == -1 or epoch + 1 >= self.stage.epochs)

    def _device_options(self) -> dict[str, Any]:
        """How ultralytics is to use the device. On a CPU, half.py has the mixed precision instead."""
        import torch

        if not self.device.startswith("cuda"):
            return {"amp": False}
        # bf16 needs no loss scaler, nor the check for which ultralytics downloads a network of its own.
        able = torch.cuda.is_bf16_supported(including_emulation=False)
        return {"amp": "bf16" if able else True, "workers": min(8, os.cpu_count() or 1)}

    def _trainer(self, options: dict[str, Any], warm: Any) -> Any:
        from ultralytics.models.yolo.detect import DetectionTrainer
        from ultralytics.utils.patches import override_configs
        from ultralytics.utils.torch_utils import strip_optimizer

        recipe, origin = self.recipe, self.origin

        class Trainer(DetectionTrainer):  # type: ignore[misc]  # ultralytics has no types
            """Ultralytics' trainer, with our head instead of one built anew from the class count."""

            last: Any  # the path of the newest checkpoint

            def get_model(self, cfg: Any = None, weights: Any = None, verbose: bool = True) -> Any:  # noqa: ARG002
                previous = weights if weights is not None else warm  # `weights` is set on a resume
                if previous is None:
                    return build(recipe.start, recipe.classes, origin)
                model = skeleton(recipe.start.architecture, width_of(previous), recipe.classes)
                model.load_state_dict(previous.float().state_dict())
                return model

            def get_dataloader(
                self, path: str, batch_size: int = 16, rank: int = 0, mode: str = "train"
            ) -> Any:
                if mode == "train":
                    return super().get_dataloader(path, batch_size, rank, mode)
                # Nothing is validated here, so nothing need be kept in memory for it.
                with override_configs(self.args, {"cache": False}):
                    return super().get_dataloader(path, batch_size, rank, mode)

            def save_model(self) -> bool:
                """As ultralytics', but a power cut leaves the last whole one, not half of the next."""
                whole: Path = self.last
                self.last = whole.with_suffix(".part")
                try:
                    saved = bool(super().save_model())
                    self.last.replace(whole)
                finally:
                    self.last = whole
                return saved

            def validate(self) -> tuple[Any, None]:
                return self.metrics, None

            def final_eval(self) -> None:
                strip_optimizer(self.last)

        return Trainer(overrides=options)

    def _restore_normalisation(self, trainer: Any) -> None:
        """Not on a resume, where the optimiser's state fits the old weights; nor of random weights, which
        need the normalisation that this would undo."""
        from fieldwatch_models.train.rebase import rebase

        first = self.stage is self.recipe.stages[0]
        if trainer.start_epoch == 0 and not (first and self.origin is None):
            batches = (trainer.preprocess_batch(b)["img"] for b in trainer.train_loader)
            rebase(trainer.model, islice(batches, REBASE_BATCHES))
            trainer.ema.ema.load_state_dict(trainer.model.state_dict())

    def _settle(self, trainer: Any) -> None:
        import torch

        if self.device == "cpu":
            torch.set_num_threads(self.threads)  # ultralytics leaves one core idle; of two, that is half
            trainer.model.to(memory_format=torch.channels_last)
        trainer.train_loader.reset()  # begin with the first picture, whatever was looked at before

    def _begin_epoch(self, trainer: Any) -> None:
        """Each epoch draws from its own seed, so that a resumed one sees what it would have seen."""
        import torch

        seed = self.recipe.seed + trainer.epoch
        random.seed(seed)
        np.random.seed(seed % 2**32)  # the generator that ultralytics draws from
        torch.manual_seed(seed)
        trainer.train_loader.generator.manual_seed(seed)
        self.began, self.batches = time.monotonic(), 0

    def _show_batch(self, trainer: Any) -> None:
        self.batches += 1
        of = len(trainer.train_loader)
        self.display.batch(trainer.epoch + 1, trainer.epochs, self.batches, of, _losses(trainer))

    def _end_epoch(self, trainer: Any) -> None:
        seconds, losses = time.monotonic() - self.began, _losses(trainer)
        note_epoch(self.folder, trainer.epoch + 1, seconds, losses)
        self.display.epoch(trainer.epoch + 1, trainer.epochs, losses, seconds)


def _losses(trainer: Any) -> dict[str, float]:
    return {name: round(float(value), 5) for name, value in (trainer.tloss or {}).items()}
