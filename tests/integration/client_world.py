"""A reserve with a month of records: enough for every method that the client's tests and the notebook use."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

from fieldwatch_shared.ids import uuid7

from .api_world import NOON, World

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database

PANDA, TAKIN = "Ailuropoda melanoleuca", "Budorcas taxicolor"
SINCE, UNTIL = "2026-05-04", "2026-05-25"
SITES = 12
GAP_DAYS = range(8, 11)
"""Nobody looks then."""


def month(database_url: str, db: Database, folder: Path) -> World:
    """Twelve more deployments with three weeks of effort and a gap; the same each time."""
    world = World(database_url, db, folder)
    dice = random.Random(20260504)
    effort, seen = [], []
    with db.transaction() as conn:
        sites = [
            world._deploy(conn, f"site {n:02}", 107.50 + 0.01 * (n % 4), 33.60 + 0.01 * (n // 4))
            for n in range(SITES)
        ]
    for number, site in enumerate(sites):
        for day in range(21):
            start = NOON + timedelta(days=day)
            if day in GAP_DAYS:
                continue
            effort.append((uuid7(start), site, start, start + timedelta(hours=20), 9))
            for name, here, often in ((PANDA, number < 7, 0.45), (TAKIN, number % 3 != 0, 0.3)):
                if here and dice.random() < often:
                    at = start + timedelta(hours=min(19.9, dice.gauss(8, 2) % 20))
                    seen.append(
                        (uuid7(at), site, at, at + timedelta(seconds=20), 0.9, dice.randint(1, 3), name)
                    )
    with db.transaction() as conn, conn.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO effort (id, deployment_id, started_at, ended_at, frames)"
            " VALUES (%s, %s, %s, %s, %s)",
            effort,
        )
        cursor.executemany(
            "INSERT INTO observation (id, deployment_id, observed_at, ended_at, confidence, count, frames,"
            " observation_type, clock_quality, scientific_name, model)"
            " VALUES (%s, %s, %s, %s, %s, %s, 3, 'animal', 'ntp', %s, 'wildlife@1')",
            seen,
        )
    return world
