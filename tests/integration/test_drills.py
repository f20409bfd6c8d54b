"""A drill goes through the real chain, meets no real fire, and reports what came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from fieldwatch_cloud.alarms import calls as calling
from fieldwatch_cloud.alarms import drills
from fieldwatch_cloud.db import deliveries
from fieldwatch_cloud.db import drills as stored
from fieldwatch_cloud.db.live import News
from fieldwatch_cloud.errors import AlreadyExistsError, NotFoundError, RowRefusedError

from .calls_world import T0, Fires, after

if TYPE_CHECKING:
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Database


@pytest.fixture
def fires(db: Database) -> Fires:
    fires = Fires.make(db)
    fires.person("li")
    fires.person("wang")
    fires.person("chen", "manager")
    fires.person("zhao", device=False)
    fires.shift("li", 1)
    fires.shift("wang", 2)
    fires.shift("zhao", 2)
    return fires


def start(fires: Fires, **fields: object) -> UUID:
    with fires.db.transaction() as conn:
        return drills.start(
            conn,
            "foping",
            fires.deployment,
            fires.people["chen"],
            T0,
            News(),
            **fields,  # type: ignore[arg-type]
        )


def incident_of(fires: Fires, drill: UUID) -> UUID:
    with fires.db.transaction() as conn:
        return stored.get(conn, drill).incident_id


def report(fires: Fires, drill: UUID, at: float) -> drills.Report:
    with fires.db.transaction() as conn:
        return drills.report(conn, drill, after(at))


def test_it_calls_as_a_fire_would_and_is_marked_everywhere(fires: Fires) -> None:
    drill = start(fires, note="spring")
    incident = incident_of(fires, drill)
    assert fires.rows("SELECT drill, state, kind FROM incident WHERE id = %s", incident) == [
        (True, "new", "smoke")
    ]
    assert fires.rows("SELECT bearing_deg, model FROM suspicion WHERE incident_id = %s", incident) == [
        (90.0, "drill")
    ]
    assert fires.called(incident) == [("Li", "fire", 0)]
    assert {entry.drill for entry in fires.ledger(incident)} == {True}
    fires.tick(after(120))
    assert fires.called(incident)[1:] == [("Chen", "undelivered", 120), ("Wang", "escalation", 120)]
    assert fires.rows("SELECT DISTINCT drill FROM notification") == [(True,)]


def test_a_gate_holds_no_drill_back(fires: Fires) -> None:
    fires.rows(
        'INSERT INTO fire_gate (deployment_id, least, set_by) VALUES (%s, \'{"unknown": 1, "low": 1}\', %s)'
        " RETURNING 1",
        fires.deployment,
        fires.people["chen"],
    )
    assert fires.called(incident_of(fires, start(fires))) == [("Li", "fire", 0)]


def test_the_report_is_the_ledgers(fires: Fires) -> None:
    drill = start(fires)
    incident = incident_of(fires, drill)
    running = report(fires, drill, 60)
    assert [(s.step, s.planned_s, s.made_s, s.on_time) for s in running.steps] == [
        (1, 0, 0.0, True),
        (2, 120, None, None),
        (3, 300, None, None),
        (4, 600, None, None),
    ]
    fires.tick(after(121))
    fires.became(incident, "li", "failed")
    ((wangs, secret),) = fires.rows(
        "SELECT d.id, d.secret FROM delivery d JOIN device v ON v.id = d.device_id WHERE v.account_id = %s",
        fires.people["wang"],
    )
    with fires.db.transaction() as conn:
        deliveries.confirm(conn, wangs, secret, "delivered", after(125))
        # The ledger's times are the database's; here they are the test's.
        conn.execute("ALTER TABLE delivery_log DISABLE TRIGGER ALL")
        conn.execute("UPDATE delivery_log SET at = %s WHERE event = 'delivered'", (after(125),))
        calling.answered(conn, incident, fires.people["wang"], after(140))
        calling.stop(conn, incident, "answered", after(140), by=fires.people["wang"])
    found = report(fires, drill, 2000)
    assert [(s.step, s.made_s, s.on_time) for s in found.steps] == [
        (1, 0.0, True),
        (2, 121.0, True),
        (3, None, None),  # Answered before it was due.
        (4, None, None),
    ]
    assert (found.first_delivered_s, found.first_answered_s) == (125.0, 140.0)
    assert {(who["name"], who["why"]) for who in found.unreached} == {("Li", "failed"), ("Zhao", "no_device")}
    assert [(call.account, call.step) for call in found.calls] == [("Li", 1), ("Wang", 2)]


def test_an_escalation_that_does_not_come_is_told(fires: Fires) -> None:
    drill = start(fires)
    assert [s.on_time for s in report(fires, drill, 121).steps] == [True, None, None, None]
    assert [s.on_time for s in report(fires, drill, 123).steps] == [True, False, None, None]
    fires.tick(after(130))
    assert [s.on_time for s in report(fires, drill, 131).steps] == [True, False, None, None]


def test_it_ends_once_and_closes_its_incident(fires: Fires) -> None:
    drill = start(fires)
    incident = incident_of(fires, drill)
    fires.became(incident, "li", "sent")
    with fires.db.transaction() as conn:
        drills.end(conn, drill, after(30), by=fires.people["chen"])
        drills.end(conn, drill, after(40))
        found = stored.get(conn, drill)
    assert (found.ended_at, found.state) == (after(30), "closed")
    assert fires.log(incident)[-1] == "drill_ended"
    assert fires.called(incident)[-1] == ("Li", "update", 30)
    assert fires.tick(after(1000)) == 0


def test_a_forgotten_drill_ends_after_an_hour(fires: Fires) -> None:
    drill = start(fires)
    with fires.db.transaction() as conn:
        assert drills.end_due(conn, T0 + timedelta(minutes=59)) == 0
        assert drills.end_due(conn, T0 + timedelta(hours=1)) == 1
        assert drills.end_due(conn, T0 + timedelta(hours=2)) == 0
        assert stored.get(conn, drill).ended_at == T0 + timedelta(hours=1)


def test_one_at_a_time_and_of_a_camera_that_stands(fires: Fires) -> None:
    drill = start(fires)
    with pytest.raises(AlreadyExistsError, match="running"):
        start(fires)
    with fires.db.transaction() as conn:
        drills.end(conn, drill, after(10))
    start(fires, bearing_deg=12.0)
    with pytest.raises(NotFoundError), fires.db.transaction() as conn:
        drills.start(conn, "foping", uuid4(), fires.people["chen"], T0, News())
    fires.rows("UPDATE deployment SET ended_at = %s RETURNING 1", after(-5))
    with pytest.raises(RowRefusedError, match="ended"):
        start(fires)
