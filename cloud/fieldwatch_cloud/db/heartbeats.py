"""Heartbeats and the effort that they carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from psycopg.types.json import Jsonb
from pydantic import ValidationError

from fieldwatch_cloud.db.statements import statements
from fieldwatch_shared.messages import EffortSpan, Heartbeat

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from fieldwatch_cloud.db.pool import Connection

log = structlog.get_logger(__name__)
SQL = statements("heartbeats")


@dataclass(frozen=True, slots=True)
class Heard:
    """A heartbeat and when the cloud received it."""

    heartbeat: Heartbeat
    at: datetime


def newest(conn: Connection, node: str) -> Heard | None:
    """The heartbeat that was heard last from the node; None where it sent none, or it cannot be read."""
    found = conn.execute(SQL["newest"], {"node": node}).fetchone()
    return _heard(node, *found) if found else None


def newest_of_all(conn: Connection) -> list[tuple[str, str, Heard]]:
    """(node, reserve's slug, newest heartbeat) of each node that ever sent one that can be read."""
    found = []
    for node, reserve, body, at in conn.execute(SQL["newest_of_all"]):
        heard = _heard(node, body, at)
        if heard is not None:
            found.append((node, reserve, heard))
    return found


def read(node: str, body: Any) -> Heartbeat | None:
    """A heartbeat as it was kept; None where there is none, or it cannot be read.

    One kept by an earlier version may say what is refused today: that is no reason to judge no node.
    """
    if body is None:
        return None
    try:
        return Heartbeat.model_validate(body)
    except ValidationError as error:
        log.warning("heartbeat.unreadable", node=node, reason=str(error))
        return None


def _heard(node: str, body: Any, at: datetime) -> Heard | None:
    heartbeat = read(node, body)
    return Heard(heartbeat, at) if heartbeat is not None else None


def insert(conn: Connection, node: str, heartbeat: Heartbeat) -> bool:
    """Keep the heartbeat; False if it was there already. Its effort is for `insert_effort`."""
    parameters = {
        "id": heartbeat.id,
        "node": node,
        "observed_at": heartbeat.observed_at,
        "body": Jsonb(heartbeat.model_dump(mode="json")),
    }
    return conn.execute(SQL["insert"], parameters).rowcount > 0


def insert_effort(conn: Connection, spans: Sequence[EffortSpan]) -> None:
    """Keep those of the spans that are not there yet: all of one transaction in one call."""
    if spans:
        parameters = {
            "ids": [span.id for span in spans],
            "deployments": [span.deployment_id for span in spans],
            "starts": [span.started_at for span in spans],
            "ends": [span.ended_at for span in spans],
            "frames": [span.frames for span in spans],
        }
        conn.execute(SQL["insert_effort"], parameters)
