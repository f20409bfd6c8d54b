"""Rules for wildlife, and the alerts that they raised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime, time
    from uuid import UUID

    from fieldwatch_cloud.calls.plan import Whom
    from fieldwatch_cloud.calls.quiet import Held
    from fieldwatch_cloud.db.pool import Connection

SQL = statements("rules")


@dataclass(frozen=True, slots=True)
class Rule:
    id: UUID
    reserve: str
    name: str
    name_zh: str | None
    scientific_names: list[str]
    """Empty: any animal."""
    area: str | None
    """GeoJSON MultiPolygon; None: the whole reserve."""
    least_confidence: float
    least_count: int
    cooldown_s: int
    quiet_from: time | None
    quiet_to: time | None
    whom: Whom
    enabled: bool


@dataclass(frozen=True, slots=True)
class Alert:
    id: UUID
    rule_id: UUID
    observation_id: UUID
    deployment_id: UUID
    observed_at: datetime
    raised_at: datetime
    held_back: str | None
    scientific_name: str | None
    count: int | None
    media_id: UUID | None
    """Only once the picture is here."""


@dataclass(frozen=True, slots=True)
class Judging:
    """A rule as new observations are held against it."""

    id: UUID
    reserve_id: UUID
    timezone: str
    scientific_names: list[str]
    least_confidence: float
    least_count: int
    cooldown_s: int
    quiet_from: time | None
    quiet_to: time | None
    whom: Whom
    deployments: list[UUID]
    """Those that were asked for and lie in its area."""


@dataclass(frozen=True, slots=True)
class NewAlert:
    id: UUID
    rule: Judging
    observation_id: UUID
    deployment_id: UUID
    observed_at: datetime
    held_back: Held | None


def rules(conn: Connection, reserve_id: UUID) -> list[Rule]:
    with conn.cursor(row_factory=class_row(Rule)) as cursor:
        return cursor.execute(SQL["rules"], {"reserve_id": reserve_id, "id": None}).fetchall()


def rule(conn: Connection, rule_id: UUID) -> Rule:
    """Raises:
    NotFoundError: no such rule.
    """
    with conn.cursor(row_factory=class_row(Rule)) as cursor:
        found = cursor.execute(SQL["rules"], {"reserve_id": None, "id": rule_id}).fetchone()
    if found is None:
        raise NotFoundError(f"no such rule: {rule_id}")
    return found


def add(conn: Connection, reserve_id: UUID, account_id: UUID, values: dict[str, Any]) -> UUID:
    """
    Args:
        values: the fields of `Rule` but id and reserve.

    Raises:
        RowRefusedError: the area is no valid polygon.
    """
    new = uuid7()
    conn.execute(SQL["add"], {**values, "id": new, "reserve_id": reserve_id, "created_by": account_id})
    return new


def replace(conn: Connection, rule_id: UUID, values: dict[str, Any]) -> None:
    """The rule exists; `values` as for `add`."""
    conn.execute(SQL["replace"], {**values, "id": rule_id})


def delete(conn: Connection, rule_id: UUID) -> None:
    """With its alerts."""
    conn.execute(SQL["delete"], {"id": rule_id})


def alerts(conn: Connection, reserve_id: UUID, limit: int) -> list[Alert]:
    """Newest first, those that were held back too."""
    with conn.cursor(row_factory=class_row(Alert)) as cursor:
        return cursor.execute(SQL["alerts"], {"reserve_id": reserve_id, "limit": limit}).fetchall()


# What new observations are held against ---------------------------------------------------------------


def judging(conn: Connection, deployments: Collection[UUID]) -> list[Judging]:
    """Rules that concern these deployments."""
    with conn.cursor(row_factory=class_row(Judging)) as cursor:
        return cursor.execute(SQL["judging"], {"deployments": list(deployments)}).fetchall()


def hold(conn: Connection, rules: Collection[UUID]) -> None:
    """Be alone in judging by these rules until the transaction ends."""
    conn.execute(SQL["hold"], {"rules": list(rules)})


def known(
    conn: Connection, rules: Collection[UUID], observations: Collection[UUID]
) -> set[tuple[UUID, UUID]]:
    """(rule, observation) of those that raised an alert before."""
    parameters = {"rules": list(rules), "observations": list(observations)}
    return {(rule, observation) for rule, observation in conn.execute(SQL["known"], parameters)}


def called(
    conn: Connection,
    rules: Collection[UUID],
    deployments: Collection[UUID],
    start: datetime,
    end: datetime,
) -> list[tuple[UUID, UUID, datetime]]:
    """(rule, deployment, capture time) of the alerts in [start, end] for which people were called."""
    parameters = {"rules": list(rules), "deployments": list(deployments), "from": start, "to": end}
    return [(rule, place, at) for rule, place, at in conn.execute(SQL["called"], parameters)]


def insert(conn: Connection, alerts: Sequence[NewAlert], now: datetime) -> None:
    """Those that are new."""
    conn.execute(
        SQL["insert"],
        {
            "now": now,
            "ids": [alert.id for alert in alerts],
            "rules": [alert.rule.id for alert in alerts],
            "reserves": [alert.rule.reserve_id for alert in alerts],
            "observations": [alert.observation_id for alert in alerts],
            "deployments": [alert.deployment_id for alert in alerts],
            "observed": [alert.observed_at for alert in alerts],
            "held": [alert.held_back for alert in alerts],
        },
    )


def place(conn: Connection, deployment_id: UUID) -> tuple[float, float]:
    """Longitude and latitude of an existing deployment."""
    (found,) = conn.execute(SQL["place"], {"deployment_id": deployment_id})
    return found[0], found[1]
