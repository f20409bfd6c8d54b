"""An aimed node tells where its camera stands: over HTTPS by its certificate, into real PostGIS."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fieldwatch_edge import vision
from fieldwatch_edge.aiming.record import DeploymentRecord, Told, keep, records
from fieldwatch_edge.aiming.sending import DeploymentsTold
from fieldwatch_edge.errors import RefusedError
from fieldwatch_edge.identity.session import CloudSession
from fieldwatch_edge.outbox import Outbox
from fieldwatch_edge.settings import NodeSettings
from fieldwatch_edge.tomlfile import change_file
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import Clock, ClockQuality, utc_now
from fieldwatch_shared.topics import Kind

from .cloud_field import NodeClient, eventually, working
from .edge_world import write_config
from .enrolment_world import Reserve, reserve_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Database


@pytest.fixture
def reserve(db: Database, database_url: str, state_dir: Path) -> Iterator[Reserve]:
    with reserve_world(db, database_url, state_dir) as world:
        yield world


def told(replaces: UUID | None, **changes: Any) -> Told:
    now = utc_now()
    values = {"id": uuid7(now), "replaces": replaces, "name": "North mast", "lon": 107.5495, "lat": 33.6187,
              "heading_deg": 211.25, "tilt_deg": -2.5, "field_of_view_deg": 61.2, "height_m": 12.0,
              "detection_distance_m": 25.0, "started_at": now}  # fmt: skip
    return Told.model_validate(values | changes)


def stored(reserve: Reserve, id_: UUID) -> tuple[Any, ...]:
    with reserve.db.transaction() as conn:
        row = conn.execute(
            "SELECT node_id, location_name, ST_X(location), ST_Y(location), heading_deg,"
            " detection_distance_m, started_at, ended_at FROM deployment WHERE id = %s",
            [id_],
        ).fetchone()
    assert row is not None
    return tuple(row)


def test_a_turned_camera_is_a_new_deployment_and_the_former_one_ends_then(
    reserve: Reserve, tmp_path: Path
) -> None:
    former = reserve.field.deployments["node-1"][0]
    box = reserve.enrolled(tmp_path)
    new = told(former)
    body = new.model_dump(mode="json")
    with CloudSession.of(box.settings()) as session:
        answer = session.post("/node/deployments", json=body).json()
        assert (answer["created"], answer["ended"]) == (True, str(former))
        again = session.post("/node/deployments", json=body | {"name": "otherwise"}).json()
        assert (again["created"], again["ended"]) == (False, None)
    node, name, lon, lat, heading, distance, started, ended = stored(reserve, new.id)
    assert (node, name, lon, lat, distance, ended) == ("node-1", "North mast", 107.5495, 33.6187, 25.0, None)
    assert heading == pytest.approx(211.25)
    assert stored(reserve, former)[-1] == started == new.started_at
    (entry,) = reserve.field.rows("SELECT subject, after FROM admin_log WHERE action = 'deployment.aimed'")
    assert entry[0] == str(new.id)
    assert entry[1]["replaces"] == str(former)


def test_a_node_can_neither_end_nor_take_what_is_another_nodes(reserve: Reserve, tmp_path: Path) -> None:
    others = reserve.field.deployments["node-2"][0]
    box = reserve.enrolled(tmp_path)
    with CloudSession.of(box.settings()) as session:
        answer = session.post("/node/deployments", json=told(others).model_dump(mode="json")).json()
        assert answer["ended"] is None
        assert stored(reserve, others)[-1] is None
        with pytest.raises(RefusedError) as caught:
            session.post("/node/deployments", json=told(None, id=others).model_dump(mode="json"))
    assert caught.value.status == 409


def test_without_a_link_it_is_kept_and_told_once_with_its_view(reserve: Reserve, tmp_path: Path) -> None:
    """What was seen there comes first, a fire too, and is taken in as soon as the deployment is known."""
    former, new_id = reserve.field.deployments["node-1"][0], uuid7()
    new = told(former, id=new_id)
    seen_at = new.started_at + timedelta(seconds=5)
    with working(reserve.settings):
        node = NodeClient(reserve.broker.port)
        early = reserve.field.observation(
            deployment_id=new_id, observed_at=seen_at, ended_at=seen_at + timedelta(seconds=1)
        )
        fire = reserve.field.suspicion(deployment_id=new_id, observed_at=seen_at, first_seen_at=seen_at)
        sent = node.observe(early)
        node.send(Kind.SUSPICIONS, fire.model_dump_json())
        eventually(lambda: {sent.message_id, fire.message_id} <= node.receipts)
        node.close()
    assert reserve.field.count("quarantine") == 2

    box = reserve.enrolled(tmp_path)
    state_dir = box.settings().node.state_dir
    state_dir.mkdir(exist_ok=True)
    jpeg = vision.jpeg(np.full((48, 64, 3), 90, np.uint8)).data
    keep(state_dir, DeploymentRecord(told=new, clock=Clock(quality=ClockQuality.NTP)), jpeg)
    change_file(box.config, {("camera", 0): {"deployment_id": str(new_id)}})
    outbox = Outbox(tmp_path / "outbox.sqlite", 64 * 1024**2)
    notices: list[str] = []
    companion = DeploymentsTold(box.settings(), outbox, notices.append)
    for _ in range(2):  # once is enough
        assert companion.tell_all()
        (record,) = records(state_dir)
        assert record.done
        assert [entry.kind for entry in outbox] == [Kind.MEDIA]
    outbox.close()
    assert stored(reserve, new_id)[-1] is None
    assert stored(reserve, former)[-1] == new.started_at
    assert reserve.field.rows("SELECT id FROM observation") == [(early.id,)]
    assert reserve.field.rows("SELECT id FROM suspicion") == [(fire.suspicion.id,)]
    assert notices == []


def test_a_node_that_is_not_enrolled_says_that_its_deployments_wait(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    change_file(config, {("camera", 0): {"deployment_id": str((new := told(None)).id)}})
    settings = NodeSettings.read(config)
    settings.node.state_dir.mkdir()
    keep(settings.node.state_dir, DeploymentRecord(told=new, clock=Clock(quality=ClockQuality.NTP)))
    outbox = Outbox(tmp_path / "outbox.sqlite", 64 * 1024**2)
    notices: list[str] = []
    companion = DeploymentsTold(settings, outbox, notices.append)
    assert not companion.tell_all()
    assert not companion.tell_all()
    outbox.close()
    assert len(notices) == 1
    assert "enrol" in notices[0]
