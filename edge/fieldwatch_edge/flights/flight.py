"""A flight's pictures into the outbox, each by itself: no tracks, no motion, no effort.

Nobody looked at one place for any time, so no effort is claimed. Each picture gives a record of each animal
in it, at the animal's own place, and the picture; or, where nothing was seen, one record that says so: an
empty picture counts as much as a full one when animals are counted per square kilometre.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fieldwatch_edge import vision
from fieldwatch_edge.capture.listing import Listing
from fieldwatch_edge.capture.times import capture_time
from fieldwatch_edge.decide.geometry import fraction_box
from fieldwatch_edge.domain import Frame, Picture
from fieldwatch_edge.errors import ConfigError, PictureError
from fieldwatch_edge.flights.ground import animal_at
from fieldwatch_edge.flights.places import place_of
from fieldwatch_edge.outbox import Checkpoint, Entry
from fieldwatch_edge.pictures import STILL_BYTES, Pictures
from fieldwatch_shared.ids import uuid7_from
from fieldwatch_shared.messages import Box, Clock, ClockQuality, Observation, ObservationType

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_edge.detect import Detector
    from fieldwatch_edge.outbox import Outbox
    from fieldwatch_edge.settings import NodeSettings, Times
    from fieldwatch_shared.messages import Place

CLOCK = Clock(quality=ClockQuality.GNSS)
"""A drone flies by its receiver, and its pictures are stamped by it."""
_TYPES = {
    "animal": ObservationType.ANIMAL,
    "human": ObservationType.HUMAN,
    "vehicle": ObservationType.VEHICLE,
}


@dataclass(frozen=True, slots=True)
class Flight:
    """What a folder holds."""

    folder: Path
    names: tuple[str, ...]
    """Of pictures that say where they were taken, relative to `folder`, in order."""
    places: tuple[Place, ...]
    """Of each of them."""
    refused: tuple[tuple[str, str], ...]
    """(name, why) of those that do not."""
    fingerprint: str
    """Of names and sizes: the same flight again has the same one."""

    @classmethod
    def read(cls, folder: Path) -> Flight:
        """
        Raises:
            ConfigError: the folder cannot be read, or holds no picture that says where it was taken.
        """
        told = hashlib.sha256()
        placed: list[tuple[str, Place]] = []
        refused: list[tuple[str, str]] = []
        try:
            for name in Listing(folder).new_names():
                told.update(f"{name}\t{(folder / name).stat().st_size}\t".encode())
                try:
                    placed.append((name, place_of(folder / name)))
                except PictureError as error:
                    refused.append((name, str(error)))
        except OSError as error:
            raise ConfigError(f"cannot read {folder}: {error.strerror}") from error
        if not placed:
            why = f": {refused[0][0]}: {refused[0][1]}" if refused else ""
            raise ConfigError(f"there are no pictures with a place in {folder}{why}")
        names, places = zip(*placed, strict=True)
        return cls(folder, names, places, tuple(refused), told.hexdigest()[:16])


def settings_of(node: NodeSettings, flight: Flight, deployment_id: UUID) -> NodeSettings:
    """The node's settings, to send what one flight brought: no cameras, a store that holds it all."""
    name = f"{deployment_id}-{flight.fingerprint}"
    room = max(node.outbox.max_bytes, 2 * STILL_BYTES * len(flight.names))
    return node.model_copy(
        update={
            "cameras": [],
            "sensors": [],
            "power": None,
            "outbox": node.outbox.model_copy(update={"max_bytes": room}),
            "node": node.node.model_copy(update={"state_dir": node.node.state_dir / "flights" / name}),
        }
    )


def look(
    flight: Flight, node: str, deployment_id: UUID, detector: Detector, outbox: Outbox, times: Times
) -> Iterator[str | None]:
    """Look at each picture that was not looked at yet, and keep what is in it, in one transaction.

    Yields:
        for each picture, also those of an earlier run: None, or why it could not be looked at.

    Raises:
        OutboxError: nothing can be kept.
        ModelError: the detector cannot work.
    """
    camera = str(deployment_id)
    pictures = Pictures(node, deployment_id)
    done = outbox.checkpoint(camera)
    reached = done.position if done is not None else None
    failed: dict[str, str] = json.loads(done.state) if done is not None else {}
    for number, (name, place) in enumerate(zip(flight.names, flight.places, strict=True)):
        if reached is not None and name <= reached:
            yield failed.get(name)
            continue
        try:
            records = _seen(flight.folder / name, name, number, place, node, pictures, detector, times)
        except PictureError as error:
            records, failed[name] = [], f"{name}: {error}"
        outbox.write(camera, ready=map(Entry.of, records), checkpoint=Checkpoint(name, json.dumps(failed)))
        yield failed.get(name)


def _seen(
    path: Path,
    name: str,
    number: int,
    place: Place,
    node: str,
    pictures: Pictures,
    detector: Detector,
    times: Times,
) -> list[Observation | Picture]:
    at = capture_time(path, number, times)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PictureError(f"cannot be read: {error.strerror}") from error
    image = vision.decode(data)
    height, width = image.shape[:2]
    frame = Frame(image, at, CLOCK, name, data if data.startswith(b"\xff\xd8") else None)
    detections = detector.detect(image)
    deployment_id = pictures.deployment_id
    media_id = pictures.still_id(at, name)
    records: list[Observation | Picture] = []
    for index, (box, score, class_) in enumerate(
        zip(detections.boxes, detections.scores, detections.classes, strict=True)
    ):
        known = detector.classes[class_]
        if known.kind not in _TYPES:
            continue
        lies = fraction_box(box, width, height)
        records.append(
            _observation(
                uuid7_from(at, node, str(deployment_id), name, "observation", f"{index} {lies}"),
                deployment_id,
                frame,
                detector.label,
                _TYPES[known.kind],
                place=animal_at(lies, place),
                name=known.scientific_name,
                confidence=float(score),
                box=lies,
                media_id=media_id,
            )
        )
    if not records:
        id_ = uuid7_from(at, node, str(deployment_id), name, "observation", "blank")
        return [_observation(id_, deployment_id, frame, detector.label, ObservationType.BLANK, place=place)]
    still = pictures.still(frame)
    return [*records, Picture(still.media.model_copy(update={"place": place}), still.encoded)]


def _observation(
    id_: UUID,
    deployment_id: UUID,
    frame: Frame,
    model: str,
    kind: ObservationType,
    *,
    place: Place,
    name: str | None = None,
    confidence: float = 1.0,
    box: Box | None = None,
    media_id: UUID | None = None,
) -> Observation:
    return Observation(
        id=id_,
        deployment_id=deployment_id,
        observed_at=frame.at,
        ended_at=frame.at,
        clock=frame.clock,
        observation_type=kind,
        scientific_name=name,
        confidence=round(confidence, 4),
        box=box,
        media_id=media_id,
        model=model,
        place=place,
    )
