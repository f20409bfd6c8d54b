"""Simultaneous counts: the published example, brute force, and cameras that see one place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import numpy as np
import pytest
from tests.unit.cloud.counts.occupancy_cases import case, table

from fieldwatch_cloud.counts.events import Record
from fieldwatch_cloud.counts.methods.simultaneous import events_of_places, simultaneous

# Magneville et al. 2024, Limnology and Oceanography: Methods, doi 10.1002/lom3.10606: the example of the R
# package SmaxN 0.2, "How to compute SmaxN". Four cameras, twelve time steps, 1.6 units of length a step.
COUNTS = [
    [0, 2, 2, 0], [1, 2, 0, 1], [3, 2, 1, 0], [7, 2, 0, 1], [2, 0, 0, 0], [2, 0, 4, 6],
    [3, 0, 2, 1], [0, 0, 2, 1], [6, 1, 3, 6], [2, 2, 0, 4], [0, 1, 0, 2], [1, 0, 4, 1],
]  # fmt: skip
DISTANCES = [[0, 2, 5, 5], [2, 0, 5, 5], [5, 5, 0, 4], [5, 5, 4, 0]]


def test_max_simultaneous_SmaxN_vignette_as_published() -> None:  # noqa: N802 - the case's name
    found = simultaneous(COUNTS, DISTANCES, 1.6)
    assert (found.max_n, found.smax_n_timestep, found.smax_n) == (7, 16, 19)
    # Published as value and step from 1: A 7 at 4, B 2 at 4, C 4 at 6, D 6 at 6. B has 2 at step 3 too.
    assert [COUNTS[step][camera] for camera, step in enumerate(found.steps)] == [7, 2, 4, 6]
    assert (found.steps[0], *found.steps[2:]) == (3, 5, 5)


def test_max_simultaneous_SmaxN_vignette() -> None:  # noqa: N802 - the case's name
    folder, expected = case("max_simultaneous_SmaxN_vignette")
    counts, distances = table(folder / "abundance_by_time_camera.csv"), table(folder / "camera_distances.csv")
    assert counts.tolist() == COUNTS
    assert distances.tolist() == DISTANCES
    assert simultaneous(counts, distances, 1.6).smax_n == expected["SmaxN"] == expected["brute_force"]


@pytest.mark.parametrize("seed", range(40))
def test_brute_force_gets_the_same(seed: int) -> None:
    random = np.random.default_rng(seed)
    steps, cameras = int(random.integers(1, 8)), int(random.integers(1, 5))
    counts = random.poisson(2, (steps, cameras))
    places = random.uniform(0, 5, (cameras, 2))
    distances = np.linalg.norm(places[:, None] - places, axis=-1)
    speed = random.uniform(0.5, 3)
    best = max(
        sum(counts[step, camera] for camera, step in enumerate(chosen))
        for chosen in product(range(steps), repeat=cameras)
        if all(
            abs(chosen[i] - chosen[j]) <= distances[i, j] / speed for i in range(cameras) for j in range(i)
        )
    )
    found = simultaneous(counts, distances, speed)
    assert found.smax_n == best == sum(counts[step, camera] for camera, step in enumerate(found.steps))
    assert found.max_n <= found.smax_n_timestep <= found.smax_n


def test_a_camera_that_did_not_look_adds_nothing() -> None:
    counts = np.array(COUNTS, dtype=float)
    counts[:, 3] = np.nan
    found = simultaneous(counts, DISTANCES, 1.6)
    assert found.smax_n == simultaneous(np.nan_to_num(counts), DISTANCES, 1.6).smax_n < 19
    assert [finding.code for finding in found.findings] == ["network_gaps"]


def test_an_hour_of_seconds_at_nine_cameras_is_quick() -> None:
    random = np.random.default_rng(5)
    places = random.uniform(0, 30, (9, 2))
    distances = np.linalg.norm(places[:, None] - places, axis=-1)
    found = simultaneous(random.poisson(1, (3600, 9)), distances, 3.0)
    assert found.smax_n > found.smax_n_timestep


@pytest.mark.parametrize(
    ("counts", "distances", "speed"),
    [
        ([[1, 2]], [[0.0]], 1.0),
        ([[1, 2]], [[0, 1], [2, 0]], 1.0),
        ([[1, -2]], [[0, 1], [1, 0]], 1.0),
        ([[1, 2]], [[0, 1], [1, 0]], 0.0),
        (np.zeros((0, 2)), [[0, 1], [1, 0]], 1.0),
    ],
)
def test_bad_input(counts: object, distances: object, speed: float) -> None:
    with pytest.raises(ValueError, match=r"counts|speed"):
        simultaneous(counts, distances, speed)  # type: ignore[arg-type]


def test_cameras_that_see_one_place_count_its_animals_once() -> None:
    start = datetime(2026, 5, 1, 6, tzinfo=UTC)

    def record(camera: str, minute: int, count: int, species: str = "Cervus elaphus") -> Record:
        at = start + timedelta(minutes=minute)
        return Record(camera, (species, "animal"), at, at + timedelta(minutes=2), count)

    records = [
        record("east", 0, 3), record("west", 1, 4), record("west", 1, 1), record("far", 1, 2),
        record("east", 90, 2), record("west", 3, 1, "Sus scrofa"),
    ]  # fmt: skip
    place = {"east": "pond", "west": "pond"}
    events = events_of_places(records, place, timedelta(minutes=30))
    assert [(e.deployment, e.taxon[0], e.observations, e.max_n) for e in events] == [
        ("far", "Cervus elaphus", 1, 2),
        ("pond", "Cervus elaphus", 3, 5),
        ("pond", "Cervus elaphus", 1, 2),
        ("pond", "Sus scrofa", 1, 1),
    ]
