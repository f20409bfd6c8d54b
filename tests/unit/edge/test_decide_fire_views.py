"""What a fire watch sees beyond boxes: the view before, motion, masks, day and night, poses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from structlog.testing import capture_logs
from tests.unit.edge.pictures import encoded, landscape, with_noise
from tests.unit.edge.records import CLOCK, DEPLOYMENT, START

from fieldwatch_edge.decide import FireWatch
from fieldwatch_edge.decide.album import MOST_EARLIER
from fieldwatch_edge.decide.fire import MOST_VIEWS
from fieldwatch_edge.decide.places import FireState
from fieldwatch_edge.domain import DetectedClass, Detections, Frame
from fieldwatch_edge.pictures import Pictures
from fieldwatch_edge.settings import Camera
from fieldwatch_shared.messages import Pose

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fieldwatch_edge.decide.fire import Alarm
    from fieldwatch_edge.settings import Polygon

CLASSES = (DetectedClass("smoke", "smoke"), DetectedClass("fire", "fire"))
SCENE = landscape(320, 180)
PLACE = (128.0, 72.0, 160.0, 108.0)
STRONG, FAINT = (*PLACE, 0.6, 0), (*PLACE, 0.06, 0)
FOOT_MASK = ((0.4, 0.5), (0.5, 0.5), (0.5, 0.7), (0.4, 0.7))


def watch(
    masks: Callable[[], Sequence[Polygon]] = tuple, camera: dict[str, object] | None = None, **fire: object
) -> FireWatch:
    settings = Camera.model_validate(
        {
            "deployment_id": DEPLOYMENT,
            "source": {"kind": "v4l2"},
            "heading_deg": 90,
            "field_of_view_deg": 60,
            "fire": fire,
            **(camera or {}),
        }
    )
    assert settings.fire is not None
    return FireWatch(
        "mast-1",
        settings,
        settings.fire,
        model="fire@1",
        classes=CLASSES,
        threshold=0.1,
        pictures=Pictures("mast-1", DEPLOYMENT),
        masks=masks,
    )


def scene(number: int, *, smoke: bool = False) -> np.ndarray:
    image = SCENE.copy()
    if smoke:
        image[72:108, 128:160] = (0.5 * image[72:108, 128:160] + 110).astype(np.uint8)
    return with_noise(image, number, 2)


def frame(minute: float, *, smoke: bool = False, image: np.ndarray | None = None) -> Frame:
    shown = scene(round(minute * 60), smoke=smoke) if image is None else image
    return Frame(shown, START + timedelta(minutes=minute), CLOCK, f"{minute:g}.jpg", encoded(shown))


def see(fires: FireWatch, shown: Frame, *boxes: tuple[float, ...]) -> list[Alarm]:
    found = Detections(
        np.array([b[:4] for b in boxes], np.float32).reshape(-1, 4),
        np.array([b[4] for b in boxes], np.float32),
        np.array([b[5] for b in boxes], np.int64),
    )
    return fires.see(shown, found)


def test_two_strong_frames_confirm_and_show_the_view_before_and_the_motion() -> None:
    fires = watch()
    for minute in range(3):
        assert see(fires, frame(minute)) == []
    assert see(fires, frame(3, smoke=True), STRONG) == []
    (alarm,) = see(fires, frame(4, smoke=True), STRONG)
    suspicion, before = alarm.suspicion, alarm.before
    assert before is not None
    assert before[0].position == "2.jpg"
    assert before[1] == frame(2).encoded
    assert suspicion.before_media_id == Pictures("mast-1", DEPLOYMENT).still_id(before[0].at, "2.jpg")
    assert suspicion.clip_media_id is not None
    assert [image.shape for image in alarm.clip] == [(180, 320, 3)] * 2
    assert fires.verdicts["strong"] == 1


def test_where_nothing_was_seen_before_there_is_no_such_picture() -> None:
    fires = watch()
    see(fires, frame(0, smoke=True), STRONG)
    (alarm,) = see(fires, frame(1, smoke=True), STRONG)
    assert alarm.before is None
    assert alarm.suspicion.before_media_id is None


def test_a_single_confirming_frame_makes_no_clip() -> None:
    (alarm,) = see(watch(strong_k=1), frame(0, smoke=True), STRONG)
    assert alarm.clip == []
    assert alarm.suspicion.clip_media_id is None


def test_faint_smoke_counts_where_the_place_has_changed() -> None:
    fires = watch()
    see(fires, frame(0))
    found = [alarm for minute in (1, 2, 3) for alarm in see(fires, frame(minute, smoke=True), FAINT)]
    assert [alarm.suspicion.observed_at for alarm in found] == [START + timedelta(minutes=3)]
    assert found[0].suspicion.confidence == pytest.approx(0.06)
    assert fires.verdicts == {"faint": 1}


def test_a_rock_that_looks_a_little_like_smoke_is_held_back_and_that_is_told_once() -> None:
    fires = watch()
    see(fires, frame(0))
    with capture_logs() as said:
        for minute in range(1, 9):
            assert see(fires, frame(minute), FAINT) == []
    told = [entry for entry in said if entry["event"] == "fire.held_back"]
    assert [entry["against"].partition(":")[0] for entry in told] == ["unchanged"]
    assert told[0]["level"] == "faint"
    assert fires.verdicts["unchanged"] == 1


def test_without_a_picture_from_before_faint_smoke_waits() -> None:
    fires = watch()
    for minute in range(4):
        assert see(fires, frame(minute, smoke=True), FAINT) == []
    assert fires.verdicts["no_picture_from_before"] == 1


def test_a_camera_whose_size_changed_is_not_compared() -> None:
    fires = watch()
    see(fires, frame(0, image=landscape(160, 90)))
    for minute in range(1, 5):
        see(fires, frame(minute, smoke=True), FAINT)
    assert fires.verdicts["no_picture_from_before"] == 1


def test_memory_is_bounded_however_long_nothing_happens() -> None:
    fires = watch()
    for minute in range(50):
        see(fires, frame(minute))
    assert len(fires._album._stills) == 6
    fast = watch(n=20)
    for second in range(0, 1200, 5):
        see(fast, frame(second / 60), STRONG if second % 10 else FAINT)
    assert len(fast._album._stills) == MOST_EARLIER
    assert len(fast._album._frames) == 20


def test_a_fast_camera_compares_with_a_minute_ago_not_with_a_second_ago() -> None:
    fires = watch(k=1, n=1, strong=0, faint=0)
    for second in range(100):
        see(fires, frame(second / 60))
    (alarm,) = see(fires, frame(100 / 60, smoke=True), STRONG)
    assert alarm.before is not None
    assert alarm.before[0].at == START + timedelta(seconds=50)


# Masks


def test_a_mask_that_comes_while_the_watch_runs_holds_from_the_next_frame_on() -> None:
    masks: list[tuple[Polygon, ...]] = [()]
    fires = watch(lambda: masks[0], clear_s=1)
    see(fires, frame(0), STRONG)
    assert len(see(fires, frame(1), STRONG)) == 1
    masks[0] = (FOOT_MASK,)
    with capture_logs() as said:
        assert [a for minute in range(30, 36) for a in see(fires, frame(minute), STRONG)] == []
    assert [(e["why"], e["boxes"]) for e in said if e["event"] == "fire.ignored"] == [("masked", 1)]
    assert fires.verdicts["masked"] == 6
    masks[0] = ()
    assert [len(see(fires, frame(minute), STRONG)) for minute in (36, 37)] == [0, 1]


def test_masks_of_the_settings_and_of_the_cloud_are_united() -> None:
    fires = watch(lambda: (FOOT_MASK,), {"masks": [[(0.0, 0.5), (0.2, 0.5), (0.2, 0.9), (0.0, 0.9)]]})
    here, left, free = STRONG, (20.0, 80.0, 40.0, 120.0, 0.6, 0), (250.0, 80.0, 270.0, 120.0, 0.6, 0)
    see(fires, frame(0), here, left, free)
    (alarm,) = see(fires, frame(1), here, left, free)
    assert alarm.suspicion.box.x == pytest.approx(250 / 320, abs=1e-4)
    assert fires.verdicts["masked"] == 4


# Night


def test_by_night_smoke_and_flames_have_thresholds_of_their_own() -> None:
    dark = np.full((180, 320, 3), 8, np.uint8)
    smoke, flames = (*PLACE, 0.4, 0), (*PLACE, 0.4, 1)
    for boxes, expected in (([smoke], 0), ([flames], 1)):
        fires = watch(night_smoke=0.5, night_fire=0.3)
        with capture_logs() as said:
            found = [a for minute in range(4) for a in see(fires, frame(minute, image=dark), *boxes)]
        assert len(found) == expected
        assert [e["why"] for e in said if e["event"] == "fire.ignored"] == ["night"] * (1 - expected)
        by_day = watch(night_smoke=0.5, night_fire=0.3)
        assert len([a for minute in range(4) for a in see(by_day, frame(minute), *boxes)]) == 1


def test_by_night_nothing_faint_counts_however_it_changed() -> None:
    fires = watch()
    see(fires, frame(0, image=np.full((180, 320, 3), 8, np.uint8)))
    lamp = np.full((180, 320, 3), 8, np.uint8)
    lamp[72:108, 128:160] = 200
    assert [a for minute in range(1, 5) for a in see(fires, frame(minute, image=lamp), FAINT)] == []


# Poses

NORTH = Pose(heading_deg=0, tilt_deg=-2, field_of_view_deg=30)
EAST = Pose(heading_deg=90, tilt_deg=-2, field_of_view_deg=30)


def at_pose(minute: float, pose: Pose, *, smoke: bool = False) -> Frame:
    return replace(frame(minute, smoke=smoke), pose=pose)


def test_a_camera_that_turns_keeps_its_views_apart_and_aims_by_the_pose() -> None:
    fires = watch()
    for minute in range(0, 8, 2):
        assert see(fires, at_pose(minute, NORTH), *([STRONG] if minute == 6 else [])) == []
        assert see(fires, at_pose(minute + 1, EAST)) == []
    (alarm,) = see(fires, at_pose(8, NORTH), STRONG)
    suspicion = alarm.suspicion
    assert suspicion.pose == NORTH
    # The middle of the box is 16 of 320 px left of the axis: atan(-0.05 * 2 * tan 15).
    assert suspicion.bearing_deg == pytest.approx(360 - 1.535, abs=0.01)
    assert alarm.before is not None
    assert alarm.before[0].position == "4.jpg", "the same view, not the other one"


def test_a_pose_that_jitters_is_the_same_view_and_one_a_degree_off_another() -> None:
    fires = watch()
    see(fires, at_pose(0, NORTH), STRONG)
    assert see(fires, at_pose(1, NORTH.model_copy(update={"heading_deg": 1.0})), STRONG) == []
    assert len(see(fires, at_pose(2, NORTH.model_copy(update={"heading_deg": 359.8})), STRONG)) == 1


def test_masks_are_of_the_fixed_view() -> None:
    fires = watch(lambda: (FOOT_MASK,))
    assert [a for minute in range(3) for a in see(fires, frame(minute), STRONG)] == []
    assert len([a for minute in range(3, 6) for a in see(fires, at_pose(minute, EAST), STRONG)]) == 1


def test_a_camera_that_sweeps_does_not_fill_the_memory() -> None:
    fires = watch()
    for heading in range(0, 360, 3):
        see(fires, at_pose(heading, Pose(heading_deg=heading, tilt_deg=0, field_of_view_deg=30)))
    assert len(fires.state.views) == MOST_VIEWS
    assert len(fires._album._stills) == MOST_VIEWS


def test_each_view_is_due_for_itself() -> None:
    fires = watch(every_s=60)
    see(fires, at_pose(0, NORTH))
    half = START + timedelta(seconds=30)
    assert not fires.due(half, NORTH)
    assert fires.due(half, EAST)


# Across a restart


@pytest.mark.parametrize("replayable", [True, False])
def test_after_a_restart_it_names_no_picture_that_it_cannot_send(replayable: bool) -> None:
    fires = watch()
    frames = [frame(minute, smoke=minute > 1) for minute in range(4)]
    for shown, boxes in zip(frames[:3], ([], [], [STRONG]), strict=True):
        see(fires, shown, *boxes)
    again = watch()
    again.restore(FireState.model_validate_json(fires.state.model_dump_json()))
    if replayable:
        by_position = {shown.position: shown for shown in frames}
        again.recall(lambda position, _at: by_position[position])
    (restarted,), (uncut,) = see(again, frames[3], STRONG), see(fires, frames[3], STRONG)
    assert restarted.suspicion.id == uncut.suspicion.id
    if replayable:
        assert restarted.suspicion == uncut.suspicion
        assert restarted.before == uncut.before
    else:
        assert restarted.suspicion.before_media_id is None
        assert restarted.suspicion.clip_media_id is None
        assert restarted.before is None
        assert restarted.clip == []


def test_the_checkpoint_of_an_earlier_version_is_understood() -> None:
    old = """{"looked_at": ["2026-05-01T12:00:00Z", "2026-05-01T12:01:00Z"], "places": [{"hits": [
        {"at": "2026-05-01T12:01:00Z", "kind": "smoke", "score": 0.6,
         "box": {"x": 0.4, "y": 0.4, "width": 0.1, "height": 0.2}}],
        "last_seen_at": "2026-05-01T12:01:00Z", "suspected": null}]}"""
    fires = watch()
    fires.restore(FireState.model_validate_json(old))
    (alarm,) = see(fires, frame(2, smoke=True), STRONG)
    assert alarm.suspicion.first_seen_at == START + timedelta(minutes=1)
