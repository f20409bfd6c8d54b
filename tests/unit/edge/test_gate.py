from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.edge.pictures import in_light, landscape, with_animal, with_noise

from fieldwatch_edge.gate import Gate
from fieldwatch_edge.settings import GateSettings
from fieldwatch_edge.vision import thumbnail

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
SCENE = landscape(640, 360)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def decisions(gate: Gate, pictures, every_s: float = 1.0, first: int = 0) -> list[bool]:
    shown = enumerate(pictures, first)
    return [gate.lets_through(thumbnail(with_noise(p, seed=i)), at(i * every_s)) for i, p in shown]


@pytest.fixture
def gate() -> Gate:
    """A gate behind which nothing has moved for 20 s."""
    gate = Gate(GateSettings(open_s=3, every_s=60))
    assert decisions(gate, [SCENE] * 20) == [True] * 4 + [False] * 16
    return gate


def test_a_still_scene_passes_only_so_often(gate):
    # The last frame that passed was at 3 s.
    passed = decisions(gate, [SCENE] * 120, first=20)
    assert [i for i, through in enumerate(passed, 20) if through] == [63, 123]


def test_an_animal_opens_it_and_it_stays_open_for_a_while(gate):
    walking = [with_animal(SCENE, 100 + 40 * i, 200) for i in range(4)]
    assert decisions(gate, [*walking, *[SCENE] * 8], first=20)[:4] == [True] * 4
    assert decisions(gate, [SCENE] * 3, first=40) == [False] * 3


def test_an_animal_of_two_thousandths_of_the_picture_is_enough(gate):
    share = 0.003
    side = round((share * 640 * 360 / (np.pi / 4)) ** 0.5)
    assert decisions(gate, [with_animal(SCENE, 150, 150, side, side)], first=20) == [True]


@pytest.mark.parametrize(
    ("gain", "offset"),
    [
        pytest.param(0.6, 0, id="a cloud before the sun"),
        pytest.param(1.2, 0, id="the sun comes out"),
        pytest.param(1, 25, id="the camera opens its iris"),
        pytest.param(0.7, 30, id="haze"),
    ],
)
def test_another_light_does_not_open_it(gate, gain, offset):
    assert decisions(gate, [in_light(SCENE, gain, offset)] * 10, first=20) == [False] * 10


def test_an_animal_opens_it_in_the_moment_the_light_changes(gate):
    assert decisions(gate, [in_light(with_animal(SCENE, 150, 150), 0.7, 10)], first=20) == [True]


def test_a_turned_camera_opens_it(gate):
    assert decisions(gate, [np.roll(SCENE, 100, axis=1)], first=20) == [True]


def test_what_the_detector_sees_keeps_it_open(gate):
    asleep = with_animal(SCENE, 150, 150)
    assert decisions(gate, [asleep] * 60, first=20)[-1] is False, "taken into the background"
    gate.saw_something(at(80))
    assert decisions(gate, [asleep] * 5, first=80) == [True] * 4 + [False]


def test_frames_far_apart_are_compared_with_their_predecessor():
    gate = Gate(GateSettings(open_s=0, every_s=3600))
    pictures = [SCENE, SCENE, with_animal(SCENE, 150, 150), with_animal(SCENE, 150, 150), SCENE]
    assert decisions(gate, pictures, every_s=300) == [True, False, True, False, True]


def test_a_clock_that_was_set_back_does_not_keep_it_shut(gate):
    passed = [gate.lets_through(thumbnail(SCENE), at(-3600 + i)) for i in range(70)]
    assert passed[0] is True
    assert sum(passed) >= 2


def test_a_new_picture_size_starts_anew(gate):
    assert gate.lets_through(thumbnail(landscape(640, 400)), at(20)) is True


def test_a_disabled_gate_lets_all_through():
    gate = Gate(GateSettings(enabled=False))
    assert all(decisions(gate, [SCENE] * 5))


@given(
    st.lists(st.sampled_from(["still", "animal", "dark", "seen"]), min_size=2, max_size=25),
    st.data(),
    st.sampled_from([0.2, 1.0, 30.0]),
)
@settings(deadline=None, max_examples=40)
def test_a_restored_gate_decides_as_an_uninterrupted_one(happenings, data, every_s):
    small = landscape(160, 90)
    shown = {
        "still": small,
        "animal": with_animal(small, 40, 40, 12, 8),
        "dark": in_light(small, 0.6, 0),
        "seen": small,
    }
    cut = data.draw(st.integers(0, len(happenings)))

    def play(gate: Gate, part: range) -> list[bool]:
        passed = []
        for i in part:
            passed.append(gate.lets_through(shown[happenings[i]], at(i * every_s)))
            if happenings[i] == "seen":
                gate.saw_something(at(i * every_s))
        return passed

    shown = {name: thumbnail(image) for name, image in shown.items()}
    config = GateSettings(open_s=2, every_s=10)
    whole = Gate(config)
    uninterrupted = play(whole, range(len(happenings)))
    first, second = Gate(config), Gate(config)
    before = play(first, range(cut))
    second.restore(first.state())
    after = play(second, range(cut, len(happenings)))
    assert before + after == uninterrupted
    assert second.state() == whole.state()


@pytest.mark.parametrize("state", [b"", b"nonsense", Gate(GateSettings()).state()[:-3]])
def test_a_state_that_cannot_be_read_starts_anew(state):
    gate = Gate(GateSettings())
    gate.restore(state)
    assert gate.lets_through(thumbnail(SCENE), at(0)) is True
