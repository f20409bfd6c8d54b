"""The live stream, from a NOTIFY in PostgreSQL to an open HTTP response of the real server."""

import json
from contextlib import contextmanager
from uuid import UUID

import httpx2
import pytest

from fieldwatch_cloud.api.routes import stream
from fieldwatch_cloud.db import sensitive
from fieldwatch_cloud.db.pool import Database

from .api_world import PASSWORD, World, running
from .cloud_field import eventually

A, B, C = (str(UUID(int=number)) for number in (1, 2, 3))
STREAM = "/api/v1/reserves/foping/stream"


@pytest.fixture
def world(database_url: str, db: Database, tmp_path) -> World:
    return World(database_url, db, tmp_path)


class Reader:
    def __init__(self, response) -> None:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        self._lines = response.iter_lines()
        assert next(self._lines) == ": connected"
        while next(self._lines):
            pass

    def next(self) -> tuple[str, dict]:
        name = data = None
        for line in self._lines:
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                data = json.loads(line.removeprefix("data: "))
            elif not line and name:
                return name, data
        raise EOFError


@contextmanager
def reading(run, token: str):
    with run.client(token) as client, client.stream("GET", STREAM) as response:
        yield Reader(response)


def until_listening(world: World) -> None:
    """The LISTEN connection is made beside the server's start."""

    def listens() -> bool:
        with world.db.transaction() as conn:
            row = conn.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'fieldwatch live'"
                " AND datname = current_database() AND query LIKE 'LISTEN%%' AND state = 'idle'"
            ).fetchone()
        return bool(row[0])

    eventually(listens)


def counted_checks(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """It is looked often whether who listens still may; each look is counted as it begins."""
    checks: list[object] = []
    look = stream._still_member
    monkeypatch.setattr(stream, "CHECK_EVERY_S", 0.05)
    monkeypatch.setattr(stream, "_still_member", lambda *of: checks.append(of) or look(*of))
    return checks


def test_what_is_committed_comes_out_and_only_to_members(world: World) -> None:
    token = world.token("ranger")
    with running(world) as run:
        until_listening(world)
        with reading(run, token) as reader:
            world.notify("elsewhere", "observation", {"id": "theirs"})
            world.notify("foping", "observation", [{"id": A}, {"id": B}])
            world.notify("foping", "incident", {"id": C})
            assert [reader.next() for _ in range(3)] == [
                ("observation", {"id": A}),
                ("observation", {"id": B}),
                ("incident", {"id": C}),
            ]


def test_two_readers_hear_the_same(world: World) -> None:
    token = world.token("ranger")
    with running(world) as run:
        until_listening(world)
        with reading(run, token) as one, reading(run, token) as other:
            world.notify("foping", "media", {"id": A})
            assert one.next() == other.next() == ("media", {"id": A})
        # Those who went away are forgotten.
        eventually(lambda: not run.server.config.app.state.live._subscriptions)


def test_a_lost_connection_to_the_database_is_survived_and_told(world: World) -> None:
    token = world.token("ranger")
    with running(world) as run:
        until_listening(world)
        with reading(run, token) as reader:
            with world.db.transaction() as conn:
                conn.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'fieldwatch live' AND datname = current_database()"
                )
            assert reader.next() == ("refetch", {"reason": "reconnected"})
            world.notify("foping", "media", {"id": A})
            assert reader.next() == ("media", {"id": A})


def test_the_server_stops_promptly_with_streams_open(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "fieldwatch_cloud.api.server.GRACE_S", 3600
    )  # Nothing is cut off: they end by themselves.
    token = world.token("ranger")
    with running(world) as run:
        until_listening(world)
        with reading(run, token) as reader:
            run.stop()
            with pytest.raises(EOFError):
                reader.next()


def test_who_lost_the_membership_hears_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fieldwatch_cloud.api.routes.stream.CHECK_EVERY_S", 0.2)
    token = world.token("ranger")
    with running(world) as run:
        until_listening(world)
        with reading(run, token) as reader:
            world.notify("foping", "media", {"id": A})
            assert reader.next() == ("media", {"id": A})
            with world.db.transaction() as conn:
                conn.execute("DELETE FROM membership")
            with pytest.raises(EOFError):
                reader.next()


def test_who_lost_a_role_hears_no_more_of_what_it_let_them_know(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = counted_checks(monkeypatch)
    seen = {"id": A, "scientific_name": "Ailuropoda melanoleuca", "media_id": None}
    token = world.token("researcher")
    with world.db.transaction() as conn:
        sensitive.replace(conn, world.foping, {"Ailuropoda": 2000})
    with running(world) as run:
        until_listening(world)
        with reading(run, token) as reader:
            world.notify("foping", "observation", seen)
            assert reader.next() == ("observation", seen)
            with world.db.transaction() as conn:
                conn.execute("UPDATE membership SET role = 'ranger' WHERE role = 'researcher'")
            before = len(checks)
            eventually(lambda: len(checks) >= before + 2)  # One began after that, and is over.
            world.notify("foping", "observation", seen)
            world.notify("foping", "deployment", {"id": B})
            assert reader.next() == ("deployment", {"id": B})


def test_strangers_are_not_let_in(world: World) -> None:
    token = world.token("stranger")
    with running(world) as run, run.client(token) as client:
        response = client.get(STREAM)
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"


def test_a_proxys_own_authorization_does_not_end_a_stream(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = counted_checks(monkeypatch)
    world.token("ranger")
    with running(world) as run, httpx2.Client(base_url=run.url, timeout=httpx2.Timeout(150)) as client:
        until_listening(world)
        client.post("/api/v1/login", json={"email": "ranger@example.org", "password": PASSWORD})
        client.headers["Authorization"] = "Basic cHJveHk6eA=="
        with client.stream("GET", STREAM) as response:
            reader = Reader(response)
            for number in range(4):
                before = len(checks)
                eventually(lambda before=before: len(checks) > before)
                world.notify("foping", "media", {"id": str(UUID(int=number))})
                assert reader.next() == ("media", {"id": str(UUID(int=number))})


def test_open_maps_are_told_of_cameras_that_come_and_go(world: World) -> None:
    path = "/api/v1/reserves/foping/deployments"
    new = {"node_id": "n1", "location_name": "gate", "longitude": 107.5, "latitude": 33.6}
    token = world.token("technician")
    with running(world) as run, run.client(token) as technician:
        until_listening(world)
        with reading(run, token) as reader:
            added = technician.post(path, json=new).json()["id"]
            assert reader.next() == ("refetch", {})
            assert technician.post(f"{path}/{added}/end").status_code == 200
            assert reader.next() == ("refetch", {})
