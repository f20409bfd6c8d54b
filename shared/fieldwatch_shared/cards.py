"""What was measured of the detectors whose observations the cloud counts.

A model folder's papers are enough: `model.toml` (the card) and `metrics.json` (what it confused on labelled
pictures). Those of the shipped models lie in this package when it is installed, and in `models/` of a
checkout; a reserve's own lie where its service is told to look.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from fieldwatch_shared.confusion import Confusion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Measured:
    """A model as far as counts need to know it."""

    confusion: Confusion
    scientific: Mapping[str, str | None]
    """Class of the confusion's order -> the scientific name that observations of it carry."""

    def class_of(self, scientific_name: str | None) -> str | None:
        """The class whose observations carry this name; None where the model knows no such class."""
        return next((name for name, known in self.scientific.items() if known == scientific_name), None)


class CardError(Exception):
    """A folder that was named holds no measured model; says why."""


def shipped() -> dict[str, Measured]:
    """The models that come with Fieldwatch, by `name@version`."""
    installed, checkout = _HERE / "cards", _HERE.parents[1] / "models"
    found: dict[str, Measured] = {}
    for root in (installed, checkout):
        for folder in sorted(root.iterdir()) if root.is_dir() else ():
            if (folder / "model.toml").is_file() and (folder / "metrics.json").is_file():
                found.update([read(folder)])
    return found


def measured(folders: Iterable[Path] = ()) -> dict[str, Measured]:
    """The shipped models and those in `folders`, by `name@version`.

    Raises:
        CardError: a folder holds no measured model.
    """
    return shipped() | dict(map(read, folders))


def read(folder: Path) -> tuple[str, Measured]:
    """`name@version` of a model folder, and what was measured of it.

    Raises:
        CardError: papers are missing or wrong, or the figures are of another model file than the card's.
    """
    try:
        card = tomllib.loads((folder / "model.toml").read_text("utf-8"))
        figures: dict[str, Any] = json.loads((folder / "metrics.json").read_text("utf-8"))
        label = f"{card['name']}@{card['version']}"
        if figures["sha256"] != card["sha256"]:
            raise CardError(f"{folder}: metrics.json was measured on another model file: measure it again")
        confusion = Confusion.model_validate(
            {
                **figures["confusion"],
                "model": label,
                "conf": figures["conf"],
                "pictures": figures.get("data", {}).get("pictures"),
            }
        )
        return label, Measured(confusion, dict(_names(card, confusion)))
    except (OSError, ValueError, ValidationError) as error:
        raise CardError(f"{folder} holds no measured model: {error}") from error
    except (KeyError, TypeError) as error:
        raise CardError(f"{folder} holds no measured model: nothing is said of {error}") from error


def _names(card: dict[str, Any], confusion: Confusion) -> Iterator[tuple[str, str | None]]:
    known = {one["name"]: one.get("scientific_name") for one in card["classes"]}
    if "fallback" in card:
        fallback = card["fallback"]
        known[fallback.get("name", "animal")] = fallback.get("scientific_name", "Animalia")
    for name in confusion.classes:
        yield name, known.get(name)
