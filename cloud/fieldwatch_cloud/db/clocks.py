"""Corrections of a camera's clock, for a whole deployment at once.

Rows stay as they came. The correction that holds is added to every time of its deployment where times are
counted, exported or shown as corrected (`seen` and `looked` in migration 0006); corrections are kept for
ever, with who gave them and who undid them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import AlreadyExistsError, NotFoundError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("clocks")


@dataclass(frozen=True, slots=True)
class Correction:
    id: UUID
    offset_s: float
    """True time minus the camera's, in seconds."""
    note: str | None
    at: datetime
    account: str
    """Who gave it, by name."""
    undone_at: datetime | None
    undone_by: str | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What a correction moves. Times are the camera's own."""

    observations: int
    first_at: datetime | None
    last_at: datetime | None


def corrections(conn: Connection, deployment_id: UUID) -> list[Correction]:
    """All that were ever given, newest first; at most one is not undone."""
    with conn.cursor(row_factory=class_row(Correction)) as cursor:
        return cursor.execute(SQL["corrections"], {"deployment_id": deployment_id}).fetchall()


def effect(conn: Connection, deployment_id: UUID, *, exact: bool) -> Effect:
    """
    Args:
        exact: whether sensitive species are told of: with them, the number says that there are some.
    """
    with conn.cursor(row_factory=class_row(Effect)) as cursor:
        parameters = {"deployment_id": deployment_id, "exact": exact}
        found = cursor.execute(SQL["effect"], parameters).fetchone()
    return found or Effect(0, None, None)


def taken_at(conn: Connection, deployment_id: UUID, media_id: UUID) -> datetime:
    """When the camera says that it took that picture.

    Raises:
        NotFoundError: the deployment has no such picture.
    """
    found = conn.execute(SQL["taken_at"], {"deployment_id": deployment_id, "media_id": media_id}).fetchone()
    if found is None:
        raise NotFoundError(f"this deployment has no picture {media_id}")
    at: datetime = found[0]
    return at


def correct(
    conn: Connection,
    correction_id: UUID,
    deployment_id: UUID,
    offset_s: float,
    *,
    account_id: UUID,
    note: str | None,
) -> None:
    """That correction holds from now on; one that held before is undone. The same once more changes nothing,
    so that it can be sent again when its answer was lost, also after somebody has undone it.

    Raises:
        AlreadyExistsError: the id belongs to another correction.
    """
    conn.execute(SQL["lock"], {"deployment_id": deployment_id})
    known = conn.execute(SQL["known"], {"id": correction_id}).fetchone()
    if known is not None:
        if known != (deployment_id, offset_s, note):
            raise AlreadyExistsError(f"{correction_id} is the id of another correction: take a new one")
        return
    undo(conn, deployment_id, account_id=account_id)
    parameters = {
        "id": correction_id,
        "deployment_id": deployment_id,
        "offset_s": offset_s,
        "account_id": account_id,
        "note": note,
    }
    conn.execute(SQL["add"], parameters)


def undo(conn: Connection, deployment_id: UUID, *, account_id: UUID) -> bool:
    """The deployment's clock counts as it was; False: nothing corrected it."""
    parameters = {"deployment_id": deployment_id, "account_id": account_id}
    return conn.execute(SQL["undo"], parameters).rowcount > 0
