"""Density from the air against plains on which it is known how many animals stand."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import numpy as np
import pytest

from fieldwatch_cloud.counts.flight_density import LEAST_PICTURES, flight_density
from fieldwatch_cloud.db.flights import Flight, Picture
from fieldwatch_cloud.flights import told
from fieldwatch_shared.looking import moved

AT = datetime(2026, 5, 4, tzinfo=UTC)


def test_by_hand() -> None:
    """6 animals in 12 pictures of a hundredth of a km²: 50 per km². Variance over mean: the pictures hold
    2, 1, 3 and nine times 0 of 0.5 expected: (2.25 + 0.25 + 6.25 + 9 * 0.25) / 0.5 / 11 = 2."""
    found = flight_density([2, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 0], [0.01] * 12)
    assert found is not None
    assert found.estimate == pytest.approx(50)
    assert found.dispersion == pytest.approx(2)
    # Garwood's limits of 3 are 0.6187 and 8.7673; twice those, over 0.12 km².
    assert (found.low, found.high) == (pytest.approx(10.31, abs=0.01), pytest.approx(146.12, abs=0.01))


def test_none_seen_is_not_none_there() -> None:
    found = flight_density([0] * 10, [0.01] * 10)
    assert found is not None
    assert (found.estimate, found.low, found.high) == (0, 0, pytest.approx(36.89, abs=0.01))


def test_few_pictures_say_nothing_of_density() -> None:
    assert flight_density([1] * (LEAST_PICTURES - 1), [0.01] * (LEAST_PICTURES - 1)) is None


@pytest.mark.parametrize(("counts", "areas"), [([1], [0.0]), ([1, 2], [0.1]), ([-1], [0.1])])
def test_what_cannot_be(counts: list[int], areas: list[float]) -> None:
    with pytest.raises(ValueError, match="out of range"):
        flight_density(counts, areas)


def _plain(chance: np.random.Generator, per_km2: float, herd: int) -> np.ndarray:
    """(n, 2): metres east and north of animals on 3 km x 0.4 km, alone or in herds of 40 m."""
    herds = chance.poisson(per_km2 * 3 * 0.4 / herd)
    centres = chance.uniform((-50, -200), (2950, 200), (herds, 2))
    return np.concatenate([centres + chance.normal(0, 20, (herds, 2)) for _ in range(herd)])


def _fly(chance: np.random.Generator, per_km2: float, herd: int) -> tuple[float, float, float]:
    """A flight east over the plain, a picture each 45 m, of 115 m x 77 m of ground: each overlaps two others
    on each side. (Estimate, low, high) of what the cloud makes of it."""
    animals = _plain(chance, per_km2, herd)
    home = (107.6, 33.7)
    pictures, seen = [], {}
    half = 60 * 0.95776  # of a lens of 87.528 degrees, from 60 m
    for number in range(64):
        id_ = uuid.UUID(int=int(chance.integers(1, 2**60)))
        lon, lat = moved(*home, 90, 45 * number)
        pictures.append(Picture(id_, True, AT, lon, lat, 5, 60, 0, -90, 87.528, 1.5))
        inside = (np.abs(animals[:, 0] - 45 * number) < half) & (np.abs(animals[:, 1]) < half / 1.5)
        if inside.any():
            seen[id_] = {"Equus kiang": int(inside.sum())}
    flight = Flight(uuid.uuid4(), "", None, AT, AT, AT, len(pictures), None, "")
    found = told(flight, pictures, seen)
    assert found.not_observed is None
    assert found.apart == 22  # each third: 135 m apart
    assert found.apart_km2 == pytest.approx(22 * 4 * half * half / 1.5 / 1e6, rel=0.002)
    (kiang,) = found.animals
    assert kiang.density is not None
    assert kiang.seen > kiang.counted
    return kiang.density.estimate, kiang.density.low, kiang.density.high


@pytest.mark.parametrize("herd", [1, 3])
def test_the_interval_holds_the_true_density_of_a_plain(herd: int) -> None:
    chance = np.random.default_rng(20260504)
    flights = np.array([_fly(chance, 200, herd) for _ in range(120)])
    held = ((flights[:, 1] <= 200) & (flights[:, 2] >= 200)).mean()
    assert held >= 0.9
    assert flights[:, 0].mean() == pytest.approx(200, rel=0.08)
    # To count in all pictures would make nearly three of each.
    assert (flights[:, 2] < 800).all()
