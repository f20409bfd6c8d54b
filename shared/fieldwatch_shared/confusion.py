"""What a detector said of what was there: the table by which counts are corrected for its errors."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

BACKGROUND = "background"
_Count = Annotated[int, Field(ge=0)]


class Confusion(BaseModel):
    """Boxes counted on labelled pictures, at the threshold at which the model runs.

    `said_by_was[i][j]`: boxes called `order[i]` where `order[j]` was. The last row and column are the
    background: boxes on nothing, and animals of which nothing was said.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(description="name@version, as observations carry it.")
    conf: float = Field(description="Boxes of a higher score were counted.")
    pictures: int | None = Field(None, ge=0, description="So many pictures were looked at.")
    order: tuple[str, ...] = Field(min_length=2, description="The classes, then the background.")
    said_by_was: tuple[tuple[_Count, ...], ...]

    @model_validator(mode="after")
    def _square(self) -> Confusion:
        size = len(self.order)
        if self.order[-1] != BACKGROUND or len(set(self.order)) < size:
            raise ValueError(f"the order must name each class once, then {BACKGROUND!r}")
        if len(self.said_by_was) != size or any(len(row) != size for row in self.said_by_was):
            raise ValueError(f"the table is not {size} × {size}, as its {size} names ask")
        return self

    @property
    def classes(self) -> tuple[str, ...]:
        """Without the background."""
        return self.order[:-1]

    def count(self, said: str, was: str) -> int:
        """Boxes called `said` where `was` was. Raises ValueError on a name that is not in the order."""
        unknown = {said, was} - set(self.order)
        if unknown:
            raise ValueError(f"no class {', '.join(sorted(unknown))}; there are {', '.join(self.order)}")
        return self.said_by_was[self.order.index(said)][self.order.index(was)]

    def labelled(self, was: str) -> int:
        """How many of `was` were there."""
        return sum(self.count(said, was) for said in self.order)

    def share_said(self, said: str, was: str) -> float | None:
        """The chance that one of `was` is called `said` (`background`: missed). None where there was none,
        and for what was no animal: nobody can count the places where nothing is. See `false_per_picture`."""
        there = self.labelled(was)
        return self.count(said, was) / there if there and was != BACKGROUND else None

    def share_was(self, was: str, said: str) -> float | None:
        """The chance that what is called `said` is one of `was`, in pictures with the same mix of animals as
        these: elsewhere it is another one. None where nothing was called so."""
        called = sum(self.count(said, each) for each in self.order)
        return self.count(said, was) / called if called and said != BACKGROUND else None

    def false_per_picture(self, said: str) -> float | None:
        """Boxes of `said` on nothing, a picture."""
        return self.count(said, BACKGROUND) / self.pictures if self.pictures else None
