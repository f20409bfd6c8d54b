"""What the page can have done: one method for each of its questions."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from fieldwatch_edge import vision
from fieldwatch_edge.aim import gpsd
from fieldwatch_edge.aim.feed import Feed
from fieldwatch_edge.aim.look import Looker
from fieldwatch_edge.aim.walk import WalkTest
from fieldwatch_edge.aim.write import TRUSTED, write
from fieldwatch_edge.aiming import declination as magnetic
from fieldwatch_edge.aiming import landmarks
from fieldwatch_edge.aiming.level import centred, dip_deg, find_horizon, level
from fieldwatch_edge.aiming.record import records
from fieldwatch_edge.aiming.solve import AimingError, Known, Sight, solve
from fieldwatch_edge.capture import system_clock
from fieldwatch_edge.doctor import examine
from fieldwatch_edge.settings import NodeSettings
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from pathlib import Path

    from fieldwatch_edge.aim.asked import Choosing, Compass, Horizon, Landmark, Solving, Where, Writing
    from fieldwatch_edge.aim.feed import Shown
    from fieldwatch_edge.settings import Camera

log = structlog.get_logger(__name__)

WAIT_S = 4.0
"""For a picture, while the phone waits."""
LOOKS_ON_S = 30.0
"""After the phone last asked: while one walks, its screen may go dark."""
WIDEST = 1920
PICTURE_BYTES = 160 * 1024
HORIZON_SD = {"open": 0.2, "hills": 1.5}
UNKNOWN_VIEW_DEG = 60.0


class Desk:
    """From any thread. One camera at a time: a node has few cores."""

    def __init__(self, config: Path, settings: NodeSettings, search_path: Sequence[Path]) -> None:
        self._config, self.settings, self._search_path = config, settings, search_path
        self._lock = threading.RLock()
        self._index = 0
        self._checks: list[dict[str, str]] = []
        self._checking: threading.Thread | None = None
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
            "clock": {"quality": clock.quality.value, "trusted": clock.quality in TRUSTED},
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
                self._checks = []
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
        aspect = self._aspect()
        here = None if asked.place is None else _place(asked.place)
        heading, turned = None, None
        if asked.compass is not None:
            heading, turned = self._compass(asked.compass, here)
        view = (
            Known(asked.field_of_view_deg, asked.field_of_view_sd_deg)
            if asked.field_of_view_deg is not None
            else None
        )
        sights, found = [], []
        for landmark in asked.landmarks:
            direction = self._direction(landmark, here, asked.phone_minus_node_s, turned)
            found.append({"bearing_deg": direction.bearing_deg, "distance_m": direction.distance_m})
            sights.append(_sight(landmark, direction))
        if asked.horizon is not None:
            sights.append(_horizon_sight(asked.horizon, aspect))
        solution = solve(sights, aspect=aspect, heading=heading, field_of_view=view)
        answer: dict[str, Any] = {
            "heading_deg": solution.heading.value,
            "heading_sd_deg": solution.heading.sd,
            "tilt_deg": solution.tilt.value,
            "tilt_sd_deg": solution.tilt.sd,
            "field_of_view_deg": solution.field_of_view.value,
            "field_of_view_sd_deg": solution.field_of_view.sd,
            "misfit": solution.misfit,
            "declination_deg": turned,
            "landmarks": [
                {**each, "off_deg": residual.bearing_deg, "strange": residual.strange}
                for each, residual in zip(found, solution.residuals, strict=False)
            ],
        }
        if asked.horizon is not None:
            answer["level"] = self._level(asked.horizon, solution.field_of_view.value)
        return answer

    def leveled(self, asked: Horizon) -> dict[str, Any]:
        """Roll, and tilt as far as the field of view is known."""
        return self._level(asked, self.camera.field_of_view_deg or UNKNOWN_VIEW_DEG)

    def _level(self, asked: Horizon, view: float) -> dict[str, Any]:
        try:
            found = level(
                asked.line,
                field_of_view_deg=min(view, 169.0),
                aspect=self._aspect(),
                dip=dip_deg(asked.above_m) if asked.kind == "open" else 0.0,
                sd_deg=HORIZON_SD[asked.kind],
            )
        except ValueError as error:
            raise AimingError("line_too_short", str(error)) from error
        return {
            "tilt_deg": found.tilt_deg,
            "tilt_sd_deg": found.tilt_sd_deg,
            "roll_deg": found.roll_deg,
            "roll_sd_deg": found.roll_sd_deg,
        }

    def declination(self, asked: Where) -> dict[str, Any]:
        today = utc_now().date()
        return {
            "declination_deg": _declination(asked.lon, asked.lat, today),
            "current": magnetic.is_current(today),
        }

    def _compass(self, asked: Compass, here: landmarks.Place | None) -> tuple[Known, float | None]:
        if asked.true_north:
            return Known(asked.reading_deg % 360, asked.sd_deg), None
        if here is None:
            raise AimingError("no_place", "give the place first: magnetic north depends on it")
        turned = _declination(here.lon, here.lat, utc_now().date())
        return Known((asked.reading_deg + turned) % 360, asked.sd_deg), turned

    def _direction(
        self, landmark: Landmark, here: landmarks.Place | None, ahead_s: float, turned: float | None
    ) -> landmarks.Direction:
        if landmark.kind == "bearing":
            if landmark.bearing_deg is None:
                raise AimingError("incomplete", f"{landmark.name}: its bearing is missing")
            return landmarks.Direction((landmark.bearing_deg + (turned or 0)) % 360, 3.0, None, 0.0, None)
        if here is None:
            raise AimingError("no_place", "give the place first: landmarks are seen from it")
        if landmark.kind == "sun":
            if landmark.at is None:
                raise AimingError("incomplete", "when was the sun seen there?")
            at, sd_s = self._when(landmark, ahead_s)
            seen = landmarks.sun(here, at, sd_s)
            if (seen.elevation_deg or 0) < -1:
                raise AimingError("no_sun", "the sun is below the horizon at that place and time")
            return seen
        if landmark.lon is None or landmark.lat is None:
            raise AimingError("incomplete", f"{landmark.name}: its place is missing")
        there = landmarks.Place(landmark.lon, landmark.lat, landmark.height_m, 10.0)
        try:
            return landmarks.towards(here, there)
        except ValueError as error:
            raise AimingError("same_place", str(error)) from error

    def _when(self, landmark: Landmark, ahead_s: float) -> tuple[datetime, float]:
        """When the picture was taken, and how well that is known: by the phone where nobody sets the node's
        clock."""
        assert landmark.at is not None  # noqa: S101
        if system_clock().quality in TRUSTED:
            return landmark.at, 1.0
        return landmark.at + timedelta(seconds=ahead_s), 3.0

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
            if self._checking is None or not self._checking.is_alive():
                self._checks = []
                self._checking = threading.Thread(target=self._examine, name="aim-checks", daemon=True)
                self._checking.start()
        return self.checks()

    def checks(self) -> dict[str, Any]:
        under_way = self._checking is not None and self._checking.is_alive()
        return {"checks": list(self._checks), "under_way": under_way}

    def _examine(self) -> None:
        settings = self.settings.model_copy(update={"cameras": [self.camera]})
        self._feed.pause(paused=True)
        try:
            for check in examine(settings, self._search_path):
                self._checks.append(
                    {
                        "what": check.what,
                        "status": check.status,
                        "finding": check.finding,
                        "advice": check.advice,
                    }
                )
        except Exception as error:  # the page goes on without
            log.exception("aim.checks_failed")
            self._checks.append({"what": "doctor", "status": "fail", "finding": repr(error), "advice": ""})
        finally:
            self._feed.pause(paused=False)

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


def _place(where: Where) -> landmarks.Place:
    return landmarks.Place(where.lon, where.lat, where.height_m, where.sd_m)


def _declination(lon: float, lat: float, on: date) -> float:
    return magnetic.declination(lon, lat, on)


def _sight(landmark: Landmark, direction: landmarks.Direction) -> Sight:
    return Sight(
        landmark.name,
        landmark.x,
        landmark.y,
        Known(direction.bearing_deg, direction.bearing_sd_deg),
        Known(direction.elevation_deg, direction.elevation_sd_deg)
        if direction.elevation_deg is not None
        else None,
    )


def _horizon_sight(horizon: Horizon, aspect: float) -> Sight:
    x, y = centred(horizon.line, aspect)
    dip = dip_deg(horizon.above_m) if horizon.kind == "open" else 0.0
    return Sight("horizon", x, y, elevation=Known(-dip, HORIZON_SD[horizon.kind]))
