"""Observations page by page, incidents, pictures and quarantine over HTTP."""

import hashlib
from datetime import timedelta
from uuid import UUID

import pytest

from fieldwatch_cloud.db import quarantine
from fieldwatch_cloud.db.pool import Database
from fieldwatch_shared.ids import uuid7

from .api_world import NOON, World

JPEG = b"\xff\xd8 not really a picture \xff\xd9"
OBSERVATIONS = "/api/v1/reserves/foping/observations"


@pytest.fixture
def world(database_url: str, db: Database, tmp_path) -> World:
    return World(database_url, db, tmp_path)


def ids(response) -> list[UUID]:
    assert response.status_code == 200, response.text
    return [UUID(item["id"]) for item in response.json()["items"]]


def test_pages_hold_everything_once_even_while_more_arrives(world: World) -> None:
    # Many at the same instant, over several deployments: only (time, id) tells them apart.
    there = [
        world.observe(deployment, minutes)
        for minutes in (0, 0, 0, 1, 1, 2)
        for deployment in (world.ridge, world.lick, world.river)
    ]
    world.observe(world.abroad, 1)
    with world.db.transaction() as conn:
        expected = [
            id_
            for (id_,) in conn.execute(
                "SELECT id FROM observation WHERE id = ANY(%s) ORDER BY observed_at DESC, id DESC", (there,)
            )
        ]
    got, cursor = [], None
    with world.client("ranger") as client:
        while True:
            response = client.get(OBSERVATIONS, params={"limit": 4} | ({"cursor": cursor} if cursor else {}))
            got += ids(response)
            cursor = response.json()["next_cursor"]
            if cursor is None:
                break
            world.observe(world.ridge, 100)  # newer than every page to come
    assert got == expected


def test_a_full_last_page_has_no_next(world: World) -> None:
    for minutes in (0, 1):
        world.observe(world.ridge, minutes)
    with world.client("ranger") as client:
        assert client.get(OBSERVATIONS, params={"limit": 2}).json()["next_cursor"] is None


def test_an_observation_in_full(world: World) -> None:
    world.observe(world.ridge, 0, lasts=2)
    with world.client("ranger") as client:
        (item,) = client.get(OBSERVATIONS).json()["items"]
    assert item["observed_at"] == "2026-05-04T12:00:00Z"
    assert item["ended_at"] == "2026-05-04T12:02:00Z"
    assert item["box"] == {"x": 0.1, "y": 0.2, "width": 0.3, "height": 0.4}
    assert item["confidence"] == 0.9
    assert item["clock_quality"] == "ntp"


def test_filters(world: World) -> None:
    early = world.observe(world.ridge, 0)
    sure = world.observe(world.ridge, 10, confidence=0.9)
    world.observe(world.ridge, 10, confidence=0.5)
    boar = world.observe(world.lick, 20, name="Sus scrofa")
    late = world.observe(world.ridge, 30)

    def at(minutes: float) -> str:
        return (NOON + timedelta(minutes=minutes)).isoformat()

    with world.client("ranger") as client:
        for params, expected in (
            ({"taxon": "Sus scrofa"}, [boar]),
            ({"deployment": str(world.lick)}, [boar]),
            ({"from": at(20)}, [late, boar]),
            ({"to": at(10)}, [early]),
            ({"from": at(5), "to": at(15), "min_confidence": 0.9}, [sure]),
            ({"deployment": str(world.abroad)}, []),
        ):
            assert ids(client.get(OBSERVATIONS, params=params)) == expected, params


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"limit": 1001}, "query.limit"),
        ({"limit": 0}, "query.limit"),
        ({"from": "yesterday"}, "query.from"),
        ({"from": "2026-05-04T12:00:00"}, "query.from"),  # which noon?
        ({"from": "0001-01-01T00:00:00+14:00"}, "query.from"),
        ({"to": "9999-12-31T23:59:59-14:00"}, "query.to"),
        ({"min_confidence": 2}, "query.min_confidence"),
        ({"deployment": "ridge"}, "query.deployment"),
        ({"cursor": "x"}, "query.cursor"),
    ],
)
def test_bad_parameters_are_named(world: World, params, field: str) -> None:
    with world.client("ranger") as client:
        response = client.get(OBSERVATIONS, params=params)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field


def suspect(
    world: World, incident: UUID, minutes: float, *, media: UUID | None = None, late_s: float = 0
) -> UUID:
    at = NOON + timedelta(minutes=minutes)
    new = uuid7(at)
    with world.db.transaction() as conn:
        conn.execute(
            "INSERT INTO suspicion (id, deployment_id, incident_id, observed_at, first_seen_at, received_at,"
            " kind,"
            " confidence, box, bearing_deg, bearing_sd_deg, media_id, clock_quality, model)"
            " VALUES (%s, %s, %s, %s, %s, %s, 'smoke', 0.8, '{0.1,0.2,0.3,0.4}', 45, 2, %s, 'gnss',"
            " 'fire@1')",
            (new, world.ridge, incident, at, at, at + timedelta(seconds=late_s), media),
        )
    return new


def incident(world: World, reserve: UUID, first: float, last: float, state: str = "new") -> UUID:
    new = uuid7()
    with world.db.transaction() as conn:
        conn.execute(
            "INSERT INTO incident (id, reserve_id, kind, state, first_seen_at, last_seen_at)"
            " VALUES (%s, %s, 'smoke', %s, %s, %s)",
            (new, reserve, state, NOON + timedelta(minutes=first), NOON + timedelta(minutes=last)),
        )
        conn.execute("INSERT INTO incident_log (incident_id, action) VALUES (%s, 'opened')", (new,))
    return new


def picture(world: World, deployment: UUID) -> UUID:
    new = uuid7()
    digest = hashlib.sha256(JPEG).hexdigest()
    world.store.put(digest, JPEG)
    with world.db.transaction() as conn:
        conn.execute(
            "INSERT INTO media (id, deployment_id, observed_at, mime, sha256, bytes, width, height,"
            " clock_quality)"
            " VALUES (%s, %s, %s, 'image/jpeg', %s, %s, 4, 3, 'ntp')",
            (new, deployment, NOON, digest, len(JPEG)),
        )
    return new


def test_an_incident_with_its_suspicions_and_log(world: World) -> None:
    here, missing = picture(world, world.ridge), uuid7()
    fire = incident(world, world.foping, 0, 5)
    first = suspect(world, fire, 0, media=here, late_s=7200)
    second = suspect(world, fire, 5, media=missing, late_s=7300)
    with world.client("ranger") as client:
        (summary,) = client.get("/api/v1/reserves/foping/incidents").json()["items"]
        detail = client.get(f"/api/v1/incidents/{fire}").json()
    assert summary["suspicions"] == 2
    assert summary["media_id"] == str(here)  # the newest that is here
    assert summary["location"]["coordinates"] == [107.55, 33.62]
    assert detail["late_s"] == summary["late_s"] == 7200
    assert [s["id"] for s in detail["suspicions"]] == [str(first), str(second)]
    assert [s["media_id"] for s in detail["suspicions"]] == [str(here), None]
    assert detail["suspicions"][0]["bearing_deg"] == 45
    assert [entry["action"] for entry in detail["log"]] == ["opened"]
    assert detail["log"][0]["account"] is None


def test_incidents_by_state_and_time(world: World) -> None:
    fires = {}
    for name, first, last, state in (
        ("old", 0, 5, "closed"),
        ("long", 0, 60, "on_scene"),
        ("new", 50, 60, "new"),
    ):
        fires[name] = incident(world, world.foping, first, last, state)
        suspect(world, fires[name], last)
    with world.client("ranger") as client:
        for params, expected in (
            ({"state": "new"}, {"new"}),
            ({"state": ["new", "on_scene"]}, {"new", "long"}),
            ({"from": (NOON + timedelta(minutes=10)).isoformat()}, {"new", "long"}),
            ({"to": (NOON + timedelta(minutes=10)).isoformat()}, {"old", "long"}),
        ):
            got = ids(client.get("/api/v1/reserves/foping/incidents", params=params))
            assert set(got) == {fires[name] for name in expected}, params
        response = client.get("/api/v1/reserves/foping/incidents", params={"state": "burning"})
        assert response.json()["errors"][0]["field"] == "query.state.0"


def test_anothers_incident_and_picture_do_not_exist(world: World) -> None:
    fire = incident(world, world.foping, 0, 1)
    suspect(world, fire, 0)
    shot = picture(world, world.ridge)
    with world.client("stranger") as client:
        assert client.get(f"/api/v1/incidents/{fire}").status_code == 404
        assert client.get(f"/api/v1/media/{shot}").status_code == 404
        assert client.get(f"/api/v1/media/{uuid7()}").status_code == 404


def test_a_picture_is_served_once_and_kept(world: World) -> None:
    shot = picture(world, world.ridge)
    with world.client("ranger") as client:
        response = client.get(f"/api/v1/media/{shot}")
        assert response.content == JPEG
        assert response.headers["content-type"] == "image/jpeg"
        assert response.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert "sandbox" in response.headers["content-security-policy"]
        again = client.get(f"/api/v1/media/{shot}", headers={"If-None-Match": response.headers["etag"]})
        assert again.status_code == 304
        assert again.content == b""


def test_quarantine_is_listed_and_replayed(world: World) -> None:
    with world.db.transaction() as conn:
        quarantine.add(conn, "fieldwatch/v1/foping/n1/observations", b"{}", {}, "no message_id")
    with world.client("admin") as client:
        (entry,) = client.get("/api/v1/quarantine").json()["items"]
        assert entry["reason"] == "no message_id"
        assert entry["bytes"] == 2
        path = f"/api/v1/quarantine/{entry['id']}/replay"
        assert client.post(path).json() == {"id": entry["id"], "accepted": True, "reason": None}
        assert client.post(path).json() == {
            "id": entry["id"],
            "accepted": False,
            "reason": "still no such deployment",
        }


def test_a_lost_picture_is_told_from_a_failure(world: World) -> None:
    shot = picture(world, world.ridge)
    (file,) = [path for path in (world.settings.state / "media").rglob("*") if path.is_file()]
    with world.client("ranger") as client:
        for spoil in (lambda: file.write_bytes(b"not it"), file.unlink):
            spoil()
            response = client.get(f"/api/v1/media/{shot}")
            assert response.status_code == 404
            assert "lost or damaged" in response.json()["detail"]
            assert response.headers["cache-control"] == "no-store"
