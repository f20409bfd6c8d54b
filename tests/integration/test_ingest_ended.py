"""A camera that was moved: what its node saw after the deployment's end is not counted at the old place."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from fieldwatch_cloud.db import geography, quarantine
from fieldwatch_cloud.db.pool import connection
from fieldwatch_cloud.errors import InvalidMessageError, NotFoundError, RowRefusedError
from fieldwatch_cloud.ingest.intake import Intake
from fieldwatch_cloud.ingest.parse import Incoming, Message, parse
from fieldwatch_cloud.media.store import DiskStore
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import utc_now
from fieldwatch_shared.topics import Kind, Topic

from .cloud_field import NOON, RESERVE, Field

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic import BaseModel

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_shared.messages import Observation


@pytest.fixture
def field(db: Database) -> Field:
    return Field.make(db)


def test_a_deployment_ends_and_its_end_can_be_corrected(field: Field) -> None:
    camera, other = field.deployments["node-1"]
    with field.db.transaction() as conn:
        assert geography.end_deployment(conn, camera) > NOON
        assert geography.end_deployment(conn, camera, at=NOON) == NOON
        with pytest.raises(NotFoundError, match="no such deployment"):
            geography.end_deployment(conn, uuid7())
        with pytest.raises(NotFoundError, match="no such deployment"):
            geography.end_deployment(conn, other, reserve=uuid7())
    with pytest.raises(RowRefusedError), field.db.transaction() as conn:
        geography.end_deployment(conn, camera, at=NOON - timedelta(days=11))
    assert field.rows("SELECT id, ended_at FROM deployment WHERE ended_at IS NOT NULL") == [(camera, NOON)]


HOUR = timedelta(hours=1)


@pytest.fixture
def intake(field: Field, database_url: str, tmp_path: Path) -> Iterator[Intake]:
    """`node-1`'s first camera was moved at noon, its second one stays."""
    with field.db.transaction() as conn:
        geography.end_deployment(conn, field.deployments["node-1"][0], at=NOON)
    with connection(database_url) as conn:
        yield Intake(conn, DiskStore(tmp_path))


def _message(content: BaseModel, kind: Kind) -> Message:
    incoming = Incoming(str(Topic(RESERVE, "node-1", kind)), content.model_dump_json().encode(), {})
    return parse(incoming, utc_now(), largest_picture=1)


def _seen(field: Field, camera: int, after: timedelta) -> Observation:
    at = NOON + after
    deployment = field.deployments["node-1"][camera]
    return field.observation(id=uuid7(), deployment_id=deployment, observed_at=at, ended_at=at + HOUR)


def test_only_what_began_after_the_end_waits_in_quarantine(field: Field, intake: Intake) -> None:
    kept = [_seen(field, 0, timedelta()), _seen(field, 0, -HOUR), _seen(field, 1, HOUR)]
    late = _seen(field, 0, timedelta(seconds=1))
    message = _message(field.batch(*kept, late), Kind.OBSERVATIONS)
    intake.accept([message])
    assert {id_ for (id_,) in field.rows("SELECT id FROM observation")} == {o.id for o in kept}
    with field.db.transaction() as conn:
        (entry,) = quarantine.entries(conn)
    assert "ended at 2026-05-04 12:00:00+00:00, but this began at 2026-05-04 12:00:01" in entry.reason
    with pytest.raises(InvalidMessageError, match="ended at"):
        intake.accept_one(message)
    with field.db.transaction() as conn:
        geography.end_deployment(conn, late.deployment_id, at=NOON + HOUR)
    intake.accept_one(message)
    assert field.count("observation") == 4


def test_a_message_of_the_moved_camera_alone_is_all_in_quarantine(field: Field, intake: Intake) -> None:
    intake.accept([_message(field.batch(_seen(field, 0, HOUR)), Kind.OBSERVATIONS)])
    assert (field.count("observation"), field.count("quarantine")) == (0, 1)


def test_a_heartbeat_still_says_how_the_node_fares(field: Field, intake: Intake) -> None:
    before, after = field.heartbeat(0), field.heartbeat(5)
    intake.accept([_message(beat, Kind.HEARTBEAT) for beat in (before, after)])
    assert field.count("heartbeat") == 2
    assert field.rows("SELECT started_at FROM effort") == [(before.effort[0].started_at,)]
    assert field.count("quarantine") == 1


def test_a_fire_is_never_refused(field: Field, intake: Intake) -> None:
    intake.accept([_message(field.suspicion(60), Kind.SUSPICIONS)])
    assert (field.count("incident"), field.count("quarantine")) == (1, 0)
