"""`fieldwatch cloud calls`: what an operator asks before the season, and after a fire."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.integration.push_receiver import PushService
from typer.testing import CliRunner

from fieldwatch_cloud import cli, cli_calls
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import utc_now

from .calls_world import Fires
from .notify_world import add_phone, notify_settings, notifying, public_key

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "FIELDWATCH_STATE": str(tmp_path / "state"),
        "FIELDWATCH_DATABASE_URL": database_url,
        "COLUMNS": "200",
    }


@pytest.fixture
def fires(db: Database) -> Fires:
    fires = Fires.make(db)
    fires.person("li", device=False)
    fires.person("chen", "manager")
    now = utc_now()
    fires.shift("li", starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1))
    return fires


def run(environment: dict[str, str], *arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli.app, ["calls", *arguments], env=environment)
    assert done.exit_code == code, done.output
    return done.output


def test_who_would_be_called(fires: Fires, environment: dict[str, str]) -> None:
    in_the_zone = ("who", "--reserve", "foping", "--lat", "33.65", "--lon", "107.55")
    lines = run(environment, *in_the_zone, code=1).splitlines()
    assert [line.split(maxsplit=4) for line in lines] == [
        ["1", "0", "s", "duty", "Li (no device)"],
        ["2", "120", "s", "next", "nobody"],
        ["3", "300", "s", "managers", "Chen"],
        ["4", "600", "s", "all", "Chen, Li (no device)"],
    ]
    fires.device("li")
    assert "no device" not in run(environment, *in_the_zone)
    assert "duty      nobody" in run(environment, "who", "--reserve", "foping", code=1)
    assert "no such reserve" in run(environment, "who", "--reserve", "nowhere", code=1)


def test_the_ledger_of_an_incident(fires: Fires, environment: dict[str, str]) -> None:
    fires.device("li")
    incident = fires.fire(utc_now())
    fires.begin(incident, utc_now())
    fires.rows("UPDATE delivery SET state = 'failed', failure = 'the gateway is on fire' RETURNING 1")
    shown = run(environment, "ledger", str(incident))
    assert "li's phone (webhook)" in shown
    assert "the gateway is on fire" in shown
    assert "no such incident" in run(environment, "ledger", str(uuid7()), code=1)


def test_a_test_call(
    fires: Fires,
    environment: dict[str, str],
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cli_calls, "TEST_TAKES_S", 250.0)
    assert "no device" in run(environment, "test", "li@example.org", code=1)
    with PushService(tmp_path) as pushes:
        phone = add_phone(fires.db, pushes, public_key(fires.db), fires.people["li"], uuid7())
        with notifying(notify_settings(tmp_path, database_url, pushes, monkeypatch)):
            assert "web_push  phone: sent" in run(environment, "test", "li@example.org")
            assert phone.wait(1)[0].payload["kind"] == "test"
            phone.answer(410)
            assert "phone: failed" in run(environment, "test", "li@example.org", code=1)
