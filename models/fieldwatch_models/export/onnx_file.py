"""From a training checkpoint to the folder that a node can load."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from fieldwatch_models.errors import ExportError, ExtraMissingError
from fieldwatch_models.export.halves import largest_difference, store_as_fp16
from fieldwatch_models.registry.cards import Card, sha256_of

if TYPE_CHECKING:
    from datetime import date

    import onnx

#: How far fp16 storage may move a score, or a coordinate as a share of the picture's width.
TOLERANCE = 1e-2


def export(checkpoint: Path, folder: Path, created: date, imgsz: int | None = None) -> Card:
    """Export ``checkpoint`` to ``folder/model.onnx`` and bring ``folder/model.toml`` up to date.

    The card must exist: the names of the classes and the thresholds are a person's decision. Its
    version becomes the date ``created``. ``imgsz`` (px) replaces the card's inference size.
    """
    try:
        import onnx
        from ultralytics import YOLO
    except ImportError as error:
        raise ExtraMissingError(error.name or "ultralytics") from error

    card = Card.read(folder / "model.toml")
    size = imgsz or card.imgsz
    with tempfile.TemporaryDirectory() as scratch:
        # Ultralytics writes the ONNX file beside the checkpoint it was given.
        copy = Path(scratch) / "model.pt"
        copy.write_bytes(checkpoint.read_bytes())
        plain = Path(YOLO(copy).export(format="onnx", dynamic=True, simplify=True, imgsz=size, device="cpu"))
        model = onnx.load(plain)
        rows = model.graph.output[0].type.tensor_type.shape.dim[1].dim_value
        if rows != 4 + len(card.classes):
            raise ExportError(
                f"the model gives {rows} rows a box; the card's {len(card.classes)} classes need "
                f"{4 + len(card.classes)}"
            )
        _tidy(model, card)
        store_as_fp16(model)
        target = folder / card.file
        onnx.save(model, target)
        difference = largest_difference(plain, target, (1, 3, size, size))
    if difference > TOLERANCE:
        raise ExportError(f"fp16 storage moves the output by {difference:.4f}; nothing may")

    card = card.model_copy(
        update={
            "version": f"{created:%Y.%m.%d}",
            "created": created,
            "sha256": sha256_of(target),
            "imgsz": size,
        }
    )
    card.write(folder / "model.toml")
    return card


def _tidy(model: onnx.ModelProto, card: Card) -> None:
    """Drop what only the machine that exported knows: its paths, and shapes that can be inferred.

    The description that Ultralytics writes holds the path of the training data; the keys kept are
    the ones that its own ONNX backend reads.
    """
    keep = {"stride", "task", "head", "batch", "imgsz", "names", "channels", "end2end", "license"}
    kept = {item.key: item.value for item in model.metadata_props if item.key in keep}
    del model.metadata_props[:]
    for key, value in {"description": f"Fieldwatch {card.name} detector", **kept}.items():
        item = model.metadata_props.add()
        item.key, item.value = key, value
    del model.graph.value_info[:]
