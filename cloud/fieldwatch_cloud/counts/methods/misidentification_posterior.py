"""Corrected counts as a posterior distribution: see `misidentification` for the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_cloud.counts.estimate import Estimate
from fieldwatch_cloud.counts.methods.misidentification_joint import field_counts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from fieldwatch_cloud.counts.methods.misidentification_joint import Table

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Posterior:
    """Draws of the posterior: `mean` (draws, classes), `share` (draws, classes, classes + 1)."""

    classes: tuple[str, ...]
    mean: Array
    share: Array

    def estimates(self, level: float = 0.95) -> tuple[Estimate, ...]:
        low, high = np.quantile(self.mean, [(1 - level) / 2, (1 + level) / 2], axis=0)
        method = "posterior mean, central credible interval (Gibbs sampler)"
        return tuple(
            Estimate(f"corrected:{name}", float(mean), float(sd), float(a), float(b), "1", method, level)
            for name, mean, sd, a, b in zip(
                self.classes, self.mean.mean(axis=0), self.mean.std(axis=0), low, high, strict=True
            )
        )


def posterior(
    counts: ArrayLike,
    table: Table,
    *,
    effort: ArrayLike | None = None,
    draws: int = 2000,
    chains: int = 100,
    burn: int = 200,
    seed: int = 20240501,
) -> Posterior:
    """The Bayesian answer, with mu ~ Gamma(1, 0.001) and P_m ~ Dirichlet(1, ..., 1) (Spence et al. 2024).

    A Gibbs sampler over which true class each counted animal is of (Tanner & Wong 1987, JASA 82:528-540):
    given that, all parameters have conjugate distributions. Chains run side by side in one array. Boxes on
    nothing are not in this model.

    Args:
        counts, effort: as in `corrected_counts`.
        draws: kept of each chain.
    """
    field, spent = field_counts(counts, effort, len(table.classes))
    total, time, k = field.sum(axis=0).astype(np.int64), float(spent.sum()), len(table.classes)
    hidden = bool(table.missed.any())
    validated = np.column_stack([table.said, table.missed]) if hidden else table.said
    random = np.random.default_rng(seed)
    share = np.broadcast_to(
        (validated + 1) / (validated + 1).sum(axis=1, keepdims=True), (chains, *validated.shape)
    )
    mean = np.broadcast_to(total / time + 1.0, (chains, k))
    kept_mean, kept_share = np.empty((draws, chains, k)), np.zeros((draws, chains, k, k + 1))
    for step in range(burn + draws):
        allocated = np.zeros((chains, *validated.shape))
        for said in range(k):
            odds = mean * share[:, :, said]
            allocated[:, :, said] = random.multinomial(total[said], odds / odds.sum(axis=1, keepdims=True))
        if hidden:
            allocated[:, :, -1] = random.poisson(time * mean * share[:, :, -1])
        mean = random.gamma(1 + allocated.sum(axis=2), 1 / (0.001 + time))
        gammas = random.gamma(1 + validated + allocated)
        share = gammas / gammas.sum(axis=2, keepdims=True)
        if step >= burn:
            kept_mean[step - burn] = mean
            kept_share[step - burn, :, :, : share.shape[2]] = share
    return Posterior(table.classes, kept_mean.reshape(-1, k), kept_share.reshape(-1, k, k + 1))
