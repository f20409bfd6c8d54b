"""A person's report into the database, and to the fire that it belongs to."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from fieldwatch_cloud.alarms import evidence
from fieldwatch_cloud.db import reports
from fieldwatch_cloud.db.hotspots import NEAR_M
from fieldwatch_cloud.db.live import News
from fieldwatch_cloud.errors import AlreadyExistsError, RowRefusedError

if TYPE_CHECKING:
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.incidents.domain import Report


def submit(conn: Connection, reserve: str, report: Report) -> tuple[UUID, bool]:
    """Keep what a person saw; sent again, it is kept once. People are called as for a camera's suspicion.

    Returns:
        its incident, and whether the report is new.

    Raises:
        RowRefusedError: it lies so far from the reserve that longitude and latitude must be mistaken.
        AlreadyExistsError: another report has this id.
    """
    for lon, lat in ((report.lon, report.lat), (report.standpoint_lon, report.standpoint_lat)):
        if lon is not None and lat is not None:
            _check_near(conn, reserve, lon, lat)
    evidence.lock_reserves(conn, {reserve})
    is_new = reports.insert(conn, reserve, asdict(report))
    if not is_new:
        known = reports.known(conn, report.id)
        if known is None or (known.reserve, known.account_id) != (reserve, report.account_id):
            raise AlreadyExistsError(f"another report has the id {report.id}")
        if known.incident_id is not None:
            return known.incident_id, False
    news = News()
    incident_id = evidence.record_report(conn, reserve, report, news)
    news.announce(conn)
    return incident_id, is_new


def _check_near(conn: Connection, reserve: str, lon: float, lat: float) -> None:
    metres = reports.distance_m(conn, reserve, lon, lat)
    if metres is not None and metres > NEAR_M:
        raise RowRefusedError(
            f"longitude {lon:g}, latitude {lat:g} lies {metres / 1000:,.0f} km from the reserve: is it right?"
        )
