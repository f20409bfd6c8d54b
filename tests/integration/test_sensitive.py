"""Sensitive species, role by role: who need not know where they are learns it from no answer."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from tests.integration.api_world import NOON, SQUARE, World, running

from fieldwatch_cloud.db import sensitive

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from fieldwatch_cloud.db.pool import Database

PANDA = "Ailuropoda melanoleuca"
BOAR = "Sus scrofa"
AT = "/api/v1/reserves/foping"
SPAN = {"from": "2026-05-04T00:00:00Z", "to": "2026-05-05T00:00:00Z"}
EVERY_ROLE = [
    ("admin", True),
    ("manager", True),
    ("researcher", True),
    ("ranger", False),
    ("technician", False),
]
EXACT = pytest.mark.parametrize(("who", "exact"), EVERY_ROLE[2:])


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> World:
    world = World(database_url, db, tmp_path)
    world.look(world.ridge, 0, 600)
    boar = world.observe(world.ridge, 10, name=BOAR)
    panda = world.observe(world.ridge, 20, name=PANDA)
    goral = world.observe(world.ridge, 20, name="Naemorhedus griseus")
    world.pictures = [  # type: ignore[attr-defined]
        keep(world, 10, [boar]),
        keep(world, 20, [panda, goral]),
    ]
    with db.transaction() as conn:
        sensitive.replace(conn, world.foping, {"Ailuropoda": 2000})
    return world


def keep(world: World, minutes: float, of: list[UUID]) -> UUID:
    new = UUID(int=of[0].int ^ 1)
    sha = f"{new.int:064x}"[-64:]
    with world.db.transaction() as conn:
        conn.execute(
            "INSERT INTO media (id, deployment_id, observed_at, mime, sha256, bytes, width, height,"
            " clock_quality) VALUES (%s, %s, %s, 'image/jpeg', %s, 9, 64, 48, 'ntp')",
            (new, world.ridge, NOON + timedelta(minutes=minutes), sha),
        )
        conn.execute("UPDATE observation SET media_id = %s WHERE id = ANY (%s)", (new, of))
    return new


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["scientific_name"] for one in answer.json()["items"]]


@pytest.mark.parametrize(("who", "exact"), EVERY_ROLE)
def test_the_list_of_observations(world: World, who: str, exact: bool) -> None:
    with world.client(who) as client:
        answer = client.get(f"{AT}/observations")
        assert (PANDA in names(answer)) is exact
        assert answer.json()["withheld"] == ([] if exact else ["Ailuropoda"])
        by_name = {one["scientific_name"]: one for one in answer.json()["items"]}
        assert by_name[BOAR]["media_id"] is not None
        # It shares its picture with a panda.
        assert (by_name["Naemorhedus griseus"]["media_id"] is not None) is exact
        # Asked by name, an empty list would say that there is none.
        assert client.get(f"{AT}/observations", params={"taxon": PANDA}).status_code == (
            200 if exact else 403
        )


@EXACT
def test_pictures_and_their_review(world: World, who: str, exact: bool) -> None:
    boar, panda = world.pictures  # type: ignore[attr-defined]
    with world.client(who) as client:
        assert client.get(f"/api/v1/media/{boar}/review").status_code == 200
        assert client.get(f"/api/v1/media/{panda}/review").status_code == (200 if exact else 404)
        said = client.get(f"/api/v1/media/{panda}").json()["detail"]
        assert ("no such picture" in said) is not exact  # With right, its file is lost: nobody wrote one.
        review = client.get(f"{AT}/review").json()["items"]
        assert (str(panda) in json.dumps(review)) is exact
        assert client.get(f"{AT}/review/progress", params={"taxon": PANDA}).status_code == (
            200 if exact else 403
        )
        packed = client.get(f"{AT}/labels/export", params={"format": "coco", "pictures": False})
        with zipfile.ZipFile(io.BytesIO(packed.content)) as files:
            assert (str(panda) in files.read("annotations/instances.json").decode()) is exact


@EXACT
def test_the_map_does_not_tell_when_it_was_seen(world: World, who: str, exact: bool) -> None:
    world.observe(world.river, 60, name=PANDA)
    with world.client(who) as client:
        features = client.get(f"{AT}/deployments").json()["features"]
    (river,) = [f["properties"] for f in features if f["properties"]["location_name"] == "river"]
    assert (river["last_observation_at"] is not None) is exact


@EXACT
def test_what_a_clock_would_move_does_not_tell_which_camera_saw_one(
    world: World, who: str, exact: bool
) -> None:
    world.observe(world.river, 60, name=PANDA)
    with world.client(who) as client:
        moved = client.get(f"/api/v1/deployments/{world.river}/clock-corrections").json()
    assert (moved["observations"], moved["first_at"] is not None) == ((1, True) if exact else (0, False))


@EXACT
def test_counts_are_of_the_whole_reserve_alone(world: World, who: str, exact: bool) -> None:
    def counted(client: TestClient, path: str = "counts", **asked: Any) -> Any:
        return client.post(f"{AT}/{path}", json={**SPAN, **asked})

    with world.client(who) as client:
        alone = {one["scientific_name"] for one in counted(client).json()["species"]}
        assert (PANDA in alone) is exact, "where one camera looked, the whole reserve is its place"
        assert counted(client, taxa=[PANDA]).status_code == (200 if exact else 403)
        world.look(world.lick, 0, 600)
        world.look(world.river, 0, 600)
        whole = counted(client).json()["species"]
        assert {one["scientific_name"] for one in whole} == {PANDA, BOAR, "Naemorhedus griseus"}
        part = counted(client, area=SQUARE).json()["species"]
        assert (PANDA in {one["scientific_name"] for one in part}) is exact
        assert counted(client, area=SQUARE, taxa=[PANDA]).status_code == (200 if exact else 403)
        assert counted(client, taxa=[PANDA]).status_code == 200
        if not exact:
            refused = counted(client, area=SQUARE, taxa=[PANDA]).json()["detail"]
            assert "blurred to 2000 m" in refused
        trace = {"taxon": PANDA, "observation_type": "animal"}
        assert counted(client, "counts/trace", **trace).status_code == (200 if exact else 403)


@EXACT
def test_grids_and_comparisons(world: World, who: str, exact: bool) -> None:
    with world.client(who) as client:
        cells = {"kind": "square", "size_m": 1000}
        asked = {**SPAN, "area": SQUARE, "cells": cells}
        assert client.post(f"{AT}/counts/grid", json={**asked, "taxon": PANDA}).status_code == (
            200 if exact else 403
        )
        pooled = client.post(f"{AT}/counts/grid", json={**asked, "taxon": None}).json()
        events = sum(f["properties"]["events"] or 0 for f in pooled["features"])
        assert events == (3 if exact else 2)
        side = {**SPAN, "area": SQUARE}
        answer = client.post(f"{AT}/counts/compare", json={"a": side, "b": side}).json()
        assert (PANDA in json.dumps(answer["species"])) is exact
        rate = {**side, "method": "rate", "taxon": PANDA}
        assert client.post(f"{AT}/estimates", json=rate).status_code == (200 if exact else 403)
        whole = {**SPAN, "method": "rate", "taxon": PANDA}
        assert client.post(f"{AT}/estimates", json=whole).status_code == (200 if exact else 403)
        for asked in (side, SPAN):
            series = client.post(f"{AT}/counts/series", json={**asked, "by": "day"}).json()
            assert (PANDA in json.dumps(series["periods"])) is exact


def test_the_live_stream(world: World) -> None:
    boar, panda = world.pictures  # type: ignore[attr-defined]
    told = [
        {
            "id": str(UUID(int=n)),
            "deployment_id": str(world.ridge),
            "scientific_name": name,
            "media_id": media,
        }
        for n, (name, media) in enumerate(
            [(PANDA, None), ("Naemorhedus griseus", str(panda)), (BOAR, str(boar))]
        )
    ]
    heard: dict[str, list[tuple[str, Any]]] = {}
    with running(world) as run:
        for who in ("ranger", "researcher"):
            heard[who] = []
            with run.client(world.token(who)) as client, client.stream("GET", f"{AT}/stream") as stream:
                lines = stream.iter_lines()
                assert next(lines).startswith((":", "retry"))
                world.notify("foping", "media", [{"id": str(panda)}, {"id": str(boar)}])
                world.notify("foping", "observation", told)
                event = ""
                for line in lines:
                    if line.startswith("event:"):
                        event = line.partition(": ")[2]
                    if line.startswith("data:"):
                        data = json.loads(line.partition(": ")[2])
                        heard[who].append((event, data))
                        if data.get("scientific_name") == BOAR:
                            break
    everything = [("media", str(panda)), ("media", str(boar))]
    assert [(name, data["id"]) for name, data in heard["researcher"]][:2] == everything
    assert [data.get("scientific_name") for _, data in heard["researcher"]][2:] == [
        PANDA,
        "Naemorhedus griseus",
        BOAR,
    ]
    assert [(name, data.get("scientific_name"), data.get("media_id")) for name, data in heard["ranger"]] == [
        ("media", None, None),
        ("observation", "Naemorhedus griseus", None),
        ("observation", BOAR, str(boar)),
    ]


@pytest.mark.parametrize(
    ("who", "status"),
    [("admin", 200), ("manager", 200), ("researcher", 403), ("ranger", 403), ("stranger", 404)],
)
def test_who_says_which_species_are_sensitive(world: World, who: str, status: int) -> None:
    wanted = [{"scientific_name": "Panthera uncia", "blur_m": 20_000}]
    with world.client(who) as client:
        answer = client.put(f"{AT}/sensitive-species", json=wanted)
        assert answer.status_code == status
        if status == 200:
            assert answer.json() == client.get(f"{AT}/sensitive-species").json() == wanted


@pytest.mark.parametrize(
    "wrong",
    [
        [{"scientific_name": "", "blur_m": 1000}],
        [{"scientific_name": "Panthera uncia", "blur_m": 1}],
        [{"scientific_name": "A b", "blur_m": 1000}, {"scientific_name": "a B", "blur_m": 2000}],
    ],
)
def test_a_list_that_cannot_be_is_refused_whole(world: World, wrong: Any) -> None:
    with world.client("manager") as client:
        assert client.put(f"{AT}/sensitive-species", json=wrong).status_code == 422
        assert client.get(f"{AT}/sensitive-species").json()[0]["scientific_name"] == "Ailuropoda"
