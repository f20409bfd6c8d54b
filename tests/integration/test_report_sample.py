"""The sample report of the documentation: the demo's reserve and pictures, cameras for a map, nine weeks.

With FIELDWATCH_SCREENS=folder the PDFs are written there; `pdftoppm` or any viewer makes pictures of them.
"""

from __future__ import annotations

import io
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader
from tests.integration.report_world import MONDAY, ReportWorld

from fieldwatch.demo import reserve as demo
from fieldwatch.demo.pictures import MEADOW, SLOPE
from fieldwatch.demo.scenes import plan_animals
from fieldwatch_cloud.db import reporting
from fieldwatch_cloud.reporting import files, make, spans
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.words import Language

CAMERAS = (
    *((-4.2, -1.6), (-3.6, 0.9), (-3.9, 3.2), (-1.9, -3.4), (-1.2, -0.6), (-1.5, 2.4)),
    *((0.8, -4.1), (1.2, -1.5), (1.0, 1.9), (3.4, -2.6), (3.6, 0.6), (4.3, 3.1)),
)
"""Kilometres east and north of the demo's middle."""
ANIMALS = (
    ("Cervidae", 0.55, 6.5),
    ("Equus", 0.4, 17.0),
    ("Elephantidae", 0.16, 20.5),
    ("Sus scrofa", 0.12, 22.5),
    ("Egretta eulophotes", 0.08, 9.0),
)


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> ReportWorld:
    return ReportWorld(database_url, db, tmp_path)


def _scenes() -> list[tuple[str, str, bytes]]:
    """Camera, species and picture: from the demo's scenes, each where an animal is wholly in sight."""
    found = []
    for number, (place, seed) in enumerate(((MEADOW, 3), (SLOPE, 5), (SLOPE, 8), (MEADOW, 12), (SLOPE, 21))):
        scene = plan_animals(place, seed, 60)
        walk = scene.walks[-1] if number == 1 else scene.walks[0]
        at_s = (walk.enters_s + walk.leaves_s()) / 2
        picture, truth = scene.draw(at_s)
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=88)
        found.append((f"FP-{number + 1:02}", truth.animals[0].taxon, out.getvalue()))
    return found


@pytest.mark.timeout(900)
def test_the_sample_report_of_the_demos_reserve(world: ReportWorld) -> None:
    world.fill(animals=ANIMALS, rising="Equus", rare="Egretta eulophotes")
    world.run(
        "UPDATE reserve SET name = 'Mist Valley Reserve', name_zh = '雾谷自然保护区',"
        " boundary = ST_Multi(ST_GeomFromGeoJSON(%s)) WHERE id = %s",
        json.dumps(demo.boundary()),
        world.foping,
    )
    world.run("DELETE FROM zone")
    for zone in demo.zones()["features"]:
        world.run(
            "INSERT INTO zone (id, reserve_id, name, name_zh, area)"
            " VALUES (gen_random_uuid(), %s, %s, %s, ST_Multi(ST_GeomFromGeoJSON(%s)))",
            world.foping,
            zone["properties"]["name"],
            zone["properties"]["name_zh"],
            json.dumps(zone["geometry"]),
        )
    for id_, where in zip(world.cameras.values(), CAMERAS, strict=True):
        lon, lat = demo.place(*where)
        world.run("UPDATE deployment SET location = ST_Point(%s, %s, 4326) WHERE id = %s", lon, lat, id_)
    for number, (camera, name, jpeg) in enumerate(_scenes()):
        at = MONDAY + timedelta(days=number + 1, hours=7.4)
        world.pictured(camera, at, name, jpeg, confidence=0.97 - 0.02 * number)
    world.beat(
        "n1",
        cameras=[
            {"deployment_id": str(id_), "frames": 60, "blurred": name == "FP-11"}
            for name, id_ in world.cameras.items()
            if name != "FP-12"
        ],
    )
    world.token("ranger")
    world.run("UPDATE account SET name = 'Wu Gang' WHERE email = 'ranger@example.org'")
    world.on_duty("ranger")
    world.phone("ranger")
    first, second = MONDAY + timedelta(days=1, hours=14.2), MONDAY + timedelta(days=5, hours=11.6)
    for at, camera, minutes, state in (
        (first, "FP-05", 3.2, "closed"),
        (second, "FP-07", 6.0, "false_alarm"),
    ):
        incident = world.burnt(at, camera=camera, answered_min=minutes, state="new")
        world.call(incident, at + timedelta(seconds=5))
        world.run(
            "INSERT INTO delivery_log (delivery_id, at, event) SELECT id, %s, 'sent' FROM delivery",
            at + timedelta(seconds=6),
        )
        world.run("UPDATE delivery SET state = 'answered'")
        world.run(
            "UPDATE escalation SET ended_at = %s, outcome = 'answered'", at + timedelta(minutes=minutes)
        )
        world.run("UPDATE incident SET state = %s WHERE id = %s", state, incident)
    span = spans.asked("weekly", spans.date(2026, 5, 10), "Asia/Shanghai", utc_now())
    languages: tuple[Language, ...] = ("en", "zh")
    for language in languages:
        days, instants = (span.first, span.last), (span.since, span.until)
        with world.db.transaction() as conn:
            id_ = reporting.ask(
                conn, world.foping, kind="weekly", days=days, span=instants, language=language
            )
        assert id_ is not None
        made = make.make(world.settings.database_url, world.settings.media_dir, id_)
        pdf = files.store(world.settings.media_dir).read(made.pdf_sha256)
        assert ("Mist Valley" if language == "en" else "雾谷") in PdfReader(io.BytesIO(pdf)).pages[
            0
        ].extract_text()
        assert made.pages <= 6
        if folder := os.environ.get("FIELDWATCH_SCREENS"):
            (Path(folder) / f"report-{language}.pdf").write_bytes(pdf)
