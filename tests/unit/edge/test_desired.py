from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from fieldwatch_edge.desired import Desired

if TYPE_CHECKING:
    from pathlib import Path

HERE, THERE = (UUID(f"0198c0de-0000-7000-8000-00000000000{n}") for n in (1, 2))
TRIANGLE = [[0.1, 0.1], [0.2, 0.1], [0.2, 0.3]]


def state(version: int, *masks: list[list[float]], more: dict[str, object] | None = None) -> bytes:
    mask = [{"id": str(UUID(int=n)), "polygon": polygon} for n, polygon in enumerate(masks)]
    cameras = [{"deployment_id": str(HERE), "masks": mask}, {"deployment_id": str(THERE)}]
    return json.dumps({"version": version, "cameras": cameras, **(more or {})}).encode()


def test_without_any_nothing_is_masked(tmp_path: Path) -> None:
    none = Desired(tmp_path / "desired.json")
    assert (none.version, none.state, none.masks(HERE)) == (None, None, ())
    assert list(tmp_path.iterdir()) == []


def test_it_is_kept_and_read_again(tmp_path: Path) -> None:
    kept = Desired(tmp_path / "desired.json")
    assert kept.offer(state(0, TRIANGLE))
    for desired in (kept, Desired(tmp_path / "desired.json")):
        assert desired.version == 0
        assert desired.masks(HERE) == (((0.1, 0.1), (0.2, 0.1), (0.2, 0.3)),)
        assert desired.masks(THERE) == ()
    assert [path.name for path in tmp_path.iterdir()] == ["desired.json"]


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        pytest.param(b"", "desired.malformed", id="a retained one that was cleared"),
        pytest.param(b"[]", "desired.malformed", id="no object"),
        pytest.param(b'{"version": -1}', "desired.malformed", id="no version"),
        pytest.param(state(9, [[0.1, 0.1], [0.2, 0.2]]), "desired.malformed", id="a line is no mask"),
        pytest.param(state(9, [[0.1, 0.1], [0.2, 0.2], [0.1, 1.2]]), "desired.malformed", id="outside"),
        pytest.param(state(4), "desired.not_newer", id="older"),
        pytest.param(state(5), "desired.not_newer", id="the same version, another content"),
        pytest.param(state(5, TRIANGLE), None, id="the same once more"),
    ],
)
def test_what_is_wrong_or_not_newer_changes_nothing(
    payload: bytes, event: str | None, tmp_path: Path
) -> None:
    desired = Desired(tmp_path / "desired.json")
    desired.offer(state(5, TRIANGLE))
    masks = desired.masks(HERE)
    with capture_logs() as said:
        assert not desired.offer(payload)
    assert [entry["event"] for entry in said] == ([event] if event else [])
    assert desired.version == Desired(tmp_path / "desired.json").version == 5
    assert desired.masks(HERE) is masks


def test_fields_of_a_newer_cloud_are_passed_over(tmp_path: Path) -> None:
    assert Desired(tmp_path / "desired.json").offer(state(1, TRIANGLE, more={"moon_phases": ["new"]}))


def test_a_file_that_cannot_be_read_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / "desired.json").write_bytes(b'{"version": 3')
    with capture_logs() as said:
        desired = Desired(tmp_path / "desired.json")
    assert [entry["event"] for entry in said] == ["desired.unreadable"]
    assert desired.version is None
    assert desired.offer(state(3, TRIANGLE))


def test_what_cannot_be_kept_is_not_claimed(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    desired = Desired(folder / "desired.json")
    with capture_logs() as said:
        assert not desired.offer(state(3, TRIANGLE))
    assert [entry["event"] for entry in said] == ["desired.not_kept"]
    assert (desired.version, desired.masks(HERE)) == (None, ())
    folder.mkdir()
    assert desired.offer(state(3, TRIANGLE))


def test_masks_that_did_not_change_stay_the_same_object(tmp_path: Path) -> None:
    desired = Desired(tmp_path / "desired.json")
    desired.offer(state(1, TRIANGLE))
    masks = desired.masks(HERE)
    desired.offer(state(2, TRIANGLE))
    assert desired.masks(HERE) is masks
    desired.offer(state(3, TRIANGLE, TRIANGLE))
    assert len(desired.masks(HERE)) == 2
