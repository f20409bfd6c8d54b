"""The notify process over a real database, with a push service that checks every message."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.integration.http_server import Answer, Local
from tests.integration.push_receiver import PushService

from fieldwatch_cloud.alarms import calls as calling
from fieldwatch_cloud.db import deliveries
from fieldwatch_cloud.notify.worker import LONGEST_BACKOFF_S, backoff_s
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import utc_now

from .calls_world import Fires
from .notify_world import add_phone, api, eventually, notify_settings, notifying, public_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.integration.push_receiver import Phone

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.settings import CloudSettings


@pytest.fixture
def pushes(tmp_path: Path) -> Iterator[PushService]:
    with PushService(tmp_path) as pushes:
        yield pushes


@pytest.fixture
def settings(
    database_url: str, pushes: PushService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CloudSettings:
    monkeypatch.setenv("FIELDWATCH_HTTP_PUBLIC_URL", "https://fire.example.org")
    return notify_settings(tmp_path, database_url, pushes, monkeypatch)


@pytest.fixture
def fires(db: Database) -> Fires:
    fires = Fires.make(db)
    fires.person("li", device=False)
    fires.person("wang", device=False)
    fires.person("chen", "manager", device=False)
    for name, place in (("li", 1), ("wang", 2)):
        now = utc_now()
        fires.shift(name, place, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=2))
    return fires


@pytest.fixture
def phones(fires: Fires, pushes: PushService) -> dict[str, Phone]:
    key = public_key(fires.db)
    phones = {}
    for name, account in fires.people.items():
        fires.devices[name] = uuid7()
        phones[name] = add_phone(fires.db, pushes, key, account, fires.devices[name])
    return phones


def events(fires: Fires) -> list[str]:
    return [event for (event,) in fires.rows("SELECT event FROM delivery_log ORDER BY id")]


def test_from_the_incident_to_the_phone_and_back(
    fires: Fires, phones: dict[str, Phone], settings: CloudSettings, tmp_path: Path, pushes: PushService
) -> None:
    now = utc_now()
    incident = fires.fire(now)
    with api(settings, tmp_path) as api_url, notifying(settings):
        fires.begin(incident, now)
        (push,) = phones["li"].wait(1)
        (entry,) = fires.ledger(incident)
        assert push.urgency == "high"
        assert push.payload["kind"] == "fire"
        assert push.payload["incident"] == str(incident)
        assert push.payload["delivery"] == str(entry.id)
        assert push.payload["url"] == f"/#incident/{incident}"
        eventually(lambda: fires.ledger(incident)[0].sent_at)
        assert phones["li"].confirm(push, api_url, "delivered").status_code == 204
        assert phones["li"].confirm(push, api_url, "opened").status_code == 204
        assert phones["li"].confirm(push, api_url, "delivered").status_code == 204
        push.payload["secret"] = "guessed"
        assert phones["li"].confirm(push, api_url, "opened").status_code == 404
        with fires.db.transaction() as conn:
            calling.answered(conn, incident, fires.people["li"], utc_now())
    (entry,) = fires.ledger(incident)
    assert entry.state == "answered"
    assert events(fires) == ["queued", "attempted", "sent", "delivered", "opened", "answered"]
    times = [entry.queued_at, entry.attempted_at, entry.sent_at, entry.delivered_at, entry.opened_at]
    assert times == sorted(times)  # type: ignore[type-var]
    assert pushes.refused == []


def test_what_was_queued_while_nobody_worked_is_sent(
    fires: Fires, phones: dict[str, Phone], settings: CloudSettings
) -> None:
    fires.begin(fires.fire(utc_now()), utc_now())
    with notifying(settings):
        phones["li"].wait(1)


def test_a_busy_service_is_asked_again_when_it_said(
    fires: Fires, phones: dict[str, Phone], settings: CloudSettings
) -> None:
    phones["li"].answer(429, retry_after=3)
    incident = fires.fire(utc_now())
    with notifying(settings):
        fires.begin(incident, utc_now())
        eventually(lambda: "postponed" in events(fires))
        ((wait_s,),) = fires.rows(
            "SELECT extract(epoch FROM d.next_attempt_at - l.at)::float8 FROM delivery d"
            " JOIN delivery_log l ON l.delivery_id = d.id AND l.event = 'postponed'"
        )
        assert wait_s >= 2.9
        phones["li"].wait(1)
        eventually(lambda: fires.ledger(incident)[0].state == "sent")
    assert events(fires) == ["queued", "attempted", "postponed", "attempted", "sent"]
    (entry,) = fires.ledger(incident)
    assert entry.attempts == 2
    assert entry.failure is None


def test_a_dead_address_is_disabled_and_the_next_is_called_at_once(
    fires: Fires, phones: dict[str, Phone], settings: CloudSettings
) -> None:
    phones["li"].answer(410)
    incident = fires.fire(utc_now())
    with notifying(settings):
        fires.begin(incident, utc_now())
        (push,) = phones["wang"].wait(1)
        (told,) = phones["chen"].wait(1)
    assert push.payload["kind"] == "escalation"
    assert told.payload["kind"] == "undelivered"
    assert "Li" in told.payload["body"]
    ((reason,),) = fires.rows("SELECT disabled_reason FROM device WHERE disabled_at IS NOT NULL")
    assert reason
    (first,) = (entry for entry in fires.ledger(incident) if entry.account == "Li")
    assert first.state == "failed"
    assert first.failure == reason


class Silent(Local):
    """Takes everything, answers nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.asked += 1
        return Answer(None)


def test_a_server_that_does_not_answer_holds_up_no_push(
    fires: Fires, phones: dict[str, Phone], settings: CloudSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fieldwatch_cloud.notify.channels.clients.READ_S", 200.0)
    with notifying(settings), Silent() as silent:
        for n in range(6):
            address = {"url": f"http://127.0.0.1:{silent.port}/{n}", "secret": "s" * 32}
            fires.device("li", address=address, label=f"system {n}")
        fires.begin(fires.fire(utc_now()), utc_now())
        eventually(lambda: silent.asked >= 4)
        fires.begin(fires.fire(utc_now()), utc_now())
        phones["li"].wait(2, within_s=120)  # Before any webhook is given up.


def test_a_worker_that_died_after_sending_leaves_it_to_the_confirmation(
    fires: Fires, phones: dict[str, Phone], settings: CloudSettings
) -> None:
    """It claimed two calls and is never heard of again; one of the messages had arrived."""
    incident = fires.fire(utc_now())
    fires.begin(incident, utc_now())
    other = fires.fire(utc_now())
    fires.begin(other, utc_now())
    claimed = []
    for _ in range(2):
        with fires.db.transaction() as conn:
            claimed.append(deliveries.claim(conn, "web_push", 600))
    first, second = claimed
    assert first is not None
    assert second is not None
    with fires.db.transaction() as conn:
        assert deliveries.claim(conn, "web_push", 600) is None, "both are leased"
        deliveries.confirm(conn, first.id, first.secret, "delivered", utc_now())
    fires.rows("UPDATE delivery SET leased_until = now() RETURNING 1")
    with notifying(settings):
        pushes = phones["li"].wait(1)
        eventually(lambda: fires.rows("SELECT 1 FROM delivery WHERE state = 'sent'"))
    assert [push.payload["delivery"] for push in pushes] == [str(second.id)]
    assert [push.payload["delivery"] for push in phones["li"].received] == [str(second.id)]
    assert {entry.state for i in (incident, other) for entry in fires.ledger(i)} == {"delivered", "sent"}


def test_the_late_word_of_a_worker_that_was_given_up(fires: Fires, phones: dict[str, Phone]) -> None:
    """It slept for longer than its lease; another has tried meanwhile."""
    fires.begin(fires.fire(utc_now()), utc_now())
    with fires.db.transaction() as conn:
        slow = deliveries.claim(conn, "web_push", 0)
    assert slow is not None

    def again() -> deliveries.Claimed | None:
        with fires.db.transaction() as conn:
            return deliveries.claim(conn, "web_push", 600)

    second = eventually(again)
    assert (second.id, second.attempts) == (slow.id, 2)
    with fires.db.transaction() as conn:
        assert not deliveries.failed(conn, slow, "too late to say so")
        deliveries.postponed(conn, slow, "too late to say so", 60)
        assert conn.execute("SELECT state, leased_until > now() FROM delivery").fetchall() == [
            ("queued", True)
        ]
        deliveries.sent(conn, slow, None)  # But what was sent was sent.
        assert conn.execute("SELECT state FROM delivery").fetchall() == [("sent",)]


def test_an_answer_stops_what_waits(fires: Fires, phones: dict[str, Phone], settings: CloudSettings) -> None:
    incident = fires.fire(utc_now())
    fires.begin(incident, utc_now())
    fires.stop(incident, utc_now(), by="li")
    later = fires.fire(utc_now())
    fires.begin(later, utc_now())
    with notifying(settings):
        pushes = phones["li"].wait(1)
        eventually(lambda: fires.ledger(later)[0].state == "sent")
    assert [push.payload["incident"] for push in pushes] == [str(later)]
    assert [entry.state for entry in fires.ledger(incident)] == ["cancelled"]


def test_what_cannot_be_sent_in_time_has_failed_and_others_are_called(
    fires: Fires, phones: dict[str, Phone], settings: CloudSettings
) -> None:
    incident = fires.fire(utc_now())
    fires.begin(incident, utc_now())
    fires.rows("UPDATE delivery SET expires_at = now() - interval '1 s' RETURNING 1")
    with notifying(settings):
        phones["wang"].wait(1)
    assert phones["li"].received == []
    (first,) = (entry for entry in fires.ledger(incident) if entry.account == "Li")
    assert (first.state, first.failure) == ("failed", "not sent in time")


def test_a_device_removed_while_its_call_waited(
    fires: Fires, phones: dict[str, Phone], settings: CloudSettings
) -> None:
    incident = fires.fire(utc_now())
    fires.begin(incident, utc_now())
    fires.rows("UPDATE device SET disabled_at = now() WHERE id = %s RETURNING 1", fires.devices["li"])
    with notifying(settings):
        phones["wang"].wait(1)
    assert phones["li"].received == []


def test_two_processes_send_each_call_once(
    fires: Fires, phones: dict[str, Phone], settings: CloudSettings
) -> None:
    with notifying(settings), notifying(settings):
        for _ in range(20):
            fires.begin(fires.fire(utc_now()), utc_now())
        phones["li"].wait(20)
        of_li = "FROM delivery WHERE device_id = %s"
        li = fires.devices["li"]
        eventually(lambda: fires.rows(f"SELECT count(*) {of_li} AND state = 'sent'", li) == [(20,)])
    assert len(phones["li"].received) == 20
    assert fires.rows(f"SELECT max(attempts) {of_li}", li) == [(1,)]


def test_escalation_runs_in_the_process(
    fires: Fires, phones: dict[str, Phone], settings: CloudSettings
) -> None:
    """Begun two minutes ago by the clock: the second step is due now."""
    incident = fires.fire(utc_now())
    with notifying(settings):
        fires.begin(incident, utc_now())
        phones["li"].wait(1)
        fires.rows("UPDATE escalation SET due_at = now(), began_at = now() - interval '2 min' RETURNING 1")
        (push,) = phones["wang"].wait(1)
    assert push.payload["kind"] == "escalation"
    # Two, and the minutes that the machine took.
    assert re.search(r"\b[2-9](?: min|分钟)", push.payload["body"])


def test_no_message_leads_into_the_house_where_that_is_forbidden(
    fires: Fires,
    phones: dict[str, Phone],
    database_url: str,
    pushes: PushService,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed = notify_settings(
        tmp_path, database_url, pushes, monkeypatch, FIELDWATCH_NOTIFY_PRIVATE_NETWORKS="false"
    )
    incident = fires.fire(utc_now())
    with notifying(closed):
        fires.begin(incident, utc_now())
        eventually(lambda: "failed" in events(fires))
    assert pushes.requests == 0
    (entry,) = (entry for entry in fires.ledger(incident) if entry.account == "Li")
    assert entry.failure == "its address leads into a private network"


def test_a_call_that_cannot_be_worded_stands_in_nobodys_way(
    fires: Fires, phones: dict[str, Phone], settings: CloudSettings
) -> None:
    broken = fires.fire(utc_now())
    fires.begin(broken, utc_now())
    details = json.dumps({"unreached": [{"name": "x"}]})
    fires.rows("UPDATE notification SET details = %s RETURNING 1", details)
    sound = fires.fire(utc_now())
    fires.begin(sound, utc_now())
    with notifying(settings):
        (push,) = phones["li"].wait(1)
        assert push.payload["incident"] == str(sound)
        eventually(lambda: "postponed" in events(fires))
    assert fires.ledger(broken)[0].failure == "the message could not be written"


def test_a_fire_whose_words_fail_is_told_all_the_same(
    fires: Fires, phones: dict[str, Phone], settings: CloudSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise ValueError("a zone that nobody can pronounce")

    monkeypatch.setattr("fieldwatch_cloud.notify.compose.compose", fail)
    incident = fires.fire(utc_now())
    fires.begin(incident, utc_now())
    with notifying(settings):
        (push,) = phones["li"].wait(1)
    assert push.payload["incident"] == str(incident)
    assert "Fieldwatch" in push.payload["title"]


def test_backoff_doubles_spreads_and_obeys() -> None:
    for attempts, usual in ((1, 1), (2, 2), (5, 16), (7, LONGEST_BACKOFF_S), (500, LONGEST_BACKOFF_S)):
        waits = [backoff_s(attempts) for _ in range(200)]
        assert usual * 0.5 <= min(waits) < usual * 0.75
        assert usual * 1.25 < max(waits) <= usual * 1.5
    assert backoff_s(1, 30) == 30
    assert backoff_s(9, 0) > 1
