"""Rules like "leopard at the village fence", held against observations as they come in.

One query for a batch; where its reserves have no rules, that is all that it costs.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog

from fieldwatch_cloud.alarms.crew import Crew
from fieldwatch_cloud.calls.quiet import held_back
from fieldwatch_cloud.db import calls, deliveries, rules
from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.db.rules import Judging, NewAlert
    from fieldwatch_cloud.db.staging import Row

log = structlog.get_logger(__name__)
LASTS = timedelta(minutes=30)
"""After that it is no alarm any more; see `calls.quiet.LATE`."""


def judge(conn: Connection, deployments: Collection[UUID], rows: Sequence[Row], now: datetime) -> int:
    """Raise alerts for what the rules of these deployments' reserves look for.

    An observation is judged once by each rule, however often it comes; what calls nobody (too late, quiet
    hours, cooldown) is kept with its reason.

    Args:
        rows: observations that were inserted in this transaction, or were there; columns of
            `db.staging.row`.

    Returns:
        alerts for which people are called.
    """
    found = rules.judging(conn, deployments)
    if not found:
        return 0
    matches = [(rule, row) for rule in found for row in _matching(rule, rows)]
    if not matches:
        return 0
    concerned = {rule.id for rule, _ in matches}
    rules.hold(conn, concerned)
    judged = rules.known(conn, concerned, {row[0] for _, row in matches})
    called = _called(conn, matches)
    alerts: list[NewAlert] = []
    for rule, row in sorted(matches, key=lambda match: match[1][2]):
        id_, deployment_id, observed_at = row[:3]
        if (rule.id, id_) in judged:
            continue
        judged.add((rule.id, id_))
        why = held_back(
            observed_at,
            now,
            ZoneInfo(rule.timezone),
            quiet_from=rule.quiet_from,
            quiet_to=rule.quiet_to,
            called=called[rule.id, deployment_id],
            cooldown=timedelta(seconds=rule.cooldown_s),
        )
        if why is None:
            called[rule.id, deployment_id].append(observed_at)
        alerts.append(rules.NewAlert(uuid7(now), rule, id_, deployment_id, observed_at, why))
    rules.insert(conn, alerts, now)
    calling = [alert for alert in alerts if alert.held_back is None]
    for alert in calling:
        _call(conn, alert, now)
    return len(calling)


def _matching(rule: Judging, rows: Sequence[Row]) -> list[Row]:
    deployments, names = set(rule.deployments), set(rule.scientific_names)
    return [
        row
        for row in rows
        if row[1] in deployments
        and (row[11] in names if names else row[9] == "animal")
        and row[6] >= rule.least_confidence
        and row[7] >= rule.least_count
    ]


def _called(
    conn: Connection, matches: Sequence[tuple[Judging, Row]]
) -> defaultdict[tuple[UUID, UUID], list[datetime]]:
    """By rule and deployment, when those were seen for which people were called, as far as it matters."""
    longest = timedelta(seconds=max(rule.cooldown_s for rule, _ in matches))
    times = [row[2] for _, row in matches]
    called: defaultdict[tuple[UUID, UUID], list[datetime]] = defaultdict(list)
    for rule_id, deployment_id, at in rules.called(
        conn,
        {rule.id for rule, _ in matches},
        {row[1] for _, row in matches},
        min(times) - longest,
        max(times) + longest,
    ):
        called[rule_id, deployment_id].append(at)
    return called


def _call(conn: Connection, alert: NewAlert, now: datetime) -> None:
    """Those whom the rule names; where nobody of them can be reached, the managers."""
    rule = alert.rule
    lon, lat = rules.place(conn, alert.deployment_id)
    zones = calls.zones_at(conn, rule.reserve_id, lon, lat)
    crew = Crew.at(conn, rule.reserve_id, rule.timezone, zones, now)
    # `next` is who would be called after those on duty.
    before = crew.duty[0] if crew.duty and rule.whom == "next" else ()
    people = crew.whom(rule.whom, before)
    devices = [device for person in people for device in person.devices]
    if not devices:
        devices = [device for person in crew.managers for device in person.devices]
    if not devices:
        log.error("alert.nobody_reachable", alert_id=str(alert.id), rule_id=str(rule.id))
    deliveries.queue(conn, rule.reserve_id, "wildlife", devices, now=now, lasts=LASTS, alert_id=alert.id)
    log.info("alert.raised", alert_id=str(alert.id), rule_id=str(rule.id), devices=len(devices))
