"""COCO object detection: boxes in pixels from the top left corner; one file for all pictures.

Beyond the standard, which lets readers ignore what they do not know: `score` on what a detector proposed,
`attributes.count`, and on images `media_id`, `revision` and COCO Camera Traps' `location` and `datetime`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from fieldwatch_cloud.labels.incoming import (
    MAX_LABELS,
    FileError,
    Reading,
    Row,
    entry,
    label,
    media_id,
    number,
    revision,
)
from fieldwatch_cloud.labels.outgoing import names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fieldwatch_cloud.labels.domain import Label
    from fieldwatch_cloud.labels.outgoing import Entry

FILE = "annotations/instances.json"


def document(entries: Sequence[Entry]) -> dict[str, Any]:
    """The file. A picture that a person labelled has those labels, any other the proposals, with `score`."""
    kinds = names(label for one in entries for label, _ in one.best)
    categories = {name: number for number, name in enumerate(kinds, 1)}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image_id, one in enumerate(entries, 1):
        medium = one.medium
        image = {
            "id": image_id,
            "file_name": one.file_name,
            "width": medium.width,
            "height": medium.height,
            "media_id": str(medium.id),
            "revision": medium.revision,
            "location": str(medium.deployment_id),
            "location_name": medium.deployment,
            "datetime": medium.observed_at.isoformat(),
        }
        images.append(image | ({"coco_url": one.url} if one.url else {}))
        for said, score in one.best:
            x, y, width, height = said.box
            box = [x * medium.width, y * medium.height, width * medium.width, height * medium.height]
            annotation = {
                "id": len(annotations) + 1,
                "image_id": image_id,
                "category_id": categories[said.name],
                "bbox": [round(side, 2) for side in box],
                "area": round(box[2] * box[3], 2),
                "iscrowd": 0,
                "attributes": {"count": said.count},
            }
            annotations.append(annotation | ({"score": round(score, 4)} if score is not None else {}))
    return {
        "info": {"description": "Fieldwatch labelling set", "version": "1"},
        "licenses": [],
        "images": images,
        "annotations": annotations,
        "categories": [
            {"id": number, "name": name, "supercategory": kinds[name]} for name, number in categories.items()
        ],
    }


def read(document: object) -> Reading:
    """What a COCO file says.

    A picture one of whose boxes cannot be read is left out whole: with a box missing, an animal would become
    background.

    Raises:
        FileError: it is no COCO file.
    """
    try:
        images, annotations = entry(document, "images"), entry(document, "annotations")
        categories = {c["id"]: c["name"] for c in entry(document, "categories")}
    except (TypeError, KeyError) as error:
        raise FileError("`categories` of a COCO file have `id` and `name` each") from error
    reading = Reading()
    known: dict[object, tuple[str, dict[str, Any]]] = {}
    sizes: dict[object, tuple[float, float]] = {}
    for index, image in enumerate(images):
        where = f"images[{index}]"
        try:
            size = _size(image)
            if image["id"] not in known:
                known[image["id"]], sizes[image["id"]] = (where, image), size
                continue
        except (TypeError, KeyError):
            reading.errors.append((where, "an image has `id`, `width` and `height`"))
        except ValueError as error:
            reading.errors.append((where, str(error)))
        else:  # Nobody knows which of the two its annotations belong to.
            reading.errors.append((where, f"the id {image['id']!r} occurs twice"))
            sizes.pop(image["id"], None)
    said: dict[object, list[tuple[Label, bool]]] = defaultdict(list)
    for index, annotation in enumerate(annotations):
        of = annotation.get("image_id") if isinstance(annotation, dict) else None
        try:
            if of in sizes:
                one = _label(annotation, categories, *sizes[of])
                said[of].append((one, isinstance(annotation.get("score"), int | float)))
                continue
            why = None if of in known else f"there is no image with the id {of!r:.60}"
        except (TypeError, KeyError):
            why = "an annotation has `image_id`, `category_id` and `bbox`"
        except ValueError as error:
            why = str(error)
        if why is not None:
            reading.errors.append((f"annotations[{index}]", why))
            if isinstance(of, int | str):
                sizes.pop(of, None)
    for image_id in sizes:
        where, image = known[image_id]
        boxes = said[image_id]
        try:
            row = Row(
                where,
                media_id(image.get("media_id"), image.get("file_name"), image.get("coco_url")),
                tuple(one for one, _ in boxes),
                proposed=all(scored for _, scored in boxes),
                based_on=revision(image.get("revision")),
            )
        except ValueError as error:
            reading.errors.append((where, str(error)))
            continue
        if len(boxes) > MAX_LABELS:
            reading.errors.append((where, f"{len(boxes)} boxes are more than {MAX_LABELS}"))
            continue
        reading.add(row)
    return reading.without_doubles()


def _size(image: dict[str, Any]) -> tuple[float, float]:
    size = number(image["width"], "width"), number(image["height"], "height")
    if min(size) < 1:
        raise ValueError("width and height are pixels, from 1 on")
    return size


def _label(annotation: dict[str, Any], categories: dict[Any, Any], width: float, height: float) -> Label:
    box = annotation["bbox"]
    if not isinstance(box, list) or len(box) != 4:
        raise ValueError("bbox is [x, y, width, height] in pixels")
    x, y, w, h = (number(side, "bbox") for side in box)
    category = annotation["category_id"]
    if category not in categories:
        raise ValueError(f"there is no category with the id {category!r}")
    attributes = annotation.get("attributes")
    count = attributes.get("count", 1) if isinstance(attributes, dict) else 1
    return label(categories[category], (x / width, y / height, w / width, h / height), count)
