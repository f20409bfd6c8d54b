"""Patrols against a camera of our own: real HTTP, digests checked, and a real RTSP stream."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from pydantic import ValidationError
from tests.unit.edge.onvif.ptz_device import PRESETS, PtzDevice
from tests.unit.edge.rtsp import RtspCamera, transport_stream

from fieldwatch_edge.capture import open_source
from fieldwatch_edge.onvif import OnvifError, PatrolSource, client, patrolled
from fieldwatch_edge.onvif import patrol as patrol_module
from fieldwatch_edge.onvif.client import Turner
from fieldwatch_edge.settings import Camera, NodeSettings, Patrol
from fieldwatch_edge.worker import watched_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fieldwatch_edge.domain import Frame

pytestmark = pytest.mark.timeout(600)

PASSWORD = "p<&>ass wört"
POSES = [
    {"name": "north", "preset": "1", "heading_deg": 10, "field_of_view_deg": 58},
    {"name": "east", "preset": "2", "heading_deg": 100, "tilt_deg": -4, "field_of_view_deg": 58},
    {"name": "lake", "position": [-0.5, 0.0, 0.2], "heading_deg": 280, "field_of_view_deg": 30},
]


@pytest.fixture(autouse=True)
def _soon_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patrol_module, "AGAIN_S", 1.0)
    # On a machine that is busy, a camera is no worse for an answer or a picture that comes late.
    monkeypatch.setattr(patrol_module, "UNSEEN_S", 100.0)
    monkeypatch.setattr(client, "_TIMEOUT", httpx2.Timeout(60))


@pytest.fixture
def device() -> Iterator[PtzDevice]:
    with PtzDevice("warden", PASSWORD, ahead=timedelta(days=400)) as device:
        yield device


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[RtspCamera]:
    with RtspCamera(transport_stream(tmp_path / "film.ts", 1500), 1500, "user:secret") as camera:
        yield camera


def _patrol(device: PtzDevice, folder: Path, **more: Any) -> dict[str, Any]:
    (folder / "ptz-password").write_text(f"{PASSWORD}\n", encoding="utf-8")
    return {
        "address": device.address, "user": "warden", "password_file": folder / "ptz-password",
        "dwell_s": 1, "settle_s": 0.2, "poses": POSES, **more,
    }  # fmt: skip


def _camera(stream_port: int, patrol: dict[str, Any], **more: Any) -> Camera:
    source = {"kind": "rtsp", "url": f"rtsp://user:secret@127.0.0.1:{stream_port}/live", "every_s": 0.05}
    return Camera.model_validate(
        {"deployment_id": "0198c0de-0000-7000-8000-000000000001", "source": source, "patrol": patrol,
         "fire": {}, **more}
    )  # fmt: skip


def _watch(source: PatrolSource, enough: Callable[[list[Frame]], bool], within_s: float = 120) -> list[Frame]:
    seen: list[Frame] = []
    until = time.monotonic() + within_s
    for frame in source.frames(0.2):
        assert time.monotonic() < until, source.status
        if frame is not None:
            seen.append(frame)
        if enough(seen):
            return seen
    raise AssertionError("the source ended")


def _headings(frames: list[Frame]) -> list[float | None]:
    """One after the other, each once."""
    told = [None if frame.pose is None else frame.pose.heading_deg for frame in frames]
    return [one for number, one in enumerate(told) if number == 0 or told[number - 1] != one]


def test_it_turns_from_pose_to_pose_and_shows_nothing_on_the_way(
    device: PtzDevice, stream: RtspCamera, tmp_path: Path
) -> None:
    camera = _camera(stream.port, _patrol(device, tmp_path))
    with patrolled(camera, open_source(camera.source)) as source:
        assert isinstance(source, PatrolSource)
        frames = _watch(source, lambda seen: len(_headings(seen)) >= 4)
        assert source.status.problem is None
    assert _headings(frames) == [10, 100, 280, 10]
    assert [turn[2] for turn in device.turns][:4] == [
        PRESETS["1"],
        PRESETS["2"],
        (-0.5, 0.0, 0.2),
        PRESETS["1"],
    ]
    for frame in frames:
        began, ended, to = max(turn for turn in device.turns if turn[0] <= frame.at)
        assert frame.at >= ended  # not while it turned, nor what was taken then
        assert frame.pose is not None
        assert {PRESETS["1"]: 10, PRESETS["2"]: 100}.get(to, 280) == frame.pose.heading_deg, began
    assert PASSWORD.encode() not in b"".join(device.heard)


def test_a_suspicion_holds_it_but_not_for_ever(device: PtzDevice, stream: RtspCamera, tmp_path: Path) -> None:
    dwell_s, hold_s = 5.0, 3.0  # long enough at a pose to say so, where a machine is busy
    camera = _camera(stream.port, _patrol(device, tmp_path, dwell_s=dwell_s, hold_s=hold_s))
    with patrolled(camera, open_source(camera.source)) as source:
        assert isinstance(source, PatrolSource)
        (first, *_) = _watch(source, lambda seen: len(seen) >= 1)
        source.suspects(first.pose)
        _watch(source, lambda seen: len(_headings(seen)) >= 2)
    # `dwell_s` alone it would stay anyway.
    assert device.turns[1][0] - first.at > timedelta(seconds=dwell_s + hold_s)


def test_one_that_cannot_be_told_is_watched_where_it_stands(
    device: PtzDevice, stream: RtspCamera, tmp_path: Path
) -> None:
    device.refuses = {"GotoPreset"}
    camera = _camera(stream.port, _patrol(device, tmp_path))
    with patrolled(camera, open_source(camera.source)) as source:
        assert isinstance(source, PatrolSource)
        blind = _watch(source, lambda seen: len(seen) >= 3)
        assert _headings(blind) == [None]
        assert "Not today" in (source.status.problem or "")
        device.refuses = set()
        found = _watch(source, lambda seen: bool(seen) and seen[-1].pose is not None)
        assert found[-1].pose is not None
        assert source.status.problem is None


def test_one_that_takes_orders_and_stays_has_no_bearing(
    device: PtzDevice, stream: RtspCamera, tmp_path: Path
) -> None:
    camera = _camera(stream.port, _patrol(device, tmp_path))
    with patrolled(camera, open_source(camera.source)) as source:
        assert isinstance(source, PatrolSource)
        _watch(source, lambda seen: len(seen) >= 1)
        device.stuck = True
        _watch(source, lambda seen: len(seen) >= 3 and seen[-1].pose is None)
        assert "did not turn from" in (source.status.problem or "")
        asked = len(device.heard)
        # Told again, it says that all went well: but it stands where it stood.
        blind = _watch(source, lambda _: len(device.heard) >= asked + 4)
        assert {frame.pose for frame in blind} == {None}


def test_one_that_does_not_say_whether_it_stands_must_show_it(
    device: PtzDevice, stream: RtspCamera, tmp_path: Path
) -> None:
    device.refuses = {"GetStatus"}
    camera = _camera(stream.port, _patrol(device, tmp_path, dwell_s=2))
    with patrolled(camera, open_source(camera.source)) as source:
        assert isinstance(source, PatrolSource)
        assert _headings(_watch(source, lambda seen: len(_headings(seen)) >= 2)) == [10, 100]


def test_it_does_not_turn_away_from_what_nobody_has_looked_at(
    device: PtzDevice, stream: RtspCamera, tmp_path: Path
) -> None:
    camera = _camera(stream.port, _patrol(device, tmp_path))
    with patrolled(camera, open_source(camera.source)) as source:
        frames = source.frames(0.2)
        next(frames)  # the round has begun, and now the machine has much else to do
        time.sleep(3)
        assert len(device.turns) <= 1, "a second for a pose is over, but of the first no frame was seen"
        assert isinstance(source, PatrolSource)
        assert _headings(_watch(source, lambda seen: len(_headings(seen)) >= 2)) == [10, 100]


def test_a_wrong_password_is_a_sentence_without_it(device: PtzDevice, tmp_path: Path) -> None:
    patrol = Patrol.model_validate(_patrol(device, tmp_path))
    (tmp_path / "ptz-password").write_text("guessed")
    turner = Turner(patrol)
    with pytest.raises(OnvifError, match="refuses the user name or password") as error:
        turner.go("1", None)
    assert "guessed" not in str(error.value)
    assert device.turns == []
    turner.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>hello</html",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"<a>" + b" " * 600_000 + b"</a>",
    ],
)
def test_what_is_no_onvif(device: PtzDevice, tmp_path: Path, answer: bytes) -> None:
    device.raw = answer
    turner = Turner(Patrol.model_validate(_patrol(device, tmp_path)))
    with pytest.raises(OnvifError, match="no ONVIF"):
        turner.go("1", None)
    turner.close()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"wildlife": {}}, "fire alone"),
        ({"heading_deg": 10}, "its poses have headings"),
        ({"masks": [[[0, 0], [1, 0], [1, 1]]]}, "no masks"),
    ],
)
def test_what_does_not_go_with_a_patrol(
    device: PtzDevice, tmp_path: Path, more: dict[str, Any], why: str
) -> None:
    with pytest.raises(ValidationError, match=why):
        _camera(1, _patrol(device, tmp_path), **more)


def test_a_pose_is_told_in_one_way(device: PtzDevice, tmp_path: Path) -> None:
    neither = [{"name": "north", "heading_deg": 10, "field_of_view_deg": 58}]
    with pytest.raises(ValidationError, match="preset"):
        _camera(1, _patrol(device, tmp_path, poses=neither))


def test_that_its_view_moves_is_no_fault(device: PtzDevice, tmp_path: Path) -> None:
    camera = _camera(1, _patrol(device, tmp_path))
    node = {"id": "mast-1", "reserve": "ridge", "state_dir": tmp_path}
    settings = NodeSettings.model_validate({"node": node, "camera": [camera]})
    assert watched_view(settings, camera) is None
