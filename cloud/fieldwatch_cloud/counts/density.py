"""What the methods that estimate densities share: parts with an error, encounter rates, intervals.

Units throughout: metres, radians, seconds; a density is in animals per km².
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.stats import norm, t

from fieldwatch_cloud.counts.estimate import Estimate, Finding

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

PER_KM2 = 1e6
"""m² in a km²."""
SECONDS_PER_DAY = 86_400.0
LOG_NORMAL = "log-normal (Burnham et al. 1987; Buckland et al. 2001, eq. 3.71)"


@dataclass(frozen=True, slots=True)
class Part:
    """One factor of a density, estimated from other data: a speed, an activity level, a detection radius.

    Attributes:
        se: standard error; 0 for what is known exactly.
        units: how many independent pieces of data it rests on, for Satterthwaite's degrees of freedom;
            None: many.
    """

    value: float
    se: float
    units: int | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and self.value > 0 and math.isfinite(self.se) and self.se >= 0):
            raise ValueError(f"a part must be positive with a standard error of 0 or more, got {self}")

    @classmethod
    def of(cls, estimate: Estimate, units: int | None = None) -> Part:
        """Raises ValueError where the estimate has no standard error."""
        if estimate.se is None:
            raise ValueError(f"{estimate.name} has no standard error and cannot be a part of a density")
        return cls(estimate.value, estimate.se, units)

    @property
    def cv(self) -> float:
        return self.se / self.value


@dataclass(frozen=True, slots=True)
class Density:
    """Animals per km², the estimates that it was made from, and what the data say about its assumptions."""

    estimates: tuple[Estimate, ...]
    """`density` comes first."""
    findings: tuple[Finding, ...]
    cv_parts: dict[str, float]
    """Coefficient of variation that each part brings: where more field work pays."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Encounters per unit of effort over cameras, with the variance between them."""

    value: float
    se: float | None
    """None with one camera: nothing is known about how cameras differ."""
    cameras: int
    encounters: float


def encounter_rate(encounters: ArrayLike, effort: ArrayLike) -> Rate:
    """The ratio of sums N/L over cameras k with n_k encounters in effort l_k, and its variance between them:

        var(N/L) = K / (L² (K - 1)) · Σ l_k² (n_k/l_k - N/L)²

    the ratio estimator for cameras placed at random (Cochran 1977, eq. 6.9; R2 of Fewster et al. 2009,
    Biometrics 65:225-236, eq. 10, with points in the place of lines).

    Args:
        encounters: (K,), 0 or more.
        effort: (K,), 0 or more, in any unit; cameras with none are left out.

    Raises:
        ValueError: shapes differ, a value is negative, or there is no effort at all.
    """
    n, effort = np.asarray(encounters, float), np.asarray(effort, float)
    if n.shape != effort.shape or n.ndim != 1:
        raise ValueError(f"encounters {n.shape} and effort {effort.shape} must be one value per camera")
    if not (np.isfinite(n).all() and np.isfinite(effort).all()) or (n < 0).any() or (effort < 0).any():
        raise ValueError("encounters and effort must be finite, and 0 or more")
    if n[effort == 0].any():
        raise ValueError("encounters at a camera without effort")
    n, effort = n[effort > 0], effort[effort > 0]
    cameras, total = len(n), float(effort.sum())
    if not cameras:
        raise ValueError("no camera looked: without effort there is no rate")
    rate = float(n.sum()) / total
    residual = n - rate * effort
    se = math.sqrt(cameras / (cameras - 1) * float(residual @ residual)) / total if cameras > 1 else None
    return Rate(rate, se, cameras, float(n.sum()))


def log_normal(
    name: str,
    value: float,
    se: float | None,
    unit: str,
    *,
    df: float | None = None,
    level: float = 0.95,
    how: str = "",
) -> Estimate:
    """An estimate that cannot be negative, with the interval value / C to value · C,

        C = exp(q · sqrt(log(1 + (se/value)²)))

    where q is the quantile of Student's t with `df` degrees of freedom (None: of the normal).
    """
    method = f"{how}; {LOG_NORMAL}" if how else LOG_NORMAL
    value, se = float(value), None if se is None else float(se)
    if se is None or value <= 0:
        return Estimate(name, value, se, None, None, unit, method, level)
    tail = (1 + level) / 2
    quantile = float(norm.ppf(tail) if df is None else t.ppf(tail, df))
    factor = math.exp(quantile * math.sqrt(math.log1p((se / value) ** 2)))
    return Estimate(name, value, se, value / factor, value * factor, unit, method, level)


def satterthwaite(parts: list[tuple[float, float | None]]) -> float | None:
    """Degrees of freedom of a product: cv⁴ / Σ cv_i⁴/df_i (Buckland et al. 2001, eq. 3.75).

    Args:
        parts: (cv, df) of each factor; df None: many.

    Returns:
        None where no factor has limited degrees of freedom.
    """
    total = sum(cv**2 for cv, _ in parts) ** 2
    limited = sum(cv**4 / df for cv, df in parts if df is not None)
    return total / limited if limited > 0 else None


def finding(
    code: str, severity: Literal["note", "caution", "unfit"], **figures: float | int | str
) -> Finding:
    """A finding with its figures by name."""
    return Finding(code, severity, figures)


def positive(values: ArrayLike, what: str) -> NDArray[np.float64]:
    """(n,) finite and above 0.

    Raises:
        ValueError: naming `what`, otherwise.
    """
    array = np.asarray(values, float)
    if array.ndim != 1 or not np.isfinite(array).all() or (array <= 0).any():
        raise ValueError(f"{what} must be a list of finite numbers above 0")
    return array
