"""A checkpoint of a shipped model, for formats that only PyTorch can be exported to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_models.errors import ExtraMissingError
from fieldwatch_models.registry.cards import Card
from fieldwatch_models.train.origins import origin_of
from fieldwatch_models.train.recipe import Recipe, Start
from fieldwatch_models.train.start import build

if TYPE_CHECKING:
    from pathlib import Path


def write_checkpoint(folder: Path, target: Path) -> None:
    """Read the weights of ``folder``'s ONNX file back into its architecture, and write it to ``target``.

    It is the trained network with its normalisation folded in and its weights as they were shipped; the
    original checkpoint, where there is one, is exacter.

    Raises:
        RecipeError: the file is quantised, or of another architecture than its train.toml says.
    """
    try:
        import torch

        from fieldwatch_models.train.half import plain
    except ImportError as error:
        raise ExtraMissingError(error.name or "ultralytics") from error
    recipe = folder / "train.toml"
    start = Recipe.read(recipe).start if recipe.exists() else Start()
    start = start.model_copy(update={"model": str(folder), "weights": None, "rows": {}})
    model = plain(build(start, Card.read(folder / "model.toml").names, origin_of(start)))
    # In fp32: ultralytics' own way of saving halves, and would round a second time.
    torch.save({"epoch": -1, "model": model.float().eval(), "ema": None, "train_args": {}}, target)
