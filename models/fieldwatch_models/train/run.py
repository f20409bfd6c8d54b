"""Run a recipe's stages, one after the other; stop and start again where it stopped."""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING, Any

from fieldwatch_models.errors import ExtraMissingError, RecipeError
from fieldwatch_models.train.recipe import Recipe, Stage, lay_out
from fieldwatch_models.train.start import build

if TYPE_CHECKING:
    from pathlib import Path

#: `amp` is off because it means CUDA to Ultralytics; see half.py for bf16 on the CPU.
DEFAULTS: dict[str, Any] = {"device": "cpu", "amp": False, "plots": False, "val": False}
#: Batches that the statistics of a fused start are taken from.
REBASE_BATCHES = 8


def train(recipe: Recipe, data: Path, weights: Path, out: Path, threads: int = 2) -> Path:
    """Train ``recipe`` on ``data`` from the COCO ``weights``; the path of the final checkpoint.

    ``out`` keeps every stage's checkpoints. A stage that is complete is not run again and one that
    was cut off resumes after its last whole epoch, so calling this again is always right.
    """
    # Read once, when PyTorch starts its thread pool. Passive waiting: a spinning OpenMP thread
    # takes the very core that its sibling waits for on a machine that others use too.
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        import ultralytics  # noqa: F401
    except ImportError as error:
        raise ExtraMissingError("ultralytics") from error

    out = out.resolve()  # Ultralytics would put a relative folder below its own
    before: Path | None = None
    for number, stage in enumerate(recipe.stages, 1):
        folder = out / f"{number}-{stage.name}"
        if not (folder / "done").exists():
            dataset = lay_out(recipe, stage, data, folder / "dataset")
            _run(recipe, stage, dataset, folder, before, weights)
            (folder / "done").touch()
        before = folder / "weights" / "last.pt"
    if before is None:
        raise RecipeError(f"{recipe.name} has no stages")
    return before


def _run(
    recipe: Recipe,
    stage: Stage,
    dataset: Path,
    folder: Path,
    before: Path | None,
    weights: Path,
) -> None:
    """Run one stage into ``folder``, from the checkpoint ``before`` or, without one, from COCO."""
    from ultralytics.models.yolo.detect import DetectionTrainer
    from ultralytics.nn.tasks import load_checkpoint
    from ultralytics.utils.torch_utils import strip_optimizer

    from fieldwatch_models.train.rebase import rebase

    class Trainer(DetectionTrainer):  # type: ignore[misc]  # ultralytics has no types
        """Ultralytics' trainer, with our head instead of one built anew from the class count."""

        def get_model(self, cfg: Any = None, weights: Any = None, verbose: bool = True) -> Any:  # noqa: ARG002
            model = build(recipe.start, start_weights, recipe.classes)
            previous = weights if weights is not None else warm  # `weights` is set on a resume
            if previous is not None:
                model.load_state_dict(previous.float().state_dict())
            return model

        def validate(self) -> tuple[Any, None]:
            """Nothing: what counts is the exported file, and `evaluate` measures that."""
            return self.metrics, None

        def final_eval(self) -> None:
            strip_optimizer(self.last)

    def restore_normalisation(trainer: Any) -> None:
        if trainer.start_epoch == 0:  # not on a resume: the optimiser's state fits the old weights
            batches = (trainer.preprocess_batch(b)["img"] for b in trainer.train_loader)
            rebase(trainer.model, islice(batches, REBASE_BATCHES))
            trainer.ema.ema.load_state_dict(trainer.model.state_dict())

    start_weights = weights
    warm = load_checkpoint(before)[0] if before else None
    options = DEFAULTS | dict(recipe.options) | dict(stage.options)
    options |= {
        "model": recipe.start.architecture,
        "data": str(dataset),
        "epochs": stage.epochs,
        "seed": recipe.seed,
        "project": str(folder.parent),
        "name": folder.name,
        "exist_ok": True,
    }
    last = folder / "weights" / "last.pt"
    if last.exists():
        options["resume"] = options["model"] = str(last)
    trainer = Trainer(overrides=options)
    trainer.add_callback("on_pretrain_routine_end", restore_normalisation)
    trainer.train()
