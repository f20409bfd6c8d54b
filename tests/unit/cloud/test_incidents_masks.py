"""Masks: which outlines are accepted, and when one is suggested."""

from __future__ import annotations

import math

import pytest
import shapely  # type: ignore[import-untyped]

from fieldwatch_cloud.incidents.masks import Box, checked, suggest

SQUARE = [(0.1, 0.5), (0.2, 0.5), (0.2, 0.6), (0.1, 0.6)]
CHIMNEY: Box = (0.40, 0.50, 0.05, 0.10)


def circle(points: int) -> list[tuple[float, float]]:
    return [
        (0.5 + 0.4 * math.cos(2 * math.pi * n / points), 0.5 + 0.4 * math.sin(2 * math.pi * n / points))
        for n in range(points)
    ]


def test_an_outline_is_kept_open_and_without_repeats() -> None:
    drawn = [SQUARE[0], SQUARE[0], *SQUARE[1:], SQUARE[0]]
    assert checked(drawn) == SQUARE
    assert checked([(0, 0), (1, 0), (1, 1)]) == [(0, 0), (1, 0), (1, 1)], "the edge belongs to the picture"


def test_as_many_points_as_the_contract_holds() -> None:
    assert len(checked(circle(200))) == 200
    with pytest.raises(ValueError, match="3 to 200 different points; this has 201"):
        checked(circle(201))


WRONG = {
    "two points": ([(0.1, 0.1), (0.2, 0.2)], "3 to 200"),
    "one point thrice": ([(0.1, 0.1)] * 3, "3 to 200"),
    "none": ([], "3 to 200"),
    "outside": ([(0.1, 0.1), (1.2, 0.1), (0.1, 0.3)], r"\(1.2, 0.1\) is not within the picture"),
    "not a number": ([(0.1, 0.1), (math.nan, 0.1), (0.1, 0.3)], "not within"),
    "endless": ([(0.1, 0.1), (math.inf, 0.1), (0.1, 0.3)], "not within"),
    "a bow tie": ([(0.1, 0.1), (0.3, 0.3), (0.3, 0.1), (0.1, 0.3)], "crosses"),
    "a line there and back": ([(0.1, 0.1), (0.5, 0.1), (0.3, 0.1)], "crosses|small"),
    "a speck": ([(0.1, 0.1), (0.1001, 0.1), (0.1, 0.1001)], "too small"),
}


@pytest.mark.parametrize(("polygon", "reason"), WRONG.values(), ids=WRONG)
def test_what_is_no_mask_is_refused_with_its_reason(polygon: list[tuple[float, float]], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        checked(polygon)


def near(dx: float = 0, dy: float = 0) -> Box:
    x, y, width, height = CHIMNEY
    return (x + dx, y + dy, width, height)


def test_what_recurs_at_one_place_is_suggested_once_it_is_often_enough() -> None:
    assert suggest(CHIMNEY, [near(0.01)], []) is None, "twice may be chance"
    found = suggest(CHIMNEY, [near(0.01), near(-0.01, 0.02)], [])
    assert found is not None
    polygon, covers = found
    assert covers == 3
    for x, y, width, height in (CHIMNEY, near(0.01), near(-0.01, 0.02)):
        assert shapely.Polygon(polygon).covers(shapely.box(x, y, x + width, y + height))


def test_false_alarms_elsewhere_in_the_picture_do_not_count() -> None:
    assert suggest(CHIMNEY, [near(0.01), near(0.3), near(-0.3), near(0, -0.4)], []) is None


def test_what_is_masked_already_is_not_suggested_again() -> None:
    polygon, _ = suggest(CHIMNEY, [near(0.01), near(0, 0.02)], []) or ([], 0)
    assert suggest(CHIMNEY, [near(0.01), near(0, 0.02)], [polygon]) is None
    assert suggest(CHIMNEY, [near(0.01), near(0, 0.02)], [SQUARE]) is not None


def test_half_the_view_is_never_suggested() -> None:
    hillside: Box = (0.1, 0.3, 0.7, 0.5)
    assert suggest(hillside, [hillside, hillside], []) is None


def test_at_the_edge_a_suggestion_stays_within_the_picture() -> None:
    corner: Box = (0.95, 0.0, 0.05, 0.05)
    polygon, _ = suggest(corner, [corner, corner], []) or ([], 0)
    assert polygon == checked(polygon)
