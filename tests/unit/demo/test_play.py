"""What the demo decides before anything runs: settings, own footage, ports, whose directory it is."""

from __future__ import annotations

import json
import socket
from uuid import uuid4

import pytest
from PIL import Image
from typer.testing import CliRunner

from fieldwatch.cli import app
from fieldwatch.demo import footage, pictures, play, setup
from fieldwatch.demo.errors import DemoError
from fieldwatch.demo.nodes import NodeCamera, write_config
from fieldwatch_edge.settings import NodeSettings


def test_node_toml_is_what_the_edge_reads(tmp_path):
    times = {"kind": "interval", "start": "2026-03-01T08:00:00+00:00", "every_s": 1.0}
    cameras = [
        NodeCamera(uuid4(), {"kind": "folder", "path": "/a \"b\"/林", "follow": True}, wildlife=True),
        NodeCamera(
            uuid4(), {"kind": "folder", "path": "/c", "times": times}, fire=True,
            heading_deg=35, field_of_view_deg=62,
        ),
    ]  # fmt: skip
    config = write_config(
        tmp_path, node="n-1", reserve="r", broker_url="mqtt://127.0.0.1:1883", password="s", cameras=cameras
    )
    read = NodeSettings.read(config)
    assert [camera.deployment_id for camera in read.cameras] == [camera.deployment_id for camera in cameras]
    assert str(read.cameras[0].source.path) == '/a "b"/林'
    assert read.cameras[0].wildlife is not None
    assert read.cameras[0].fire is None
    assert read.cameras[1].fire is not None
    assert (read.cameras[1].heading_deg, read.cameras[1].field_of_view_deg) == (35, 62)
    assert read.cameras[1].source.times.every_s == 1.0
    assert (tmp_path / "mqtt-password").stat().st_mode & 0o077 == 0


def test_own_pictures_with_times_keep_them_and_others_are_played_from_now(tmp_path):
    Image.new("RGB", (64, 64)).save(tmp_path / "1.jpg")
    played = play.own_source(str(tmp_path))
    assert played["times"]["kind"] == "interval"
    assert played["replay_speed"] == 1.0
    dated = footage.with_capture_time((tmp_path / "1.jpg").read_bytes(), play.datetime.now(play.UTC))
    (tmp_path / "1.jpg").write_bytes(dated)
    assert "times" not in play.own_source(str(tmp_path))


def test_own_streams_and_videos(tmp_path):
    assert play.own_source("rtsp://10.0.0.7/live") == {"kind": "rtsp", "url": "rtsp://10.0.0.7/live"}
    video = tmp_path / "a.mp4"
    video.touch()
    assert play.own_source(str(video))["kind"] == "video"


@pytest.mark.parametrize(("name", "says"), [("nothing", "neither a folder"), ("empty", "no picture in")])
def test_own_footage_that_is_none_is_refused(tmp_path, name, says):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DemoError, match=says):
        play.own_source(str(tmp_path / name))


def test_a_taken_port_is_refused_only_when_it_was_asked_for():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(DemoError, match=f"port {taken} .* give another --port"):
            play.free_port(taken)
        assert play.free_port(None) != taken


def test_a_directory_that_is_no_demos_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(DemoError, match="not made by the demo"):
        setup.Memory(tmp_path).open(reset=True)
    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.parametrize(
    ("state", "reset", "kept"),
    [("ready", False, True), ("ready", True, False), ("unfinished", False, False)],
)
def test_what_a_demo_left_is_taken_up_unless_unfinished_or_unwanted(tmp_path, state, reset, kept):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder = tmp_path / "state"
    memory = setup.Memory(folder)
    memory.open(reset=False)
    memory.save(setup.Remembered(state=state, password="secret"))
    (folder / "postgres").symlink_to(elsewhere)
    opened = memory.open(reset=reset)
    assert (opened.password == "secret") is kept
    assert elsewhere.exists() is kept, "a service's folder elsewhere goes with the demo"
    assert (folder / "demo" / "demo.json").stat().st_mode & 0o077 == 0


def test_the_demo_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(pictures, "_STAMPS", tmp_path)
    result = CliRunner().invoke(app, ["demo", "--state", str(tmp_path / "state")])
    assert result.exit_code == 1
    assert "apt-get install --no-install-recommends tuxpaint-stamps-default" in result.output
    assert not (tmp_path / "state").exists()


def test_a_remembered_password_is_not_readable_by_others(tmp_path):
    setup.Memory(tmp_path / "s").open(reset=False)
    assert json.loads((tmp_path / "s" / "demo" / "demo.json").read_text())["state"] == "unfinished"
    assert (tmp_path / "s" / "demo").stat().st_mode & 0o077 == 0
