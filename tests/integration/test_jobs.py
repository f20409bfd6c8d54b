"""Jobs by the clock: one leads, a missed one runs late, a silence is told once."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from fieldwatch_cloud.db import accounts, heartbeats, jobs
from fieldwatch_cloud.db.pool import connection
from fieldwatch_cloud.deployment_news import health
from fieldwatch_cloud.fleet.health import SILENCE_FACTOR
from fieldwatch_cloud.jobs import leader, tasks
from fieldwatch_cloud.settings import CloudSettings, JobsSettings
from fieldwatch_shared.messages import utc_now

from .cloud_field import Field, Notices, cloud_settings, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database

HEARTBEAT_S = 60
SILENCE = SILENCE_FACTOR * timedelta(seconds=HEARTBEAT_S)


@pytest.fixture
def field(db: Database) -> Field:
    return Field.make(db)


@pytest.fixture
def notices(database_url: str) -> Iterator[Notices]:
    listener = Notices(database_url)
    yield listener
    listener.close()


def _heard(field: Field, node: str = "node-1") -> None:
    with field.db.transaction() as conn:
        heartbeats.insert(conn, node, field.heartbeat(node=node, next_within_s=HEARTBEAT_S))


def test_a_silence_is_told_once_and_late_if_nobody_led(field: Field, notices: Notices) -> None:
    _heard(field)
    ((now,),) = field.rows("SELECT received_at FROM heartbeat")

    def look(last: timedelta | None, at: timedelta) -> int:
        with field.db.transaction() as conn:
            return tasks.find_silence(conn, None if last is None else now + last, now + at)

    assert look(None, SILENCE - timedelta(seconds=1)) == 0
    assert look(SILENCE - timedelta(seconds=1), SILENCE + timedelta(seconds=14)) == 1
    assert look(SILENCE + timedelta(seconds=14), SILENCE + timedelta(seconds=29)) == 0
    (notice,) = notices.of("deployment")
    assert {item["id"] for item in notice["data"]} == {str(id_) for id_ in field.deployments["node-1"]}
    assert {item["health"]["status"] for item in notice["data"]} == {"silent"}
    assert look(-timedelta(hours=1), timedelta(hours=5)) == 1, "it began while nobody led"


def test_a_heartbeat_that_cannot_be_read_hides_no_other_node(field: Field) -> None:
    """An interval of 30 000 years, as an earlier version let through, ended the job for all nodes."""
    _heard(field, "node-1")
    _heard(field, "node-2")
    with field.db.transaction() as conn:
        conn.execute(
            "UPDATE heartbeat SET body = body || '{\"next_within_s\": 1e12}' WHERE node_id = 'node-1'"
        )
    with field.db.transaction() as conn:
        assert tasks.find_silence(conn, None, utc_now() + SILENCE) == 1
        # And the node itself may mend it: its next heartbeat is judged against the one before.
        assert health(conn, "node-1", utc_now())


@contextmanager
def _leading(settings: CloudSettings) -> Iterator[Callable[[], None]]:
    """One that leads as soon as nobody else does; gives what ends it."""
    stopping = threading.Event()
    thread = threading.Thread(target=leader.run, args=(settings, stopping))

    def end() -> None:
        stopping.set()
        thread.join(150)
        assert not thread.is_alive()

    thread.start()
    try:
        yield end
    finally:
        end()


def _all_have_run(field: Field, settings: CloudSettings) -> None:
    eventually(lambda: field.count("job_run") == len(leader.all_jobs(settings)), within_s=120)


def _goes_on(field: Field) -> None:
    """Somebody leads, from now on."""
    (before,) = field.rows("SELECT finished_at FROM job_run WHERE name = 'silence'")
    eventually(lambda: field.rows("SELECT finished_at FROM job_run WHERE name = 'silence'") > [before])


@pytest.fixture
def settings(database_url: str, state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> CloudSettings:
    monkeypatch.setattr(leader, "ASK_AGAIN_S", 0.1)
    monkeypatch.setenv("FIELDWATCH_JOBS_SILENCE_EVERY_S", "0.2")
    return cloud_settings(state_dir, database_url, "mqtt://nobody@127.0.0.1:1")


def test_of_two_one_leads_and_the_other_takes_over(
    field: Field, settings: CloudSettings, database_url: str
) -> None:
    def leads() -> bool:
        with connection(database_url) as conn:
            return not jobs.try_lead(conn)

    with _leading(settings) as end_first:
        eventually(leads)
        with _leading(settings):
            _all_have_run(field, settings)
            end_first()
            _goes_on(field)


def test_the_lead_ends_with_its_connection(field: Field, settings: CloudSettings, database_url: str) -> None:
    with _leading(settings):
        _all_have_run(field, settings)
        with connection(database_url) as conn:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            )
        _goes_on(field)


def test_a_job_missed_while_nobody_led_runs_at_once(field: Field, settings: CloudSettings) -> None:
    """Cleaning up is due every hour; it last ran two hours ago."""
    with field.db.transaction() as conn:
        account = accounts.add_account(conn, email="a@example.org", name="A", password="long enough it is")
        accounts.start_session(conn, account, timedelta(hours=1))
        accounts.start_session(conn, account, -timedelta(hours=1))
        jobs.note_finished(conn, "clean_up", utc_now() - timedelta(hours=2))
    assert JobsSettings().cleanup_every_s == 3600
    with _leading(settings):
        eventually(lambda: field.count("session") == 1)
