"""What somebody with a node in hand tries at the API, beside what it is for: against the real one."""

from __future__ import annotations

import base64
import threading
from typing import TYPE_CHECKING, Any

import pytest

from fieldwatch_cloud.api.routes import node_deployments
from fieldwatch_cloud.authority import admission
from fieldwatch_edge.errors import RefusedError
from fieldwatch_edge.identity.session import CloudSession
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import utc_now

from .cloud_field import eventually
from .enrolment_world import reserve_world
from .gate_world import Box, Gate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from fieldwatch_cloud.db.pool import Database


@pytest.fixture
def gate(database_url: str, db, state_dir: Path) -> Iterator[Gate]:
    gate = Gate(database_url, db, state_dir, with_broker=False)
    yield gate
    gate.broker.stop()


@pytest.fixture
def api(gate: Gate) -> Iterator[TestClient]:
    with gate.open() as client:
        yield client


def waits_for_a_lock(gate: Gate) -> bool:
    """Whether any query does."""
    with gate.db.transaction() as conn:
        (row,) = conn.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    return bool(row[0])


def test_no_certificate_slips_past_a_revocation(gate: Gate, api: TestClient) -> None:
    box = gate.box(api, "stolen")
    assert box.log_in().status_code == 200
    mine = Box(gate, api)
    answers: list[Any] = []

    def renew() -> None:
        answers.append(box.ask("POST", "/node/certificate", json={"csr": mine.request()}))

    thief = threading.Thread(target=renew)
    with gate.db.transaction() as conn:  # the revocation is under way, and not yet in force
        admission.revoke(conn, "stolen")
        thief.start()
        eventually(lambda: answers or waits_for_a_lock(gate))
    thief.join()
    assert answers[0].status_code == 401, answers[0].text
    with gate.db.transaction() as conn:
        (row,) = conn.execute("SELECT count(*) FROM node_certificate WHERE revoked_at IS NULL")
    assert row[0] == 0


def test_a_node_is_given_no_more_certificates_than_it_can_need(gate: Gate, api: TestClient) -> None:
    box = gate.box(api, "greedy")
    box.log_in()
    answers = [
        box.ask("POST", "/node/certificate", json={"csr": Box(gate, api).request()})
        for _ in range(admission.RENEWALS)
    ]
    assert [answer.status_code for answer in answers] == [200] * (admission.RENEWALS - 1) + [429]
    same = box.ask("POST", "/node/certificate", json={"csr": box.request()})
    assert same.status_code == 200, "an answer that was lost is given again"


def test_a_node_does_not_fill_the_map_with_deployments(
    gate: Gate, api: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_deployments, "MOST_PER_DAY", 3)
    box = gate.box(api, "stolen")
    box.log_in()
    told = [
        {"id": str(uuid7()), "name": "Ridge", "lon": 107.5, "lat": 33.6, "started_at": utc_now().isoformat()}
        for _ in range(5)
    ]
    answers = [box.ask("POST", "/node/deployments", json=each).status_code for each in told]
    assert answers == [200, 200, 200, 429, 429]
    assert box.ask("POST", "/node/deployments", json=told[0]).status_code == 200, "it is here already"


def test_a_revoked_node_does_not_finish_what_it_was_sending(
    db: Database, database_url: str, tmp_path: Path
) -> None:
    with reserve_world(db, database_url, tmp_path / "cloud") as reserve:
        box = reserve.enrolled(tmp_path / "box")
        content = bytes(range(256)) * 16
        record = reserve.field.media(content)
        told = base64.b64encode(record.model_dump_json().encode()).decode()
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(content))}
        with CloudSession.of(box.settings()) as session:
            session.post("/node/uploads", headers={**headers, "Upload-Metadata": f"record {told}"})

            def slowly() -> Iterator[bytes]:
                yield content[:1000]
                part = reserve.settings.uploads_dir / f"{record.id}.part"
                eventually(part.exists)  # the cloud has begun to take it
                reserve.revoke()
                yield content[1000:]

            sent = {**headers, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
            with pytest.raises(RefusedError) as refused:
                session.patch(f"/node/uploads/{record.id}", content=slowly(), headers=sent)
        assert refused.value.status == 401
        assert reserve.field.count("media") == 0
