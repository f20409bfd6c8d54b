"""What of each picture goes into a labelling set, and what it is called there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fieldwatch_cloud.labels.domain import Label, Medium, Proposal

Which = Literal["labelled", "proposed", "both"]
"""People's labels alone, detectors' proposals alone, or both beside each other."""
SUFFIX = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture of a labelling set."""

    medium: Medium
    which: Which
    url: str | None = None
    """Where the picture is fetched, where it does not travel along."""

    @property
    def file_name(self) -> str:
        """It holds the picture's id, by which an import finds it again."""
        return f"{self.medium.id}.{SUFFIX.get(self.medium.mime, 'bin')}"

    @property
    def labels(self) -> tuple[Label, ...] | None:
        """What a person said; None where nobody did, or where it is not wanted."""
        current = self.medium.current
        return current.labels if current is not None and self.which != "proposed" else None

    @property
    def proposals(self) -> tuple[tuple[Label, Proposal], ...]:
        """What detectors proposed, as the labels that it would be, surest first; those with a box."""
        if self.which == "labelled":
            return ()
        return tuple((label, p) for p in self.medium.proposals if (label := p.label) is not None)

    @property
    def best(self) -> tuple[tuple[Label, float | None], ...]:
        """(label, score) for formats in which a box is a box: a person's labels, where there are any; else
        the proposals, with their confidence."""
        if (labels := self.labels) is not None:
            return tuple((label, None) for label in labels)
        return tuple((label, proposal.confidence) for label, proposal in self.proposals)


def names(labels: Iterable[Label]) -> dict[str, str]:
    """Kind by name of all `labels`, in the order of names."""
    return dict(sorted({label.name: label.kind for label in labels}.items()))
