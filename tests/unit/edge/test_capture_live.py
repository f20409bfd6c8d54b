from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from itertools import islice, pairwise

import numpy as np
import pytest
from structlog.testing import capture_logs
from tests.unit.edge.camera import Camera, wait_until
from tests.unit.edge.pictures import number_in, numbered
from tests.unit.edge.rtsp import RtspCamera, transport_stream

from fieldwatch_edge.capture import open_source
from fieldwatch_edge.capture.live import LiveSource, address_of, why_no_device
from fieldwatch_edge.errors import StuckError
from fieldwatch_edge.settings import RtspSource, V4l2Source


@pytest.fixture
def camera():
    camera = Camera()
    camera.start()
    yield camera
    camera.stop()


@pytest.fixture
def watch(camera):
    """Opens the camera; closes it in the end, before the camera stops."""
    sources = []

    def open_(every_s: float = 0):
        sources.append(open_source(RtspSource(kind="rtsp", url=camera.url, every_s=every_s)))
        return sources[-1]

    yield open_
    for source in sources:
        source.close()


def take(source, count: int) -> list:
    frames = iter(source)
    return [next(frames) for _ in range(count)]


def test_frames_carry_the_time_of_their_arrival_and_a_name_of_their_own(watch):
    source = watch()
    assert not source.replayable
    before = datetime.now(UTC)
    frames = take(source, 5)
    assert [f.at for f in frames] == sorted(f.at for f in frames)
    assert before <= frames[0].at <= frames[-1].at <= datetime.now(UTC)
    runs = {frame.position.split("#")[0] for frame in frames}
    assert len(runs) == 1
    assert len({frame.position for frame in frames}) == 5
    assert frames[0].encoded is None
    assert source.status.problem is None
    other = watch()
    assert take(other, 1)[0].position.split("#")[0] not in runs, "another run, other names"


def test_no_more_frames_than_asked_for(watch):
    frames = take(watch(every_s=0.3), 5)
    between = [(b.at - a.at).total_seconds() for a, b in pairwise(frames)]
    assert min(between) >= 0.29


def test_a_camera_that_comes_back_is_read_again(camera, watch):
    source = watch()
    frames = source.frames(idle_s=0.1)
    seen = []

    def looked():
        frame = next(frames)
        seen.extend([frame] if frame is not None else [])
        return frame

    assert wait_until(looked)
    camera.stop()
    assert wait_until(lambda: looked() is None and source.status.problem is not None)
    last = number_in(seen[-1].image)
    assert source.status.last_frame_at is not None
    camera.start()
    assert wait_until(looked)
    assert number_in(seen[-1].image) > last
    assert source.status.problem is None


def test_a_camera_that_hangs_is_left_and_tried_again(camera, watch, monkeypatch):
    monkeypatch.setattr("fieldwatch_edge.capture.live._TIMEOUT_S", 5.0)
    source = watch()
    frames = source.frames(idle_s=0.1)
    assert wait_until(lambda: next(frames) is not None)
    camera.hangs.set()
    assert wait_until(lambda: next(frames) is None and "stopped sending" in (source.status.problem or ""))
    camera.hangs.clear()
    assert wait_until(lambda: next(frames) is not None)


def test_a_camera_that_never_answers_is_a_problem_and_no_error(camera, watch):
    camera.stop()
    source = watch()
    assert source.status.problem is not None, "there was no frame yet"
    ticks = source.frames(idle_s=0.1)
    assert wait_until(lambda: next(ticks) is None and "does not answer" in source.status.problem)


def test_a_password_is_never_shown(camera, watch, capfd):
    camera.stop()
    with capture_logs() as logs:
        source = watch()
        ticks = source.frames(idle_s=0.1)
        assert wait_until(lambda: next(ticks) is None and any(e["event"] == "camera.lost" for e in logs))
    told = f"{logs} {source.status} {capfd.readouterr()} {[t.name for t in threading.enumerate()]}"
    assert "s3cret" not in told
    assert "127.0.0.1" in told


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://admin:pass@10.0.0.7:554/Streaming/Channels/101", "rtsp://10.0.0.7:554"),
        ("rtsp://10.0.0.7/user=admin_password=pass_channel=1.sdp", "rtsp://10.0.0.7"),
        ("rtsp://cam.example/live?password=pass", "rtsp://cam.example"),
        ("rtsp://admin:pass@[fe80::1/live", "the camera"),
    ],
)
def test_only_scheme_host_and_port_of_an_address_are_shown(url, shown):
    assert address_of(url) == shown


def test_closing_ends_a_wait_and_the_reader(camera, watch):
    source = watch()
    take(source, 1)
    camera.hangs.set()
    threading.Timer(0.3, source.close).start()
    began = time.monotonic()
    assert all(frame is not None for frame in source.frames(idle_s=200))
    assert time.monotonic() - began < 100


def test_a_device_that_is_not_there_says_what_to_do(capfd):
    with open_source(V4l2Source(kind="v4l2", device="/dev/video99")) as source:
        ticks = source.frames(idle_s=0.1)
        assert wait_until(lambda: next(ticks) is None and "/dev/video99" in source.status.problem)
        assert wait_until(lambda: "plugged in?" in source.status.problem)
    assert capfd.readouterr().err == ""


def test_a_file_that_is_no_camera_says_so(tmp_path):
    path = tmp_path / "video0"
    path.write_bytes(b"")
    assert "is no camera" in why_no_device(str(path))


@pytest.fixture(scope="session")
def stream(tmp_path_factory) -> bytes:
    return transport_stream(tmp_path_factory.mktemp("rtsp") / "camera.ts", frames=200)


def rtsp(camera: RtspCamera, login: str = "admin:s3cret"):
    url = f"rtsp://{login}@127.0.0.1:{camera.port}/Streaming/Channels/101"
    return open_source(RtspSource(kind="rtsp", url=url, every_s=0))


def test_an_rtsp_camera_with_a_password_over_tcp(stream):
    with RtspCamera(stream, 200, login="admin:s3cret") as camera, rtsp(camera) as source:
        frames = iter(source)
        numbers = [number_in(next(frames).image) for _ in range(20)]
        plays = [method for method, _ in camera.asked].count("PLAY")
        # What lies in a buffer lies there for good: a reader that is only slow at times catches up.
        assert wait_until(lambda: abs(camera.shown - number_in(next(frames).image)) < 20), "not behind"
    begun_again = sum(b <= a for a, b in pairwise(numbers))
    assert begun_again < plays, "in order, from the first to the last of a video"
    assert ("SETUP", "RTP/AVP/TCP;unicast;interleaved=0-1") in camera.asked, "UDP loses parts of pictures"


def test_an_rtsp_camera_that_hangs_up_is_called_again(stream):
    camera = RtspCamera(stream, 200, login="admin:s3cret")
    with rtsp(camera) as source:
        frames = source.frames(idle_s=0.1)
        assert wait_until(lambda: next(frames) is not None)
        camera.stop()
        assert wait_until(lambda: next(frames) is None and source.status.problem is not None)
        with RtspCamera(stream, 200, login="admin:s3cret", port=camera.port) as again:
            assert wait_until(lambda: next(frames) is not None)
            assert source.status.problem is None
            assert again.asked


def test_an_rtsp_camera_that_refuses_the_password_is_a_problem_that_does_not_show_it(stream):
    with capture_logs() as logs, RtspCamera(stream, 200, login="admin:other") as camera:
        with rtsp(camera) as source:
            ticks = source.frames(idle_s=0.1)
            assert wait_until(lambda: next(ticks) is None and "refuses" in (source.status.problem or ""))
        assert camera.asked
    assert "s3cret" not in f"{logs} {source.status}"


class Onlooker:
    """Wants pictures while `wants` is set."""

    def __init__(self) -> None:
        self.wants = threading.Event()
        self.seen: list = []

    def due(self) -> bool:
        return self.wants.is_set()

    def put(self, image) -> None:
        self.seen.append(image)


class HandDevice:
    """A camera that gives a picture when it is told to; each shows its number."""

    def __init__(self) -> None:
        self._told = threading.Semaphore(0)
        self.number, self.asked = 0, 0
        """Pictures given; asked for: one more once the last one was taken in."""

    def connect(self) -> HandDevice:
        return self

    def give(self, count: int) -> None:
        for _ in range(count):
            self._told.release()
        wanted = self.number + self._told._value
        assert wait_until(lambda: self.asked > wanted and self.number == wanted)

    def grab(self) -> bool:
        self.asked += 1
        self._told.acquire()
        self.number += 1
        return True

    def retrieve(self) -> np.ndarray:
        return numbered(self.number)

    def close(self) -> None:
        pass


@pytest.fixture
def by_hand():
    """A camera that gives pictures by hand, and its source with a pace that is asked for."""
    devices, sources = [], []

    def open_(every_s: float = 0) -> tuple[HandDevice, LiveSource]:
        devices.append(HandDevice())
        sources.append(LiveSource("/dev/video0", devices[-1].connect, lambda: "", every_s))  # type: ignore[arg-type]
        return devices[-1], sources[-1]

    yield open_
    for source in sources:
        source._closed.set()
    for device in devices:
        device._told.release()  # so that its reader goes
    for source in sources:
        source.close()


def test_a_slow_reader_gets_the_newest_frame_never_an_old_one(by_hand):
    device, source = by_hand()
    frames = source.frames(idle_s=0.01)
    assert next(frames) is None
    for count in (1, 12, 5):
        device.give(count)
        assert number_in(next(frames).image) == device.number
        assert next(frames) is None, "those between were passed over"


def test_a_frame_that_was_on_its_way_while_another_was_taken_comes_too_soon(by_hand):
    device, source = by_hand(every_s=3600)
    frames = source.frames(idle_s=0.01)
    assert next(frames) is None
    device.give(1)
    retrieve = device.retrieve

    def retrieve_while_taken() -> np.ndarray:
        assert next(frames) is not None
        return retrieve()

    device.retrieve = retrieve_while_taken
    device.give(1)
    assert next(frames) is None


def test_who_looks_on_sees_more_than_is_detected_in_and_nobody_looks_at_less(by_hand):
    device, source = by_hand(every_s=3600)
    onlooker = Onlooker()
    source.show_to(onlooker)
    frames = source.frames(idle_s=0.01)
    assert next(frames) is None
    device.give(1)
    assert next(frames) is not None
    device.give(3)
    assert onlooker.seen == []
    onlooker.wants.set()
    device.give(5)
    assert [number_in(image) for image in onlooker.seen] == [5, 6, 7, 8, 9]
    assert next(frames) is None, "for the detectors, the pace is the same"
    source._every_s = 0
    device.give(1)
    assert next(frames).image.shape == onlooker.seen[-1].shape
    assert len(onlooker.seen) == 6


class DeadDevice:
    """What a USB camera is whose driver never answers again: reading it blocks, and nothing ends that."""

    def __init__(self) -> None:
        self.opened, self.revived = 0, threading.Event()

    def connect(self) -> DeadDevice:
        self.opened += 1
        return self

    def grab(self) -> bool:
        return self.revived.wait(60)

    def retrieve(self) -> np.ndarray:
        return np.zeros((48, 64, 3), np.uint8)

    def close(self) -> None:
        pass


@pytest.fixture
def dead(monkeypatch):
    monkeypatch.setattr("fieldwatch_edge.capture.live._STUCK_S", 0.5)
    monkeypatch.setattr("fieldwatch_edge.capture.live._began", time.monotonic())
    device = DeadDevice()
    source = LiveSource("/dev/video0", device.connect, lambda: "", 0)  # type: ignore[arg-type]
    yield device, source.frames(idle_s=0.02), source
    device.revived.set()
    source.close()


def test_a_driver_that_never_answers_is_left_and_the_camera_opened_anew(dead, monkeypatch):
    device, frames, source = dead
    assert wait_until(lambda: next(frames) is None and device.opened == 3)
    assert "hangs: its driver" in source.status.problem
    for _ in range(20):  # the process is young: other cameras see with it
        assert next(frames) is None
    assert device.opened == 3
    monkeypatch.setattr("fieldwatch_edge.capture.live._STUCK_S", 60.0)
    device.revived.set()
    assert wait_until(lambda: next(frames) is not None)
    assert source.status.problem is None


def test_where_it_hangs_again_and_again_only_a_new_process_helps(dead, monkeypatch):
    device, frames, _ = dead
    monkeypatch.setattr("fieldwatch_edge.capture.live._AGAIN_S", 0.0)
    with pytest.raises(StuckError, match="hangs"):
        list(islice(frames, 1000))
    assert device.opened == 3
