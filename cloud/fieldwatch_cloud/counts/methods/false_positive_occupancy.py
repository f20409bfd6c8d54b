"""Occupancy where a detection may be a mistake: another species, or nothing, taken for this one.

    z_i ~ Bernoulli(psi_i)
    y_ij | z_i = 1 ~ Bernoulli(p11_ij)          found, or mistaken, where the species is
    y_ij | z_i = 0 ~ Bernoulli(p10_ij)          mistaken, where it is not; 0 for methods that are certain

    L = prod_i [ psi_i prod_j p11^y (1 - p11)^(1-y) + (1 - psi_i) prod_j p10^y (1 - p10)^(1-y) ]

Two ways to tell mistakes from findings:

- **estimated**: some visits' detections are certain, because a person looked (type 1), the others are not
  (type 2): Royle & Link 2006, Ecology 87:835-841; Miller, Nichols, McClintock, Grant, Bailey & Weir 2011,
  Ecology 92:1422-1428. Without certain ones the two halves of L can be swapped; then the more frequent kind
  of detection is taken for the right one, and this is told.
- **known**: the detector's mistakes were counted on labelled pictures (`Confusion`). Boxes of class c come at
  a rate g_ijc a visit, and each is called this species with chance q_c; mistakes on nothing come at a rate q
  per picture. So mistaken boxes are Poisson, and

      p10_ij = 1 - exp(-sum_c q_c g_ijc)        p11_ij = 1 - (1 - r_ij)(1 - p10_ij)

  The labelled pictures stay in the likelihood, k_c ~ Binomial(n_c, q_c) or Poisson(n q): so their own
  uncertainty is carried into psi (the calibration design of Chambert, Miller & Nichols 2015, Ecology
  96:332-339). Half a mistake more, shared among the classes (Jeffreys' prior if there is one class), keeps a
  detector that made none from counting as perfect.

A person's certain visits may stand beside the known mistakes: their exposure is 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import expit, log_expit

from fieldwatch_cloud.counts.estimate import Finding
from fieldwatch_cloud.counts.fitting import delta, design, maximise, unfitted
from fieldwatch_cloud.counts.methods.occupancy import mean_psi, occupancy
from fieldwatch_cloud.counts.site_visits import (
    Scores,
    SiteFit,
    alarm,
    data_findings,
    dependence_findings,
    detection_findings,
    edge_findings,
    efficient_score,
    negative,
    visits,
)
from fieldwatch_shared.confusion import BACKGROUND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from fieldwatch_cloud.counts.fitting import Design
    from fieldwatch_cloud.counts.site_visits import Visits
    from fieldwatch_shared.confusion import Confusion

FEW_CERTAIN = 10
"""Certain detections below which what separates the two kinds is thin (ten events per coefficient)."""
FEW_MISTAKES = 4
"""A share counted from k mistakes has a relative error of 1/sqrt(k): worse than a half below four."""
MATTERS = 0.2
"""Relative difference to the estimate without correction that is told."""


@dataclass(frozen=True, slots=True)
class KnownErrors:
    """How often other things are taken for the species, and how much of them came at each visit.

    Attributes:
        names: (c,) what is mistaken: the classes, or `background`.
        mistakes: (c,) how many of `trials` were called the species, on labelled pictures.
        trials: (c,) labelled boxes of the class; for the background, pictures.
        per: (c,) `box`: at most one mistake a trial; `picture`: any number.
        exposure: (sites, visits, c) boxes of the class expected at each visit (or pictures taken); 0 where a
            person's label is certain.
    """

    names: tuple[str, ...]
    mistakes: NDArray[np.float64]
    trials: NDArray[np.float64]
    per: tuple[Literal["box", "picture"], ...]
    exposure: NDArray[np.float64]


def known_errors(
    confusion: Confusion,
    species: str,
    boxes: Mapping[str, ArrayLike],
    pictures: ArrayLike | None = None,
    *,
    certain: ArrayLike | None = None,
) -> KnownErrors:
    """From the detector's confusion, and what else it called at each visit.

    The boxes of a class that come are those called so, divided by the share of it that is called so. What
    counts is their rate and not the number that happened to come: a box that was mistaken is missing from the
    latter just where it matters. See `_rates`.

    Args:
        species: one of the confusion's classes.
        boxes: another class -> (sites, visits) boxes called so; what counts as a box, and the threshold, must
            be those of the confusion (a picture's box, not an event).
        pictures: (sites, visits) pictures looked at; needed for mistakes on nothing, else these are left out.
        certain: (sites, visits) true where a person confirmed: no mistakes there.

    Raises:
        ValueError: a class that the confusion does not know, or nothing that could be mistaken.
    """
    names, mistakes, trials, exposures = [], [], [], []
    per: list[Literal["box", "picture"]] = []
    for name, called in boxes.items():
        right = confusion.share_said(name, name)
        if name in (species, BACKGROUND) or not right:
            continue
        names.append(name)
        mistakes.append(confusion.count(species, name))
        trials.append(confusion.labelled(name))
        per.append("box")
        exposures.append(_rates(np.asarray(called, dtype=float)) / right)
    if pictures is not None and confusion.pictures:
        names.append(BACKGROUND)
        mistakes.append(confusion.count(species, BACKGROUND))
        trials.append(confusion.pictures)
        per.append("picture")
        exposures.append(np.nan_to_num(np.asarray(pictures, dtype=float)))
    if not names:
        raise ValueError(f"nothing that could be taken for {species}: no boxes of other classes, no pictures")
    exposure = np.stack(exposures, axis=-1)
    if certain is not None:
        exposure = np.where(np.asarray(certain, dtype=bool)[..., None], 0.0, exposure)
    return KnownErrors(tuple(names), np.array(mistakes, float), np.array(trials, float), tuple(per), exposure)


def _rates(called: NDArray[np.float64]) -> NDArray[np.float64]:
    """(sites, visits) rate at which boxes come: between the site's mean and the visit's own number.

    The visits' rates are gamma with shape a around the site's mean m; a visit with c boxes then has the
    expected rate m (c + a) / (m + a). a comes from how far the numbers scatter beyond Poisson, pooled over
    the sites (empirical Bayes by moments; Robbins 1956). NaN visits have none.
    """
    seen = ~np.isnan(called)
    each = seen.sum(axis=1)
    mean = np.where(seen, called, 0.0).sum(axis=1) / np.maximum(each, 1)
    squares = np.where(seen, (called - mean[:, None]) ** 2, 0.0).sum()
    beyond = squares - (np.maximum(each - 1, 0) * mean).sum()
    if beyond <= 0:
        return np.where(seen, mean[:, None], 0.0)
    shape = float((np.maximum(each - 1, 0) * mean**2).sum() / beyond)
    middle = mean[:, None]
    return np.where(seen & (middle > 0), middle * (np.nan_to_num(called) + shape) / (middle + shape), 0.0)


@dataclass(frozen=True, slots=True)
class FalsePositiveOccupancy(SiteFit):
    """Estimates: `occupancy` (mean psi over the sites), `detection` (estimated: mean p11; known: mean r,
    right detections only), `false_positive` (mean p10 of the visits that can be mistaken).

    Attributes:
        psi: (sites,) chance that a site with these covariates is occupied; NaN where one is missing.
        p: (sites, visits) p11, chance of a detection where the species is.
        false: (sites, visits) p10, chance of one where it is not.
        occupied: (sites,) chance that this very site is occupied, given what was seen there.
    """

    psi: NDArray[np.float64]
    p: NDArray[np.float64]
    false: NDArray[np.float64]
    occupied: NDArray[np.float64]


def false_positive_occupancy(
    y: ArrayLike,
    *,
    certain: ArrayLike | None = None,
    known: KnownErrors | None = None,
    psi: Design | None = None,
    p: Design | None = None,
    false: Design | None = None,
    level: float = 0.95,
) -> FalsePositiveOccupancy:
    """Fit by maximum likelihood.

    Args:
        y: (sites, visits) 1 detected, 0 not, NaN nobody looked.
        certain: (visits,) or (sites, visits), true where a detection cannot be a mistake (type 1).
        known: the detector's counted mistakes; without them they are estimated from y.
        psi: (sites, k) design of presence; each the intercept alone if None.
        p: (sites, visits, k) design of p11 (of r with `known`).
        false: (sites, visits, k) design of p10; not with `known`.

    Returns:
        The fit with coefficients `psi(...)`, `p(...)`, `fp(...)` on the logit scale; with `known`, instead of
        the last, `false(class)`, logit q of a class, log q per picture.

    Raises:
        ValueError: shapes do not fit, y holds other values, both `known` and `false` are given, or no visit
            can be mistaken (that is plain `occupancy`).
    """
    shape = np.shape(y)
    if known is not None and false is not None:
        raise ValueError("mistakes are either known or estimated with a design, not both")
    psi = psi or design("psi", shape[:1])
    p = p or design("p", shape)
    sure = np.zeros(shape, bool) if certain is None else np.broadcast_to(np.asarray(certain, bool), shape)
    if sure.all():
        raise ValueError("every visit is certain: there are no mistakes to correct, use occupancy")
    model: _Estimated | _Known
    if known is None:
        false = false or design("fp", shape)
        data = visits(y, psi, p, false, binary=True)
        model = _Estimated(data, psi, p, false, np.array(sure))
    else:
        if known.exposure.shape[:2] != shape:
            raise ValueError(f"the exposure has the shape {known.exposure.shape}, not {shape}")
        data = visits(y, psi, p, binary=True)
        sites_known = replace(known, exposure=np.where(sure[..., None], 0.0, known.exposure))
        model = _Known(data, psi, p, sites_known)
    findings = data_findings(data, slopes=len(psi.names) - 1)
    names = (*psi.names, *p.names, *model.names)
    nowhere = np.full(shape, np.nan)
    if not data.detected.any() or not data.repeated:
        fit = unfitted(names, data.sites, *findings)
        return FalsePositiveOccupancy(fit, nowhere[:, 0], nowhere, nowhere, nowhere[:, 0])

    def scores(theta: NDArray[np.float64]) -> Scores:
        return _scores(theta, model)[0]

    fit = maximise(negative(scores), _starts(model), names, sites=data.sites, gradient=True)
    at, occupied = _scores(fit.coefficients, model)
    b, d, f = np.split(fit.coefficients, np.cumsum([len(psi.names), len(p.names)]))
    chance = expit(psi.eta(b))
    kinds = model.kinds(d, f)
    p11, p10 = -np.expm1(kinds.log_missed), -np.expm1(-kinds.mistaken)
    present = float(chance[data.used].mean())
    findings += edge_findings(fit, psi=present) + detection_findings(data, expit(p.eta(d)))
    of_data = at.by[: len(data.y), : len(psi.names) + len(p.names)]
    residual = np.where(data.seen, data.y - p11, 0.0)
    findings += dependence_findings(data, residual, occupied, of_data)
    findings += model.findings(p11, p10, at.by)
    findings += _against_naive(data, psi, p, present)
    open_ = data.seen & ~sure
    estimates = (
        mean_psi(fit, data, psi, scores, level),
        delta(
            fit,
            lambda theta: float(expit(p.eta(theta[len(psi.names) :][: len(p.names)]))[data.seen].mean()),
            name="detection",
            link="logit",
            level=level,
        ),
        delta(
            fit,
            lambda theta: float(
                -np.expm1(
                    -model.kinds(
                        theta[len(psi.names) :][: len(p.names)], theta[len(psi.names) + len(p.names) :]
                    ).mistaken[open_]
                ).mean()
            ),
            name="false_positive",
            link="logit",
            level=level,
        ),
    )
    fit = replace(fit, estimates=estimates, findings=tuple(findings))
    return FalsePositiveOccupancy(fit, np.where(psi.complete, chance, np.nan), p11, p10, occupied)


@dataclass(frozen=True, slots=True)
class _Kinds:
    """log(1 - p11) and -log(1 - p10) (sites, visits): a visit's chances of silence, where the species is and
    where it is not."""

    log_missed: NDArray[np.float64]
    mistaken: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Estimated:
    data: Visits
    psi: Design
    p: Design
    false: Design
    sure: NDArray[np.bool_]

    @property
    def names(self) -> tuple[str, ...]:
        return self.false.names

    def kinds(self, d: NDArray[np.float64], f: NDArray[np.float64]) -> _Kinds:
        mistaken = np.where(self.sure, 0.0, -log_expit(-self.false.eta(f)))
        return _Kinds(log_expit(-self.p.eta(d)), mistaken)

    def by_coefficients(
        self,
        d: NDArray[np.float64],
        f: NDArray[np.float64],
        by_missed: NDArray[np.float64],
        by_mistaken: NDArray[np.float64],
    ) -> list[NDArray[np.float64]]:
        """Scores (sites, k) by d and f, from (sites, visits) slopes by the two figures of `_Kinds`."""
        by_c = -by_missed * expit(self.p.eta(d))
        by_f = np.where(self.sure, 0.0, by_mistaken * expit(self.false.eta(f)))
        return [self.p.pull_sites(by_c), self.false.pull_sites(by_f)]

    def labelled(self, f: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]] | None:
        del f
        return None

    def starts(self) -> list[list[float]]:
        return [[-3.0, *[0.0] * (len(self.false.names) - 1)], [-1.5, *[0.0] * (len(self.false.names) - 1)]]

    def findings(
        self, p11: NDArray[np.float64], p10: NDArray[np.float64], by: NDArray[np.float64]
    ) -> list[Finding]:
        del by
        certain = int(self.data.y[self.sure & self.data.seen].sum())
        found = []
        if not (self.sure & self.data.seen).any():
            found.append(Finding("false_no_certain", "caution"))
        elif certain < FEW_CERTAIN:
            found.append(Finding("false_few_certain", "caution", {"certain": certain, "least": FEW_CERTAIN}))
        open_ = self.data.seen & ~self.sure
        if open_.any() and p10[open_].mean() >= p11[open_].mean():
            figures = {"false": float(p10[open_].mean()), "right": float(p11[open_].mean())}
            found.append(Finding("false_more_than_right", "unfit", figures))
        return found


@dataclass(frozen=True, slots=True)
class _Known:
    data: Visits
    psi: Design
    p: Design
    known: KnownErrors

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"false({name})" for name in self.known.names)

    def _q(self, f: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(c,) q, and its derivative by f."""
        box = self._box
        q = np.where(box, expit(f), np.exp(f))
        return q, np.where(box, q * (1 - q), q)

    @property
    def _box(self) -> NDArray[np.bool_]:
        return np.array([each == "box" for each in self.known.per])

    def kinds(self, d: NDArray[np.float64], f: NDArray[np.float64]) -> _Kinds:
        mistaken = self.known.exposure @ self._q(f)[0]
        return _Kinds(log_expit(-self.p.eta(d)) - mistaken, mistaken)

    def by_coefficients(
        self,
        d: NDArray[np.float64],
        f: NDArray[np.float64],
        by_missed: NDArray[np.float64],
        by_mistaken: NDArray[np.float64],
    ) -> list[NDArray[np.float64]]:
        by_c = -by_missed * expit(self.p.eta(d))
        by_f = ((by_mistaken - by_missed)[..., None] * self.known.exposure).sum(axis=1) * self._q(f)[1]
        return [self.p.pull_sites(by_c), by_f]

    def labelled(self, f: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """log L of the labelled pictures, with half a mistake more, and its gradient by f."""
        k, right, n = self._counted
        q, box = self._q(f)[0], self._box
        value = np.where(box, k * log_expit(f) + right * log_expit(-f), k * f - n * q)
        by = np.where(box, k - (k + right) * q, k - n * q)
        return float(value.sum()), by

    @property
    def _counted(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """(c,) mistakes, with each class's part of the half; what was no mistake; trials."""
        k, n = self.known.mistakes, self.known.trials
        return k + 0.5 / len(k), n - k + 0.5, n

    def starts(self) -> list[list[float]]:
        k, right, n = self._counted
        return [list(np.where(self._box, np.log(k / right), np.log(k / n)))]

    def findings(
        self, p11: NDArray[np.float64], p10: NDArray[np.float64], by: NDArray[np.float64]
    ) -> list[Finding]:
        """Whether the counted mistakes are known well enough, and whether the field agrees with them.

        The latter asks for one factor common to all q. At the joint maximum the field's score for it, S, is
        what pulls away from the labelled pictures. With F the field's information on it and L the labelled
        pictures', S has the variance F L / (F + L) where both saw the same detector.
        """
        del p11
        seen = self.data.seen
        found = []
        rates = self.known.mistakes / self.known.trials
        for c, name in enumerate(self.known.names):
            share = float(-np.expm1(-self.known.exposure[..., c] * rates[c])[seen].mean())
            thin = self.known.mistakes[c] < FEW_MISTAKES and self.known.exposure[..., c][seen].max() > 0
            mistakes, trials = int(self.known.mistakes[c]), int(self.known.trials[c])
            if thin and (share > 0.02 or trials < 50):
                told: dict[str, float | str] = {"name": name, "mistakes": mistakes, "trials": trials}
                found.append(Finding("false_known_from_few", "caution", told))
        fixed = len(self.psi.names) + len(self.p.names)
        pull, spread = efficient_score(by[:-1, fixed:].sum(axis=1), by[:-1, :fixed])
        k, right, _ = self._counted
        labelled = float(np.where(self._box, k * right / (k + right), k).sum())
        if spread > 0 and labelled > 0:
            z = pull / np.sqrt(spread**2 * labelled / (spread**2 + labelled))
            found += alarm("false_known_disagrees", float(z), two_sided=True)
        mean = float(p10[seen].mean())
        detected = float(self.data.y[seen].mean())
        if mean > detected:
            found.append(Finding("false_more_than_right", "unfit", {"false": mean, "right": detected}))
        return found


def _scores(theta: NDArray[np.float64], model: _Estimated | _Known) -> tuple[Scores, NDArray[np.float64]]:
    """As in `occupancy`, with both states able to show detections.

    With `known`, the labelled pictures are one more row.
    """
    data, psi = model.data, model.psi
    b, d, f = np.split(theta, np.cumsum([len(psi.names), len(model.p.names)]))
    a = psi.eta(b)
    kinds = model.kinds(d, f)
    hit = data.y > 0
    with np.errstate(divide="ignore"):
        log_found = np.log(-np.expm1(kinds.log_missed))
        log_mistaken = np.log(-np.expm1(-kinds.mistaken))
    there = log_expit(a) + _over(data, np.where(hit, log_found, kinds.log_missed))
    not_there = log_expit(-a) + _over(data, np.where(hit, log_mistaken, -kinds.mistaken))
    total = np.logaddexp(there, not_there)
    occupied = np.exp(there - total)
    w = occupied[:, None]
    by_missed = np.where(hit, -np.exp(kinds.log_missed - log_found), 1.0)
    # Where a hit cannot be a mistake, the other state has no weight, and its infinite slope none either.
    possible = np.where(np.isfinite(log_mistaken), log_mistaken, 0.0)
    by_mistaken = np.where(hit, np.exp(-kinds.mistaken - possible) * np.isfinite(log_mistaken), -1.0)
    by_missed = np.where(data.seen, w * by_missed, 0.0)
    by_mistaken = np.where(data.seen, (1 - w) * by_mistaken, 0.0)
    by_a = psi.pull_sites(np.where(data.used, occupied - expit(a), 0.0))
    by = np.concatenate([by_a, *model.by_coefficients(d, f, by_missed, by_mistaken)], axis=1)
    value = np.where(data.used, total, 0.0)
    labelled = model.labelled(f)
    if labelled is not None:
        value = np.append(value, labelled[0])
        by = np.vstack([by, np.r_[np.zeros(by.shape[1] - len(f)), labelled[1]]])
    return Scores(value, by), occupied


def _over(data: Visits, each: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.where(data.seen, each, 0.0).sum(axis=1))


def _starts(model: _Estimated | _Known) -> list[NDArray[np.float64]]:
    data = model.data
    share = np.clip(data.detected.sum() / data.sites * 0.7, 0.05, 0.9)
    often = np.clip(data.y.sum() / data.seen[data.detected].sum(), 0.05, 0.9)
    begin = np.zeros(len(model.psi.names) + len(model.p.names))
    begin[0] = np.log(share / (1 - share))
    begin[len(model.psi.names)] = np.log(often / (1 - often))
    return [np.r_[begin, start] for start in model.starts()]


def _against_naive(data: Visits, psi: Design, p: Design, corrected: float) -> list[Finding]:
    """What one would have got without correction."""
    naive = occupancy(np.where(data.seen, data.y, np.nan), psi, p)
    if not naive.estimates:
        return []
    value = naive.estimates[0].value
    off = value / corrected - 1 if corrected > 0 else np.inf
    figures = {"naive": value, "corrected": corrected, "off": off}
    return [Finding("false_correction_matters", "note", figures)] if abs(off) > MATTERS else []
