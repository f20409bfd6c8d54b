"""What was measured of a model, from the JSON files beside it; the confusion matrix as counts will use it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from fieldwatch_models.errors import RecipeError
from fieldwatch_models.registry.cards import Card
from fieldwatch_shared.confusion import Confusion

if TYPE_CHECKING:
    from pathlib import Path

Figures = dict[str, Any]


def read_json(path: Path) -> Figures:
    """The object in ``path``, or an empty one where there is no such file.

    Raises:
        RecipeError: the file cannot be read, or is no JSON object.
    """
    if not path.exists():
        return {}
    try:
        figures = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise RecipeError(f"cannot read {path}: {error}") from error
    if not isinstance(figures, dict):
        raise RecipeError(f"{path} holds no JSON object")
    return figures


def confusion_of(folder: Path) -> Confusion:
    """The confusion matrix of the model in ``folder``, at its card's threshold.

    Raises:
        RecipeError: it was not measured (``fieldwatch models eval``), or on another model file.
    """
    card, metrics = Card.read(folder / "model.toml"), read_json(folder / "metrics.json")
    table = confusion(card, metrics)
    if table is None:
        raise RecipeError(
            f"{folder / 'metrics.json'} has no confusion matrix of this model file: "
            f"fieldwatch models eval {folder} --data DATA"
        )
    return table


def confusion(card: Card, metrics: Figures) -> Confusion | None:
    """The matrix in ``metrics``, from metrics.json; None where it is of another file than the card's."""
    table, pictures = metrics.get("confusion"), metrics.get("data", {}).get("pictures")
    older = metrics.get("validation", {})  # where former versions wrote it
    if table is None and "confusion_said_by_was" in older:
        was = older["confusion_said_by_was"]
        table, pictures = {"order": was["order"], "said_by_was": was["matrix"]}, older.get("pictures")
    if table is None or "conf" not in metrics or metrics.get("sha256") != card.sha256:
        return None
    label = f"{card.name}@{card.version}"
    try:
        return Confusion.model_validate(
            {**table, "model": label, "conf": metrics["conf"], "pictures": pictures}
        )
    except ValidationError as error:
        raise RecipeError(f"metrics.json of {label}: the confusion matrix is wrong: {error}") from error
