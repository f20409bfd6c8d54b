"""``training.json``: how a checkpoint came about, so that it can be made again and a card can cite it."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_models.data.catalogue import Catalogue
    from fieldwatch_models.train.origins import Origin
    from fieldwatch_models.train.recipe import Recipe

FILE = "training.json"
#: What takes part in the arithmetic.
PACKAGES = ("fieldwatch", "torch", "ultralytics", "numpy", "opencv-python")
EPOCHS = "epochs.jsonl"


@dataclass
class Record:
    """Written beside the checkpoint after each stage. Names no path of the machine."""

    folder: Path
    facts: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        folder: Path,
        recipe: Recipe,
        catalogue: Catalogue,
        data_sha256: str,
        origin: Origin | None,
        device: dict[str, Any],
    ) -> Record:
        """What is known before the first step."""
        pictures: dict[str, dict[str, int]] = {"train": {}, "val": {}}
        for picture in catalogue.pictures:
            if picture.split in pictures:
                counts = pictures[picture.split]
                counts[picture.source] = counts.get(picture.source, 0) + 1
        facts = {
            "name": recipe.name,
            "recipe_sha256": recipe.sha256,
            "seed": recipe.seed,
            "classes": list(recipe.classes),
            "architecture": recipe.start.architecture,
            "start": {"from": origin.label, "sha256": origin.sha256} if origin else "random weights",
            "data": {"sha256": data_sha256, "pictures_by_source": pictures},
            "device": device,
            "versions": {"python": platform.python_version()} | {name: version(name) for name in PACKAGES},
        }
        return cls(folder, facts)

    def stage(self, name: str, folder: Path) -> None:
        """Add the epochs that were noted in ``folder``; writes the file."""
        epochs = read_epochs(folder)
        seconds = round(sum(row["seconds"] for row in epochs), 1)
        self.facts.setdefault("stages", []).append({"name": name, "seconds": seconds, "epochs": epochs})
        self.write()

    def write(self) -> None:
        """Write ``training.json``."""
        text = json.dumps(self.facts, indent=1, ensure_ascii=False)
        (self.folder / FILE).write_text(text + "\n", "utf-8")


def note_epoch(folder: Path, epoch: int, seconds: float, losses: dict[str, float]) -> None:
    """Append what ``epoch`` (from 1) gave to the notes in ``folder``."""
    row = {"epoch": epoch, "seconds": round(seconds, 1), "losses": losses}
    with (folder / EPOCHS).open("a", encoding="utf-8") as notes:
        notes.write(json.dumps(row) + "\n")


def read_epochs(folder: Path) -> list[dict[str, Any]]:
    """The epochs noted in ``folder``, in order. One that was cut off and run again counts once."""
    notes = folder / EPOCHS
    rows: dict[int, dict[str, Any]] = {}
    for line in notes.read_text("utf-8").splitlines() if notes.exists() else []:
        try:
            row = json.loads(line)
        except ValueError:  # the machine went down while this line was being written
            continue
        rows[row["epoch"]] = row
    return [rows[number] for number in sorted(rows)]
