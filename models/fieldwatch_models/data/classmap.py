"""Which of their class names are which of ours: a small TOML file.

    [classes]
    "white-tailed deer" = "deer"     # many to one
    roe_deer = "deer"
    person = false                   # known, and its boxes are not wanted

A name that is in use and not listed is an error; so nothing is lost because nobody thought of it. Our own
names need no line.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from fieldwatch_models.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from fieldwatch_models.data.catalogue import Picture


class ClassMap(BaseModel):
    """Their names to ours; `False` drops a class's boxes, not the pictures."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    classes: dict[str, str | Literal[False]]

    @classmethod
    def read(cls, path: Path) -> ClassMap:
        """Read and check `path`.

        Raises:
            DataError: it cannot be used.
        """
        try:
            return cls.model_validate(tomllib.loads(path.read_text("utf-8")))
        except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
            raise DataError(f"cannot use {path}: {error}") from error

    @property
    def ours(self) -> tuple[str, ...]:
        """Our names, in the order of the file."""
        return tuple(dict.fromkeys(name for name in self.classes.values() if name))

    def renamed(self, theirs: Iterable[str]) -> tuple[str, ...]:
        """Our names of the classes `theirs`, without those that are dropped or unknown."""
        return tuple(dict.fromkeys(ours for name in theirs if (ours := self._names.get(name))))

    @property
    def _names(self) -> dict[str, str | Literal[False]]:
        """The map, and each of our own names to itself where the file does not say otherwise."""
        return {name: name for name in self.ours} | self.classes

    def apply(self, pictures: list[Picture]) -> list[Picture]:
        """The pictures with our names.

        Raises:
            DataError: naming every class in use that the map does not know, with the number of its boxes.
        """
        names = self._names
        unknown: dict[str, int] = {}
        mapped = []
        for picture in pictures:
            labels = []
            for label in picture.labels:
                if label.name not in names:
                    unknown[label.name] = unknown.get(label.name, 0) + 1
                elif ours := names[label.name]:
                    labels.append(label.model_copy(update={"name": ours}))
            searched = picture.labelled_for and self.renamed(picture.labelled_for)
            mapped.append(picture.model_copy(update={"labels": tuple(labels), "labelled_for": searched}))
        if unknown:
            listed = ", ".join(f"{name} ({count} boxes)" for name, count in sorted(unknown.items()))
            raise DataError(
                f'the class map says nothing of: {listed}. Give each a line: "{min(unknown)}" = "…", or '
                "= false to drop its boxes"
            )
        return mapped
