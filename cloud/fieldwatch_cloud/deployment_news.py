"""How a node's deployments fare, and the news for the live stream when that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldwatch_cloud.db import heartbeats, nodes
from fieldwatch_cloud.fleet.health import Health, deployment_health

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.live import News
    from fieldwatch_cloud.db.pool import Connection


def health(conn: Connection, node: str, now: datetime) -> dict[UUID, Health]:
    """How each deployment of the node that has not ended fares at `now`."""
    heard = heartbeats.newest(conn, node)
    return {
        deployment.id: deployment_health(
            deployment.id,
            started_at=deployment.started_at,
            ended_at=deployment.ended_at,
            online=deployment.online,
            heartbeat=heard.heartbeat if heard else None,
            heard_at=heard.at if heard else None,
            now=now,
        )
        for deployment in nodes.watched(conn, node)
    }


def health_changes(
    conn: Connection, news: News, reserve: str, node: str, before: Mapping[UUID, Health], now: datetime
) -> None:
    """Tell of those of the node's deployments that fare otherwise than `before`; times alone are no news."""
    for deployment, judged in health(conn, node, now).items():
        was = before.get(deployment)
        if was is None or _judgement(was) != _judgement(judged):
            news.add(reserve, "deployment", {"id": str(deployment), "health": as_json(judged)})


def as_json(health: Health) -> dict[str, Any]:
    return {
        "status": health.status.value,
        "reasons": [reason.value for reason in health.reasons],
        "problem": health.problem,
        "last_heartbeat_at": _iso(health.last_heartbeat_at),
        "last_frame_at": _iso(health.last_frame_at),
        "online": health.online,
    }


def _judgement(health: Health) -> tuple[object, ...]:
    return health.status, health.reasons, health.problem, health.online


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
