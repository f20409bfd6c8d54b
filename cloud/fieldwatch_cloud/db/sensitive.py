"""Which species of a reserve are sensitive, and which pictures show one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_cloud.db.pool import translated
from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.sensitive import Sensitive

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("sensitive")


def species(conn: Connection, reserve_id: UUID) -> Sensitive:
    return Sensitive(dict(conn.execute(SQL["species"], {"reserve_id": reserve_id}).fetchall()))


def replace(conn: Connection, reserve_id: UUID, blur_m: Mapping[str, int]) -> None:
    """These are the sensitive species of the reserve from now on: scientific name to metres.

    Raises:
        RowRefusedError: a blur is less than 100 m or more than 100 km.
    """
    with translated(), conn.cursor() as cursor:
        cursor.execute(SQL["clear"], {"reserve_id": reserve_id})
        cursor.executemany(
            SQL["add"],
            [
                {"reserve_id": reserve_id, "scientific_name": name, "blur_m": blur}
                for name, blur in blur_m.items()
            ],
        )


def places(conn: Connection, reserve_id: UUID) -> list[tuple[float, float]]:
    """(lon, lat) of all places at which a camera of the reserve stands or stood."""
    return conn.execute(SQL["places"], {"reserve_id": reserve_id}).fetchall()


def shown(conn: Connection, reserve_id: UUID, pictures: Collection[UUID]) -> set[UUID]:
    """Those of the pictures that show a sensitive species."""
    if not pictures:
        return set()
    rows = conn.execute(SQL["shows"], {"reserve_id": reserve_id, "ids": list(pictures)})
    return {id_ for (id_,) in rows}
