"""``train.toml``: everything that decides what comes out of a training, as one typed value."""

from __future__ import annotations

import hashlib
import random
import tomllib
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from fieldwatch_models.errors import RecipeError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Start(_Frozen):
    """Where the weights come from before the first step: a model folder, a file, or nowhere (random)."""

    #: Any detection architecture of ultralytics: yolov8n.yaml, yolo11n.yaml, yolo26n.yaml, …
    architecture: str = "yolov8n.yaml"
    #: A model folder, by name or path: its exported file is read back. A class that it knows keeps its row.
    model: str | None = None
    #: A state dict in the classes of COCO; `fieldwatch models train --weights` names it too.
    weights: str | None = None
    #: For each of our classes, the classes of the start whose classifier rows are averaged into its first
    #: guess. A class that COCO knows (zebra) starts nearly trained. Empty: an uninformed row.
    rows: dict[str, tuple[str, ...]] = {}

    @model_validator(mode="after")
    def _one_start(self) -> Start:
        if self.model and self.weights:
            raise ValueError("start from a model or from weights, not from both")
        return self


class Take(_Frozen):
    """Which of the pictures whose name starts with ``prefix`` are trained on."""

    prefix: str
    keep: int | None = Field(default=None, ge=0, description="at most so many, drawn by the seed")
    repeat: int = Field(default=1, ge=1, description="times each is shown in one epoch")


class Derive(_Frozen):
    """Pictures made of those whose name starts with ``prefix``, shown beside them (see derive.py)."""

    prefix: str
    how: Literal["tile", "night", "fog", "paste", "plume"]
    keep: int | None = Field(default=None, ge=0, description="of at most so many, drawn by the seed")
    times: int = Field(default=1, ge=1, description="different ones of each picture")
    only_empty: bool = Field(default=False, description="of pictures without a label alone: negatives")
    of: str | None = Field(
        default=None, description="paste: objects from pictures whose name starts so; plume: of that class"
    )

    @model_validator(mode="after")
    def _says_of_what(self) -> Derive:
        if (self.how in ("paste", "plume")) != (self.of is not None):
            raise ValueError(
                '`of` names the pictures that how = "paste" cuts objects from, or the class of the smoke '
                'that how = "plume" draws; no other way has it'
            )
        return self


class Stage(_Frozen):
    """One run of the optimiser. Each stage starts from the averaged weights of the one before."""

    name: str
    epochs: int = Field(ge=1)
    options: dict[str, Any] = {}  # Ultralytics' own training arguments, over the common ones
    take: tuple[Take, ...] | None = None  # instead of the recipe's
    derive: tuple[Derive, ...] | None = None  # instead of the recipe's


class Recipe(_Frozen):
    """One model's ``train.toml``."""

    name: str
    seed: int
    classes: tuple[str, ...] = Field(min_length=1)
    start: Start = Start()
    take: tuple[Take, ...] = ()
    derive: tuple[Derive, ...] = ()
    options: dict[str, Any] = {}
    stages: tuple[Stage, ...] = Field(min_length=1)

    @classmethod
    def read(cls, path: Path) -> Recipe:
        """Read and check ``path``."""
        try:
            return cls.model_validate(tomllib.loads(path.read_text("utf-8")))
        except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
            raise RecipeError(f"cannot use {path}: {error}") from error

    @property
    def sha256(self) -> str:
        """Hex digest of what the recipe says; comments and the order of keys do not count."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def options_of(self, stage: Stage) -> dict[str, Any]:
        """Ultralytics' arguments for ``stage``: its own over the common ones."""
        return dict(self.options) | dict(stage.options)

    def select(self, names: Iterable[str], stage: Stage) -> list[tuple[str, int]]:
        """Which of the file ``names`` to train on in ``stage``, and how often in an epoch.

        The first rule whose prefix fits decides; a picture that no rule names is taken once. The
        draw depends on the seed and the sorted names alone, so it can be repeated elsewhere.
        """
        chosen: list[tuple[str, int]] = []
        left = sorted(names)
        for rule in self.take if stage.take is None else stage.take:
            fits = [name for name in left if name.startswith(rule.prefix)]
            left = [name for name in left if not name.startswith(rule.prefix)]
            chosen += [(name, rule.repeat) for name in self._draw(fits, rule.keep, rule.prefix)]
        return sorted(chosen + [(name, 1) for name in left])

    def sources(self, empty: dict[str, bool], rule: Derive) -> list[str]:
        """Of which pictures ``rule`` makes others. ``empty``: by file name, whether it has no label."""
        fits = [n for n in sorted(empty) if n.startswith(rule.prefix) and (empty[n] or not rule.only_empty)]
        return self._draw(fits, rule.keep, f"{rule.how}:{rule.prefix}")

    def generator(self, rule: Derive, name: str, turn: int) -> int:
        """The seed (64 bits) of the ``turn``-th picture that ``rule`` makes of ``name``."""
        return random.Random(f"{self.seed}:{rule.how}:{name}:{turn}").getrandbits(64)  # noqa: S311

    def _draw(self, names: list[str], keep: int | None, purpose: str) -> list[str]:
        if keep is None or keep >= len(names):
            return names
        return random.Random(f"{self.seed}:{purpose}").sample(names, keep)  # noqa: S311  # no secret here
