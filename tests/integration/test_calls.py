"""Who is called for a fire, when, and what happens where nobody can be: on a controlled clock."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import structlog

from fieldwatch_cloud.alarms import calls as calling
from fieldwatch_cloud.calls.plan import DEFAULT, REPEAT_FOR, Step
from fieldwatch_cloud.db import calls, deliveries
from fieldwatch_cloud.errors import NotFoundError

from .calls_world import T0, Fires, after
from .cloud_field import Notices

if TYPE_CHECKING:
    from fieldwatch_cloud.db.pool import Database


@pytest.fixture
def fires(db: Database) -> Fires:
    fires = Fires.make(db)
    fires.person("li")
    fires.person("wang")
    fires.person("chen", "manager")
    fires.person("zhao", "technician")
    fires.person("xu", "researcher")
    fires.shift("li", 1)
    fires.shift("wang", 2)
    return fires


def test_one_after_the_other_until_all(fires: Fires) -> None:
    incident = fires.fire()
    assert fires.begin(incident) == 1
    for second in (1, 119, 120, 121, 299, 300, 301, 599, 600, 601, 700):
        fires.tick(after(second))
    assert fires.called(incident) == [
        ("Li", "fire", 0),
        ("Wang", "escalation", 120),
        ("Chen", "escalation", 300),
        ("Chen", "escalation", 600),
        ("Li", "escalation", 600),
        ("Wang", "escalation", 600),
        ("Zhao", "escalation", 600),
    ]
    assert [entry.step for entry in fires.ledger(incident)] == [1, 2, 3, 4, 4, 4, 4]
    assert {entry.state for entry in fires.ledger(incident)} == {"queued"}


def test_it_calls_once_however_often_it_is_told_to(fires: Fires) -> None:
    incident = fires.fire()
    assert [fires.begin(incident, after(n)) for n in range(3)] == [1, 0, 0]
    assert fires.tick(after(119)) == 0
    assert [fires.tick(after(120)) for _ in range(3)] == [1, 0, 0]


def test_an_answer_ends_it_and_tells_who_was_called(fires: Fires) -> None:
    incident = fires.fire()
    fires.begin(incident)
    fires.tick(after(120))
    fires.became(incident, "li", "delivered")
    with fires.db.transaction() as conn:
        calling.answered(conn, incident, fires.people["li"], after(130))
    fires.stop(incident, after(130), by="li")
    fires.stop(incident, after(131), by="li")
    for second in (131, 300, 600, 2000):
        assert fires.tick(after(second)) == 0
    # Wang's was never sent: it is cancelled, and he need not hear of what he did not know.
    assert [(e.account, e.kind, e.state) for e in fires.ledger(incident)] == [
        ("Li", "fire", "answered"),
        ("Wang", "escalation", "cancelled"),
    ]
    fires.became(incident, "wang", "sent")
    fires.stop(incident, after(140), "closed", by="li")
    newest = fires.ledger(incident)[-1]
    assert (newest.account, newest.kind, newest.state) == ("Wang", "update", "queued")
    assert fires.rows("SELECT details FROM notification WHERE kind = 'update'") == [({"by": "Li"},)]
    assert fires.escalation(incident).outcome == "closed"


def test_reopened_it_begins_anew(fires: Fires) -> None:
    incident = fires.fire()
    fires.begin(incident)
    fires.became(incident, "li", "opened")
    fires.stop(incident, after(30), "closed")
    assert fires.begin(incident, after(3600)) == 1
    assert fires.called(incident)[-1] == ("Li", "fire", 3600)
    fires.tick(after(3600 + 119))
    assert fires.called(incident)[-1] == ("Li", "fire", 3600)
    fires.tick(after(3600 + 120))
    assert fires.called(incident)[-1] == ("Wang", "escalation", 3720)


def test_no_device_and_the_next_is_called_at_once_and_the_manager_told(fires: Fires) -> None:
    fires.rows("UPDATE device SET disabled_at = now() WHERE id = %s RETURNING 1", fires.devices["li"])
    incident = fires.fire()
    assert fires.begin(incident) == 2
    assert fires.called(incident) == [("Chen", "undelivered", 0), ("Wang", "escalation", 0)]
    ((details,),) = fires.rows("SELECT details FROM notification WHERE kind = 'undelivered'")
    assert [(who["name"], who["why"]) for who in details["unreached"]] == [("Li", "no_device")]
    # The steps after it keep their distance: managers 180 s after `next`, which came 120 s early.
    fires.tick(after(179))
    assert len(fires.called(incident)) == 2
    fires.tick(after(180))
    assert fires.called(incident)[2:] == [("Chen", "escalation", 180)]


def test_nobody_on_duty_goes_to_the_managers(fires: Fires) -> None:
    fires.rows("DELETE FROM shift RETURNING 1")
    incident = fires.fire()
    assert fires.begin(incident) == 1
    assert fires.called(incident) == [("Chen", "escalation", 0)]


def test_the_zones_chief_where_no_shift_is(fires: Fires) -> None:
    fires.rows("DELETE FROM shift RETURNING 1")
    fires.chief("zhao")
    incident = fires.fire()
    fires.begin(incident)
    assert fires.called(incident) == [("Zhao", "fire", 0)]


def test_without_a_place_the_zone_of_the_camera_counts(fires: Fires) -> None:
    incident = fires.fire(zone=False)
    fires.begin(incident)
    assert fires.called(incident) == [("Li", "fire", 0)]


def test_all_calls_of_a_step_failed_and_the_next_comes_at_once(fires: Fires) -> None:
    incident = fires.fire()
    fires.device("li", label="li's tablet")
    fires.begin(incident)
    fires.rows("UPDATE delivery SET state = 'failed' WHERE device_id = %s RETURNING 1", fires.devices["li"])
    assert fires.tick(after(5)) == 0, "the tablet may still be reached"
    fires.became(incident, "li", "failed")
    assert fires.tick(after(6)) == 1
    assert fires.called(incident)[2:] == [("Chen", "undelivered", 6), ("Wang", "escalation", 6)]
    assert fires.tick(after(7)) == 0
    # The plan goes on from there: 180 s between `next` and `managers`.
    assert fires.escalation(incident).due_at == after(6 + 180)


def test_nobody_at_all_is_said_aloud(db: Database, database_url: str) -> None:
    fires = Fires.make(db)
    fires.person("li", device=False)
    fires.person("chen", "manager", device=False)
    fires.shift("li")
    incident = fires.fire()
    notices = Notices(database_url)
    try:
        with structlog.testing.capture_logs() as logs:
            assert fires.begin(incident) == 0
        (news,) = notices.of("incident")
    finally:
        notices.close()
    assert [item["id"] for item in news["data"]] == [str(incident)]
    assert [e["event"] for e in logs if e["log_level"] == "error"] == ["calls.nobody_reachable"]
    assert fires.log(incident) == ["nobody_reachable"]
    assert fires.escalation(incident).outcome == "nobody_answered"
    assert fires.escalation(incident).ended_at is None
    # Whoever gets a phone now is called at the next look, a minute later.
    fires.device("li")
    assert fires.tick(after(59)) == 0
    assert fires.tick(after(60)) == 1
    assert fires.called(incident) == [("Li", "escalation", 60)]
    assert fires.log(incident) == ["nobody_reachable"]


def test_nobody_answers_and_all_are_called_again_and_again(fires: Fires) -> None:
    incident = fires.fire()
    fires.begin(incident)
    with structlog.testing.capture_logs() as logs:
        for due in (120, 300, 600, 1500, 2400, 3300):
            assert fires.tick(after(due - 1)) == 0
            assert fires.tick(after(due)) == 1
    last = [call for call in fires.called(incident) if call[2] > 600]
    everybody = ["Chen", "Li", "Wang", "Zhao"]
    assert last == [(name, "escalation", 600 + n * 900) for n in (1, 2, 3) for name in everybody]
    assert fires.log(incident) == ["nobody_answered"]
    assert [e["event"] for e in logs if e["log_level"] == "error"] == ["calls.nobody_answered"]
    assert fires.escalation(incident).outcome == "nobody_answered"
    # An answer ends that, too.
    fires.stop(incident, after(3400))
    assert fires.tick(after(9000)) == 0
    assert fires.escalation(incident).outcome == "answered"


def test_after_a_day_it_is_given_up(fires: Fires) -> None:
    incident = fires.fire()
    fires.begin(incident)
    for step in (120, 300, 600, 1500):
        fires.tick(after(step))
    for hours in (1, 23, 24, 25):
        fires.tick(T0 + timedelta(hours=hours))
    assert fires.log(incident) == ["nobody_answered", "calls_ended"]
    assert fires.escalation(incident).ended_at == T0 + REPEAT_FOR


def test_all_failed_in_the_last_step_is_said_at_once_and_tried_again_later(fires: Fires) -> None:
    incident = fires.fire()
    fires.begin(incident)
    fires.tick(after(120))
    fires.tick(after(300))
    fires.tick(after(600))
    for name in ("li", "wang", "chen", "zhao"):
        fires.became(incident, name, "failed")
    assert fires.tick(after(610)) == 1
    assert fires.log(incident) == ["nobody_answered"]
    assert fires.tick(after(611)) == 0
    assert fires.escalation(incident).due_at == after(600 + 900)


def test_an_outage_of_ours_is_made_up_for_at_once(fires: Fires) -> None:
    """The notify process was away for an hour: nobody of the plan waits any longer."""
    incident = fires.fire()
    fires.begin(incident)
    while fires.tick(after(3600)):
        pass
    assert {call[0] for call in fires.called(incident)} == {"Li", "Wang", "Chen", "Zhao"}


def test_a_plan_of_its_own(fires: Fires) -> None:
    with fires.db.transaction() as conn:
        assert calls.plan(conn, fires.reserve) == DEFAULT
        calls.set_plan(conn, fires.reserve, [Step(0, "duty"), Step(30, "all")])
    incident = fires.fire()
    fires.begin(incident)
    fires.tick(after(30))
    assert {call[2] for call in fires.called(incident)} == {0, 30}
    assert {call[0] for call in fires.called(incident) if call[2] == 30} == {"Li", "Wang", "Chen", "Zhao"}


def test_a_webhook_of_the_reserve_hears_the_first_call_and_reaches_nobody(db: Database) -> None:
    fires = Fires.make(db)
    fires.person("chen", "manager")
    with db.transaction() as conn:
        conn.execute(
            "INSERT INTO device (id, reserve_id, channel, name, address, language)"
            " VALUES (%s, %s, 'webhook', 'province', '{\"url\": \"https://p.example\"}', 'zh')",
            (uuid4(), fires.reserve),
        )
    incident = fires.fire()
    assert fires.begin(incident) == 2
    assert fires.called(incident) == [(None, "fire", 0), ("Chen", "escalation", 0)]


def test_one_that_fails_does_not_hold_up_the_others(fires: Fires, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = fires.fire(), fires.fire(after(1))
    fires.begin(broken)
    fires.begin(sound, after(1))
    right = calling.Crew.at

    def crew(conn: object, *rest: object) -> object:
        if not broken_seen:
            broken_seen.append(True)
            conn.execute("SELECT 1 / 0")  # type: ignore[attr-defined]
        return right(conn, *rest)  # type: ignore[arg-type]

    broken_seen: list[bool] = []
    monkeypatch.setattr(calling.Crew, "at", crew)
    with structlog.testing.capture_logs() as logs:
        assert fires.tick(after(130)) == 1
    assert [e["event"] for e in logs if e["log_level"] == "error"] == ["calls.escalation_failed"]
    assert ("Wang", "escalation", 130) in fires.called(sound)
    assert fires.tick(after(130 + 30)) == 1
    assert ("Wang", "escalation", 160) in fires.called(broken)


def test_two_processes_make_each_step_once(fires: Fires) -> None:
    incident = fires.fire()
    fires.begin(incident)
    with fires.db.transaction() as one, fires.db.transaction() as other:
        assert calling.run_due(one, after(120)) == 1
        assert calling.run_due(other, after(120)) == 0
    assert fires.tick(after(120)) == 0
    assert len(fires.called(incident)) == 2


def test_receipts_in_any_order(fires: Fires) -> None:
    incident = fires.fire()
    fires.begin(incident)
    ((id_, secret),) = fires.rows("SELECT id, secret FROM delivery")

    def confirm(event: deliveries.Event, word: str = secret) -> str:
        with fires.db.transaction() as conn:
            deliveries.confirm(conn, id_, word, event, T0)
        return fires.ledger(incident)[0].state

    with pytest.raises(NotFoundError):
        confirm("delivered", "x" * 32)
    assert fires.ledger(incident)[0].state == "queued"
    assert [confirm("opened"), confirm("delivered"), confirm("opened")] == ["opened"] * 3
    events = [e for (e,) in fires.rows("SELECT event FROM delivery_log ORDER BY id")]
    assert events == ["queued", "delivered", "opened"]
    with fires.db.transaction() as conn:
        calling.answered(conn, incident, fires.people["li"], after(9))
    assert confirm("opened") == "answered"


@pytest.mark.parametrize(
    "leaves",
    [
        "DELETE FROM membership WHERE account_id = %s RETURNING 1",
        "UPDATE account SET disabled_at = now() WHERE id = %s RETURNING 1",
    ],
)
def test_who_has_left_is_told_nothing_more(fires: Fires, leaves: str) -> None:
    incident = fires.fire()
    fires.begin(incident)
    fires.tick(after(120))
    for name in ("li", "wang"):
        fires.became(incident, name, "sent")
    fires.rows("UPDATE delivery SET attempts = 1 RETURNING 1")
    fires.rows(leaves, fires.people["li"])
    fires.stop(incident, after(130), by="chen")
    assert [call[0] for call in fires.called(incident) if call[1] == "update"] == ["Wang"]


def test_a_mail_shows_no_picture_but_of_the_camera_that_saw_it(fires: Fires) -> None:
    """A node may name any picture's id, also one of another reserve."""
    incident = fires.fire()
    fires.begin(incident)
    ((notification,),) = fires.rows("SELECT id FROM notification")
    picture = uuid4()
    insert = (
        "INSERT INTO media (id, deployment_id, observed_at, mime, sha256, bytes, width, height,"
        " clock_quality) VALUES (%s, %s, %s, 'image/jpeg', 'x', 1, 1, 1, 'ntp') RETURNING 1"
    )
    fires.rows(insert, picture, uuid4(), T0)
    fires.rows("UPDATE suspicion SET media_id = %s RETURNING 1", picture)
    for of, shown in (("somebody else's", None), ("its own", picture)):
        with fires.db.transaction() as conn:
            assert deliveries.facts(conn, notification)["media_id"] == shown, of
        fires.rows("UPDATE media SET deployment_id = %s RETURNING 1", fires.deployment)


def test_no_such_incident(fires: Fires) -> None:
    with pytest.raises(NotFoundError), fires.db.transaction() as conn:
        calling.begin(conn, uuid4(), T0)
