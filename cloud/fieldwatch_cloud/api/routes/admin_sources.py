"""Where a reserve's data come from, what did not arrive, and the record of administration."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from fieldwatch_cloud.alarms import firms_feed
from fieldwatch_cloud.api.auth import Admin, FieldStaff, Manager
from fieldwatch_cloud.api.models.admin import (
    AdminLog,
    AdminLogEntry,
    DataSources,
    QuarantinedMessage,
    Refused,
    ReplayedAll,
    SourceDataset,
    SourceHotspots,
    SourceNode,
    SourceQuarantine,
    SourceStation,
)
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.services import Db, Wired
from fieldwatch_cloud.db import admin_log, datasets, hotspots, sources
from fieldwatch_cloud.db.pool import Connection
from fieldwatch_cloud.errors import InvalidMessageError, NotFoundError
from fieldwatch_cloud.fleet.health import SILENCE_FACTOR
from fieldwatch_shared.messages import utc_now

router = APIRouter(tags=["administration"])
SHOWN = 20
REPLAYED_AT_ONCE = 200
Before = Annotated[int | None, Query(ge=1, description="`next_before` of the last page.")]
Limit = Annotated[int, Query(ge=1, le=200)]


@router.get(
    "/reserves/{slug}/data-sources",
    summary="Where data come from, and when each was last heard of",
    responses=problems(401, 403, 404),
)
def get_data_sources(member: FieldStaff, services: Wired) -> DataSources:
    """For technicians and managers."""
    firms = services.settings.firms
    now = utc_now()
    with services.database.transaction() as conn:
        newest, of_month = sources.hotspots(conn, member.reserve_id)
        job = sources.job(conn, firms_feed.JOB)
        waiting, newest_held = sources.quarantined(conn, member.reserve)
        return DataSources(
            nodes=[_node(node, now) for node in sources.nodes(conn, member.reserve_id)],
            hotspots=SourceHotspots(
                key_set=firms.map_key is not None,
                every_s=firms.every_s,
                fetched_at=job.finished_at,
                failed_at=job.failed_at,
                failure=job.failure,
                newest_at=newest,
                of_30_days=of_month,
                located=any(box.reserve == member.reserve for box in hotspots.boxes(conn)),
            ),
            weather=[
                SourceStation(
                    name=one.name, last_observed_at=one.last_observed_at, source=one.source, rows=one.rows
                )
                for one in sources.stations(conn, member.reserve_id)
            ],
            datasets=[
                SourceDataset(
                    id=one.id,
                    name=one.name,
                    imported_at=one.imported_at,
                    deployments=one.deployments,
                    media=one.media,
                    observations=one.observations,
                )
                for one in datasets.of_reserve(conn, member.reserve_id)
            ],
            quarantine=SourceQuarantine(
                waiting=waiting,
                newest_at=newest_held,
                newest=[
                    QuarantinedMessage(
                        id=one.id,
                        received_at=one.received_at,
                        topic=one.topic,
                        reason=one.reason,
                        bytes=one.bytes,
                    )
                    for one in sources.quarantine(conn, member.reserve, SHOWN)
                ],
            ),
        )


@router.post(
    "/reserves/{slug}/quarantine/replay",
    summary="Try all messages in quarantine again",
    responses=problems(401, 403, 404),
)
def replay_all(member: FieldStaff, services: Wired) -> ReplayedAll:
    """For technicians and managers, after the cause is gone: those of the reserve's nodes, oldest first, 200
    at most. Records that are known already are not doubled."""
    with services.database.transaction() as conn:
        wanted = sources.waiting(conn, member.reserve, REPLAYED_AT_ONCE)
    accepted, refused = 0, []
    for id_ in wanted:
        try:
            services.operations.replay(id_)
        except InvalidMessageError as error:
            refused.append(Refused(id=id_, reason=str(error)))
        except NotFoundError:
            continue  # Somebody else was quicker.
        else:
            accepted += 1
    with services.database.transaction() as conn:
        left, _ = sources.quarantined(conn, member.reserve)
        if wanted:
            admin_log.note(
                conn,
                by=member.caller.account.id,
                reserve_id=member.reserve_id,
                action="quarantine.replayed",
                subject=member.reserve,
                name=member.reserve,
                after={"accepted": accepted, "refused": len(refused)},
            )
    return ReplayedAll(accepted=accepted, refused=refused[:SHOWN], left=left)


@router.get(
    "/reserves/{slug}/admin-log",
    summary="Who changed what",
    responses=problems(401, 403, 404, 422),
)
def get_admin_log(
    member: Manager,
    db: Db,
    limit: Limit = 50,
    before: Before = None,
    subject: Annotated[
        str | None, Query(max_length=100, description="Only of the thing with this id.")
    ] = None,
) -> AdminLog:
    """For managers: newest first. Only ever added to."""
    with db.transaction() as conn:
        return _log(conn, member.reserve_id, limit, before, subject)


@router.get("/admin-log", summary="Who changed what, of no reserve", responses=problems(401, 403, 422))
def get_whole_admin_log(_: Admin, db: Db, limit: Limit = 50, before: Before = None) -> AdminLog:
    """For admins of all reserves: roles in every reserve, passwords that people set."""
    with db.transaction() as conn:
        return _log(conn, None, limit, before, None)


def _log(
    conn: Connection, reserve_id: UUID | None, limit: int, before: int | None, subject: str | None
) -> AdminLog:
    found = admin_log.entries(conn, reserve_id, limit=limit + 1, before_id=before, subject=subject)
    items = [
        AdminLogEntry(
            id=one.id,
            at=one.at,
            by=one.by,
            action=one.action,
            subject=one.subject,
            name=one.name,
            before=one.before,
            after=one.after,
        )
        for one in found[:limit]
    ]
    return AdminLog(items=items, next_before=items[-1].id if len(found) > limit else None)


def _node(node: sources.Node, now: datetime) -> SourceNode:
    patience = timedelta(seconds=SILENCE_FACTOR * (node.next_within_s or 0))
    return SourceNode(
        id=node.id,
        name=node.name,
        online=node.online,
        created_at=node.created_at,
        heard_at=node.heard_at,
        silent=node.heard_at is None or node.heard_at + patience < now,
        software=node.software,
        outbox_records=node.outbox_records,
        outbox_bytes=node.outbox_bytes,
        cameras=node.cameras,
    )
