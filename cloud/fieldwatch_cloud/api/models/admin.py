"""Administration: people, places, how long pictures are kept, where data come from, and the record of it
all."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from fieldwatch_cloud.api.geojson import Area
from fieldwatch_cloud.api.models.common import Answer, Body, Instant
from fieldwatch_cloud.api.models.people import Membership, Role
from fieldwatch_cloud.api.models.places import Degrees360, Name, Zone
from fieldwatch_cloud.timezones import known_zone
from fieldwatch_shared.messages import Slug

MAX_ZONES = 1000
Language = Literal["en", "zh"]
Email = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254)]
PersonName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Kind = Literal["people", "empty", "unused"]


class Person(Answer):
    id: UUID
    email: str
    name: str
    language: Language
    memberships: list[Membership] = Field(
        description="Of the reserves whose people you manage; an admin of all reserves sees every one."
    )
    disabled_at: Instant | None
    has_password: bool = Field(description="False: the person has not used the link yet.")
    link_expires_at: Instant | None = Field(description="Until when the newest link is good.")
    signed_in_at: Instant | None = Field(description="When the newest session that has not ended began.")
    tokens: int = Field(description="API tokens that work.")
    changeable: bool = Field(description="Whether you may change the account itself, beside its roles here.")


class NewPerson(Body):
    email: Email = Field(examples=["ranger@example.org"])
    name: PersonName
    language: Language = "en"
    reserve: Slug | None = Field(description="Where the roles hold; null: in every reserve.")
    roles: Annotated[list[Role], Field(min_length=1, max_length=5)]


class PasswordLink(Answer):
    """Shown this once; whoever opens it sets the account's password."""

    path: str = Field(description="Of this site.", examples=["/#welcome/h7…"])
    expires_at: Instant
    mailed: bool = Field(description="Whether it was sent to the account's address as well.")
    not_mailed: str | None = Field(description="Why not.")


class AddedPerson(Answer):
    person: Person
    link: PasswordLink | None = Field(
        description="Null: the address has an account already, whose password goes on; name and language are "
        "the account's own."
    )


class PersonChange(Body):
    """What is absent stays."""

    name: PersonName | None = None
    language: Language | None = None
    disabled: bool | None = Field(None, description="True: signed out at once, and cannot log in.")


class Roles(Body):
    reserve: Slug | None = Field(description="Where; null: in every reserve.")
    roles: Annotated[list[Role], Field(max_length=5)] = Field(
        description="All that the account shall have there; none: it is no member any more."
    )


class NewLink(Body):
    tokens_too: bool = Field(False, description="Revoke the account's API tokens as well.")


class LinkSecret(Body):
    secret: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")] = Field(
        description="The part of the link after `#welcome/`."
    )


class LinkOwner(Answer):
    """Whose password a link sets."""

    email: str
    name: str
    language: Language
    expires_at: Instant


class LinkUse(LinkSecret):
    password: SecretStr = Field(min_length=10, max_length=1024)


class OwnChange(Body):
    """What is absent stays."""

    name: PersonName | None = None
    language: Language | None = None


class OwnPassword(Body):
    old: SecretStr = Field(max_length=1024)
    new: SecretStr = Field(min_length=10, max_length=1024)


class ReserveChange(Body):
    """What is absent stays."""

    name: Name | None = None
    name_zh: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = Field(
        None, description="Empty: there is none."
    )
    timezone: Annotated[str, AfterValidator(known_zone)] | None = None
    boundary: Area | None = None


class NewZone(Body):
    name: Name
    name_zh: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    area: Area


class NewZones(Body):
    zones: Annotated[list[NewZone], Field(min_length=1, max_length=MAX_ZONES)]


class Overlap(Answer):
    """Two zones that lie on each other: a fire there calls the duty rangers of both."""

    zone: UUID
    with_id: UUID
    with_name: str
    with_name_zh: str | None
    km2: float


class SavedZones(Answer):
    zones: list[Zone]
    overlaps: list[Overlap]


class DeploymentChange(Body):
    """What is absent stays; null says that it is not known. For what was written down wrongly: a camera that
    was moved or turned is a new deployment."""

    location_name: Name | None = None
    heading_deg: Degrees360 | None = None
    tilt_deg: Annotated[float, Field(ge=-90, le=90)] | None = None
    field_of_view_deg: Annotated[float, Field(gt=0, le=360)] | None = None
    height_m: Annotated[float, Field(ge=-100, le=1000)] | None = None
    detection_distance_m: Annotated[float, Field(gt=0, le=100_000)] | None = None


class CorrectedDeployment(Answer):
    id: UUID
    location_name: str
    heading_deg: float | None
    tilt_deg: float | None
    field_of_view_deg: float | None
    height_m: float | None
    detection_distance_m: float | None


class NodePassword(Answer):
    id: Slug
    mqtt_password: str = Field(description="Shown this once; the old one ended.")


class RetentionRule(Body):
    kind: Kind = Field(
        description="`people`: somebody or a vehicle is on it, perhaps beside animals. `empty`: the models, "
        "or a person, found nothing on it. `unused`: no observation speaks of it. Others are kept."
    )
    keep_days: Annotated[int, Field(ge=1, le=36500)] = Field(description="Since it arrived.")
    labelled_too: bool = Field(False, description="Also what a person has labelled.")


class RetentionRules(Body):
    rules: Annotated[list[RetentionRule], Field(max_length=3)] = Field(
        description="One per kind at most. None of a kind: it is kept for ever."
    )


class SetRetentionRule(Answer):
    kind: Kind
    keep_days: int
    labelled_too: bool
    set_by: str
    set_at: Instant


class RemovedPictures(Answer):
    day: date = Field(description="By the reserve's clocks.")
    kind: Kind
    keep_days: int
    pictures: int
    bytes: int


class Retention(Answer):
    rules: list[SetRetentionRule]
    pictures: int = Field(description="Of the reserve's own cameras, kept now.")
    bytes: int
    since: Instant | None = Field(description="When the oldest of them arrived.")
    removed: list[RemovedPictures] = Field(description="What went, newest day first; 60 rows at most.")
    ran_at: Instant | None = Field(description="When the job that removes last ran to its end.")
    failure: str | None = Field(description="Why its newest run did not.")


class RetentionPreview(Answer):
    """What a rule would remove if the job ran now."""

    kind: Kind
    pictures: int
    bytes: int
    first: Instant | None = Field(description="When the oldest of them arrived.")
    last: Instant | None
    evidence: int = Field(description="Old enough, but kept: an incident rests on them.")
    labelled: int = Field(description="Old enough, but kept: a person has labelled them.")


class SourceNode(Answer):
    id: str
    name: str
    online: bool
    created_at: Instant
    heard_at: Instant | None
    silent: bool = Field(description="Not heard for 2.5 times as long as it promised, or never.")
    software: str | None
    outbox_records: int | None = Field(description="What waits on it to be sent.")
    outbox_bytes: int | None
    cameras: list[str] = Field(description="Names of its deployments that have not ended.")


class SourceHotspots(Answer):
    key_set: bool = Field(description="Whether the operator has set FIELDWATCH_FIRMS_MAP_KEY.")
    every_s: float
    fetched_at: Instant | None = Field(description="When the last complete fetch began.")
    failed_at: Instant | None
    failure: str | None = Field(description="Why the newest fetch failed, if it did.")
    newest_at: Instant | None = Field(description="When a satellite saw the newest hotspot of this reserve.")
    of_30_days: int
    located: bool = Field(description="Whether the reserve has a boundary or cameras to ask around.")


class SourceStation(Answer):
    name: str
    last_observed_at: Instant | None
    source: str | None
    rows: int


class SourceDataset(Answer):
    id: UUID
    name: str
    imported_at: Instant
    deployments: int
    media: int
    observations: int


class QuarantinedMessage(Answer):
    id: UUID
    received_at: Instant
    topic: str
    reason: str
    bytes: int


class SourceQuarantine(Answer):
    waiting: int
    newest_at: Instant | None
    newest: list[QuarantinedMessage] = Field(description="Newest first, 20 at most.")


class DataSources(Answer):
    nodes: list[SourceNode]
    hotspots: SourceHotspots
    weather: list[SourceStation]
    datasets: list[SourceDataset]
    quarantine: SourceQuarantine


class Refused(Answer):
    id: UUID
    reason: str


class ReplayedAll(Answer):
    accepted: int
    refused: list[Refused]
    left: int = Field(description="That still wait: at most 200 are tried at once.")


class AdminLogEntry(Answer):
    id: int
    at: Instant
    by: str | None = Field(description="Who; null: a job, or somebody by a link.")
    action: str = Field(examples=["zone.changed"])
    subject: str = Field(description="The id of what was changed.")
    name: str = Field(description="What it was called then.")
    before: dict[str, Any] | None = Field(description="Of what changed alone. Null: it was not there.")
    after: dict[str, Any] | None = Field(description="Null: it is gone.")


class AdminLog(Answer):
    items: list[AdminLogEntry]
    next_before: int | None = Field(description="`before` of the next page.")
