"""Royle-Nichols: the wood thrush, and what the verdict notices."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.cloud.counts.occupancy_cases import case, same, table

from fieldwatch_cloud.counts.fitting import design
from fieldwatch_cloud.counts.methods.royle_nichols import royle_nichols


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
