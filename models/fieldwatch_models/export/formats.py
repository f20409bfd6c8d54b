"""Every form in which a detector can run, and how each is made from the shipped one or from its checkpoint.

The ONNX file with dynamic size is what a model folder ships. The others are folders of their own, made for a
kind of computer: same card, another file, its hash, and `export.json` on how it was made and what it changes.
"""

from __future__ import annotations

import json
import platform
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fieldwatch_edge.detect.model_folder import sha256_of
from fieldwatch_models.errors import ExportError, ExtraMissingError
from fieldwatch_models.export.agree import Agreement
from fieldwatch_models.export.detectors import open_detector
from fieldwatch_models.export.onnx_file import CHECKED_FROM, through_ultralytics
from fieldwatch_models.export.quantise import quantise
from fieldwatch_models.export.static import as_shown, with_fixed_size
from fieldwatch_models.registry.cards import Card

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fieldwatch_edge.domain import Image


class Format(StrEnum):
    """As on the command line."""

    ONNX = "onnx"
    ONNX_STATIC = "onnx-static"
    ONNX_INT8 = "onnx-int8"
    OPENVINO = "openvino"
    OPENVINO_INT8 = "openvino-int8"
    NCNN = "ncnn"

    @property
    def file(self) -> str:
        """What the file (or folder of files) is called; ultralytics knows its formats by their endings."""
        return {
            Format.OPENVINO: "model_openvino_model",
            Format.OPENVINO_INT8: "model_int8_openvino_model",
            Format.NCNN: "model_ncnn_model",
        }.get(self, "model.onnx")

    @property
    def calibrated(self) -> bool:
        """Whether it is quantised, and so needs pictures like those it will see."""
        return self in {Format.ONNX_INT8, Format.OPENVINO_INT8}

    @property
    def fixed(self) -> bool:
        """Whether its input has one size."""
        return self in {Format.ONNX_STATIC, Format.NCNN}

    @property
    def through_ultralytics(self) -> bool:
        return not self.file.endswith(".onnx")

    @property
    def makers(self) -> tuple[str, ...]:
        """Packages that making it takes."""
        more = {
            Format.OPENVINO: ("openvino",),
            Format.OPENVINO_INT8: ("openvino", "nncf"),
            Format.NCNN: ("ncnn", "pnnx"),
        }
        return (
            "onnx",
            "onnxslim",
            *(("ultralytics",) if self.through_ultralytics else ()),
            *more.get(self, ()),
        )

    @property
    def runners(self) -> tuple[str, ...]:
        """Packages that running it takes."""
        name = {Format.OPENVINO: "openvino", Format.OPENVINO_INT8: "openvino", Format.NCNN: "ncnn"}.get(self)
        return ("ultralytics", name) if name else ("onnxruntime",)

    def missing(self, packages: Sequence[str] | None = None) -> tuple[str, ...]:
        """Those of `packages` (default: the makers) that are not installed."""
        return tuple(name for name in packages or self.makers if find_spec(name) is None)


@dataclass(frozen=True)
class Request:
    """What to make from what."""

    form: Format
    folder: Path
    """The model folder that it is made from."""
    out: Path
    """The model folder that it becomes; must not exist, or be one that was made so before."""
    checkpoint: Path | None = None
    """For the formats through ultralytics; without one the weights in `folder` are read back."""
    calibration: Sequence[Path] = ()
    """Pictures to calibrate an INT8 format on."""
    camera: tuple[int, int] | None = None
    """(width, height) of the pictures that a fixed size is made for; none: a square."""


def make(request: Request, pictures: Sequence[Image], checkpoint_of: Any) -> tuple[Card, Agreement]:
    """Make `request.out`; its card, and how it agrees with the shipped file over `pictures`.

    `checkpoint_of(folder, target)` writes a checkpoint with the weights of a model folder to `target`.

    Raises:
        ExtraMissingError: a package that this takes is not installed.
        ExportError: there is nothing to calibrate on, the target is something else, or a tool failed.
    """
    form = request.form
    for name in form.missing():
        raise ExtraMissingError(name)
    if form.calibrated and not request.calibration:
        raise ExportError(f"{form} is calibrated on pictures like those it will see: give --data")
    _check_target(request)
    shipped = Card.read(request.folder / "model.toml")
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / form.file
        source = request.folder / shipped.file
        if form is Format.ONNX_STATIC:
            with_fixed_size(source, made, shipped.imgsz, request.camera)
        elif form is Format.ONNX_INT8:
            quantise(source, made, request.calibration, shipped.imgsz)
        elif form.through_ultralytics:
            _through_ultralytics(request, shipped, Path(scratch), made, checkpoint_of)
        else:
            raise ExportError(f"{form} is made from a checkpoint into the model's own folder")
        card = shipped.model_copy(
            update={
                # Other boxes than the shipped one's, if only slightly: observations must tell which it was.
                "version": f"{shipped.version}+{form}",
                "created": datetime.now(UTC).date(),
                "file": form.file,
                "sha256": sha256_of(made),
            }
        )
        _replace(request.out, made, card)
    found = _compare(request, card, pictures)
    _record(request, shipped, found)
    return card, found


def _through_ultralytics(
    request: Request, shipped: Card, scratch: Path, made: Path, checkpoint_of: Any
) -> None:
    checkpoint = scratch / "model.pt"
    if request.checkpoint is not None:
        shutil.copyfile(request.checkpoint, checkpoint)
    else:
        checkpoint_of(request.folder, checkpoint)
    options: dict[str, Any] = {"imgsz": shipped.imgsz}
    if request.form is not Format.NCNN:  # which knows no dynamic size
        options |= {"dynamic": True, "quantize": 16}
    if request.form is Format.OPENVINO_INT8:
        options |= {"quantize": 8, "data": str(_yolo_folder(scratch / "data", request.calibration, shipped))}
        options |= {"batch": 1}  # a last batch that is not full would be left out
    kind = "ncnn" if request.form is Format.NCNN else "openvino"
    through_ultralytics(checkpoint, kind, **options).rename(made)


def _yolo_folder(folder: Path, pictures: Sequence[Path], card: Card) -> Path:
    """The pictures as ultralytics wants to be given them; the path of their data.yaml."""
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    for number, picture in enumerate(pictures):
        (folder / "images" / f"{number:05}{picture.suffix}").symlink_to(picture.resolve())
        (folder / "labels" / f"{number:05}.txt").touch()
    names = "".join(f"  {index}: {json.dumps(name)}\n" for index, name in enumerate(card.names))
    text = f"path: {json.dumps(str(folder))}\ntrain: images\nval: images\nnames:\n{names}"
    (folder / "data.yaml").write_text(text, "utf-8")
    return folder / "data.yaml"


def _check_target(request: Request) -> None:
    out = request.out
    if out.resolve() == request.folder.resolve():
        raise ExportError(f"{request.form} would replace the shipped model in {out}: give another --out")
    if out.exists() and not (out / "export.json").exists() and any(out.iterdir()):
        raise ExportError(f"{out} is there already, and was not made by an export: give another --out")


def _replace(out: Path, made: Path, card: Card) -> None:
    if out.exists():
        shutil.rmtree(out)
    out.mkdir(parents=True)
    shutil.move(made, out / card.file)
    card.write(out / "model.toml")


def _compare(request: Request, card: Card, pictures: Sequence[Image]) -> Agreement:
    left, right = (open_detector(side, CHECKED_FROM) for side in (request.folder, request.out))
    found = Agreement(CHECKED_FROM)
    for picture in pictures:
        # With a fixed size there is more grey around the picture, and the network sees that. Whether the file
        # is right shows on a picture that both see in the same way.
        shown = as_shown(picture, card.imgsz, request.camera) if request.form.fixed else picture
        found.add(left.detect(shown), right.detect(shown))
    return found


def _record(request: Request, shipped: Card, found: Agreement) -> None:
    """Write `export.json`, and hand on what people should read before they rely on the model."""
    tools = {name: version(name) for name in (*request.form.makers, *request.form.runners)}
    record = {
        "format": str(request.form),
        "made_from": {"version": shipped.version, "sha256": shipped.sha256, "imgsz": shipped.imgsz},
        "weights": "checkpoint" if request.checkpoint else "read back from the shipped file",
        "calibrated_on": len(request.calibration) if request.form.calibrated else None,
        "against_the_shipped_file": found.report(),
        "tools": tools | {"python": platform.python_version()},
    }
    (request.out / "export.json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
    if (request.folder / "CARD.md").exists():
        head = (
            f"> This is {shipped.name} {shipped.version} as {request.form}. The card below is that of the "
            "shipped file: its figures were measured on that. What differs is in export.json.\n\n"
        )
        text = (request.folder / "CARD.md").read_text("utf-8")
        (request.out / "CARD.md").write_text(head + text, "utf-8")
