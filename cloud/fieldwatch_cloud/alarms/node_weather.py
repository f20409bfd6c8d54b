"""Weather of nodes' own sensors: each whole hour becomes an observation of a weather station at the node's
place, and with it, in one transaction, the fire danger of its day.

A job, never part of taking readings in: working a week out that a data mule brought must hold up no node.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from fieldwatch_cloud.alarms import weather
from fieldwatch_cloud.db import readings
from fieldwatch_cloud.incidents.danger import Weather
from fieldwatch_cloud.incidents.weather import LIMITS, Observation

if TYPE_CHECKING:
    from datetime import datetime

    from fieldwatch_cloud.db.pool import Connection, Database

log = structlog.get_logger(__name__)

KMH_PER_MS = 3.6


def run(database: Database, now: datetime) -> int:
    """Work out what is due; returns how many hours were new or other than before."""
    stored = 0
    while True:
        with database.transaction() as conn:
            due = readings.take_due(conn, now, limit=1)  # a transaction each: none waits for another's days
            if not due:
                return stored
            stored += _of_node(conn, due[0], now)


def _of_node(conn: Connection, due: readings.Due, now: datetime) -> int:
    # A reading of the full hour belongs to the one that ends with it. What was rain then, too, is in the sums
    # of the day after; and hours after the newest reading there are none.
    found = readings.hours(conn, due.node, due.since - timedelta(hours=1), now)
    location = None if due.lon is None or due.lat is None else (due.lon, due.lat)
    observations = [_observation(due.node, hour, location) for hour in found]
    if not observations:
        return 0
    stored, _ = weather.record(conn, due.reserve_id, observations, f"node {due.node}")
    log.info("node_weather.worked_out", node=due.node, hours=len(found), stored=stored)
    return stored


def _observation(node: str, hour: readings.Hour, location: tuple[float, float] | None) -> Observation:
    most = LIMITS["wind_kmh"][1]
    return Observation(
        station=node,
        observed_at=hour.ends_at,
        weather=Weather(
            temperature_c=min(hour.temperature_c, LIMITS["temperature_c"][1]),
            humidity_percent=hour.humidity_percent,
            wind_kmh=min(hour.wind_speed_ms * KMH_PER_MS, most),
            rain_24h_mm=min(hour.rain_24h_mm, LIMITS["rain_24h_mm"][1]),
        ),
        location=location,
    )
