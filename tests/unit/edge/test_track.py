from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from fieldwatch_edge.domain import Detections
from fieldwatch_edge.track import Tracker

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
LION, ZEBRA, UNKNOWN = 5, 4, 9


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def seen(*boxes: tuple[float, float, float, float], classes=None, score: float = 0.5) -> Detections:
    """Detections of boxes given as x, y, width, height."""
    xywh = np.array(boxes, np.float32).reshape(-1, 4)
    classes = np.array([LION] * len(boxes) if classes is None else classes, np.int64)
    xyxy = np.hstack([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]])
    return Detections(xyxy, np.full(len(boxes), score, np.float32), classes)


def ids(tracker: Tracker, detections: Detections, seconds: float) -> list[int]:
    result = tracker.update(detections, at(seconds))
    assert result.detections is detections
    return result.track_ids.tolist()


@pytest.mark.parametrize(
    ("every_s", "widths_per_s"),
    [(0.04, 3), (0.2, 3), (0.5, 2), (1, 1.2), (2, 0.5), (4, 0.2), (4, 0)],
)
def test_one_animal_is_one_track_at_any_frame_rate(every_s, widths_per_s):
    rng = np.random.default_rng(0)
    tracker = Tracker(lost_s=5)
    found = set()
    for frame in range(15):
        x = 100 + 100 * widths_per_s * frame * every_s
        found |= set(ids(tracker, seen((x + rng.normal(0, 3), 200, 100, 80)), frame * every_s))
    assert len(found) == 1


def test_every_detection_has_an_id_on_first_sight_even_a_weak_one():
    tracker = Tracker(lost_s=5)
    assert ids(tracker, seen((0, 0, 50, 50), (300, 0, 50, 50), score=0.05), 0) == [0, 1]


def test_ids_come_in_the_order_of_the_detections():
    tracker = Tracker(lost_s=5)
    left, middle, right = (0, 0, 50, 50), (300, 0, 50, 50), (600, 0, 50, 50)
    assert ids(tracker, seen(left, right), 0) == [0, 1]
    assert ids(tracker, seen(right, middle, left), 1) == [1, 2, 0]


def test_a_zebra_never_continues_a_lions_track():
    tracker = Tracker(lost_s=5)
    box = (100, 100, 80, 60)
    assert ids(tracker, seen(box), 0) == [0]
    assert ids(tracker, seen(box, classes=[ZEBRA]), 1) == [1]
    assert ids(tracker, seen(box, box, classes=[ZEBRA, LION]), 2) == [1, 0]


def test_neighbours_keep_their_tracks():
    tracker = Tracker(lost_s=5)
    for frame in range(20):
        herd = [(100 + 110 * i + 15 * frame, 200 + 3 * i, 100, 80) for i in range(5)]
        assert ids(tracker, seen(*herd), frame * 0.5) == [0, 1, 2, 3, 4]


def test_two_that_pass_each_other_keep_their_tracks():
    tracker = Tracker(lost_s=5)
    for frame in range(40):
        right, left = (100 + 20 * frame, 200, 100, 80), (900 - 20 * frame, 230, 100, 80)
        assert ids(tracker, seen(right, left), frame * 0.1) == [0, 1]


@pytest.mark.parametrize(("missed_s", "same"), [(1, True), (4.9, True), (5.5, False), (300, False)])
def test_a_track_ends_when_it_was_lost_for_too_long(missed_s, same):
    tracker = Tracker(lost_s=5)
    for frame in range(3):
        assert ids(tracker, seen((100, 100, 80, 60)), frame * 0.5) == [0]
    assert ids(tracker, seen((100, 100, 80, 60)), 1 + missed_s) == [0 if same else 1]


def test_frames_without_detections_count_as_missed():
    tracker = Tracker(lost_s=2)
    assert ids(tracker, seen((100, 100, 80, 60)), 0) == [0]
    assert tracker.alive == {0}
    for frame in range(1, 6):
        assert ids(tracker, Detections.none(), frame * 0.5) == []
    assert tracker.alive == frozenset()
    assert ids(tracker, seen((100, 100, 80, 60)), 3) == [1]


def test_a_burst_within_one_second_of_exif_time_is_followed():
    tracker = Tracker(lost_s=5)
    for frame, second in enumerate([0, 0, 0, 1, 1, 1, 2]):
        assert ids(tracker, seen((100 + 15 * frame, 100, 80, 60)), second) == [0]


def test_a_clock_that_was_set_back_begins_all_tracks_anew():
    tracker = Tracker(lost_s=5)
    assert ids(tracker, seen((100, 100, 80, 60)), 100) == [0]
    assert ids(tracker, seen((100, 100, 80, 60)), 0) == [1]
    assert ids(tracker, seen((100, 100, 80, 60)), 1) == [1]


def test_ids_are_not_used_again_after_a_reset():
    tracker = Tracker(lost_s=5)
    assert ids(tracker, seen((100, 100, 80, 60)), 0) == [0]
    tracker.reset()
    assert tracker.alive == frozenset()
    assert ids(tracker, seen((100, 100, 80, 60)), 1) == [1]


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([ZEBRA, UNKNOWN, ZEBRA, UNKNOWN, UNKNOWN, ZEBRA], id="loses its name and gets it back"),
        pytest.param([UNKNOWN, UNKNOWN, ZEBRA, ZEBRA, UNKNOWN, ZEBRA], id="gets its name later"),
        pytest.param([UNKNOWN] * 6, id="never gets one"),
    ],
)
@pytest.mark.parametrize("every_s", [0.2, 1])
def test_an_animal_without_a_name_in_some_frames_is_one_track(names, every_s):
    tracker = Tracker(lost_s=5, unknown=UNKNOWN)
    found = set()
    for frame, name in enumerate(names):
        found |= set(ids(tracker, seen((100 + 30 * frame, 200, 100, 80), classes=[name]), frame * every_s))
    assert len(found) == 1


def test_a_nameless_animal_beside_a_named_one_is_another():
    tracker = Tracker(lost_s=5, unknown=UNKNOWN)
    zebra, other = (100, 200, 100, 80), (190, 200, 100, 80)  # close enough for grown boxes to overlap
    first = ids(tracker, seen(zebra, other, classes=[ZEBRA, UNKNOWN]), 0)
    assert sorted(first) == [0, 1]
    for second in range(1, 4):
        assert ids(tracker, seen(zebra, other, classes=[ZEBRA, UNKNOWN]), second) == first
    # Both without a name now: no third animal comes of it.
    assert sorted(ids(tracker, seen(zebra, other, classes=[UNKNOWN, UNKNOWN]), 4)) == [0, 1]


def test_a_name_still_never_continues_another_name():
    tracker = Tracker(lost_s=5, unknown=UNKNOWN)
    assert ids(tracker, seen((100, 200, 100, 80), classes=[ZEBRA]), 0) == [0]
    assert ids(tracker, seen((100, 200, 100, 80), classes=[LION]), 1) == [1]


def test_a_nameless_track_takes_one_name_and_no_second():
    """Else a zebra and a lion at one place would share the track of the unknown that was there first."""
    tracker = Tracker(lost_s=5, unknown=UNKNOWN)
    box = (100, 200, 100, 80)
    names = [UNKNOWN, ZEBRA, LION, UNKNOWN, ZEBRA, LION]
    found = [(*ids(tracker, seen(box, classes=[name]), second), name) for second, name in enumerate(names)]
    of_track = {track: {name for t, name in found if t == track} - {UNKNOWN} for track, _ in found}
    assert found[:3] == [(0, UNKNOWN), (0, ZEBRA), (1, LION)]
    assert of_track == {0: {ZEBRA}, 1: {LION}}


def test_in_a_mixed_herd_that_flickers_no_two_names_share_a_track_and_no_frame_has_an_id_twice():
    rng = np.random.default_rng(3)
    tracker = Tracker(lost_s=5, unknown=UNKNOWN)
    kinds = [ZEBRA, LION, ZEBRA, LION, ZEBRA]
    names: dict[int, set[int]] = {}
    for frame in range(200):
        boxes = [(100 + 60 * i + 40 * np.sin(frame / 9 + i), 200, 100, 80) for i in range(len(kinds))]
        classes = [UNKNOWN if rng.random() < 0.6 else kind for kind in kinds]
        shown = [i for i in range(len(kinds)) if rng.random() < 0.8]
        found = ids(tracker, seen(*[boxes[i] for i in shown], classes=[classes[i] for i in shown]), frame / 2)
        assert len(set(found)) == len(found)
        for track, i in zip(found, shown, strict=True):
            names.setdefault(track, set()).add(classes[i])
    assert all(len(each - {UNKNOWN}) <= 1 for each in names.values())
    assert any(each == {ZEBRA, UNKNOWN} for each in names.values())


def test_a_nameless_animal_does_not_continue_what_was_lost_or_forgotten():
    tracker = Tracker(lost_s=2, unknown=UNKNOWN)
    assert ids(tracker, seen((100, 200, 100, 80), classes=[ZEBRA]), 0) == [0]
    assert ids(tracker, seen((100, 200, 100, 80), classes=[UNKNOWN]), 10) == [1]
    tracker.reset()
    assert ids(tracker, seen((100, 200, 100, 80), classes=[ZEBRA]), 11) == [2]
