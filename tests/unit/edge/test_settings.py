from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fieldwatch_edge.errors import ConfigError
from fieldwatch_edge.link.client import credentials
from fieldwatch_edge.settings import Broker, FolderSource, NodeIdentity, NodeSettings, RtspSource

if TYPE_CHECKING:
    from pathlib import Path

NODE = """
[node]
id = "mast-1"
reserve = "qinling"
state_dir = "state"

[broker]
url = "mqtts://broker.example:8883"
password_file = "/etc/fieldwatch/password"

[[camera]]
deployment_id = "0198c0de-0000-7000-8000-000000000001"
source = {{ kind = "folder", path = "pictures" }}
{camera}
"""

SECOND_CAMERA = """
[[camera]]
deployment_id = "0198c0de-0000-7000-8000-000000000001"
source = { kind = "v4l2" }
fire = {}
"""


def read(folder: Path, camera: str) -> NodeSettings:
    file = folder / "node.toml"
    file.write_text(NODE.format(camera=camera))
    return NodeSettings.read(file)


def test_relative_paths_count_from_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    settings = read(tmp_path, 'wildlife = { detector = { model = "my/model" } }')
    assert settings.node.state_dir == tmp_path / "state"
    source = settings.cameras[0].source
    assert isinstance(source, FolderSource)
    assert source.path == tmp_path / "pictures"
    wildlife = settings.cameras[0].wildlife
    assert wildlife is not None
    assert wildlife.detector.model == str(tmp_path / "my/model")


def test_absolute_paths_and_names_of_shipped_models_stay(tmp_path: Path) -> None:
    settings = read(tmp_path, "wildlife = {}")
    assert str(settings.broker.password_file) == "/etc/fieldwatch/password"
    wildlife = settings.cameras[0].wildlife
    assert wildlife is not None
    assert wildlife.detector.model == "wildlife"


@pytest.mark.parametrize(
    ("camera", "says"),
    [
        ("wildlife = { min_frame = 1 }", "min_frame"),  # a misspelt key
        ("", "camera.wildlife"),  # watches nothing
        ("fire = { k = 4, n = 3 }", "k = 4 of n = 3"),
        ("heading_deg = 360\nfire = {}", "less than 360"),
        (f"fire = {{}}\n{SECOND_CAMERA}", "same deployment_id"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, camera: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        read(tmp_path, camera)


def test_a_followed_folder_has_times_that_stay() -> None:
    times = {"kind": "interval", "start": "2026-05-01T12:00:00Z", "every_s": 60}
    FolderSource.model_validate({"kind": "folder", "path": "x", "times": times})
    with pytest.raises(ValueError, match="does not go with times of kind"):
        FolderSource.model_validate({"kind": "folder", "path": "x", "times": times, "follow": True})


def test_a_missing_file_and_broken_toml_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        NodeSettings.read(tmp_path / "nowhere.toml")
    (tmp_path / "broken.toml").write_text("[node")
    with pytest.raises(ConfigError, match="not valid TOML"):
        NodeSettings.read(tmp_path / "broken.toml")


def test_a_file_in_another_encoding_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "node.toml"
    text = "# 秦岭\n" + NODE.format(camera="fire = {}")
    file.write_text(text, encoding="gbk")
    with pytest.raises(ConfigError, match="not UTF-8"):
        NodeSettings.read(file)
    file.write_text(text, encoding="utf-8-sig")
    assert NodeSettings.read(file).node.id == "mast-1"


def test_password_files_may_begin_with_a_mark_and_must_be_utf8(tmp_path: Path) -> None:
    file = tmp_path / "password"
    node = NodeIdentity(id="mast-1", reserve="qinling", state_dir=tmp_path)
    file.write_text("geheim é\n", encoding="utf-8-sig")
    assert credentials(node, Broker(password_file=file)) == ("mast-1", "geheim é")
    file.write_text("geheim é\n", encoding="latin-1")
    with pytest.raises(ConfigError, match="not UTF-8"):
        credentials(node, Broker(password_file=file))


def test_no_secret_is_in_a_repr(tmp_path: Path) -> None:
    camera = RtspSource(kind="rtsp", url="rtsp://admin:s3cret@10.0.0.7/live")
    broker = Broker.model_validate({"password": "s3cret"})
    assert "s3cret" not in f"{camera!r} {broker!r} {broker}"
    node = NodeIdentity(id="mast-1", reserve="qinling", state_dir=tmp_path)
    assert credentials(node, broker) == ("mast-1", "s3cret")
