from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from tests.unit.edge.pictures import landscape, with_noise

from fieldwatch_edge import vision
from fieldwatch_edge.decide.levels import Change, Level, change, changed, drift, failed, growth, level
from fieldwatch_edge.decide.places import Hit
from fieldwatch_edge.settings import FireSettings
from fieldwatch_shared.messages import Box, FireKind

START = datetime(2026, 5, 1, tzinfo=UTC)
SETTINGS = FireSettings()
THRESHOLD = 0.1
WHOLE = Box(x=0, y=0, width=1, height=1)
SPOT = Box(x=0.4, y=0.4, width=0.1, height=0.2)


def hits(*scores: float, every_s: float = 60, boxes: list[Box] | None = None) -> list[Hit]:
    return [
        Hit(
            at=START + timedelta(seconds=every_s * n),
            kind=FireKind.SMOKE,
            box=boxes[n] if boxes else SPOT,
            score=score,
        )
        for n, score in enumerate(scores)
    ]


@pytest.mark.parametrize(
    ("scores", "every_s", "night", "expected"),
    [
        pytest.param((0.3, 0.3), 60, False, Level.STRONG, id="two strong ones"),
        pytest.param((0.9,), 60, False, None, id="one alone is never enough"),
        pytest.param((0.3, 0.29), 60, False, None, id="not strong, and only two"),
        pytest.param((0.9, 0.9), 0.5, False, None, id="half a second apart they are one look"),
        pytest.param((0.9, 0.9, 0.9), 0.5, False, Level.PLAIN, id="three of a fast camera: as ever"),
        pytest.param((0.1, 0.1, 0.1), 60, False, Level.PLAIN, id="three above the threshold"),
        pytest.param((0.1, 0.05, 0.1), 60, False, Level.FAINT, id="one of them below"),
        pytest.param((0.05, 0.05, 0.05), 10, False, None, id="faint ones of half a minute"),
        pytest.param((0.05, 0.05, 0.05), 60, True, None, id="no faint level by night"),
        pytest.param((0.3, 0.3), 60, True, Level.STRONG, id="by night strong ones do"),
    ],
)
def test_levels(scores: tuple[float, ...], every_s: float, night: bool, expected: Level | None) -> None:
    assert level(hits(*scores, every_s=every_s), SETTINGS, THRESHOLD, night=night) is expected


def test_levels_can_be_switched_off() -> None:
    off = FireSettings(strong=0, faint=0)
    assert level(hits(0.9, 0.9), off, THRESHOLD, night=False) is None
    assert level(hits(0.09, 0.09, 0.09), off, THRESHOLD, night=False) is None
    assert level(hits(0.9, 0.9, 0.9), off, THRESHOLD, night=False) is Level.PLAIN


def boxes(*corners: tuple[float, float, float, float]) -> list[Box]:
    return [Box(x=x1, y=y1, width=x2 - x1, height=y2 - y1) for x1, y1, x2, y2 in corners]


@pytest.mark.parametrize(
    ("first", "last", "moved"),
    [
        pytest.param((0.4, 0.4, 0.5, 0.6), (0.45, 0.4, 0.55, 0.6), 0.5, id="half its width to the right"),
        pytest.param((0.4, 0.4, 0.5, 0.6), (0.4, 0.3, 0.5, 0.5), 0.5, id="half its height up"),
        pytest.param((0.4, 0.4, 0.5, 0.6), (0.35, 0.2, 0.55, 0.6), 0, id="grew on all sides but its foot"),
        pytest.param((0.4, 0.4, 0.5, 0.6), (0.4, 0.2, 0.7, 0.6), 0, id="leans with the wind, rooted"),
    ],
)
def test_drift_is_what_moves_as_a_whole(
    first: tuple[float, float, float, float], last: tuple[float, float, float, float], moved: float
) -> None:
    assert drift(hits(0.5, 0.5, boxes=boxes(first, last))) == pytest.approx(moved)


def test_growth_is_of_area() -> None:
    grown = hits(0.5, 0.5, boxes=boxes((0.4, 0.4, 0.5, 0.5), (0.4, 0.2, 0.6, 0.5)))
    assert growth(grown) == pytest.approx(6)


def test_tests_of_motion_are_asked_only_where_they_are_switched_on() -> None:
    cloud = hits(0.5, 0.5, boxes=boxes((0.4, 0.4, 0.5, 0.6), (0.48, 0.4, 0.58, 0.6)))
    assert failed(cloud, SETTINGS) is None
    assert failed(cloud, FireSettings(most_drift=0.5)) == "drift 0.80"
    assert failed(cloud, FireSettings(most_drift=1)) is None
    assert failed(cloud, FireSettings(least_growth=1.2)) == "growth 1.00"


@pytest.fixture
def scene() -> np.ndarray:
    return landscape(640, 360)


def test_a_rock_is_unchanged_whatever_the_light_of_the_whole_picture_does(scene: np.ndarray) -> None:
    before = vision.grey(with_noise(scene, 1))
    now = vision.grey(np.clip(with_noise(scene, 2).astype(np.int16) + 30, 0, 255).astype(np.uint8))
    found = change(now, before, SPOT)
    assert found.grey < 2
    assert found.contrast < 0.1
    assert changed(found, SETTINGS) == f"unchanged: grey {found.grey:.1f}, contrast {found.contrast:.2f}"


def test_a_veil_of_smoke_changes_its_place_and_no_other(scene: np.ndarray) -> None:
    now = scene.copy()
    part = now[144:216, 256:320]
    now[144:216, 256:320] = (0.7 * part + 0.3 * 200).astype(np.uint8)
    found = change(vision.grey(now), vision.grey(scene), SPOT)
    assert changed(found, SETTINGS) is None
    elsewhere = Box(x=0.1, y=0.1, width=0.1, height=0.2)
    assert changed(change(vision.grey(now), vision.grey(scene), elsewhere), SETTINGS) is not None


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        (None, "no_picture_from_before"),
        (Change(3.9, 0.19), "unchanged: grey 3.9, contrast 0.19"),
        (Change(4.0, 0.0), None),
        (Change(0.0, 0.2), None),
    ],
)
def test_either_is_a_change(seen: Change | None, says: str | None) -> None:
    assert changed(seen, SETTINGS) == says


def test_a_box_at_the_very_edge_has_pixels(scene: np.ndarray) -> None:
    grey = vision.grey(scene)
    corner = Box(x=1, y=1, width=0, height=0)
    assert change(grey, grey, corner) == Change(0.0, 0.0)
    assert change(grey, grey, WHOLE) == Change(0.0, 0.0)
