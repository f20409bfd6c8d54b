from datetime import date
from pathlib import Path

import pytest

from fieldwatch_edge.detect.model_folder import sha256_of
from fieldwatch_models.errors import RecipeError
from fieldwatch_models.registry.cards import Card, DetectedClass, Fallback

ROOT = Path(__file__).parents[3] / "models"
CARD = Card(
    name="wildlife",
    version="2026.11.21",
    created=date(2026, 11, 21),
    sha256="00",
    imgsz=416,
    conf=0.4,
    iou=0.5,
    classes=(
        DetectedClass(name="deer", name_zh="鹿", kind="animal", scientific_name="Cervidae", gbif=5298),
        DetectedClass(name="smoke", name_zh='烟"雾\\', kind="smoke"),
    ),
)


@pytest.mark.parametrize(
    "card",
    [
        pytest.param(CARD, id="plain"),
        pytest.param(CARD.model_copy(update={"temperature": 1.37}), id="calibrated"),
        pytest.param(
            CARD.model_copy(update={"fallback": Fallback(score=0.6)}), id="with a name for the unknown"
        ),
    ],
)
def test_a_card_survives_writing_and_reading(tmp_path: Path, card: Card) -> None:
    card.write(tmp_path / "model.toml")
    assert Card.read(tmp_path / "model.toml") == card


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("imgsz = 416", "imgsz = 400"),  # not a multiple of the stride: the head's grids would not fit
        ("conf = 0.4", "conf = 40"),  # a percentage
        ('task = "detect"', 'task = "classify"'),
        ('kind = "animal"', 'kind = "beast"'),
        ("iou = 0.5", "iou = 0.5\nsecret = 1"),  # a key that nobody reads is a typing error
        ("name = ", "name "),
    ],
)
def test_a_faulty_card_is_refused_with_its_path(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "model.toml"
    CARD.write(path)
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(RecipeError, match=r"model\.toml"):
        Card.read(path)


@pytest.mark.parametrize("name", ["wildlife", "fire"])
def test_the_shipped_card_belongs_to_the_shipped_file(name: str) -> None:
    card = Card.read(ROOT / name / "model.toml")
    assert card.name == name
    assert card.sha256 == sha256_of(ROOT / name / card.file)
