"""What somebody with a node in hand tries at the API, beside what it is for: against the real one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from fieldwatch_cloud.authority import admission

from .cloud_field import eventually
from .gate_world import Box, Gate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient


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
