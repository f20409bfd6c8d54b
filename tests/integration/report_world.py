"""A reserve worth a report: cameras that looked and did not, animals, pictures, fires that were answered."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw

from fieldwatch_cloud.db import geography, rollups
from fieldwatch_shared.ids import uuid7

from .fire_world import FireWorld

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

MONDAY = datetime(2026, 5, 3, 16, tzinfo=UTC)
"""Midnight in Asia/Shanghai: the week from 4 to 10 May 2026 begins."""
BOUNDARY = {
    "type": "Polygon",
    "coordinates": [
        [
            [107.45, 33.55],
            [107.62, 33.52],
            [107.74, 33.58],
            [107.77, 33.70],
            [107.66, 33.78],
            [107.52, 33.76],
            [107.44, 33.66],
            [107.45, 33.55],
        ]
    ],
}
NORTH = {
    "type": "Polygon",
    "coordinates": [
        [[107.46, 33.67], [107.74, 33.67], [107.74, 33.72], [107.66, 33.77], [107.53, 33.75], [107.46, 33.67]]
    ],
}
SPECIES = (
    ("Budorcas taxicolor", 0.5, 7.0),
    ("Elaphodus cephalophus", 0.35, 5.5),
    ("Sus scrofa", 0.25, 21.0),
    ("Chrysolophus pictus", 0.2, 10.0),
    ("Ursus thibetanus", 0.06, 19.0),
)
"""Events a day at a camera where it lives, and its hour."""
PANDA, LEOPARD = "Ailuropoda melanoleuca", "Panthera pardus"


class ReportWorld(FireWorld):
    cameras: dict[str, UUID]

    def fill(
        self,
        seed: int = 7,
        *,
        animals: Sequence[tuple[str, float, float]] = SPECIES,
        rising: str = "Sus scrofa",
        rare: str = PANDA,
    ) -> None:
        """Twelve cameras: ten looked all week, one half of it, one not at all. Nine weeks of animals."""
        generator = np.random.default_rng(seed)
        self.run(
            "UPDATE reserve SET boundary = ST_Multi(ST_GeomFromGeoJSON(%s)) WHERE id = %s",
            json.dumps(BOUNDARY),
            self.foping,
        )
        # The three that every world has stood there before.
        self.run(
            "UPDATE deployment SET started_at = %s, ended_at = %s WHERE reserve_id = %s",
            MONDAY - timedelta(weeks=12),
            MONDAY - timedelta(weeks=11),
            self.foping,
        )
        self.cameras = {}
        with self.db.transaction() as conn:
            geography.add_zone(
                conn, reserve=self.foping, name="North valley", name_zh="北沟", area=json.dumps(NORTH)
            )
            for n in range(12):
                name = f"FP-{n + 1:02}"
                self.cameras[name] = geography.add_deployment(
                    conn,
                    reserve=self.foping,
                    node_id="n1",
                    location_name=name,
                    lon=107.50 + 0.065 * (n % 4) + 0.012 * (n // 4),
                    lat=33.585 + 0.055 * (n // 4) + 0.008 * (n % 3),
                    heading_deg=30.0 * n,
                    field_of_view_deg=42,
                    started_at=MONDAY - timedelta(weeks=10),
                )
        observations: list[tuple[Any, ...]] = []
        effort: list[tuple[Any, ...]] = []
        for number, (name, id_) in enumerate(self.cameras.items()):
            for day in range(-56, 7):
                at = MONDAY + timedelta(days=day)
                blind = {"FP-12": 0, "FP-11": 3}.get(name, 7)
                if day >= blind or -35 <= day < -28:
                    continue
                effort.append((uuid7(), id_, at, at + timedelta(days=1), 100))
                for species, often, hour in animals:
                    here = (number * 7 + len(species)) % 5 / 2
                    more = 2.4 if species == rising and day >= 0 else 1.0
                    for _ in range(generator.poisson(often * here * more)):
                        when = at + timedelta(hours=float(hour + 2 * generator.standard_normal()) % 24)
                        observations.append(self._seen(id_, when, species, int(generator.integers(1, 4))))
        first = MONDAY + timedelta(days=2, hours=5.2)
        observations.append(self._seen(self.cameras["FP-03"], first, LEOPARD, 1))
        observations += [
            self._seen(self.cameras[f"FP-{n:02}"], MONDAY + timedelta(days=n, hours=14), rare, 1)
            for n in range(1, 6)
        ]
        with self.db.transaction() as conn, conn.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO observation (id, deployment_id, observed_at, ended_at, confidence, count,"
                " frames, observation_type, clock_quality, scientific_name, model)"
                " VALUES (%s, %s, %s, %s, %s, %s, 3, 'animal', 'ntp', %s, 'wildlife@2026.11.21')",
                observations,
            )
            cursor.executemany(
                "INSERT INTO effort (id, deployment_id, started_at, ended_at,"
                " frames) VALUES (%s, %s, %s, %s, %s)",
                effort,
            )
        rollups.roll_up(self.db)

    def _seen(self, deployment: UUID, at: datetime, name: str, count: int) -> tuple[Any, ...]:
        return (uuid7(at), deployment, at, at + timedelta(seconds=20), 0.9, count, name)

    def pictured(
        self, camera: str, at: datetime, name: str, jpeg: bytes | None = None, confidence: float = 0.9
    ) -> UUID:
        """One more observation, with a picture of it."""
        media, content = uuid7(at), jpeg or scene(name)
        sha256 = hashlib.sha256(content).hexdigest()
        self.store.put(sha256, content)
        size = Image.open(io.BytesIO(content)).size
        self.run(
            "INSERT INTO media (id, deployment_id, observed_at, mime, sha256, bytes, width,"
            " height, clock_quality)"
            " VALUES (%s, %s, %s, 'image/jpeg', %s, %s, %s, %s, 'ntp')",
            media,
            self.cameras[camera],
            at,
            sha256,
            len(content),
            *size,
        )
        self.run(
            "INSERT INTO observation (id, deployment_id, observed_at, ended_at, media_id,"
            " confidence, count, frames,"
            " observation_type, clock_quality, scientific_name, model)"
            " VALUES (%s, %s, %s, %s, %s, %s, 1, 3, 'animal', 'ntp', %s, 'wildlife@2026.11.21')",
            uuid7(at),
            self.cameras[camera],
            at,
            at + timedelta(seconds=9),
            media,
            confidence,
            name,
        )
        return media

    def burnt(self, at: datetime, *, camera: str, answered_min: float | None, state: str = "closed") -> UUID:
        """A fire that a camera saw, that called somebody, and what became of it."""
        incident = uuid7(at)
        self.run(
            "INSERT INTO incident (id, reserve_id, kind, first_seen_at, last_seen_at,"
            " opened_at, state, location,"
            " location_method, zone_id)"
            " SELECT %s, %s, 'smoke', %s, %s, %s, %s, ST_Translate(d.location, 0.02, 0.012), 'terrain',"
            " (SELECT id FROM zone WHERE ST_Intersects(area, ST_Translate(d.location, 0.02, 0.012)) LIMIT 1)"
            " FROM deployment d WHERE d.id = %s",
            incident,
            self.foping,
            at,
            at + timedelta(minutes=9),
            at + timedelta(seconds=4),
            state,
            self.cameras[camera],
        )
        self.run(
            "INSERT INTO suspicion (id, deployment_id, incident_id, observed_at,"
            " first_seen_at, received_at, kind,"
            " confidence, box, bearing_deg, bearing_sd_deg, clock_quality, model)"
            " VALUES (%s, %s, %s, %s, %s, %s, 'smoke', 0.7, '{0.4,0.5,0.1,0.1}', 60, 2, 'ntp', 'fire@1')",
            uuid7(at),
            self.cameras[camera],
            incident,
            at,
            at,
            at + timedelta(seconds=4),
        )
        if answered_min is not None:
            done = at + timedelta(minutes=answered_min)
            self.run(
                "INSERT INTO incident_log (incident_id, at, account_id, action, done_at)"
                " SELECT %s, %s, id, 'acknowledge', %s FROM account WHERE email = 'ranger@example.org'",
                incident,
                done,
                done,
            )
        return incident


def scene(name: str) -> bytes:
    """A picture with something in it."""
    generator = np.random.default_rng(len(name))
    image = Image.new("RGB", (960, 600), tuple(int(x) for x in generator.integers(90, 150, 3)))
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        x, h = int(generator.integers(0, 960)), int(generator.integers(120, 480))
        draw.polygon(
            [(x - 40, 600), (x, 600 - h), (x + 40, 600)],
            fill=tuple(int(c) for c in generator.integers(40, 110, 3)),
        )
    draw.ellipse((380, 330, 600, 470), fill=(190, 170, 140))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()
