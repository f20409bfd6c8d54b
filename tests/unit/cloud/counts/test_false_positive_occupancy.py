"""False-positive occupancy: the reference case, and a detector whose confusion is known."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.cloud.counts.occupancy_cases import case, same, table

from fieldwatch_cloud.counts.fitting import derivative, design
from fieldwatch_cloud.counts.methods.false_positive_occupancy import (
    FalsePositiveOccupancy,
    KnownErrors,
    _Estimated,
    _Known,
    _scores,
    false_positive_occupancy,
    known_errors,
)
from fieldwatch_cloud.counts.methods.occupancy import occupancy
from fieldwatch_cloud.counts.site_visits import visits
from fieldwatch_shared.confusion import Confusion


def codes(result: FalsePositiveOccupancy) -> set[str]:
    return {finding.code for finding in result.findings if finding.severity != "note"}


def test_falsepos_occuFP_test1() -> None:  # noqa: N802 - the case's name
    folder, expected = case("falsepos_occuFP_test1")
    y, method = table(folder / "y.csv"), table(folder / "METH.csv")
    habitat = np.genfromtxt(folder / "site_covs.csv", skip_header=1)
    psi, p = design("psi", (100,), {"habitat": habitat}), design("p", y.shape, {"METH": method})
    certain = np.arange(10) < 5
    result = false_positive_occupancy(y, certain=certain, psi=psi, p=p)
    same(result.fit, expected["fit"])
    assert result.fit.log_likelihood == pytest.approx(expected["fit"]["logLik"], rel=1e-9)
    assert result.p[4, 4:6] == pytest.approx([0.4513, 0.7232], abs=2e-4)
    same(false_positive_occupancy(y, certain=certain, p=p).fit, expected["null_psi"])
    same(occupancy(y, psi, p).fit, expected["naive_occu_ignoring_false_positives"])


def test_scores_are_the_gradient_in_both_forms() -> None:
    random = np.random.default_rng(1)
    y = (random.random((15, 4)) < 0.4).astype(float)
    y[3, 1:] = np.nan
    psi = design("psi", (15,), {"x": random.normal(size=15)})
    p = design("p", (15, 4), {"w": random.normal(size=(15, 4))})
    data = visits(y, psi, p, binary=True)
    sure = np.broadcast_to(np.array([True, False, False, False]), y.shape)
    known = KnownErrors(
        ("fox", "background"),
        np.array([7.0, 3.0]),
        np.array([60.0, 500.0]),
        ("box", "picture"),
        np.where(sure[..., None], 0.0, random.poisson(2, (15, 4, 2))),
    )
    for model, size in (
        (_Estimated(data, psi, p, design("fp", (15, 4)), sure), 5),
        (_Known(data, psi, p, known), 6),
    ):
        theta = random.normal(size=size) / 2 - 0.5
        at = _scores(theta, model)[0]
        total = derivative(lambda t, m=model: float(_scores(t, m)[0].log_likelihood.sum()), theta)
        assert np.isfinite(at.by).all()
        assert at.by.sum(axis=0) == pytest.approx(total, abs=1e-7)


CONFUSION = Confusion(
    model="simulated@1",
    conf=0.5,
    pictures=2000,
    order=("leopard cat", "domestic cat", "background"),
    said_by_was=((180, 24, 8), (12, 360, 20), (8, 16, 0)),
)
"""6 % of domestic cats are called leopard cats, and one picture in 250 shows one that is not there."""


def field(
    seed: int, sites: int = 120, occasions: int = 8, psi: float = 0.3, *, mistaken: float = 0.06
) -> tuple[np.ndarray, KnownErrors]:
    """Leopard cats at a share `psi` of sites, domestic cats everywhere, through the detector.

    The confusion is itself counted anew on labelled pictures: the correction must not know the truth.
    """
    random = np.random.default_rng(seed)
    there = (random.random(sites) < psi)[:, None]
    leopards = random.poisson(there * 0.7, (sites, occasions))
    cats = random.poisson(random.gamma(2, 1.0, (sites, 1)), (sites, occasions))
    pictures = np.full((sites, occasions), 10)
    as_leopard = random.binomial(cats, mistaken)
    as_cat = random.binomial(cats - as_leopard, 0.9 / 0.94)
    right = random.binomial(leopards, 0.9)
    y = (right + as_leopard + random.poisson(0.004 * pictures)) > 0
    said, other, nothing = (int(n) for n in random.multinomial(400, [0.06, 0.90, 0.04]))
    on_nothing = int(random.poisson(8))
    counted = Confusion(
        model="simulated@1",
        conf=0.5,
        pictures=2000,
        order=CONFUSION.order,
        said_by_was=((180, said, on_nothing), (12, other, 20), (8, nothing, 0)),
    )
    return y.astype(float), known_errors(counted, "leopard cat", {"domestic cat": as_cat}, pictures)


def test_known_errors_read_the_confusion() -> None:
    called = np.array([[9.0, 0.0], [np.nan, 18.0]])
    known = known_errors(
        CONFUSION,
        "leopard cat",
        {"domestic cat": called},
        np.full((2, 2), 5.0),
        certain=np.array([[False, False], [False, True]]),
    )
    assert known.names == ("domestic cat", "background")
    assert known.mistakes.tolist() == [24, 8]
    assert known.trials.tolist() == [400, 2000]
    cats = known.exposure[..., 0]
    assert 9 / 0.9 > cats[0, 0] > 4.5 / 0.9 > cats[0, 1] > 0, "between the site's mean and the visit's own"
    assert cats[1].tolist() == [0, 0]
    assert known.exposure[..., 1].tolist() == [[5, 5], [5, 0]]
    with pytest.raises(ValueError, match="nothing that could be taken"):
        known_errors(CONFUSION, "leopard cat", {})


def test_naive_occupancy_is_off_by_more_than_a_fifth_and_corrected_intervals_hold_the_truth() -> None:
    """Fewer than 10 in 12 would come once in 500 times if they hold 95 %; tests/bench counts hundreds."""
    held = 0
    for seed in range(1, 13):
        y, known = field(seed)
        assert occupancy(y).estimates[0].value > 0.3 * 1.2
        result = false_positive_occupancy(y, known=known)
        psi = result.estimates[0]
        assert psi.low is not None
        assert psi.high is not None
        held += psi.low < 0.3 < psi.high
        assert "false_correction_matters" in {finding.code for finding in result.findings}
        assert result.fit.converged
    assert held >= 10


def test_the_less_is_known_of_the_detector_the_wider_the_interval() -> None:
    y, known = field(5)
    thin = KnownErrors(known.names, known.mistakes / 10, known.trials / 10, known.per, known.exposure)
    sure = KnownErrors(known.names, known.mistakes * 100, known.trials * 100, known.per, known.exposure)
    errors = [false_positive_occupancy(y, known=each).estimates[0].se for each in (sure, known, thin)]
    assert errors[0] < errors[1] < errors[2]  # type: ignore[operator]


def test_a_detector_that_is_known_never_to_err_gives_plain_occupancy() -> None:
    random = np.random.default_rng(6)
    y = ((random.random(80) < 0.5)[:, None] & (random.random((80, 6)) < 0.4)).astype(float)
    known = KnownErrors(("fox",), np.array([0.0]), np.array([1e9]), ("box",), np.ones((80, 6, 1)))
    corrected = false_positive_occupancy(y, known=known)
    assert corrected.estimates[0].value == pytest.approx(occupancy(y).estimates[0].value, abs=1e-6)
    with pytest.raises(ValueError, match="every visit is certain"):
        false_positive_occupancy(y, certain=np.ones(6, bool))


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ("another detector", "false_known_disagrees"),
        ("none certain", "false_no_certain"),
        ("few certain", "false_few_certain"),
        ("few labelled", "false_known_from_few"),
    ],
)
def test_a_broken_assumption_is_told(broken: str, code: str) -> None:
    y, known = field(7)
    certain = None
    if broken == "another detector":
        y, known = field(7, mistaken=0.25)
    elif broken == "few labelled":
        known = KnownErrors(
            known.names, np.array([1.0, 0.0]), np.array([20.0, 100.0]), known.per, known.exposure
        )
    elif broken == "few certain":
        certain = np.arange(8) == 0
        y[:, 0] = 0
        y[:5, 0] = 1
    result = false_positive_occupancy(y, certain=certain, known=None if "certain" in broken else known)
    assert code in codes(result)


def test_occupied_sites_are_told_from_mistaken_ones() -> None:
    y, known = field(8)
    result = false_positive_occupancy(y, known=known)
    often = y.sum(axis=1) >= 4
    once = y.sum(axis=1) == 1
    assert result.occupied[often].mean() > 0.85
    assert result.occupied[once].mean() < 0.3
