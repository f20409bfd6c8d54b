"""A model folder: `model.toml`, the card for machines, beside the file that it describes.

models/wildlife/
  model.toml   name, version, file, sha256, imgsz, conf, iou, and what each class index means
  model.onnx   or any other format that a backend reads, a folder (OpenVINO, NCNN) included
"""

from __future__ import annotations

import hashlib
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fieldwatch_edge.domain import DetectedClass
from fieldwatch_edge.errors import ModelError
from fieldwatch_shared.messages import Fraction

if TYPE_CHECKING:
    from collections.abc import Sequence

CARD = "model.toml"


class CardClass(BaseModel):
    # Unlike node.toml, a card may know more than this version does: it can come from a newer Fieldwatch.
    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    kind: Literal["animal", "human", "vehicle", "smoke", "fire"]
    scientific_name: str | None = None


class Fallback(BaseModel):
    """What is said of a box that shows some animal, but none that the model can name."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str = "animal"
    scientific_name: str = "Animalia"
    score: Annotated[float, Field(gt=0, lt=1)]
    """Reported where no class reaches `conf`, but the chance of any, 1 - product(1 - p), reaches this."""


class Card(BaseModel):
    """`model.toml`, as far as a node needs it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    version: str
    task: Literal["detect"] = "detect"
    file: str = "model.onnx"
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    imgsz: Annotated[int, Field(gt=0, multiple_of=32)]
    conf: Fraction
    iou: Fraction
    temperature: Annotated[float, Field(gt=0, le=100)] = 1.0
    """The model's score s counts as sigmoid(logit(s) / temperature); `conf` is on that scale."""
    fallback: Fallback | None = None
    classes: Annotated[tuple[CardClass, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model whose file is the one that its card describes.

    A signature is checked against `card_sha256` and the card's own `sha256`, and a backend loads what
    `read_file` or `copy_file` give: what was swapped on disk since is noticed, and never run.
    """

    path: Path
    card: Card
    card_sha256: str
    """Of the bytes that `card` was read from."""

    @property
    def file(self) -> Path:
        return self.path / self.card.file

    @property
    def label(self) -> str:
        """`name@version`."""
        return f"{self.card.name}@{self.card.version}"

    @property
    def classes(self) -> tuple[DetectedClass, ...]:
        """What class indices mean: the model's own classes, then the fallback where the card has one."""
        named = tuple(DetectedClass(c.name, c.kind, c.scientific_name) for c in self.card.classes)
        unknown = self.card.fallback
        if unknown is None:
            return named
        return (*named, DetectedClass(unknown.name, "animal", unknown.scientific_name, unknown=True))

    @classmethod
    def open(cls, path: Path) -> ModelFolder:
        """Read the card and check the file against it.

        Raises:
            ModelError: the card is missing or wrong, or the file is missing or another one.
        """
        card_path = path / CARD
        try:
            read = card_path.read_bytes()
            card = Card.model_validate(tomllib.loads(read.decode("utf-8")))
        except OSError as error:
            raise ModelError(f"cannot read {card_path}: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ModelError(f"{card_path} is not valid TOML: {error}") from error
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise ModelError(f"{card_path} is not a model card: {faults}") from error
        folder = cls(path, card, hashlib.sha256(read).hexdigest())
        try:
            folder._check(sha256_of(folder.file))
        except OSError as error:
            raise ModelError(f"cannot read {folder.file}: {error.strerror}") from error
        return folder

    def read_file(self) -> bytes:
        """The model file, checked once more: the bytes to load.

        Raises:
            ModelError: it is gone, a folder, or another one by now.
        """
        try:
            data = self.file.read_bytes()
        except OSError as error:
            raise ModelError(f"cannot read {self.file}: {error.strerror}") from error
        self._check(hashlib.sha256(data).hexdigest())
        return data

    def copy_file(self, into: Path) -> Path:
        """A checked copy of the model file or folder in `into`, for loaders that want a path.

        Raises:
            ModelError: it cannot be copied, or is another one by now.
        """
        copy = into / self.file.name
        try:
            (shutil.copytree if self.file.is_dir() else shutil.copyfile)(self.file, copy)
            self._check(sha256_of(copy))
        except (OSError, shutil.Error) as error:
            raise ModelError(f"cannot copy {self.file} to {into}: {error}") from error
        return copy

    def _check(self, found: str) -> None:
        if found != self.card.sha256:
            raise ModelError(
                f"{self.file} is not the file that {self.path / CARD} describes: its SHA-256 is {found}, the "
                f"card says {self.card.sha256}. Copy the whole model folder anew"
            )

    def check_width(self, classes: int) -> None:
        """Raises ModelError where the model tells another number of classes apart than its card names."""
        if classes != len(self.card.classes):
            raise ModelError(
                f"{self.file} tells {classes} classes apart, but {self.path / CARD} names "
                f"{len(self.card.classes)}: {', '.join(c.name for c in self.card.classes)}"
            )


def sha256_of(path: Path) -> str:
    """Hex digest of a file; of a folder, of the lines `<digest>  <relative path>` of its files by path."""
    if not path.is_dir():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    files = sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
    lines = "".join(f"{sha256_of(path / file)}  {file}\n" for file in files)
    return hashlib.sha256(lines.encode()).hexdigest()


def model_search_path(first: str | Path | None = None) -> tuple[Path, ...]:
    """Where models are looked up by name: in `first` (the value of FIELDWATCH_MODELS, several folders
    separated as in PATH), then among the installed ones, then in a checkout's `models/`."""
    package = Path(__file__).parents[1]
    named = [Path(part) for part in str(first).split(":") if part] if first else []
    return (*named, package / "models", package.parents[1] / "models")


def find_model(model: str, search_path: Sequence[Path]) -> ModelFolder:
    """The model folder called `model` in `search_path`, or at the path `model` if it has a slash.

    Raises:
        ModelError: there is none, or it is faulty.
    """
    if "/" in model:
        return ModelFolder.open(Path(model).expanduser())
    for folder in search_path:
        if (folder / model / CARD).is_file():
            return ModelFolder.open(folder / model)
    known = {card.parent.name for folder in search_path for card in folder.glob(f"*/{CARD}")}
    raise ModelError(
        f"no model {model!r} in {', '.join(map(str, search_path))}; "
        + (f"there are: {', '.join(sorted(known))}" if known else "these folders hold no model")
        + ". Give a name, or the path of a model folder (with a slash)"
    )
