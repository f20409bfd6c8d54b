"""Correcting a camera's clock over HTTP: what it moves, who may, and that every step stays on record."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from fieldwatch_shared.ids import uuid7

from .api_world import NOON
from .fire_world import FireWorld

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database

HOUR = 3600.0


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> FireWorld:
    return FireWorld(database_url, db, tmp_path)


def correction(**fields: Any) -> dict[str, Any]:
    return {"id": str(uuid7()), "note": "the watch held before the camera"} | fields


def counted(person: Any, since: float, until: float) -> int:
    """Events between so many hours after noon."""
    question = {
        "from": (NOON + timedelta(hours=since)).isoformat(),
        "to": (NOON + timedelta(hours=until)).isoformat(),
    }
    species = person.post("/reserves/foping/counts", question).json()["species"]
    return sum(each["events"] for each in species or [])


def test_a_clock_is_corrected_for_all_and_corrected_back(world: FireWorld) -> None:
    where = f"/deployments/{world.ridge}/clock-corrections"
    world.observe(world.ridge, 0)
    with world.db.transaction() as conn:
        conn.execute(
            "INSERT INTO effort (id, deployment_id, started_at, ended_at, frames) VALUES (%s, %s, %s, %s, 1)",
            (uuid7(), world.ridge, NOON - timedelta(days=1), NOON + timedelta(days=1)),
        )
    with world.people("researcher") as (person,):
        assert (counted(person, -1, 1), counted(person, 4, 6)) == (1, 0)
        given = person.post(where, correction(offset_s=5 * HOUR)).json()
        assert (given["offset_s"], given["observations"], given["timezone"]) == (5 * HOUR, 1, "Asia/Shanghai")
        assert (counted(person, -1, 1), counted(person, 4, 6)) == (0, 1)

        again = person.post(where, correction(offset_s=2 * HOUR)).json()
        assert again["offset_s"] == 2 * HOUR, "it replaces the one before, and is not added to it"
        assert [item["undone_by"] for item in again["items"]] == [None, "Researcher"]

        undone = person.delete(f"{where}/current").json()
        assert undone["offset_s"] == 0
        assert len(undone["items"]) == 2
        assert (counted(person, -1, 1), counted(person, 4, 6)) == (1, 0)
    (stored,) = world.rows("SELECT observed_at FROM observation")
    assert stored[0] == NOON, "nothing is re-dated"


def test_a_picture_and_its_true_time_are_enough(world: FireWorld) -> None:
    where = f"/deployments/{world.ridge}/clock-corrections"
    shown = world.picture(world.ridge, 0)
    ((taken,),) = world.rows("SELECT observed_at FROM media WHERE id = %s", shown)
    true = taken + timedelta(days=366, seconds=7)
    with world.people("technician") as (person,):
        given = person.post(where, correction(media_id=str(shown), true_time=true.isoformat()))
        assert given.json()["offset_s"] == 366 * 86400 + 7
        review = person.get(f"/media/{shown}/review").json()
        assert review["clock_offset_s"] == given.json()["offset_s"], "the picture tells of it"
        assert review["observed_at"] == taken.isoformat().replace("+00:00", "Z"), "and of its camera's time"
        other = person.post(
            f"/deployments/{world.lick}/clock-corrections",
            correction(media_id=str(shown), true_time=true.isoformat()),
        )
        assert other.status_code == 404, "a picture of another deployment says nothing of this clock"
        far = person.post(where, correction(media_id=str(shown), true_time="1700-01-01T00:00:00Z"))
        assert (far.status_code, "century" in far.json()["detail"]) == (422, True)


def test_sent_again_it_is_kept_once(world: FireWorld) -> None:
    where, one = f"/deployments/{world.ridge}/clock-corrections", correction(offset_s=1.5)
    with world.people("manager") as (person,):
        first = person.post(where, one)
        assert person.post(where, one).json() == first.json()
        assert person.post(where, one | {"offset_s": 2.5}).status_code == 409
        person.delete(f"{where}/current")
        assert person.post(where, one).json()["offset_s"] == 0, "what was undone does not come back by itself"


BAD = [
    {},
    {"offset_s": 1, "true_time": NOON.isoformat()},
    {"media_id": str(uuid7())},
    {"offset_s": 1e12},
    {"offset_s": float("inf")},
    {"offset_s": 1, "media_id": str(uuid7()), "true_time": NOON.isoformat()},
]


@pytest.mark.parametrize("body", BAD, ids=lambda body: "+".join(body) or "nothing")
def test_what_is_neither_an_offset_nor_a_picture_with_its_time(
    world: FireWorld, body: dict[str, Any]
) -> None:
    body = {name: "Infinity" if value == float("inf") else value for name, value in body.items()}
    with world.people("manager") as (person,):
        refused = person.post(f"/deployments/{world.ridge}/clock-corrections", correction(**body))
    assert refused.status_code == 422, refused.text
    assert world.rows("SELECT FROM clock_correction") == []


ROLES = {"admin": 200, "manager": 200, "researcher": 200, "technician": 200, "ranger": 403, "stranger": 404}


@pytest.mark.parametrize(("who", "status"), ROLES.items())
def test_who_may_correct(world: FireWorld, who: str, status: int) -> None:
    where = f"/deployments/{world.ridge}/clock-corrections"
    with world.people(who) as (person,):
        assert person.post(where, correction(offset_s=1)).status_code == status
        assert person.delete(f"{where}/current").status_code == status
        listed = person.get(where)
        assert listed.status_code == (404 if status == 404 else 200)
        if status != 404:
            assert listed.json()["may_correct"] is (status == 200)
