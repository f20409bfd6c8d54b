"""COCO Camera Traps 1.0 (lila.science/coco-camera-traps): pictures, boxes, places, sequences.

A sequence holds the pictures of one camera that follow each other by less than `SEQUENCE_GAP`. Boxes are in
pixels from the top left; a picture that somebody or the model found empty has category 0, as the format asks.
`datetime` is the format's own, without an offset, in UTC; `datetime_utc` beside it says so.
"""

from __future__ import annotations

import json
import tempfile
from datetime import timedelta
from typing import TYPE_CHECKING, Any, BinaryIO

from fieldwatch_cloud.db import features
from fieldwatch_cloud.exports.frames import STATEMENT_S, geometry, plain, selection, text_into

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fieldwatch_cloud.db.features import Row, Selection
    from fieldwatch_cloud.db.pool import Connection, Database
    from fieldwatch_cloud.exports.citation import Citation
    from fieldwatch_cloud.exports.order import Order

SEQUENCE_GAP = timedelta(minutes=1)
PICTURES = 1_000
"""In memory at a time, with their boxes."""
EMPTY = 0
_EXTENSION = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


def write(database: Database, order: Order, citation: Citation, file: BinaryIO) -> None:
    """`{info, images, annotations, categories, locations}`; annotations wait in a temporary file: they come
    with the pictures but stand after them."""
    categories: dict[str, int] = {"empty": EMPTY}
    with (
        features.snapshot(database, STATEMENT_S) as conn,
        tempfile.TemporaryFile("w+", encoding="utf-8") as aside,
        text_into(file) as text,
    ):
        wanted = selection(conn, order)
        info = {
            "version": "1.0",
            "description": citation.title,
            "year": citation.accessed_at.year,
            "contributor": citation.publisher,
            "date_created": citation.accessed_at.isoformat(),
            **citation.fields(),
        }
        text.write('{"info": ' + json.dumps(info, ensure_ascii=False) + ',\n"images": [')
        first = True
        locations: list[dict[str, Any]] = []
        for deployment in _deployments(conn, wanted):
            locations.append(_location(deployment))
            for sequence in _sequences(_pictures(conn, wanted, deployment)):
                for number, picture in enumerate(sequence):
                    image = _image(order, deployment, picture, sequence, number)
                    text.write(("\n" if first else ",\n") + json.dumps(image, ensure_ascii=False))
                    for annotation in _annotations(picture, categories):
                        aside.write(json.dumps(annotation, ensure_ascii=False) + "\n")
                    first = False
        text.write('\n],\n"annotations": [')
        aside.seek(0)
        for number, line in enumerate(aside):
            text.write(("\n" if number == 0 else ",\n") + line.rstrip("\n"))
        named = [{"id": id_, "name": name} for name, id_ in categories.items()]
        text.write('\n],\n"categories": ' + json.dumps(named, ensure_ascii=False))
        text.write(',\n"locations": ' + json.dumps(locations, ensure_ascii=False) + "}\n")


def _deployments(conn: Connection, wanted: Selection) -> Iterator[Row]:
    for rows in features.pages(conn, "deployments", wanted):
        yield from rows


def _pictures(conn: Connection, wanted: Selection, deployment: Row) -> Iterator[Row]:
    after = None
    while found := features.pictures(conn, wanted, deployment["deployment_id"], limit=PICTURES, after=after):
        yield from found
        after = (found[-1]["observed_at"], found[-1]["id"])


def _sequences(pictures: Iterable[Row]) -> Iterator[list[Row]]:
    current: list[Row] = []
    for picture in pictures:
        # A camera that never rests makes sequences of `PICTURES`: memory has a bound.
        if current and (
            picture["observed_at"] - current[-1]["observed_at"] >= SEQUENCE_GAP or len(current) == PICTURES
        ):
            yield current
            current = []
        current.append(picture)
    if current:
        yield current


def _location(deployment: Row) -> dict[str, Any]:
    lon, lat = geometry(deployment["wkb"])["coordinates"]
    return {
        "id": deployment["id"],
        "name": deployment["deployment"],
        "longitude": lon,
        "latitude": lat,
        "coordinate_uncertainty_m": deployment["coordinate_uncertainty_m"],
    }


def _image(order: Order, deployment: Row, picture: Row, sequence: list[Row], number: int) -> dict[str, Any]:
    id_ = str(picture["id"])
    return {
        "id": id_,
        "file_name": f"{deployment['id']}/{id_}.{_EXTENSION.get(picture['mime'], 'bin')}",
        "url": f"{order.site}/api/v1/media/{id_}",
        "width": picture["width"],
        "height": picture["height"],
        "datetime": f"{picture['observed_at']:%Y-%m-%d %H:%M:%S}",
        "datetime_utc": plain(picture["observed_at"]),
        "location": deployment["id"],
        "seq_id": str(sequence[0]["id"]),
        "seq_num_frames": len(sequence),
        "frame_num": number,
    }


def _annotations(picture: Row, categories: dict[str, int]) -> Iterator[dict[str, Any]]:
    id_ = str(picture["id"])
    told = [box for box in picture["boxes"] if box["type"] != "blank"]
    for number, box in enumerate(told):
        name = box["name"] or box["type"]
        annotation: dict[str, Any] = {
            "id": f"{id_}/{number}",
            "image_id": id_,
            "category_id": categories.setdefault(name, len(categories)),
            "count": box["count"],
            "labelled_by_people": box["labelled"],
        }
        if box["box"] is not None:
            x, y, width, height = box["box"]
            wide, high = picture["width"], picture["height"]
            annotation["bbox"] = [round(v, 2) for v in (x * wide, y * high, width * wide, height * high)]
        if box["confidence"] is not None:
            annotation["confidence"] = box["confidence"]
        yield annotation
    if not told and (picture["labelled"] or picture["boxes"]):
        yield {"id": f"{id_}/empty", "image_id": id_, "category_id": EMPTY}
