"""Settings of a node that was enrolled, and where its pictures and logs may go."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from pydantic import ValidationError
from tests.unit.edge.identity.test_files import installed

from fieldwatch_edge.doctor.power import power
from fieldwatch_edge.enrolled_settings import Place, changes_of, new_settings, source_of
from fieldwatch_edge.errors import ConfigError
from fieldwatch_edge.identity.enrolment import Outcome
from fieldwatch_edge.identity.files import Store
from fieldwatch_edge.identity.tls import strange
from fieldwatch_edge.live_view.upload import refusal
from fieldwatch_edge.settings import Broker, CloudSettings, LiveViewSettings, NodeSettings
from fieldwatch_edge.tomlfile import changed
from fieldwatch_shared.enrolment import Enrolled, EnrolledDeployment
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from pathlib import Path

RIDGE = EnrolledDeployment(
    id=UUID("0198c0de-0000-7000-8000-000000000001"),
    name='Ridge "east"\\',
    lon=107.5,
    lat=33.6,
    heading_deg=92.5,
    field_of_view_deg=60,
    started_at=utc_now(),
)


@pytest.fixture
def outcome(tmp_path: Path) -> Outcome:
    answer = Enrolled(
        node="node-1",
        reserve="ridge",
        name="Node 1",
        certificate="",
        authority="",
        signing_keys=["k"],
        broker_url="mqtts://cloud.example:8883",
        cloud_url="https://cloud.example",
        deployments=[RIDGE],
        server_time=utc_now(),
    )
    return Outcome(answer, installed(Store(tmp_path / "identity")), own_authority=True)


@pytest.mark.parametrize(
    "camera",
    [
        pytest.param('rtsp://me:s"3\\cret@cam:554/x?a=1#b', id="an address with signs that TOML minds"),
        pytest.param("/dev/video2", id="a device"),
        pytest.param("FOLDER", id="a folder"),
        pytest.param("", id="later"),
    ],
)
def test_new_settings_are_those_of_a_node(camera: str, outcome: Outcome, tmp_path: Path) -> None:
    source = source_of(camera.replace("FOLDER", str(tmp_path))) if camera else None
    text = new_settings(outcome, tmp_path / "state", Place.of(RIDGE), source)
    if not camera:
        text = text.replace("\n#[", "\n[").replace("\n#d", "\nd").replace("\n#s", "\ns")
        text = text.replace("\n#h", "\nh").replace("\n#f", "\nf")  # as it says above them
    (tmp_path / "node.toml").write_text(text)
    settings = NodeSettings.read(tmp_path / "node.toml")
    (hung,) = settings.cameras
    assert hung.deployment_id == RIDGE.id
    assert (hung.heading_deg, hung.field_of_view_deg, hung.tilt_deg) == (92.5, 60, 0)
    if camera.startswith("rtsp"):
        assert getattr(hung.source, "url", None) == camera
    assert settings.cloud is not None
    assert settings.cloud.ca_file == tmp_path / "identity/current/authority.pem"
    assert settings.cloud.signing_keys == (tmp_path / "identity/current/signing.pem",)


def test_a_cloud_with_a_public_certificate_is_judged_by_the_systems_authorities(outcome: Outcome) -> None:
    public = Outcome(outcome.answer, outcome.identity, own_authority=False)
    text = changed('[cloud]\nurl = "https://old"\nca_file = "old.pem"\n', changes_of(public))
    assert "ca_file" not in text.partition("[broker]")[0]
    assert 'ca_file = "identity/current/authority.pem"' in text.partition("[broker]")[2]  # the broker's stays


def test_what_is_no_camera_is_told_before_the_code_is_spent() -> None:
    with pytest.raises(ConfigError, match="/dev/video0"):
        source_of("http://cam/stream")


@pytest.mark.parametrize(
    "section",
    [
        pytest.param({"cert_file": "c", "url": "mqtts://b"}, id="no key"),
        pytest.param({"key_file": "k", "url": "mqtts://b"}, id="no certificate"),
        pytest.param({"cert_file": "c", "key_file": "k", "url": "mqtt://b"}, id="no TLS"),
    ],
)
def test_half_an_identity_is_refused(section: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match=r"cert_file and key_file|mqtts"):
        Broker.model_validate(section)


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        pytest.param("https://cloud.example/api/v1/live/1", True, id="its own"),
        pytest.param("https://cloud.example:8443/api/v1/live/1", True, id="another port"),
        pytest.param("http://cloud.example/api/v1/live/1", False, id="in the open"),
        pytest.param("https://cloud.example.evil/api", False, id="another host"),
        pytest.param("https://cloud.example@evil/api", False, id="a user's name that looks like it"),
        pytest.param("https://evil/#cloud.example", False, id="behind"),
    ],
)
def test_pictures_and_logs_go_to_the_cloud_of_the_enrolment_alone(url: str, *, fine: bool) -> None:
    cloud = CloudSettings(url="https://cloud.example")
    assert (strange(url, cloud) is None) == fine
    assert (refusal(url, LiveViewSettings(), Broker(url="mqtts://b"), cloud) is None) == fine
    assert strange(url, None) is None


def test_the_doctor_reads_the_meter(outcome: Outcome, tmp_path: Path) -> None:
    text = new_settings(outcome, tmp_path / "state", Place.of(None), '{ kind = "v4l2" }')
    place = "latitude = 33.6\nlongitude = 107.5\n"
    lives_on = f"[power]\n{place}battery_wh = 1200\npanel_w = 200\nidle_w = 4\nwork_w = 6\n"
    (tmp_path / "node.toml").write_text(text)
    assert "not there" in next(power(NodeSettings.read(tmp_path / "node.toml"))).finding
    meter = f'meter = {{ kind = "file", path = "{tmp_path}/meter.json" }}\n'
    (tmp_path / "node.toml").write_text(text + lives_on + meter)
    settings = NodeSettings.read(tmp_path / "node.toml")
    (silent,) = power(settings)
    assert silent.status == "fail"
    (tmp_path / "meter.json").write_text(json.dumps({"battery_v": 13.2, "solar_w": 40.5, "charge": 0.8}))
    (check,) = power(settings)
    assert check.status == "ok"
    assert "battery 13.20 V, sun 40.5 W, charge 80%" in check.finding
