"""Labelling sets out and back over HTTP: what is in them, round trips, and files that are partly wrong."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from fieldwatch_cloud.api.security import MAX_BODY_BYTES, MAX_FILE_BYTES
from fieldwatch_shared.ids import uuid7

from .labels_world import BOX, DEER, Pictures, put

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Database

EXPORT = "/api/v1/reserves/foping/labels/export"
IMPORT = "/api/v1/reserves/foping/labels/import"
BOAR = {"kind": "animal", "scientific_name": "Sus scrofa", "box": BOX | {"x": 0.5}, "count": 2}


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> Pictures:
    return Pictures(database_url, db, tmp_path)


def export(client: Any, **params: Any) -> zipfile.ZipFile:
    response = client.get(EXPORT, params={"share": 0} | params)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/zip"
    packed = zipfile.ZipFile(io.BytesIO(response.content))
    assert packed.testzip() is None
    return packed


def document(packed: zipfile.ZipFile) -> Any:
    (name,) = [name for name in packed.namelist() if name.endswith(".json")]
    return json.loads(packed.read(name))


def send(client: Any, file: Any, **params: Any) -> Any:
    content = file if isinstance(file, bytes) else json.dumps(file).encode()
    return client.post(IMPORT, content=content, params=params)


def counts(response: Any) -> tuple[int, int, int, int]:
    assert response.status_code == 200, response.text
    body = response.json()
    return body["stored"], body["unchanged"], body["untouched"], len(body["errors"])


def labels_of(client: Any, media: UUID) -> Any:
    return client.get(f"/api/v1/media/{media}/review").json()["labels"]


def test_pictures_travel_with_what_was_said(world: Pictures) -> None:
    proposed, labelled, blank, plain = (world.picture(world.ridge, minutes) for minutes in range(4))
    world.propose(proposed)
    world.propose(labelled, confidence=0.5)
    with world.client("researcher") as client:
        put(client, labelled, 0, BOAR)
        put(client, blank, 0)
        both, mine = export(client, format="coco"), export(client, format="coco", which="labelled")
        yolo = export(client, format="yolo", which="labelled")
        links = export(client, format="label_studio", pictures=False)
        for media in (proposed, labelled, blank):
            content = both.read(f"images/{media}.jpg")
            assert content == client.get(f"/api/v1/media/{media}").content
            with world.db.transaction() as conn:
                row = conn.execute("SELECT sha256 FROM media WHERE id = %s", (media,)).fetchone()
            assert row == (hashlib.sha256(content).hexdigest(),)
    assert f"images/{plain}.jpg" not in both.namelist()  # neither a reason nor a label
    assert {image["media_id"] for image in document(mine)["images"]} == {str(labelled), str(blank)}
    assert [a["attributes"]["count"] for a in document(mine)["annotations"]] == [2]
    assert yolo.read(f"labels/train/{blank}.txt") == b""
    assert yolo.read(f"labels/train/{labelled}.txt") == b"0 0.650000 0.400000 0.300000 0.400000\n"
    assert f"images/train/{labelled}.jpg" in yolo.namelist()
    assert links.namelist() == ["tasks.json", "label_config.xml"]
    assert document(links)[0]["data"]["image"].startswith("http://testserver/api/v1/media/")


def test_filters_reach_the_export(world: Pictures) -> None:
    deer, boar = world.picture(world.ridge), world.picture(world.lick)
    world.propose(deer)
    world.propose(boar, "Sus scrofa", confidence=0.5)
    with world.client("ranger") as client:
        for params, expected in (
            ({"taxon": "Sus scrofa"}, {str(boar)}),
            ({"reason": "low_confidence"}, {str(boar)}),
            ({"deployment": str(world.ridge)}, {str(deer)}),
            ({"reviewed": True}, set()),
            ({"limit": 1}, {str(boar)}),
        ):
            images = document(export(client, format="coco", **params))["images"]
            assert {image["media_id"] for image in images} == expected, params


def test_a_picture_whose_file_is_lost_is_named(world: Pictures) -> None:
    here, lost = world.picture(world.ridge), world.picture(world.ridge, 1)
    for media in (here, lost):
        world.propose(media, confidence=0.5)
    with world.db.transaction() as conn:
        row = conn.execute("SELECT sha256 FROM media WHERE id = %s", (lost,)).fetchone()
    assert row is not None
    world.store.path(row[0]).unlink()
    with world.client("ranger") as client:
        packed = export(client, format="coco")
    assert [image["media_id"] for image in document(packed)["images"]] == [str(here)]
    assert packed.read("missing.txt").decode() == f"{lost}.jpg\n"


def test_out_to_coco_and_back(world: Pictures) -> None:
    right, wrong, other = (world.picture(world.ridge, minutes) for minutes in range(3))
    for media in (right, wrong, other):
        world.propose(media, confidence=0.5)
    with world.client("researcher") as client:
        file = document(export(client, format="coco", which="proposed"))
        assert counts(send(client, file)) == (0, 0, 3, 0)
        ids = {image["media_id"]: image["id"] for image in file["images"]}
        for annotation in file["annotations"]:
            if annotation["image_id"] == ids[str(right)]:
                del annotation["score"]  # confirmed by a person
        file["annotations"] = [a for a in file["annotations"] if a["image_id"] != ids[str(wrong)]]
        assert counts(send(client, file)) == (2, 0, 1, 0)
        assert labels_of(client, right) == [DEER | {"count": 1}]
        assert labels_of(client, wrong) == []
        assert labels_of(client, other) is None
        assert counts(send(client, file)) == (0, 2, 1, 0)  # again adds nothing
        assert counts(send(client, file, confirm=True)) == (1, 2, 0, 0)
        history = client.get(f"/api/v1/media/{right}/review").json()["history"]
    assert [(r["revision"], r["source"], r["account"]) for r in history] == [(1, "import", "Researcher")]


def test_out_to_label_studio_and_back(world: Pictures) -> None:
    media = world.picture(world.ridge)
    proposal = world.propose(media, confidence=0.5)
    with world.client("researcher") as client:
        (task,) = file = document(export(client, format="label_studio"))
        assert task["predictions"][0]["result"][0]["id"] == proposal.hex
        assert counts(send(client, file)) == (0, 0, 1, 0)
        # As Label Studio does when somebody accepts the prediction and draws a box beside it.
        results = task["predictions"][0]["result"]
        beside = results[0] | {"id": "Dx_aB91ISN"}
        beside["value"] = beside["value"] | {"x": 50.0, "rectanglelabels": ["Sus scrofa"]}
        beside["meta"] = {"text": ["count 2"]}
        task["annotations"] = [
            {"id": 9, "completed_by": 1, "was_cancelled": False, "result": [*results, beside]}
        ]
        assert counts(send(client, file, format="label_studio")) == (1, 0, 0, 0)
        assert labels_of(client, media) == [DEER | {"count": 1}, BOAR]
        assert counts(send(client, file)) == (0, 1, 0, 0)
        again = document(export(client, format="label_studio"))
        assert again[0]["data"]["revision"] == 1
        assert counts(send(client, again)) == (0, 1, 0, 0)


def test_good_rows_are_kept_and_bad_ones_named(world: Pictures) -> None:
    good, since, abroad = (
        world.picture(world.ridge), world.picture(world.ridge, 1), world.picture(world.abroad)
    )  # fmt: skip
    with world.client("researcher") as client:
        images = [
            {"id": n, "width": 64, "height": 48, "file_name": f"{media}.jpg", "revision": 0}
            for n, media in enumerate((good, since, abroad, uuid7(), "IMG_1"))
        ]
        boxes = [{"id": n, "image_id": n, "category_id": 1, "bbox": [6.4, 9.6, 19.2, 19.2]} for n in range(5)]
        file = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "Cervidae"}]}
        put(client, since, 0)
        response = send(client, file)
        assert counts(response) == (1, 0, 0, 4)
        assert labels_of(client, good) == [DEER | {"count": 1}]
        named = {error["field"]: error["message"] for error in response.json()["errors"]}
        assert "Researcher has labelled it since" in named["images[1]"]
        assert "no such picture in this reserve" in named["images[2]"]
        assert "no such picture in this reserve" in named["images[3]"]
        assert "no picture's id" in named["images[4]"]
        # Nothing good at all: a problem.
        file["images"], file["annotations"] = images[2:], boxes[2:]
        response = send(client, file)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in response.json()["errors"]] == ["images[2]", "images[0]", "images[1]"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"PK\x03\x04...", "this is a zip, not JSON: unpack it"),
        (b"{}", "not a file of coco: no list 'images'"),
        (b"7", "not a file of coco"),
    ],
)
def test_a_file_that_is_none(world: Pictures, content: bytes, says: str) -> None:
    with world.client("researcher") as client:
        response = send(client, content)
    assert response.status_code == 422
    assert says in response.json()["detail"]


def test_files_with_the_same_pictures_do_not_wait_for_each_other(world: Pictures) -> None:
    media = [world.picture(world.ridge, minutes) for minutes in range(60)]
    images = [
        {"id": n, "width": 64, "height": 48, "file_name": f"{one}.jpg", "revision": 0}
        for n, one in enumerate(media)
    ]
    boxes = [{"id": n, "image_id": n, "category_id": 1, "bbox": [6.4, 9.6, 19.2, 19.2]} for n in range(60)]
    file = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "Cervidae"}]}
    answers: list[Any] = []
    with world.client("researcher") as client:
        threads = [
            threading.Thread(target=lambda f=f: answers.append(send(client, f)))
            for f in (file, file | {"images": images[::-1]}) * 2
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(counts(answer) for answer in answers) == [(0, 60, 0, 0)] * 3 + [(60, 0, 0, 0)]
        assert len(client.get(f"/api/v1/media/{media[7]}/review").json()["history"]) == 1


def test_so_many_errors_are_counted_not_all_named(world: Pictures) -> None:
    media = world.picture(world.ridge)
    file = {"images": [{"id": 1, "width": 64, "height": 48, "media_id": str(media)}] + [0] * 1500}
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [6.4, 9.6, 19.2, 19.2]}
    file |= {"annotations": [box], "categories": [{"id": 1, "name": "Cervidae"}]}
    with world.client("researcher") as client:
        answer = send(client, file)
    assert counts(answer) == (1, 0, 0, 1000)
    assert answer.json()["left_out"] == 1500


def test_a_file_may_be_larger_than_other_requests(world: Pictures) -> None:
    media = world.picture(world.ridge)
    world.propose(media, confidence=0.5)
    with world.client("researcher") as client:
        file = json.dumps(document(export(client, format="coco"))).encode()
        assert counts(send(client, file + b" " * MAX_BODY_BYTES)) == (0, 0, 1, 0)
        assert send(client, b" " * (MAX_FILE_BYTES + 1)).status_code == 413


@pytest.mark.parametrize(
    ("who", "status"),
    [("admin", 422), ("manager", 422), ("researcher", 422), ("ranger", 403), ("technician", 403),
     ("stranger", 404), ("nobody", 404)],
)  # fmt: skip
def test_who_may_import(world: Pictures, who: str, status: int) -> None:
    with world.client(who) as client:
        assert send(client, b"{}").status_code == status
        assert client.get(EXPORT, params={"format": "coco"}).status_code == (404 if status == 404 else 200)
