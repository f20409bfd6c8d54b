from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.unit.models.evaluate_world import HERE, THERE, seen

from fieldwatch_edge.domain import DetectedClass
from fieldwatch_edge.settings import FireSettings
from fieldwatch_models.errors import RecipeError
from fieldwatch_models.evaluate.ignition import (
    Recording,
    Watch,
    by_exposure,
    recordings,
    summary,
    watch,
)
from fieldwatch_models.evaluate.sweep import parse, rules, sweep

CLASSES = (DetectedClass("smoke", "smoke"),)
STRONG, WEAK, ELSEWHERE = (*HERE, 0.8, 0), (*HERE, 0.1, 0), (*THERE, 0.8, 0)
SMOKE = (*HERE, 0)
THREE_OF_FIVE = FireSettings(k=3, n=5)


def recording(*said: list[tuple[float, ...]], ignition: int | None = 2, every_s: float = 60) -> Recording:
    """Frames; from `ignition` on smoke is labelled HERE. None: it burns from the first on, at unknown
    times."""
    start = ignition or 0
    frames = tuple(
        seen(boxes, [SMOKE] if i >= start else [], name=f"f{i}", sequence="s") for i, boxes in enumerate(said)
    )
    times = None if ignition is None else tuple(every_s * (i - start) for i in range(len(said)))
    return Recording("s", frames, times)


def seconds(of: Recording, settings: FireSettings = THREE_OF_FIVE, score: float = 0.5) -> list[float]:
    return [of.times[index] for index, true in watch(of, CLASSES, settings, score).suspicions if true]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param([[], [], [STRONG], [STRONG], [STRONG], [STRONG]], [120], id="once, by hysteresis"),
        pytest.param([[], [], [STRONG], [], [STRONG]], [], id="two frames are not three"),
        pytest.param([[], [], [STRONG], [], [STRONG], [STRONG]], [180], id="a gap inside the window"),
        pytest.param([[], [], [STRONG], [WEAK], [STRONG], []], [], id="under the score: not seen"),
        pytest.param([[], [], [STRONG], [ELSEWHERE], [STRONG], [ELSEWHERE]], [], id="what moves about"),
    ],
)
def test_the_node_decides(said: list[list[tuple[float, ...]]], expected: list[float]) -> None:
    assert seconds(recording(*said)) == expected


def test_a_node_that_looks_every_two_minutes_is_later() -> None:
    of = recording([], [], *[[STRONG]] * 8)
    assert seconds(of) == [120]
    assert seconds(of, FireSettings(every_s=120)) == [240]


def test_an_alarm_beside_the_smoke_is_a_false_one_however_late() -> None:
    found = watch(recording([], [], *[[ELSEWHERE]] * 6), CLASSES, THREE_OF_FIVE, 0.5)
    assert found.alarm is None
    assert found.false_alarms == 1
    assert found.as_json()["false_alarms_after"] == 1
    early = watch(recording([STRONG], [STRONG], [STRONG], ignition=3), CLASSES, THREE_OF_FIVE, 0.5)
    assert early.as_json()["false_alarms_before"] == 1


def test_found_within_five_frames_of_a_known_ignition_and_of_the_first_smoke_shown() -> None:
    late = watch(recording([], *[[]] * 4, *[[STRONG]] * 4, ignition=1), CLASSES, THREE_OF_FIVE, 0.5)
    assert (late.frames_to_alarm, late.found) == (6, False)
    in_time = watch(recording([], *[[]] * 3, *[[STRONG]] * 4, ignition=1), CLASSES, THREE_OF_FIVE, 0.5)
    assert (in_time.frames_to_alarm, in_time.found) == (5, True)
    stills = watch(recording(*[[STRONG]] * 3, ignition=None), CLASSES, THREE_OF_FIVE, 0.5)
    assert (stills.frames_to_alarm, stills.found) == (3, True)
    assert stills.as_json()["first_alarm_s"] is None  # nobody knows when it was lit


@pytest.mark.parametrize(("smokes", "expected"), [(True, [120]), (False, [])])
def test_faint_places_are_looked_at_in_the_recorded_files(
    smokes: bool, expected: list[float], tmp_path: Path
) -> None:
    """Half the threshold, three frames: smoke in the pictures is confirmed, a rock is not."""
    rng = np.random.default_rng(1)
    scene = rng.integers(60, 120, (480, 640, 3)).astype(np.uint8)
    frames = []
    for i in range(5):
        image = scene + rng.integers(0, 4, scene.shape, np.uint8)
        if smokes and i >= 2:
            image[48:96, 64:128] = 170
        Image.fromarray(image).save(tmp_path / f"f{i}.jpg", quality=90)
        faint = [(*HERE, 0.3, 0)] if i >= 2 else []
        frames.append(seen(faint, [SMOKE] if i >= 2 else [], name=str(tmp_path / f"f{i}"), sequence="s"))
    of = Recording("s", tuple(frames), tuple(60.0 * (i - 2) for i in range(5)))
    assert seconds(of) == expected
    assert seconds(of, FireSettings(faint=0)) == []


def test_the_card_s_temperature_is_applied_before_the_score() -> None:
    of = recording([], [], *[[(*HERE, 0.6, 0)]] * 3)
    assert len(watch(of, CLASSES, THREE_OF_FIVE, 0.58).suspicions) == 1
    assert len(watch(of, CLASSES, THREE_OF_FIVE, 0.58, temperature=2).suspicions) == 0  # 0.6 became 0.55


def test_the_summary_counts_only_time_that_was_watched() -> None:
    timed = Watch(recording(*[[]] * 11, ignition=5), ((1, False), (8, True)))
    untimed = Watch(recording(*[[]] * 4, ignition=None), ((2, False),))
    told = summary([timed, untimed])
    assert told["camera_days_watched"] == round(11 / 1440, 4)
    assert (told["false_alarms"], told["false_alarms_untimed"]) == (1, 1)
    assert (told["sequences"], told["found_within_5_frames"]) == (2, 1)
    assert told["median_delay_s"] == 180
    low, high = told["interval_95"]
    assert low < told["false_alarms_per_camera_day"] < high
    # A night in which the camera was off is not time that it watched.
    pause = replace(timed.recording, seconds=(*timed.recording.times[:-1], 36000.0))
    assert pause.watched_s == pytest.approx(60 * 9 + 120 + 60)


def test_a_record_that_stops_at_the_ignition_is_time_watched_but_no_ignition_missed() -> None:
    told = summary([Watch(recording(*[[]] * 7, ignition=5), ())])
    assert told["sequences"] == 0
    assert told["camera_days_watched"] > 0


def test_recordings_are_ordered_and_told_apart_from_what_was_trained_on() -> None:
    frames = [
        seen([], [SMOKE], name=f"aw_{number}", sequence="aw", site="peak") for number in (1054, 400, 850)
    ]
    timed = [seen(name=f"t{i}", sequence="t", from_ignition_s=60 * (i - 1)) for i in (2, 0, 1)]
    again = [seen(name=f"t{i}", sequence="copy", from_ignition_s=60 * (i - 1)) for i in range(3)]
    found = recordings([*frames, *timed, *again], frozenset({"aw_850.jpg"}), frozenset())
    assert [(each.name, each.held_out) for each in found] == [("aw", False), ("t", True)]
    assert [frame.picture.path.stem for frame in found[0].frames] == ["aw_400", "aw_850", "aw_1054"]
    assert found[0].seconds is None
    assert found[1].seconds == (-60, 0, 60)


def test_a_recording_of_a_site_in_training_is_not_held_out() -> None:
    told = []
    for name, site in (("new", "far"), ("known", "peak"), ("trained", "peak")):
        frames = [seen([STRONG], [SMOKE], name=f"{name}{i}", sequence=name, site=site) for i in range(4)]
        told += frames
    found = recordings(told, frozenset({"trained2.jpg"}), frozenset({"peak"}))
    assert [each.held_out for each in found] == [True, False, False]
    split = by_exposure([watch(each, CLASSES, THREE_OF_FIVE, 0.5) for each in found])
    assert (split["sequences"], split["found_within_5_frames"]) == (1, 1)
    assert split["left_out"] == {"seen_in_training": 1, "site_in_training": 1}
    assert split["site_in_training"]["sequences"] == split["seen_in_training"]["sequences"] == 1


def test_sequences_of_one_name_from_two_sources_are_two_recordings() -> None:
    frames = [
        seen([], [SMOKE], name=f"{source}{i}", sequence="1", source=source)
        for source in ("north", "south")
        for i in range(3)
    ]
    found = recordings(frames, frozenset(), frozenset())
    assert [(each.name, len(each.frames)) for each in found] == [("1", 3), ("south/1", 3)]


def test_the_sweep_prefers_what_finds_more_at_fewer_false_alarms() -> None:
    fire = recording([], [], *[[STRONG]] * 4)
    noise = recording(*[[(*THERE, 0.3, 0)]] * 6, ignition=9)
    rows = sweep([fire, noise], CLASSES, parse("score=0.2,0.5,0.9 k=3,4 n=3"), 0.1, 1.0)
    assert rows[0]["rule"] == {"score": 0.5, "k": 3, "n": 3}  # k = 4 of 3 frames is no rule
    assert len(rows) == 3
    assert rows[0]["all"]["false_alarms"] == 0
    assert rows[1]["all"]["false_alarms"] == 1


def test_a_grid_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(RecipeError, match="no setting overlp"):
        parse("score=0.1 overlp=3")
    with pytest.raises(RecipeError, match="k=three"):
        parse("k=three")
    assert len(list(rules(parse(""), 0.1))) == 1
