"""How many species: accumulation over samples, how many were missed, and how complete the sampling is.

A sample is a camera, or a camera-day, in which somebody looked; one in which nobody did is no sample, and
never a sample without species.

- Accumulation: exact rarefaction, "Mao Tau" (Colwell, Mao & Chang 2004, Ecology 85:2717-2727, equations 5
  and 6): what n of the samples would have shown on average.
- Chao2: a least number of species present, by those seen in one and in two samples (Chao 1987, Biometrics
  43:783-791).
- Coverage: the share of all incidences that belongs to species seen (Chao & Jost 2012, Ecology 93:2533-2547;
  for incidences Chao et al. 2014, Ecological Monographs 84:45-67, equation 4b).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, exp, floor, log
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln
from scipy.stats import norm

from fieldwatch_cloud.counts.estimate import Estimate, Finding

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from fieldwatch_cloud.counts.estimate import Severity

    Array = NDArray[np.float64]

MAO_TAU = "exact rarefaction, Mao Tau (Colwell, Mao & Chang 2004), logit interval"
CHAO2 = "Chao2, log-normal interval (Chao 1987), whole species"
COVERAGE = "sample coverage for incidences (Chao & Jost 2012)"
LEAST_SAMPLES = 25
"""Kays et al. 2020, Methods in Ecology and Evolution 11:700-713: 25 to 35 sites for precise richness."""
COMPLETE = 0.9
"""The project's: below it a tenth of what is met belongs to species not yet seen."""
UNIQUES = 0.5
"""Share of species seen in one sample only above which Chao2 says little (Chao & Chiu 2016)."""


@dataclass(frozen=True, slots=True)
class Accumulation:
    """Over n = 1 ... samples.

    Attributes:
        samples: (n,) 1, 2, ...
        richness: (n,) expected species in so many samples; `se`, `low`, `high` alike.
        coverage: (n,) expected coverage of so many samples.
        estimates: `species_seen`, `species_chao2` (a least number), `coverage`.
    """

    samples: NDArray[np.int64]
    richness: Array
    se: Array
    low: Array
    high: Array
    coverage: Array
    estimates: tuple[Estimate, ...]
    findings: tuple[Finding, ...]


def accumulation(
    incidence: ArrayLike, *, effort: ArrayLike | None = None, level: float = 0.95
) -> Accumulation:
    """Species accumulation, Chao2 and coverage.

    Args:
        incidence: (species, samples) seen or not (counts count as seen); a sample in which nobody looked is
            NaN throughout, and left out.
        effort: (samples,) camera-days, to tell samples that differ much; a sample with 0 is left out.

    Raises:
        ValueError: shapes, a sample that is partly NaN, or no sample at all.
    """
    table = np.asarray(incidence, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"incidence {table.shape} must be (species, samples)")
    spent = np.ones(table.shape[1]) if effort is None else np.asarray(effort, dtype=np.float64)
    gone = np.isnan(table)
    if spent.shape != (table.shape[1],) or (gone.any(axis=0) & ~gone.all(axis=0)).any():
        raise ValueError("effort is one number per sample, and a sample is NaN for all species or for none")
    looked = (spent > 0) & ~gone.any(axis=0)
    spent = spent[looked]
    total = len(spent)
    if not total:
        raise ValueError("nobody looked: there is no sample")
    seen_in = (table[:, looked] > 0).sum(axis=1)
    seen_in = seen_in[seen_in > 0]
    z = float(norm.ppf((1 + level) / 2))
    chao = _chao2(seen_in, total, z, level)
    samples = np.arange(1, total + 1)
    unseen = _share_unseen(seen_in, total, samples)
    richness = len(seen_in) - unseen.sum(axis=0)
    # Equation 6 takes for all species, seen or not, the estimate of how many there are.
    seen_share = ((1 - unseen) ** 2).sum(axis=0)
    se = np.sqrt(np.maximum(seen_share - richness**2 / max(chao.value, 1.0), 0.0))
    low, high = _bounds(richness, seen_share, chao.value, z)
    covered = _coverage(seen_in, total, samples)
    estimates: tuple[Estimate, ...] = (
        Estimate(
            "species_seen",
            float(len(seen_in)),
            float(se[-1]),
            float(low[-1]),
            float(high[-1]),
            "1",
            MAO_TAU,
            level,
        ),
        chao,
        Estimate("coverage", float(covered[-1]), None, None, None, "1", COVERAGE, level),
    )
    if not len(seen_in):
        # None seen tells neither how many there are, nor how many others would have met.
        estimates = (Estimate("species_seen", 0.0, None, None, None, "1", MAO_TAU, level),)
        low, high = np.full((2, total), np.nan)
    findings = _check(seen_in, spent, float(covered[-1]))
    return Accumulation(samples, richness, se, low, high, covered, estimates, findings)


def _bounds(richness: Array, seen_share: Array, species: float, z: float) -> tuple[Array, Array]:
    """Limits of the expected richness, as a share of two species more than are thought to be there.

    On the logit scale, and with two added as Agresti & Coull 1998 do to a share (The American Statistician
    52:119-126): symmetric limits end below what is there once nearly all species were seen.
    """
    ceiling = species + 2
    error = np.sqrt(np.maximum(seen_share - richness**2 / ceiling, 0.0))
    at = np.maximum(richness, 1e-9)
    far = np.exp(z * error * ceiling / (at * (ceiling - at)))
    odds = at / (ceiling - at)
    return ceiling * odds / (odds + far), ceiling * odds * far / (1 + odds * far)


def _share_unseen(seen_in: NDArray[np.int64], total: int, samples: NDArray[np.int64]) -> Array:
    """(species, n) chance that none of n samples drawn without replacement has the species."""
    rest = total - seen_in[:, None] - samples
    logs = _log_choose(total - seen_in[:, None], samples) - _log_choose(np.int64(total), samples)
    return np.asarray(np.where(rest >= 0, np.exp(np.where(rest >= 0, logs, 0.0)), 0.0))


def _log_choose(n: NDArray[np.int64] | np.int64, k: NDArray[np.int64]) -> Array:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(np.maximum(n - k, 0) + 1))


def _chao2(seen_in: NDArray[np.int64], total: int, z: float, level: float) -> Estimate:
    seen, once, twice = len(seen_in), int((seen_in == 1).sum()), int((seen_in == 2).sum())
    a = (total - 1) / total
    if twice:
        r = once / twice
        unseen = a * once * r / 2
        variance = twice * (a * r**2 / 2 + a**2 * r**3 + a**2 * r**4 / 4)
    else:
        unseen = a * once * (once - 1) / 2
        value = max(seen + unseen, 1.0)
        variance = a * once * (once - 1) / 2 + a**2 * (once * (2 * once - 1) ** 2 / 4 - once**4 / (4 * value))
    if unseen > 0:
        spread = exp(z * log(1 + max(variance, 0.0) / unseen**2) ** 0.5)
        low, high = float(floor(seen + unseen / spread)), float(ceil(seen + unseen * spread))
    else:
        # Nothing points to further species: chance that one as frequent as those seen was missed (Chao 1987).
        counts = seen_in.astype(np.float64)
        variance = max(float((np.exp(-counts) - np.exp(-2 * counts)).sum()), 0.0)
        variance = max(variance - float((counts * np.exp(-counts)).sum()) ** 2 / total, 0.0)
        found = 1 - float(np.exp(-counts).sum()) / seen if seen else 1.0
        low = max(float(seen), (seen - z * variance**0.5) / found)
        high = (seen + z * variance**0.5) / found
    value = seen + unseen
    if total < 2:
        # One sample has nothing to compare with: whether its species are common or rare cannot be told.
        return Estimate("species_chao2", value, None, float(seen), None, "1", CHAO2, level)
    # With few samples Chao's limits allow for missed species that the estimate itself does not.
    low, high = min(low, value), max(high, value)
    return Estimate("species_chao2", value, max(variance, 0.0) ** 0.5, low, high, "1", CHAO2, level)


def _coverage(seen_in: NDArray[np.int64], total: int, samples: NDArray[np.int64]) -> Array:
    """(n,) expected coverage of n samples; at n = total by singletons and doubletons."""
    incidences = seen_in.sum()
    if not incidences:
        return np.zeros(len(samples))
    once, twice = int((seen_in == 1).sum()), int((seen_in == 2).sum())
    if twice:
        least = (total - 1) * once / ((total - 1) * once + 2 * twice) if once or twice else 0.0
    else:
        least = (total - 1) * (once - 1) / ((total - 1) * (once - 1) + 2) if once > 1 and total > 1 else 0.0
    fewer = samples[samples < total]
    rest = total - seen_in[:, None] - fewer
    logs = _log_choose(total - seen_in[:, None], fewer) - _log_choose(np.int64(total - 1), fewer)
    unseen = np.where(rest >= 0, np.exp(np.where(rest >= 0, logs, 0.0)), 0.0)
    rarefied = 1 - (seen_in[:, None] / incidences * unseen).sum(axis=0)
    return np.append(rarefied, 1 - once / incidences * least)


def _check(seen_in: NDArray[np.int64], spent: Array, covered: float) -> tuple[Finding, ...]:
    found = [Finding("chao2_least", "note")]
    if len(spent) < LEAST_SAMPLES:
        severity: Severity = "caution" if len(spent) > 1 else "unfit"
        found.append(Finding("few_samples", severity, {"samples": len(spent), "least": LEAST_SAMPLES}))
    if not len(seen_in):
        return (*found, Finding("no_species", "caution", {"samples": len(spent)}))
    if covered < COMPLETE:
        found.append(Finding("incomplete", "caution", {"coverage": covered}))
    if (uniques := float((seen_in == 1).mean())) > UNIQUES:
        found.append(Finding("mostly_uniques", "caution", {"share": uniques}))
    if len(spent) > 2 and (cv := float(spent.std(ddof=1) / spent.mean())) > 0.5:
        found.append(Finding("uneven_samples", "caution", {"cv": cv}))
    return tuple(found)
