"""What goes wrong beside a fire must not cost its alarm; what is no fire must not ring five hundred times."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fieldwatch_cloud.alarms import drills
from fieldwatch_cloud.db import deliveries, incidents
from fieldwatch_cloud.db.live import News
from fieldwatch_cloud.db.pool import connection
from fieldwatch_cloud.incidents.gate import FLOOD_WITHIN, MOST_AT_ONCE
from fieldwatch_cloud.ingest.intake import Intake
from fieldwatch_cloud.ingest.parse import Incoming, parse
from fieldwatch_cloud.media.store import DiskStore
from fieldwatch_cloud.notify import compose, escalation
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import Suspicion, SuspicionMessage, utc_now

from .cloud_field import RESERVE
from .test_ingest_evidence import Watch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database


@pytest.fixture
def watch(db: Database) -> Watch:
    return Watch.make(db)


class Nodes:
    """Suspicions the way they come: as messages, a batch at once."""

    def __init__(self, url: str, media: Path) -> None:
        self._url, self._media = url, media

    def send(self, suspicions: Sequence[Suspicion]) -> None:
        batch = []
        for suspicion in suspicions:
            payload = SuspicionMessage(message_id=uuid7(), suspicion=suspicion).model_dump_json().encode()
            incoming = Incoming(f"fieldwatch/v1/{RESERVE}/node-1/suspicions", payload, {})
            batch.append(parse(incoming, utc_now(), largest_picture=1))
        with connection(self._url) as conn:
            assert Intake(conn, DiskStore(self._media)).accept(batch) == []


@pytest.fixture
def nodes(watch: Watch, database_url: str, tmp_path: Path) -> Nodes:
    return Nodes(database_url, tmp_path)


def seen_at(watch: Watch, at: datetime, bearing_deg: float | None = None) -> Suspicion:
    suspicion = watch.sees("A")
    bearing = suspicion.bearing_deg if bearing_deg is None else bearing_deg
    return suspicion.model_copy(
        update={"id": uuid7(), "observed_at": at, "first_seen_at": at, "bearing_deg": bearing}
    )


def run(watch: Watch, query: str) -> None:
    with watch.field.db.transaction() as conn:
        conn.execute(query)  # type: ignore[call-overload]


def test_a_fire_whose_ground_cannot_be_read_calls_without_its_place(watch: Watch, nodes: Nodes) -> None:
    run(
        watch,
        "INSERT INTO terrain (reserve_id, file, content) SELECT id, 'dem.tif', 'no raster' FROM reserve",
    )
    now = utc_now()
    nodes.send([seen_at(watch, now), seen_at(watch, now + timedelta(seconds=30))])
    ((id_, location),) = watch.field.rows("SELECT id, location FROM incident")
    assert location is None
    assert watch.calling() == {id_}
    assert (watch.field.count("suspicion"), watch.field.count("quarantine")) == (2, 0)


def test_a_fire_that_cannot_be_held_against_the_others_opens_its_own(watch: Watch, nodes: Nodes) -> None:
    """A row such as no version of ours writes stands for whatever the rules cannot bear."""
    now = utc_now()
    nodes.send([seen_at(watch, now)])
    run(
        watch,
        "INSERT INTO fire_report (id, reserve_id, incident_id, account_id, observed_at, kind, location,"
        " location_sd_m) SELECT gen_random_uuid(), i.reserve_id, i.id, a.id, i.last_seen_at, 'fire',"
        " ST_Point(107.6, 95, 4326), 100 FROM incident i, account a",
    )
    other = watch.sees("B").model_copy(update={"observed_at": now, "first_seen_at": now})
    nodes.send([other])
    assert watch.field.count("incident_log", "details ? 'by_itself'") == 1
    assert watch.field.count("quarantine") == 0
    assert watch.field.count("suspicion", "incident_id IS NOT NULL") == 2
    assert len(watch.calling()) == watch.field.count("incident")


@pytest.mark.parametrize("year", [1, 1970, 9999])
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_a_clock_at_either_end_of_the_calendar_calls_in_words(
    watch: Watch, nodes: Nodes, year: int, zone: str
) -> None:
    run(
        watch,
        "INSERT INTO device (id, account_id, channel, name, address, language)"
        " SELECT gen_random_uuid(), id, 'sms', 'phone', '{\"phone\": \"+8613800000000\"}', 'zh' FROM account",
    )
    run(watch, f"UPDATE reserve SET timezone = '{zone}'")  # noqa: S608
    end = datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC) if year == 9999 else datetime(year, 1, 1, tzinfo=UTC)
    nodes.send([seen_at(watch, end)])
    with watch.field.db.transaction() as conn:
        claimed = deliveries.claim(conn, "sms", 45)
        assert claimed is not None
        message = compose.message(conn, claimed, "https://fires.example.org")
    assert message.title
    assert message.short


@pytest.mark.parametrize("spoilt", ["bearing", "clock"])
def test_a_broken_camera_calls_a_few_times_and_the_rest_is_kept(
    watch: Watch, nodes: Nodes, spoilt: str
) -> None:
    chance, now = random.Random(4), utc_now()
    nodes.send(
        [
            seen_at(watch, now + timedelta(seconds=0.1 * n), chance.uniform(0, 359))
            if spoilt == "bearing"
            else seen_at(watch, now - timedelta(days=chance.uniform(0, 9000)))
            for n in range(60)
        ]
    )
    assert (watch.field.count("suspicion"), watch.field.count("quarantine")) == (60, 0)
    assert len(watch.calling()) == MOST_AT_ONCE < watch.field.count("incident")
    assert watch.field.count("incident", "held_back IS NOT NULL") == watch.field.count("incident") - 5
    # Another camera is not the broken one, and an answer lets this one call again.
    elsewhere = watch.sees("C").model_copy(update={"observed_at": now - timedelta(days=9999)})
    nodes.send([elsewhere.model_copy(update={"first_seen_at": elsewhere.observed_at})])
    assert len(watch.calling()) == MOST_AT_ONCE + 1
    run(watch, "UPDATE escalation SET ended_at = now(), outcome = 'answered'")
    nodes.send([seen_at(watch, now - timedelta(days=12_000))])
    assert len(watch.calling()) == 1


def test_a_flood_that_nobody_answers_does_not_silence_the_camera_for_the_day(
    watch: Watch, nodes: Nodes
) -> None:
    now = utc_now()
    nodes.send([seen_at(watch, now - timedelta(days=n)) for n in range(MOST_AT_ONCE + 1)])
    assert len(watch.calling()) == MOST_AT_ONCE
    run(watch, f"UPDATE escalation SET began_at = began_at - interval '{FLOOD_WITHIN.seconds} s'")  # noqa: S608
    nodes.send([seen_at(watch, now - timedelta(days=100))])
    assert len(watch.calling()) == MOST_AT_ONCE + 1


def test_a_drill_that_cannot_be_ended_keeps_no_fire_from_being_escalated(watch: Watch) -> None:
    (fire,) = watch.take(watch.sees("A"))
    with watch.field.db.transaction() as conn:
        start = utc_now() - timedelta(hours=2)
        drills.start(conn, RESERVE, watch.cameras["B"], watch.ranger, start, News())
        conn.execute("UPDATE drill SET incident_id = NULL")
        conn.execute("UPDATE escalation SET due_at = now() - interval '1 minute'")
    now = utc_now()
    escalation.tick(watch.field.db, now)
    ((due_at,),) = watch.field.rows(f"SELECT due_at FROM escalation WHERE incident_id = '{fire}'")  # noqa: S608
    assert due_at > now


def test_calls_that_fail_to_begin_are_begun_by_the_clock(watch: Watch, nodes: Nodes) -> None:
    run(watch, "UPDATE reserve SET timezone = 'Nowhere/At_All'")
    nodes.send([seen_at(watch, utc_now())])
    assert watch.field.rows("SELECT step, ended_at FROM escalation") == [(0, None)]
    assert watch.field.count("suspicion") == 1
    run(watch, "UPDATE reserve SET timezone = 'Asia/Shanghai'")
    escalation.tick(watch.field.db, utc_now() + timedelta(minutes=1))
    ((step,),) = watch.field.rows("SELECT step FROM escalation")
    assert step > 0


def test_a_drill_after_a_false_alarm_in_the_one_before_is_another(watch: Watch) -> None:
    now = utc_now()
    with watch.field.db.transaction() as conn:
        first = drills.start(conn, RESERVE, watch.cameras["B"], watch.ranger, now, News())
        ((incident,),) = conn.execute("SELECT incident_id FROM drill")
        incidents.log(conn, incident, "false_alarm", account_id=watch.ranger, done_at=now)
        incidents.set_state(conn, incident, "false_alarm")
        drills.end(conn, first, now)
        drills.start(conn, RESERVE, watch.cameras["B"], watch.ranger, now + timedelta(minutes=1), News())
    assert watch.field.count("incident", "state = 'new'") == 1
    assert len(watch.calling()) == 1


def test_evidence_of_a_held_back_fire_that_somebody_has_in_hand_calls_nobody_anew(watch: Watch) -> None:
    """Its calls would go on for a day: no answer ends those of a fire that is not new."""
    ago = (datetime.now(UTC) - watch.sees("A").observed_at) / timedelta(minutes=1)
    held = watch.pixel(watch.hotspot(0, 0, ago - 60, confidence="low"))
    assert held is not None
    with watch.field.db.transaction() as conn:
        incidents.log(conn, held, "acknowledge", account_id=watch.ranger, done_at=utc_now())
        incidents.set_state(conn, held, "acknowledged")
    assert watch.take(watch.sees("A", minutes=ago - 30)) == [held]
    assert watch.get(held).held_back is None
    assert watch.calling() == set()


def test_a_wildlife_rule_that_fails_costs_no_observation(
    watch: Watch, database_url: str, tmp_path: Path
) -> None:
    run(
        watch,
        "INSERT INTO alert_rule (id, reserve_id, name, scientific_names, created_by)"
        " SELECT gen_random_uuid(), r.id, 'any', '{}', a.id FROM reserve r, account a",
    )
    run(watch, "UPDATE reserve SET timezone = 'Nowhere/At_All'")
    batch = watch.field.batch(watch.field.observation(), watch.field.observation(1))
    incoming = Incoming(f"fieldwatch/v1/{RESERVE}/node-1/observations", batch.model_dump_json().encode(), {})
    with connection(database_url) as conn:
        Intake(conn, DiskStore(tmp_path)).accept([parse(incoming, utc_now(), largest_picture=1)])
    assert watch.field.count("observation") == 2
    assert (watch.field.count("alert"), watch.field.count("quarantine")) == (0, 0)
