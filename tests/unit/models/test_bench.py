"""The comparison of formats, with real processes around a toy model whose right answer is known."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import cv2
import numpy as np
import onnx
import pytest
from tests.unit.edge.toy_models import colour_model

from fieldwatch_edge.detect.model_folder import sha256_of
from fieldwatch_models.bench.run import Runner, compare
from fieldwatch_models.data.catalogue import Label, Picture
from fieldwatch_models.errors import ExportError
from fieldwatch_models.registry.cards import Card, DetectedClass

if TYPE_CHECKING:
    from pathlib import Path

SIDE, CELL = 96, 32
COLOURS = {"red": 2, "green": 1, "blue": 0}  # channels, BGR


def model(folder: Path) -> Path:
    folder.mkdir()
    onnx.save(colour_model(), folder / "model.onnx")
    card = Card(
        name="toy",
        version="1",
        created=date(2026, 1, 1),
        sha256=sha256_of(folder / "model.onnx"),
        imgsz=SIDE,
        conf=0.5,
        iou=0.5,
        classes=tuple(DetectedClass(name=name, name_zh="色", kind="animal") for name in COLOURS),
    )
    card.write(folder / "model.toml")
    return folder


@pytest.fixture
def pictures(tmp_path: Path) -> list[Picture]:
    """A square of one colour in one of nine cells each; the last one is labelled as another colour."""
    made = []
    for number in range(6):
        name = list(COLOURS)[number % 3]
        image = np.zeros((SIDE, SIDE, 3), np.uint8)
        x, y = CELL * (number % 3), CELL * (number // 3)
        image[y : y + CELL, x : x + CELL, COLOURS[name]] = 255
        path = tmp_path / f"{number}.png"
        cv2.imwrite(str(path), image)
        said = "red" if number == 5 else name
        share = CELL / SIDE
        label = Label(name=said, x=x / SIDE, y=y / SIDE, width=share, height=share)
        made.append(Picture(path=path, width=SIDE, height=SIDE, labels=(label,), source="drawn"))
    return made


def test_formats_are_measured_in_processes_of_their_own(tmp_path: Path, pictures: list[Picture]) -> None:
    broken = model(tmp_path / "broken")
    (broken / "model.onnx").write_bytes(b"cut off")
    folders = {
        "onnx": model(tmp_path / "shipped"),
        "other": model(tmp_path / "other"),
        "broken": broken,
    }
    rows, failed = compare(folders, pictures, threads=1, turns=3)
    assert list(rows) == ["onnx", "other"]
    assert "not the file that" in failed["broken"]
    for row in rows.values():
        assert row["model_ms"] > 0
        assert row["pipeline_ms"] > 0
        assert 30 < row["peak_mib"] < 1000, "a process that decodes and infers, and no more"
        # Red and green: found all. Blue: found one; the other is called blue, and red was labelled there.
        assert row["ap50"] == pytest.approx((2 / 3 + 1 + 1) / 3, abs=0.01)
        assert row["ap50_lost"] == 0
    assert rows["onnx"]["model_ratio"] == rows["onnx"]["cpu_ratio"] == 1
    assert 0.05 < rows["other"]["pipeline_ratio"] < 20
    assert rows["onnx"]["file_mb"] == round((folders["onnx"] / "model.onnx").stat().st_size / 1e6, 2)


def test_without_the_shipped_file_there_is_nothing_to_compare_with(
    tmp_path: Path, pictures: list[Picture]
) -> None:
    broken = model(tmp_path / "broken")
    (broken / "model.onnx").write_bytes(b"cut off")
    with pytest.raises(ExportError, match=r"onnx: .*not the file that"):
        compare({"onnx": broken, "other": model(tmp_path / "other")}, pictures, threads=1, turns=1)


def test_a_process_that_dies_is_an_error_that_says_so(tmp_path: Path) -> None:
    runner = Runner.start("onnx", model(tmp_path / "toy"), threads=1)
    runner.process.kill()
    with pytest.raises(ExportError, match="onnx: its process ended with -9"):
        runner.ask("memory")
    runner.stop()
