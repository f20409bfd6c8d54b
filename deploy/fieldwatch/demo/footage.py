"""Scenes as a camera would leave them: JPEG files with capture times, and the truth beside them."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fieldwatch.demo.scenes import Scene

TRUTH = "truth.json"
_EXIF_IFD, _TAKEN, _ZONE, _FRACTION = 0x8769, 0x9003, 0x9011, 0x9291


def frame_times(scene: Scene, every_s: float) -> list[float]:
    """Seconds from the scene's start, one for each frame."""
    return [number * every_s for number in range(int(scene.seconds / every_s))]


def render(
    scene: Scene, folder: Path, every_s: float, *, progress: Callable[[int], None] = lambda _: None
) -> None:
    """Draw the scene into `folder` as 00000.jpg, 00001.jpg, ... and truth.json, the latter last.

    Nothing is drawn where truth.json already tells of the same scene; `progress` gets the frames done.
    """
    description = _describe(scene, every_s)
    if _reads_as(folder / TRUTH, description):
        progress(len(frame_times(scene, every_s)))
        return
    folder.mkdir(parents=True, exist_ok=True)
    for old in (folder / TRUTH, *folder.glob("*.jpg")):
        old.unlink(missing_ok=True)
    frames = []
    for number, at_s in enumerate(frame_times(scene, every_s)):
        picture, truth = scene.draw(at_s)
        name = f"{number:05}.jpg"
        picture.save(folder / name, quality=85)
        frames.append({"file": name, "at_s": at_s, **asdict(truth)})
        progress(1)
    (folder / TRUTH).write_text(json.dumps(description | {"frames": frames}))


def write_camera_folder(rendered: Path, folder: Path, start: datetime) -> None:
    """The frames of `render` as files that a camera started at `start` would have written to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for frame in json.loads((rendered / TRUTH).read_text())["frames"]:
        at = start + timedelta(seconds=frame["at_s"])
        (folder / file_name(at)).write_bytes(with_capture_time((rendered / frame["file"]).read_bytes(), at))


def file_name(at: datetime) -> str:
    """A camera's name for a picture: sorts by time."""
    return f"IMG_{at.astimezone(UTC):%Y%m%dT%H%M%S_%f}.jpg"


def with_capture_time(jpeg: bytes, at: datetime) -> bytes:
    """The JPEG with DateTimeOriginal, its fraction and its offset from UTC (EXIF 2.31), pixels untouched.

    Args:
        jpeg: without an EXIF segment.
        at: aware.
    """
    at = at.astimezone(UTC)
    exif = Image.Exif()
    exif[_EXIF_IFD] = {
        _TAKEN: f"{at:%Y:%m:%d %H:%M:%S}",
        _FRACTION: f"{at.microsecond // 1000:03}",
        _ZONE: "+00:00",
    }
    segment = exif.tobytes()
    if not segment.startswith(b"Exif\x00\x00"):
        segment = b"Exif\x00\x00" + segment
    # APP1 comes right behind the start of image (EXIF 2.31, 4.5.4).
    return jpeg[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2) + segment + jpeg[2:]


def _describe(scene: Scene, every_s: float) -> dict[str, Any]:
    described = {
        "place": asdict(scene.place) | {"taxa": sorted(scene.place.taxa)},
        "seed": scene.seed,
        "seconds": scene.seconds,
        "every_s": every_s,
        "ignition_s": scene.plume and scene.plume.ignition_s,
        "plume": scene.plume and asdict(scene.plume),
        "walks": [asdict(walk) for walk in scene.walks],
    }
    # Through JSON and back: tuples become lists, as they are when read from the file.
    return json.loads(json.dumps(described))  # type: ignore[no-any-return]


def _reads_as(truth: Path, description: dict[str, Any]) -> bool:
    try:
        found = json.loads(truth.read_text())
    except (OSError, ValueError):
        return False
    return {key: found.get(key) for key in description} == description
