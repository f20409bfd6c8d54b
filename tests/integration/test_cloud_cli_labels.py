"""`fieldwatch cloud labels`: out of the database and back into it, as a script does it."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, get_args

import pytest
from typer.testing import CliRunner

from fieldwatch_cloud import cli, cli_labels, exchange
from fieldwatch_cloud.labels.domain import REASONS
from fieldwatch_cloud.labels.outgoing import Which

from .labels_world import DEER, Pictures, put

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> Pictures:
    return Pictures(database_url, db, tmp_path)


def test_out_and_back(world: Pictures, database_url: str, tmp_path: Path) -> None:
    media, waiting = world.picture(world.ridge), world.picture(world.lick)
    for one in (media, waiting):
        world.propose(one, confidence=0.5)
    with world.client("manager") as client:
        put(client, media, 0, DEER)
    environment = {
        "FIELDWATCH_STATE": str(tmp_path / "state"),
        "FIELDWATCH_DATABASE_URL": database_url,
        "FIELDWATCH_MEDIA_DIR": str(tmp_path / "media"),
    }

    def run(*arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(cli.app, ["labels", *arguments], env=environment)
        assert done.exit_code == code, done.output
        return done.output

    packed, file = tmp_path / "set.zip", tmp_path / "instances.json"
    out = ("export", str(packed), "--reserve", "foping", "--format", "coco")
    assert "1 pictures" in run(*out, "--waiting", "--reason", "low_confidence")
    assert "0 pictures: none is within this filter" in run(
        "export", str(tmp_path / "none.zip"), *out[2:], "--taxon", "Felis"
    )
    with zipfile.ZipFile(packed) as opened:
        document = json.loads(opened.read("annotations/instances.json"))
        assert [image["media_id"] for image in document["images"]] == [str(waiting)]
        assert f"images/{waiting}.jpg" in opened.namelist()
    for annotation in document["annotations"]:
        del annotation["score"]
    document["images"].append({"id": 7, "width": 9, "height": 9, "file_name": "IMG_7.jpg"})
    file.write_text(json.dumps(document))
    back = ("import", str(file), "--reserve", "foping", "--as", "Manager@example.org")
    said = run(*back, code=1)
    assert "images[1]: no picture's id" in said
    assert "1 stored, 0 unchanged, 0 not labelled in the file, 1 left out" in said
    assert "0 stored, 1 unchanged" in run(*back, code=1)
    run(*out, "--which", "labelled", "--links", "https://map.example/")
    with zipfile.ZipFile(io.BytesIO(packed.read_bytes())) as opened:
        images = json.loads(opened.read("annotations/instances.json"))["images"]
        assert opened.namelist() == ["annotations/instances.json"]
    assert {image["coco_url"] for image in images} == {
        f"https://map.example/api/v1/media/{one}" for one in (media, waiting)
    }
    assert sorted(tmp_path.glob("*.zip")) == [tmp_path / "none.zip", packed]
    assert not list(tmp_path.glob(".*.part"))
    assert "this is a zip" in run(back[0], str(packed), *back[2:], code=1)
    nowhere = str(tmp_path / "nowhere" / "set.zip")
    assert f"cannot write {nowhere}: No such file" in run("export", nowhere, *out[2:], code=1)
    assert "no such account: who@example.org" in run(*back[:-1], "who@example.org", code=1)
    assert "no such reserve: 'nowhere'" in run(*out[:3], "nowhere", *out[4:], code=1)


def test_choices_are_those_of_the_exchange() -> None:
    assert get_args(cli_labels.Format) == get_args(exchange.ExportFormat)
    assert get_args(cli_labels.Which) == get_args(Which)
    assert tuple(cli_labels.Reason) == REASONS
