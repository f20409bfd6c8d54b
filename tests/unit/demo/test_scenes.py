"""Scenes: the truth beside a picture is what can be seen in it, and a seed decides everything."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from fieldwatch.demo import pictures, scenes, smoke
from fieldwatch.demo.pictures import ESTUARY, HEIGHT, MEADOW, RIDGE, SLOPE, WIDTH
from fieldwatch.demo.scenes import plan_animals, plan_fire

WILDLIFE_PLACES = pytest.mark.parametrize("place", [MEADOW, SLOPE, ESTUARY], ids=lambda place: place.name)


def pixels(scene: scenes.Scene, at_s: float) -> np.ndarray:
    return np.asarray(scene.draw(at_s)[0], np.int16)


@WILDLIFE_PLACES
def test_a_seed_decides_every_pixel(place):
    one, same, other = (plan_animals(place, seed, 40) for seed in (5, 5, 6))
    moment = one.walks[0].enters_s + 5
    assert one.walks == same.walks != other.walks
    assert np.array_equal(pixels(one, moment), pixels(same, moment))


def test_a_frame_does_not_depend_on_those_drawn_before_it():
    fresh, used = plan_animals(MEADOW, 5, 40), plan_animals(MEADOW, 5, 40)
    used.draw(3.0)
    used.draw(11.5)
    assert np.array_equal(pixels(fresh, 9.0), pixels(used, 9.0))


@WILDLIFE_PLACES
def test_what_differs_from_the_empty_landscape_lies_in_the_boxes(place):
    scene = plan_animals(place, 2, 60)
    empty = np.asarray(pictures.landscape(place), np.int16)
    for walk in scene.walks:
        moment = (walk.enters_s + walk.leaves_s()) / 2
        picture, truth = scene.draw(moment)
        assert walk.individual in {animal.individual for animal in truth.animals}
        # Far beyond noise (5 SD), and beyond the shadow, which only darkens a little.
        changed = np.abs(np.asarray(picture, np.int16) - empty).max(axis=2) > 60
        explained = np.zeros_like(changed)
        for animal in truth.animals:
            x, y, width, height = animal.box
            rows = slice(int(y * HEIGHT) - 2, int((y + height) * HEIGHT) + 25)
            columns = slice(max(0, int(x * WIDTH) - 20), int((x + width) * WIDTH) + 20)
            if animal.visible > 0.5:
                assert changed[rows, columns].sum() > 0.06 * width * WIDTH * height * HEIGHT
            explained[rows, columns] = True
        assert not (changed & ~explained).any()


@WILDLIFE_PLACES
def test_one_group_is_gone_before_the_next_comes_and_all_are_gone_at_the_end(place):
    scene = plan_animals(place, 3, 100)
    groups: dict[str, list[scenes.Walk]] = {}
    for walk in scene.walks:
        groups.setdefault(walk.individual.rpartition("-")[0], []).append(walk)
    assert len(groups) >= 3
    spans = [(min(w.enters_s for w in group), max(w.leaves_s() for w in group)) for group in groups.values()]
    assert all(later[0] - earlier[1] >= 6 for earlier, later in pairwise(spans))
    assert spans[-1][1] <= 100
    assert {walk.stamp.taxon for walk in scene.walks} <= place.taxa


@WILDLIFE_PLACES
def test_animals_of_a_group_do_not_cover_each_other(place):
    """Else the truth would hold animals that nobody could count."""
    for seed in range(10):
        scene = plan_animals(place, seed, 100)
        for at_s in np.arange(0, 100, 2.0):
            here = sorted(
                (walk.left(at_s), walk.left(at_s) + walk.width)
                for walk in scene.walks
                if walk.enters_s < at_s < walk.leaves_s()
            )
            assert all(right[0] > left[1] for left, right in pairwise(here))


def test_no_smoke_before_the_ignition_and_more_and_more_after_it():
    scene = plan_fire(RIDGE, 4, 120, ignition_s=20)
    empty = np.asarray(pictures.landscape(RIDGE), np.int16)
    assert scene.plume is not None
    before, after = scene.draw(19.0), scene.draw(30.0)
    assert before[1].smoke is None
    assert np.abs(np.asarray(before[0], np.int16) - empty).max() < 25  # noise alone
    assert after[1].smoke is not None
    amounts = [float(smoke.opacity(scene.plume, at_s).sum()) for at_s in (15, 20, 25, 40, 60, 90, 120)]
    assert amounts[0] == 0
    assert amounts[1:] == sorted(amounts[1:])
    assert amounts[-1] > 100 * amounts[2]


def test_smoke_begins_where_it_burns_and_rises():
    scene = plan_fire(RIDGE, 4, 120, ignition_s=0)
    assert scene.plume is not None
    young, old = (smoke.bounds(smoke.opacity(scene.plume, at_s)) for at_s in (8, 90))
    assert young is not None
    assert old is not None
    x, y = scene.plume.source[0] / WIDTH, scene.plume.source[1] / HEIGHT
    assert young[0] - 0.02 < x < young[0] + young[2] + 0.02
    assert abs(young[1] + young[3] - y) < 0.04
    assert old[1] < young[1] - 0.15  # its top is higher up
    assert abs(old[1] + old[3] - y) < 0.05  # its foot has stayed


def test_missing_pictures_are_reported_with_the_command_that_installs_them(monkeypatch, tmp_path):
    monkeypatch.setattr(pictures, "_STAMPS", tmp_path)
    with pytest.raises(pictures.MissingPictures) as error:
        pictures.require()
    assert "apt-get install --no-install-recommends tuxpaint-stamps-default" in str(error.value)
