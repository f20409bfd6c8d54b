"""Species and their best pictures over HTTP, and the newest picture of a camera."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from fieldwatch_cloud.db import rollups, sensitive
from fieldwatch_shared.ids import uuid7

from .api_world import NOON, Peopled, World

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Database

DAY = 24 * 60
URL = "/api/v1/reserves/foping/species"
TAKIN, PANDA = "Budorcas taxicolor", "Ailuropoda melanoleuca"


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> World:
    return Peopled(database_url, db, tmp_path)


def photograph(
    world: World, deployment: UUID, minutes: float, name: str | None, confidence: float = 0.9
) -> UUID:
    """A picture so many minutes after NOON, with what a model saw in it, if anything."""
    at, media = NOON + timedelta(minutes=minutes), uuid7()
    with world.db.transaction() as conn:
        conn.execute(
            "INSERT INTO media"
            " (id, deployment_id, observed_at, mime, sha256, bytes, width, height, clock_quality)"
            " VALUES (%s, %s, %s, 'image/jpeg', %s, 9, 640, 480, 'ntp')",
            (media, deployment, at, media.hex),
        )
    if name is not None:
        seen = world.observe(deployment, minutes, name=name, confidence=confidence)
        with world.db.transaction() as conn:
            conn.execute("UPDATE observation SET media_id = %s WHERE id = %s", (media, seen))
    return media


def say(world: World, media: UUID, name: str | None) -> None:
    """What a person says is in the picture."""
    labels = []
    if name is not None:
        box = {"x": 0.1, "y": 0.1, "width": 0.5, "height": 0.5}
        labels = [{"kind": "animal", "scientific_name": name, "count": 1, "box": box}]
    with world.client("researcher") as client:
        body = {"based_on": 0, "labels": labels}
        answer = client.put(f"/api/v1/media/{media}/labels", json=body)
    assert answer.status_code == 200, answer.text


def get(world: World, path: str, who: str = "manager", **params: Any) -> Any:
    with world.client(who) as client:
        return client.get(path, params=params)


def test_the_species_of_a_reserve_with_their_first_and_last_record(world: World) -> None:
    for minutes in (-400 * DAY, -40 * DAY, -3 * DAY):
        world.observe(world.ridge, minutes, name=TAKIN)
    world.observe(world.lick, -2 * DAY, name=TAKIN, lasts=2)
    world.observe(world.lick, -DAY, name=PANDA)
    world.observe(world.lick, -DAY, name=None, kind="human")
    world.observe(world.abroad, -DAY, name="Lepus tolai")
    rollups.roll_up(world.db)
    takin, panda = get(world, URL).json()
    assert (takin["scientific_name"], takin["events"], takin["deployments"]) == (TAKIN, 4, 2)
    assert datetime.fromisoformat(takin["first_seen_at"]) == NOON - timedelta(days=400)
    assert datetime.fromisoformat(takin["last_seen_at"]) == NOON - timedelta(days=2) + timedelta(minutes=2)
    assert (panda["observations"], panda["labelled"]) == (1, 0)
    assert get(world, URL, who="stranger").status_code == 404


def test_confirmed_pictures_come_first_then_every_cameras_best(world: World) -> None:
    sure = photograph(world, world.ridge, 0, TAKIN, 0.99)
    photograph(world, world.ridge, 10, TAKIN, 0.98)  # the same event
    second = photograph(world, world.ridge, 200, TAKIN, 0.95)
    other = photograph(world, world.lick, 50, TAKIN, 0.6)
    confirmed = photograph(world, world.river, 90, TAKIN, 0.3)
    contradicted = photograph(world, world.river, 400, TAKIN, 0.97)
    missed = photograph(world, world.river, 900, None)
    say(world, confirmed, TAKIN)
    say(world, contradicted, PANDA)
    say(world, missed, TAKIN)
    found = get(world, f"{URL}/{TAKIN}/pictures").json()
    assert [one["media_id"] for one in found] == [
        str(id_) for id_ in (confirmed, missed, sure, other, second)
    ]
    assert [one["labelled"] for one in found] == [True, True, False, False, False]
    assert found[1]["confidence"] is None
    assert len(get(world, f"{URL}/{TAKIN}/pictures", limit=2).json()) == 2
    assert get(world, f"{URL}/Nothing such/pictures").json() == []
    week = get(world, "/api/v1/reserves/foping/overview", to=(NOON + timedelta(days=1)).isoformat()).json()
    assert {one["scientific_name"] for one in week["week"]["pictures"][:2]} == {TAKIN, PANDA}


def test_places_of_a_sensitive_species_stay_hidden(world: World) -> None:
    world.observe(world.ridge, -DAY, name=PANDA)
    picture = photograph(world, world.ridge, 0, PANDA)
    plain = photograph(world, world.ridge, -60, TAKIN)
    rollups.roll_up(world.db)
    with world.db.transaction() as conn:
        sensitive.replace(conn, world.foping, {PANDA: 5000})
    listed = {one["scientific_name"]: one for one in get(world, URL, who="ranger").json()}
    assert listed[PANDA]["first_seen_at"] is listed[PANDA]["last_seen_at"] is None
    assert listed[TAKIN]["first_seen_at"] is not None
    assert get(world, f"{URL}/{PANDA}/pictures", who="technician").status_code == 403
    latest = f"/api/v1/deployments/{world.ridge}/latest-picture"
    with world.client("nobody") as client:
        assert client.get(latest).status_code == 404
    assert get(world, latest, who="manager").json()["media_id"] == str(picture)
    assert get(world, latest, who="ranger").json()["media_id"] == str(plain)


def test_the_latest_picture_is_dated_by_the_corrected_clock(world: World) -> None:
    latest = f"/api/v1/deployments/{world.ridge}/latest-picture"
    none = get(world, latest, who="researcher")
    assert none.status_code == 404
    assert "no picture yet" in none.json()["detail"]
    photograph(world, world.ridge, -60, TAKIN)
    newest = photograph(world, world.ridge, 0, None)
    with world.client("manager") as client:
        told = client.post(
            f"/api/v1/deployments/{world.ridge}/clock-corrections",
            json={"id": str(uuid7()), "offset_s": 3600, "note": None},
        )
        assert told.status_code < 300, told.text
        found = client.get(latest).json()
    assert found["media_id"] == str(newest)
    assert datetime.fromisoformat(found["observed_at"]) == NOON + timedelta(hours=1)
    assert (found["width"], found["height"]) == (640, 480)


def test_pictures_of_a_week_are_chosen_by_the_corrected_clock(world: World) -> None:
    """A camera that was set up with the year before shows what it saw this week, and nothing else."""
    world.look(world.lick, -30 * DAY, -20 * DAY)
    ours = photograph(world, world.ridge, -365 * DAY - 60, TAKIN)
    confirmed = photograph(world, world.ridge, -365 * DAY - 600, PANDA)
    photograph(world, world.ridge, -60, TAKIN)  # by its clock this week: in truth, a year from now
    say(world, confirmed, PANDA)
    with world.client("manager") as client:
        told = client.post(
            f"/api/v1/deployments/{world.ridge}/clock-corrections",
            json={"id": str(uuid7()), "offset_s": 365 * 86400, "note": None},
        )
        assert told.status_code < 300, told.text
    week = get(world, "/api/v1/reserves/foping/overview", to=NOON.isoformat()).json()["week"]
    assert {one["media_id"] for one in week["pictures"]} == {str(ours), str(confirmed)}
    # Both are first records, with the pictures that show them.
    assert {one["scientific_name"]: one["media_id"] for one in week["new_species"]} == {
        TAKIN: str(ours),
        PANDA: str(confirmed),
    }


def test_the_picture_of_a_first_record_is_what_people_say_it_is(world: World) -> None:
    """Not the one of which a person said that it shows something else, even where it was the earlier."""
    world.observe(world.ridge, -500 * DAY, name=PANDA)
    wrong = photograph(world, world.ridge, -3000, TAKIN)
    right = photograph(world, world.ridge, -2900, PANDA)
    say(world, wrong, PANDA)
    say(world, right, TAKIN)
    rollups.roll_up(world.db)
    week = get(world, "/api/v1/reserves/foping/overview", to=NOON.isoformat()).json()["week"]
    (takin,) = week["new_species"]
    assert (takin["scientific_name"], takin["media_id"]) == (TAKIN, str(right))
