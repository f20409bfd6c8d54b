"""What the cloud knows of the detectors: from their papers alone."""

import json
import shutil
from pathlib import Path

import pytest

from fieldwatch_shared.cards import CardError, measured, read, shipped

MODELS = Path(__file__).parents[3] / "models"


def test_the_shipped_detectors_are_known_with_their_classes() -> None:
    known = shipped()
    (label,) = [each for each in known if each.startswith("wildlife@")]
    wildlife = known[label]
    assert wildlife.class_of("Syncerus caffer") == "buffalo"
    assert wildlife.class_of("Ursus thibetanus") is None
    assert wildlife.confusion.model == label
    # As metrics.json has it: rows are what was said.
    table = json.loads((MODELS / "wildlife" / "metrics.json").read_text())["confusion"]
    assert wildlife.confusion.count("deer", "deer") == table["said_by_was"][0][0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for paper in ("model.toml", "metrics.json"):
        shutil.copy(MODELS / "wildlife" / paper, tmp_path / paper)
    return tmp_path


def test_a_reserves_own_model_is_read_from_its_folder(folder: Path) -> None:
    card = folder / "model.toml"
    card.write_text(card.read_text().replace('name = "wildlife"', 'name = "ibis"'))
    assert any(label.startswith("ibis@") for label in measured([folder]))


def test_figures_of_another_file_are_not_taken(folder: Path) -> None:
    card = folder / "model.toml"
    lines = [
        'sha256 = "' + "0" * 64 + '"' if line.startswith("sha256") else line
        for line in card.read_text().splitlines()
    ]
    card.write_text("\n".join(lines))
    with pytest.raises(CardError, match="another model file"):
        read(folder)


@pytest.mark.parametrize(
    ("paper", "content"),
    [
        ("metrics.json", "{}"),
        ("metrics.json", "no"),
        ("model.toml", "= 1"),
        ("model.toml", ""),
        ("metrics.json", "[]"),
    ],
)
def test_wrong_papers_are_named(folder: Path, paper: str, content: str) -> None:
    (folder / paper).write_text(content)
    with pytest.raises(CardError, match="no measured model"):
        read(folder)


def test_missing_papers_are_named(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"model\.toml"):
        read(tmp_path)
