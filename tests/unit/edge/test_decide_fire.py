from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from tests.unit.edge.test_decide_wildlife import DEPLOYMENT, START, frame

from fieldwatch_edge.decide import FireWatch
from fieldwatch_edge.decide.places import FireState
from fieldwatch_edge.domain import DetectedClass, Detections
from fieldwatch_edge.pictures import Pictures
from fieldwatch_edge.settings import Camera, FireSettings
from fieldwatch_shared.messages import FireKind, Suspicion

CLASSES = (DetectedClass("smoke", "smoke"), DetectedClass("fire", "fire"), DetectedClass("deer", "animal"))
Seen = tuple[float, float, float, float, float] | tuple[float, float, float, float, float, int]
"""x1, y1, x2, y2 in a picture of 200 x 100 pixels, score, class (default: smoke)."""
PLUME: Seen = (80, 40, 100, 60, 0.6)
OTHER: Seen = (10, 40, 30, 60, 0.6)


def watch(**settings: float) -> FireWatch:
    """The plain level alone, unless `settings` say otherwise."""
    plain = {"k": 3, "n": 5, "window_s": 600, "clear_s": 1000, "strong": 0, "faint": 0}
    fire = FireSettings.model_validate({**plain, **settings})
    camera = Camera.model_validate(
        {
            "deployment_id": DEPLOYMENT,
            "source": {"kind": "v4l2"},
            "heading_deg": 90,
            "field_of_view_deg": 60,
            "fire": fire.model_dump(),
        }
    )
    return FireWatch(
        "mast-1",
        camera,
        fire,
        model="fire@1",
        classes=CLASSES,
        threshold=0.1,
        pictures=Pictures("mast-1", DEPLOYMENT),
    )


def look(fires: FireWatch, minute: float, *seen: Seen) -> list[Suspicion]:
    boxes = Detections(
        np.array([s[:4] for s in seen], np.float32).reshape(-1, 4),
        np.array([s[4] for s in seen], np.float32),
        np.array([s[5] if len(s) > 5 else 0 for s in seen], np.int64),
    )
    return [alarm.suspicion for alarm in fires.see(frame(60 * minute), boxes)]


def test_the_third_of_five_frames_confirms() -> None:
    fires = watch()
    assert look(fires, 0, PLUME) == []
    assert look(fires, 1) == []
    assert look(fires, 2, PLUME) == []
    assert look(fires, 3) == []
    (suspicion,) = look(fires, 4, PLUME)
    assert suspicion.observed_at == START + timedelta(minutes=4)
    assert suspicion.first_seen_at == START
    assert suspicion.kind is FireKind.SMOKE
    assert suspicion.confidence == 0.6
    assert suspicion.media_id is not None
    assert (suspicion.box.x, suspicion.box.width) == (0.4, 0.1)


@pytest.mark.parametrize(
    "minutes",
    [
        (0, 1, 5),  # the third comes when the first has left the last five frames
        (0, 1, 11),  # ... or is older than the window
    ],
)
def test_what_is_too_far_apart_confirms_nothing(minutes: tuple[int, ...]) -> None:
    fires = watch()
    last = minutes[-1]
    frames_between = range(last + 1) if last == 5 else minutes
    for minute in frames_between:
        assert look(fires, minute, *([PLUME] if minute in minutes else [])) == []


def test_what_moves_on_is_no_smoke() -> None:
    fires = watch()
    for minute in range(6):
        left = 30.0 * minute
        assert look(fires, minute, (left, 40, left + 20, 60, 0.9)) == []


def test_smoke_may_grow_and_drift() -> None:
    fires = watch()
    look(fires, 0, (80, 50, 90, 60, 0.3))
    look(fires, 1, (80, 40, 110, 60, 0.3))
    assert len(look(fires, 2, (95, 10, 150, 55, 0.3))) == 1


def test_no_second_suspicion_for_a_place_until_it_was_clear() -> None:
    fires = watch()
    found = [s for minute in range(30) for s in look(fires, minute, PLUME)]
    assert len(found) == 1
    # 16 minutes without it are less than clear_s, 17 more.
    assert [s for minute in (45, 46, 47) for s in look(fires, minute, PLUME)] == []
    assert len([s for minute in (64, 65, 66) for s in look(fires, minute, PLUME)]) == 1


def test_two_fires_are_two_suspicions() -> None:
    fires = watch()
    for minute in range(2):
        look(fires, minute, PLUME, OTHER)
    found = look(fires, 2, PLUME, OTHER)
    assert sorted(s.box.x for s in found) == [0.05, 0.4]
    assert len({s.id for s in found}) == 2
    assert found[0].media_id == found[1].media_id, "one picture shows both"


def test_faint_pieces_beside_a_strong_plume_are_no_further_fire() -> None:
    fires = watch()
    faint: Seen = (*OTHER[:4], 0.2)
    found = [s for minute in range(20) for s in look(fires, minute, PLUME, faint)]
    assert [s.box.x for s in found] == [0.4]
    alone = watch()
    assert len([s for minute in range(20) for s in look(alone, minute, faint)]) == 1


def test_several_boxes_on_one_plume_are_one_frame_of_it() -> None:
    fires = watch()
    piece: Seen = (90, 45, 110, 65, 0.4)
    assert look(fires, 0, PLUME, piece) == []
    assert look(fires, 1, PLUME, piece) == []
    assert len(look(fires, 2, PLUME, piece)) == 1


def test_flames_and_smoke_at_one_place_are_one_suspicion_of_what_shows_more() -> None:
    fires = watch()
    flame: Seen = (85, 50, 95, 60, 0.9, 1)
    look(fires, 0, PLUME)
    look(fires, 1, flame)
    (suspicion,) = look(fires, 2, flame)
    assert suspicion.kind is FireKind.FIRE


def test_animals_burn_not() -> None:
    fires = watch(k=1, n=1)
    assert look(fires, 0, (*PLUME, 2)) == []  # type: ignore[arg-type]


def test_bearing_points_at_the_foot_of_the_plume_and_knows_how_well() -> None:
    fires = watch(k=1, n=1)
    (suspicion,) = look(fires, 0, (90, 20, 110, 50, 0.5))
    assert suspicion.bearing_deg == pytest.approx(90)
    assert suspicion.elevation_deg == pytest.approx(0)
    # Half the box is 10 of 200 px: atan(0.1 * tan 30); with 2 degrees of heading, in quadrature.
    assert suspicion.bearing_sd_deg == pytest.approx(np.hypot(3.304, 2), abs=0.01)


def test_without_a_heading_there_is_no_bearing() -> None:
    fires = watch(k=1, n=1)
    fires._camera = fires._camera.model_copy(update={"heading_deg": None})
    (suspicion,) = look(fires, 0, PLUME)
    assert (suspicion.bearing_deg, suspicion.bearing_sd_deg, suspicion.elevation_deg) == (None, None, None)


@pytest.mark.parametrize("restart_after", range(1, 8))
def test_a_restored_watch_goes_on_as_if_nothing_had_been(restart_after: int) -> None:
    fires = watch()
    found = []
    for minute in range(8):
        if minute == restart_after:
            state = FireState.model_validate_json(fires.state.model_dump_json())
            fires = watch()
            fires.restore(state)
            fires.recall(lambda _position, at: frame(int((at - START).total_seconds())))
        found += look(fires, minute, PLUME)
    uncut = watch()
    assert found == [s for minute in range(8) for s in look(uncut, minute, PLUME)]


def test_frames_are_looked_at_as_often_as_wished() -> None:
    fires = watch(every_s=30)
    looked = []
    for second in range(0, 100, 10):
        if fires.due(START + timedelta(seconds=second)):
            looked.append(second)
            look(fires, second / 60)
    assert looked == [0, 30, 60, 90]


@pytest.mark.parametrize("back", [2, 60, 5 * 365 * 24 * 60])
@pytest.mark.parametrize("before", [1, 2])
def test_a_clock_that_is_set_back_blinds_nobody(back: float, before: int) -> None:
    fires = watch(every_s=30)
    for minute in range(before):
        look(fires, minute, PLUME)
    found = []
    for minute in range(before, before + 3):
        assert fires.due(START + timedelta(minutes=minute - back))
        found += look(fires, minute - back, PLUME)
    assert len(found) == 1


def test_a_clock_that_is_set_back_silences_no_place_for_longer() -> None:
    fires = watch()
    assert len([s for minute in range(3) for s in look(fires, minute, PLUME)]) == 1
    for minute in range(-60, -42):  # more than clear_s without it
        look(fires, minute)
    assert len([s for minute in (-40, -39, -38) for s in look(fires, minute, PLUME)]) == 1


def test_pictures_that_arrive_out_of_order_still_confirm() -> None:
    fires = watch()
    assert len([s for minute in (1, 0, 3, 2) for s in look(fires, minute, PLUME)]) == 1
