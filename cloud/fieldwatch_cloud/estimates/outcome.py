"""What the adapters share: options that every method takes, and what each gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from fieldwatch_cloud.counts.density import Part

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fieldwatch_cloud.counts.estimate import Estimate, Finding, Fit

Share = Annotated[float, Field(ge=0, le=1)]


class Options(BaseModel):
    """Of every method."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    level: float = Field(0.95, ge=0.5, le=0.999, description="Confidence level of the intervals.")
    join_within_m: float = Field(
        1,
        ge=0,
        le=10_000,
        description="Cameras that stand this close to each other are one site. In densities and roosts only "
        "those that followed each other: there, each view counts by itself.",
    )


class Measure(BaseModel):
    """A number that was measured in the field."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: float = Field(gt=0)
    se: float = Field(ge=0, description="Standard error; 0 for what is known exactly.")
    n: int | None = Field(None, ge=2, description="How many measurements it rests on.")

    @property
    def part(self) -> Part:
        return Part(self.value, self.se, self.n)


@dataclass(frozen=True, slots=True)
class Curve:
    """(n,) each; NaN where nobody looked."""

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    x_unit: str
    y_unit: str
    low: NDArray[np.float64] | None = None
    high: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    estimates: tuple[Estimate, ...]
    findings: tuple[Finding, ...]
    detections: int
    """Independent events, or single records, that went into it."""
    occasions: int | None = None
    fit: Fit | None = None
    curves: tuple[Curve, ...] = ()
