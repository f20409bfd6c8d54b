"""A reserve with fires, pictures of them, a roster with phones, and people who act."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fieldwatch_cloud.alarms import calls
from fieldwatch_shared.ids import uuid7

from .api_world import NOON, World
from .labels_world import Pictures

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from starlette.testclient import TestClient

BOX = (0.40, 0.50, 0.05, 0.10)


class FireWorld(Pictures):
    def fire(
        self,
        minute: float = 0,
        *,
        deployment: UUID | None = None,
        media: UUID | None = None,
        drill: bool = False,
        held_back: str | None = None,
    ) -> UUID:
        """An incident of one suspicion, as the evidence's module leaves it before it calls anybody."""
        at = NOON + timedelta(minutes=minute)
        new = uuid7(at)
        with self.db.transaction() as conn:
            conn.execute(
                "INSERT INTO incident (id, reserve_id, kind, first_seen_at, last_seen_at, opened_at, drill,"
                " held_back) VALUES (%s, %s, 'smoke', %s, %s, %s, %s, %s)",
                (new, self.foping, at, at, at, drill, held_back),
            )
            conn.execute("INSERT INTO incident_log (incident_id, action) VALUES (%s, 'opened')", (new,))
        self.sees(new, minute, deployment=deployment, media=media)
        return new

    def sees(
        self,
        incident: UUID,
        minute: float = 0,
        *,
        deployment: UUID | None = None,
        media: UUID | None = None,
        box: tuple[float, float, float, float] = BOX,
        pose: dict[str, float] | None = None,
    ) -> UUID:
        """One more suspicion of it."""
        at = NOON + timedelta(minutes=minute)
        new = uuid7(at)
        with self.db.transaction() as conn:
            conn.execute(
                "INSERT INTO suspicion (id, deployment_id, incident_id, observed_at, first_seen_at,"
                " received_at, kind, confidence, box, bearing_deg, bearing_sd_deg, elevation_deg,"
                " elevation_sd_deg, media_id, pose, clock_quality, model)"
                " VALUES (%s, %s, %s, %s, %s, %s, 'smoke', 0.6, %s, 90, 2, -1, 0.5, %s, %s, 'ntp', 'fire@1')",
                (
                    new,
                    deployment or self.ridge,
                    incident,
                    at,
                    at,
                    at,
                    list(box),
                    media,
                    json.dumps(pose) if pose else None,
                ),
            )
        return new

    def phone(self, name: str) -> UUID:
        """That account's phone; the account must exist."""
        new = uuid7()
        address = {"url": f"https://phones.example.org/{new}", "secret": "s" * 32}
        self.run(
            "INSERT INTO device (id, account_id, channel, name, address, language)"
            " SELECT %s, id, 'webhook', %s, %s, 'en' FROM account WHERE email = %s",
            new,
            f"{name}'s phone",
            json.dumps(address),
            f"{name}@example.org",
        )
        return new

    def on_duty(self, name: str) -> None:
        self.run(
            "INSERT INTO shift (id, reserve_id, account_id, starts_at, ends_at)"
            " SELECT %s, %s, id, now() - interval '1 hour', now() + interval '8 hours'"
            " FROM account WHERE email = %s",
            uuid7(),
            self.foping,
            f"{name}@example.org",
        )

    def call(self, incident: UUID, at: datetime) -> int:
        with self.db.transaction() as conn:
            return calls.begin(conn, incident, at)

    def run(self, query: str, *parameters: Any) -> None:
        with self.db.transaction() as conn:
            conn.execute(query, parameters)  # type: ignore[arg-type]

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self.db.transaction() as conn:
            return conn.execute(query, parameters).fetchall()  # type: ignore[arg-type]

    @contextmanager
    def people(self, *names: str) -> Iterator[list[Person]]:
        """Clients of accounts of these kinds (api_world.PEOPLE), all of one service."""
        with World.client(self) as client:
            yield [Person(client, name, self.token(name)) for name in names]


class Person:
    """Somebody with a phone in the hand."""

    def __init__(self, client: TestClient, name: str, token: str) -> None:
        self.name = name
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **options: Any) -> Any:
        headers = self._headers | options.pop("headers", {})
        return self._client.get(f"/api/v1{path}", headers=headers, **options)

    def post(self, path: str, body: Any) -> Any:
        return self._client.post(f"/api/v1{path}", headers=self._headers, json=body)

    def upload(self, path: str, content: str | bytes, **options: Any) -> Any:
        return self._client.post(f"/api/v1{path}", headers=self._headers, content=content, **options)

    def put(self, path: str, content: bytes, **options: Any) -> Any:
        return self._client.put(f"/api/v1{path}", headers=self._headers, content=content, **options)

    def labels(self, media: UUID, based_on: int, labels: list[Any]) -> Any:
        body = {"based_on": based_on, "labels": labels}
        return self._client.put(f"/api/v1/media/{media}/labels", headers=self._headers, json=body)

    def request(self, method: str, path: str, body: Any) -> Any:
        address = path if path.startswith("/ogc/") else f"/api/v1{path}"
        return self._client.request(method, address, headers=self._headers, json=body)

    @property
    def app(self) -> Any:
        return self._client.app

    def delete(self, path: str) -> Any:
        return self._client.delete(f"/api/v1{path}", headers=self._headers)

    def does(self, incident: UUID, action: str, minute: float = 1, **fields: Any) -> Any:
        """Posts an action, done so many minutes after NOON (which lies in the past)."""
        return self.post(f"/incidents/{incident}/actions", act(action, minute, **fields))

    def sees(self, incident: UUID) -> Any:
        response = self.get(f"/incidents/{incident}")
        assert response.status_code == 200, response.text
        return response.json()


def act(action: str, minute: float = 1, **fields: Any) -> dict[str, Any]:
    at = NOON + timedelta(minutes=minute)
    return {"id": str(uuid7()), "action": action, "done_at": at.isoformat()} | fields
