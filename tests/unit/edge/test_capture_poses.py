from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError
from tests.unit.edge.pictures import encoded, landscape
from tests.unit.edge.records import DEPLOYMENT

from fieldwatch_edge.capture import open_source
from fieldwatch_edge.capture.poses import name_pose
from fieldwatch_edge.errors import PictureError
from fieldwatch_edge.settings import Camera, FolderSource
from fieldwatch_shared.messages import Pose

if TYPE_CHECKING:
    from pathlib import Path

PATTERN = r"_h(?P<heading>-?[0-9.]+)_t(?P<tilt>-?[0-9.]+)_f(?P<fov>[0-9.]+)\."


@pytest.mark.parametrize(
    ("name", "pose"),
    [
        ("20260501_060000_h12.5_t-3_f30.jpg", (12.5, -3, 30)),
        ("20260501_060000_h360_t0_f62.5.jpg", (0, 0, 62.5)),
        ("20260501_060000_h-10_t0_f62.5.jpg", (350, 0, 62.5)),
    ],
)
def test_a_name_says_how_the_camera_was_aimed(name: str, pose: tuple[float, float, float]) -> None:
    heading, tilt, view = pose
    assert name_pose(name, PATTERN) == Pose(heading_deg=heading, tilt_deg=tilt, field_of_view_deg=view)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("20260501_060000.jpg", "does not say how the camera was aimed"),
        ("20260501_060000_h1.2.3_t0_f30.jpg", "no aim that a camera can have"),
        ("20260501_060000_h10_t-95_f30.jpg", "no aim that a camera can have"),
        ("20260501_060000_h10_t0_f0.jpg", "no aim that a camera can have"),
    ],
)
def test_a_name_that_says_none_is_no_picture_of_this_camera(name: str, says: str) -> None:
    with pytest.raises(PictureError, match=says):
        name_pose(name, PATTERN)


def test_a_folder_gives_frames_with_their_poses_and_each_once_more(tmp_path: Path) -> None:
    data = encoded(landscape(160, 90))
    for name in ("20260501_060000_h0_t0_f30.jpg", "20260501_060100_h90_t0_f30.jpg", "20260501_060200.jpg"):
        (tmp_path / name).write_bytes(data)
    config = FolderSource.model_validate(
        {
            "kind": "folder",
            "path": tmp_path,
            "poses": PATTERN,
            "times": {"kind": "name", "pattern": r"^(?P<t>\d{8}_\d{6})", "format": "%Y%m%d_%H%M%S"},
        }
    )
    with open_source(config) as source:
        frames = list(source)
        assert [frame.pose and frame.pose.heading_deg for frame in frames] == [0, 90]
        assert source.status.skipped == 1
        again = source.again(frames[1].position, frames[1].at)
        assert again is not None
        assert (again.encoded, again.pose, again.at) == (data, frames[1].pose, frames[1].at)
        assert source.again(frames[1].position, frames[0].at) is None, "of another card"
        assert source.again("gone.jpg", datetime(2026, 5, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("pattern", "says"),
    [("_h(?P<heading>[0-9]+", "no regular expression"), ("_h(?P<heading>[0-9]+)", "lacks the group")],
)
def test_a_pattern_that_cannot_work_is_refused_at_the_start(pattern: str, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        FolderSource.model_validate({"kind": "folder", "path": "/", "poses": pattern})


def test_animals_are_not_followed_by_a_camera_that_turns() -> None:
    source = {"kind": "folder", "path": "/", "poses": PATTERN}
    with pytest.raises(ValidationError, match="watches for fire alone"):
        Camera.model_validate({"deployment_id": DEPLOYMENT, "source": source, "wildlife": {}, "fire": {}})
