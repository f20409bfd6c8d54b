"""How long a reserve's pictures are kept."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, HTTPException

from fieldwatch_cloud.api.auth import Manager
from fieldwatch_cloud.api.models.admin import (
    RemovedPictures,
    Retention,
    RetentionPreview,
    RetentionRule,
    RetentionRules,
    SetRetentionRule,
)
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.db import admin_log, geography, retention, sources
from fieldwatch_cloud.db.pool import Connection
from fieldwatch_shared.messages import utc_now

router = APIRouter(tags=["administration"])
JOB = "retention"
"""As `jobs.leader` calls it."""


@router.get(
    "/reserves/{slug}/retention",
    summary="How long pictures are kept, and what went",
    responses=problems(401, 403, 404),
)
def get_retention(member: Manager, db: Db) -> Retention:
    """For managers."""
    with db.transaction() as conn:
        return _retention(conn, member)


@router.put(
    "/reserves/{slug}/retention",
    summary="Say how long pictures are kept",
    responses=problems(401, 403, 404, 422),
)
def put_retention(body: RetentionRules, member: Manager, db: Db) -> Retention:
    """For managers: all rules. The job removes by them within some hours, and nothing brings a picture back.
    What was seen stays on record; pictures that an incident rests on always stay."""
    _check(body.rules)
    with db.transaction() as conn:
        before: dict[str, Any] = {
            rule.kind: _words(rule.keep_days, rule.labelled_too) for rule in _rules(conn, member)
        }
        wanted = [retention.Rule(rule.kind, rule.keep_days, rule.labelled_too) for rule in body.rules]
        retention.set_rules(conn, member.reserve_id, wanted, member.caller.account.id)
        after: dict[str, Any] = {rule.kind: _words(rule.keep_days, rule.labelled_too) for rule in wanted}
        admin_log.note(
            conn,
            by=member.caller.account.id,
            reserve_id=member.reserve_id,
            action="retention.changed",
            subject=member.reserve,
            name=member.reserve,
            before=before,
            after=after,
        )
        return _retention(conn, member)


@router.post(
    "/reserves/{slug}/retention/preview",
    summary="What rules would remove now",
    responses=problems(401, 403, 404, 422),
)
def preview_retention(body: RetentionRules, member: Manager, db: Db) -> list[RetentionPreview]:
    """For managers. Removes nothing, and switches nothing on."""
    _check(body.rules)
    now = utc_now()
    answers = []
    with db.transaction() as conn:
        for rule in body.rules:
            found = retention.preview(
                conn,
                member.reserve_id,
                retention.Rule(rule.kind, rule.keep_days, rule.labelled_too),
                now - timedelta(days=rule.keep_days),
            )
            answers.append(
                RetentionPreview(
                    kind=rule.kind,
                    pictures=found.pictures,
                    bytes=found.bytes,
                    first=found.first,
                    last=found.last,
                    evidence=found.evidence,
                    labelled=found.labelled,
                )
            )
    return answers


def _check(rules: list[RetentionRule]) -> None:
    """Raises:
    HTTPException: 422, two rules for one kind.
    """
    if len({rule.kind for rule in rules}) < len(rules):
        raise HTTPException(422, "body.rules: one rule per kind at most")


def _words(keep_days: int, labelled_too: bool) -> dict[str, object]:
    return {"keep_days": keep_days, "labelled_too": labelled_too}


def _rules(conn: Connection, member: Manager) -> list[retention.SetRule]:
    return retention.rules(conn, member.reserve_id)


def _retention(conn: Connection, member: Manager) -> Retention:
    timezone = geography.reserves(conn, [member.reserve])[0].timezone
    kept = retention.kept(conn, member.reserve_id)
    job = sources.job(conn, JOB)
    return Retention(
        rules=[
            SetRetentionRule(
                kind=rule.kind,
                keep_days=rule.keep_days,
                labelled_too=rule.labelled_too,
                set_by=rule.set_by,
                set_at=rule.set_at,
            )
            for rule in _rules(conn, member)
        ],
        pictures=kept.pictures,
        bytes=kept.bytes,
        since=kept.since,
        removed=[
            RemovedPictures(
                day=one.day, kind=one.kind, keep_days=one.keep_days, pictures=one.pictures, bytes=one.bytes
            )
            for one in retention.removed(conn, member.reserve_id, timezone)
        ],
        ran_at=job.finished_at,
        failure=job.failure,
    )
