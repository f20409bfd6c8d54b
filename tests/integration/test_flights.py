"""A drone's flight from its pictures to the map: real files, detector, broker, ingest, PostGIS and HTTP."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from PIL import Image
from tests.integration.api_world import NOON as API_NOON
from tests.integration.api_world import World
from tests.integration.edge_world import EDGE, make_models
from tests.integration.map_world import sensitive
from tests.unit.edge.flights.drone import dji, exif, take

from fieldwatch_cloud.db import geography
from fieldwatch_cloud.errors import InvalidMessageError
from fieldwatch_cloud.ingest.intake import Intake
from fieldwatch_cloud.ingest.parse import Incoming, parse
from fieldwatch_shared.ids import uuid7, uuid7_from
from fieldwatch_shared.looking import moved
from fieldwatch_shared.messages import Place, utc_now

from .cloud_field import NOON, PASSWORD, RESERVE, Field, cloud_settings, let_in, working

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.services.mosquitto import EmbeddedMosquitto

FIRST = datetime(2026, 5, 4, 9, 0)  # noqa: DTZ001  # as the drone's clock says it, in Shanghai
HOME = (107.60, 33.70)
APART, AGAIN, WIDE, HIGH = 12, 4, 1600, 1200
HEIGHT_M = 60.0
"""Each picture shows 86.55 m by 64.91 m of ground: 24 mm of a 4:3 picture is 71.59 degrees across."""
ANIMALS = {0: 2, 3: 1, 7: 3}
"""In which pictures how many stand."""


def make_flight(folder: Path) -> None:
    """Twelve pictures 200 m apart to the east, four of them taken twice from 5 m further; one without GPS.
    Animals are 64 px of 1600: at the model's 320 px a dot that it cannot see."""
    for number in range(APART + AGAIN):
        shown = number if number < APART else number - APART
        place = moved(*HOME, 90, 200 * shown + (5 if number >= APART else 0))
        picture = Image.new("RGB", (WIDE, HIGH), (100, 102, 98))
        for animal in range(ANIMALS.get(shown, 0)):
            left, top = 213 * (1 + animal) + 128, 220 * (2 - animal) + 128
            picture.paste((255, 0, 0), (left, top, left + 64, top + 64))
        tags = exif(*place, FIRST + timedelta(seconds=10 * number))
        take(folder / f"DJI_{number + 1:04}.JPG", picture, tags, dji(HEIGHT_M, 0, -90))
    nowhere = Image.new("RGB", (WIDE, HIGH), (100, 102, 98))
    take(folder / "DJI_0099.JPG", nowhere, exif(None, None, FIRST), dji(HEIGHT_M, 0, -90))


@pytest.fixture
def field(db: Database) -> Field:
    return Field.make(db)


@pytest.fixture
def flight(field: Field) -> UUID:
    with field.db.transaction() as conn:
        (reserve,) = conn.execute("SELECT id FROM reserve WHERE slug = %s", (RESERVE,)).fetchone() or ()
        return geography.add_deployment(
            conn, reserve=reserve, node_id="node-1", location_name="Salt lick from above", lon=HOME[0],
            lat=HOME[1], started_at=NOON - timedelta(days=1), moves=True,
        )  # fmt: skip


@pytest.fixture
def office(
    tmp_path: Path, field: Field, database_url: str, mosquitto: EmbeddedMosquitto, state_dir: Path
) -> Iterator[Path]:
    """A config of node-1, with ingest at work behind the real broker."""
    let_in(mosquitto, database_url)
    (tmp_path / "password").write_text(PASSWORD)
    (tmp_path / "password").chmod(0o600)
    config = tmp_path / "office.toml"
    config.write_text(
        f'[node]\nid = "node-1"\nreserve = "{RESERVE}"\nstate_dir = "state"\n'
        f'[broker]\nurl = "mqtt://127.0.0.1:{mosquitto.port}"\npassword_file = "password"\n'
        f'[[camera]]\ndeployment_id = "{field.deployments["node-1"][0]}"\n'
        'source = { kind = "folder", path = ".", times = { kind = "mtime" } }\n[camera.wildlife]\n'
    )
    with working(cloud_settings(state_dir, database_url, mosquitto.url)):
        yield config


def _fly(config: Path, deployment: UUID, *options: str) -> subprocess.CompletedProcess[str]:
    folder = config.parent
    return subprocess.run(
        [
            *EDGE, "flight", str(folder / "DCIM"), "--deployment", str(deployment), "--timezone",
            "Asia/Shanghai", "--config", str(config), "--model", "square", "--allow-unsigned", *options,
        ],
        env={**os.environ, "FIELDWATCH_MODELS": str(folder / "models")},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.timeout(900)
def test_a_flight_is_taken_in_once_and_counted_by_ground(
    office: Path, field: Field, flight: UUID, database_url: str, tmp_path: Path
) -> None:
    make_models(tmp_path / "models")
    make_flight(tmp_path / "DCIM")
    waiting = _fly(office, flight, "--offline")
    assert waiting.returncode == 0, waiting.stderr
    assert field.count("observation") == 0
    for _ in range(2):  # the card is put in again by mistake
        done = _fly(office, flight)
        assert done.returncode == 3, done.stderr  # one was left out, and named
        assert "DJI_0099.JPG: it has no GPS position" in done.stderr
        assert "16 pictures looked at" in done.stdout
    seen = sum(ANIMALS.values()) + ANIMALS[0] + ANIMALS[3]  # those two were taken twice
    assert field.count("observation", "observation_type = 'animal'") == seen
    assert field.count("observation", "observation_type = 'blank'") == APART + AGAIN - 5
    assert field.count("media") == 5
    assert field.count("place") == seen + APART + AGAIN
    assert field.count("effort") == 0
    # The first animal: its middle lies 373 px from the left and 600 from the top, where north is.
    metre = 2 * HEIGHT_M * 0.72112 / WIDE  # 0.72112 is half the width of the lens over its focal length
    ((lon, lat, sd),) = field.rows(
        "SELECT ST_X(p.location), ST_Y(p.location), p.sd_m FROM place p JOIN observation o USING (id)"
        " WHERE o.observation_type = 'animal' ORDER BY o.observed_at, ST_X(p.location) LIMIT 1"
    )
    by_hand = moved(*moved(*HOME, 90, (373 - WIDE / 2) * metre), 180, (600 - HIGH / 2) * metre)
    assert (lon, lat) == (pytest.approx(by_hand[0], abs=2e-5), pytest.approx(by_hand[1], abs=2e-5))
    assert 5 < sd < 10

    world = World(database_url, field.db, tmp_path)
    with world.client("admin") as client:
        listed = client.get(f"/api/v1/reserves/{RESERVE}/flights").json()["items"]
        assert [(one["id"], one["pictures"]) for one in listed] == [(str(flight), APART + AGAIN)]
        assert len(listed[0]["track"]["coordinates"]) == APART + AGAIN
        told = client.get(f"/api/v1/deployments/{flight}/flight").json()
        one = 86.55 * 64.91 / 1e6
        assert told["apart"] == APART
        assert told["apart_km2"] == pytest.approx(APART * one, rel=0.002)
        assert told["footprint_km2"] == pytest.approx((APART * 86.55 + AGAIN * 5) * 64.91 / 1e6, rel=0.002)
        (squares,) = told["animals"]
        assert (squares["scientific_name"], squares["seen"], squares["counted"]) == ("squareus", seen, 6)
        assert squares["density"]["estimate"] == pytest.approx(6 / (APART * one), rel=0.002)
        assert squares["density"]["low"] < 6 / (APART * one) < squares["density"]["high"]
        assert len(squares["pictures"]) == len(ANIMALS)
        kept = {str(id_) for (id_,) in field.rows("SELECT id FROM media")}
        assert set(squares["pictures"]) < kept
        points = client.get(f"/api/v1/reserves/{RESERVE}/flights/animals").json()["features"]
        assert len(points) == seen
        standing = client.get(f"/api/v1/reserves/{RESERVE}/deployments").json()["features"]
        assert str(flight) not in [camera["id"] for camera in standing]
        camera = field.deployments["node-1"][0]
        assert client.get(f"/api/v1/deployments/{camera}/flight").status_code == 404


def _seen_from_above(conn: Any, store: Any, node: str, reserve: str, flight: UUID) -> None:
    """Five leopard cats of a flight, over the same reserve and days as its cameras'."""
    at = API_NOON
    place = Place(lon=107.55, lat=33.62, sd_m=5, height_m=60, heading_deg=0, tilt_deg=-90,
                  field_of_view_deg=70, aspect=1.5)  # fmt: skip
    records = [
        {
            "id": str(uuid7_from(at, "flight", str(n))), "deployment_id": str(flight),
            "observed_at": (at + timedelta(seconds=n)).isoformat(), "clock": {"quality": "gnss"},
            "ended_at": (at + timedelta(seconds=n)).isoformat(), "observation_type": "animal",
            "scientific_name": "Prionailurus bengalensis", "confidence": 0.9, "model": "wildlife@1",
            "place": place.model_dump(),
        }
        for n in range(5)
    ]  # fmt: skip
    payload = json.dumps({"message_id": str(uuid7()), "observations": records}).encode()
    incoming = Incoming(f"fieldwatch/v1/{reserve}/{node}/observations", payload, {})
    Intake(conn, store).accept_one(parse(incoming, utc_now(), largest_picture=1))


def test_a_place_of_its_own_is_refused_where_a_camera_stands(
    database_url: str, db: Database, tmp_path: Path
) -> None:
    world = World(database_url, db, tmp_path)
    with (
        psycopg.connect(database_url, autocommit=True) as conn,
        pytest.raises(InvalidMessageError, match="--moves"),
    ):
        _seen_from_above(conn, world.store, "n1", "foping", world.ridge)
    with db.transaction() as conn:
        assert conn.execute("SELECT count(*) FROM observation").fetchone() == (0,)


def test_the_same_again_adds_nothing_and_sensitive_species_have_no_points(
    database_url: str, db: Database, tmp_path: Path
) -> None:
    world = World(database_url, db, tmp_path)
    with db.transaction() as conn:
        flight = geography.add_deployment(
            conn, reserve=world.foping, node_id="n1", location_name="from above", lon=107.55, lat=33.62,
            started_at=API_NOON - timedelta(days=2), moves=True,
        )  # fmt: skip
    with psycopg.connect(database_url, autocommit=True) as conn:
        for _ in range(2):
            _seen_from_above(conn, world.store, "n1", "foping", flight)
    points = "/api/v1/reserves/foping/flights/animals"
    with db.transaction() as conn:
        assert conn.execute("SELECT count(*) FROM place").fetchone() == (5,)
    with world.client("ranger") as client:
        assert len(client.get(points).json()["features"]) == 5
    sensitive(world, "Prionailurus bengalensis")
    with world.client("technician") as client:
        assert client.get(points).json()["features"] == []
    with world.client("manager") as client:
        assert len(client.get(points).json()["features"]) == 5
    with world.client("stranger") as client:
        assert client.get(points).status_code == 404
        assert client.get(f"/api/v1/deployments/{flight}/flight").status_code == 404


def test_a_flight_changes_no_rate_and_is_no_camera(database_url: str, db: Database, tmp_path: Path) -> None:
    world = World(database_url, db, tmp_path)
    world.observe(world.ridge, 5, name="Prionailurus bengalensis")
    world.look(world.ridge, 0, 600)
    span = {"from": "2026-05-01T00:00:00Z", "to": "2026-05-10T00:00:00Z"}

    def answers(client: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for path in ("deployments", "species", "maintenance"):
            answer = client.get(f"/api/v1/reserves/foping/{path}")
            assert answer.status_code == 200, (path, answer.text)
            found[path] = answer.json()
        counted = client.post("/api/v1/reserves/foping/counts", json=span)
        assert counted.status_code == 200, counted.text
        found["counts"] = counted.json()
        for layer in ("cameras", "density"):
            answer = client.get(f"/api/v1/reserves/foping/tiles/{layer}/9/409/204.mvt", params=span)
            found[layer] = (answer.status_code, answer.content)
        return found

    with world.client("admin") as client:
        before = answers(client)
        with db.transaction() as conn:
            flight = geography.add_deployment(
                conn, reserve=world.foping, node_id="n1", location_name="from above", lon=107.55, lat=33.62,
                started_at=API_NOON - timedelta(days=2), moves=True,
            )  # fmt: skip
        with psycopg.connect(database_url, autocommit=True) as conn:
            _seen_from_above(conn, world.store, "n1", "foping", flight)
        after = answers(client)
        for name, told in before.items():
            assert after[name] == told, name
