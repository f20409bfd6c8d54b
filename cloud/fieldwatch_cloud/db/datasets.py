"""Data sets of others: their records among ours, and every row as it came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from fieldwatch_cloud.db.pool import translated
from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotAllowedNowError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("datasets")
PAGE = 5000
_ROW = ("uuid", "text", "int4", "uuid", "text[]")
_MEDIUM = ("uuid", "uuid", "uuid", "timestamptz", "text", "text", "bool")


@dataclass(frozen=True, slots=True)
class Dataset:
    id: UUID
    name: str
    licence: str | None
    citation: str | None
    effort_from_dates: bool
    """Nobody said when its cameras really looked: from their putting up to their taking down is taken."""
    imported_at: datetime
    account: str | None
    """Name of who imported it."""
    deployments: int
    media: int
    observations: int
    """Rows, of which those that are told twice count once; see `camtrap.projection`."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a data set is written out from."""

    id: UUID
    slug: str
    """Of the reserve."""
    reserve_id: UUID
    name: str
    descriptor: str
    """datapackage.json as it came."""
    tables: dict[str, list[str]]
    """Columns by table."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A medium of a data set."""

    path: str
    public: bool
    slug: str
    dataset: str


def lock(conn: Connection, id_: UUID) -> tuple[str, datetime] | None:
    """(digest, imported at) of a data set that is here already. Until the transaction ends nobody adds it."""
    conn.execute(SQL["lock"], {"id": id_})
    return conn.execute(SQL["known"], {"id": id_}).fetchone()


def add(conn: Connection, **columns: Any) -> None:
    with translated():
        conn.execute(SQL["add"], columns)


def add_file(conn: Connection, dataset: UUID, path: str, content: bytes) -> None:
    conn.execute(SQL["add_file"], {"dataset_id": dataset, "path": path, "content": content})


def add_deployments(conn: Connection, rows: Iterable[dict[str, Any]]) -> None:
    """Raises:
    RowRefusedError: a number is out of its range.
    """
    with translated(), conn.cursor() as cursor:
        cursor.executemany(SQL["add_deployment"], rows)


def add_effort(conn: Connection, rows: Iterable[dict[str, Any]]) -> None:
    with translated(), conn.cursor() as cursor:
        cursor.executemany(SQL["add_effort"], rows)


def copy_rows(conn: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    """(dataset, table, number, record, cells) of each."""
    _copy(conn, "copy_rows", rows, _ROW)


def copy_media(conn: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    """(id, dataset, deployment, observed at, mime, path, public) of each."""
    _copy(conn, "copy_media", rows, _MEDIUM)


def copy_pictures(conn: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    """(id, deployment, observed at, mime, sha256, bytes, width, height, clock quality) of each."""
    _copy(conn, "copy_pictures", rows)


def copy_observations(conn: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    """(id, deployment, observed at, ended at, picture, confidence, count, frames, type, clock quality, name,
    model, box) of each."""
    _copy(conn, "copy_observations", rows)


def _copy(
    conn: Connection, statement: str, rows: Iterable[tuple[Any, ...]], types: Sequence[str] | None = None
) -> None:
    with translated(), conn.cursor() as cursor, cursor.copy(SQL[statement]) as copy:
        if types is not None:
            copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def of_reserve(conn: Connection, reserve_id: UUID) -> list[Dataset]:
    with conn.cursor(row_factory=class_row(Dataset)) as cursor:
        return cursor.execute(SQL["of_reserve"], {"reserve_id": reserve_id}).fetchall()


def one(conn: Connection, id_: UUID) -> Stored:
    """Raises:
    NotFoundError: no such data set.
    """
    row = conn.execute(SQL["one"], {"id": id_}).fetchone()
    if row is None:
        raise NotFoundError(f"no such data set: {id_}")
    return Stored(*row)


def rows(conn: Connection, id_: UUID, table: str) -> Iterator[list[str]]:
    """The cells of each row of a table, as they came and in their order."""
    after = 0
    while True:
        parameters = {"id": id_, "resource": table, "after": after, "limit": PAGE}
        found = conn.execute(SQL["rows"], parameters).fetchall()
        for (cells,) in found:
            yield cells
        if len(found) < PAGE:
            return
        after += PAGE


def files(conn: Connection, id_: UUID) -> list[tuple[str, bytes]]:
    """(path, content) of what is no table of the standard."""
    return conn.execute(SQL["files"], {"id": id_}).fetchall()


def pictures(conn: Connection, id_: UUID) -> list[tuple[str, str]]:
    """(path, SHA-256) of the pictures that came along."""
    return conn.execute(SQL["pictures"], {"id": id_}).fetchall()


def elsewhere(conn: Connection, media_id: UUID) -> Elsewhere | None:
    """Where a medium of a data set lies."""
    row = conn.execute(SQL["elsewhere"], {"id": media_id}).fetchone()
    return Elsewhere(*row) if row else None


def shows_sensitive(conn: Connection, id_: UUID) -> bool:
    """Whether a sensitive species of its reserve is among its records."""
    row = conn.execute(SQL["shows_sensitive"], {"id": id_}).fetchone()
    return bool(row and row[0])


def remove(conn: Connection, id_: UUID) -> None:
    """Take a data set out with all that came with it.

    Raises:
        NotAllowedNowError: somebody has labelled its pictures, or corrected its clocks, since.
    """
    lock(conn, id_)
    row = conn.execute(SQL["worked_on"], {"id": id_}).fetchone()
    if row and row[0]:
        raise NotAllowedNowError("people have labelled its pictures or corrected its clocks since: it stays")
    for statement in (
        "remove_observations",
        "remove_pictures",
        "remove_effort",
        "remove_effort_days",
        "remove_deployments",
        "remove",
    ):
        conn.execute(SQL[statement], {"id": id_})
