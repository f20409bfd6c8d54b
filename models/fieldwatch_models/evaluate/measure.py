"""Everything that metrics.json says of one model, from predictions that were made once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fieldwatch_models.evaluate.breakdown import ap_of, at_threshold, by, by_size, pooled
from fieldwatch_models.evaluate.calibration import calibration
from fieldwatch_models.evaluate.curves import Ranked, rank
from fieldwatch_models.evaluate.gallery import galleries
from fieldwatch_models.evaluate.ignition import Watch, by_exposure, fire_classes, recordings, watch
from fieldwatch_models.evaluate.intervals import wilson
from fieldwatch_models.evaluate.matching import Confusion
from fieldwatch_models.evaluate.scale import calibrated
from fieldwatch_models.evaluate.verdict import verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fieldwatch_edge.settings import FireSettings
    from fieldwatch_models.evaluate.material import Material
    from fieldwatch_models.evaluate.predictions import Predictor, Seen


@dataclass(frozen=True)
class Measured:
    """metrics.json, and what its page draws beside it."""

    metrics: dict[str, Any]
    #: Validation pictures; scores on the card's scale.
    seen: list[Seen]
    #: By class, in the order of the card.
    ranked: list[Ranked]
    watches: list[Watch]


def evaluate(
    predictor: Predictor, material: Material, settings: FireSettings, score: float | None = None
) -> Measured:
    """Measure a model on ``material``; fire models also on its recordings, confirmed as ``settings`` say.

    ``score`` is the lowest score that a fire watch takes in, on the card's scale; default: the card's
    ``conf``.
    """
    card = predictor.card
    names = [entry.name for entry in card.classes]
    raw = predictor.see(material.val, "Validation pictures")
    seen = [as_reported(each, card.temperature) for each in raw]
    ranked = [rank(seen, index) for index in range(len(names))]
    watches: list[Watch] = []
    lowest = card.conf if score is None else score
    if fire_classes(predictor.detector.classes):
        frames = predictor.see(material.sequences, "Recordings")
        found = recordings(frames, material.trained_on, material.trained_sites)
        watches = [
            watch(each, predictor.detector.classes, settings, lowest, card.temperature) for each in found
        ]
    metrics: dict[str, Any] = {
        "version": card.version,
        "sha256": card.sha256,
        "imgsz": predictor.size,
        "conf": card.conf,
        "temperature": card.temperature,
        "data": {
            "pictures": len(seen),
            "boxes": sum(len(each.was) for each in seen),
            "akin_to_training": material.akin_to_training,
            "catalogue_sha256": material.digest,
        },
        **on_pictures(seen, ranked, names, card.conf),
        "calibration": calibration(raw),
        "by_size": by_size(seen, names, predictor.size, card.conf),
        "by_light": by(seen, names, card.conf, lambda each: each.light),
        "by_site": by(seen, names, card.conf, lambda each: each.picture.site),
        "by_source": by(seen, names, card.conf, lambda each: each.picture.source),
        "failures": {
            kind: [row.in_words() for row in rows]
            for kind, rows in galleries(seen, names, card.conf, 5).items()
        },
    }
    for name, pictures in material.stills.items():
        other = [as_reported(each, card.temperature) for each in predictor.see(pictures, name)]
        parts = on_pictures(other, [rank(other, i) for i in range(len(names))], names, card.conf)
        metrics.setdefault("stills", {})[name] = {"pictures": len(other), **parts}
    if watches:
        metrics["ignitions"] = {each.recording.name: each.as_json() for each in watches}
        metrics["ignition_summary"] = {
            **by_exposure(watches),
            "rule": {"score": lowest, **settings.model_dump(mode="json", exclude={"detector"})},
        }
    metrics["verdict"] = verdict(metrics)
    return Measured(metrics, seen, ranked, watches)


def as_reported(each: Seen, temperature: float) -> Seen:
    """``each`` with scores as a node reports them."""
    said = each.said.copy()
    said[:, 4] = calibrated(said[:, 4], temperature)
    return replace(each, said=said)


def on_pictures(
    seen: Sequence[Seen], ranked: Sequence[Ranked], names: Sequence[str], conf: float
) -> dict[str, Any]:
    """Average precision, precision and recall at ``conf``, best F1 and confusion."""
    precision = {name: ap for name, each in zip(names, ranked, strict=True) if (ap := ap_of(each))}
    means = {
        key: round(float(np.mean([ap[key] for ap in precision.values()])), 4) if precision else None
        for key in ("ap50", "ap50_95")
    }
    points = {name: at_threshold(each, conf) for name, each in zip(names, ranked, strict=True)}
    for point, each in zip(points.values(), ranked, strict=True):
        best = each.best_f1()
        point["best_f1"] = best and {"f1": round(best[0], 4), "conf": round(best[1], 4)}
    best = pooled(ranked).best_f1()
    empty = [each for each in seen if not len(each.was) and each.looked_for.all()]
    disturbed = sum(bool((each.said[:, 4] > conf).any()) for each in empty)
    return {
        "average_precision": {"all": means, **precision},
        "operating_point": points,
        "best_f1": best and {"f1": round(best[0], 4), "conf": round(best[1], 4)},
        "empty_pictures": {
            "pictures": len(empty),
            "with_a_box": disturbed,
            "interval_95": wilson(disturbed, len(empty)),
        },
        "confusion": confusion(seen, len(names), conf).as_json(names),
    }


def confusion(seen: Sequence[Seen], classes: int, conf: float) -> Confusion:
    """What was said of what was there when boxes over ``conf`` are accepted."""
    table = Confusion.of(classes)
    for each in seen:
        said = each.said[each.said[:, 4] > conf]
        # A class that nobody looked for may be there unlabelled: no box of it can be called wrong.
        table.add(said[each.looked_for[said[:, 5].astype(int)]], each.was)
    return table
