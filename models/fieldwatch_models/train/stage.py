"""One stage of a training: ultralytics' trainer, with our network in it, and what we do around it."""

from __future__ import annotations

import os
import random
import time
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from fieldwatch_models.train.record import note_epoch
from fieldwatch_models.train.start import build, skeleton, width_of

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_models.train.origins import Origin
    from fieldwatch_models.train.progress import Display
    from fieldwatch_models.train.recipe import Recipe, Stage

#: No validation while training: what counts is the exported file, and `evaluate` measures that.
DEFAULTS: dict[str, Any] = {"plots": False, "val": False}
#: Batches that the statistics of a fused start are taken from.
REBASE_BATCHES = 8


class StageRun:
    """One stage, in a folder of its own; it begins, or goes on after the last whole epoch there."""

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
