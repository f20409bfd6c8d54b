"""Formats made from the shipped file, without PyTorch: fixed size and INT8, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import onnx
import pytest

from fieldwatch_edge.detect.model_folder import ModelFolder
from fieldwatch_models.errors import DataError, ExportError, ExtraMissingError
from fieldwatch_models.export.command import _size
from fieldwatch_models.export.detectors import open_detector
from fieldwatch_models.export.drawn import drawn
from fieldwatch_models.export.formats import Format, Request, make
from fieldwatch_models.export.quantise import last_convolutions
from fieldwatch_models.registry.cards import Card

pytest.importorskip("onnxslim")
WILDLIFE = Path(__file__).parents[3] / "models" / "wildlife"


def no_checkpoint(folder: Path, target: Path) -> None:
    raise AssertionError("ONNX formats are made from the ONNX file")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("drawn")
    for number, picture in enumerate(drawn(8, seed=1)):
        cv2.imwrite(str(folder / f"{number}.png"), picture)
    return sorted(folder.iterdir())


def test_a_fixed_size_is_the_same_network(tmp_path: Path) -> None:
    request = Request(Format.ONNX_STATIC, WILDLIFE, tmp_path / "static", camera=(1920, 1080))
    card, found = make(request, list(drawn(6)), no_checkpoint)
    assert found.holds, found.report()
    assert len(found.box_px) > 0
    opened = ModelFolder.open(tmp_path / "static")
    model = onnx.load(opened.file)
    assert [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim] == [1, 3, 256, 416]
    assert card.version == Card.read(WILDLIFE / "model.toml").version + "+onnx-static"
    shipped = (WILDLIFE / "model.onnx").stat().st_size
    assert opened.file.stat().st_size < 1.1 * shipped, "weights stay stored as they were"


def test_int8_is_smaller_and_says_what_it_changed(tmp_path: Path, files: list[Path]) -> None:
    request = Request(Format.ONNX_INT8, WILDLIFE, tmp_path / "int8", calibration=files)
    card, found = make(request, list(drawn(4)), no_checkpoint)
    opened = ModelFolder.open(tmp_path / "int8")
    assert opened.file.stat().st_size < 0.7 * (WILDLIFE / "model.onnx").stat().st_size
    model = onnx.load(opened.file)
    kinds = [node.op_type for node in model.graph.node]
    assert kinds.count("QuantizeLinear") > 50
    exact = set(last_convolutions(model.graph))
    assert len(exact) == 7, "two on each of three scales, and the mean over a box edge's distribution"
    made = {name: node for node in model.graph.node for name in node.output}
    for node in model.graph.node:
        if node.op_type == "Conv":
            quantised = made[node.input[0]].op_type == "DequantizeLinear"
            assert quantised is (node.name not in exact), node.name
    record = json.loads((tmp_path / "int8" / "export.json").read_text("utf-8"))
    assert record["calibrated_on"] == 8
    assert record["made_from"]["sha256"] == Card.read(WILDLIFE / "model.toml").sha256
    assert record["against_the_shipped_file"] == found.report()
    assert "as onnx-int8" in (tmp_path / "int8" / "CARD.md").read_text("utf-8").splitlines()[0]
    # The node loads it, with the classes of the card.
    detector = open_detector(tmp_path / "int8", 0.01)
    assert [known.name for known in detector.classes] == list(card.names)
    assert len(detector.detect(next(drawn(1)))) > 0


def test_int8_needs_pictures(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="give --data"):
        make(Request(Format.ONNX_INT8, WILDLIFE, tmp_path / "int8"), [], no_checkpoint)
    assert not (tmp_path / "int8").exists()


def test_a_picture_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.jpg").write_text("not a picture")
    request = Request(Format.ONNX_INT8, WILDLIFE, tmp_path / "int8", calibration=[tmp_path / "notes.jpg"])
    with pytest.raises(DataError, match=r"notes\.jpg"):
        make(request, [], no_checkpoint)


def test_nothing_is_overwritten_that_no_export_made(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "lion.jpg").touch()
    with pytest.raises(ExportError, match="not made by an export"):
        make(Request(Format.ONNX_STATIC, WILDLIFE, tmp_path / "photos"), [], no_checkpoint)
    assert (tmp_path / "photos" / "lion.jpg").exists()
    with pytest.raises(ExportError, match="would replace the shipped model"):
        make(Request(Format.ONNX_STATIC, WILDLIFE, WILDLIFE), [], no_checkpoint)


def test_a_missing_runtime_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "fieldwatch_models.export.formats.find_spec", lambda name: None if name == "ncnn" else 1
    )
    assert Format.NCNN.missing() == ("ncnn",)
    with pytest.raises(ExtraMissingError, match=r"'ncnn' .*fieldwatch\[formats\]"):
        make(Request(Format.NCNN, WILDLIFE, tmp_path / "ncnn"), [], no_checkpoint)


@pytest.mark.parametrize("text", ["1920", "x1080", "0x10", "wide x high"])
def test_a_size_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ExportError, match="such as 1920x1080"):
        _size(text)
