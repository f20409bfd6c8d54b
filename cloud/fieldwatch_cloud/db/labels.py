"""People's labels, and which pictures are worth labelling."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from psycopg.errors import QueryCanceled
from psycopg.rows import class_row, dict_row

from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import LabelConflictError, NotFoundError, QueryTimeoutError
from fieldwatch_cloud.labels.domain import Kind, Label, Medium, Proposal, Reason, Revision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.labels.domain import Origin

SQL = statements("labels")
_NEWEST = b"\n".join((SQL["within"], SQL["newest"]))
_PICTURED = b"\n".join((SQL["within"], SQL["pictured"]))
_PAGE = b"\n".join((_PICTURED, SQL["candidates"], SQL["page"]))
_PROGRESS = b"\n".join((_PICTURED, SQL["candidates"], SQL["progress"]))
_TAXA = b"\n".join((_PICTURED, SQL["taxa"]))
TIME_LIMIT = "60s"
"""What the pictures of one answer may take to weigh, as PostgreSQL writes it."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which pictures of a reserve; None leaves a side open. A span includes its start, not its end."""

    reserve_id: UUID
    since: datetime | None = None
    until: datetime | None = None
    deployment: UUID | None = None
    taxon: str | None = None
    """Proposed in it, or labelled in it now."""
    threshold: float = 0.5
    band: float = 0.15
    """A confidence nearer to `threshold` than this is low."""
    seed: int = 0
    share: float = 0.05
    """Of all pictures, in the random sample."""
    least: float | None = None
    most_sure: float | None = None
    """Something in it was proposed with a confidence between these, both included."""
    rarest: int | None = None
    """Of a taxon that the reserve has at most so many events of."""


@dataclass(frozen=True, slots=True)
class Candidate:
    media_id: UUID
    observed_at: datetime
    reasons: list[Reason]
    priority: int

    @property
    def place(self) -> tuple[int, datetime, UUID]:
        """In the order of `page`."""
        return self.priority, self.observed_at, self.media_id


@dataclass(frozen=True, slots=True)
class Tally:
    waiting: int = 0
    reviewed: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    media: int
    waiting: int
    reviewed: int
    by_reason: dict[Reason, Tally] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taxon:
    kind: Kind
    scientific_name: str | None
    labels: int
    observed: bool


def newest(conn: Connection, wanted: Filter, most: int, *, labelled: bool = False) -> datetime | None:
    """Since when there are about `most` pictures within the filter; None: there are no more than that.

    Weighing grows with the pictures that are weighed, and a reserve's pictures grow for ever: who turns pages
    looks at the newest so many, and asks for older ones with `until`.

    Raises:
        QueryTimeoutError: there are too many pictures even to count; says how to ask for fewer.
    """
    parameters = asdict(wanted) | {"most": most, "labelled": labelled}
    with _bounded(conn):
        rows = conn.execute(_NEWEST, parameters, prepare=False).fetchall()
    return rows[0][0] if len(rows) > 1 else None


def page(
    conn: Connection,
    wanted: Filter,
    *,
    limit: int,
    reasons: Sequence[Reason] | None = None,
    reviewed: bool | None = None,
    before: tuple[int, datetime, UUID] | None = None,
) -> list[Candidate]:
    """At most `limit` pictures that have a reason or a label, the most telling first, then the newest.

    Args:
        reasons: only pictures with one of these.
        reviewed: only pictures that somebody has labelled, or that nobody has.
        before: `place` of the last one of the page before.

    Raises:
        QueryTimeoutError: there are too many pictures to weigh; says how to ask for fewer.
    """
    parameters = asdict(wanted) | {
        "labelled": bool(reviewed),
        "reasons": None if reasons is None else list(reasons),
        "reviewed": reviewed,
        "before_priority": before[0] if before else None,
        "before_at": before[1] if before else None,
        "before_id": before[2] if before else None,
        "limit": limit,
    }
    with _bounded(conn), conn.cursor(row_factory=class_row(Candidate)) as cursor:
        # A plan for "any filter" would fit none of them.
        return cursor.execute(_PAGE, parameters, prepare=False).fetchall()


def candidate(conn: Connection, reserve_id: UUID, medium: Medium) -> Candidate:
    """Why that picture is worth a look, if for any reason, as `page` would say without options."""
    instant = Filter(
        reserve_id,
        since=medium.observed_at,
        until=medium.observed_at + timedelta(microseconds=1),
        deployment=medium.deployment_id,
    )
    found = (one for one in page(conn, instant, limit=1000) if one.media_id == medium.id)
    return next(found, Candidate(medium.id, medium.observed_at, [], 0))


def progress(conn: Connection, wanted: Filter) -> Progress:
    """Raises:
    QueryTimeoutError: there are too many pictures to weigh; says how to ask for fewer.
    """
    with _bounded(conn):
        rows = conn.execute(_PROGRESS, asdict(wanted) | {"labelled": False}, prepare=False).fetchall()
    total = next(row for row in rows if row[0] is None)
    by_reason = {reason: Tally(waiting, reviewed) for reason, waiting, reviewed, _ in rows if reason}
    return Progress(media=total[3], waiting=total[1], reviewed=total[2], by_reason=by_reason)


@contextmanager
def _bounded(conn: Connection) -> Iterator[None]:
    """For the rest of the transaction: not for ever, and said in words that fit these queries."""
    conn.execute(SQL["bounds"], {"time_limit": TIME_LIMIT})
    try:
        yield
    except QueryCanceled as error:
        raise QueryTimeoutError(
            f"there are more pictures within this filter than can be weighed in {TIME_LIMIT}: "
            "ask for a shorter span (from, to), for one deployment, or for one taxon"
        ) from error


def media(conn: Connection, ids: Sequence[UUID]) -> list[Medium]:
    """The pictures of `ids`, in that order, with what was said about them; without those that are unknown."""
    parameters = {"ids": list(ids)}
    proposals: dict[UUID, list[Proposal]] = defaultdict(list)
    labels: dict[tuple[UUID, int], list[Label]] = defaultdict(list)
    history: dict[UUID, list[Revision]] = defaultdict(list)
    with conn.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(SQL["proposals"], parameters):
            box = row.pop("box")
            proposals[row.pop("media_id")].append(Proposal(**row, box=tuple(box) if box else None))
        for row in cursor.execute(SQL["labels"], parameters):
            of = row.pop("media_id"), row.pop("revision")
            labels[of].append(Label(**row | {"box": tuple(row["box"])}))
        for row in cursor.execute(SQL["revisions"], parameters):
            id_ = row.pop("media_id")
            history[id_].append(Revision(**row, labels=tuple(labels[id_, row["revision"]])))
    with conn.cursor(row_factory=class_row(Medium)) as of_media:
        found = {medium.id: medium for medium in of_media.execute(SQL["media"], parameters)}
    return [
        replace(found[id_], proposals=tuple(proposals[id_]), history=tuple(history[id_]))
        for id_ in ids
        if id_ in found
    ]


def medium(conn: Connection, media_id: UUID) -> Medium:
    """Raises:
    NotFoundError: no such picture.
    """
    found = media(conn, [media_id])
    if not found:
        raise NotFoundError(f"no such picture: {media_id}")
    return found[0]


def lock(conn: Connection, ids: Sequence[UUID]) -> None:
    """Until the transaction ends, nobody else adds revisions to these pictures, where they exist."""
    conn.execute(SQL["lock"], {"ids": list(ids)})


def add(
    conn: Connection,
    media_id: UUID,
    labels: Sequence[Label],
    *,
    based_on: int,
    account_id: UUID,
    origin: Origin,
) -> int:
    """What a person says about a picture becomes its next revision, whose number this returns.

    Args:
        based_on: the revision that the person saw; 0: there was none.

    Raises:
        NotFoundError: no such picture.
        LabelConflictError: that is not the current revision.
    """
    place = conn.execute(SQL["lock"], {"ids": [media_id]}).fetchone()
    if place is None:
        raise NotFoundError(f"no such picture: {media_id}")
    row = conn.execute(SQL["revision"], {"media_id": media_id}).fetchone()
    current = row[0] if row else 0
    if based_on != current:
        raise LabelConflictError(
            f"these labels are based on revision {based_on}, and the picture is at {current}: "
            "look at what was said since, and base them on that"
        )
    common: dict[str, Any] = {"media_id": media_id, "revision": current + 1, "account_id": account_id}
    conn.execute(SQL["add_revision"], common | {"origin": origin})
    with conn.cursor() as cursor:
        cursor.executemany(
            SQL["add_label"],
            [
                common
                | {
                    "number": number,
                    "deployment_id": place[0],
                    "observed_at": place[1],
                    "observation_type": None if label.kind in ("smoke", "fire") else label.kind,
                    "fire_kind": label.kind if label.kind in ("smoke", "fire") else None,
                    "scientific_name": label.scientific_name,
                    "count": label.count,
                    # As exact as the column; what is nearer to 0 than it can hold would be an error.
                    "box": [round(side, 7) for side in label.box],
                }
                for number, label in enumerate(labels)
            ],
        )
    return current + 1


def taxa(conn: Connection, reserve_id: UUID) -> list[Taxon]:
    """What was labelled in a reserve, or pictured by a detector, the most often labelled first."""
    with conn.cursor(row_factory=class_row(Taxon)) as cursor:
        return cursor.execute(_TAXA, asdict(Filter(reserve_id)), prepare=False).fetchall()
