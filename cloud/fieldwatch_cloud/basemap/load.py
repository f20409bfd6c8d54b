"""Keeping what was read: features of a kind in place of those that were there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely  # type: ignore[import-untyped]

from fieldwatch_cloud.basemap.contours import contours
from fieldwatch_cloud.db import basemap, geography, terrain
from fieldwatch_cloud.errors import DataFileError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from fieldwatch_cloud.basemap.contours import Heights
    from fieldwatch_cloud.basemap.land import Feature, Kind
    from fieldwatch_cloud.db.pool import Connection, Database

_LONGEST = 200


def keep(
    conn: Connection, reserve_id: UUID, kind: Kind, features: Sequence[Feature], *, name: str, source: str
) -> int:
    """Returns how many there are now; the file of tiles is due to be built.

    Args:
        name: as people call the layer.
        source: the file, or how it was derived.
    """
    geometries = shapely.set_srid([one.geometry for one in features], 4326)
    wkb = shapely.to_wkb(geometries, hex=True, include_srid=True)
    rows = (
        (geometry, _short(one.name), _short(one.name_zh), _short(one.klass), one.ele)
        for geometry, one in zip(wkb, features, strict=True)
    )
    return basemap.replace(conn, reserve_id, kind, name=name[:_LONGEST], source=source[:_LONGEST], rows=rows)


def draw_contours(
    database: Database, slug: str, read: Callable[[bytes], Heights], interval_m: float | None = None
) -> int:
    """Contours of the elevation model that is loaded for a reserve, in place of those that were there.

    Args:
        read: what reads the model (`incidents.terrain.read`).
        interval_m: between lines; absent: one that suits the hills.

    Returns:
        how many lines.

    Raises:
        NotFoundError: no model is loaded; says how to load one.
        DataFileError: it gives no line, or too many.
    """
    with database.transaction() as conn:
        content, model = terrain.content(conn, slug), terrain.loaded(conn, slug)
    if content is None or model is None:
        raise NotFoundError(
            f"no elevation model is loaded for {slug}: fieldwatch cloud terrain load FILE --reserve {slug}"
        )
    lines = contours(read(content), interval_m)
    if not lines:
        raise DataFileError("the ground has no line long enough to be drawn")
    with database.transaction() as conn:
        reserve_id = geography.reserve_id(conn, slug)
        return keep(conn, reserve_id, "contour", lines, name="contours", source=f"drawn from {model.file}")


def _short(text: str | None) -> str | None:
    return None if text is None else text[:_LONGEST]
