"""What a picture shows, as a detector proposed it and as a person labelled it.

Boxes are (x, y, width, height) as fractions of the picture, origin at its top left corner.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

Kind = Literal["animal", "human", "vehicle", "unknown", "smoke", "fire"]
KINDS: tuple[Kind, ...] = get_args(Kind)
HUMAN = "Homo sapiens"

Reason = Literal["false_alarm", "disagreement", "first_of_species", "low_confidence", "random"]
REASONS: tuple[Reason, ...] = get_args(Reason)
"""Most telling first."""
Origin = Literal["web", "import", "incident"]
"""`incident`: said of the incident that the picture raised."""

Box = tuple[float, float, float, float]
SMALLEST = 1e-6
"""Side of a box: of any picture less than a pixel, and above 0 also in single precision."""


@dataclass(frozen=True, slots=True)
class Label:
    """One box, by a person."""

    kind: Kind
    scientific_name: str | None
    box: Box
    count: int = 1
    """Individuals in the box: more than one where a herd cannot be told apart."""

    @property
    def name(self) -> str:
        """What it is called in formats that know one name per box: its taxon, or else its kind."""
        return self.scientific_name or self.kind


@dataclass(frozen=True, slots=True)
class Proposal:
    """One box, by a detector."""

    id: UUID
    """Of the observation or suspicion."""
    kind: Kind
    scientific_name: str | None
    box: Box | None
    confidence: float
    model: str
    count: int = 1

    @property
    def label(self) -> Label | None:
        """What a person would have said who agrees; None where there is no box to agree with."""
        return Label(self.kind, self.scientific_name, self.box, self.count) if self.box is not None else None


@dataclass(frozen=True, slots=True)
class Revision:
    """What one person said about one picture at one time. No labels: it shows nothing (blank)."""

    revision: int
    """1, 2, ...; the highest counts."""
    account: str
    """The person's name."""
    account_id: UUID
    at: datetime
    origin: Origin
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Medium:
    """A kept picture with all that was said about it."""

    id: UUID
    reserve: str
    deployment_id: UUID
    deployment: str
    """Name of the place."""
    observed_at: datetime
    mime: str
    sha256: str
    width: int
    height: int
    """Pixels."""
    clock_offset_s: float = 0.0
    """True time minus the camera's, where somebody has corrected its clock; `observed_at` is the camera's."""
    proposals: tuple[Proposal, ...] = ()
    history: tuple[Revision, ...] = field(default=())
    """Newest first."""

    @property
    def current(self) -> Revision | None:
        return self.history[0] if self.history else None

    @property
    def revision(self) -> int:
        """Of the current labels; 0: nobody has labelled it."""
        return self.history[0].revision if self.history else 0


def classify(name: str) -> tuple[Kind, str | None]:
    """(kind, scientific name) of a name as `Label.name` gives it.

    Raises:
        ValueError: it cannot be one.
    """
    name = " ".join(name.split())
    if not name or len(name) > 200 or not name.isprintable():
        raise ValueError("a label's name has 1 to 200 printable characters")
    if name in ("human", HUMAN):
        return "human", HUMAN
    for kind in KINDS:
        if name == kind:
            return kind, None
    return "animal", name


def same(mine: Sequence[Label], theirs: Sequence[Label], width: int, height: int) -> bool:
    """Whether both say the same of a picture of that size in pixels: box by box, to half a pixel.

    Formats round: what comes back through one is never equal to the last digit.
    """
    if len(mine) != len(theirs):
        return False
    left = list(theirs)
    for label in mine:
        twin = next((other for other in left if _alike(label, other, width, height)), None)
        if twin is None:
            return False
        left.remove(twin)
    return True


def _alike(one: Label, other: Label, width: int, height: int) -> bool:
    if (one.kind, one.scientific_name, one.count) != (other.kind, other.scientific_name, other.count):
        return False
    sides = (width, height, width, height)
    return all(abs(a - b) * side <= 0.5 for a, b, side in zip(one.box, other.box, sides, strict=True))
