"""Counts corrected for what the classifier mistakes, misses and invents.

    W_k ~ Poisson(T * sum_m mu_m P_mk + L * b_k)     what was counted as k in the field
    C_m ~ Multinomial(n_m, P_m)                      what it said of n_m labelled animals of class m
    F_k ~ Poisson(V * b_k)                           what it said of nothing in V labelled pictures

mu: true mean counts; P: rows of true classes, columns of what was said, a last column for missed animals
that nobody sees in the field; b: false boxes a picture. Field and validation counts are fitted together, so
that the interval carries the uncertainty of both (Spence, Barry, Bartos, Blackwell, Scott & Pitois 2024,
Methods in Ecology and Evolution, "Avoiding Confusion"; their model without the last column and b).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import chi2, norm

from fieldwatch_cloud.counts.estimate import Estimate, Finding
from fieldwatch_cloud.counts.methods.misidentification_joint import Joint, Table, field_counts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

METHOD = "joint maximum likelihood of field and validation counts (Spence et al. 2024), profile likelihood"
WIDENED = "joint maximum likelihood (Spence et al. 2024), delta method with the field counts' own variance"
DELTA = "joint maximum likelihood (Spence et al. 2024), delta method"
MOST_PROFILED = 12
"""Classes: a profile over more takes longer than anybody waits (10 s with 20), and gains little."""
LEAST_LABELLED = 50
"""The project's: a recall from 50 animals has a standard error of up to 7 %."""
MOST_CONDITION = 10.0
"""The project's: errors of the counts may be magnified so often by turning the table round."""
OFF = 0.2
"""Share by which uncorrected counts are off above which the verdict says so."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """True mean counts per field sample (or per unit of effort), by class.

    Attributes:
        naive: (classes,) what the classifier said.
        mean: (classes,) the corrected counts, the maximum of the joint likelihood.
        se: (classes,)
        estimates: `corrected:<class>` with their intervals, in the order of the classes.
    """

    classes: tuple[str, ...]
    naive: Array
    mean: Array
    se: Array
    estimates: tuple[Estimate, ...]
    findings: tuple[Finding, ...]


def corrected_counts(
    counts: ArrayLike,
    table: Table,
    *,
    effort: ArrayLike | None = None,
    pictures: float | None = None,
    level: float = 0.95,
) -> Corrected:
    """True mean counts from what a classifier said, with the uncertainty of both.

    Args:
        counts: (samples, classes) field counts by what was said; samples are cameras, days, ...
        effort: (samples,) by which counts grow, e.g. camera-days; samples with 0 are left out. Without it
            each sample is 1, and the answer a mean per sample.
        pictures: that the field counts come from, for boxes on nothing. Without it they are left in.

    Returns:
        Profile-likelihood intervals; where field counts vary by more than a Poisson's between samples, the
        delta method with their own variance.

    Raises:
        ValueError: shapes; field counts of a class without a labelled animal, which nothing can correct; no
            effort. Such a class without field counts is left out of the answer.
    """
    field, spent = field_counts(counts, effort, len(table.classes))
    without = table.labelled == 0
    if without.any():
        none = [name for name, n in zip(table.classes, table.labelled, strict=True) if n == 0]
        if field[:, without].any() or without.all():
            raise ValueError(f"no labelled animal of {', '.join(none)}: its errors are not known")
        rest = corrected_counts(
            field[:, ~without], table.only(~without), effort=spent, pictures=pictures, level=level
        )
        left_out = Finding("classes_never_labelled", "note", {"classes": ", ".join(none)})
        return replace(rest, findings=(left_out, *rest.findings))
    labelled = table.labelled
    looked = float(pictures or 0) if table.pictures else 0.0
    joint = Joint(field.sum(axis=0), float(spent.sum()), table, looked)
    dispersion = _dispersion(field, spent)
    widened = dispersion is not None and dispersion[1] < 0.05
    best = joint.maximum()
    mean = np.exp(best[: joint.classes])
    se = np.sqrt(_variance(joint, mean, field, spent, own=widened).diagonal())
    estimates = []
    for k, name in enumerate(table.classes):
        if widened or len(table.classes) > MOST_PROFILED:
            low, high = _around(float(mean[k]), float(se[k]), level)
            method = WIDENED if widened else DELTA
        else:
            (low, high), method = joint.bound(k, best, level), METHOD
        estimates.append(
            Estimate(f"corrected:{name}", float(mean[k]), float(se[k]), low, high, "1", method, level)
        )
    findings = _check(table, field, spent, mean, labelled, looked)
    if widened and dispersion:
        findings.append(Finding("overdispersed", "caution", {"dispersion": dispersion[0]}))
    naive = field.sum(axis=0) / spent.sum()
    return Corrected(table.classes, naive, mean, se, tuple(estimates), tuple(findings))


def _dispersion(field: Array, spent: Array) -> tuple[float, float] | None:
    """Pearson's chi-square over its degrees of freedom for the most uneven class, and its p (Bonferroni)."""
    if len(field) < 3:
        return None
    expected = spent[:, None] * field.sum(axis=0) / spent.sum()
    seen = expected.sum(axis=0) > 0
    if not seen.any():
        return None
    worst = float(((field - expected)[:, seen] ** 2 / expected[:, seen]).sum(axis=0).max())
    p = float(chi2.sf(worst, len(field) - 1)) * int(seen.sum())
    return worst / (len(field) - 1), min(p, 1.0)


def _around(mean: float, se: float, level: float) -> tuple[float, float]:
    """On the log scale; where the error is too large for one, on the plain scale down to 0."""
    far = float(norm.ppf((1 + level) / 2)) * se
    if mean < 2 * se:
        return max(mean - far, 0.0), mean + far
    return mean / float(np.exp(far / mean)), mean * float(np.exp(far / mean))


def _variance(joint: Joint, mean: Array, field: Array, spent: Array, *, own: bool) -> Array:
    """(classes, classes) of the corrected counts, by the delta method on  mu = (W/T - L/T b) P^-1.

    Field: Poisson's variance, or their own between samples. Validation: multinomial and Poisson.
    """
    table, time = joint.table, joint.time
    shares = table.said / joint.labelled[:, None]
    inverse = np.linalg.pinv(shares)
    if own:
        residual = field - spent[:, None] * field.sum(axis=0) / time
        of_field = len(field) / (len(field) - 1) * residual.T @ residual / time**2
    else:
        of_field = np.diag(field.sum(axis=0)) / time**2
    for m, n in enumerate(joint.labelled):
        p = (table.said[m] + 0.5) / (n + 0.5 * len(shares))
        of_field = of_field + mean[m] ** 2 * (np.diag(p) - np.outer(p, p)) / n
    if joint.pictures:
        per = joint.pictures / time / table.pictures
        of_field = of_field + np.diag(table.invented) * per**2
    return np.asarray(inverse.T @ of_field @ inverse)


def _check(
    table: Table, field: Array, spent: Array, mean: Array, labelled: Array, looked: float
) -> list[Finding]:
    found = []
    figures: dict[str, float | int | str]
    few = int(np.argmin(labelled))
    if labelled[few] < LEAST_LABELLED:
        figures = {"taxon": table.classes[few], "labelled": int(labelled[few]), "least": LEAST_LABELLED}
        found.append(Finding("few_labelled", "caution", figures))
    condition = float(np.linalg.cond(table.said / labelled[:, None]))
    if condition > MOST_CONDITION:
        found.append(Finding("confused_classes", "unfit", {"condition": condition}))
    naive = field.sum(axis=0) / spent.sum()
    off = np.abs(naive / np.where(mean > 0, mean, np.nan) - 1)
    if np.nanmax(off, initial=0.0) > OFF:
        worst = int(np.nanargmax(off))
        figures = {"taxon": table.classes[worst], "naive": float(naive[worst]), "mean": float(mean[worst])}
        found.append(Finding("naive_off", "note", figures))
    at_zero = [n for n, m, w in zip(table.classes, mean, naive, strict=True) if m < 1e-6 < w]
    if at_zero:
        found.append(
            Finding("corrected_to_zero", "caution", {"taxon": at_zero[0], "others": len(at_zero) - 1})
        )
    if table.invented.any() and not looked:
        found.append(Finding("invented_left_in", "caution", {"boxes": int(table.invented.sum())}))
    found.append(Finding("validation_like_field", "note", {"labelled": int(labelled.sum())}))
    return found
