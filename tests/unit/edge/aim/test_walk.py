from __future__ import annotations

import pytest

from fieldwatch_edge.aim.look import Look
from fieldwatch_edge.aim.walk import Mark, WalkTest, reliable_distance


def looks(begin: float, end: float, share: float, every: float = 0.5) -> list[Look]:
    """At even intervals, of which that share sees a person."""
    times = [begin + n * every for n in range(int((end - begin) / every))]
    seen = [int((n + 1) * share) > int(n * share) for n in range(len(times))]
    return [
        Look(at, 0.8 if saw else 0.0, 90.0 if saw else 0.0, "human" if saw else "")
        for at, saw in zip(times, seen, strict=True)
    ]


def test_a_mark_takes_its_own_seconds_and_no_others():
    """Seen well before and after it, hardly at it."""
    walk = WalkTest()
    walk.mark(30, now=100.0)
    everything = looks(90, 100, 1.0) + looks(100.5, 106, 0.2) + looks(106.1, 130, 1.0)
    assert walk.update(everything, now=103.0)["under_way"] == {"distance_m": 30, "share": 0.5}
    (mark,) = walk.update(everything, now=140.0)["marks"]
    assert mark["distance_m"] == 30
    assert mark["looks"] == 11
    assert mark["seen"] == 2
    assert not mark["reliable"]


def test_a_slow_node_is_given_time_and_told_by_fewer_looks():
    walk = WalkTest()
    walk.mark(10, now=0.0)
    slow = [Look(3.0 * n, 0.9, 50.0, "human") for n in range(1, 7)]
    assert walk.update(slow[:2], now=7.0)["under_way"] is not None
    (mark,) = walk.update(slow, now=20.0)["marks"]
    assert mark["looks"] == 5
    assert mark["reliable"]


def test_a_node_that_sees_nothing_at_all_says_so():
    walk = WalkTest()
    walk.mark(10, now=0.0)
    found = walk.update([], now=21.0)
    assert found["marks"][0]["looks"] == 0
    assert found["detection_distance_m"] is None


def test_a_mark_once_more_is_measured_anew_and_one_taken_back_is_gone():
    walk = WalkTest()
    for began, share in ((0.0, 0.0), (50.0, 1.0)):
        walk.mark(5, now=began)
        found = walk.update(looks(began, began + 10, share), now=began + 10)
    assert [mark["reliable"] for mark in found["marks"]] == [True]
    walk.drop(5)
    assert walk.update([], now=99.0)["marks"] == []


def of(*shares: tuple[float, float]) -> list[Mark]:
    return [Mark(distance, 20, round(20 * share), 0.7, 80.0, ("human",)) for distance, share in shares]


@pytest.mark.parametrize(
    ("marks", "distance"),
    [
        (of((5, 1.0), (10, 0.9), (15, 0.5), (20, 0.45)), 15),
        (of((5, 1.0), (10, 0.2), (15, 1.0)), 5),  # luck, or a bush at 10 m
        (of((5, 0.1), (10, 1.0)), None),
        (of(), None),
        (of((10, 1.0), (5, 1.0)), 10),  # in whatever order they were walked
    ],
)
def test_the_detection_distance_is_as_far_as_all_nearer_marks_hold(marks, distance):
    assert reliable_distance(marks) == distance
