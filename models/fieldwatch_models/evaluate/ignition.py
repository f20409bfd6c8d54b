"""How soon after an ignition a node would raise the alarm, and how often it would cry wolf.

Recorded frames go through the edge's own confirmation (`FireWatch`) at their capture times, with the settings
of `node.toml`. A suspicion counts as the fire only where it touches labelled smoke; any other is a false
alarm.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np

from fieldwatch_edge.decide import FireWatch
from fieldwatch_edge.domain import DetectedClass, Detections, Frame
from fieldwatch_edge.pictures import Pictures
from fieldwatch_edge.settings import Camera, FireSettings, FolderSource
from fieldwatch_models.evaluate.intervals import poisson_rate, wilson
from fieldwatch_models.evaluate.scale import calibrated
from fieldwatch_shared.messages import Clock, ClockQuality

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from fieldwatch_models.data.catalogue import Picture
    from fieldwatch_models.evaluate.predictions import Boxes, Seen
    from fieldwatch_shared.messages import Suspicion

#: What the project promises of an ignition.
WITHIN = 5
#: Fewer frames cannot be confirmed by any rule worth having; they are left out and counted.
SHORTEST = 3
#: Labels this many frames before and after a suspicion are compared with it: labellers see smoke late, plumes
#: drift.
AROUND = 5
#: A longer pause between frames counts as so much time watched: nobody looked during the rest of it.
LONGEST_GAP_S = 120.0
#: Pace of frames whose time nobody noted.
UNTIMED_S = 60.0

_START = datetime(2026, 1, 1, tzinfo=UTC)
_ID = UUID("0198c0de-0000-7000-8000-000000000001")
_CLOCK = Clock(quality=ClockQuality.RTC)
#: BGR of something that was seen in colour.
_DAYLIGHT = (180, 140, 90)
_CAMERA = Camera(
    deployment_id=_ID, source=FolderSource(kind="folder", path=Path("recorded")), fire=FireSettings()
)


@dataclass(frozen=True)
class Recording:
    """Frames of one still view, in the order in which they were taken."""

    name: str
    frames: tuple[Seen, ...]
    #: Seconds from ignition, a frame each; none: the record starts with smoke, at times that nobody noted.
    seconds: tuple[float, ...] | None
    #: Whether some of its frames were trained on ...
    trained_on: bool = False
    #: ... or other pictures of its site: a model that knows the view may know its clouds, or its smoke.
    site_in_training: bool = False

    @property
    def held_out(self) -> bool:
        """Whether training saw neither a frame of it nor its site. A site that nobody noted counts as
        unseen."""
        return not self.trained_on and not self.site_in_training

    @property
    def times(self) -> tuple[float, ...]:
        """Capture times, in seconds from ignition or from the first frame."""
        return self.seconds or tuple(UNTIMED_S * i for i in range(len(self.frames)))

    @property
    def ignition(self) -> int | None:
        """Index of the first frame at or after ignition; none: the record ends before one."""
        if self.seconds is None:
            labelled = [i for i, frame in enumerate(self.frames) if len(frame.was)]
            return labelled[0] if labelled else None
        return next((i for i, second in enumerate(self.seconds) if second >= 0), None)

    @property
    def shows_ignition(self) -> bool:
        """Whether enough frames follow the ignition for any rule to confirm it."""
        return self.ignition is not None and len(self.frames) - self.ignition >= SHORTEST

    @property
    def watched_s(self) -> float:
        """Time that the camera looked: from frame to frame, and one more period for the last."""
        if self.seconds is None or len(self.seconds) < 2:
            return 0.0
        gaps = np.minimum(np.diff(self.seconds), LONGEST_GAP_S)
        return float(gaps.sum() + np.median(gaps))


@dataclass(frozen=True)
class Watch:
    """What a node would have done over one recording."""

    recording: Recording
    #: Index of the frame and whether it lies on the fire, a suspicion each.
    suspicions: tuple[tuple[int, bool], ...]

    @property
    def alarm(self) -> int | None:
        """Index of the frame that raised the alarm for the fire."""
        return next((index for index, true in self.suspicions if true), None)

    @property
    def frames_to_alarm(self) -> int | None:
        """Frames after the one of ignition until the alarm; where nobody noted it: frames of smoke shown."""
        start = self.recording.ignition
        if self.alarm is None or start is None:
            return None
        return self.alarm - start + (self.recording.seconds is None)

    @property
    def found(self) -> bool:
        return self.frames_to_alarm is not None and self.frames_to_alarm <= WITHIN

    @property
    def false_alarms(self) -> int:
        return sum(not true for _, true in self.suspicions)

    def as_json(self) -> dict[str, Any]:
        """For metrics.json."""
        of, start = self.recording, self.recording.ignition
        before = len(of.frames) if start is None else start
        early = sum(not true and index < before for index, true in self.suspicions)
        alarm = self.alarm
        return {
            "held_out": of.held_out,
            "trained_on": of.trained_on,
            "site_in_training": of.site_in_training,
            "ignition_known": of.seconds is not None,
            "frames": len(of.frames),
            "frames_before": before,
            "false_alarms_before": early,
            "false_alarms_after": self.false_alarms - early,
            "first_alarm_s": None if alarm is None or of.seconds is None else of.seconds[alarm],
            "frames_to_alarm": self.frames_to_alarm,
            "found_within_5_frames": self.found if of.shows_ignition else None,
        }


def recordings(
    seen: Sequence[Seen], trained_on: frozenset[str], trained_sites: frozenset[str]
) -> list[Recording]:
    """The recordings among ``seen``: pictures that share a sequence, in order of time, else of name.

    One that has a picture among ``trained_on`` (names and SHA-256 of training pictures), or whose site is
    among ``trained_sites``, was not held out. Short sequences, and those without any label and any time of
    ignition, are no recordings of anything.
    """
    # A sequence's name means something within its source alone: many number theirs from 1.
    groups: dict[tuple[str, str], list[Seen]] = {}
    for each in seen:
        if each.picture.sequence is not None:
            groups.setdefault((each.picture.source, each.picture.sequence), []).append(each)
    found: list[Recording] = []
    known: set[frozenset[str]] = set()
    for (source, sequence), frames in groups.items():
        timed = all(frame.picture.from_ignition_s is not None for frame in frames)
        if len(frames) < SHORTEST or not (timed or any(len(frame.was) for frame in frames)):
            continue
        frames.sort(key=lambda frame: _order(frame.picture))
        # By name as well as by content: a copy may have been compressed anew.
        files = frozenset(frame.picture.path.name for frame in frames)
        if any(len(files & other) > len(files) / 2 for other in known):
            continue  # the same frames, once in the catalogue and once in a folder of their own
        known.add(files)
        marks = files | {frame.digest for frame in frames}
        found.append(
            Recording(
                sequence if sequence not in {each.name for each in found} else f"{source}/{sequence}",
                tuple(frames),
                tuple(frame.picture.from_ignition_s or 0.0 for frame in frames) if timed else None,
                trained_on=bool(marks & trained_on),
                site_in_training=any(frame.picture.site in trained_sites for frame in frames),
            )
        )
    return found


def watch(
    recording: Recording,
    classes: Sequence[DetectedClass],
    settings: FireSettings,
    score: float,
    temperature: float = 1.0,
) -> Watch:
    """Show ``recording`` to the edge's own fire watch; ``score`` (the card's scale) is the model's threshold,
    and boxes under what is faint for it are not there."""
    node = FireWatch(
        "eval",
        _CAMERA,
        settings,
        model="eval",
        classes=classes,
        threshold=score,
        pictures=Pictures("eval", _ID),
    )
    lowest = score * (settings.faint or 1.0)
    raised: list[tuple[int, bool]] = []
    for index, (seen, second) in enumerate(zip(recording.frames, recording.times, strict=True)):
        at = _START + timedelta(days=1, seconds=second)
        if not node.due(at):
            continue
        alarms = node.see(_frame(seen, at, index), _detections(seen, lowest, temperature))
        raised += [(index, _on_fire(recording, index, alarm.suspicion)) for alarm in alarms]
    return Watch(recording, tuple(raised))


def by_exposure(watches: Sequence[Watch]) -> dict[str, Any]:
    """Figures on what training never saw; apart from them those on known sites, and on the very frames.

    ``left_out`` says how many recordings do not count as held out.
    """
    trained = [each for each in watches if each.recording.trained_on]
    known = [each for each in watches if each.recording.site_in_training and not each.recording.trained_on]
    held_out = [each for each in watches if each.recording.held_out]
    return {
        **summary(held_out),
        "left_out": {"seen_in_training": len(trained), "site_in_training": len(known)},
        "site_in_training": summary(known),
        "seen_in_training": summary(trained),
    }


def summary(watches: Sequence[Watch]) -> dict[str, Any]:
    """What a ranger asks: how many ignitions were found in time, how late, at how many false alarms a
    camera-day."""
    fires = [each for each in watches if each.recording.shows_ignition]
    timed = [each for each in watches if each.recording.seconds is not None]
    found = sum(each.found for each in fires)
    delays = [
        each.recording.times[each.alarm]
        for each in timed
        if each.alarm is not None and each.frames_to_alarm is not None
    ]
    days = sum(each.recording.watched_s for each in timed) / 86400
    false = sum(each.false_alarms for each in timed)
    rate = poisson_rate(false, days)
    return {
        "sequences": len(fires),
        "found_within_5_frames": found,
        "share_found": round(found / len(fires), 4) if fires else None,
        "share_found_interval_95": wilson(found, len(fires)),
        "found_at_all": sum(each.alarm is not None for each in fires),
        "median_delay_s": float(np.median(delays)) if delays else None,
        "delays_known": len(delays),
        "camera_days_watched": round(days, 4),
        "false_alarms": false,
        "false_alarms_per_camera_day": round(false / days, 4) if days else None,
        "interval_95": rate,
        "false_alarms_untimed": sum(each.false_alarms for each in watches if each.recording.seconds is None),
    }


def _on_fire(recording: Recording, index: int, record: Suspicion) -> bool:
    start = recording.ignition
    if start is None or index < start:
        return False
    if not any(len(frame.was) for frame in recording.frames):
        return True  # nobody drew boxes: the time alone must do
    box = record.box
    near = recording.frames[max(0, index - AROUND) : index + AROUND + 1]
    labels = np.vstack([frame.was for frame in near])
    return bool(touches(np.array([[box.x, box.y, box.x + box.width, box.y + box.height]]), labels).any())


def touches(boxes: Boxes, labels: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Whether each of ``boxes`` (``[N, 4+]``) has any area in common with one of ``labels`` (``[M, 4+]``):
    ``[N]``."""
    low = np.maximum(boxes[:, None, :2], labels[None, :, :2])
    high = np.minimum(boxes[:, None, 2:4], labels[None, :, 2:4])
    return np.asarray(np.all(high > low, axis=2).any(axis=1), np.bool_)


def _detections(seen: Seen, score: float, temperature: float) -> Detections:
    scores = calibrated(seen.said[:, 4], temperature)
    strong = scores > score  # as the detector itself has it: above, not at
    size = np.array([seen.picture.width, seen.picture.height] * 2, np.float64)
    return Detections(
        (seen.said[strong, :4] * size).astype(np.float32),
        scores[strong].astype(np.float32),
        seen.said[strong, 5].astype(np.int64),
    )


def _frame(seen: Seen, at: datetime, index: int) -> Frame:
    # Of the decoded picture the watch asks for size and light alone, and for faint places compares files: so
    # only those few are decoded. A recording that is made of numbers has no files, and no faint places.
    light = np.array(_DAYLIGHT if seen.light == "day" else (0, 0, 0), np.uint8)
    blank = np.broadcast_to(light, (seen.picture.height, seen.picture.width, 3))
    path = seen.picture.path
    return Frame(blank, at, _CLOCK, str(index), path.read_bytes() if path.is_file() else None)


def _order(picture: Picture) -> tuple[float, list[tuple[int, int | str]]]:
    time = picture.from_ignition_s
    if time is None:
        time = picture.taken_at.timestamp() if picture.taken_at else 0.0
    # Numbers in names by value: FR850 comes before FR1054.
    return time, [
        (0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"(\d+)", picture.path.stem)
    ]


def fire_classes(classes: Iterable[DetectedClass]) -> bool:
    """Whether a model knows smoke or fire at all."""
    return any(entry.kind in ("smoke", "fire") for entry in classes)
