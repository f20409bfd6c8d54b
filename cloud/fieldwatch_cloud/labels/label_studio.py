"""Label Studio's JSON: a list of tasks, boxes in per cent of the picture from its top left corner.

People's labels are `annotations`, detectors' proposals `predictions`, one per model. A file goes in by
Import, with pictures from a local folder (`LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT` is where the zip was
unpacked, `LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true`), and comes back by Export → JSON.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from fieldwatch_cloud.labels.incoming import (
    MAX_LABELS,
    FileError,
    Reading,
    Row,
    label,
    limited,
    media_id,
    number,
    revision,
)
from fieldwatch_cloud.labels.outgoing import names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fieldwatch_cloud.labels.domain import Label, Medium, Proposal
    from fieldwatch_cloud.labels.outgoing import Entry

FILE = "tasks.json"
CONFIG = "label_config.xml"
FROM_NAME, TO_NAME = "label", "image"
_COUNT = re.compile(r"count (\d{1,9})")


def config(entries: Sequence[Entry]) -> str:
    """The labelling interface, as it is pasted into a project's settings."""
    shown = (
        label for e in entries for label in (*(e.labels or ()), *(proposed for proposed, _ in e.proposals))
    )
    # Detectors' names are not checked, and XML has no way to write most of what cannot be printed.
    printable = filter(str.isprintable, names(shown))
    choices = "".join(f"    <Label value={quoteattr(name)}/>\n" for name in printable)
    return (
        f'<View>\n  <Image name="{TO_NAME}" value="$image"/>\n'
        f'  <RectangleLabels name="{FROM_NAME}" toName="{TO_NAME}">\n{choices}'
        "  </RectangleLabels>\n</View>\n"
    )


def tasks(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """The file."""
    return [_task(entry) for entry in entries]


def _task(entry: Entry) -> dict[str, Any]:
    medium = entry.medium
    task: dict[str, Any] = {
        "data": {
            "image": entry.url or f"/data/local-files/?d=images/{entry.file_name}",
            "media_id": str(medium.id),
            "revision": medium.revision,
            "deployment": medium.deployment,
            "observed_at": medium.observed_at.isoformat(),
        }
    }
    if (labels := entry.labels) is not None:
        name = f"r{medium.revision}"
        results = [_result(medium, f"{name}n{index}", one) for index, one in enumerate(labels)]
        task["annotations"] = [{"result": results}]
    by_model: dict[str, list[tuple[Label, Proposal]]] = defaultdict(list)
    for said, proposal in entry.proposals:
        by_model[proposal.model].append((said, proposal))
    if by_model:
        task["predictions"] = [
            {
                "model_version": model,
                # Of the least sure box: Label Studio can show tasks in this order.
                "score": round(min(p.confidence for _, p in proposals), 4),
                "result": [
                    _result(medium, p.id.hex, said) | {"score": round(p.confidence, 4)}
                    for said, p in proposals
                ],
            }
            for model, proposals in by_model.items()
        ]
    return task


def _result(medium: Medium, id_: str, said: Label) -> dict[str, Any]:
    x, y, width, height = (round(100 * side, 4) for side in said.box)
    result = {
        "id": id_,
        "type": "rectanglelabels",
        "from_name": FROM_NAME,
        "to_name": TO_NAME,
        "original_width": medium.width,
        "original_height": medium.height,
        "image_rotation": 0,
        "value": {
            "x": x,
            "y": y,
            "width": width,
            "height": height,
            "rotation": 0,
            "rectanglelabels": [said.name],
        },
    }
    return result | ({"meta": {"text": [f"count {said.count}"]}} if said.count > 1 else {})


def read(document: object) -> Reading:
    """What Label Studio's JSON export says: of each task the annotation that was changed last.

    A task with none, or with skipped ones alone, was not looked at; one without boxes is blank.

    Raises:
        FileError: it is no such file.
    """
    if not isinstance(document, list):
        raise FileError("an export of Label Studio as JSON is a list of tasks")
    reading = Reading()
    for index, task in enumerate(limited(document, "tasks")):
        where = f"[{index}]"
        try:
            if not isinstance(task, dict) or not isinstance(task.get("data"), dict):
                raise ValueError("a task has `data`")  # noqa: TRY004, TRY301  One kind of error per row.
            data = task["data"]
            of = media_id(data.get("media_id"), data.get("image"), task.get("file_upload"))
            labels, where_wrong = _annotated(task)
        except ValueError as error:
            reading.errors.append((where, str(error)))
            continue
        if where_wrong is not None:
            reading.errors.append((where + where_wrong[0], where_wrong[1]))
            continue
        reading.add(Row(where, of, labels, based_on=revision(data.get("revision"))))
    return reading.without_doubles()


def _annotated(task: dict[str, Any]) -> tuple[tuple[Label, ...] | None, tuple[str, str] | None]:
    """(labels, None); (None, None) where nobody looked; (None, (where, why)) where a box cannot be read."""
    given = task.get("annotations", [])
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise ValueError("`annotations` is a list of objects (the format JSON, not JSON-MIN)")
    done = [(index, one) for index, one in enumerate(given) if not one.get("was_cancelled")]
    if not done:
        return None, None
    index, last = max(done, key=lambda one: str(one[1].get("updated_at") or one[1].get("created_at") or ""))
    results = last.get("result")
    if not isinstance(results, list):
        raise ValueError(f"annotations[{index}] has no list `result`")  # noqa: TRY004  As above.
    if len(results) > MAX_LABELS:
        raise ValueError(f"{len(results)} boxes are more than {MAX_LABELS}")
    labels = []
    for position, result in enumerate(results):
        try:
            labels.append(_label(result))
        except ValueError as error:
            return None, (f".annotations[{index}].result[{position}]", str(error))
    return tuple(labels), None


def _label(result: object) -> Label:
    value = result.get("value") if isinstance(result, dict) else None
    if not isinstance(result, dict) or not isinstance(value, dict) or result.get("type") != "rectanglelabels":
        raise ValueError("only boxes with a label (rectanglelabels) can be imported")
    if value.get("rotation"):
        raise ValueError("a rotated box cannot be imported: set its rotation to 0")
    chosen = value.get("rectanglelabels")
    if not isinstance(chosen, list) or len(chosen) != 1:
        raise ValueError("a box has one label")
    x, y, width, height = (number(value.get(side), side) / 100 for side in ("x", "y", "width", "height"))
    return label(chosen[0], (x, y, width, height), _count(result.get("meta")))


def _count(meta: object) -> int:
    """Of `count 12`, written in a box's notes; 1 without."""
    notes = meta.get("text", []) if isinstance(meta, dict) else []
    for note in notes if isinstance(notes, list) else [notes]:
        if isinstance(note, str) and (match := _COUNT.fullmatch(note.strip())):
            return int(match[1])
    return 1
