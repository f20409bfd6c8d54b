"""A reserve with a roster, phones and fires: for tests of who is called and what becomes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from fieldwatch_cloud.alarms import calls as calling
from fieldwatch_cloud.calls.roster import Shift
from fieldwatch_cloud.db import accounts, calls, deliveries, geography
from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Database

T0 = datetime(2026, 5, 4, 6, tzinfo=UTC)
"""14:00 in Shanghai."""
NORTH = {
    "type": "Polygon",
    "coordinates": [[[107.5, 33.6], [107.6, 33.6], [107.6, 33.7], [107.5, 33.7], [107.5, 33.6]]],
}


def after(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


@dataclass
class Fires:
    """One reserve, one zone (`north`) with one camera in it, and people by name."""

    db: Database
    reserve: UUID
    zone: UUID
    deployment: UUID
    people: dict[str, UUID] = field(default_factory=dict)
    devices: dict[str, UUID] = field(default_factory=dict)

    @classmethod
    def make(cls, db: Database) -> Fires:
        with db.transaction() as conn:
            reserve = geography.add_reserve(
                conn, slug="foping", name="Foping", name_zh="佛坪", timezone="Asia/Shanghai"
            )
            zone = geography.add_zone(
                conn, reserve=reserve, name="North", name_zh="北区", area=json.dumps(NORTH)
            )
            conn.execute(
                "INSERT INTO node (id, reserve_id, name, mqtt_password_hash) VALUES ('n1', %s, 'n1', '$7$x')",
                (reserve,),
            )
            deployment = geography.add_deployment(
                conn,
                reserve=reserve,
                node_id="n1",
                location_name="Ridge mast",
                lon=107.55,
                lat=33.65,
                heading_deg=90,
                field_of_view_deg=60,
                started_at=T0 - timedelta(days=30),
            )
        return cls(db, reserve, zone, deployment)

    def person(
        self, name: str, *roles: str, device: bool = True, channel: str = "webhook", address: Any = None
    ) -> UUID:
        with self.db.transaction() as conn:
            account = uuid7()
            conn.execute(
                "INSERT INTO account (id, email, name, password_hash) VALUES (%s, %s, %s, 'nobody logs in')",
                (account, f"{name}@example.org", name.title()),
            )
            for role in roles or ("ranger",):
                accounts.grant(conn, account, role, reserve="foping")
        self.people[name] = account
        if device:
            self.device(name, channel=channel, address=address)
        return account

    def device(
        self, name: str, *, channel: str = "webhook", address: Any = None, label: str | None = None
    ) -> UUID:
        new = uuid7()
        where = address or {"url": f"https://phones.example.org/{name}/{new}", "secret": "s" * 32}
        with self.db.transaction() as conn:
            conn.execute(
                "INSERT INTO device (id, account_id, channel, name, address, language)"
                " VALUES (%s, %s, %s, %s, %s, 'en')",
                (new, self.people[name], channel, label or f"{name}'s phone", json.dumps(where)),
            )
        self.devices[label or name] = new
        return new

    def shift(self, name: str, place: int = 1, *, zone: bool = True, **fields: Any) -> None:
        values: dict[str, Any] = {"starts_at": after(-3600), "ends_at": after(8 * 3600)}
        with self.db.transaction() as conn:
            calls.add_shift(
                conn,
                self.reserve,
                Shift(self.people[name], self.zone if zone else None, place, **(values | fields)),
            )

    def chief(self, name: str | None) -> None:
        with self.db.transaction() as conn:
            conn.execute(
                "UPDATE zone SET duty_account_id = %s", (self.people[name] if name is not None else None,)
            )

    def fire(self, at: datetime = T0, *, zone: bool = True, drill: bool = False) -> UUID:
        """An incident that a camera saw, as the evidence's module leaves it before it calls anybody."""
        incident, suspicion = uuid7(at), uuid7(at)
        with self.db.transaction() as conn:
            conn.execute(
                "INSERT INTO incident (id, reserve_id, kind, first_seen_at, last_seen_at, opened_at, zone_id,"
                " drill) VALUES (%s, %s, 'smoke', %s, %s, %s, %s, %s)",
                (incident, self.reserve, at, at, at, self.zone if zone else None, drill),
            )
            conn.execute(
                "INSERT INTO suspicion (id, deployment_id, incident_id, observed_at, first_seen_at, kind,"
                " confidence, box, bearing_deg, bearing_sd_deg, clock_quality, model)"
                " VALUES (%s, %s, %s, %s, %s, 'smoke', 0.6, '{0.1,0.2,0.3,0.4}', 90, 2, 'ntp', 'fire@1')",
                (suspicion, self.deployment, incident, at, at),
            )
        return incident

    def begin(self, incident: UUID, at: datetime = T0) -> int:
        with self.db.transaction() as conn:
            return calling.begin(conn, incident, at)

    def tick(self, at: datetime) -> int:
        with self.db.transaction() as conn:
            return calling.run_due(conn, at)

    def stop(self, incident: UUID, at: datetime, outcome: Any = "answered", by: str | None = None) -> None:
        with self.db.transaction() as conn:
            calling.stop(conn, incident, outcome, at, by=self.people[by] if by else None)

    def became(self, incident: UUID, name: str, state: str) -> None:
        """All calls of that person are in that state now, as if a worker or the phone had said so."""
        with self.db.transaction() as conn:
            conn.execute(
                "UPDATE delivery d SET state = %s, attempts = greatest(attempts, 1)"
                " FROM notification n, device v WHERE n.id = d.notification_id AND v.id = d.device_id"
                " AND n.incident_id = %s AND v.account_id = %s",
                (state, incident, self.people[name]),
            )

    def ledger(self, incident: UUID) -> list[deliveries.Entry]:
        with self.db.transaction() as conn:
            return deliveries.ledger(conn, incident)

    def called(self, incident: UUID) -> list[tuple[str | None, str, int | None]]:
        """(name, kind, seconds after T0), as they were called."""
        return [
            (entry.account, entry.kind, round((entry.queued_at - T0).total_seconds()))
            for entry in self.ledger(incident)
        ]

    def log(self, incident: UUID) -> list[str]:
        return [
            a
            for (a,) in self.rows(
                "SELECT action FROM incident_log WHERE incident_id = %s ORDER BY id", incident
            )
        ]

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self.db.transaction() as conn:
            return conn.execute(query, parameters).fetchall()  # type: ignore[arg-type]

    def escalation(self, incident: UUID) -> calls.Escalation:
        with self.db.transaction() as conn:
            found = calls.escalation(conn, incident)
        assert found is not None
        return found
