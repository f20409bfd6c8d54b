"""Write a catalogue for other tools: a YOLO folder, or a COCO file (with the fields of Camera Traps)."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

from fieldwatch_models.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_models.data.catalogue import Catalogue, Picture


def write_yolo(catalogue: Catalogue, folder: Path, copy: bool = False) -> Path:
    """Write images/, labels/ and data.yaml under `folder`; returns data.yaml.

    Pictures are linked, or copied with `copy`. One without a split goes to train. What YOLO cannot say
    (source, site, time) goes into catalogue.jsonl beside it, which `open_data` reads as well.

    Raises:
        DataError: `folder` already holds a data set, or a label's class is not the catalogue's.
    """
    if (folder / "images").exists():
        raise DataError(f"{folder} already holds images/: give a new folder")
    numbers = {name: number for number, name in enumerate(catalogue.classes)}
    written = []
    taken: set[tuple[str, str]] = set()
    for picture in catalogue.pictures:
        split = picture.split or "train"
        name, turn = picture.path.name, 1
        while (split, name.rpartition(".")[0]) in taken:  # two folders may each have an IMG_0001.JPG
            turn += 1
            name = f"{picture.path.stem}~{turn}{picture.path.suffix}"
        taken.add((split, name.rpartition(".")[0]))
        image = folder / "images" / split / name
        label = (folder / "labels" / split / name).with_suffix(".txt")
        image.parent.mkdir(parents=True, exist_ok=True)
        label.parent.mkdir(parents=True, exist_ok=True)
        if copy:
            shutil.copyfile(picture.path, image)
        else:
            image.symlink_to(os.path.relpath(picture.path, image.parent))
        label.write_text("".join(_rows(picture, numbers)), "utf-8")
        written.append(picture.model_copy(update={"path": image.relative_to(folder), "split": split}))
    catalogue.model_copy(update={"pictures": tuple(written)}).write(folder / "catalogue.jsonl")
    names = "".join(f"  {number}: {json.dumps(name)}\n" for name, number in numbers.items())
    splits = "".join(
        f"{split}: images/{split}\n"
        for split in ("train", "val", "test")
        if (folder / "images" / split).is_dir()
    )
    (folder / "data.yaml").write_text(f"path: .\n{splits}names:\n{names}", "utf-8")
    return folder / "data.yaml"


def _rows(picture: Picture, numbers: dict[str, int]) -> list[str]:
    rows = []
    for label in picture.labels:
        if label.name not in numbers:
            raise DataError(
                f"{picture.path}: a label of class {label.name}, which the catalogue does not list"
            )
        x, y = label.x + label.width / 2, label.y + label.height / 2
        rows.append(f"{numbers[label.name]} {x:.6f} {y:.6f} {label.width:.6f} {label.height:.6f}\n")
    return rows


def write_coco(catalogue: Catalogue, path: Path) -> None:
    """Write one COCO file; pictures are named relative to its folder where they lie below it.

    A picture's split has no place in COCO; write one file a split where it matters. Time, place and sequence
    are written as COCO Camera Traps does, scores as COCO's results do.
    """
    licences = sorted({source.licence for source in catalogue.sources.values()})
    numbers = {name: number for number, name in enumerate(catalogue.classes, 1)}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, picture in enumerate(catalogue.pictures, 1):
        inside = picture.path.is_relative_to(path.parent.absolute())
        row = {
            "id": number,
            "file_name": str(picture.path.relative_to(path.parent.absolute()) if inside else picture.path),
            "width": picture.width,
            "height": picture.height,
            "license": licences.index(catalogue.sources[picture.source].licence) + 1,
            "datetime": picture.taken_at and picture.taken_at.isoformat(" "),
            "location": picture.site,
            "seq_id": picture.sequence,
        }
        images.append({key: value for key, value in row.items() if value is not None})
        for label in picture.labels:
            size = (picture.width, picture.height) * 2
            box = [
                round(share * side, 2)
                for share, side in zip((label.x, label.y, label.width, label.height), size, strict=True)
            ]
            annotation = {
                "id": len(annotations) + 1,
                "image_id": number,
                "category_id": numbers[label.name],
                "bbox": box,
                "area": round(box[2] * box[3], 2),
                "iscrowd": 0,
                "score": label.score,
            }
            annotations.append({key: value for key, value in annotation.items() if value is not None})
    document = {
        "info": {"version": "1.0", "description": "; ".join(s.title for s in catalogue.sources.values())},
        "licenses": [{"id": number, "name": name} for number, name in enumerate(licences, 1)],
        "categories": [{"id": number, "name": name} for name, number in numbers.items()],
        "images": images,
        "annotations": annotations,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
