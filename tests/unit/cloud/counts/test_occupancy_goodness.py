"""MacKenzie & Bailey's test: the statistic by hand, and what it tells apart."""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np
import pytest
from scipy.special import expit

from fieldwatch_cloud.counts.fitting import design
from fieldwatch_cloud.counts.methods.occupancy import occupancy
from fieldwatch_cloud.counts.methods.occupancy_goodness import _chi_square, goodness_of_fit
from fieldwatch_cloud.counts.site_visits import visits


def test_the_statistic_is_the_sum_over_all_histories_cohort_by_cohort() -> None:
    random = np.random.default_rng(1)
    y = ((random.random(50) < 0.6)[:, None] & (random.random((50, 3)) < 0.4)).astype(float)
    y[35:, 2] = np.nan
    theta = np.array([0.3, -0.4])
    psi, p = expit(theta)
    total = 0.0
    for rows, occasions in ((y[:35], 3), (y[35:, :2], 2)):
        counted = Counter(map(tuple, rows.tolist()))
        for history in product([0.0, 1.0], repeat=occasions):
            expected = psi * np.prod([p if hit else 1 - p for hit in history])
            expected = len(rows) * (expected + (1 - psi) * (not any(history)))
            total += (counted[history] - expected) ** 2 / expected
    designs = design("psi", (50,)), design("p", (50, 3))
    assert _chi_square(theta, visits(y, binary=True), *designs) == pytest.approx(total)


def test_sound_data_fit_and_pairs_of_detections_do_not() -> None:
    random = np.random.default_rng(2)
    there = (random.random(100) < 0.6)[:, None]
    y = (there & (random.random((100, 4)) < 0.4)).astype(float)
    sound = goodness_of_fit(y, occupancy(y).fit.coefficients, samples=60)
    assert sound.findings == ()
    assert 0.5 < sound.c_hat < 1.6
    twice = np.repeat((there & (random.random((100, 2)) < 0.4)), 2, axis=1).astype(float)
    broken = goodness_of_fit(twice, occupancy(twice).fit.coefficients, samples=60)
    assert {finding.code for finding in broken.findings} == {"occupancy_poor_fit"}
    assert broken.c_hat > 2
