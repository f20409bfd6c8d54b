"""Does a score of 0.7 mean right in seven of ten cases? Reliability, its error, and the temperature that
mends it.

A box is right if it overlaps a label of its class by 0.5. Temperature scaling (Guo et al. 2017) divides the
score's log-odds by one number for all classes: order and operating point stay, only the numbers become
honest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fieldwatch_models.evaluate.curves import match
from fieldwatch_models.evaluate.scale import calibrated, logit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fieldwatch_models.evaluate.predictions import Seen

BINS = 10
FOLDS = 5
#: Boxes under this score are noise that no one acts upon; they would outweigh all others.
LOWEST = 0.05
#: Fewer boxes say nothing about a temperature.
ENOUGH = 30


@dataclass(frozen=True)
class Answers:
    """Scores (the network's own) of boxes, whether each is right, and the group (site, sequence) it is
    from."""

    scores: npt.NDArray[np.float64]
    right: npt.NDArray[np.bool_]
    groups: npt.NDArray[np.str_]


def answers(seen: Sequence[Seen], lowest: float = LOWEST) -> Answers:
    """Every box of score ``lowest`` or more of a class that somebody looked for."""
    scores, right, groups = [np.empty(0)], [np.empty(0, np.bool_)], [np.empty(0, "U1")]
    for each in seen:
        said = each.said[each.said[:, 4] >= lowest]
        said = said[each.looked_for[said[:, 5].astype(int)]]
        hit = np.zeros(len(said), np.bool_)
        for index in np.unique(said[:, 5]):
            mine = said[:, 5] == index
            was = each.was[each.was[:, 4] == index]
            hit[mine] = match(said[mine], was, np.ones(len(was), np.bool_))[0][:, 0]
        scores.append(said[:, 4])
        right.append(hit)
        groups.append(np.full(len(said), each.picture.group))
    return Answers(np.concatenate(scores), np.concatenate(right), np.concatenate(groups))


def fit_temperature(of: Answers) -> float:
    """The temperature under which ``of`` is most likely."""
    from scipy.optimize import minimize_scalar

    odds, right = logit(of.scores), of.right.astype(np.float64)

    def loss(log_temperature: float) -> float:
        scaled = odds / np.exp(log_temperature)
        # Negative log-likelihood of a Bernoulli: log(1 + e^x) - y x, safe for large x.
        return float((np.logaddexp(0, scaled) - right * scaled).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.1), np.log(20)), method="bounded").x))


def cross_fitted(of: Answers) -> npt.NDArray[np.float64] | None:
    """Calibrated scores; each box by a temperature fitted on other groups than its own. None where too few
    boxes are from other groups.

    With the one temperature fitted on all boxes, the error after calibration would flatter itself.
    """
    # Round robin: of few groups, no two meet in one fold.
    fold = np.unique(of.groups, return_inverse=True)[1] % FOLDS
    scores = of.scores.copy()
    for number in np.unique(fold):
        mine = fold == number
        if (~mine).sum() < ENOUGH:
            return None
        rest = Answers(of.scores[~mine], of.right[~mine], of.groups[~mine])
        scores[mine] = calibrated(of.scores[mine], fit_temperature(rest))
    return scores


def bins(scores: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> list[dict[str, float]]:
    """The reliability diagram: in tenths of the score, mean score against the share that was right."""
    place = np.minimum((scores * BINS).astype(int), BINS - 1)
    return [
        {
            "low": number / BINS,
            "high": (number + 1) / BINS,
            "mean_score": round(float(scores[mine].mean()), 4),
            "share_right": round(float(right[mine].mean()), 4),
            "boxes": int(mine.sum()),
        }
        for number in range(BINS)
        if (mine := place == number).any()
    ]


def expected_error(scores: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> float | None:
    """Expected calibration error: mean distance of score and share right over the bins, by boxes."""
    if not len(scores):
        return None
    total = sum(abs(row["mean_score"] - row["share_right"]) * row["boxes"] for row in bins(scores, right))
    return round(total / len(scores), 4)


def calibration(seen: Sequence[Seen]) -> dict[str, Any]:
    """For metrics.json: before (the network's own scores) and after (cross-fitted by group)."""
    of = answers(seen)
    table: dict[str, Any] = {
        "boxes": len(of.scores),
        "lowest_score": LOWEST,
        "groups": len(np.unique(of.groups)),
        "temperature": None,
        "ece_before": expected_error(of.scores, of.right),
        "ece_after": None,
        "bins": bins(of.scores, of.right),
        "bins_after": [],
    }
    if len(of.scores) >= ENOUGH and 0 < of.right.sum() < len(of.right):
        after = cross_fitted(of)
        table |= {
            "temperature": round(fit_temperature(of), 4),
            "ece_after": None if after is None else expected_error(after, of.right),
            "bins_after": [] if after is None else bins(after, of.right),
        }
    return table
