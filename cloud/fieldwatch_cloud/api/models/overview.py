"""What a manager sees first: what needs a person, and what changed."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from fieldwatch_cloud.api.models.common import Answer, Instant
from fieldwatch_cloud.api.models.fires import IncidentSummary
from fieldwatch_cloud.overview.needs import Code, Severity
from fieldwatch_cloud.overview.week import Status
from fieldwatch_shared.messages import Slug


class Subject(Answer):
    """A camera, zone, person or node that a need is about."""

    id: UUID | Slug = Field(description="A node's is its name.")
    name: str
    name_zh: str | None


class Need(Answer):
    """Something that a person has to do. `now`: somebody may come to harm or would not be called; `soon`:
    data are being lost; `when_convenient`: it would be better so."""

    code: Code
    severity: Severity
    n: int = Field(description="Of how many (of `drill_due`: days since the last one, 0: there was none).")
    since: Instant | None = Field(description="Since when, of the one that has waited longest.")
    href: str = Field(description="Where it is done, in the web app.", examples=["#fire/roster"])
    subjects: list[Subject] = Field(description="The first of them, five at most.")


class RateRatio(Answer):
    value: float | None = Field(description="This rate over the one before; null: nothing was seen before.")
    low: float
    high: float | None = Field(description="null: there is no bound.")


class SpeciesChange(Answer):
    """`more` and `fewer` only where the ratio's 95 % interval excludes 1; `unclear` where it does not."""

    scientific_name: str
    status: Status
    events: int
    events_before: int
    individuals: int
    deployments: int = Field(description="At how many it was seen.")
    rate: float | None = Field(description="Events per 100 camera-days; null: nobody looked.")
    low: float | None
    high: float | None
    rate_before: float | None
    ratio: RateRatio | None


class NewSpecies(Answer):
    """The first record of a species in this reserve."""

    scientific_name: str
    first_seen_at: Instant
    deployment_id: UUID
    media_id: UUID | None


class BestPicture(Answer):
    media_id: UUID
    observed_at: Instant = Field(description="By the corrected clock.")
    deployment_id: UUID
    scientific_name: str
    confidence: float | None = Field(description="Of the detector; null: only a person saw it.")
    labelled: bool = Field(description="A person says that it is in the picture.")


class Week(Answer):
    """A span against the span of the same length before it."""

    status: Literal["observed", "not_observed"] = Field(
        description="`not_observed`: no camera looked, which is not zero animals."
    )
    species: list[SpeciesChange]
    new_species: list[NewSpecies]
    camera_days: float
    camera_days_before: float
    looked: int = Field(description="Cameras with any effort.")
    incidents: list[IncidentSummary] = Field(description="Seen in the span, exercises aside, 50 at most.")
    pictures: list[BestPicture]
    withheld: int = Field(description="Sensitive species of which this role is not told.")


class Cameras(Answer):
    """Deployments that are not over, by health."""

    ok: int
    attention: int
    silent: int
    never_seen: int


class Overview(Answer):
    from_: Instant = Field(serialization_alias="from")
    to: Instant
    week: Week
    burning: list[IncidentSummary] = Field(description="Fires that call people and are not over.")
    cameras: Cameras
    needs: list[Need] = Field(description="The most severe first.")


class BriefWeek(Answer):
    status: Literal["observed", "not_observed"]
    camera_days: float
    camera_days_before: float
    looked: int
    species: int = Field(description="How many were seen.")
    new_species: list[str]
    more: list[str] = Field(description="Likely more than in the span before.")
    fewer: list[str]


class ReserveOverview(Answer):
    """One of several reserves, side by side."""

    slug: Slug
    name: str
    name_zh: str | None
    week: BriefWeek
    burning: int = Field(description="Fires that call people and are not over.")
    unanswered: int = Field(description="Those of them that nobody has answered.")
    cameras: Cameras
    needs: list[Need] = Field(description="The most severe first; without the review.")


class Overviews(Answer):
    from_: Instant = Field(serialization_alias="from")
    to: Instant
    reserves: list[ReserveOverview] = Field(description="The most urgent first.")


class SpeciesSeen(Answer):
    """An animal that was ever seen in the reserve, by sums that a job keeps: minutes old."""

    scientific_name: str
    observations: int
    labelled: int = Field(description="How many of them a person confirmed or corrected.")
    events: int
    deployments: int = Field(description="At how many it was seen.")
    first_seen_at: Instant | None = Field(description="null: not told to this role.")
    last_seen_at: Instant | None


class LatestPicture(Answer):
    media_id: UUID
    observed_at: Instant = Field(description="By the corrected clock.")
    received_at: Instant
    width: int
    height: int
