"""Rules for wildlife: what is looked for, and what was found."""

import json
from typing import Any
from uuid import UUID

from fastapi import APIRouter

from fieldwatch_cloud.api.auth import AnyMember, Manager, SignedIn, check_role
from fieldwatch_cloud.api.models.alerts import Alert, AlertRule, AlertRules, Alerts, NewAlertRule
from fieldwatch_cloud.api.models.common import MultiPolygon, problems
from fieldwatch_cloud.api.models.people import Role
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.db import rules
from fieldwatch_cloud.db.pool import Connection
from fieldwatch_cloud.errors import NotFoundError

router = APIRouter(tags=["alerts"])
MOST_ALERTS = 200


@router.get("/reserves/{slug}/alert-rules", summary="What is looked for", responses=problems(401, 404))
def list_alert_rules(member: AnyMember, db: Db) -> AlertRules:
    with db.transaction() as conn:
        return AlertRules(items=[_rule(row) for row in rules.rules(conn, member.reserve_id)])


@router.post(
    "/reserves/{slug}/alert-rules",
    summary="Look for an animal",
    status_code=201,
    responses=problems(401, 403, 404, 422),
)
def create_alert_rule(body: NewAlertRule, member: Manager, db: Db) -> AlertRule:
    """For managers. Holds for what comes in from now on."""
    with db.transaction() as conn:
        id_ = rules.add(conn, member.reserve_id, member.caller.account.id, _values(body))
        return _rule(rules.rule(conn, id_))


@router.put("/alert-rules/{rule_id}", summary="Change a rule", responses=problems(401, 403, 404, 422))
def put_alert_rule(rule_id: UUID, body: NewAlertRule, caller: SignedIn, db: Db) -> AlertRule:
    """For managers."""
    with db.transaction() as conn:
        _may_change(conn, rule_id, caller)
        rules.replace(conn, rule_id, _values(body))
        return _rule(rules.rule(conn, rule_id))


@router.delete(
    "/alert-rules/{rule_id}", summary="Delete a rule", status_code=204, responses=problems(401, 403, 404)
)
def delete_alert_rule(rule_id: UUID, caller: SignedIn, db: Db) -> None:
    """For managers. With the alerts that it raised; to keep those, disable it."""
    with db.transaction() as conn:
        _may_change(conn, rule_id, caller)
        rules.delete(conn, rule_id)


@router.get("/reserves/{slug}/alerts", summary="What the rules found", responses=problems(401, 404))
def list_alerts(member: AnyMember, db: Db) -> Alerts:
    """Also what called nobody, with the reason."""
    with db.transaction() as conn:
        found = rules.alerts(conn, member.reserve_id, MOST_ALERTS)
    return Alerts(
        items=[
            Alert(
                id=row.id,
                rule_id=row.rule_id,
                observation_id=row.observation_id,
                deployment_id=row.deployment_id,
                observed_at=row.observed_at,
                raised_at=row.raised_at,
                held_back=row.held_back,
                scientific_name=row.scientific_name,
                count=row.count,
                media_id=row.media_id,
            )
            for row in found
        ]
    )


def _may_change(conn: Connection, rule_id: UUID, caller: SignedIn) -> None:
    roles = caller.roles_in(rules.rule(conn, rule_id).reserve)
    if not roles:
        raise NotFoundError(f"no such rule: {rule_id}")
    check_role(roles, (Role.MANAGER,))


def _values(body: NewAlertRule) -> dict[str, Any]:
    area = None if body.area is None else json.dumps(body.area.model_dump())
    return {**body.model_dump(exclude={"area", "quiet_from", "quiet_to"}), "area": area} | {
        "quiet_from": body.quiet_from,
        "quiet_to": body.quiet_to,
    }


def _rule(row: rules.Rule) -> AlertRule:
    return AlertRule(
        id=row.id,
        name=row.name,
        name_zh=row.name_zh,
        scientific_names=row.scientific_names,
        area=None if row.area is None else MultiPolygon.model_validate_json(row.area),
        least_confidence=row.least_confidence,
        least_count=row.least_count,
        cooldown_s=row.cooldown_s,
        quiet_from=row.quiet_from,
        quiet_to=row.quiet_to,
        whom=row.whom,
        enabled=row.enabled,
    )
