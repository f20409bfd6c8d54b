"""What people labelled in a reserve, as pictures and a catalogue beside them; pulled again, what is new."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from fieldwatch_models.console import progress
from fieldwatch_models.data.catalogue import Catalogue, Label, Picture, Source, Split
from fieldwatch_models.data.sources import is_colourless
from fieldwatch_models.review.cloud import Cloud, ReviewError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fieldwatch_models.registry.cards import Card

FILE = "catalogue.jsonl"
EVENT = timedelta(minutes=30)
"""Pictures of one camera that lie nearer to each other are one sequence: as counting takes an event."""
UNDECIDED = frozenset({"animal", "Animalia", "unknown"})
"""Labels of what nobody could name. It might be of any class, so the picture says nothing about any."""
FIRE = ("smoke", "fire")


@dataclass(frozen=True)
class Pulled:
    catalogue: Catalogue
    fetched: int
    """Pictures that were not here before."""
    negatives: int
    """Of the catalogue, false alarms of fire that nobody has labelled."""
    undecided: int
    """Left out, because of a label that nobody could name."""


def pull(
    cloud: Cloud,
    reserve: str,
    out: Path,
    *,
    licence: str,
    card: Card | None = None,
    val: float = 0.2,
    quiet: bool = True,
) -> Pulled:
    """Bring what people labelled in ``reserve`` to ``out``: ``images/`` and ``catalogue.jsonl``.

    Classes are called as in ``card``, found by scientific name, or else by that name. What a person labelled
    and the card does not know is a class of its own, which a recipe may train and a class map may drop.
    Where the card names smoke or fire, pictures of incidents that were closed as a false alarm come as
    pictures without either, also where nobody labelled them.

    Args:
        licence: of the reserve's pictures; the card of whatever is trained on them will say it.
        val: share of pictures, whole sites at a time, that go to validation; 0: no split.

    Raises:
        ReviewError: the service cannot be reached or refuses, or there is nothing labelled.
        DataError: a catalogue is there already and cannot be read.
    """
    names, fires, animals = _vocabulary(card)
    labelled = cloud.labelling_set(reserve, which="labelled")
    alarms = (
        cloud.labelling_set(reserve, which="proposed", reason="false_alarm", reviewed=False)
        if fires
        else {"images": [], "annotations": [], "categories": []}
    )
    categories = {entry["id"]: entry["name"] for entry in labelled["categories"]}
    boxes: dict[int, list[tuple[str, list[float]]]] = {image["id"]: [] for image in labelled["images"]}
    for annotation in labelled["annotations"]:
        boxes[annotation["image_id"]].append((categories[annotation["category_id"]], annotation["bbox"]))
    usable = [
        (image, tuple(_label(name, box, image, names) for name, box in boxes[image["id"]]))
        for image in labelled["images"]
        if not (animals and any(name in UNDECIDED for name, _ in boxes[image["id"]]))
    ]
    if not usable and not alarms["images"]:
        raise ReviewError(f"nothing has been labelled in {reserve} yet: {cloud.url.rstrip('/')}/#review")
    folder = out / "images"
    folder.mkdir(parents=True, exist_ok=True)
    images = [image for image, _ in usable] + alarms["images"]
    fetched = _fetch(cloud, folder, images, quiet)
    sequences = _sequences(images)

    def picture(
        image: dict[str, Any], labels: tuple[Label, ...], looked_for: tuple[str, ...] | None
    ) -> Picture:
        path = _file(folder, image)
        return Picture(
            path=path.relative_to(out),
            width=image["width"],
            height=image["height"],
            labels=labels,
            labelled_for=looked_for,
            source=reserve,
            site=f"{reserve}/{image['location']}",
            sequence=sequences[image["media_id"]],
            taken_at=datetime.fromisoformat(image["datetime"]),
            light="night" if is_colourless(path) else "day",
        )

    pictures = [picture(image, labels, None) for image, labels in usable]
    # Whoever closed the incident looked for fire, and for nothing else.
    pictures += [picture(image, (), fires) for image in alarms["images"]]
    found = {label.name for p in pictures for label in p.labels}
    known = card.names if card else ()
    catalogue = Catalogue(
        classes=(*known, *sorted(found - set(known))),
        sources={reserve: Source(title=f"Fieldwatch reserve {reserve}", licence=licence, url=cloud.url)},
        pictures=tuple(sorted(pictures, key=lambda p: p.path)),
    )
    before = Catalogue.read(out / FILE) if (out / FILE).exists() else None
    catalogue = divide(catalogue, val, before)
    catalogue.write(out / FILE)
    left_out = len(labelled["images"]) - len(usable)
    return Pulled(catalogue, fetched, len(alarms["images"]), left_out)


def divide(catalogue: Catalogue, val: float, before: Catalogue | None = None) -> Catalogue:
    """Put whole sites into ``train`` or ``val`` so that ``val`` comes near its share of the pictures.

    A site that ``before`` has on one side stays there.
    """
    sides: dict[str, Split] = {
        p.group: p.split for p in (before.pictures if before else ()) if p.split is not None
    }
    sizes: dict[str, int] = {}
    for p in catalogue.pictures:
        sizes[p.group] = sizes.get(p.group, 0) + 1
    if val <= 0:
        return catalogue
    wanted, has = val * len(catalogue.pictures), sum(n for g, n in sizes.items() if sides.get(g) == "val")
    trained = any(sides.get(group) == "train" for group in sizes)
    new = sorted(
        (group for group in sizes if group not in sides), key=lambda g: hashlib.sha256(g.encode()).digest()
    )
    for group in new:
        # The first site is for training: a set of one site has nothing to validate on.
        fits = abs(has + sizes[group] - wanted) < abs(has - wanted) or (has == 0 and group == new[-1])
        sides[group] = "val" if trained and fits else "train"
        trained = True
        has += sizes[group] if sides[group] == "val" else 0
    pictures = tuple(p.model_copy(update={"split": sides[p.group]}) for p in catalogue.pictures)
    return catalogue.model_copy(update={"pictures": pictures})


def _vocabulary(card: Card | None) -> tuple[dict[str, str], tuple[str, ...], bool]:
    """(class by label's name, which classes are of fire, whether any is of animals)."""
    if card is None:
        return {}, FIRE, True
    named = {(c.scientific_name or c.name) if c.kind == "animal" else c.kind: c.name for c in card.classes}
    fires = tuple(c.name for c in card.classes if c.kind in FIRE)
    return named, fires, any(c.kind == "animal" for c in card.classes)


def _label(name: str, box: list[float], image: dict[str, Any], names: dict[str, str]) -> Label:
    """A COCO box, rounded to hundredths of a pixel, as shares of the picture and within it."""
    x, y, width, height = box
    left, top = (min(1.0, max(0.0, side)) for side in (x / image["width"], y / image["height"]))
    return Label(
        name=names.get(name, name),
        x=round(left, 6),
        y=round(top, 6),
        width=round(min(1 - left, width / image["width"]), 6),
        height=round(min(1 - top, height / image["height"]), 6),
    )


def _fetch(cloud: Cloud, folder: Path, images: list[dict[str, Any]], quiet: bool) -> int:
    """Fetch the pictures that are not in ``folder`` yet; how many those were."""
    missing = [image for image in images if not _file(folder, image).exists()]

    def fetch(image: dict[str, Any]) -> None:
        content, tag = cloud.get(f"/media/{image['media_id']}")
        if tag and tag.strip('"') != hashlib.sha256(content).hexdigest():
            raise ReviewError(f"picture {image['media_id']} arrived damaged: pull again")
        target = _file(folder, image)  # Complete, or not there.
        part = target.with_suffix(".part")
        part.write_bytes(content)
        part.rename(target)

    with progress() as bar, ThreadPoolExecutor(4) as threads:
        bar.disable = quiet
        for _ in bar.track(threads.map(fetch, missing), total=len(missing), description="pictures"):
            pass
    return len(missing)


def _file(folder: Path, image: dict[str, Any]) -> Path:
    """Within ``folder``, whatever an answer says."""
    return folder / Path(image["file_name"]).name


def _sequences(images: Iterable[dict[str, Any]]) -> dict[str, str]:
    """By media id: the event of one camera that a picture belongs to, named by its first picture."""
    ordered = sorted(images, key=lambda image: (image["location"], image["datetime"]))
    found = {}
    for _, at_one in groupby(ordered, key=lambda image: cast("str", image["location"])):
        last, name = None, ""
        for image in at_one:
            at = datetime.fromisoformat(image["datetime"])
            if last is None or at - last >= EVENT:
                name = str(image["media_id"])
            found[str(image["media_id"])] = name
            last = at
    return found
