"""The node over a small world, offline: what fails is reported, and ends nothing else."""

from __future__ import annotations

import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

import cv2
import pytest
from tests.integration.edge_world import animals, make_models, make_pictures, write_config

from fieldwatch_edge import beats
from fieldwatch_edge.errors import CorruptOutboxError
from fieldwatch_edge.node import OUTBOX_FILE, Node
from fieldwatch_edge.outbox import Outbox
from fieldwatch_edge.settings import NodeSettings, VideoSource
from fieldwatch_shared.topics import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def settings(tmp_path: Path) -> NodeSettings:
    make_models(tmp_path / "models")
    make_pictures(tmp_path / "pictures", 1)
    return NodeSettings.read(write_config(tmp_path))


def run(settings: NodeSettings) -> tuple[Node, bool]:
    models = settings.node.state_dir.parent / "models"
    node = Node(settings, search_path=[models], offline=True)
    return node, node.run()


@contextmanager
def outbox_of(settings: NodeSettings) -> Iterator[Outbox]:
    outbox = Outbox(settings.node.state_dir / OUTBOX_FILE, settings.outbox.max_bytes)
    yield outbox
    outbox.close()


def waiting(settings: NodeSettings) -> dict[Kind, int]:
    with outbox_of(settings) as outbox:
        return outbox.statistics().records


def test_a_heartbeat_that_fails_ends_no_camera(
    settings: NodeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise ValueError("nobody thought of this")

    monkeypatch.setattr(beats, "heartbeat", fail)
    _, complete = run(settings)
    assert complete
    assert waiting(settings)[Kind.OBSERVATIONS] == animals(1)


def test_pictures_that_were_given_up_are_no_success(settings: NodeSettings, tmp_path: Path) -> None:
    broken = sorted((tmp_path / "pictures").iterdir())[25]
    broken.write_bytes(b"no picture")
    node, complete = run(settings)
    assert not complete
    assert "could not be taken in: 1" in str(node.workers[0].failure)
    assert waiting(settings)[Kind.OBSERVATIONS] == animals(1)


def test_a_video_that_breaks_off_is_no_success(settings: NodeSettings, tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (320, 192))
    for picture in sorted((tmp_path / "pictures").iterdir()):
        writer.write(cv2.imread(str(picture)))
    writer.release()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    source = VideoSource(kind="video", path=path, every_s=0.1)
    camera = settings.cameras[0].model_copy(update={"source": source})
    node, complete = run(settings.model_copy(update={"cameras": [camera]}))
    assert not complete
    assert "ends after frame" in str(node.workers[0].failure)


def test_an_outbox_that_is_no_database_is_set_aside_and_told_once(settings: NodeSettings) -> None:
    state_dir = settings.node.state_dir
    state_dir.mkdir()
    (state_dir / OUTBOX_FILE).write_bytes(b"no database" * 1000)
    _, complete = run(settings)
    assert complete
    assert not list(state_dir.glob(f"{OUTBOX_FILE}.*")), "nothing could be saved of it, and nobody needs it"
    with outbox_of(settings) as outbox:
        beats = [entry.body for entry in outbox if entry.kind is Kind.HEARTBEAT]
    assert len(beats) > 1
    for told in ("begun anew", "saved: nothing; lost: nothing known"):
        assert sum(told in beat for beat in beats) == 1


def test_damage_that_shows_while_the_node_runs_is_overcome_by_the_next_start(settings: NodeSettings) -> None:
    assert run(settings)[1]
    path = settings.node.state_dir / OUTBOX_FILE
    data = bytearray(path.read_bytes())
    data[8192:] = b"\xa5" * (len(data) - 8192)  # all but the schema
    path.write_bytes(data)
    with pytest.raises(CorruptOutboxError):
        run(settings)
    assert run(settings)[1]
    assert waiting(settings)[Kind.OBSERVATIONS] == animals(1)


def test_what_a_node_keeps_is_for_its_eyes_only(settings: NodeSettings) -> None:
    run(settings)
    state_dir = settings.node.state_dir
    assert stat.S_IMODE(state_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE((state_dir / OUTBOX_FILE).stat().st_mode) == 0o600
