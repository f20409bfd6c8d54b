"""What a card tells of the making of a model: speed of its formats, training, data and licences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_models.registry.markdown import as_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fieldwatch_models.data.sources import SourceRules
    from fieldwatch_models.registry.cards import Card
    from fieldwatch_models.registry.measured import Figures

#: Columns of bench.json that the card shows.
SPEED = {
    "pipeline_ms": "ms a picture",
    "pipeline_ratio": "×",
    "model_ms": "of it the model",
    "cpu_ms": "CPU ms",
    "peak_mib": "peak MiB",
    "file_mb": "file MB",
    "ap50": "AP50",
    "ap50_lost": "AP50 lost",
}


def speed(card: Card, bench: Figures) -> Iterator[str]:
    formats: Figures = bench.get("formats", {})
    if not formats:
        return
    machine = bench.get("machine", {})
    yield f"### Speed on {machine.get('cpu')}"
    if bench.get("sha256") != card.sha256:
        yield "**Of another model file**: `fieldwatch models bench`."
    yield (
        f"{machine.get('threads')} threads, {bench.get('imgsz')} px, {bench.get('pictures')} pictures; × is "
        "the ratio to the first line's, AP50 lost the difference to it."
    )
    rows = [
        (name, *(row.get(column) for column in SPEED))
        for name, row in sorted(formats.items(), key=lambda item: item[0] != "onnx")
    ]
    yield as_table(("format", *SPEED.values()), rows)
    for name, why in bench.get("skipped", {}).items():
        yield f"{name}: {str(why).splitlines()[0]}"


def training_of(training: Figures) -> Iterator[str]:
    if not training:
        return
    start = training.get("start", "random weights")
    if isinstance(start, dict):
        start = f"{start.get('from')} (SHA-256 `{str(start.get('sha256'))[:16]}…`)"
    stages = training.get("stages", [])
    hours = sum(stage.get("seconds", 0) for stage in stages) / 3600
    epochs = sum(len(stage.get("epochs", [])) for stage in stages)
    yield "### Training"
    yield (
        f"{training.get('architecture')} from {start}; {epochs} epochs in {len(stages)} stages, "
        f"{hours:.1f} hours; recipe SHA-256 `{str(training.get('recipe_sha256'))[:16]}…`, "
        f"seed {training.get('seed')}."
    )


def data(sources: SourceRules, pictures: Figures) -> Iterator[str]:
    if not sources.source:
        return
    yield "### Data and licences"
    rows, shown = [], set()
    for rule in sources.source:
        if rule.title in shown:  # two prefixes, one source
            continue
        shown.add(rule.title)
        keys = {other.key for other in sources.source if other.title == rule.title}
        counts = [sum(pictures.get(split, {}).get(key, 0) for key in keys) for split in ("train", "val")]
        title = f"[{rule.title}]({rule.url})" if rule.url else rule.title
        rows.append((title, rule.licence, rule.credit or "–", *(counts if pictures else ())))
    header = ("pictures", "licence as found", "credit", *(("training", "validation") if pictures else ()))
    yield as_table(header, rows)
