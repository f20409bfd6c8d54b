"""The measured part of CARD.md: Markdown out of metrics.json, bench.json, training.json and sources.toml.

What a file does not have is left out, not guessed: an older metrics.json gives a shorter card.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldwatch_models.data.sources import SourceRules
from fieldwatch_models.registry.cards import Card
from fieldwatch_models.registry.making import data, speed, training_of
from fieldwatch_models.registry.markdown import as_table, interval, number, precision_recall
from fieldwatch_models.registry.measured import Figures, confusion, read_json
from fieldwatch_shared.confusion import BACKGROUND

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from fieldwatch_shared.confusion import Confusion

#: So many sites a table shows; the rest is in metrics.json.
MOST_ROWS = 20


def figures(folder: Path) -> str:
    """All that was measured of the model in ``folder``, as Markdown.

    Raises:
        RecipeError: model.toml or one of the JSON files cannot be read.
        DataError: sources.toml cannot be read.
    """
    card, metrics = Card.read(folder / "model.toml"), read_json(folder / "metrics.json")
    training, bench = read_json(folder / "training.json"), read_json(folder / "bench.json")
    rules = folder / "sources.toml"
    sources = SourceRules.read(rules) if rules.exists() else SourceRules()
    parts = [
        *_head(card, metrics),
        *_verdict(metrics.get("verdict", {})),
        *_ignitions(metrics),
        *_by_class(card, metrics),
        *_matrix(confusion(card, metrics)),
        *_calibration(metrics.get("calibration", {})),
        *_groups("By day and night", "light", metrics.get("by_light", {})),
        *_sizes(metrics.get("by_size", {})),
        *_groups("By site", "site", metrics.get("by_site", {})),
        *_groups("By source", "source", metrics.get("by_source", {})),
        *_stills(metrics.get("stills", {})),
        *_failures(metrics.get("failures", {})),
        *speed(card, bench),
        *training_of(training),
        *data(sources, training.get("data", {}).get("pictures_by_source", {})),
    ]
    return "\n\n".join(parts)


def _head(card: Card, metrics: Figures) -> Iterator[str]:
    names = ", ".join(
        f"{each.name} ({each.name_zh}" + (f", *{each.scientific_name}*)" if each.scientific_name else ")")
        for each in card.classes
    )
    facts = [f"Version {card.version}, {card.licence}", f"classes: {names}", f"{card.imgsz} px"]
    facts += [f"boxes of a score above {card.conf:g}", f"temperature {card.temperature:g}"]
    if card.fallback is not None:
        facts.append(
            f'"{card.fallback.name}" ({card.fallback.name_zh}) where no class reaches that, but the chance '
            f"of any animal reaches {card.fallback.score:g}"
        )
    yield "; ".join(facts) + f". SHA-256 of {card.file}: `{card.sha256}`."
    again = "measure again with `fieldwatch models eval`"
    if not metrics:
        yield "**Nothing was measured yet**: `fieldwatch models eval`."
    elif metrics.get("sha256") != card.sha256:
        yield f"**The figures below are another model file's**: {again}."
    elif (metrics.get("conf"), metrics.get("temperature", 1.0)) != (card.conf, card.temperature):
        yield f"**The card's threshold or temperature changed since**: {again}."


def _verdict(verdict: Figures) -> Iterator[str]:
    titles = {"good_for": "Good for", "with_a_person": "With a person who looks", "not_for": "Not for"}
    for key, title in titles.items():
        if verdict.get(key):
            yield f"### {title}\n\n" + "\n".join(f"- {sentence}" for sentence in verdict[key])


def _ignitions(metrics: Figures) -> Iterator[str]:
    seen: Figures = metrics.get("ignitions", {})
    if not seen:
        return
    yield "### Ignitions"
    summary = metrics.get("ignition_summary", {})
    if summary:
        rule = ", ".join(f"{key} {value}" for key, value in summary.get("rule", {}).items())
        yield (
            f"Of {summary.get('sequences')} ignitions at cameras that training never saw, "
            f"{summary.get('found_within_5_frames')} were found within 5 frames"
            f"{interval(summary.get('share_found_interval_95'))}; "
            f"{summary.get('false_alarms')} false alarms in {number(summary.get('camera_days_watched'))} "
            f"camera-days, that is {number(summary.get('false_alarms_per_camera_day'))} a camera-day"
            f"{interval(summary.get('interval_95'))}." + (f" Rule: {rule}." if rule else "")
        )
        left_out = summary.get("left_out", {})
        if any(left_out.values()):
            yield (
                f"Not counted: {left_out['seen_in_training']} recordings that were trained on, and "
                f"{left_out['site_in_training']} of cameras that other training pictures are from."
            )
    rows = [
        (
            name,
            "–" if "held_out" not in each else "yes" if each["held_out"] else "no",
            each.get("frames_before"),
            each.get("false_alarms_before", each.get("alarm_frames_before")),
            each.get("first_alarm_s"),
            each.get("frames_to_alarm"),
        )
        for name, each in seen.items()
    ]
    yield as_table(
        (
            "ignition",
            "camera held out",
            "frames before",
            "false alarms before",
            "alarm after s",
            "after frames",
        ),
        rows,
    )


def _by_class(card: Card, metrics: Figures) -> Iterator[str]:
    precision = metrics.get("average_precision", {})
    points = metrics.get("operating_point") or metrics.get("validation", {}).get("classes", {})
    if not precision and not points:
        return
    rows: list[tuple[Any, ...]] = []
    for name in [each.name for each in card.classes if each.name in points or each.name in precision]:
        point, ap = points.get(name, {}), precision.get(name, {})
        rows.append(
            (name, point.get("labelled"), *precision_recall(point), ap.get("ap50"), ap.get("ap50_95"))
        )
    whole = precision.get("all", {})
    rows.append(("all", None, None, None, whole.get("ap50"), whole.get("ap50_95")))
    pictures = (metrics.get("data") or metrics.get("validation") or {}).get("pictures")
    yield "### By class"
    yield (
        f"{pictures} validation pictures. Precision and recall hold above the score {metrics.get('conf')} "
        "and from an overlap (IoU) of 0.5 on; in brackets their 95 % intervals."
    )
    yield as_table(("class", "labelled", "precision", "recall", "AP50", "AP50-95"), rows)


def _matrix(table: Confusion | None) -> Iterator[str]:
    if table is None:
        return
    yield "### Confusion"
    yield (
        "Boxes, and in brackets their share of what was there; of boxes on nothing, in brackets how many "
        "that is in a hundred pictures. The counts are corrected by this table."
    )
    rows = [
        ["missed" if said == BACKGROUND else said, *(_cell(table, said, was) for was in table.order)]
        for said in table.order
    ]
    yield as_table(("said ↓ was →", *table.classes, "nothing"), rows)


def _cell(table: Confusion, said: str, was: str) -> str:
    count = table.count(said, was)
    if not count:
        return "0"
    if was == BACKGROUND:
        often = table.false_per_picture(said)
        return f"{count}" if often is None else f"{count} ({100 * often:.1f})"
    share = count / table.labelled(was)
    return f"{count} ({share:.0%})" if share >= 0.005 else f"{count} (<1%)"


def _calibration(calibration: Figures) -> Iterator[str]:
    rows = calibration.get("bins_after") or calibration.get("bins")
    if not rows:
        return
    yield "### What a score means"
    yield (
        f"Mean distance between score and share right: {number(calibration.get('ece_before'))} before, "
        f"{number(calibration.get('ece_after'))} with the temperature "
        f"{number(calibration.get('temperature'))} (cross-fitted where the table is)."
    )
    cells = [
        (f"{row['low']:g}–{row['high']:g}", row.get("boxes"), row.get("mean_score"), row.get("share_right"))
        for row in rows
        if row.get("boxes")
    ]
    yield as_table(("score", "boxes", "mean score", "share right"), cells)


def _sizes(sizes: Figures) -> Iterator[str]:
    rows = [
        (name, size, row.get("labelled"), precision_recall(row)[1], row.get("ap50"))
        for name, table in sizes.items()
        for size, row in table.items()
        if row.get("labelled")
    ]
    if rows:
        yield "### By size"
        yield "In px of the network's input: small is under 32 × 32, large over 96 × 96."
        yield as_table(("class", "size", "labelled", "recall", "AP50"), rows)


def _groups(title: str, what: str, groups: Figures) -> Iterator[str]:
    if not groups:
        return
    # The most telling first; a table of a hundred sites is for metrics.json.
    ordered = sorted(groups.items(), key=lambda item: (-(item[1].get("labelled") or 0), item[0]))
    yield f"### {title}"
    rows = [
        (name, row.get("pictures"), row.get("labelled"), *precision_recall(row), row.get("ap50"))
        for name, row in ordered[:MOST_ROWS]
    ]
    yield as_table((what, "pictures", "labelled", "precision", "recall", "AP50"), rows)
    if len(ordered) > MOST_ROWS:
        yield f"And {len(ordered) - MOST_ROWS} more in metrics.json."


def _stills(stills: Figures) -> Iterator[str]:
    rows = []
    for name, each in stills.items():
        points = each.get("operating_point") or each.get("classes", {})
        for index, (kind, point) in enumerate((k, p) for k, p in points.items() if p.get("labelled")):
            first = (name, each.get("pictures")) if index == 0 else ("", "")
            rows.append((*first, kind, point["labelled"], *precision_recall(point)))
        if not any(point.get("labelled") for point in points.values()):
            boxes = sum(row[-1] for row in _said(each) if row)
            rows.append((name, each.get("pictures"), f"none labelled; {boxes} boxes", 0, None, None))
    if rows:
        yield "### Other pictures"
        yield as_table(("pictures", "n", "class", "labelled", "precision", "recall"), rows)


def _said(each: Figures) -> list[list[int]]:
    table = each.get("confusion", {}).get("said_by_was") or each.get("confusion_said_by_was", {}).get(
        "matrix"
    )
    return list(table or [])


def _failures(failures: Mapping[str, Sequence[Mapping[str, str]]]) -> Iterator[str]:
    rows = [
        (kind, each.get("what"), each.get("picture"), each.get("source"))
        for kind, cases in failures.items()
        for each in cases
    ]
    if not rows:
        return
    yield "### Worst cases"
    yield (
        "By name, since the pictures are other people's: `fieldwatch models eval --page` shows them to "
        "whoever has them."
    )
    yield as_table(("kind", "what", "picture", "source"), rows)
