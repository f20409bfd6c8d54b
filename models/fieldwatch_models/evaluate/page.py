"""evaluation.html: metrics.json for people, with charts and with pictures of the failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldwatch_models.evaluate import figures
from fieldwatch_models.evaluate.gallery import galleries
from fieldwatch_models.evaluate.verdict import FEW
from fieldwatch_models.pages import write_page

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_models.evaluate.measure import Measured

#: Sites that the page lists, those with most pictures; metrics.json has all.
SITES = 20

GALLERIES = {
    "invented": "Invented: boxes on nothing, the most certain first",
    "misplaced": "Misplaced: a label of this class is near, but overlaps by less than half",
    "confused": "Confused: something was there, but something else",
    "missed": "Missed: the largest first",
}


def write(path: Path, measured: Measured, name: str) -> None:
    """Draw ``measured`` of the model ``name`` to ``path``: one file that needs no network."""
    metrics = measured.metrics
    names = list(metrics["operating_point"])
    conf = metrics["conf"]
    sites = sorted(metrics["by_site"].items(), key=lambda item: -item[1]["pictures"])
    failures = galleries(measured.seen, names, conf)
    # Every held-out recording, and of the others those whose ignition is known: the rest is in the table.
    drawn = [
        each for each in measured.watches if each.recording.held_out or each.recording.seconds is not None
    ]
    drawn.sort(key=lambda each: not each.recording.held_out)
    rule: dict[str, Any] = metrics.get("ignition_summary", {}).get("rule", {})
    write_page(
        path,
        "evaluation.html",
        name=name,
        metrics=metrics,
        sites=dict(sites[:SITES]),
        sites_left_out=max(0, len(sites) - SITES),
        precision_recall=figures.precision_recall(measured.ranked, names, conf),
        f1=figures.f1(measured.ranked, names, conf),
        reliability=figures.reliability(metrics["calibration"]),
        heat_map=figures.heat_map(metrics["confusion"]),
        enough=FEW,
        strips=[
            (each, each.as_json(), figures.strip(each, rule["score"], metrics["temperature"]))
            for each in drawn
        ],
        galleries=[
            (GALLERIES[kind], [(failure.caption, failure.image()) for failure in rows])
            for kind, rows in failures.items()
        ],
    )
