"""Scores on the scale of a card: sigmoid(logit(score) / temperature), the same for every box of a model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

#: Scores nearer to 0 or 1 than this have no logit worth the name.
EDGE = 1e-6


def logit(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Log-odds of ``scores``, kept finite at 0 and 1."""
    clipped = np.clip(scores, EDGE, 1 - EDGE)
    return np.asarray(np.log(clipped / (1 - clipped)), np.float64)


def calibrated(scores: npt.NDArray[np.float64], temperature: float) -> npt.NDArray[np.float64]:
    """The network's ``scores`` as a card with this temperature reports them. Their order stays."""
    if temperature == 1:
        return scores
    return np.asarray(1 / (1 + np.exp(-logit(scores) / temperature)), np.float64)


def moved(score: float, old: float, new: float) -> float:
    """The score that selects under temperature ``new`` the very boxes that ``score`` selects under
    ``old``."""
    odds = math.log(score / (1 - score)) * old / new
    return 1 / (1 + math.exp(-odds))
