"""A simulated reserve whose truth is known: 42 cameras, 90 days, deer of known occupancy and activity."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from fieldwatch_cloud.db import geography
from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from uuid import UUID

    from .api_world import World

START = datetime(2026, 3, 1, tzinfo=UTC) - timedelta(hours=8)
"""Midnight of Asia/Shanghai."""
DAYS = 90
SIDE = 6
DEER, ZEBRA, HARE = "Cervidae", "Equus", "Lepus capensis"
"""Two that the shipped detector knows, and one that it does not."""
OCCUPANCY, DETECTED_A_DAY = 0.6, 0.25
PEAK_H = 6.0
AREA = {
    "type": "Polygon",
    "coordinates": [[[106.4, 33.4], [106.9, 33.4], [106.9, 33.9], [106.4, 33.9], [106.4, 33.4]]],
}
EMPTY = {
    "type": "Polygon",
    "coordinates": [[[108.4, 33.4], [108.5, 33.4], [108.5, 33.5], [108.4, 33.5], [108.4, 33.4]]],
}


@dataclass
class Reserve:
    """Deployments on a grid of 7 × 6, some 2 km apart; the deer's truth."""

    world: World
    ids: list[UUID] = field(default_factory=list)
    occupied: list[bool] = field(default_factory=list)
    visits: int = 0
    """Of deer, with one to three of them each."""

    def ask(self, client: Any, method: str, **fields: Any) -> Any:
        body = {
            "method": method,
            "area": AREA,
            "from": START.isoformat(),
            "to": (START + timedelta(days=DAYS)).isoformat(),
        }
        return client.post("/api/v1/reserves/foping/estimates", json=body | fields)


def simulate(world: World, seed: int = 5) -> Reserve:
    """Write it through the tables that ingest writes to."""
    generator = np.random.default_rng(seed)
    made = Reserve(world)
    observations: list[tuple[Any, ...]] = []
    efforts: list[tuple[Any, ...]] = []

    def seen(deployment: UUID, at: datetime, name: str, count: int, lasts_s: float = 20) -> None:
        observations.append(
            (uuid7(at), deployment, at, at + timedelta(seconds=lasts_s), 0.9, count, 3, "animal", "ntp", name)
        )

    with world.db.transaction() as conn:
        for row in range(7):
            for column in range(SIDE):
                made.ids.append(
                    geography.add_deployment(
                        conn,
                        reserve=world.foping,
                        node_id="n1",
                        location_name=f"c{row}{column}",
                        lon=106.5 + 0.022 * column,
                        lat=33.5 + 0.018 * row,
                        heading_deg=90,
                        field_of_view_deg=42,
                        detection_distance_m=12,
                        started_at=START - timedelta(days=1),
                    )
                )
        for deployment in made.ids:
            there = bool(generator.random() < OCCUPANCY)
            made.occupied.append(there)
            # Every camera but the last looked all the time, told by the day.
            days = 20 if deployment == made.ids[-1] else DAYS
            efforts.extend(
                (uuid7(), deployment, START + timedelta(days=n), START + timedelta(days=n + 1), 9)
                for n in range(days)
            )
            for day in range(days):
                midnight = START + timedelta(days=day)
                if there and generator.random() < DETECTED_A_DAY:
                    # Around six in the morning by local time, von Mises with concentration 2.
                    hour = (PEAK_H + generator.vonmises(0, 2) * 12 / math.pi) % 24
                    count = int(generator.integers(1, 4))
                    seen(deployment, midnight + timedelta(hours=hour), DEER, count)
                    made.visits += 1
                if generator.random() < 0.1:
                    hour = (20 + generator.vonmises(0, 2) * 12 / math.pi) % 24
                    seen(deployment, midnight + timedelta(hours=hour), ZEBRA, 1)
                if generator.random() < 0.02:
                    seen(deployment, midnight + timedelta(hours=generator.uniform(0, 24)), HARE, 1)
        with conn.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO observation (id, deployment_id, observed_at, ended_at, confidence, count,"
                " frames, observation_type, clock_quality, scientific_name, model)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'wildlife@2026.11.21')",
                observations,
            )
            cursor.executemany(
                "INSERT INTO effort (id, deployment_id, started_at, ended_at, frames)"
                " VALUES (%s, %s, %s, %s, %s)",
                efforts,
            )
    return made
