"""CAP messages over HTTP: what is given out when, that it never changes, and who may read it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.unit.cloud.cap_rules import faults

from fieldwatch_cloud.alarms import cap
from fieldwatch_cloud.db import keys
from fieldwatch_cloud.errors import DatabaseError
from fieldwatch_cloud.incidents.cap import RENEW, VALID
from fieldwatch_shared.ids import uuid7

from .api_world import World

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from fieldwatch_cloud.db.pool import Database

ATOM = "{http://www.w3.org/2005/Atom}"
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
FEED = "/api/v1/reserves/foping/cap.atom"


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> World:
    return World(database_url, db, tmp_path)


def incident(world: World, **changes: Any) -> UUID:
    """An open incident, seen a minute ago by `ridge` in one direction."""
    now = datetime.now(UTC)
    values = {
        "id": uuid7(),
        "reserve_id": world.foping,
        "kind": "smoke",
        "state": "new",
        "seen": now - timedelta(minutes=1),
        "held_back": None,
        "drill": False,
        "fwi": 31.0,
    } | changes
    with world.db.transaction() as conn:
        conn.execute(
            "INSERT INTO incident (id, reserve_id, kind, state, first_seen_at, last_seen_at, held_back,"
            " drill, fwi, region) VALUES (%(id)s, %(reserve_id)s, %(kind)s, %(state)s, %(seen)s, %(seen)s,"
            " %(held_back)s, %(drill)s, %(fwi)s, ST_GeomFromText(%(region)s, 4326))",
            {**values, "region": "POLYGON((107.5 33.6, 107.6 33.6, 107.6 33.7, 107.5 33.6))"},
        )
        conn.execute(
            "INSERT INTO suspicion (id, deployment_id, incident_id, observed_at, first_seen_at, kind,"
            " confidence, box, bearing_deg, bearing_sd_deg, clock_quality, model) VALUES (%(suspicion)s,"
            " %(ridge)s, %(id)s, %(seen)s, %(seen)s, 'smoke', 0.41, '{0.1,0.2,0.3,0.4}', 245, 0.7, 'ntp',"
            " 'fire@1')",
            {**values, "suspicion": uuid7(), "ridge": world.ridge},
        )
    return values["id"]  # type: ignore[return-value]


def change(world: World, id_: UUID, **values: Any) -> None:
    with world.db.transaction() as conn:
        for name, value in values.items():
            conn.execute(
                f"UPDATE incident SET {name} = %s, revision = revision + 1 WHERE id = %s",  # noqa: S608
                (value, id_),
            )


def entries(client: TestClient) -> list[tuple[str, str]]:
    """(title, path of the message), the newest first."""
    response = client.get(FEED)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("application/atom+xml")
    feed = ET.fromstring(response.text)  # noqa: S314  Our own.
    found = []
    for entry in feed.findall(f"{ATOM}entry"):
        link = entry.find(f"{ATOM}link")
        assert link is not None
        assert link.get("type") == "application/cap+xml"
        found.append(
            (entry.findtext(f"{ATOM}title", ""), link.attrib["href"].removeprefix("http://testserver"))
        )
    return found


def message(client: TestClient, path: str) -> ET.Element:
    response = client.get(path)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("application/cap+xml")
    assert faults(response.text) == []
    return ET.fromstring(response.text)  # noqa: S314  Our own.


def test_a_fire_from_alert_to_all_clear(world: World) -> None:
    id_ = incident(world)
    with world.client("ranger") as client:
        ((title, first),) = entries(client)
        assert title == "Alert: Smoke, Foping: new"
        alert = message(client, first)
        assert alert.findtext(f"{CAP}msgType") == "Alert"
        assert alert.findtext(f"{CAP}sender") == "fieldwatch"
        assert entries(client) == [(title, first)]  # Nothing happened, nothing is said.

        change(world, id_, state="acknowledged")
        change(world, id_, state="closed")
        (title, second), _ = entries(client)
        assert title == "Update: Smoke, Foping: closed"
        update = message(client, second)
        assert update.findtext(f"{CAP}references") == ",".join(
            alert.findtext(f"{CAP}{name}", "") for name in ("sender", "identifier", "sent")
        )
        assert update.findtext(f"{CAP}info/{CAP}responseType") == "AllClear"
        assert ET.tostring(message(client, first)) == ET.tostring(alert)  # What was said stays said.
        assert len(entries(client)) == 2


def test_a_false_alarm_is_cancelled(world: World) -> None:
    id_ = incident(world)
    with world.client("ranger") as client:
        assert message(client, f"/api/v1/incidents/{id_}/cap.xml").findtext(f"{CAP}msgType") == "Alert"
        change(world, id_, state="false_alarm")
        cancel = message(client, f"/api/v1/incidents/{id_}/cap.xml")
        assert cancel.findtext(f"{CAP}msgType") == "Cancel"
        assert cancel.findtext(f"{CAP}note") == "False alarm."


def test_one_fire_with_another_is_cancelled_and_names_it(world: World) -> None:
    id_, other = incident(world), incident(world)
    with world.client("ranger") as client:
        assert len(entries(client)) == 2
        change(world, id_, merged_into=other)
        assert [title.partition(":")[0] for title, _ in entries(client)] == ["Cancel", "Alert", "Alert"]
        cancel = message(client, f"/api/v1/incidents/{id_}/cap.xml")
        assert cancel.findtext(f"{CAP}incidents") == f"{id_} {other}"


def test_a_drill_is_an_exercise(world: World) -> None:
    id_ = incident(world, drill=True)
    with world.client("ranger") as client:
        ((title, _),) = entries(client)
        assert title == "Alert: EXERCISE: Smoke, Foping: new"
        assert message(client, f"/api/v1/incidents/{id_}/cap.xml").findtext(f"{CAP}status") == "Exercise"


@pytest.mark.parametrize(
    "changes",
    [
        {"held_back": "confidence 0.21 under 0.30 for low danger"},
        {"state": "closed"},
        {"state": "false_alarm"},
    ],
)
def test_what_nobody_was_told_of_needs_no_message(world: World, changes: dict[str, str]) -> None:
    id_ = incident(world, **changes)
    with world.client("ranger") as client:
        assert entries(client) == []
        assert client.get(f"/api/v1/incidents/{id_}/cap.xml").status_code == 404


def test_what_a_person_released_is_told(world: World) -> None:
    id_ = incident(world, held_back="confidence 0.21 under 0.30 for low danger")
    with world.client("ranger") as client:
        assert entries(client) == []
        change(world, id_, held_back=None)
        assert len(entries(client)) == 1


def test_the_feed_goes_back_thirty_days(world: World) -> None:
    incident(world, seen=datetime.now(UTC) - timedelta(days=31))
    with world.client("ranger") as client:
        assert entries(client) == []


def test_an_open_incident_is_said_again_before_its_message_expires(world: World) -> None:
    id_, now = incident(world), datetime.now(UTC)

    def after(passed: timedelta) -> list[str]:
        with world.db.transaction() as conn:
            given = cap.feed(conn, world.foping, sender="s", base_url="", now=now + passed)
        return [m.type for m in given if m.incident_id == id_]

    assert after(timedelta()) == ["Alert"]
    assert after(VALID - RENEW - timedelta(seconds=2)) == ["Alert"]
    assert after(VALID - RENEW) == ["Update", "Alert"]


def test_many_readers_at_once_get_the_same_messages(world: World) -> None:
    for _ in range(5):
        incident(world)
    with world.client("ranger") as client, ThreadPoolExecutor(8) as pool:
        feeds = list(pool.map(lambda _: sorted(entries(client)), range(16)))
    assert all(feed == feeds[0] for feed in feeds)
    assert len(feeds[0]) == 5


def test_a_message_is_for_members(world: World) -> None:
    id_ = incident(world)
    with world.client("ranger") as client:
        assert client.get(f"/api/v1/incidents/{id_}/cap.xml").status_code == 200
        for path in (f"{uuid4()}/cap.xml", f"{id_}/cap/2.xml"):
            assert client.get(f"/api/v1/incidents/{path}").status_code == 404
        assert client.get(f"/api/v1/incidents/{id_}/cap/0.xml").status_code == 422
    with world.client("stranger") as client:
        assert client.get(FEED).status_code == 404
        for path in ("cap.xml", "cap/1.xml"):
            assert client.get(f"/api/v1/incidents/{id_}/{path}").status_code == 404


def test_given_out_messages_cannot_be_altered(world: World) -> None:
    incident(world)
    with world.client("ranger") as client:
        entries(client)
    with pytest.raises(DatabaseError, match="cannot be altered"), world.db.transaction() as conn:
        conn.execute("UPDATE cap_message SET body = ''")


def test_the_key_of_phones_is_made_once_by_whoever_is_first(db: Database) -> None:
    def ask(_: int) -> str:
        with db.transaction() as conn:
            return keys.public_point(keys.push_key(conn))

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, range(16)))) == 1


def test_browsers_are_given_the_key_that_messages_are_signed_with(world: World) -> None:
    with world.client("nobody") as client:
        public = client.get("/api/v1/push/key").json()["public_key"]
    with world.db.transaction() as conn:
        assert public == keys.public_point(keys.push_key(conn))
    assert len(public) == 87


@pytest.mark.parametrize("stored", ["nonsense", "p-384"])
def test_a_damaged_key_is_said_to_be_one(db: Database, stored: str) -> None:
    private = keys._pem(ec.generate_private_key(ec.SECP384R1())) if stored == "p-384" else stored
    with db.transaction() as conn:
        conn.execute("INSERT INTO service_key (name, private) VALUES ('vapid', %s)", (private,))
    with pytest.raises(DatabaseError, match="service_key"), db.transaction() as conn:
        keys.push_key(conn)
