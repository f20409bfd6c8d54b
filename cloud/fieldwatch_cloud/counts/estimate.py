"""What every method answers with: numbers with their uncertainty, and findings on how far the data bear them.

    data ─▶ methods.<name> ─▶ Fit(estimates, findings) ─▶ verdict

A finding is a code with figures; `counts.words` says it in English and Chinese. So the rules that find are
pure and tested, and the words can be mended without touching them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

Severity = Literal["note", "caution", "unfit"]
"""`note`: holds by choice, worth knowing. `caution`: an assumption is strained; the number may be off, and
its interval too narrow. `unfit`: do not publish this number."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One number, with the interval that encloses the truth in `level` of such samples."""

    name: str
    """What it is, by a stable code: `occupancy`, `density`, `activity_level`, ..."""
    value: float
    se: float | None
    """Standard error on the scale of `value`; None where the method gives an interval only."""
    low: float | None
    high: float | None
    unit: str
    """UCUM-like: `1` for a share, `1/km2`, `1/(100 d)`, `m/s`, ..."""
    method: str
    """How the interval was made, with its source."""
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Finding:
    """What the data, or the fit, say about one assumption."""

    code: str
    severity: Severity
    figures: Mapping[str, float | int | str] = field(default_factory=dict)
    """What the words need: `{sites}`, `{least}`, ..."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A model fitted by maximum likelihood.

    Attributes:
        names: of the coefficients, `part(covariate)`: `psi(Int)`, `psi(habitat)`, `p(Int)`.
        coefficients: (k,) on the scale of each part's link.
        covariance: (k, k) inverse of the observed information; None where that is singular.
        log_likelihood: with the constants that its docstring names: programs differ.
        converged: the optimiser's gradient is small and the information matrix positive definite.
    """

    names: tuple[str, ...]
    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64] | None
    log_likelihood: float
    converged: bool
    sites: int
    """What AIC with small-sample correction counts as the sample size."""
    estimates: tuple[Estimate, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def standard_errors(self) -> NDArray[np.float64] | None:
        """(k,), or None where the information matrix is singular."""
        return None if self.covariance is None else self.covariance.diagonal() ** 0.5

    @property
    def aic(self) -> float:
        """Akaike 1974: 2k - 2 log L."""
        return 2 * len(self.names) - 2 * self.log_likelihood
