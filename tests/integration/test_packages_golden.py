# ruff: noqa: E501  SQL as a person lays it out.
"""Camtrap DP and Darwin Core of a small reserve, file by file as they were looked at by a person.

After a change that is meant, FIELDWATCH_WRITE_GOLDEN=1 pytest tests/integration/test_packages_golden.py
writes the golden files anew; look at the difference.
"""

from __future__ import annotations

import io
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from fieldwatch_cloud.db import sensitive
from fieldwatch_cloud.exports import camtrap_dp, darwin_core
from fieldwatch_cloud.exports.citation import cite
from fieldwatch_cloud.exports.order import Order

if TYPE_CHECKING:
    from fieldwatch_cloud.db.pool import Database

GOLDEN = Path(__file__).parents[1] / "golden" / "exports"
RESERVE = UUID(int=1)
FIELD = """
INSERT INTO reserve (id, slug, name) VALUES ('00000000-0000-0000-0000-000000000001', 'foping', 'Foping');
INSERT INTO account (id, email, name, password_hash)
VALUES ('00000000-0000-0000-0000-0000000000a1', 'li@example.org', 'Li Na', 'x');
INSERT INTO node (id, reserve_id, name, mqtt_password_hash)
VALUES ('ridge-01', '00000000-0000-0000-0000-000000000001', 'Ridge', '$7$x');
INSERT INTO deployment (id, reserve_id, node_id, location_name, location, heading_deg, height_m, started_at, ended_at)
VALUES ('00000000-0000-0000-0000-0000000000d1', '00000000-0000-0000-0000-000000000001', 'ridge-01', 'Ridge, east',
        ST_Point(107.55, 33.62, 4326), 359.7, 2.5, '2026-04-01T00:00Z', NULL),
       ('00000000-0000-0000-0000-0000000000d2', '00000000-0000-0000-0000-000000000001', 'ridge-01', 'Salt lick',
        ST_Point(107.56, 33.63, 4326), NULL, NULL, '2026-04-01T00:00Z', '2026-05-05T06:00Z'),
       ('00000000-0000-0000-0000-0000000000d3', '00000000-0000-0000-0000-000000000001', 'ridge-01', 'River',
        ST_Point(107.80, 33.80, 4326), NULL, NULL, '2026-04-01T00:00Z', NULL);
INSERT INTO effort (id, deployment_id, started_at, ended_at, frames)
VALUES ('00000000-0000-0000-0000-0000000000e1', '00000000-0000-0000-0000-0000000000d1', '2026-05-04T12:00Z',
        '2026-05-05T12:00Z', 9),
       ('00000000-0000-0000-0000-0000000000e2', '00000000-0000-0000-0000-0000000000d2', '2026-05-04T12:00Z',
        '2026-05-04T18:00Z', 9);
INSERT INTO media (id, deployment_id, observed_at, mime, sha256, bytes, width, height, clock_quality)
VALUES ('00000000-0000-0000-0000-0000000000f1', '00000000-0000-0000-0000-0000000000d1', '2026-05-04T13:00:02Z',
        'image/jpeg', 'a', 9, 64, 48, 'ntp'),
       ('00000000-0000-0000-0000-0000000000f2', '00000000-0000-0000-0000-0000000000d2', '2026-05-04T14:00:00Z',
        'image/jpeg', 'b', 9, 64, 48, 'ntp');
INSERT INTO observation (id, deployment_id, observed_at, ended_at, media_id, confidence, count, frames,
                         observation_type, clock_quality, scientific_name, model, box)
VALUES ('00000000-0000-0000-0000-000000000b01', '00000000-0000-0000-0000-0000000000d1', '2026-05-04T13:00:00Z',
        '2026-05-04T13:00:09Z', '00000000-0000-0000-0000-0000000000f1', 0.83, 2, 9, 'animal', 'ntp',
        'Ailuropoda melanoleuca', 'wildlife@3', '{0.1,0.2,0.3,0.4}'),
       ('00000000-0000-0000-0000-000000000b02', '00000000-0000-0000-0000-0000000000d2', '2026-05-04T14:00:00Z',
        '2026-05-04T14:00:03Z', '00000000-0000-0000-0000-0000000000f2', 0.4, 1, 3, 'animal', 'ntp',
        'Sus scrofa', 'wildlife@3', NULL),
       ('00000000-0000-0000-0000-000000000b03', '00000000-0000-0000-0000-0000000000d2', '2026-05-04T15:00:00Z',
        '2026-05-04T15:00:00Z', NULL, 0.9, 1, 1, 'human', 'ntp', NULL, 'wildlife@3', NULL),
       ('00000000-0000-0000-0000-000000000b04', '00000000-0000-0000-0000-0000000000d1', '2026-05-04T16:00:00Z',
        '2026-05-04T16:00:00Z', NULL, 0.77, 1, 1, 'animal', 'ntp', NULL, 'wildlife@3', NULL);
INSERT INTO label_revision (media_id, revision, account_id, at, origin)
VALUES ('00000000-0000-0000-0000-0000000000f2', 1, '00000000-0000-0000-0000-0000000000a1', '2026-05-05T08:00Z', 'web');
INSERT INTO label (media_id, revision, number, deployment_id, observed_at, observation_type, scientific_name, count,
                   box, account_id)
VALUES ('00000000-0000-0000-0000-0000000000f2', 1, 0, '00000000-0000-0000-0000-0000000000d2', '2026-05-04T14:00Z',
        'animal', 'Capricornis milneedwardsii', 1, '{0.25,0.25,0.5,0.5}', '00000000-0000-0000-0000-0000000000a1');
INSERT INTO clock_correction (id, deployment_id, offset_s, account_id)
VALUES ('00000000-0000-0000-0000-0000000000c1', '00000000-0000-0000-0000-0000000000d2', -60,
        '00000000-0000-0000-0000-0000000000a1');
"""


@pytest.mark.parametrize("exact", [True, False], ids=["exact", "blurred"])
@pytest.mark.parametrize("module", [camtrap_dp, darwin_core], ids=["camtrap-dp", "darwin-core"])
def test_golden(db: Database, module: Any, exact: bool) -> None:
    with db.transaction() as conn:
        conn.execute(FIELD.encode())
        sensitive.replace(conn, RESERVE, {"Ailuropoda melanoleuca": 5000})
    order = Order(
        "foping",
        RESERVE,
        since=datetime(2026, 5, 1, tzinfo=UTC),
        until=datetime(2026, 6, 1, tzinfo=UTC),
        exact=exact,
        site="https://foping.example.org",
    )
    citation = cite(order, name="Foping", accessed_at=datetime(2026, 5, 6, tzinfo=UTC))
    file = io.BytesIO()
    module.write(db, order, citation, file)
    folder = GOLDEN / f"{module.__name__.rpartition('.')[2]}-{'exact' if exact else 'blurred'}"
    with zipfile.ZipFile(file) as packed:
        told = {
            name: packed.read(name).decode().replace(citation.software, "fieldwatch VERSION")
            for name in packed.namelist()
        }
    if os.environ.get("FIELDWATCH_WRITE_GOLDEN"):
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in told.items():
            (folder / name).write_text(text, encoding="utf-8", newline="")
    assert told == {path.name: path.read_bytes().decode() for path in folder.iterdir()}
