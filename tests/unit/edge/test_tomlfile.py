from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldwatch_edge.errors import ConfigError
from fieldwatch_edge.tomlfile import change_file, changed

NODE = """\
# ridge, north mast
[node]
id = "ridge-01"  # as on the box
reserve = "red-hills"
state_dir = "/var/lib/fieldwatch-edge"

[[camera]]  # the old one
deployment_id = "0197a3c4-0000-7000-8000-000000000001"
heading_deg = 140 # by compass, 2024
source = { kind = "rtsp", url = "rtsp://u:p#w@192.168.1.20/1" }  # do not touch
masks = [
    [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], # chimney
]
# what it looks for
wildlife = {}

[[camera]]
deployment_id = "0197a3c4-0000-7000-8000-000000000002"
source = { kind = "folder", path = "cards" }
[camera.fire]
k = 2

[broker]
url = "mqtts://example.org:8883"
"""


def test_one_value_of_one_camera_changes_and_every_comment_stays():
    after = changed(
        NODE, {("camera", 0): {"heading_deg": 211.5, "deployment_id": "new", "field_of_view_deg": 61.25}}
    )
    assert after == NODE.replace("0197a3c4-0000-7000-8000-000000000001", "new").replace(
        "heading_deg = 140 #", "heading_deg = 211.5 #"
    ).replace("wildlife = {}\n", "wildlife = {}\nfield_of_view_deg = 61.25\n")


def test_the_second_camera_is_not_the_first_and_its_own_sections_stay_its_own():
    after = tomllib.loads(changed(NODE, {("camera", 1): {"tilt_deg": -4.0}}))
    assert after["camera"][1]["tilt_deg"] == -4.0
    assert after["camera"][1]["fire"] == {"k": 2}
    assert "tilt_deg" not in after["camera"][0]


def test_a_table_that_is_not_there_is_added_and_a_value_over_several_lines_replaced():
    after = tomllib.loads(
        changed(NODE, {("cloud",): {"url": "https://example.org"}, ("camera", 0): {"masks": None}})
    )
    assert after["cloud"] == {"url": "https://example.org"}
    assert "masks" not in after["camera"][0]


@pytest.mark.parametrize(
    ("text", "camera"),
    [
        ('camera = [{ deployment_id = "a", wildlife = {} }]\n', 0),
        ("[[camera]]\nfire.k = 2\n[[other]]\n", 1),  # there is no second one
        ("[node]\n", 0),
    ],
)
def test_what_is_written_otherwise_is_left_alone_and_said(text, camera):
    with pytest.raises(ConfigError, match="only a person can change"):
        changed(text, {("camera", camera): {"heading_deg": 12.0}})


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.text(max_size=20), max_size=4))
def test_any_text_is_written_so_that_it_reads_the_same(values):
    if any(ord(sign) in range(0xD800, 0xE000) for value in values.values() for sign in value):
        return
    assert (
        tomllib.loads(changed(NODE, {("broker",): values}))["broker"]
        == {"url": "mqtts://example.org:8883"} | values
    )


def test_a_file_keeps_its_rights_and_a_failure_leaves_it_as_it_was(tmp_path):
    path = tmp_path / "node.toml"
    path.write_text(NODE)
    path.chmod(0o640)
    assert change_file(path, {("camera", 0): {"heading_deg": 1.0}}) == NODE
    assert path.stat().st_mode & 0o777 == 0o640
    kept = path.read_text()
    with pytest.raises(ConfigError, match=r"node\.toml"):
        change_file(path, {("camera", 7): {"heading_deg": 2.0}})
    assert path.read_text() == kept
    assert list(tmp_path.iterdir()) == [path]
