"""``model.toml``: what a machine must know to run a model, and to say what it saw."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fieldwatch_models.errors import RecipeError

if TYPE_CHECKING:
    from pathlib import Path

HEADER = """\
# Card of this model for machines; CARD.md is the one for people. Names and thresholds are decided
# by a person; `fieldwatch models export` fills in version, created, sha256 and imgsz.
"""

Share = Annotated[float, Field(gt=0, lt=1)]


class DetectedClass(BaseModel):
    """One output class. Its place in the card is its index in the model's output."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    name_zh: str
    kind: Literal["animal", "smoke", "fire"]
    #: The finest rank that the training labels support, not the finest that one could guess.
    scientific_name: str | None = None
    #: Key in the GBIF backbone taxonomy; left out where nobody has checked it.
    gbif: int | None = None


class Fallback(BaseModel):
    """What is said of a box that shows some animal, but none that the model can name.

    The model's chance that a box is any of its classes is 1 - product(1 - p) over their calibrated
    scores p. Where no class reaches the card's ``conf`` and that chance reaches ``score``, the box is
    reported under this name.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = "animal"
    name_zh: str = "动物"
    scientific_name: str = "Animalia"
    gbif: int | None = 1
    score: Share


class Card(BaseModel):
    """One model that a node can run.

    Input ``images``: float32 ``[B, 3, H, W]``, RGB, 0..1, H and W multiples of 32. Output
    ``output0``: ``[B, 4 + classes, N]``: cx, cy, w, h in input pixels, then a probability a class.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    version: str
    created: date
    licence: str = "AGPL-3.0-or-later"
    task: Literal["detect"] = "detect"
    file: str = "model.onnx"
    sha256: str
    imgsz: Annotated[int, Field(gt=0, multiple_of=32)]
    conf: Share
    iou: Share
    #: A score s of the model counts as sigmoid(logit(s) / temperature); ``conf`` is on that scale.
    temperature: Annotated[float, Field(gt=0, le=100)] = 1.0
    #: None: a box that reaches no class's threshold is nothing.
    fallback: Fallback | None = None
    classes: Annotated[tuple[DetectedClass, ...], Field(min_length=1)]

    @classmethod
    def read(cls, path: Path) -> Card:
        """Read and check ``path``."""
        try:
            return cls.model_validate(tomllib.loads(path.read_text("utf-8")))
        except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
            raise RecipeError(f"cannot use {path}: {error}") from error

    def write(self, path: Path) -> None:
        """Write the card to ``path``, in the order of its fields."""
        fields = self.model_dump(exclude={"classes", "fallback"})
        lines = [HEADER, *_lines(fields)]
        if self.fallback is not None:
            lines += ["", "[fallback]", *_lines(self.fallback.model_dump(exclude_none=True))]
        for entry in self.classes:
            lines += ["", "[[classes]]", *_lines(entry.model_dump(exclude_none=True))]
        path.write_text("\n".join(lines) + "\n", "utf-8")

    @property
    def names(self) -> tuple[str, ...]:
        """English class names in the order of the output."""
        return tuple(entry.name for entry in self.classes)


def _lines(fields: dict[str, Any]) -> list[str]:
    return [f"{key} = {_toml(value)}" for key, value in fields.items()]


def _toml(value: Any) -> str:
    # A JSON string is a TOML basic string; so are JSON's numbers.
    return value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)
