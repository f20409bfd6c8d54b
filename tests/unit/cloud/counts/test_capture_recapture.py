from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.unit.cloud.counts.occupancy_cases import case, table

from fieldwatch_cloud.counts.methods.capture_recapture import (
    Mask,
    capture_recapture,
    log_likelihood,
    mask_around,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

HECTARES = 100
"""In a km²: secr's densities are per hectare."""

# Efford, Borchers & Byrom 2009, stoats by hair tubes in Matakitaki, New Zealand: animal, occasion, trap.
STOATS = """1 1 A9, 2 1 A12, 2 2 A12, 3 3 C6, 3 4 B5, 4 3 G3, 4 5 F3, 5 4 F2, 5 5 E2, 5 7 F1, 6 6 E8, 7 3 F5,
7 6 G7, 8 1 F6, 9 2 A4, 10 2 C5, 11 2 D4, 12 3 D7, 13 3 E5, 13 6 E4, 14 3 F1, 14 6 G3, 15 3 F9, 16 3 G13,
16 5 F13, 16 6 G13, 17 4 G9, 18 6 F1, 19 6 G9, 20 7 G8"""
# secr 5.5.0, tests/testthat/test-countdetectors.R (simulated, seed 123): animal: the traps of its records.
COUNTS = """1 D3 E4 F4, 2 B1 D2 E3 F6, 3 A5 C6, 4 H1, 5 F5 G6, 6 B6 B6, 7 B5 B5, 8 F6, 9 D1 E1, 10 F1, 11 D4
E1, 12 A4 B4, 13 G4 G6 G6, 14 C3 D2 E1, 15 D3 E4, 16 C6, 17 F3 H1, 18 E4, 19 A2, 20 F5 G5 G5, 21 B3 B4 D4"""


def _stoats() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    traps = {
        f"{letter}{row + 1}": (east, -1500 + 250 * row)
        for letter, east in zip("ABCDEFG", range(-1500, 1501, 500), strict=True)
        for row in range(13)
    } | {"A14": (-1250, 1500), "C14": (-250, 1500), "E14": (750, 1500)}
    records = [(animal, trap) for animal, _, trap in (each.split() for each in STOATS.split(","))]
    return _captures(records, list(traps)), np.array(list(traps.values()), float)


def _counts() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    traps = {f"{letter}{i + 1}": (20 * i, 20 * j) for j, letter in enumerate("ABCDEFGH") for i in range(6)}
    animals = [each.split() for each in COUNTS.split(",")]
    records = [(animal, trap) for animal, *at in animals for trap in at]
    return _captures(records, list(traps)), np.array(list(traps.values()), float)


def _captures(records: list[tuple[str, str]], traps: list[str]) -> NDArray[np.float64]:
    animals = list(dict.fromkeys(animal for animal, _ in records))
    w = np.zeros((len(animals), len(traps)))
    for animal, trap in records:
        w[animals.index(animal), traps.index(trap)] += 1
    return w


def _load(name: str) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], dict[str, Any]]:
    folder, expected = case(name)
    with (folder / "traps.csv").open() as file:
        traps = {row["trap"]: (float(row["x"]), float(row["y"])) for row in csv.DictReader(file)}
    with (folder / "captures.csv").open() as file:
        records = [(row["ID"], row["TrapID"]) for row in csv.DictReader(file)]
    mask = table(folder / "mask.csv")
    return _captures(records, list(traps)), np.array(list(traps.values())), mask, expected


def _same(fit: Any, expected: Mapping[str, Any]) -> None:
    beta = list(expected["beta"].values())
    beta[0] += math.log(HECTARES)
    assert fit.coefficients == pytest.approx(beta, abs=2e-5)
    assert fit.standard_errors == pytest.approx(list(expected["se_beta"].values()), rel=1e-3)
    for estimate, (name, value) in zip(fit.estimates, expected["real_estimate"].items(), strict=True):
        by = HECTARES if name == "D" else 1
        assert estimate.value == pytest.approx(value * by, rel=1e-4)
        assert estimate.se == pytest.approx(expected["se"][name] * by, rel=1e-3)
        assert estimate.low == pytest.approx(expected["lcl"][name] * by, rel=1e-3)
        assert estimate.high == pytest.approx(expected["ucl"][name] * by, rel=1e-3)


def test_scr_stoat_halfnormal_proximity() -> None:
    w, traps, centres, expected = _load("scr_stoat_halfnormal_proximity")
    mask = Mask(centres, expected["fit"]["mask_cell_area_ha"] * 1e4)
    _same(capture_recapture(w, traps, mask, occasions=7), expected["fit"])


def test_scr_stoat_halfnormal_proximity_from_the_table() -> None:
    """secr 5.5.0: D 0.0245641 per ha (se 0.0074385), g0 0.0453149, sigma 254.832 m."""
    w, traps = _stoats()
    mask = mask_around(traps, 1000, 78.125)
    assert len(mask.centres) == 3960
    fit = capture_recapture(w, traps, mask, occasions=7)
    density, g0, sigma = fit.estimates
    assert (density.value, density.se) == pytest.approx((2.45640561305602, 0.743852878365185), rel=1e-4)
    assert (g0.value, sigma.value) == pytest.approx((0.0453149328931143, 254.831823349491), rel=1e-4)
    assert "scr_too_few_recaptures" in {each.code for each in fit.findings}


def test_scr_poisson_count_LL() -> None:  # noqa: N802
    w, traps, centres, expected = _load("scr_poisson_count_LL")
    mask = Mask(centres, expected["fit_HN"]["mask_cell_area_ha"] * 1e4)
    for shape, key in (("half-normal", "fit_HN"), ("hazard-half-normal", "fit_HHN")):
        fit = capture_recapture(w, traps, mask, detector="count", shape=shape)  # type: ignore[arg-type]
        _same(fit, expected[key])
        assert fit.log_likelihood == pytest.approx(expected[key]["logLik"], rel=1e-9)


@pytest.mark.parametrize(
    ("shape", "theta", "expected"),
    [
        ("half-normal", [2.121835788, -1.040097594, 3.201521728], -122.138538),
        ("hazard-half-normal", [2.121836235, -1.342742898, 3.201525519], -122.1523842),
    ],
)
def test_scr_poisson_count_LL_from_the_table(shape: Any, theta: list[float], expected: float) -> None:  # noqa: N802
    w, traps = _counts()
    mask = mask_around(traps, 100, 4.6875)
    at = [theta[0] + math.log(HECTARES), *theta[1:]]
    assert log_likelihood(at, w, traps, mask, detector="count", shape=shape) == pytest.approx(
        expected, abs=1e-4
    )


def test_a_mask_of_its_own_is_wide_enough() -> None:
    w, traps = _stoats()
    fit = capture_recapture(w, traps, occasions=7)
    assert fit.estimates[0].value == pytest.approx(2.456, rel=2e-3)
    assert not {each.code for each in fit.findings} & {"scr_mask_narrow", "scr_mask_coarse"}


def test_a_trap_that_did_not_work_says_nothing() -> None:
    w, traps = _counts()
    worked = np.ones(len(traps))
    with_dead = np.c_[w, np.zeros(len(w))]
    more = np.r_[traps, [[50.0, 50.0]]]
    mask = mask_around(traps, 100, 10)
    alone = capture_recapture(w, traps, mask, detector="count")
    beside = capture_recapture(with_dead, more, mask, occasions=np.r_[worked, 0], detector="count")
    assert beside.estimates[0].value == pytest.approx(alone.estimates[0].value, rel=1e-8)
    longer = capture_recapture(w, traps, mask, occasions=2.0, detector="count", shape="hazard-half-normal")
    once = capture_recapture(w, traps, mask, detector="count", shape="hazard-half-normal")
    assert longer.estimates[0].value == pytest.approx(once.estimates[0].value, rel=1e-5)
    assert longer.estimates[1].value == pytest.approx(once.estimates[1].value / 2, rel=1e-5)


def test_without_recaptures_there_is_no_density() -> None:
    fit = capture_recapture(np.eye(5), np.arange(10.0).reshape(5, 2))
    assert fit.estimates == ()
    assert [each.code for each in fit.findings] == ["scr_no_recaptures"]
    nobody = capture_recapture(np.zeros((0, 5)), np.arange(10.0).reshape(5, 2))
    assert [each.severity for each in nobody.findings] == ["unfit"]


def test_a_narrow_mask_is_told() -> None:
    w, traps = _stoats()
    fit = capture_recapture(w, traps, mask_around(traps, 300, 80), occasions=7)
    assert "scr_mask_narrow" in {each.code for each in fit.findings}


@pytest.mark.parametrize(
    ("captures", "occasions", "words"),
    [
        ([[1, 2]], 1, "use counts"),
        ([[1, 0, 0]], 1, "one column a trap"),
        ([[-1, 0]], 1, "0 or more"),
        ([[1, 1]], [1, 0], "worked"),
    ],
)
def test_bad_captures(captures: list[list[float]], occasions: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        capture_recapture(captures, [[0.0, 0.0], [0.0, 50.0]], occasions=occasions)
