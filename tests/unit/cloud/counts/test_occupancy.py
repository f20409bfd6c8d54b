"""Single-season occupancy: published cases, closed forms, and what the verdict notices."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from scipy.special import expit
from tests.unit.cloud.counts.occupancy_cases import case, same, table

from fieldwatch_cloud.counts.fitting import derivative, design
from fieldwatch_cloud.counts.methods.occupancy import occupancy, scores_of
from fieldwatch_cloud.counts.site_visits import SiteFit, visits

# The example of unmarked's own tests (Fiske & Chandler 2011, J. Stat. Softw. 43(10); test_occu.R).
TINY_Y = np.array([[0, 1], [1, 0], [0, 1], [1, 0], [0, 1.0]])
TINY_X = np.array([0, 2, 3, 4, 1.0])
TINY_O1 = np.arange(1.0, 11).reshape(5, 2)
TINY_O2 = np.array(
    [
        [0.000673794699908547, 0.00183156388887342],
        [0.00497870683678639, 0.0135335283236613],
        [0.0367879441171442, 0.1],
        [0.271828182845904, 0.738905609893065],
        [2.00855369231877, 5.45981500331442],
    ]
)


def codes(result: SiteFit) -> set[str]:
    return {finding.code for finding in result.findings}


def test_occupancy_unmarked_test_occu_covs() -> None:
    """Presence lies at the edge: its coefficients are anybody's guess, the rest is not, and it is told."""
    result = occupancy(
        TINY_Y, design("psi", (5,), {"x": TINY_X}), design("p", (5, 2), {"o1": TINY_O1, "o2": TINY_O2})
    )
    assert result.fit.coefficients[2:] == pytest.approx([0.44457, -0.14706, 0.44103], abs=1e-4)
    fitted = [0.5738, 0.5014, 0.4318, 0.38581, 0.50171, 0.53764, 0.46563, 0.40283, 0.39986, 0.79928]
    assert (result.psi[:, None] * result.p).T.ravel() == pytest.approx(fitted, abs=2e-4)
    assert result.fit.log_likelihood == pytest.approx(-6.64864, abs=1e-4)
    at = result.fit.coefficients[2:]
    assert expit(at @ [1, 0.3, -0.3]) == pytest.approx(0.5666381, abs=1e-4)
    assert {"model_at_edge", "model_few_sites"} <= codes(result)


def test_occupancy_unmarked_test_occu_covs_against_the_file() -> None:
    folder, expected = case("occupancy_unmarked_test_occu_covs")
    assert table(folder / "y.csv") == pytest.approx(TINY_Y)
    assert table(folder / "obs_covs.csv").reshape(5, 2, 2) == pytest.approx(
        np.stack([TINY_O1, TINY_O2], axis=-1)
    )
    result = occupancy(
        TINY_Y, design("psi", (5,), {"x": TINY_X}), design("p", (5, 2), {"o1": TINY_O1, "o2": TINY_O2})
    )
    detection = [expected["default"]["se"][name] for name in ("p(Int)", "p(o1)", "p(o2)")]
    assert result.fit.standard_errors is not None
    assert result.fit.standard_errors[2:] == pytest.approx(detection, rel=1e-3)
    assert result.fit.log_likelihood >= expected["default"]["logLik"]


def frogs() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Spring peepers on routes (NAAMP 2001): rows in order, a site's rows together."""
    folder, _ = case("occupancy_unmarked_vignette_frog2001pcru")
    with (folder / "frog2001pcru.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    of_site: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        of_site.setdefault(row["RouteNumStopNum"], []).append(row)
    most = max(map(len, of_site.values()))

    def column(name: str) -> np.ndarray:
        out = np.full((len(of_site), most), np.nan)
        for i, mine in enumerate(of_site.values()):
            out[i, : len(mine)] = [float(row[name]) for row in mine]
        return out

    calls = column("Pcru")
    return np.where(np.isnan(calls), np.nan, calls > 0), {
        name: column(name) for name in ("MinAfterSunset", "Temperature")
    }


def test_occupancy_unmarked_vignette_frog2001pcru() -> None:
    _, expected = case("occupancy_unmarked_vignette_frog2001pcru")
    y, covariates = frogs()
    plain = occupancy(y)
    same(plain.fit, expected["fm1"])
    assert plain.fit.log_likelihood == pytest.approx(expected["fm1"]["logLik"], rel=1e-9)

    full = occupancy(y, p=design("p", y.shape, covariates, standardise=True))
    same(full.fit, expected["fm2"])
    assert full.fit.log_likelihood == pytest.approx(expected["fm2"]["logLik"], rel=1e-9)
    assert full.fit.aic == pytest.approx(expected["fm2"]["AIC"], rel=1e-9)
    psi, _, occupied = full.estimates
    assert psi.value == pytest.approx(expected["psi_fm2"][0]["Predicted"], abs=1e-4)
    assert psi.se == pytest.approx(expected["psi_fm2"][0]["SE"], rel=1e-3)
    assert expit(full.fit.coefficients[1]) == pytest.approx(expected["p_intercept"], abs=1e-4)
    assert occupied.value / 130 == pytest.approx(expected["PAO_EBUP_mean"], abs=1e-4)


def test_two_visits_to_each_site_have_the_closed_form_of_lincoln_and_petersen() -> None:
    """With two visits psi p = (y1 + y2) / 2n and psi p^2 = both / n, so p = 2 both / (y1 + y2)."""
    once, both, never = 30, 20, 50
    y = np.array([[1, 0]] * once + [[1, 1]] * both + [[0, 0]] * never, dtype=float)
    result = occupancy(y)
    p = 2 * both / (once + 2 * both)
    assert result.estimates[1].value == pytest.approx(p, rel=1e-7)
    assert result.estimates[0].value == pytest.approx((once + 2 * both) / 200 / p, rel=1e-7)


def test_scores_are_the_gradient_of_each_sites_likelihood() -> None:
    random = np.random.default_rng(4)
    y = (random.random((12, 4)) < 0.4).astype(float)
    y[2, 1:] = np.nan
    y[5] = np.nan
    psi = design("psi", (12,), {"x": random.normal(size=12)})
    p = design("p", (12, 4), {"w": random.normal(size=(12, 4))})
    data = visits(y, psi, p, binary=True)
    theta = np.array([0.3, -0.4, 0.1, 0.6])
    by = scores_of(theta, data, psi, p)[0].by
    for i in range(12):
        expected = derivative(lambda t, i=i: scores_of(t, data, psi, p)[0].log_likelihood[i], theta)
        assert by[i] == pytest.approx(expected, abs=1e-9)


def simulate(seed: int, sites: int = 100, occasions: int = 6, psi: float = 0.5, p: float = 0.4) -> np.ndarray:
    random = np.random.default_rng(seed)
    there = random.random(sites) < psi
    return (there[:, None] & (random.random((sites, occasions)) < p)).astype(float)


def test_sound_data_raise_no_alarm_and_missing_visits_change_nothing_else() -> None:
    y = simulate(1)
    result = occupancy(y)
    assert codes(result) == set()
    padded = np.column_stack([y, np.full(100, np.nan)])
    padded = np.vstack([padded, np.full((1, 7), np.nan)])
    again = occupancy(padded)
    assert again.fit.sites == 100
    assert again.fit.coefficients == pytest.approx(result.fit.coefficients, abs=1e-7)
    psi, _, occupied = result.estimates
    assert psi.low is not None
    assert psi.high is not None
    assert occupied.low is not None
    assert psi.low < 0.5 < psi.high
    assert occupied.low >= (y.sum(axis=1) > 0).sum()


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ("heterogeneity", "model_heterogeneity"),
        ("entry", "model_trend"),
        ("visitors", "model_runs"),
        ("rare visits", "model_low_detection"),
        ("few", "model_few_sites"),
        ("one visit", "model_no_repeats"),
        ("nothing", "model_no_detections"),
    ],
)
def test_a_broken_assumption_is_told(broken: str, code: str) -> None:
    random = np.random.default_rng(2)
    y = simulate(3)
    if broken == "heterogeneity":
        p = expit(random.normal(-0.5, 2, 100))[:, None]
        y = ((random.random(100) < 0.6)[:, None] & (random.random((100, 8)) < p)).astype(float)
    elif broken == "entry":
        came = random.integers(0, 10, 100)[:, None] <= np.arange(10)
        y = (came & (random.random((100, 10)) < 0.5) & (random.random(100) < 0.7)[:, None]).astype(float)
    elif broken == "visitors":
        start = random.integers(-3, 20, 100)[:, None]
        here = (np.arange(20) >= start) & (np.arange(20) < start + 4)
        y = (here & (random.random((100, 20)) < 0.6)).astype(float)
    elif broken == "rare visits":
        y = simulate(3, occasions=4, p=0.15)
    elif broken == "few":
        y = y[:15]
    elif broken == "one visit":
        y = y[:, :1]
    elif broken == "nothing":
        y = np.zeros((40, 5))
    result = occupancy(y)
    assert code in codes(result)
    if broken in ("one visit", "nothing"):
        assert result.estimates == ()


@pytest.mark.parametrize(("sites", "severity"), [(9, "unfit"), (19, "caution"), (39, "note"), (40, None)])
def test_few_sites_weigh_the_more_the_fewer_they_are(sites: int, severity: str | None) -> None:
    found = {one.code: one.severity for one in occupancy(simulate(3)[:sites]).findings}
    assert found.get("model_few_sites") == severity


def test_where_no_visit_counts_nothing_is_said_of_no_sites() -> None:
    result = occupancy(np.full((4, 5), np.nan))
    assert result.estimates == ()
    assert codes(result) == {"model_no_repeats"}


def test_wrong_data_are_refused() -> None:
    with pytest.raises(ValueError, match="0, 1 or NaN"):
        occupancy(np.array([[0, 2.0], [1, 0]]))
    with pytest.raises(ValueError, match="2 dimensions"):
        occupancy(np.zeros(3))
