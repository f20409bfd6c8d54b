"""A model's folder by its name (``wildlife``), on the same search path as on a node, or by its path."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from fieldwatch_models.errors import RecipeError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A folder with one of these is a model, or will be one.
MARKS = ("model.toml", "train.toml")


def search_path() -> tuple[Path, ...]:
    """Where models are looked up: FIELDWATCH_MODELS, the installed ones, a checkout's ``models/``."""
    from fieldwatch_edge.detect import model_search_path

    return model_search_path(os.environ.get("FIELDWATCH_MODELS"))


def find_folder(model: str | Path, path: Sequence[Path] | None = None) -> Path:
    """The folder ``model`` if there is one, else the model of that name on the search path.

    Raises:
        RecipeError: there is neither.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    name = str(model)
    places = search_path() if path is None else path
    if "/" not in name:
        for place in places:
            if any((place / name / mark).is_file() for mark in MARKS):
                return place / name
    known = ", ".join(sorted({found.name for found in known_folders(places)}))
    raise RecipeError(
        f"no model {name!r}: neither a folder, nor one of the models by name ({known or 'none'})"
    )


def known_folders(path: Sequence[Path] | None = None) -> list[Path]:
    """Every finished model on the search path; of two of one name the first, as a node would take it."""
    found: dict[str, Path] = {}
    for place in search_path() if path is None else path:
        for card in sorted(place.glob("*/model.toml")):
            found.setdefault(card.parent.name, card.parent)
    return list(found.values())
