"""Data sets of others: in, counted beside one's own, out again cell by cell, and away."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from tests.camtrap_packages import (
    FILES,
    OBSERVATIONS,
    PICTURE,
    SHARED,
    descriptor,
    folder_zipped,
    tables,
    zipped,
)
from tests.integration.api_world import World
from typer.testing import CliRunner

from fieldwatch_cloud import cli
from fieldwatch_cloud.camtrap.projection import record_id
from fieldwatch_cloud.camtrap.source import ZipSource
from fieldwatch_cloud.camtrap.validate import problems
from fieldwatch_cloud.db import sensitive

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from fieldwatch_cloud.db.pool import Database

WHERE = "/api/v1/reserves/foping/datasets"
SPAN = {"from": "2024-03-01T00:00:00Z", "to": "2024-04-01T00:00:00Z"}


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> World:
    return World(database_url, db, tmp_path)


def sent(client: TestClient, file: io.BytesIO) -> Any:
    return client.post(WHERE, content=file.getvalue(), headers={"Content-Type": "application/zip"})


def species(client: TestClient, **asked: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/reserves/foping/counts", json={**SPAN, **asked})
    assert answer.status_code == 200, answer.text
    return {one["scientific_name"]: one for one in answer.json()["species"] or []}


def test_a_package_counts_once_beside_ones_own_and_goes_out_as_it_came(world: World) -> None:
    with world.client("researcher") as client:
        answer = sent(client, zipped())
        assert answer.status_code == 201, answer.text
        told = answer.json()
        assert (told["deployments"], told["media"], told["pictures"]) == (2, 3, 1)
        assert (told["observations"], told["counted"], told["rejected"]) == (5, 2, [])
        assert told["effort_from_dates"] is True

        # The event as a whole, and not its two pictures; nothing of putting up the camera.
        found = species(client)
        assert found["Moschus berezovskii"]["observations"] == 1
        assert found["Moschus berezovskii"]["individuals"] == 2
        assert found["Sus scrofa"]["individuals"] == 3
        assert None not in found
        counted = client.post("/api/v1/reserves/foping/counts", json=SPAN).json()
        assert counted["effort"]["camera_days"] == pytest.approx(30)

        # On the map it is over, never silent; and no camera hangs there.
        features = client.get("/api/v1/reserves/foping/deployments").json()["features"]
        came = {f["properties"]["location_name"]: f["properties"] for f in features}
        assert came["North"]["health"]["status"] == "ended"
        assert came["North"]["node_id"] is None
        assert came["North"]["dataset_id"] == told["id"]
        assert came["North"]["heading_deg"] == 0

        # The event can be traced to its picture, which came along; the other says where it lies.
        items = client.get("/api/v1/reserves/foping/observations").json()["items"]
        deer = next(o for o in items if o["scientific_name"] == "Moschus berezovskii")
        assert client.get(f"/api/v1/media/{deer['media_id']}").content == PICTURE.getvalue()
        boar = next(o for o in items if o["scientific_name"] == "Sus scrofa")
        missing = client.get(f"/api/v1/media/{boar['media_id']}")
        assert missing.status_code == 404
        assert "https://example.org/m3.mp4" in missing.json()["detail"]

        again = sent(client, zipped()).json()
        assert (again["id"], again["new"]) == (told["id"], False)
        assert species(client)["Moschus berezovskii"]["observations"] == 1

        (listed,) = client.get(WHERE).json()
        assert (listed["licence"], listed["account"]) == ("CC-BY-4.0", "Researcher")
        out = client.get(f"/api/v1/datasets/{told['id']}/export")
        assert out.status_code == 200
        assert tables(out.content) == tables(zipped())
        with zipfile.ZipFile(io.BytesIO(out.content)) as package:
            assert json.loads(package.read("datapackage.json")) == descriptor()
            assert package.read("media/m1.jpg") == PICTURE.getvalue()
        assert list(problems(ZipSource(io.BytesIO(out.content)))) == []


@pytest.mark.skipif(not SHARED.is_dir(), reason="the official example is not beside the checkout")
def test_the_official_example_comes_out_table_by_table_without_loss(world: World) -> None:
    example = folder_zipped(SHARED / "example")
    with world.client("manager") as client:
        told = sent(client, example).json()
        assert told["rejected"] == []
        assert (told["deployments"], told["media"], told["observations"]) == (4, 423, 549)
        assert told["pictures"] == 10
        out = client.get(f"/api/v1/datasets/{told['id']}/export").content
    assert tables(out) == tables(example)
    with zipfile.ZipFile(io.BytesIO(out)) as package:
        assert json.loads(package.read("datapackage.json")) == json.loads(
            (SHARED / "example" / "datapackage.json").read_text()
        )
        for picture in (SHARED / "example" / "media").iterdir():
            assert package.read(f"media/{picture.name}") == picture.read_bytes()


def test_what_cannot_be_used_is_named_and_the_rest_is_kept(world: World) -> None:
    bad = OBSERVATIONS + (
        "o6,d1,,,2024-03-09T00:00:00Z,2024-03-08T00:00:00Z,event,animal,,Sus scrofa,1,,,,,human,,\n"
        "o7,d9,,,2024-03-09T00:00:00Z,2024-03-09T00:00:00Z,event,animal,,Sus scrofa,1,,,,,human,,\n"
        "o8,d1,,,2024-03-09T00:00:00,2024-03-09T00:00:00,event,animal,,Sus scrofa,1,,,,,human,,\n"
        "o4,d1,,,2024-03-09T00:00:00Z,2024-03-09T00:00:00Z,event,animal,,Sus scrofa,1,,,,,human,,\n"
        "o9,d1,,,2024-03-09T00:00:00Z,2024-03-09T00:00:00Z,event,beast,,Sus scrofa,0,,,,,human,,\n"
    )
    with world.client("manager") as client:
        told = sent(client, zipped({**FILES, "observations.csv": bad})).json()
        assert told["observations"] == 5
        assert told["rejected_rows"] == 5
        assert [(r["row"], r["reason"].partition(":")[0]) for r in told["rejected"]] == [
            (6, "eventEnd"),
            (7, "deploymentID"),
            (8, "eventStart"),
            (9, "observationID"),
            (10, "observationType"),
        ]


def test_another_version_waits_until_the_first_is_deleted(world: World) -> None:
    newer = zipped({**FILES, "observations.csv": OBSERVATIONS.replace("Sus scrofa,3", "Sus scrofa,4")})
    with world.client("manager") as client:
        first = sent(client, zipped()).json()
        assert sent(client, newer).status_code == 409
        assert client.delete(f"/api/v1/datasets/{first['id']}").status_code == 204
        assert species(client) == {}
        names = [
            f["properties"]["location_name"]
            for f in client.get("/api/v1/reserves/foping/deployments").json()["features"]
        ]
        assert "North" not in names
        assert sent(client, newer).status_code == 201
        assert species(client)["Sus scrofa"]["individuals"] == 4


def test_a_data_set_that_was_worked_on_stays(world: World) -> None:
    with world.client("manager") as client:
        told = sent(client, zipped()).json()
        (picture,) = _stored(world)
        labels = [
            {
                "kind": "animal",
                "scientific_name": "Moschus chrysogaster",
                "box": {"x": 0.1, "y": 0.1, "width": 0.2, "height": 0.2},
            }
        ]
        answer = client.put(f"/api/v1/media/{picture}/labels", json={"labels": labels, "based_on": 0})
        assert answer.status_code in (200, 201), answer.text
        # A person's word stands where the event's did.
        assert set(species(client)) == {"Moschus chrysogaster", "Sus scrofa"}
        assert client.delete(f"/api/v1/datasets/{told['id']}").status_code == 409


def _stored(world: World) -> list[str]:
    with world.db.transaction() as conn:
        return [
            str(id_)
            for (id_,) in conn.execute(
                "SELECT m.id FROM media m JOIN deployment d ON d.id = m.deployment_id"
                " WHERE d.dataset_id IS NOT NULL"
            )
        ]


def test_effort_that_a_package_tells_beats_its_dates(world: World) -> None:
    effort = (
        "deploymentID,effortStart,effortEnd\n"
        "d1,2024-03-01T08:00:00+08:00,2024-03-03T08:00:00+08:00\n"
        "d2,2024-03-01T00:00:00Z,2024-03-02T00:00:00Z\n"
    )
    described = descriptor()
    fields = [{"name": name} for name in ("deploymentID", "effortStart", "effortEnd")]
    described["resources"].append({"name": "effort", "path": "effort.csv", "schema": {"fields": fields}})
    with world.client("manager") as client:
        told = sent(client, zipped({**FILES, "effort.csv": effort}, described)).json()
        assert told["effort_from_dates"] is False
        counted = client.post("/api/v1/reserves/foping/counts", json=SPAN).json()
        assert counted["effort"]["camera_days"] == pytest.approx(3)
        out = client.get(f"/api/v1/datasets/{told['id']}/export").content
        with zipfile.ZipFile(io.BytesIO(out)) as package:
            assert package.read("effort.csv").decode() == effort


@pytest.mark.parametrize(
    ("who", "status"),
    [("ranger", 403), ("technician", 403), ("stranger", 404), ("researcher", 201), ("manager", 201)],
)
def test_who_may_import(world: World, who: str, status: int) -> None:
    with world.client(who) as client:
        assert sent(client, zipped()).status_code == status


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"PK\x03\x04 no zip at all", "no zip"),
        (zipped(described=None).getvalue(), "no datapackage.json"),
        (zipped(described="{").getvalue(), "not JSON"),
        (zipped({**FILES, "../evil.csv": "x"}).getvalue(), "no path within"),
        (zipped({**FILES, "deployments.csv": "deploymentID\n"}).getvalue(), "no column latitude"),
        (
            zipped(described=descriptor(profile="https://x/camtrap-dp/0.5/p.json")).getvalue(),
            "another version",
        ),
    ],
)
def test_what_is_no_package_is_refused_whole(world: World, content: bytes, why: str) -> None:
    with world.client("manager") as client:
        answer = sent(client, io.BytesIO(content))
        assert answer.status_code == 422
        assert why in answer.json()["detail"]
        assert client.get(WHERE).json() == []


def test_the_command_line_in_out_and_away(world: World, database_url: str, tmp_path: Path) -> None:
    environment = {
        "FIELDWATCH_STATE": str(tmp_path / "state"),
        "FIELDWATCH_DATABASE_URL": database_url,
        "FIELDWATCH_MEDIA_DIR": str(tmp_path / "media"),
    }

    def run(*arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(cli.app, ["dataset", *arguments], env=environment)
        assert done.exit_code == code, done.output
        return done.output

    packed, out = tmp_path / "deer.zip", tmp_path / "out.zip"
    packed.write_bytes(zipped().getvalue())
    with zipfile.ZipFile(packed) as package:
        package.extractall(tmp_path / "deer")
    said = run("import", str(packed), "--reserve", "foping")
    assert "2 deployments, 3 media (1 pictures kept here), 5 observations, of which 2 count" in said
    id_ = said.splitlines()[-1]
    assert "nothing changed" in run("import", str(tmp_path / "deer"), "--reserve", "foping")
    assert id_ in run("list", "--reserve", "foping")
    run("export", id_, str(out))
    assert tables(out.read_bytes()) == tables(zipped())
    run("remove", id_)
    assert run("list", "--reserve", "foping") == ""
    assert "no such data set" in run("export", id_, str(out), code=1)
    assert "no Camtrap DP" in run("import", __file__, "--reserve", "foping", code=1)


@pytest.mark.parametrize(("who", "exact"), [("researcher", True), ("ranger", False)])
def test_every_picture_of_an_event_is_as_sensitive_as_its_species(
    world: World, who: str, exact: bool
) -> None:
    """Its observation names but the first of them."""
    with world.db.transaction() as conn:
        sensitive.replace(conn, world.foping, {"Moschus": 2000})
    with world.client("manager") as client:
        id_ = UUID(sent(client, zipped()).json()["id"])
    with world.client(who) as client:
        first, second, boar = (
            client.get(f"/api/v1/media/{record_id(id_, 'media', name)}") for name in ("m1", "m2", "m3")
        )
        coco = client.get("/api/v1/reserves/foping/exports/coco").json()
    assert first.status_code == (200 if exact else 404)
    assert ("https://example.org/m2.jpg" in second.json()["detail"]) is exact
    assert "https://example.org/m3.mp4" in boar.json()["detail"]
    assert len(coco["images"]) == (1 if exact else 0)


def test_a_data_set_tells_of_what_stands_in_any_of_its_rows(world: World) -> None:
    """Also in those that are not counted: the event as a whole is named less exactly than its pictures."""
    rows = OBSERVATIONS.replace("event,animal,,Moschus berezovskii", "event,animal,,Moschidae")
    with world.db.transaction() as conn:
        sensitive.replace(conn, world.foping, {"Moschus": 2000})
    with world.client("manager") as client:
        id_ = sent(client, zipped({**FILES, "observations.csv": rows})).json()["id"]
        assert client.get(f"/api/v1/datasets/{id_}/export").status_code == 200
    with world.client("ranger") as client:
        assert client.get(f"/api/v1/datasets/{id_}/export").status_code == 403
        with world.db.transaction() as conn:
            sensitive.replace(conn, world.foping, {"Panthera": 2000})
        assert client.get(f"/api/v1/datasets/{id_}/export").status_code == 200
