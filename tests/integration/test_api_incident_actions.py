"""What people do about incidents, over HTTP: who may, once each, in any order, by many at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest

from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import utc_now

from .api_world import NOON, running
from .cloud_field import Notices
from .fire_world import BOX, FireWorld, act
from .labels_world import drawn

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database

BLUR = {"kind": "smoke", "box": {"x": 0.1, "y": 0.1, "width": 0.1, "height": 0.1}}


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> FireWorld:
    return FireWorld(database_url, db, tmp_path)


def told(response: Any) -> Any:
    assert response.status_code == 200, response.text
    return response.json()


def entries(detail: Any) -> list[tuple[str, str | None]]:
    return [(entry["action"], entry["account"]) for entry in detail["log"]]


def test_from_new_to_closed_everything_is_on_record(world: FireWorld, database_url: str) -> None:
    fire = world.fire()
    notices = Notices(database_url)
    with world.people("ranger", "manager") as (ranger, manager):
        states = []
        for minute, (who, action) in enumerate(
            [
                (manager, "acknowledge"),
                (ranger, "on_my_way"),
                (ranger, "arrive"),
                (ranger, "contain"),
                (manager, "close"),
            ]
        ):
            states.append(told(who.does(fire, action, minute, note=f"at {minute}"))["state"])
        detail = manager.sees(fire)
    assert states == ["acknowledged", "dispatched", "on_scene", "contained", "closed"]
    assert entries(detail) == [
        ("opened", None),
        ("acknowledge", "Manager"),
        ("on_my_way", "Ranger"),
        ("arrive", "Ranger"),
        ("contain", "Ranger"),
        ("close", "Manager"),
    ]
    arrived = detail["log"][3]
    assert arrived["done_at"] == "2026-05-04T12:02:00Z"
    assert arrived["note"] == "at 2"
    assert arrived["details"] == {"before": "dispatched", "after": "on_scene"}
    assert detail["revision"] == 6
    news = [item for notice in notices.of("incident") for item in notice["data"]]
    assert [(item["state"], item["revision"]) for item in news] == list(zip(states, range(2, 7), strict=True))
    assert {(item["drill"], item["held_back"]) for item in news} == {(False, None)}
    notices.close()


ROLES = {
    "admin": {"acknowledge": 200, "note": 200},
    "manager": {"acknowledge": 200, "note": 200},
    "ranger": {"acknowledge": 200, "note": 200},
    "researcher": {"acknowledge": 403, "note": 200},
    "technician": {"acknowledge": 403, "note": 200},
    "stranger": {"acknowledge": 404, "note": 404},
    "nobody": {"acknowledge": 404, "note": 404},
}


@pytest.mark.parametrize("who", ROLES)
def test_rangers_and_managers_act_others_write_notes(world: FireWorld, who: str) -> None:
    fire = world.fire()
    with world.people(who) as (person,):
        for action, status in ROLES[who].items():
            assert person.does(fire, action, note="seen from the road").status_code == status, action


@pytest.mark.parametrize("who", ["ranger", "technician"])
def test_what_is_offered_is_what_is_allowed(world: FireWorld, who: str) -> None:
    with world.people(who) as (person,):
        offered = person.sees(world.fire())["may"]
        for action in offered:
            fields = {"reason": "fog"} if action == "false_alarm" else {"note": "x"}
            if action != "merge":
                assert person.does(world.fire(), action, **fields).status_code == 200, action
    assert (offered == ["note"]) is (who == "technician")


def test_the_same_action_again_changes_nothing(world: FireWorld) -> None:
    fire = world.fire()
    with world.people("ranger", "manager") as (ranger, manager):
        mine = act("on_my_way")
        first = told(ranger.post(f"/incidents/{fire}/actions", mine))
        assert told(ranger.post(f"/incidents/{fire}/actions", mine)) == first
        told(manager.does(fire, "close", 9))
        later = told(ranger.post(f"/incidents/{fire}/actions", mine))
        assert later["state"] == "closed"
        assert [action for action, _ in entries(later)] == ["opened", "on_my_way", "close"]
        # The id vouches for one action of one person.
        assert ranger.post(f"/incidents/{fire}/actions", mine | {"action": "arrive"}).status_code == 409
        assert manager.post(f"/incidents/{fire}/actions", mine).status_code == 409
        assert len(entries(manager.sees(fire))) == 3
        # About one fire: it must not pass for one that was done about another.
        other = world.fire(1, deployment=world.lick)
        assert ranger.post(f"/incidents/{other}/actions", mine).status_code == 409
        assert ranger.sees(other)["state"] == "new"


def test_what_cannot_be_true_is_refused_and_says_what_may_be(world: FireWorld) -> None:
    fire = world.fire()
    with world.people("ranger") as (ranger,):
        refused = ranger.does(fire, "reopen")
        assert refused.status_code == 409
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["state"] == "new"
        assert "acknowledge" in refused.json()["may"]
        told(ranger.does(fire, "contain", 1))
        refused = ranger.does(fire, "false_alarm", 2, reason="fog")
        assert refused.status_code == 409
        assert refused.json()["detail"] == "somebody contained this fire: it was no false alarm"
        assert refused.json()["may"] == ["close", "reopen", "note", "merge"]
        assert [action for action, _ in entries(ranger.sees(fire))] == ["opened", "contain"]


def test_what_was_done_offline_arrives_late_and_mixed(world: FireWorld) -> None:
    fire = world.fire()
    with world.people("ranger", "manager") as (ranger, manager):
        assert told(ranger.does(fire, "arrive", 20))["state"] == "on_scene"
        assert told(manager.does(fire, "acknowledge", 2))["state"] == "on_scene"
        assert told(ranger.does(fire, "on_my_way", 5))["state"] == "on_scene"
        # Judged by the picture, long before somebody stood there.
        assert told(manager.does(fire, "false_alarm", 3, reason="fog"))["state"] == "on_scene"
        detail = told(ranger.does(fire, "close", 40))
    assert [entry["done_at"][14:16] for entry in detail["log"][1:]] == ["20", "02", "05", "03", "40"]
    assert detail["log"][2]["details"] == {"before": "on_scene", "after": "on_scene"}


def test_a_phone_whose_clock_is_wrong_is_put_right(world: FireWorld) -> None:
    fire = world.fire()
    a_week, now = timedelta(days=7), utc_now()
    with world.people("ranger") as (ranger,):
        said = now - a_week - timedelta(minutes=10)
        behind = ranger.does(
            fire, "acknowledge", done_at=said.isoformat(), sent_at=(now - a_week).isoformat()
        )
        ahead = ranger.does(fire, "arrive", done_at=(now + a_week).isoformat())
    entry = told(behind)["log"][-1]
    off_s = (datetime.fromisoformat(entry["done_at"]) - now).total_seconds()
    assert off_s == pytest.approx(-600, abs=250)
    assert entry["details"]["phone_said"].startswith(f"{said:%Y-%m}")
    arrived = told(ahead)["log"][-1]
    assert datetime.fromisoformat(arrived["done_at"]) <= utc_now(), "nothing is done in the future"


INCOMPLETE = {
    "a false alarm says why": act("false_alarm"),
    "for a reason that is known": act("false_alarm", reason="dragon"),
    "a reason belongs to a false alarm": act("close", reason="fog"),
    "a split says what": act("split"),
    "a merge says into which": act("merge"),
    "a note says something": act("note", note="  "),
    "an action is known": act("extinguish"),
    "a time has a zone": act("acknowledge") | {"done_at": "2026-05-04T12:00:00"},
    "an id is one": act("acknowledge") | {"id": "1"},
    "a misspelt field": act("acknowledge", nota="x"),
    "a note has an end": act("note", note="x" * 2001),
    "a letter that no database keeps": act("note", note="a\x00b"),
}


@pytest.mark.parametrize("body", INCOMPLETE.values(), ids=INCOMPLETE)
def test_what_is_not_said_completely_is_refused(world: FireWorld, body: dict[str, Any]) -> None:
    fire = world.fire()
    with world.people("ranger") as (ranger,):
        response = ranger.post(f"/incidents/{fire}/actions", body)
        assert response.status_code == 422, response.text
        assert response.headers["content-type"] == "application/problem+json"
        assert len(ranger.sees(fire)["log"]) == 1


def test_an_incident_that_does_not_exist(world: FireWorld) -> None:
    with world.people("ranger") as (ranger,):
        assert ranger.does(uuid4(), "acknowledge").status_code == 404


def test_twenty_phones_at_once(world: FireWorld) -> None:
    """Each is on record, one of them changed the state; and each of them sent it three times."""
    fire = world.fire()
    token = world.token("ranger")
    with running(world) as run:
        path = f"{run.url}/api/v1/incidents/{fire}/actions"
        headers = {"Authorization": f"Bearer {token}"}

        def send(body: dict[str, Any]) -> int:
            return httpx2.post(path, json=body, headers=headers, timeout=60).status_code

        bodies = [act("acknowledge", n) for n in range(20)] * 3
        with ThreadPoolExecutor(20) as pool:
            assert set(pool.map(send, bodies)) == {200}
    log = world.rows(
        "SELECT action_id, details FROM incident_log WHERE incident_id = %s AND action = 'acknowledge'", fire
    )
    assert {str(id_) for id_, _ in log} == {body["id"] for body in bodies}
    assert len(log) == 20
    changes = [details for _, details in log if details["before"] != details["after"]]
    assert changes == [{"before": "new", "after": "acknowledged"}]
    assert world.rows("SELECT state, revision FROM incident WHERE id = %s", fire) == [("acknowledged", 21)]


def test_the_record_cannot_be_altered(world: FireWorld, database_url: str) -> None:
    fire = world.fire()
    with world.people("ranger") as (ranger,):
        told(ranger.does(fire, "acknowledge"))
    for statement in (
        "UPDATE incident_log SET note = 'I was there'",
        "UPDATE incident_log SET done_at = now(), account_id = NULL",
        "DELETE FROM incident_log",
        "DELETE FROM incident WHERE id = (SELECT incident_id FROM incident_log LIMIT 1)",
    ):
        with psycopg.connect(database_url) as conn, pytest.raises(psycopg.Error):
            conn.execute(statement)
    assert world.rows("SELECT count(*) FROM incident_log") == [(2,)]


# What follows for the people ------------------------------------------------------------------------


def test_who_answers_ends_the_calling(world: FireWorld) -> None:
    with world.people("ranger", "manager") as (ranger, _):
        world.phone("ranger")
        world.on_duty("ranger")
        fire = world.fire()
        assert world.call(fire, utc_now()) == 1
        before = ranger.sees(fire)
        assert [(d["account"], d["device"], d["state"], d["step"]) for d in before["deliveries"]] == [
            ("Ranger", "ranger's phone", "queued", 1)
        ]
        told(ranger.does(fire, "note", note="looking"))
        assert world.rows("SELECT ended_at IS NULL FROM escalation") == [(True,)], "a note is no answer"
        after = told(ranger.does(fire, "on_my_way"))
        assert [d["state"] for d in after["deliveries"]] == ["answered"]
        assert after["deliveries"][0]["answered_at"] is not None
    assert world.rows("SELECT outcome, ended_at IS NOT NULL FROM escalation") == [("answered", True)]


def test_a_false_alarm_is_told_to_whoever_was_called(world: FireWorld) -> None:
    with world.people("ranger", "manager") as (_, manager):
        world.phone("ranger")
        world.on_duty("ranger")
        fire = world.fire()
        world.call(fire, utc_now())
        world.run("UPDATE delivery SET state = 'delivered', attempts = 1")
        detail = told(manager.does(fire, "false_alarm", reason="dust"))
    assert detail["state"] == "false_alarm"
    assert detail["log"][-1]["details"]["reason"] == "dust"
    assert [(d["kind"], d["account"]) for d in detail["deliveries"]] == [
        ("fire", "Ranger"),
        ("update", "Ranger"),
    ]
    assert world.rows("SELECT outcome FROM escalation") == [("closed",)]


def test_reopened_it_calls_again(world: FireWorld) -> None:
    with world.people("ranger", "manager") as (ranger, manager):
        world.phone("ranger")
        world.on_duty("ranger")
        fire = world.fire()
        world.call(fire, utc_now())
        told(ranger.does(fire, "close", 1))
        detail = told(manager.does(fire, "reopen", 2, note="it smokes again"))
    assert detail["state"] == "new"
    assert [d["kind"] for d in detail["deliveries"]].count("fire") == 2
    assert world.rows("SELECT ended_at IS NULL FROM escalation") == [(True,)]


def test_what_was_held_back_calls_once_somebody_says_so(world: FireWorld) -> None:
    why = "confidence 0.21 under 0.30 for low danger"
    with world.people("ranger", "manager") as (ranger, manager):
        world.phone("ranger")
        world.on_duty("ranger")
        fire = world.fire(held_back=why)
        world.fire(5)
        listed = manager.get("/reserves/foping/incidents", params={"held_back": True}).json()["items"]
        assert [(item["id"], item["held_back"]) for item in listed] == [(str(fire), why)]
        assert "release" in ranger.sees(fire)["may"]
        detail = told(manager.does(fire, "release"))
        assert detail["held_back"] is None
        assert detail["state"] == "new"
        assert [d["account"] for d in detail["deliveries"]] == ["Ranger"]
        assert detail["log"][-1]["details"] == {"held_back": why}, "what the gate did stays on record"
        again = told(ranger.does(fire, "release", 2))
        assert len(again["deliveries"]) == 1, "two managers at once call once"


def test_that_nobody_answered_is_told_until_somebody_does(world: FireWorld) -> None:
    with world.people("ranger") as (ranger,):
        fire = world.fire()
        world.call(fire, utc_now())
        world.run("UPDATE escalation SET outcome = 'nobody_answered'")
        (item,) = ranger.get("/reserves/foping/incidents").json()["items"]
        assert item["unanswered"] is True
        assert told(ranger.does(fire, "acknowledge"))["unanswered"] is False


# What follows for training --------------------------------------------------------------------------


def labels(world: FireWorld, media: UUID) -> list[tuple[int, str, str | None]]:
    """(revision, origin, what)."""
    return world.rows(
        "SELECT r.revision, r.origin, coalesce(l.fire_kind, l.scientific_name) FROM label_revision r"
        " LEFT JOIN label l USING (media_id, revision) WHERE r.media_id = %s ORDER BY r.revision",
        media,
    )


def test_pictures_of_a_false_alarm_become_negatives(world: FireWorld) -> None:
    shown, later, missing = world.picture(world.ridge), world.picture(world.ridge, 1), uuid7()
    fire = world.fire(media=shown)
    world.sees(fire, 1, media=later)
    world.sees(fire, 2, media=missing)
    with world.people("ranger", "researcher") as (ranger, researcher):
        told(ranger.does(fire, "false_alarm", reason="fog"))
        assert labels(world, shown) == [(1, "incident", None)]
        assert labels(world, later) == [(1, "incident", None)]
        assert labels(world, missing) == []
        review = told(researcher.get(f"/media/{shown}/review"))
        assert review["history"][0]["source"] == "incident"
        assert review["history"][0]["account"] == "Ranger"
        # Once more, by another: nothing is said twice.
        told(ranger.does(fire, "false_alarm", 2, reason="cloud"))
        assert len(labels(world, shown)) == 1
        told(ranger.does(fire, "reopen", 3))
    assert labels(world, shown) == [(1, "incident", None), (2, "incident", "smoke")]
    (box,) = world.rows("SELECT box FROM label WHERE media_id = %s", shown)
    assert box[0] == pytest.approx(BOX)


def test_a_persons_own_labels_stand(world: FireWorld) -> None:
    mine, before = world.picture(world.ridge), world.picture(world.ridge, 1)
    fire = world.fire(media=mine)
    world.sees(fire, 1, media=before)
    with world.people("ranger", "researcher") as (ranger, researcher):
        assert researcher.labels(mine, 0, [BLUR]).status_code == 200
        told(ranger.does(fire, "false_alarm", reason="fog"))
        assert labels(world, mine) == [(1, "web", "smoke")]
        assert researcher.labels(before, 1, []).status_code == 200
        told(ranger.does(fire, "reopen", 2))
    assert labels(world, before) == [(1, "incident", None), (2, "web", None)], "a person has looked since"


def test_of_an_animal_in_the_picture_a_false_alarm_says_nothing(world: FireWorld) -> None:
    deer = world.picture(world.ridge)
    world.propose(deer)
    fire = world.fire(media=deer)
    with world.people("ranger") as (ranger,):
        told(ranger.does(fire, "false_alarm", reason="fog"))
    assert labels(world, deer) == []


def test_of_two_fires_in_one_picture_one_may_be_false(world: FireWorld) -> None:
    both = world.picture(world.ridge)
    false, real = world.fire(media=both), world.fire(media=both)
    with world.people("ranger") as (ranger,):
        told(ranger.does(false, "false_alarm", reason="glare"))
        assert labels(world, both) == []
        assert ranger.sees(real)["state"] == "new"


def test_a_drill_teaches_nothing(world: FireWorld) -> None:
    shown = world.picture(world.ridge)
    fire = world.fire(media=shown, drill=True)
    with world.people("ranger") as (ranger,):
        told(ranger.does(fire, "false_alarm", reason="chimney"))
        (item,) = ranger.get("/reserves/foping/incidents", params={"drill": True}).json()["items"]
        assert item["drill"] is True
        assert ranger.get("/reserves/foping/incidents", params={"drill": False}).json()["items"] == []
    assert labels(world, shown) == []


def test_a_chimney_that_smokes_every_day_suggests_a_mask(world: FireWorld) -> None:
    with world.people("ranger", "technician") as (ranger, technician):
        for day in range(4):
            fire = world.fire(day * 1440)
            reason = "fog" if day == 1 else "chimney"
            detail = told(ranger.does(fire, "false_alarm", day * 1440 + 5, reason=reason))
            assert (detail["suggested_mask"] is not None) is (day == 3)
        suggested = detail["suggested_mask"]
        assert suggested["deployment_id"] == str(world.ridge)
        assert (suggested["reason"], suggested["false_alarms"]) == ("chimney", 3)
        assert world.rows("SELECT count(*) FROM ignore_mask") == [(0,)], "nobody has said so yet"
        mask = {
            "id": str(uuid7()),
            "polygon": suggested["polygon"],
            "reason": suggested["reason"],
            "incident_id": str(fire),
        }
        created = technician.post(f"/deployments/{world.ridge}/masks", mask)
        assert created.status_code == 201, created.text
        after = ranger.sees(fire)
        assert after["suggested_mask"] is None
        assert after["log"][-1]["action"] == "mask"
        assert after["log"][-1]["details"]["mask_id"] == mask["id"]


def test_where_a_camera_turns_no_mask_is_suggested(world: FireWorld) -> None:
    pose = {"heading_deg": 10.0, "tilt_deg": 0.0, "field_of_view_deg": 60.0}
    with world.people("ranger") as (ranger,):
        for day in range(4):
            fire = world.fire(day * 1440, deployment=world.lick)
            world.run("DELETE FROM suspicion WHERE incident_id = %s", fire)
            world.sees(fire, day * 1440, deployment=world.lick, pose=pose)
            detail = told(ranger.does(fire, "false_alarm", day * 1440 + 5, reason="chimney"))
        assert detail["suspicions"][0]["pose"] == pose
        assert detail["suggested_mask"] is None


# Reading --------------------------------------------------------------------------------------------


def test_a_hundred_incidents_are_read_at_once(world: FireWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    with world.people("ranger") as (ranger,):
        counted = []
        execute = psycopg.Cursor.execute

        def count(self: Any, query: Any, *rest: Any, **more: Any) -> Any:
            counted.append(query)
            return execute(self, query, *rest, **more)

        monkeypatch.setattr(psycopg.Cursor, "execute", count)

        def statements() -> int:
            counted.clear()
            assert ranger.get("/reserves/foping/incidents").status_code == 200
            return len(counted)

        world.fire()
        statements()  # the first question of a process also asks for the reserve's id
        one = statements()
        for n in range(99):
            world.fire(n)
        assert statements() == one
        assert len(ranger.get("/reserves/foping/incidents").json()["items"]) == 100


def test_place_region_zone_and_danger_are_told(world: FireWorld) -> None:
    zone = uuid7()
    fire = world.fire()
    world.run(
        "INSERT INTO zone (id, reserve_id, name, name_zh, area) VALUES (%s, %s, 'North', '北区',"
        " ST_Multi(ST_MakeEnvelope(107, 33, 108, 34, 4326)))",
        zone,
        world.foping,
    )
    world.run(
        "UPDATE incident SET location = ST_Point(107.6, 33.62, 4326), location_method = 'bearings',"
        " semi_major_m = 120, semi_minor_m = 40, orientation_deg = 30, zone_id = %s, fwi = 39,"
        " region = ST_Buffer(ST_Point(107.6, 33.62, 4326), 0.001) WHERE id = %s",
        zone,
        fire,
    )
    with world.people("ranger") as (ranger,):
        detail = ranger.sees(fire)
        (item,) = ranger.get("/reserves/foping/incidents").json()["items"]
    assert (
        detail["place"]
        == item["place"]
        == {
            "location": {"type": "Point", "coordinates": [107.6, 33.62]},
            "method": "bearings",
            "semi_major_m": 120.0,
            "semi_minor_m": 40.0,
            "orientation_deg": 30.0,
        }
    )
    assert detail["region"]["type"] == "Polygon"
    assert detail["zone"] == {"id": str(zone), "name": "North", "name_zh": "北区"}
    assert (detail["fwi"], detail["danger"]) == (39.0, "very_high")
    assert item["location"]["coordinates"] == [107.55, 33.62], "where the camera stands"


def test_what_only_a_satellite_or_a_person_saw(world: FireWorld) -> None:
    fire = world.fire()
    at = NOON - timedelta(hours=2)
    with world.people("ranger") as (ranger,):
        world.run("DELETE FROM suspicion")
        world.run(
            "INSERT INTO hotspot (id, reserve_id, incident_id, source, satellite, instrument, observed_at,"
            " received_at, location, scan_km, track_km, confidence, raw) VALUES (%s, %s, %s,"
            " 'VIIRS_SNPP_NRT', 'N', 'VIIRS', %s, %s, ST_Point(107.6, 33.6, 4326), 0.4, 0.5, 'high', '{}')",
            uuid7(),
            world.foping,
            fire,
            at,
            NOON,
        )
        world.run(
            "INSERT INTO fire_report (id, reserve_id, incident_id, account_id, observed_at, received_at,"
            " kind, standpoint, bearing_deg) SELECT %s, %s, %s, id, %s, %s, 'smoke',"
            " ST_Point(107.5, 33.5, 4326), 10 FROM account",
            uuid7(),
            world.foping,
            fire,
            NOON,
            NOON + timedelta(minutes=1),
        )
        detail = ranger.sees(fire)
        (item,) = ranger.get("/reserves/foping/incidents").json()["items"]
    assert (item["suspicions"], item["hotspots"], item["reports"]) == (0, 1, 1)
    assert item["deployment_id"] is item["location"] is item["media_id"] is None
    assert detail["late_s"] == 7200, "what came first was seen two hours before"
    assert detail["hotspots"][0]["location"]["coordinates"] == [107.6, 33.6]
    assert detail["reports"][0]["account"] == "Ranger"
    assert detail["reports"][0]["standpoint"]["coordinates"] == [107.5, 33.5]
    assert detail["reports"][0]["location"] is None


def test_what_is_open_is_never_pushed_out_of_the_list(world: FireWorld) -> None:
    still = world.fire(-60)
    world.run(
        "INSERT INTO incident (id, reserve_id, kind, state, first_seen_at, last_seen_at)"
        " SELECT gen_random_uuid(), %s, 'smoke', 'closed', now(), now() FROM generate_series(1, 600)",
        world.foping,
    )
    with world.people("ranger") as (ranger,):
        items = ranger.get("/reserves/foping/incidents").json()["items"]
    assert len(items) == 500
    assert items[-1]["id"] == str(still)


def test_what_was_held_back_never_pushes_out_what_calls_people(world: FireWorld) -> None:
    still = world.fire(-60)
    world.run(
        "INSERT INTO incident (id, reserve_id, kind, first_seen_at, last_seen_at, held_back)"
        " SELECT gen_random_uuid(), %s, 'smoke', now(), now(), 'faint' FROM generate_series(1, 600)",
        world.foping,
    )
    with world.people("ranger") as (ranger,):
        items = ranger.get("/reserves/foping/incidents", params={"state": "new"}).json()["items"]
    assert len(items) == 500
    assert items[-1]["id"] == str(still)


# One fire or two ------------------------------------------------------------------------------------


def test_two_that_are_one_go_on_as_one(world: FireWorld) -> None:
    """What was done to either was done to the one; phones that know only the other still reach it."""
    with world.people("ranger", "manager") as (ranger, manager):
        world.phone("ranger")
        world.on_duty("ranger")
        one, other = world.fire(), world.fire(1, deployment=world.lick)
        for fire in (one, other):
            world.call(fire, utc_now())
        offline = act("acknowledge", 2)
        told(ranger.does(other, "on_my_way", 3))
        picture = uuid7()
        ranger.put(f"/incidents/{other}/pictures/{picture}", drawn(1), params={"taken_at": NOON.isoformat()})
        merging = act("merge", 4, into=str(one))
        merged = told(manager.post(f"/incidents/{other}/actions", merging))
        assert merged["id"] == str(one)
        assert merged["state"] == "dispatched", "somebody is on the way to the other"
        assert len(merged["suspicions"]) == 2
        assert [shown["id"] for shown in merged["pictures"]] == [str(picture)]
        assert {"on_my_way", "merge", "picture"} <= {action for action, _ in entries(merged)}
        assert world.rows("SELECT ended_at IS NULL FROM escalation") == [(False,), (False,)]
        assert told(manager.post(f"/incidents/{other}/actions", merging))["id"] == str(one), "sent again"

        late = told(ranger.post(f"/incidents/{other}/actions", offline))
        assert (late["id"], late["state"]) == (str(one), "dispatched")
        gone = ranger.sees(other)
        assert (gone["merged_into"], gone["may"]) == (str(one), [])
        listed = ranger.get("/reserves/foping/incidents").json()["items"]
        assert [item["id"] for item in listed] == [str(one)]
        assert manager.does(one, "merge", into=str(other)).status_code == 422, "with itself"
        assert manager.does(one, "merge", into=str(uuid4())).status_code == 404
        abroad = world.fire(2)
        world.run("UPDATE incident SET reserve_id = %s WHERE id = %s", world.elsewhere, abroad)
        unknown = manager.does(one, "merge", into=str(abroad))
        assert unknown.status_code == 404, "another reserve's does not exist for who is no member there"
        added = ranger.put(
            f"/incidents/{other}/pictures/{uuid7()}", drawn(2), params={"taken_at": NOON.isoformat()}
        )
        assert added.status_code == 200
        assert len(ranger.sees(one)["pictures"]) == 2
        assert ranger.get(f"/incidents/{one}/pictures/{picture}").status_code == 200


def test_one_that_is_two_calls_for_the_second(world: FireWorld) -> None:
    with world.people("ranger", "manager") as (ranger, manager):
        world.phone("ranger")
        world.on_duty("ranger")
        fire = world.fire()
        second = world.sees(fire, 1, box=(0.8, 0.5, 0.05, 0.1))
        told(ranger.does(fire, "on_my_way", 2))
        splitting = act("split", 3, suspicion_id=str(second), note="two columns")
        rest = told(manager.post(f"/incidents/{fire}/actions", splitting))
        assert [s["id"] for s in rest["suspicions"]] != [str(second)]
        assert len(rest["suspicions"]) == 1
        assert "split" not in rest["may"]
        told(manager.post(f"/incidents/{fire}/actions", splitting))
        items = ranger.get("/reserves/foping/incidents").json()["items"]
        assert {item["id"]: item["state"] for item in items}[str(fire)] == "dispatched"
        (new,) = (item for item in items if item["id"] != str(fire))
        assert new["state"] == "new"
        assert [d["account"] for d in ranger.sees(UUID(new["id"]))["deliveries"]] == ["Ranger"]
        assert manager.does(fire, "split", suspicion_id=str(second)).status_code == 404
