"""The overview over HTTP: what needs a person, what changed in a week, reserves side by side."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from fieldwatch_cloud.db import geography, rollups, sensitive
from fieldwatch_shared.ids import uuid7

from .api_world import NOON, SQUARE, Peopled, World

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database

DAY = 24 * 60
WEEK = 7 * DAY
URL = "/api/v1/reserves/foping/overview"
TAKIN, PANDA, HARE = "Budorcas taxicolor", "Ailuropoda melanoleuca", "Lepus tolai"


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> World:
    return Peopled(database_url, db, tmp_path)


def ask(world: World, who: str = "manager", **params: Any) -> Any:
    with world.client(who) as client:
        answer = client.get(URL, params={"to": NOON.isoformat()} | params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def codes(answer: Any) -> list[str]:
    return [need["code"] for need in answer["needs"]]


def many(world: World, name: str, days: range, each: int) -> None:
    """So many events of it on each of these days before NOON, hours apart, at the ridge and the lick."""
    for day in days:
        for n in range(each):
            world.observe((world.ridge, world.lick)[n % 2], -day * DAY + 60 + n * 90, name=name)


def test_what_changed_is_said_only_where_the_interval_bears_it(world: World) -> None:
    for deployment in (world.ridge, world.lick):
        world.look(deployment, -2 * WEEK, 0)
    many(world, TAKIN, range(1, 8), 5)
    many(world, TAKIN, range(8, 15), 1)
    many(world, PANDA, range(1, 3), 1)
    many(world, PANDA, range(8, 9), 1)
    many(world, HARE, range(2, 3), 1)
    rollups.roll_up(world.db)
    week = ask(world)["week"]
    found = {one["scientific_name"]: one for one in week["species"]}
    assert (week["status"], week["camera_days"], week["camera_days_before"]) == ("observed", 14, 14)
    takin = found[TAKIN]
    assert (takin["events"], takin["events_before"], takin["status"]) == (35, 7, "more")
    assert takin["rate"] == pytest.approx(100 * 35 / 14)
    assert takin["low"] < takin["rate"] < takin["high"]
    assert takin["ratio"]["low"] > 1
    assert found[PANDA]["status"] == "unclear"
    assert found[PANDA]["ratio"]["low"] < 1 < found[PANDA]["ratio"]["high"]
    # The hare was never seen before; takin and panda were, a week earlier.
    assert [one["scientific_name"] for one in week["new_species"]] == [HARE]
    assert found[HARE]["status"] == "first_record"
    assert week["species"][0]["scientific_name"] == HARE
    assert week["new_species"][0]["deployment_id"] == str(world.ridge)


def test_where_nobody_looked_nothing_is_said_to_have_changed(world: World) -> None:
    world.look(world.ridge, -2 * WEEK, -WEEK)
    many(world, TAKIN, range(8, 12), 4)
    week = ask(world)["week"]
    (takin,) = week["species"]
    assert week["status"] == "not_observed"
    assert takin["status"] == "not_observed"
    assert takin["rate"] is takin["low"] is takin["ratio"] is None
    assert takin["rate_before"] is not None


def test_a_first_week_has_nothing_to_be_compared_with(world: World) -> None:
    world.look(world.ridge, -WEEK, 0)
    world.observe(world.river, -9 * DAY, name=TAKIN)  # known, though nobody says when anybody looked
    many(world, TAKIN, range(1, 4), 2)
    rollups.roll_up(world.db)
    (takin,) = ask(world)["week"]["species"]
    assert takin["status"] == "not_observed_before"
    assert takin["ratio"] is None


def test_what_the_first_cameras_see_is_no_first_record(world: World) -> None:
    """Nobody looked before: that a species was not there is not known."""
    world.look(world.ridge, -WEEK + DAY, 0)
    many(world, TAKIN, range(1, 4), 2)
    rollups.roll_up(world.db)
    week = ask(world)["week"]
    assert week["new_species"] == []
    assert [one["status"] for one in week["species"]] == ["not_observed_before"]
    # A year that began before the first camera says no more.
    year = ask(world, days=366)["week"]
    assert (year["new_species"], year["species"][0]["status"]) == ([], "not_observed_before")


def test_a_species_known_from_years_ago_is_not_new(world: World) -> None:
    world.look(world.ridge, -WEEK, 0)
    world.observe(world.lick, -500 * DAY, name=HARE)
    world.observe(world.ridge, -DAY, name=HARE)
    rollups.roll_up(world.db)
    week = ask(world)["week"]
    assert week["new_species"] == []
    assert week["species"][0]["status"] == "not_observed_before"


def test_a_species_known_from_records_that_no_job_has_summed_up_is_not_new(world: World) -> None:
    """Records of weeks may come at once, and the job may not run; a report would say it for ever."""
    world.look(world.ridge, -60 * DAY, 0)
    world.observe(world.ridge, -DAY, name=HARE)
    rollups.roll_up(world.db)
    world.observe(world.lick, -30 * DAY, name=HARE)
    week = ask(world)["week"]
    assert week["new_species"] == []
    assert week["species"][0]["status"] == "unclear"


def test_longer_spans_are_told_the_same_way(world: World) -> None:
    world.look(world.ridge, -60 * DAY, 0)
    many(world, TAKIN, range(20, 24), 1)
    answer = ask(world, days=30)
    assert answer["week"]["camera_days"] == pytest.approx(30)
    assert answer["week"]["species"][0]["events"] == 4
    with world.client("manager") as client:
        assert client.get(URL, params={"days": 0}).status_code == 422


def test_what_needs_a_person_is_in_order_of_urgency(world: World) -> None:
    world.beat(heard_s_ago=3600)  # ridge, lick and river hang on one node that is silent
    answer = ask(world)
    assert answer["cameras"] == {"ok": 0, "attention": 0, "silent": 3, "never_seen": 0}
    found = {need["code"]: need for need in answer["needs"]}
    assert found["silent_camera"]["n"] == 3
    assert found["silent_camera"]["href"] == "#camera?show=silent"
    assert {one["name"] for one in found["silent_camera"]["subjects"]} == {"ridge", "lick", "river"}
    assert found["nobody_on_duty"]["severity"] == "soon"
    assert found["no_boundary"]["severity"] == found["no_zone"]["severity"] == "when_convenient"
    severities = [need["severity"] for need in answer["needs"]]
    assert severities == sorted(severities, key=["now", "soon", "when_convenient"].index)


def test_a_fire_that_nobody_answered_comes_first(world: World) -> None:
    fire = uuid7()
    with world.db.transaction() as conn:
        conn.execute(
            "INSERT INTO incident (id, reserve_id, kind, first_seen_at, last_seen_at)"
            " VALUES (%s, %s, 'smoke', %s, %s)",
            (fire, world.foping, NOON - timedelta(minutes=9), NOON - timedelta(minutes=2)),
        )
    answer = ask(world)
    assert codes(answer)[:2] == ["unanswered_fire", "nobody_on_duty"]
    assert answer["needs"][0]["href"] == f"#fire/incidents/{fire}"
    assert answer["needs"][1]["severity"] == "now"
    assert [one["id"] for one in answer["burning"]] == [str(fire)]
    assert [one["id"] for one in answer["week"]["incidents"]] == [str(fire)]
    with world.db.transaction() as conn:
        conn.execute("UPDATE incident SET state = 'dispatched' WHERE id = %s", (fire,))
    later = ask(world, who="ranger")
    assert "unanswered_fire" not in codes(later)
    assert "burning_fire" in codes(later)


def test_whoever_is_on_duty_can_be_reached_or_is_named(world: World) -> None:
    with world.db.transaction() as conn:
        geography.add_zone(conn, reserve=world.foping, name="North", name_zh="北区", area=json.dumps(SQUARE))
        south = geography.add_zone(
            conn, reserve=world.foping, name="South", name_zh="南区", area=json.dumps(SQUARE)
        )
    world.token("ranger")
    with world.db.transaction() as conn:
        row = conn.execute("SELECT id FROM account WHERE email = 'ranger@example.org'").fetchone()
        assert row is not None
        ranger = row[0]
        conn.execute(
            "INSERT INTO shift (id, reserve_id, zone_id, account_id, starts_at, ends_at)"
            " VALUES (%s, %s, %s, %s, now() - interval '1 hour', now() + interval '1 hour')",
            (uuid7(), world.foping, south, ranger),
        )
    answer = ask(world)
    found = {need["code"]: need for need in answer["needs"]}
    assert [one["name_zh"] for one in found["nobody_on_duty"]["subjects"]] == ["北区"]
    assert [one["name"] for one in found["unreachable_ranger"]["subjects"]] == ["Ranger"]
    assert found["drill_due"]["n"] == 0
    with world.db.transaction() as conn:
        conn.execute(
            "INSERT INTO device (id, account_id, channel, name, address, language)"
            " VALUES (%s, %s, 'email', 'mail', '{\"email\": \"r@example.org\"}', 'en')",
            (uuid7(), ranger),
        )
        conn.execute(
            "INSERT INTO shift (id, reserve_id, account_id, starts_at, ends_at)"
            " VALUES (%s, %s, %s, now() - interval '1 hour', now() + interval '1 hour')",
            (uuid7(), world.foping, ranger),
        )
    later = codes(ask(world, who="researcher"))
    assert "unreachable_ranger" not in later
    assert "nobody_on_duty" not in later


def test_a_sensitive_species_is_not_told_to_everybody(world: World) -> None:
    world.look(world.ridge, -2 * WEEK, 0)
    many(world, PANDA, range(1, 8), 2)
    rollups.roll_up(world.db)
    with world.db.transaction() as conn:
        sensitive.replace(conn, world.foping, {PANDA: 5000})
    week = ask(world, who="ranger")["week"]
    assert (week["species"], week["new_species"], week["withheld"]) == ([], [], 1)
    told = ask(world)["week"]
    assert [one["scientific_name"] for one in told["species"]] == [PANDA]
    assert told["withheld"] == 0


def test_reserves_side_by_side_are_those_of_the_account(world: World) -> None:
    with world.db.transaction() as conn:
        conn.execute(
            "INSERT INTO incident (id, reserve_id, kind, first_seen_at, last_seen_at)"
            " VALUES (%s, %s, 'fire', %s, %s)",
            (uuid7(), world.foping, NOON, NOON),
        )
    with world.client("admin") as client:
        both = client.get("/api/v1/overview").json()["reserves"]
    assert [one["slug"] for one in both] == ["foping", "elsewhere"]
    assert (both[0]["burning"], both[0]["unanswered"]) == (1, 1)
    assert both[0]["week"]["status"] == "not_observed"
    with world.client("manager") as client:
        assert [one["slug"] for one in client.get("/api/v1/overview").json()["reserves"]] == ["foping"]
    with world.client("stranger") as client:
        assert client.get(URL).status_code == 404
    with world.client() as client:
        assert client.get("/api/v1/overview").status_code == 401
