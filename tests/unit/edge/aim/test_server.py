"""The aiming page's server over a small world, with real models: who is let in, what is written, its end."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import tomllib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from tests.integration.edge_world import DEPLOYMENT, make_models, make_pictures, write_config

from fieldwatch_edge.aim import access as door
from fieldwatch_edge.aim.access import Access
from fieldwatch_edge.aim.desk import Desk
from fieldwatch_edge.aim.server import AT_ONCE, FROM_ONE, AimServer, serve
from fieldwatch_edge.aiming.record import records, to_be_told, view_of
from fieldwatch_edge.settings import NodeSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLACE = {"lon": 107.5495, "lat": 33.6187}


class Phone:
    """Speaks HTTP as it likes."""

    def __init__(self, server: AimServer) -> None:
        self.address = ("127.0.0.1", int(server.server_address[1]))
        self.cookie: str | None = None

    def ask(
        self, path: str, body: Any = None, method: str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(*self.address, timeout=60)
        sent = {key.replace("_", "-"): value for key, value in headers.items()}
        if self.cookie:
            sent.setdefault("Cookie", self.cookie)
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        connection.request(method or ("GET" if body is None else "POST"), path, data, sent)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, {key.lower(): value for key, value in answer.getheaders()}, content

    def get(self, path: str) -> Any:
        status, _, content = self.ask(path)
        assert status == 200, content
        return json.loads(content)

    def post(self, path: str, body: Any) -> Any:
        status, _, content = self.ask(path, body)
        assert status == 200, content
        return json.loads(content)

    def enter(self, code: str) -> int:
        status, headers, _ = self.ask("/api/enter", {"code": code})
        if status == 200:
            self.cookie = headers["set-cookie"].partition(";")[0]
        return status


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("aim")
    make_models(folder / "models")
    make_pictures(folder / "pictures", 1)
    return folder


@contextmanager
def opened(world: Path) -> Iterator[tuple[AimServer, Access, Desk]]:
    config = write_config(world)
    settings = NodeSettings.read(config)
    settings.node.state_dir.mkdir(exist_ok=True)
    desk = Desk(config, settings, [world / "models"])
    access = Access()
    server = AimServer(("127.0.0.1", 0), desk, access, lambda: None)
    thread = threading.Thread(target=serve, args=(server, 5))
    thread.start()
    try:
        yield server, access, desk
    finally:
        server.shutdown()
        thread.join()
        desk.close()


@pytest.fixture(scope="module")
def shared(world: Path) -> Iterator[tuple[AimServer, Access, Desk]]:
    with opened(world) as server:
        yield server


@pytest.fixture
def phone(shared: tuple[AimServer, Access, Desk]) -> Phone:
    server, access, _ = shared
    phone = Phone(server)
    assert phone.enter(access.pin) == 200
    return phone


GETS = ["state", "picture", "closer", "horizon", "place", "walk", "checks", "nothing"]
POSTS = ["camera", "solve", "level", "declination", "walk/mark", "walk/drop", "check", "deployment", "done"]


@pytest.mark.parametrize("path", GETS + POSTS)
def test_nobody_is_answered_without_a_code(shared, path):
    stranger = Phone(shared[0])
    stranger.cookie = "fieldwatch_aim=guess"
    assert stranger.ask(f"/api/{path}", {} if path in POSTS else None)[0] == 401


def test_a_pin_lets_in_one_phone_and_the_next_gets_another(shared):
    server, access, _ = shared
    pin = access.pin
    first, second = Phone(server), Phone(server)
    status, headers, _ = first.ask("/api/enter", {"code": pin})
    assert status == 200
    assert "HttpOnly" in headers["set-cookie"]
    assert "SameSite=Strict" in headers["set-cookie"]
    assert second.enter(pin) == 401
    assert second.enter(access.token) == 200  # of the QR code
    assert second.get("/api/state")["node"] == "mast-1"


def test_guessing_ends_after_five(world, monkeypatch):
    monkeypatch.setattr(door, "PAUSE_S", 3600)
    shown = []
    access = Access(lambda: shown.append(access.pin))
    pin = access.pin
    wrong = "000000" if pin != "000000" else "111111"
    assert [access.enter(wrong) for _ in range(5)] == [None] * 5
    assert shown == [access.pin]
    assert access.pin != pin
    with pytest.raises(door.PauseError):
        access.enter(access.pin)  # not even the right one
    access._closed_until = 0  # an hour later
    assert access.enter(pin) is None  # the old one is gone
    assert access.enter(access.pin) is not None


def test_who_gives_wrong_pins_keeps_nobody_out_who_has_the_qr_code():
    access = Access()
    token = access.token
    wrong = "000000" if access.pin != "000000" else "111111"
    for _ in range(door.ATTEMPTS):
        access.enter(wrong)
    with pytest.raises(door.PauseError):
        access.enter(access.pin)
    session = access.enter(token)
    assert session is not None
    assert access.knows(session)


def test_one_address_does_not_take_all_connections(shared):
    address = Phone(shared[0]).address
    held = [socket.create_connection(address, 5, ("127.0.0.7", 0)) for _ in range(AT_ONCE + 2)]
    try:
        beyond = held[FROM_ONE:]
        assert [each.recv(1) for each in beyond] == [b""] * len(beyond)
        assert Phone(shared[0]).ask("/")[0] == 200
    finally:
        for each in held:
            each.close()


@pytest.mark.parametrize(("host", "status"), [
    ("127.0.0.1:1", 200), ("192.168.4.1", 200), ("[fd00::2]:8480", 200), ("localhost", 200),
    ("evil.example", 421), ("127.0.0.1.evil.example", 421), ("", 421),
])  # fmt: skip
def test_it_answers_by_its_own_address_alone(shared, host, status):
    assert Phone(shared[0]).ask("/", Host=host)[0] == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Content_Type": "text/plain"}, 415),  # what a form of another site can send
        ({"Content_Type": "application/json"}, 200),
    ],
)
def test_no_page_of_others_can_ask(phone, headers, status):
    assert phone.ask("/api/walk/drop", {}, **headers)[0] == status


def test_what_is_too_large_or_has_no_length_is_not_read(phone):
    assert phone.ask("/api/solve", b" " * 70_000)[0] == 413
    with socket.create_connection(phone.address, timeout=60) as raw:
        raw.sendall(
            b"POST /api/solve HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        )
        assert raw.recv(100).startswith(b"HTTP/1.1 413")


def test_every_answer_is_protected_and_open_to_no_other_site(phone):
    for path in ("/", "/aim.js", "/api/state", "/api/nothing", "/../../etc/passwd"):
        _, headers, _ = phone.ask(path)
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    "path", ["/../server.py", "/%2e%2e/server.py", "/page/index.html", "/index.html", "//etc/passwd"]
)
def test_only_the_page_itself_is_given(phone, path):
    assert phone.ask(path)[0] == 404


def test_all_of_the_page_is_there(phone):
    for path in ("/", "/aim.js", "/picture.js", "/words.js", "/places.js", "/aim.css"):
        status, _, content = phone.ask(path)
        assert status == 200
        assert content


def test_the_picture_comes_with_what_is_seen_in_it(phone):
    status, headers, content = phone.ask("/api/picture?width=200")
    info = json.loads(headers["x-picture"])
    assert status == 200
    assert content.startswith(b"\xff\xd8")
    assert (info["width"], info["height"]) == (320, 192)
    assert info["focus"] > 0
    for _ in range(100):
        info = json.loads(phone.ask(f"/api/picture?after={info['number']}")[1]["x-picture"])
        if any(box["kind"] == "animal" for box in info["boxes"]):
            break
    else:
        pytest.fail("no animal was ever seen")
    assert phone.ask("/api/picture?x=nan")[0] == 422


def test_too_little_is_said_with_a_code_that_the_page_knows(phone):
    status, _, content = phone.ask("/api/solve", {"landmarks": []})
    assert (status, json.loads(content)["code"]) == (422, "no_heading")
    status, _, content = phone.ask("/api/solve", {"compass": {"reading_deg": 10}, "field_of_view_deg": 60})
    assert (status, json.loads(content)["code"]) == (422, "no_place")
    assert phone.ask("/api/solve", {"landmark": []})[0] == 422


def test_a_compass_is_turned_by_the_declination_of_the_place(phone):
    found = phone.post(
        "/api/solve", {"place": PLACE, "compass": {"reading_deg": 1.0}, "field_of_view_deg": 60}
    )
    assert found["declination_deg"] == pytest.approx(-3.66, abs=0.1)
    assert found["heading_deg"] == pytest.approx(357.3, abs=0.2)


def writing(heading: float = 211.25) -> dict[str, Any]:
    return {
        "camera": DEPLOYMENT,
        "name": "北坡 mast",
        "place": PLACE,
        "height_m": 12,
        "heading_deg": heading,
        "heading_sd_deg": 0.831,
        "tilt_deg": -2.5,
        "tilt_sd_deg": 0.3,
        "field_of_view_deg": 61.2,
        "field_of_view_sd_deg": 1.2,
        "detection_distance_m": 25,
        "how": {"landmarks": 3},
    }


def test_a_deployment_is_written_whole_and_kept_until_the_cloud_is_told(world):
    with opened(world) as (server, access, desk):
        phone = Phone(server)
        phone.enter(access.pin)
        written = phone.post("/api/deployment", writing())
        assert written["cloud"]["state"] == "not_enrolled"
        assert written["node"] == "not_running"
        state = phone.get("/api/state")
        assert state["name"] == "北坡 mast"
        assert state["cameras"][0]["deployment_id"] == written["deployment_id"]
        again = phone.ask("/api/deployment", writing(12.0))
        assert (again[0], json.loads(again[2])["code"]) == (422, "written_already")
        state_dir = desk.settings.node.state_dir
    camera = tomllib.loads((world / "node.toml").read_text())["camera"][0]
    assert camera["deployment_id"] == written["deployment_id"]
    assert (camera["heading_deg"], camera["heading_sd_deg"]) == (211.25, 0.83)
    assert camera["wildlife"]["lost_s"] == 3
    (record,) = [each for each in records(state_dir) if str(each.told.id) == written["deployment_id"]]
    assert str(record.told.replaces) == DEPLOYMENT
    assert record.how["landmarks"] == 3
    assert view_of(state_dir, record.told.id).read_bytes().startswith(b"\xff\xd8")
    assert to_be_told([record], [record.told.id]) == [record]
    assert to_be_told([record], []) == []  # node.toml never named it: the power was cut before


def test_settings_that_only_a_person_can_change_stay_as_they_are(world):
    with opened(world) as (server, access, _):
        phone = Phone(server)
        phone.enter(access.pin)
        config = world / "node.toml"
        odd = config.read_text().replace("[[camera]]", "[[ 'camera' ]]")
        config.write_text(odd)
        status, _, content = phone.ask("/api/deployment", writing())
        assert status == 409
        assert "heading_deg = 211.25" in json.loads(content)["detail"]
        assert config.read_text() == odd


def test_it_closes_by_itself(world):
    config = write_config(world)
    desk = Desk(config, NodeSettings.read(config), [world / "models"])
    server = AimServer(("127.0.0.1", 0), desk, Access(), lambda: None)
    address = server.server_address[:2]
    try:
        assert serve(server, minutes=0.005) is True
    finally:
        desk.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((str(address[0]), int(address[1])), timeout=1)
