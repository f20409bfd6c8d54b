"""Weather, and the fire danger that follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from datetime import date, datetime

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("weather")


def danger_now(
    conn: Connection, reserve: str, at: datetime, oldest: datetime, near: tuple[float, float] | None
) -> tuple[str, date, datetime, float, int, bool] | None:
    """The newest day, between `oldest` and `at`, of the station nearest to `near` (lon, lat): station, day,
    time of its weather, FWI, days missed before it, whether it began a season."""
    lon, lat = near or (None, None)
    found = conn.execute(
        SQL["danger_now"], {"reserve": reserve, "at": at, "oldest": oldest, "lon": lon, "lat": lat}
    ).fetchone()
    return (found[0], found[1], found[2], found[3], found[4], found[5]) if found else None
