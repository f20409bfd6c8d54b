"""One catalogue for labelled pictures of any origin: what is where, from whom, under which licence.

A catalogue is a JSON Lines file: the first line names classes and sources, every further line is one picture.
Each step reads and writes this one type: readers make it, splits divide it, training lays it out, evaluation
groups by its fields, a review adds to it.
"""

from __future__ import annotations

from datetime import datetime  # pydantic reads it
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fieldwatch_models.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Split = Literal["train", "val", "test"]
Share = Annotated[float, Field(ge=0, le=1)]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(_Frozen):
    """One box: its class, and its place as shares of the picture's width and height, origin top left."""

    name: str
    x: Share = Field(description="of the left edge")
    y: Share = Field(description="of the upper edge")
    width: Share
    height: Share
    score: Share | None = Field(default=None, description="given by a detector; none: by a person")


class Source(_Frozen):
    """Where pictures are from, and what may be done with them."""

    title: str
    licence: str = Field(default="none stated", description="SPDX id where there is one; else in words")
    url: str | None = None
    credit: str | None = None


class Picture(_Frozen):
    """One picture and everything that is known of it."""

    path: Path
    width: Annotated[int, Field(gt=0)]
    height: Annotated[int, Field(gt=0)]
    labels: tuple[Label, ...] = ()
    #: Which of the classes were looked for. One that nobody looked for may be there unlabelled.
    labelled_for: tuple[str, ...] | None = None  # none: all of them
    source: str
    split: Split | None = None
    #: Camera or place. Pictures of one site never lie on both sides of a split.
    site: str | None = None
    #: Pictures that were taken one after the other, or share an incident; never split either.
    sequence: str | None = None
    taken_at: datetime | None = None
    light: Literal["day", "night"] | None = None
    #: Seconds from ignition (negative: before) in a sequence that records one.
    from_ignition_s: float | None = None

    def was_searched_for(self, classes: Iterable[str]) -> bool:
        """Whether somebody looked for all of `classes`: only then is what has no label none of them."""
        return self.labelled_for is None or set(classes) <= set(self.labelled_for)

    @property
    def group(self) -> str:
        """What must stay on one side of a split: the site, else the sequence, else the picture alone."""
        return self.site or self.sequence or self.path.stem


class Catalogue(_Frozen):
    """Pictures with their classes and sources. Class order is the order of a model's output."""

    classes: tuple[str, ...]
    sources: dict[str, Source]
    pictures: tuple[Picture, ...]

    @classmethod
    def read(cls, path: Path) -> Catalogue:
        """Read what `write` wrote.

        Raises:
            DataError: naming the line that is no picture, or the source that nobody described.
        """
        try:
            with path.open(encoding="utf-8") as lines:
                head = _Head.model_validate_json(next(lines, ""))
                pictures = tuple(_picture(path, number, line) for number, line in enumerate(lines, 2))
        except OSError as error:
            raise DataError(f"cannot read {path}: {error.strerror}") from error
        except ValidationError as error:
            raise DataError(f"{path}, line 1: not the head of a catalogue: {error}") from error
        unknown = {picture.source for picture in pictures} - head.sources.keys()
        if unknown:
            raise DataError(f"{path}: no source is described for {', '.join(sorted(unknown))}")
        return cls(classes=head.classes, sources=head.sources, pictures=pictures)

    def write(self, path: Path) -> None:
        """Write one JSON object a line."""
        head = _Head(classes=self.classes, sources=self.sources)
        rows = [head.model_dump_json(), *(p.model_dump_json(exclude_defaults=True) for p in self.pictures)]
        path.write_text("\n".join(rows) + "\n", "utf-8")

    def of(self, split: Split) -> Iterator[Picture]:
        """The pictures of one split."""
        return (picture for picture in self.pictures if picture.split == split)


class _Head(_Frozen):
    classes: tuple[str, ...]
    sources: dict[str, Source]


def _picture(path: Path, number: int, line: str) -> Picture:
    try:
        return Picture.model_validate_json(line)
    except ValidationError as error:
        raise DataError(f"{path}, line {number}: {error}") from error
