"""Live view on the node: what it hands over, films, sends and counts, and when it stops."""

from __future__ import annotations

import io
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from uuid import UUID

import av
import numpy as np
import pytest

from fieldwatch_edge.live_view import Handover, LiveViews, show, upload
from fieldwatch_edge.live_view.budget import DayBudget
from fieldwatch_edge.live_view.encoder import Encoder
from fieldwatch_edge.settings import Broker, LiveViewSettings, NodeSettings
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import Command, LiveView, StopLiveView, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CAMERA = UUID("0198c0de-0000-7000-8000-000000000001")
TOKEN = "a token for one view"


def image(step: int = 0, width: int = 320, height: int = 180) -> np.ndarray:
    made = np.full((height, width, 3), 60, np.uint8)
    made[60:100, step * 8 % (width - 40) :][:, :40] = 255
    return made


@dataclass
class FakeCloud:
    """Takes pieces over HTTP as the cloud does, and says what it is told to say."""

    url: str = ""
    pieces: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    """Milliseconds and content, by number."""
    ended: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    ends_at: float = field(default_factory=lambda: time.monotonic() + 600)
    max_bytes: int = 10_000_000
    until: datetime = field(default_factory=utc_now)
    asked: int = 0


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    import json
    from urllib.parse import parse_qs, urlsplit

    fake = FakeCloud()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_PUT(self) -> None:
            fake.asked += 1
            content = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Authorization"] == f"Bearer {TOKEN}"
            address = urlsplit(self.path)
            if fake.status == 200:
                milliseconds = int(parse_qs(address.query)["ms"][0])
                fake.pieces[int(address.path.rpartition("/")[2])] = milliseconds, content
            word = {
                "until": fake.until.isoformat(),
                "lasts_s": max(0, fake.ends_at - time.monotonic()),
                "max_bytes": fake.max_bytes,
            }
            self._answer(fake.status, json.dumps(word).encode())

        def do_POST(self) -> None:
            fake.ended.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._answer(204, b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_address[1]}/api/v1/live-views/x"
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()


def command(cloud: FakeCloud, **fields: Any) -> LiveView:
    values: dict[str, Any] = {
        "id": uuid7(),
        "deployment_id": CAMERA,
        "until": utc_now() + timedelta(minutes=10),
        "lasts_s": 600,
        "max_bytes": 10_000_000,
        "upload_url": cloud.url,
        "token": TOKEN,
        "fps": 20,
        "segment_s": 1,
    }
    return LiveView(**(values | fields))


@contextmanager
def filming(handover: Handover, per_second: float = 20) -> Iterator[Callable[[], None]]:
    """A camera that gives pictures to whoever looks; what it yields stops it."""
    stop = threading.Event()

    def give() -> None:
        step = 0
        while not stop.wait(1 / per_second):
            if handover.due():
                handover.put(image(step))
                step += 1

    thread = threading.Thread(target=give)
    thread.start()
    try:
        yield stop.set
    finally:
        stop.set()
        thread.join()


@contextmanager
def live_views(tmp_path: Path, limits: str = "", **hooks: Any) -> Iterator[tuple[LiveViews, Handover]]:
    config = tmp_path / "node.toml"
    config.write_text(
        f'[node]\nid = "mast-1"\nreserve = "qinling"\nstate_dir = "state"\n[live_view]\n{limits}\n'
        f'[[camera]]\ndeployment_id = "{CAMERA}"\nsource = {{ kind = "v4l2" }}\n[camera.wildlife]\n'
    )
    (tmp_path / "state").mkdir(exist_ok=True)
    handover = Handover()
    hooks.setdefault("fires_wait", lambda: False)
    views = LiveViews(NodeSettings.read(config), {CAMERA: handover}, **hooks)
    try:
        yield views, handover
    finally:
        views.close()


def send(views: LiveViews, what: LiveView | StopLiveView) -> None:
    views.offer(Command(command=what).model_dump_json().encode())


def eventually(holds: Callable[[], object], within_s: float = 150) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def nothing_comes(cloud: FakeCloud, for_s: float) -> bool:
    before = cloud.asked
    time.sleep(for_s)
    return cloud.asked == before


def test_pieces_play_on_from_each_other_and_begin_with_a_whole_picture() -> None:
    encoder = Encoder(321, 181, fps=5, kbit_per_s=200, segment_s=2)
    pieces = [encoder.add(image(n, 321, 181), n / 5) for n in range(26)]
    cut = [(n / 5, piece) for n, piece in enumerate(pieces) if piece is not None]
    last = encoder.close()
    assert [at for at, _ in cut] == [1, 3, 5]  # the first is short: somebody waits
    assert [(piece.number, piece.milliseconds) for _, piece in cut] == [(1, 1000), (2, 2000), (3, 2000)]
    assert last is None or last.number == 4
    beginning = encoder.beginning.content
    assert b"moov" in beginning
    assert b"moof" not in beginning
    for _, piece in cut:  # each can be read without those before it
        with av.open(io.BytesIO(beginning + piece.content)) as container:
            frames = list(container.decode(video=0))
        assert frames[0].key_frame
        assert len(frames) == piece.milliseconds / 200
        assert (frames[0].width, frames[0].height) == (320, 180)
    whole = beginning + b"".join(piece.content for _, piece in cut)
    with av.open(io.BytesIO(whole)) as container:
        times = [float(frame.time) for frame in container.decode(video=0)]
    assert times == pytest.approx([n / 5 for n in range(25)], abs=1e-3)


def test_the_rate_is_kept_where_everything_moves() -> None:
    noise = np.random.default_rng(3)
    encoder = Encoder(640, 360, fps=5, kbit_per_s=200, segment_s=2)
    pieces = [encoder.add(noise.integers(0, 255, (360, 640, 3), np.uint8), n / 5) for n in range(76)]
    sizes = [len(piece.content) for piece in pieces if piece is not None]
    encoder.close()
    assert sum(sizes) * 8 / 15 < 200_000 * 1.3


def test_a_handover_takes_nothing_while_nobody_looks() -> None:
    handover = Handover()
    assert not handover.due()
    handover.open(width=160, fps=1000)
    assert handover.due()
    given = image()
    handover.put(given)
    held = handover.newest(after=0, within_s=0)
    assert held is not None
    assert held.image.shape == (90, 160, 3)
    handover.open(width=320, fps=0.001)
    handover.put(given)
    given[:] = 0
    held = handover.newest(after=0, within_s=0)
    assert held is not None
    assert held.image.max() == 255  # a copy: the pipeline may do with its own what it likes
    assert not handover.due()  # the next one is due in a quarter of an hour
    handover.close()
    assert handover.newest(after=0, within_s=0) is None


def test_a_budget_is_a_days_and_outlives_a_restart(tmp_path: Path) -> None:
    today = date(2026, 5, 4)
    file = tmp_path / "live-view.json"
    budget = DayBudget(file, 100, lambda: today)
    assert budget.take(70)
    assert not budget.take(31)
    assert budget.left == 30
    again = DayBudget(file, 100, lambda: today)
    assert (again.left, again.take(30), again.left, again.take(1)) == (30, True, 0, False)
    tomorrow = DayBudget(file, 100, lambda: today + timedelta(days=1))
    assert tomorrow.left == 100
    file.write_text("not what was written")
    assert DayBudget(file, 100, lambda: today).left == 50


@pytest.mark.parametrize(
    ("url", "broker", "hosts", "goes"),
    [
        ("http://10.0.0.1:8080/x", "mqtt://10.0.0.1", (), True),  # a reserve's own network, as the broker
        ("http://10.0.0.1:8080/x", "mqtts://b.example", (), False),
        ("https://c.example/x", "mqtts://b.example", (), True),
        ("https://c.example/x", "mqtts://b.example", ("c.example",), True),
        ("https://evil.example/x", "mqtts://b.example", ("c.example",), False),
    ],
)
def test_pictures_leave_on_no_weaker_way(url: str, broker: str, hosts: tuple[str, ...], goes: bool) -> None:
    why = upload.refusal(url, LiveViewSettings(hosts=hosts), Broker(url=broker))
    assert (why is None) is goes


def test_it_films_until_its_time_and_says_so(tmp_path: Path, cloud: FakeCloud) -> None:
    with live_views(tmp_path) as (views, handover), filming(handover):
        wanted = command(cloud)
        send(views, wanted)
        send(views, wanted)  # a command that comes twice begins nothing twice
        eventually(lambda: 2 in cloud.pieces)
        cloud.ends_at = time.monotonic()  # the answer to the next piece says so
        eventually(lambda: cloud.ended)
        assert cloud.ended == [{"reason": "time", "detail": None}]
        assert list(cloud.pieces)[:3] == [0, 1, 2]
        assert not handover.due()
        with av.open(io.BytesIO(b"".join(content for _, content in cloud.pieces.values()))) as container:
            assert len(list(container.decode(video=0))) > 3


@pytest.mark.parametrize(
    ("limits", "change", "reason"),
    [
        ("enabled = false", {}, "disabled"),
        ("bytes_per_day = 0", {}, "day_budget"),
        ("", {"deployment_id": uuid7()}, "unknown_camera"),
        ("bytes_per_day = 5000", {}, "day_budget"),
        ("", {"max_bytes": 3000}, "byte_budget"),
        ("most_minutes = 0.01", {}, "time"),
    ],
)
def test_why_it_ends(
    tmp_path: Path, cloud: FakeCloud, limits: str, change: dict[str, Any], reason: str
) -> None:
    cloud.max_bytes = change.get("max_bytes", cloud.max_bytes)
    with live_views(tmp_path, limits) as (views, handover), filming(handover):
        send(views, command(cloud, **change))
        eventually(lambda: cloud.ended)
        assert [each["reason"] for each in cloud.ended] == [reason]


def test_power_may_refuse_and_end_it(
    tmp_path: Path, cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(show, "ASK_EVERY_S", 0.1)
    why: list[str | None] = [None]
    with live_views(tmp_path, may_spend=lambda: why[0]) as (views, handover), filming(handover):
        send(views, command(cloud))
        eventually(lambda: 1 in cloud.pieces)
        why[0] = "battery at 31 %"
        eventually(lambda: cloud.ended)
        send(views, command(cloud))
        eventually(lambda: len(cloud.ended) == 2)
        assert cloud.ended == [{"reason": "power", "detail": "battery at 31 %"}] * 2


def test_a_camera_that_is_lost_ends_it(
    tmp_path: Path, cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    with live_views(tmp_path) as (views, handover), filming(handover) as stop:
        send(views, command(cloud))
        eventually(lambda: 1 in cloud.pieces)
        stop()
        monkeypatch.setattr(show, "LOST_S", 0.5)
        eventually(lambda: cloud.ended)
        assert cloud.ended == [{"reason": "camera_lost", "detail": None}]


@pytest.mark.parametrize("how", ["command", "answer"])
def test_it_stops_when_it_is_told_to_and_tells_nobody_what_they_know(
    tmp_path: Path, cloud: FakeCloud, how: str
) -> None:
    with live_views(tmp_path) as (views, handover), filming(handover):
        wanted = command(cloud)
        send(views, wanted)
        eventually(lambda: 1 in cloud.pieces)
        if how == "command":
            send(views, StopLiveView(id=wanted.id))
        else:
            cloud.status = 410
        eventually(lambda: not handover.due() and handover.newest(after=0, within_s=0) is None)
    assert cloud.ended == []


def test_a_fire_has_the_line_to_itself(tmp_path: Path, cloud: FakeCloud) -> None:
    fire = threading.Event()
    with live_views(tmp_path, fires_wait=fire.is_set) as (views, handover), filming(handover):
        send(views, command(cloud, segment_s=0.5))
        eventually(lambda: 2 in cloud.pieces)
        fire.set()
        eventually(lambda: nothing_comes(cloud, 1.5))  # but for what was on its way
        fire.clear()
        # Live is live: it goes on with what is new, and leaves out what has become old.
        newest = max(cloud.pieces)
        eventually(lambda: max(cloud.pieces) > newest + 2)


def test_a_cloud_that_is_away_for_a_moment_costs_some_pieces_and_no_more(
    tmp_path: Path, cloud: FakeCloud
) -> None:
    with live_views(tmp_path) as (views, handover), filming(handover):
        send(views, command(cloud, segment_s=0.5))
        eventually(lambda: 1 in cloud.pieces)
        cloud.status = 503
        asked = cloud.asked
        eventually(lambda: cloud.asked > asked + 2)
        cloud.status = 200
        newest = max(cloud.pieces)
        eventually(lambda: max(cloud.pieces) > newest + 2)


def test_what_cannot_be_read_changes_nothing(tmp_path: Path, cloud: FakeCloud) -> None:
    with live_views(tmp_path) as (views, handover):
        for payload in (b"", b"{}", b'{"command": {"kind": "reboot"}}'):
            views.offer(payload)
        send(views, StopLiveView(id=uuid7()))
        assert not handover.due()


def test_the_nodes_end_ends_it(tmp_path: Path, cloud: FakeCloud) -> None:
    with live_views(tmp_path) as (views, handover), filming(handover):
        send(views, command(cloud))
        eventually(lambda: 1 in cloud.pieces)
        views.close()
        eventually(lambda: cloud.ended)
        assert cloud.ended == [{"reason": "node_stopped", "detail": None}]
