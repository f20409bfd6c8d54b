"""Whether a view has moved, over photographed landscapes of which a window is shown."""

from __future__ import annotations

import numpy as np
import pytest
from tests.bench import bench_view as scenes

from fieldwatch_edge import vision
from fieldwatch_edge.view import EVERY_S, IN_A_ROW, LOST_IN_A_ROW, ViewWatch, edges, shift


@pytest.fixture(scope="module")
def meadow() -> np.ndarray:
    return scenes.large(scenes.PLACES[0])


@pytest.fixture(scope="module")
def slope() -> np.ndarray:
    return scenes.large(scenes.PLACES[1])


class Camera:
    """Shows a picture each five minutes."""

    def __init__(self, watch: ViewWatch) -> None:
        self.watch, self.now = watch, 0.0

    def shows(self, picture: np.ndarray, times: int = 1) -> bool:
        for _ in range(times):
            self.now += EVERY_S
            assert self.watch.due(self.now)
            self.watch.look(scenes.noisy(picture.astype(float), 4), self.now)
            assert not self.watch.due(self.now + 1)
        return self.watch.moved


@pytest.mark.parametrize("light", [scenes.same_light, scenes.low_sun, scenes.haze])
def test_a_shift_is_found_where_it_is(meadow, light):
    found = shift(edges(scenes.through(meadow, 0)), edges(light(scenes.through(meadow, 0.08))))
    assert found is not None
    assert found.sure
    assert (found.right, found.down) == pytest.approx((-0.08, -0.04), abs=0.005)


def test_another_landscape_fits_nowhere(meadow, slope):
    found = shift(edges(scenes.through(meadow, 0)), edges(scenes.through(slope, 0)))
    assert found is not None
    assert not found.sure


def test_a_mast_in_the_wind_has_not_moved_and_a_knocked_one_has(meadow, tmp_path):
    view = tmp_path / "views" / "deployment.jpg"
    view.parent.mkdir()
    view.write_bytes(vision.jpeg(scenes.through(meadow, 0)).data)
    camera = Camera(ViewWatch(view))
    for by in (0.0, 0.008, 0.0, 0.01):
        assert not camera.shows(scenes.through(meadow, by))
    assert not camera.shows(scenes.through(meadow, 0.06), IN_A_ROW - 1)  # a bird on it, perhaps
    assert camera.shows(scenes.through(meadow, 0.06))
    assert camera.shows(
        scenes.infrared(scenes.through(meadow, 0.06)), 3
    )  # by night one cannot tell otherwise
    assert not camera.shows(scenes.through(meadow, 0.0))  # set right again


def test_a_camera_that_looks_elsewhere_is_told_after_two_hours(meadow, slope, tmp_path):
    camera = Camera(ViewWatch(tmp_path / "v.jpg"))  # without one of `edge aim`, the first picture counts
    assert not camera.shows(scenes.through(meadow, 0), 2)
    assert not camera.shows(scenes.through(slope, 0), LOST_IN_A_ROW)
    assert camera.shows(scenes.through(slope, 0), 2)


def test_fog_is_no_other_place(meadow, tmp_path):
    camera = Camera(ViewWatch(tmp_path / "v.jpg"))
    camera.shows(scenes.through(meadow, 0))
    fog = np.full((720, 1280, 3), 190, np.uint8)
    assert not camera.shows(fog, LOST_IN_A_ROW + 4)


def test_what_was_seen_is_kept_over_a_restart(meadow, tmp_path):
    Camera(ViewWatch(tmp_path / "v.jpg")).shows(scenes.through(meadow, 0), 2)
    assert {each.name for each in tmp_path.iterdir()} == {"v.jpg", "v.recent.jpg"}
    assert Camera(ViewWatch(tmp_path / "v.jpg")).shows(scenes.through(meadow, 0.06), IN_A_ROW)
