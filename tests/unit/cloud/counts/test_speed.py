from __future__ import annotations

import csv

import numpy as np
import pytest
from tests.unit.cloud.counts.occupancy_cases import case

from fieldwatch_cloud.counts.methods.speed import MODELS, animal_speed


def test_speed_sizebiased_sbd_agouti() -> None:
    folder, expected = case("speed_sizebiased_sbd_agouti")
    with (folder / "agouti_speed.csv").open() as file:
        y = [float(row["speed"]) for row in csv.DictReader(file)]
    harmonic = animal_speed(y, model="harmonic").estimates[0]
    assert harmonic.value == pytest.approx(expected["harmonic"]["est"], rel=1e-9)
    assert harmonic.se == pytest.approx(expected["harmonic"]["se"], rel=1e-9)
    for ours, theirs in (("lognormal", "lnorm"), ("gamma", "gamma"), ("weibull", "weibull")):
        found = animal_speed(y, model=ours)  # type: ignore[arg-type]
        assert found.aic[ours] == pytest.approx(expected["AIC"][theirs], rel=1e-6)
        assert found.estimates[0].value == pytest.approx(expected[theirs]["est"], rel=1e-4)
        # sbd draws 1,000 random coefficients for its standard error: good to a few percent.
        assert found.estimates[0].se == pytest.approx(expected[theirs]["se"], rel=0.07)
    assert animal_speed(y).model == "lognormal"


@pytest.mark.parametrize("name", list(MODELS))
def test_a_size_biased_sample_gives_back_the_mean_while_moving(name: str) -> None:
    rng = np.random.default_rng(7)
    draw = {
        "lognormal": lambda n: rng.lognormal(-1, 0.6, n),
        "gamma": lambda n: rng.gamma(2.0, 0.3, n),
        "weibull": lambda n: 0.5 * rng.weibull(1.8, n),
    }[name]
    every = draw(200_000)
    met = rng.choice(every, 4000, p=every / every.sum())
    found = animal_speed(met, model=name)  # type: ignore[arg-type]
    assert found.estimates[0].value == pytest.approx(every.mean(), rel=0.05)
    assert met.mean() > 1.1 * every.mean()
    assert not [each for each in found.findings if each.code == "speed_poor_fit"]


def test_units_do_not_matter() -> None:
    y = np.random.default_rng(1).lognormal(0, 0.5, 80)
    slow, fast = animal_speed(y / 1000).estimates[0], animal_speed(y * 1000).estimates[0]
    assert fast.value == pytest.approx(1e6 * slow.value, rel=1e-6)
    assert fast.se == pytest.approx(1e6 * (slow.se or 0), rel=1e-4)


@pytest.mark.parametrize("bad", [[], [1.0], [1.0, 0.0], [1.0, -1.0], [1.0, np.nan], [2.0, 2.0]])
def test_no_speeds(bad: list[float]) -> None:
    with pytest.raises(ValueError, match="speeds"):
        animal_speed(bad)


def test_a_standing_animal_and_two_gaits_are_told() -> None:
    rng = np.random.default_rng(5)
    codes = {each.code for each in animal_speed(np.r_[rng.lognormal(0, 0.3, 60), 0.001]).findings}
    assert "speed_slowest_rules" in codes
    gaits = np.r_[rng.lognormal(-2, 0.2, 150), rng.lognormal(1, 0.2, 150)]
    assert "speed_poor_fit" in {each.code for each in animal_speed(gaits).findings}
