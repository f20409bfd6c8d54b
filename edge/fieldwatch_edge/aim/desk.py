"""What the page can have done: one method for each of its questions."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from fieldwatch_edge import vision
from fieldwatch_edge.aim import geometry, gpsd
from fieldwatch_edge.aim.checks import Checks
from fieldwatch_edge.aim.feed import Feed
from fieldwatch_edge.aim.look import Looker
from fieldwatch_edge.aim.walk import WalkTest
from fieldwatch_edge.aim.write import write
from fieldwatch_edge.aiming.level import find_horizon
from fieldwatch_edge.aiming.record import records
from fieldwatch_edge.aiming.solve import AimingError
from fieldwatch_edge.capture import system_clock
from fieldwatch_edge.settings import NodeSettings
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fieldwatch_edge.aim.asked import Choosing, Horizon, Solving, Where, Writing
    from fieldwatch_edge.aim.feed import Shown
    from fieldwatch_edge.settings import Camera

WAIT_S = 4.0
"""For a picture, while the phone waits."""
LOOKS_ON_S = 30.0
"""After the phone last asked: while one walks, its screen may go dark."""
WIDEST = 1920
PICTURE_BYTES = 160 * 1024
UNKNOWN_VIEW_DEG = 60.0


class Desk:
    """From any thread. One camera at a time: a node has few cores."""

    def __init__(self, config: Path, settings: NodeSettings, search_path: Sequence[Path]) -> None:
        self._config, self.settings, self._search_path = config, settings, search_path
        self._checks = Checks(search_path)
        self._lock = threading.RLock()
        self._index = 0
        self.written: dict[str, Any] | None = None
        self._asked_at = time.monotonic()
        self._look_at(0)

    def close(self) -> None:
        with self._lock:
            self._looker.close()
            self._feed.close()

    @property
    def camera(self) -> Camera:
        return self.settings.cameras[self._index]

    def _look_at(self, index: int) -> None:
        self._index = index
        self._walk = WalkTest()
        self._feed = Feed(self.camera, self.settings.node.state_dir)
        self._looker = Looker(self.camera, self._feed, self._search_path, self._wanted)
        self._feed.start()
        self._looker.start()

    def _wanted(self) -> bool:
        return time.monotonic() - self._asked_at < LOOKS_ON_S

    # What the page shows

    def state(self) -> dict[str, Any]:
        """All but pictures."""
        clock = system_clock()
        known = {record.told.id: record.told for record in records(self.settings.node.state_dir)}
        told = known.get(self.camera.deployment_id)
        return {
            "node": self.settings.node.id,
            "reserve": self.settings.node.reserve,
            "now": utc_now(),
            "clock": {"quality": clock.quality.value, "trusted": clock.quality.vouched},
            "camera": self._index,
            "cameras": [_described(camera, known) for camera in self.settings.cameras],
            "name": told.name if told else "",
            "place": {"lon": told.lon, "lat": told.lat} if told else None,
            "height_m": told.height_m if told else None,
            "node_runs": self._feed.by_node,
            "enrolled": self.settings.cloud is not None,
            "written": self.written,
        }

    def choose(self, asked: Choosing) -> dict[str, Any]:
        if asked.camera >= len(self.settings.cameras):
            raise AimingError("no_camera", "this node has no such camera")
        with self._lock:
            if asked.camera != self._index:
                self.close()
                self._checks.forget()
                self.written = None
                self._look_at(asked.camera)
        return self.state()

    def picture(
        self, after: int, width: int, focus: tuple[float, float]
    ) -> tuple[bytes | None, dict[str, Any]]:
        """The newest picture behind number `after` as a JPEG, and what is to be said of it."""
        feed, looker = self._feed, self._looker
        self._asked_at = time.monotonic()
        shown = feed.newest(after=after, within_s=WAIT_S)
        info: dict[str, Any] = {
            "problem": feed.problem,
            "models": looker.problems,
            "boxes": looker.boxes,
            "of": looker.of_picture,
            "model_ms": round(looker.took_ms) if looker.took_ms is not None else None,
            "fps": round(feed.fps, 1),
            "by_node": feed.by_node,
        }
        if shown is None:
            return None, info
        image = shown.image
        thumbnail = vision.thumbnail(image)
        black, burnt = vision.extremes(thumbnail)
        info |= {
            "number": shown.number,
            "at": shown.at,
            "width": image.shape[1],
            "height": image.shape[0],
            "focus": round(vision.focus(image, *focus), 2),
            "brightness": round(vision.brightness(thumbnail)),
            "black": round(black, 3),
            "burnt": round(burnt, 3),
        }
        small = vision.small(image, min(max(width, 160), WIDEST))
        return vision.jpeg(small, max_bytes=PICTURE_BYTES).data, info

    def closer(self, x: float, y: float, width: int, height: int) -> bytes | None:
        """That part of the newest picture at its own pixels."""
        shown = self._feed.newest()
        if shown is None:
            return None
        down, across = shown.image.shape[:2]
        part = vision.cut(shown.image, x, y, min(width / across, 1.0), min(height / down, 1.0))
        return vision.jpeg(part, max_bytes=2 * PICTURE_BYTES).data

    # Geometry

    def horizon(self) -> dict[str, Any]:
        """Where the horizon may lie."""
        shown = self._feed.newest(within_s=WAIT_S)
        found = find_horizon(shown.image) if shown is not None else None
        return {"line": [found.left, found.right] if found else None}

    def solve(self, asked: Solving) -> dict[str, Any]:
        """How the camera looks, by all that is known.

        Raises:
            AimingError: too little is known.
        """
        trusted = system_clock().quality.vouched
        return geometry.solved(asked, geometry.Stand(self._aspect(), utc_now().date(), trusted))

    def leveled(self, asked: Horizon) -> dict[str, Any]:
        """Roll, and tilt as far as the field of view is known."""
        view = self.camera.field_of_view_deg or UNKNOWN_VIEW_DEG
        return geometry.leveled(asked, view, self._aspect())

    def declination(self, asked: Where) -> dict[str, Any]:
        return geometry.declination(asked, utc_now().date())

    def _aspect(self) -> float:
        shown: Shown | None = self._feed.newest(within_s=WAIT_S)
        if shown is None:
            raise AimingError("no_picture", self._feed.problem or "there is no picture yet")
        height, width = shown.image.shape[:2]
        return float(width / height)

    def place(self) -> dict[str, Any]:
        """By a GNSS receiver of the node's."""
        found = gpsd.fix()
        if found is None:
            return {"place": None}
        return {"place": {"lon": found.lon, "lat": found.lat, "height_m": found.height_m, "sd_m": found.sd_m}}

    # Walk test, checks, the end

    def mark(self, distance_m: float) -> dict[str, Any]:
        self._walk.mark(distance_m)
        return self.walk()

    def drop(self, distance_m: float | None) -> dict[str, Any]:
        self._walk.drop(distance_m)
        return self.walk()

    def walk(self) -> dict[str, Any]:
        self._asked_at = time.monotonic()
        return self._walk.update(list(self._looker.looks)) | {"seen": self._seen()}

    def _seen(self) -> dict[str, Any] | None:
        """The newest look: whether somebody is seen now."""
        looks = self._looker.looks
        if not looks:
            return None
        last = looks[-1]
        return {"score": last.score, "height_px": round(last.height_px), "kind": last.kind}

    def check(self) -> dict[str, Any]:
        """Have the doctor look at this camera and the way to the cloud."""
        with self._lock:
            self._checks.begin(self.settings, self.camera, self._feed)
        return self.checks()

    def checks(self) -> dict[str, Any]:
        return {"checks": self._checks.found, "under_way": self._checks.under_way}

    def write(self, asked: Writing) -> dict[str, Any]:
        """Raises EdgeError where it cannot be written; all is as it was then."""
        with self._lock:
            if asked.camera != self.camera.deployment_id:
                raise AimingError("written_already", "this deployment was written already: see its state")
            shown = self._feed.newest(within_s=WAIT_S)
            view = vision.jpeg(shown.image).data if shown is not None else None
            walk = self._walk.update(list(self._looker.looks))
            _, self.written = write(self._config, self.settings, asked, walk, view)
            index = self._index
            self.close()
            self.settings = _reread(self._config, self.settings)
            self._look_at(index)
            return self.written


def _reread(config: Path, settings: NodeSettings) -> NodeSettings:
    """node.toml anew, with the state directory that the command line gave."""
    return NodeSettings.read(config).model_copy(update={"node": settings.node})


def _described(camera: Camera, known: dict[Any, Any]) -> dict[str, Any]:
    told = known.get(camera.deployment_id)
    return {
        "deployment_id": str(camera.deployment_id),
        "name": told.name if told else "",
        "kind": camera.source.kind,
        "heading_deg": camera.heading_deg,
        "field_of_view_deg": camera.field_of_view_deg,
        "tilt_deg": camera.tilt_deg,
        "watches": [task for task in ("wildlife", "fire") if getattr(camera, task) is not None],
    }
