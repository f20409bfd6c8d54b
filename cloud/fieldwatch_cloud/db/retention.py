"""How long pictures are kept, and what went: the picture goes, its record and what was seen stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("retention")
Kind = Literal["people", "empty", "unused"]
"""As `picture_kind` in 0013 tells them apart; every other picture is kept."""
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Rule:
    kind: Kind
    keep_days: int
    """Since the picture arrived: a camera's clock may say anything."""
    labelled_too: bool
    """Whether also pictures go that a person has labelled."""


@dataclass(frozen=True, slots=True)
class SetRule(Rule):
    set_by: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """What there is of a reserve's own cameras."""

    pictures: int
    bytes: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule would remove now."""

    pictures: int
    bytes: int
    first: datetime | None
    last: datetime | None
    """Arrival of the oldest and the newest of them."""
    evidence: int
    """Old enough, but kept: an incident rests on them."""
    labelled: int
    """Old enough, but kept: a person has labelled them."""


@dataclass(frozen=True, slots=True)
class Removed:
    day: date
    """Of the reserve."""
    kind: Kind
    keep_days: int
    pictures: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Removal:
    kind: Kind
    keep_days: int
    removed_at: datetime


@dataclass(frozen=True, slots=True)
class File:
    media_id: UUID
    sha256: str
    shared: bool
    """Another picture that is kept has the same content."""


def rules(conn: Connection, reserve_id: UUID) -> list[SetRule]:
    return [SetRule(*row) for row in conn.execute(SQL["rules"], {"reserve_id": reserve_id})]


def all_rules(conn: Connection) -> list[tuple[UUID, Rule]]:
    """Of every reserve."""
    return [(reserve, Rule(*row)) for reserve, *row in conn.execute(SQL["all_rules"])]


def set_rules(conn: Connection, reserve_id: UUID, wanted: Collection[Rule], by: UUID) -> None:
    """Have these rules, and no others."""
    conn.execute(SQL["drop_rules"], {"reserve_id": reserve_id})
    for rule in wanted:
        values = {"kind": rule.kind, "keep_days": rule.keep_days, "labelled_too": rule.labelled_too}
        conn.execute(SQL["add_rule"], {**values, "reserve_id": reserve_id, "set_by": by})


def kept(conn: Connection, reserve_id: UUID) -> Kept:
    row = conn.execute(SQL["kept"], {"reserve_id": reserve_id}).fetchone()
    return Kept(*row) if row else Kept(0, 0, None)


def preview(conn: Connection, reserve_id: UUID, rule: Rule, until: datetime) -> Preview:
    """What `rule` would remove of all that arrived before `until`. Reads every picture of the reserve."""
    values = {"reserve_id": reserve_id, "kind": rule.kind, "labelled_too": rule.labelled_too, "until": until}
    row = conn.execute(SQL["preview"], values).fetchone()
    assert row is not None  # noqa: S101  An aggregate gives its row.
    return Preview(*row)


def deployments(conn: Connection, reserve_id: UUID) -> list[UUID]:
    """Those of the reserve's own nodes: what came with data sets of others is not ours to remove."""
    return [id_ for (id_,) in conn.execute(SQL["deployments"], {"reserve_id": reserve_id})]


def remove(
    conn: Connection, reserve_id: UUID, deployment: UUID, rule: Rule, until: datetime, *, limit: int
) -> tuple[int, int]:
    """Mark up to `limit` pictures of a deployment as removed; their files go next (`files`).

    Returns:
        how many were looked at to be removed (0: none is left), and how many were.
    """
    values = {
        "reserve_id": reserve_id,
        "deployment": deployment,
        "kind": rule.kind,
        "keep_days": rule.keep_days,
        "labelled_too": rule.labelled_too,
        "until": until,
        "limit": limit,
    }
    ids = [id_ for (id_,) in conn.execute(SQL["pick"], values)]
    if not ids:
        return 0, 0
    return len(ids), conn.execute(SQL["remove"], {**values, "ids": ids}).rowcount


def files(conn: Connection, limit: int) -> list[File]:
    """Whose pictures were removed, and whose files may still be there. What became evidence meanwhile is not
    removed after all."""
    conn.execute(SQL["spare"])
    return [File(*row) for row in conn.execute(SQL["files"], {"limit": limit})]


def files_gone(conn: Connection, ids: Collection[UUID]) -> None:
    conn.execute(SQL["files_gone"], {"ids": list(ids)})


def came_again(conn: Connection, media_id: UUID) -> None:
    """Its node has sent a picture once more, and so its file is here: where it was removed, it goes again."""
    conn.execute(SQL["came_again"], {"id": media_id})


def removed(conn: Connection, reserve_id: UUID, timezone: str, *, limit: int = 60) -> list[Removed]:
    """By day and rule, newest first."""
    values = {"reserve_id": reserve_id, "timezone": timezone, "limit": limit}
    return [Removed(*row) for row in conn.execute(SQL["removed"], values)]


def removal(conn: Connection, media_id: UUID) -> Removal | None:
    """By which rule a picture went, if it did."""
    row = conn.execute(SQL["removal"], {"id": media_id}).fetchone()
    return Removal(*row) if row else None
