"""Royle-Nichols: the wood thrush, and what the verdict notices."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.cloud.counts.occupancy_cases import case, same, table

from fieldwatch_cloud.counts.abundance import Model
from fieldwatch_cloud.counts.fitting import derivative, design
from fieldwatch_cloud.counts.methods.royle_nichols import _evidence, royle_nichols
from fieldwatch_cloud.counts.site_visits import visits


def test_royle_nichols_woodthrush() -> None:
    folder, expected = case("royle_nichols_woodthrush")
    y = table(folder / "woodthrush_bin.csv")
    visit = np.arange(11)
    each = {f"obsNum{j + 1}": np.broadcast_to(visit == j, y.shape).astype(float) for j in range(1, 11)}
    short = royle_nichols(y, r=design("p", y.shape, each), largest=10)
    same(short.fit, expected["obsNum_K10"])
    assert short.fit.log_likelihood == pytest.approx(expected["obsNum_K10"]["logLik"], rel=1e-9)
    assert short.r[0, :2] == pytest.approx([0.1381, 0.1971], abs=2e-4)
    assert short.animals == pytest.approx(expected["bup_mean_all_sites"], rel=1e-3)
    assert short.estimates[0].value == pytest.approx(2.204779, rel=1e-3)
    assert "abundance_k_small" in {finding.code for finding in short.findings}

    plain = royle_nichols(y)
    same(plain.fit, expected["null_K100"])
    assert plain.fit.log_likelihood == pytest.approx(expected["null_K100"]["logLik"], rel=1e-9)
    assert "abundance_k_small" not in {finding.code for finding in plain.findings}


@pytest.mark.parametrize("by_visit", [True, False])
def test_scores_are_the_gradient_of_each_sites_likelihood(by_visit: bool) -> None:
    """Both ways to sum over visits: each on its own, and pooled where all have the same r."""
    random = np.random.default_rng(2)
    y = (random.random((8, 4)) < 0.4).astype(float)
    y[2, 1:] = np.nan
    lam = design("lam", (8,), {"x": random.normal(size=8)})
    covariate = random.normal(size=(8, 4) if by_visit else 8)
    r = design("p", (8, 4), {"w": covariate})
    data = visits(y, lam, r, binary=True)
    evidence = _evidence(data, r)
    assert evidence.hits.shape == ((8, 4) if by_visit else (8, 1))
    model = Model(lam, "poisson", evidence, data.used)
    theta = np.array([0.4, 0.3, -0.8, 0.4])
    by = model.scores(theta, 40)[0].by
    for i in range(8):
        expected = derivative(lambda t, i=i: model.scores(t, 40)[0].log_likelihood[i], theta)
        assert by[i] == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize(
    ("broken", "code"),
    [("falls", "model_trend"), ("clumped", "abundance_overdispersed"), ("nothing", "model_no_detections")],
)
def test_a_broken_assumption_is_told(broken: str, code: str) -> None:
    random = np.random.default_rng(3)
    animals = random.poisson(1.5, 100)
    r = np.linspace(0.4, 0.08, 10)
    if broken == "clumped":
        animals = random.poisson(random.gamma(0.3, 12, 100))
        r = np.full(20, 0.1)
    elif broken == "nothing":
        animals = np.zeros(100, dtype=int)
    y = (random.random((100, len(r))) < 1 - (1 - r) ** animals[:, None]).astype(float)
    assert code in {finding.code for finding in royle_nichols(y).findings}
