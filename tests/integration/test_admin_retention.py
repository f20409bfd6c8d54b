"""Pictures that go after a while: real files, real rules; what was seen stays, and evidence always does."""

from __future__ import annotations

import hashlib
import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from fieldwatch_cloud.db import retention
from fieldwatch_cloud.errors import MediaError
from fieldwatch_cloud.jobs.leader import all_jobs, run_job
from fieldwatch_shared.ids import uuid7

from .admin_world import browsers
from .api_world import NOON
from .fire_world import FireWorld
from .labels_world import drawn

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Database

DIFFERENT = itertools.count(1000)
"""Of the pictures: two that are drawn alike are one file, which stays as long as one of them does."""
PEOPLE = {"kind": "people", "keep_days": 30, "labelled_too": False}


class PictureWorld(FireWorld):
    def taken(self, kind: str | None, *, days_ago: float, content: bytes | None = None) -> UUID:
        """A picture that arrived so long ago, and an observation of that kind on it (None: none)."""
        content = content if content is not None else drawn(next(DIFFERENT))
        sha, id_ = hashlib.sha256(content).hexdigest(), uuid7()
        self.store.put(sha, content)
        with self.db.transaction() as conn:
            conn.execute(
                "INSERT INTO media (id, deployment_id, observed_at, received_at, mime, sha256, bytes, width,"
                " height, clock_quality) VALUES (%s, %s, %s, %s, 'image/jpeg', %s, %s, 64, 48, 'ntp')",
                (id_, self.ridge, NOON, datetime.now(UTC) - timedelta(days=days_ago), sha, len(content)),
            )
        if kind is not None:
            observation = self.observe(self.ridge, 0, kind=kind, name=None)
            with self.db.transaction() as conn:
                conn.execute("UPDATE observation SET media_id = %s WHERE id = %s", (id_, observation))
        return id_

    def sweep(self) -> None:
        (job,) = (one for one in all_jobs(self.settings) if one.name == "retention")
        run_job(self.db, job)

    def file(self, media: UUID) -> bool:
        with self.db.transaction() as conn:
            (sha,) = conn.execute("SELECT sha256 FROM media WHERE id = %s", (media,)).fetchone() or ("",)
        try:
            self.store.read(sha)
        except MediaError:
            return False
        return True


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> PictureWorld:
    return PictureWorld(database_url, db, tmp_path)


def rules(*wanted: dict[str, Any]) -> dict[str, Any]:
    return {"rules": list(wanted)}


def test_without_a_rule_everything_stays(world: PictureWorld) -> None:
    kept = [world.taken(kind, days_ago=4000) for kind in ("human", "blank", "animal", None)]
    world.sweep()
    assert all(world.file(one) for one in kept)


def test_pictures_of_people_go_and_what_was_seen_stays(world: PictureWorld) -> None:
    old, new = world.taken("human", days_ago=31), world.taken("human", days_ago=29)
    vehicle, antelope = world.taken("vehicle", days_ago=31), world.taken("animal", days_ago=31)
    with browsers(world, "manager") as (manager,):
        assert manager.ask("GET", f"/media/{old}", params={"width": 160}).status_code == 200
        small = list((world.settings.media_dir / "thumbnails").glob("*"))
        assert len(small) == 1
        preview = manager.done("POST", "/reserves/foping/retention/preview", rules(PEOPLE))
        assert [(one["kind"], one["pictures"]) for one in preview] == [("people", 2)]
        world.sweep()
        assert world.file(old)  # a preview switches nothing on
        manager.done("PUT", "/reserves/foping/retention", rules(PEOPLE))
        world.sweep()
        assert [world.file(one) for one in (old, new, vehicle, antelope)] == [False, True, False, True]
        assert not any(path.exists() for path in small)
        gone = manager.ask("GET", f"/media/{old}")
        assert gone.status_code == 410
        assert "kept for 30 days" in gone.json()["detail"]
        assert manager.ask("GET", f"/media/{old}", params={"width": 160}).status_code == 410
        seen = manager.get("/reserves/foping/observations", limit=10)["items"]
        assert len(seen) == 4
        assert str(old) in {one["media_id"] for one in seen}
        answer = manager.get("/reserves/foping/retention")
        assert sum(one["pictures"] for one in answer["removed"]) == 2
        assert answer["removed"][0]["bytes"] == preview[0]["bytes"]
        assert answer["pictures"] == 2
        assert answer["ran_at"] is not None
        log = manager.get("/reserves/foping/admin-log")["items"]
        assert log[0]["after"] == {"people": {"keep_days": 30, "labelled_too": False}}


def test_a_picture_that_went_is_no_best_picture_also_where_its_file_stays(world: PictureWorld) -> None:
    """An animal and a person on one picture, and the same file with another reserve's."""
    content = drawn(7)
    person = world.taken("human", days_ago=99, content=content)
    world.taken("animal", days_ago=99, content=content)
    boar = world.observe(world.ridge, 0, name="Sus scrofa")
    with world.db.transaction() as conn:
        conn.execute("UPDATE observation SET media_id = %s WHERE id = %s", (person, boar))
    with browsers(world, "manager") as (manager,):
        best = "/reserves/foping/species/Sus scrofa/pictures"
        assert [one["media_id"] for one in manager.get(best)] == [str(person)]
        manager.done("PUT", "/reserves/foping/retention", rules(PEOPLE))
        world.sweep()
        assert world.file(person)
        assert manager.get(best) == []


def test_each_kind_has_its_rule(world: PictureWorld) -> None:
    blank, unused = world.taken("blank", days_ago=10), world.taken(None, days_ago=10)
    unknown = world.taken("unknown", days_ago=10)  # may well be an animal that the model does not know
    with browsers(world, "manager") as (manager,):
        manager.done("PUT", "/reserves/foping/retention", rules({"kind": "empty", "keep_days": 5}))
        world.sweep()
        assert [world.file(one) for one in (blank, unused, unknown)] == [False, True, True]
        manager.done("PUT", "/reserves/foping/retention", rules({"kind": "unused", "keep_days": 5}))
        world.sweep()
        assert [world.file(one) for one in (unused, unknown)] == [False, True]
        twice = rules({"kind": "unused", "keep_days": 5}, {"kind": "unused", "keep_days": 6})
        manager.refused(422, "PUT", "/reserves/foping/retention", twice)


def test_what_an_incident_rests_on_always_stays(world: PictureWorld) -> None:
    pictures = [world.taken("human", days_ago=99) for _ in range(3)]
    fire = world.fire(media=pictures[0])
    with world.db.transaction() as conn:
        conn.execute(
            "UPDATE suspicion SET before_media_id = %s, clip_media_id = %s WHERE incident_id = %s",
            (*pictures[1:], fire),
        )
    with browsers(world, "manager") as (manager,):
        wanted = rules(PEOPLE | {"labelled_too": True})
        (preview,) = manager.done("POST", "/reserves/foping/retention/preview", wanted)
        assert (preview["pictures"], preview["evidence"]) == (0, 3)
        manager.done("PUT", "/reserves/foping/retention", wanted)
        world.sweep()
    assert all(world.file(one) for one in pictures)


def test_a_persons_label_decides_and_is_kept_unless_said_so(world: PictureWorld) -> None:
    antelope, poacher = world.taken("human", days_ago=99), world.taken("animal", days_ago=99)
    box = {"x": 0.1, "y": 0.1, "width": 0.5, "height": 0.5}
    with browsers(world, "manager") as (manager,):
        for picture, kind in ((antelope, "animal"), (poacher, "human")):
            said = {"based_on": 0, "labels": [{"kind": kind, "count": 1, "box": box}]}
            manager.done("PUT", f"/media/{picture}/labels", said)
        (preview,) = manager.done("POST", "/reserves/foping/retention/preview", rules(PEOPLE))
        assert (preview["pictures"], preview["labelled"]) == (0, 1)
        manager.done("PUT", "/reserves/foping/retention", rules(PEOPLE))
        world.sweep()
        assert world.file(poacher)
        manager.done("PUT", "/reserves/foping/retention", rules(PEOPLE | {"labelled_too": True}))
        world.sweep()
        assert [world.file(one) for one in (antelope, poacher)] == [True, False]


def test_a_file_goes_with_the_last_picture_that_has_it(world: PictureWorld) -> None:
    content = drawn(7)
    person = world.taken("human", days_ago=99, content=content)
    same = world.taken("animal", days_ago=99, content=content)
    with browsers(world, "manager") as (manager,):
        manager.done("PUT", "/reserves/foping/retention", rules(PEOPLE))
        world.sweep()
        assert manager.ask("GET", f"/media/{person}").status_code == 410
        assert manager.ask("GET", f"/media/{same}").status_code == 200


def test_what_an_incident_came_to_rest_on_meanwhile_stays(world: PictureWorld) -> None:
    late = world.taken("human", days_ago=99)
    with browsers(world, "manager") as (manager,):
        manager.done("PUT", "/reserves/foping/retention", rules(PEOPLE))
        with world.db.transaction() as conn:
            (reserve_id, rule), *_ = retention.all_rules(conn)
            assert retention.remove(conn, reserve_id, world.ridge, rule, datetime.now(UTC), limit=9) == (1, 1)
        assert manager.ask("GET", f"/media/{late}").status_code == 410
        world.fire(media=late)
        world.sweep()
        assert world.file(late)
        assert manager.ask("GET", f"/media/{late}").status_code == 200


def test_a_crash_between_mark_and_file_is_made_good(world: PictureWorld, monkeypatch) -> None:
    old = world.taken("human", days_ago=99)
    with browsers(world, "manager") as (manager,):
        manager.done("PUT", "/reserves/foping/retention", rules(PEOPLE))
        with monkeypatch.context() as broken:

            def full(*_: object) -> None:
                raise MediaError("the disk is read-only")

            broken.setattr("fieldwatch_cloud.media.store.DiskStore.remove", full)
            world.sweep()
        assert world.file(old)
        assert manager.get("/reserves/foping/retention")["failure"] == "the disk is read-only"
        assert manager.ask("GET", f"/media/{old}").status_code == 410
        world.sweep()
        assert not world.file(old)
        assert manager.get("/reserves/foping/retention")["failure"] is None
