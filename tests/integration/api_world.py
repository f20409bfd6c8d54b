"""A small world for tests of the API: two reserves, one account per role, three deployments, real HTTP."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx2
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from fieldwatch_cloud.api.app import create_app
from fieldwatch_cloud.api.server import Server, server
from fieldwatch_cloud.authority import admission
from fieldwatch_cloud.db import accounts, geography, nodes, quarantine
from fieldwatch_cloud.errors import InvalidMessageError
from fieldwatch_cloud.media.store import DiskStore
from fieldwatch_cloud.settings import CloudSettings
from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_shared.messages import Media

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
ORIGIN = "http://testserver"
PASSWORD = "correct horse battery"
SQUARE = {
    "type": "Polygon",
    "coordinates": [[[107.50, 33.60], [107.60, 33.60], [107.60, 33.70], [107.50, 33.70], [107.50, 33.60]]],
}
"""Holds the deployments `ridge` and `lick`, not `river`."""
PEOPLE = {
    "admin": ("admin", None),
    "manager": ("manager", "foping"),
    "researcher": ("researcher", "foping"),
    "ranger": ("ranger", "foping"),
    "technician": ("technician", "foping"),
    "stranger": ("manager", "elsewhere"),
    "nobody": None,
}


@cache
def password_hash() -> str:
    """What `add_account` keeps of PASSWORD, worked out once: slow on purpose, and nearly no test logs in."""
    return PasswordHasher().hash(PASSWORD)


def patient(settings: CloudSettings) -> CloudSettings:
    """On a busy machine, what takes long has not failed."""
    return replace(
        settings,
        database=settings.database.model_copy(update={"pool_wait_s": 150}),
        counts=settings.counts.model_copy(update={"time_limit_s": 250}),
    )


@dataclass
class Desk:
    """Stands where the command line wires the broker and ingest."""

    db: Database
    replayed: list[UUID] = field(default_factory=list)
    mailed: list[tuple[str, str, str, str]] = field(default_factory=list)

    def add_node(self, node: str, *, reserve: str, name: str) -> str:
        with self.db.transaction() as conn:
            add_node(conn, node, reserve, name)
        return "mqtt-password"

    def renew_password(self, node: str) -> str:
        with self.db.transaction() as conn:
            nodes.set_password(conn, node, "$7$y")
        return "another-password"

    def admit_node(self, node: str, *, instead: bool) -> None:
        pass

    def revoke_node(self, node: str, *, by: UUID | None) -> list[str]:
        with self.db.transaction() as conn:
            return admission.revoke(conn, node)

    def mail(self, email: str, language: str, subject: str, text: str) -> str | None:
        self.mailed.append((email, language, subject, text))
        return None

    def take_in(self, reserve: str, node: str, record: Media, file: Path) -> None:
        raise AssertionError("no upload ends here: see test_uploads")

    def replay(self, quarantine_id: UUID) -> None:
        with self.db.transaction() as conn:
            quarantine.get(conn, quarantine_id)
        if quarantine_id in self.replayed:
            raise InvalidMessageError("still no such deployment")
        self.replayed.append(quarantine_id)


def add_node(conn: Any, node: str, reserve: str, name: str = "a node") -> None:
    conn.execute(
        "INSERT INTO node (id, reserve_id, name, mqtt_password_hash)"
        " SELECT %s, id, %s, '$7$x' FROM reserve WHERE slug = %s",
        (node, name, reserve),
    )


class World:
    def __init__(self, database_url: str, db: Database, folder: Path) -> None:
        self.db = db
        self.store = DiskStore(folder / "media")
        self.settings = patient(CloudSettings.load(folder).with_urls(database_url, None))
        self.desk = Desk(db)
        self.web = folder / "web"
        with db.transaction() as conn:
            self.foping = geography.add_reserve(
                conn, slug="foping", name="Foping", name_zh="佛坪", timezone="Asia/Shanghai"
            )
            self.elsewhere = geography.add_reserve(conn, slug="elsewhere", name="Elsewhere")
            add_node(conn, "n1", "foping")
            add_node(conn, "n9", "elsewhere")
            self.ridge = self._deploy(conn, "ridge", 107.55, 33.62)
            self.lick = self._deploy(conn, "lick", 107.56, 33.63)
            self.river = self._deploy(conn, "river", 107.80, 33.80)
            self.abroad = geography.add_deployment(
                conn,
                reserve=self.elsewhere,
                node_id="n9",
                location_name="abroad",
                lon=107.55,
                lat=33.62,
                started_at=NOON - timedelta(days=30),
            )

    def _deploy(self, conn: Any, name: str, lon: float, lat: float) -> UUID:
        return geography.add_deployment(
            conn,
            reserve=self.foping,
            node_id="n1",
            location_name=name,
            lon=lon,
            lat=lat,
            heading_deg=90,
            field_of_view_deg=60,
            started_at=NOON - timedelta(days=30),
        )

    def token(self, who: str) -> str:
        """A new account of that kind; its token."""
        with self.db.transaction() as conn:
            account = uuid7()
            conn.execute(
                accounts.SQL["add_account"],
                {
                    "id": account,
                    "email": f"{who}@example.org",
                    "name": who.title(),
                    "password_hash": password_hash(),
                    "language": "en",
                },
            )
            if (held := PEOPLE[who]) is not None:
                accounts.grant(conn, account, held[0], reserve=held[1])
            return accounts.issue_token(conn, account, "test")[1]

    def app(self) -> Any:
        return create_app(self.settings, operations=self.desk, media=self.store, web=self.web)

    @contextmanager
    def client(self, who: str | None = None) -> Iterator[TestClient]:
        headers = {"Authorization": f"Bearer {self.token(who)}"} if who else {}
        with TestClient(
            self.app(), base_url=ORIGIN, headers=headers, raise_server_exceptions=False
        ) as client:
            yield client

    def observe(
        self,
        deployment: UUID,
        minutes: float,
        *,
        lasts: float = 1,
        name: str | None = "Ailuropoda melanoleuca",
        kind: str = "animal",
        count: int = 1,
        confidence: float = 0.9,
    ) -> UUID:
        """An observation so many minutes after NOON."""
        at = NOON + timedelta(minutes=minutes)
        new = uuid7(at)
        with self.db.transaction() as conn:
            conn.execute(
                "INSERT INTO observation (id, deployment_id, observed_at, ended_at, confidence, count,"
                " frames,"
                " observation_type, clock_quality, scientific_name, model, box)"
                " VALUES (%s, %s, %s, %s, %s, %s, 3, %s, 'ntp', %s, 'wildlife@1', '{0.1,0.2,0.3,0.4}')",
                (new, deployment, at, at + timedelta(minutes=lasts), confidence, count, kind, name),
            )
        return new

    def look(self, deployment: UUID, start: float, end: float) -> None:
        """Effort from `start` to `end`, in minutes after NOON."""
        with self.db.transaction() as conn:
            conn.execute(
                "INSERT INTO effort (id, deployment_id, started_at, ended_at, frames)"
                " VALUES (%s, %s, %s, %s, 9)",
                (uuid7(), deployment, NOON + timedelta(minutes=start), NOON + timedelta(minutes=end)),
            )

    def beat(self, node: str = "n1", *, heard_s_ago: float = 10, online: bool = True, **fields: Any) -> None:
        """A heartbeat, heard so long ago."""
        now = datetime.now(UTC)
        body = {
            "message_id": str(uuid7()),
            "id": str(uuid7()),
            "observed_at": now.isoformat(),
            "clock": {"quality": "ntp"},
            "uptime_s": 60,
            "software": "0.1.0",
            "outbox_records": 0,
            "outbox_bytes": 0,
            "next_within_s": 60,
            "cameras": [{"deployment_id": str(d), "frames": 5} for d in (self.ridge, self.lick)],
        }
        with self.db.transaction() as conn:
            conn.execute(
                "INSERT INTO heartbeat (id, node_id, observed_at, received_at, body)"
                " VALUES (%s, %s, %s, %s, %s)",
                (uuid7(), node, now, now - timedelta(seconds=heard_s_ago), json.dumps(body | fields)),
            )
            conn.execute("UPDATE node SET online = %s WHERE id = %s", (online, node))

    def notify(self, reserve: str, event: str, data: Any) -> None:
        with self.db.transaction() as conn:
            payload = json.dumps({"reserve": reserve, "event": event, "data": data})
            conn.execute("SELECT pg_notify('fieldwatch_live', %s)", (payload,))


class Peopled(World):
    """Whoever asks twice is the same account."""

    def __init__(self, database_url: str, db: Database, folder: Path) -> None:
        super().__init__(database_url, db, folder)
        self.tokens: dict[str, str] = {}

    def token(self, who: str) -> str:
        if who not in self.tokens:
            self.tokens[who] = super().token(who)
        return self.tokens[who]


@dataclass
class Running:
    server: Server
    thread: threading.Thread
    url: str

    def client(self, token: str) -> httpx2.Client:
        return httpx2.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {token}"}, timeout=httpx2.Timeout(150)
        )

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(150)
        assert not self.thread.is_alive()


@contextmanager
def running(world: World) -> Iterator[Running]:
    """The API under its own server, on a free port."""
    serving = server(world.app(), host="127.0.0.1", port=0)
    thread = threading.Thread(target=serving.run)
    thread.start()
    deadline = time.monotonic() + 150
    while not serving.started:
        assert thread.is_alive()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    port = serving.servers[0].sockets[0].getsockname()[1]
    run = Running(serving, thread, f"http://127.0.0.1:{port}")
    try:
        yield run
    finally:
        if thread.is_alive():
            run.stop()
