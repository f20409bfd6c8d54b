"""What an overview of a reserve reads beside counts: first records, species, pictures, calls that failed.

The list of species is told by the sums that a job keeps (`db.rollups`): minutes old. What is new in a span is
exact: where markers lie, it is derived.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("overview")
WEIGHED = 6_000
"""Pictures from which the best are chosen, about: of each camera the newest two to twelve."""


@dataclass(frozen=True, slots=True)
class Species:
    scientific_name: str
    observations: int
    labelled: int
    events: int
    deployments: int
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Pictured:
    media_id: UUID
    deployment_id: UUID
    observed_at: datetime
    """By the corrected clock."""
    scientific_name: str
    confidence: float | None
    labelled: bool


@dataclass(frozen=True, slots=True)
class Latest:
    media_id: UUID
    observed_at: datetime
    """By the corrected clock."""
    received_at: datetime
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Place:
    """What an overview needs of the reserve itself."""

    timezone: str
    boundary: bool
    zones: int
    shifts: int
    last_drill_at: datetime | None


@dataclass(frozen=True, slots=True)
class Unreached:
    account_id: UUID
    name: str
    since: datetime


def place(conn: Connection, reserve_id: UUID) -> Place:
    with conn.cursor(row_factory=class_row(Place)) as cursor:
        (found,) = cursor.execute(SQL["place"], {"reserve_id": reserve_id}).fetchall()
    return found


def species(conn: Connection, reserve_id: UUID) -> list[Species]:
    """Every animal with a name that was ever seen in the reserve, most events first."""
    with conn.cursor(row_factory=class_row(Species)) as cursor:
        return cursor.execute(SQL["species"], {"reserve_id": reserve_id}, prepare=False).fetchall()


def never_before(conn: Connection, reserve_id: UUID, names: Sequence[str], since: datetime) -> set[str]:
    """Those of `names` of which no event began before `since`; none where nobody looked before: what is first
    seen by the first cameras is no news of the animals."""
    parameters = {"reserve_id": reserve_id, "names": list(names), "since": since}
    (watched,) = conn.execute(SQL["watched_before"], parameters, prepare=False)
    if not watched[0]:
        return set()
    known = {name for (name,) in conn.execute(SQL["known_before"], parameters, prepare=False)}
    return set(names) - known


def first_pictures(
    conn: Connection, reserve_id: UUID, names: Sequence[str], since: datetime
) -> dict[str, tuple[datetime, UUID, UUID | None]]:
    """Of each of `names`: when and where it was first seen since then, and a picture of that."""
    parameters = {"reserve_id": reserve_id, "names": list(names), "since": since}
    return {
        name: (at, deployment, media)
        for name, at, deployment, media in conn.execute(SQL["first_pictures"], parameters, prepare=False)
    }


def pictures_of_species(conn: Connection, reserve_id: UUID, scientific_name: str) -> list[Pictured]:
    """The newest pictures of it at each camera, and all that people say it is in."""
    parameters = {"reserve_id": reserve_id, "taxon": scientific_name, "weighed": WEIGHED}
    with conn.cursor(row_factory=class_row(Pictured)) as cursor:
        return cursor.execute(SQL["pictures_of_species"], parameters, prepare=False).fetchall()


def pictures_of_span(conn: Connection, reserve_id: UUID, since: datetime, until: datetime) -> list[Pictured]:
    """Of each camera the newest pictures of animals in [since, until)."""
    parameters = {"reserve_id": reserve_id, "since": since, "until": until, "weighed": WEIGHED}
    with conn.cursor(row_factory=class_row(Pictured)) as cursor:
        return cursor.execute(SQL["pictures_of_span"], parameters, prepare=False).fetchall()


def stills(conn: Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Those of the pictures that are here, and are no clips."""
    return {id_ for (id_,) in conn.execute(SQL["stills"], {"ids": list(ids)})}


def latest_picture(conn: Connection, deployment_id: UUID, *, exact: bool) -> Latest | None:
    """The newest picture of a camera.

    Args:
        exact: False: among the newest, one that shows no sensitive species.
    """
    parameters = {"deployment_id": deployment_id, "exact": exact}
    with conn.cursor(row_factory=class_row(Latest)) as cursor:
        return cursor.execute(SQL["latest_picture"], parameters).fetchone()


def corrected_clocks(conn: Connection, reserve_id: UUID) -> set[UUID]:
    """Deployments whose clock somebody has corrected."""
    return {id_ for (id_,) in conn.execute(SQL["corrected_clocks"], {"reserve_id": reserve_id})}


def unreached(conn: Connection, reserve_id: UUID, since: datetime) -> list[Unreached]:
    """People whom no call of any fire (but exercises) since then reached, by none of their devices."""
    parameters = {"reserve_id": reserve_id, "since": since}
    with conn.cursor(row_factory=class_row(Unreached)) as cursor:
        return cursor.execute(SQL["unreached"], parameters).fetchall()
