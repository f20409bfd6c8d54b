"""Reviewing pictures: what the detectors proposed, what people labelled."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from fieldwatch_cloud.api.models.common import Answer, Body, FieldError, Instant, Problem
from fieldwatch_cloud.labels import domain
from fieldwatch_cloud.labels.domain import HUMAN, Kind, Origin, Reason
from fieldwatch_shared.messages import INT32, Box

MAX_LABELS = 500
MAX_ERRORS = 1000
"""Named in one answer."""
_ROUNDING = 1e-6


def _box(box: domain.Box) -> Box:
    x, y, width, height = box
    return Box(x=x, y=y, width=width, height=height)


def _with_area(box: Box) -> Box:
    """A box that a person drew: of some size, and within the picture but for rounding."""
    if min(box.width, box.height) < domain.SMALLEST:
        raise ValueError("a box needs a width and a height above 0")
    if box.x + box.width > 1 + _ROUNDING or box.y + box.height > 1 + _ROUNDING:
        raise ValueError("the box reaches out of the picture: x + width and y + height are at most 1")
    return box


def _single_spaced(name: str) -> str:
    return " ".join(name.split())


class NewLabel(Body):
    """One box, by a person."""

    kind: Kind = Field(description="`unknown`: something is there, and nobody can say what.")
    scientific_name: (
        Annotated[
            str,
            StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
            AfterValidator(_single_spaced),
        ]
        | None
    ) = Field(None, description="Of animals, as far as it is known; null: an animal of some kind.")
    box: Annotated[Box, AfterValidator(_with_area)]
    count: int = Field(1, ge=1, le=INT32, description="Individuals in the box, where it is a group.")

    @model_validator(mode="after")
    def _named_if_alive(self) -> Self:
        if self.kind == "human":
            if self.scientific_name not in (None, HUMAN):
                raise ValueError(f"a human is {HUMAN}, or has no scientific_name")
        elif self.kind != "animal" and self.scientific_name is not None:
            raise ValueError(f"only animals have a scientific_name, not {self.kind}")
        elif self.scientific_name is not None and domain.classify(self.scientific_name) != (
            self.kind,
            self.scientific_name,
        ):
            # Labelling tools know one name per box: it has to come back as the same thing.
            raise ValueError(f"{self.scientific_name!r} is no animal's scientific_name")
        return self

    def said(self) -> domain.Label:
        name = HUMAN if self.kind == "human" else self.scientific_name
        box = self.box
        return domain.Label(self.kind, name, (box.x, box.y, box.width, box.height), self.count)


class NewLabels(Body):
    """All that is to be seen in a picture, not only what changed."""

    based_on: int = Field(
        ge=0, le=INT32, description="`revision` of what the person saw; 0: there were no labels."
    )
    labels: list[NewLabel] = Field(max_length=MAX_LABELS, description="Empty: the picture is blank.")


class Label(Answer):
    kind: Kind
    scientific_name: str | None
    box: Box
    count: int

    @classmethod
    def of(cls, label: domain.Label) -> Self:
        return cls(
            kind=label.kind, scientific_name=label.scientific_name, box=_box(label.box), count=label.count
        )


class Proposal(Answer):
    """What a detector saw, in its words."""

    id: UUID = Field(description="Of the observation or suspicion.")
    kind: Kind
    scientific_name: str | None
    box: Box | None
    count: int
    confidence: float
    model: str = Field(description="Detector as name@version.")

    @classmethod
    def of(cls, proposal: domain.Proposal) -> Self:
        return cls(
            id=proposal.id,
            kind=proposal.kind,
            scientific_name=proposal.scientific_name,
            box=_box(proposal.box) if proposal.box is not None else None,
            count=proposal.count,
            confidence=proposal.confidence,
            model=proposal.model,
        )


class LabelRevision(Answer):
    """What one person said at one time. It is never altered: who knows better adds another."""

    revision: int
    account: str = Field(description="The person's name.")
    at: Instant
    source: Origin = Field(
        description="Drawn in the web app, imported from a labelling tool's file, or said of the incident "
        "that the picture raised: a false alarm."
    )
    labels: list[Label] = Field(description="Empty: blank.")

    @classmethod
    def of(cls, revision: domain.Revision) -> Self:
        return cls(
            revision=revision.revision,
            account=revision.account,
            at=revision.at,
            source=revision.origin,
            labels=[Label.of(label) for label in revision.labels],
        )


class ReviewItem(Answer):
    """A picture worth a look."""

    media_id: UUID
    picture: str = Field(description="Its address on this site.", examples=["/api/v1/media/0197..."])
    mime: str
    width: int = Field(description="Pixels.")
    height: int = Field(description="Pixels.")
    deployment_id: UUID
    deployment_name: str
    observed_at: Instant = Field(description="As the camera's clock said.")
    clock_offset_s: float = Field(
        description="Added to it where it counts, since somebody corrected the camera's clock; 0: nothing."
    )
    reasons: list[Reason] = Field(description="Why it is worth a look, most telling first.")
    priority: int = Field(description="The list is ordered by it; higher tells more.")
    proposals: list[Proposal] = Field(description="Surest first.")
    revision: int = Field(description="Of the current labels; 0: nobody has looked yet.")
    labels: list[Label] | None = Field(
        description="The current ones, empty if it is blank; null: nobody has looked yet."
    )

    @classmethod
    def of(cls, medium: domain.Medium, reasons: list[Reason], priority: int, **more: object) -> Self:
        """`more`: the fields of a subclass."""
        return cls.model_validate(
            {
                "media_id": medium.id,
                "picture": f"/api/v1/media/{medium.id}",
                "mime": medium.mime,
                "width": medium.width,
                "height": medium.height,
                "deployment_id": medium.deployment_id,
                "deployment_name": medium.deployment,
                "observed_at": medium.observed_at,
                "clock_offset_s": medium.clock_offset_s,
                "reasons": reasons,
                "priority": priority,
                "proposals": [Proposal.of(proposal) for proposal in medium.proposals],
                "revision": medium.revision,
                "labels": [Label.of(label) for label in medium.current.labels] if medium.current else None,
                **more,
            }
        )


WeighedFrom = Annotated[
    Instant | None,
    Field(
        description="There are too many pictures within the filter to weigh at once: these are the newest, "
        "taken from then on; pass it as `to` for those before. null: all were weighed."
    ),
]


class ReviewItems(Answer):
    items: list[ReviewItem] = Field(description="The most telling first.")
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page; null: this is the last.")
    weighed_from: WeighedFrom


class ReviewDetail(ReviewItem):
    may_label: bool = Field(description="Whether the account that asks may label here.")
    history: list[LabelRevision] = Field(description="Newest first; the first one counts.")

    @classmethod
    def of(cls, medium: domain.Medium, reasons: list[Reason], priority: int, **more: object) -> Self:
        history = [LabelRevision.of(revision) for revision in medium.history]
        return super().of(medium, reasons, priority, history=history, **more)


class ReasonProgress(Answer):
    reason: Reason
    waiting: int
    reviewed: int


class ReviewProgress(Answer):
    """How far the review has come, in pictures."""

    media: int = Field(description="Pictures kept within the filter, with or without a reason to look.")
    reviewed: int = Field(description="Of them, labelled by a person at least once.")
    waiting: int = Field(description="With a reason, and not labelled yet.")
    by_reason: list[ReasonProgress] = Field(description="A picture with two reasons is in both.")
    weighed_from: WeighedFrom


class Taxon(Answer):
    kind: Kind
    scientific_name: str | None
    labels: int = Field(description="Boxes of it in the current labels.")
    observed: bool = Field(description="A detector has reported it here, with a picture.")


class Taxa(Answer):
    items: list[Taxon] = Field(description="Most often labelled first.")


class LabelConflict(Problem):
    """Somebody has labelled the picture since; nothing was stored."""

    current: LabelRevision = Field(description="What counts now: base the next attempt on its `revision`.")


class Imported(Answer):
    """What became of a file of labels, picture by picture."""

    stored: int = Field(description="Got a new revision.")
    unchanged: int = Field(description="Said already what the file says: nothing was added.")
    untouched: int = Field(description="Nobody has labelled them in the file: nothing was added.")
    errors: list[FieldError] = Field(
        description=f"Which rows of the file were left out, and why; the first {MAX_ERRORS} of them."
    )
    left_out: int = Field(description="How many those are.")
