import numpy as np
import pytest

from fieldwatch_models.evaluate.ignition import Frame, Rule, alarms, summary

HERE, THERE = [0.1, 0.1, 0.2, 0.2], [0.7, 0.7, 0.8, 0.8]


def frames(*seen: list[list[float]]) -> list[Frame]:
    """Frames a minute apart, the third at ignition; a box is its corners and a score."""
    return [
        Frame(60 * (i - 2), np.array([[*b, 0] for b in boxes], dtype=np.float32).reshape(-1, 6))
        for i, boxes in enumerate(seen)
    ]


STRONG, WEAK, ELSEWHERE = [*HERE, 0.8], [*HERE, 0.1], [*THERE, 0.8]


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ([[], [], [STRONG], [STRONG], [STRONG]], [120]),
        ([[], [], [STRONG], [], [STRONG]], []),  # two of three frames are not three
        ([[], [STRONG], [STRONG], [], [STRONG]], [120]),  # a gap inside the window is allowed
        ([[STRONG], [], [], [STRONG], [], [STRONG]], []),  # the first has left the window
        ([[], [], [STRONG], [WEAK], [STRONG]], []),  # under the score: not seen
        ([[STRONG], [ELSEWHERE], [STRONG], [ELSEWHERE]], []),  # what moves about is not smoke
    ],
)
def test_three_of_four(seen: list[list[list[float]]], expected: list[int]) -> None:
    assert alarms(frames(*seen), Rule(k=3, n=4, conf=0.5)) == expected


def test_summary_tells_false_alarms_from_the_delay() -> None:
    told = summary(frames([STRONG], [STRONG], [], [STRONG], [STRONG]), Rule(k=2, n=2, conf=0.5))
    assert told["frames_before"] == 2
    assert told["alarm_frames_before"] == 1
    assert told["first_alarm_s"] == 120
    assert told["scores"]["0"] == 0.0
