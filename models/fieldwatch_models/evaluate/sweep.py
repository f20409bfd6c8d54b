"""Try many confirmation rules on one set of predictions, so that `conf` and a node's fire settings can be
chosen.

A grid is written as words: "score=0.05,0.1,0.2 k=2,3 n=4,5 every_s=0,120". `score` is the lowest score of a
box, on the card's scale; every other name is a field of the edge's FireSettings.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from fieldwatch_edge.settings import FireSettings
from fieldwatch_models.console import progress
from fieldwatch_models.errors import RecipeError
from fieldwatch_models.evaluate.ignition import Recording, summary, watch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fieldwatch_edge.domain import DetectedClass

DEFAULT = "score=0.05,0.1,0.15,0.2,0.3 k=2,3,4 n=3,5,7"


def parse(grid: str) -> dict[str, list[float]]:
    """The grid as names and values.

    Raises:
        RecipeError: a word that is no `name=number,number`.
    """
    table: dict[str, list[float]] = {}
    for word in (DEFAULT if grid == "default" else grid).split():
        name, _, values = word.partition("=")
        try:
            table[name] = [float(value) for value in values.split(",")]
        except ValueError as error:
            raise RecipeError(f"sweep: '{word}' is not name=number,number,…") from error
    known = {"score", *FireSettings.model_fields} - {"detector"}
    if strange := table.keys() - known:
        raise RecipeError(
            f"sweep: no setting {', '.join(sorted(strange))}; there are {', '.join(sorted(known))}"
        )
    return table


def rules(
    grid: dict[str, list[float]], score: float
) -> Iterator[tuple[dict[str, float], float, FireSettings]]:
    """Every combination that makes sense (k of fewer than k frames does not), its score and settings."""
    names = [name for name in grid if name != "score"]
    for values in itertools.product(grid.get("score", [score]), *(grid[name] for name in names)):
        chosen = dict(zip(["score", *names], values, strict=True))
        try:
            yield chosen, values[0], FireSettings.model_validate(dict(zip(names, values[1:], strict=True)))
        except ValidationError:
            continue


def sweep(
    recordings: Sequence[Recording],
    classes: Sequence[DetectedClass],
    grid: dict[str, list[float]],
    score: float,
    temperature: float,
) -> list[dict[str, Any]]:
    """A row for each rule: its values, then figures on held-out and on all recordings; the best first.

    Best: most held-out ignitions found within five frames, then fewest false alarms (all recordings), then
    most found of all, in time and at all, then the shortest delay. Choosing the best of many on a few
    recordings flatters: say so.
    """
    rows = []
    with progress() as bar:
        for chosen, lowest, settings in bar.track(list(rules(grid, score)), description="Rules"):
            watches = [watch(each, classes, settings, lowest, temperature) for each in recordings]
            held = summary([each for each in watches if each.recording.held_out])
            rows.append({"rule": chosen, "held_out": held, "all": summary(watches)})
    return sorted(rows, key=_badness)


def _badness(row: dict[str, Any]) -> tuple[float, ...]:
    held, all_ = row["held_out"], row["all"]
    false = all_["false_alarms"] + all_["false_alarms_untimed"]
    delay = all_["median_delay_s"]
    return (
        -held["found_within_5_frames"],
        false,
        -all_["found_within_5_frames"],
        -all_["found_at_all"],
        float("inf") if delay is None else delay,
    )
