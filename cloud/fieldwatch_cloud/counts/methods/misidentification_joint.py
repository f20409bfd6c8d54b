"""The joint likelihood of field counts and validation counts: see `misidentification` for the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.stats import chi2

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from fieldwatch_shared.confusion import Confusion

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Table:
    """Validation counts, as the model above takes them.

    Attributes:
        said: (classes, classes) animals of class m (rows) called k (columns).
        missed: (classes,) animals of class m of which nothing was said.
        invented: (classes,) boxes of class k on nothing.
        pictures: that were looked at for `invented`; 0 where that is not known.
    """

    classes: tuple[str, ...]
    said: Array
    missed: Array
    invented: Array
    pictures: float

    @property
    def labelled(self) -> Array:
        """(classes,) animals that were there."""
        return np.asarray(self.said.sum(axis=1) + self.missed)

    def only(self, kept: NDArray[np.bool_]) -> Table:
        """Without the other classes, neither as what was there nor as what was said.

        Animals that were called one of those were then missed.
        """
        classes = tuple(name for name, keep in zip(self.classes, kept, strict=True) if keep)
        missed = self.missed[kept] + self.said[np.ix_(kept, ~kept)].sum(axis=1)
        return Table(classes, self.said[np.ix_(kept, kept)], missed, self.invented[kept], self.pictures)

    @classmethod
    def from_confusion(cls, confusion: Confusion) -> Table:
        """The detector's own table; it stands the other way round (said by was)."""
        rows = np.array(confusion.said_by_was, dtype=np.float64).T
        return cls(
            confusion.classes, rows[:-1, :-1], rows[:-1, -1], rows[-1, :-1], float(confusion.pictures or 0)
        )

    @classmethod
    def of_classified(cls, classes: Sequence[str], was_by_said: ArrayLike) -> Table:
        """For a classifier of animals that are all found: rows true, columns said."""
        said = np.asarray(was_by_said, dtype=np.float64)
        none = np.zeros(len(classes))
        return cls(tuple(classes), said, none, none, 0.0)


def field_counts(counts: ArrayLike, effort: ArrayLike | None, classes: int) -> tuple[Array, Array]:
    """(samples, classes) counts and (samples,) effort, of the samples that have any.

    Raises:
        ValueError: shapes, negative counts, or no effort at all.
    """
    field = np.atleast_2d(np.asarray(counts, dtype=np.float64))
    spent = np.ones(len(field)) if effort is None else np.asarray(effort, dtype=np.float64)
    if field.shape[1] != classes or spent.shape != (len(field),) or (field < 0).any():
        raise ValueError(
            f"counts {field.shape}, effort {spent.shape}: expected (samples, {classes}), (samples,)"
        )
    if not (spent > 0).any():
        raise ValueError("no sample has effort: nobody looked")
    return field[spent > 0], spent[spent > 0]


class Joint:
    """The joint likelihood of field and validation counts, with constants left out.

    Parameters are on their own scale, kept positive by the logarithm: mu through log mu, shares through a
    softmax with the unseen or last column as its base, b through log b. Cells that are 0 in the validation
    keep a tiny share, which costs nothing: their log-likelihood grows towards 0.
    """

    def __init__(self, total: Array, time: float, table: Table, pictures: float) -> None:
        self.total, self.time, self.table, self.pictures = total, time, table, pictures
        self.classes = len(total)
        self.validated = np.column_stack([table.said, table.missed])
        self.labelled = self.validated.sum(axis=1)
        self.with_false = bool(pictures and table.invented.any())

    def start(self) -> Array:
        """The closed solution where it lies inside: observed shares, the table turned round."""
        k = self.classes
        shares = (self.validated + 1e-6) / (self.labelled + 1e-6 * (k + 1))[:, None]
        false = (self.table.invented + 1e-6) / self.table.pictures if self.with_false else np.zeros(k)
        left = self.total / self.time - self.pictures / self.time * false
        mean = np.maximum(
            np.linalg.pinv(shares[:, :k]).T @ left, 1e-3 * (self.total.sum() / self.time + 1e-3)
        )
        parts = [np.log(mean), np.log(shares).ravel()]
        return np.concatenate([*parts, np.log(false)] if self.with_false else parts)

    def maximum(self) -> Array:
        """Where the likelihood is largest: (parameters,) log means, logits of the shares, log false boxes."""
        return self._minimise(self.start(), fixed=None)

    def bound(self, k: int, best: Array, level: float) -> tuple[float, float]:
        """Where the profile likelihood of mu_k has fallen by half a chi-square's quantile (Wilks 1938)."""
        drop, least = float(chi2.ppf(level, 1)) / 2, self._negative(best)[0]
        met = {float(best[k]): (-drop, best)}

        def excess(log_mean: float) -> float:
            """How far beyond the drop; each place is met once, from the nearest that was met before."""
            if log_mean not in met:
                start = met[min(met, key=lambda near: abs(near - log_mean))][1].copy()
                start[k] = log_mean
                theta = self._minimise(start, fixed=k)
                met[log_mean] = (self._negative(theta)[0] - least - drop, theta)
            return met[log_mean][0]

        return self._walk(excess, float(best[k]), -1.0), self._walk(excess, float(best[k]), 1.0)

    def _walk(self, excess: Callable[[float], float], best: float, way: float) -> float:
        """Outwards from the maximum until the likelihood has fallen enough, then back to the very place."""
        nothing = float(np.log(1e-6 * (self.total.sum() + 1) / self.time))
        inner, step = best, 0.2
        while excess(outer := inner + way * step) <= 0:
            if outer < nothing and way < 0:
                return 0.0
            inner, step = outer, step * 1.6
        return float(np.exp(brentq(excess, *sorted((inner, outer)), xtol=1e-5)))

    def _minimise(self, start: Array, fixed: int | None) -> Array:
        free = np.ones(len(start), dtype=bool)
        if fixed is not None:
            free[fixed] = False

        def negative(part: Array) -> tuple[float, Array]:
            theta = start.copy()
            theta[free] = part
            value, gradient = self._negative(theta)
            return value, gradient[free]

        found = minimize(
            negative,
            start[free],
            jac=True,
            method="L-BFGS-B",
            bounds=[(-25.0, 25.0)] * int(free.sum()),
            options={"maxiter": 5000, "maxfun": 20000, "ftol": 1e-14, "gtol": 1e-8},
        )
        theta = start.copy()
        theta[free] = found.x
        return theta

    def _negative(self, theta: Array) -> tuple[float, Array]:
        """Minus the log-likelihood and its gradient."""
        k = self.classes
        mean = np.exp(theta[:k])
        logits = theta[k : k + k * (k + 1)].reshape(k, k + 1)
        logits = logits - logits.max(axis=1, keepdims=True)
        shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        if not self.table.missed.any():
            shares = shares[:, :k] / shares[:, :k].sum(axis=1, keepdims=True)
            shares = np.column_stack([shares, np.zeros(k)])
        false = np.exp(theta[k + k * (k + 1) :]) if self.with_false else np.zeros(k)
        expected = self.time * mean @ shares[:, :k] + self.pictures * false + 1e-300
        logs = np.where(self.validated > 0, np.log(np.where(shares > 0, shares, 1)), 0.0)
        value = float((expected - self.total * np.log(expected)).sum() - (self.validated * logs).sum())
        slope = 1 - self.total / expected
        by_share = self.time * mean[:, None] * np.append(slope, 0.0)
        inner = (shares * by_share).sum(axis=1, keepdims=True)
        by_logit = shares * (by_share - inner) - (self.validated - self.labelled[:, None] * shares)
        if not self.table.missed.any():
            by_logit[:, k] = 0.0
        parts = [self.time * mean * (shares[:, :k] @ slope), by_logit.ravel()]
        if self.with_false:
            value += float((self.table.pictures * false - self.table.invented * np.log(false)).sum())
            parts.append(false * (self.pictures * slope + self.table.pictures) - self.table.invented)
        return value, np.concatenate(parts)
