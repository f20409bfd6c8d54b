from pathlib import Path

import pytest

from fieldwatch_models.errors import RecipeError
from fieldwatch_models.train.recipe import Recipe, Stage, Start, Take, lay_out
from fieldwatch_models.train.start import COCO, rows_for

ROOT = Path(__file__).parents[3] / "models"
STAGE = Stage(name="all", epochs=1)
RECIPE = Recipe(
    name="x",
    seed=1,
    classes=("a",),
    start=Start(),
    take=(Take(prefix="many_", keep=2), Take(prefix="few_", repeat=3)),
    stages=(STAGE,),
)


def test_selection_keeps_repeats_and_leaves_the_rest_alone() -> None:
    names = [f"many_{i}.jpg" for i in range(9)] + ["few_1.jpg", "other.jpg"]
    chosen = RECIPE.select(names, STAGE)
    assert len([name for name, _ in chosen if name.startswith("many_")]) == 2
    assert ("few_1.jpg", 3) in chosen
    assert ("other.jpg", 1) in chosen


def test_selection_does_not_depend_on_the_order_in_which_a_disk_lists_files() -> None:
    names = [f"many_{i}.jpg" for i in range(9)]
    assert RECIPE.select(names, STAGE) == RECIPE.select(names[::-1], STAGE)


def test_a_stage_may_choose_for_itself() -> None:
    stage = Stage(name="own", epochs=1, take=(Take(prefix="many_", keep=0),))
    assert RECIPE.select(["many_1.jpg", "few_1.jpg"], stage) == [("few_1.jpg", 1)]


def test_the_data_is_linked_with_its_labels(tmp_path: Path) -> None:
    for split in ("train", "val"):
        for kind, name in (("images", "few_1.jpg"), ("labels", "few_1.txt")):
            (tmp_path / "in" / kind / split).mkdir(parents=True, exist_ok=True)
            (tmp_path / "in" / kind / split / name).write_text(kind)
    for _ in range(2):  # a second run, after an interruption, lays out the same
        config = lay_out(RECIPE, STAGE, tmp_path / "in", tmp_path / "out")
    assert "0: a" in config.read_text("utf-8")
    train = tmp_path / "out" / "images" / "train"
    assert sorted(p.name for p in train.iterdir()) == ["few_1.jpg", "few_1~1.jpg", "few_1~2.jpg"]
    assert (tmp_path / "out" / "labels" / "train" / "few_1~2.txt").read_text() == "labels"
    assert len(list((tmp_path / "out" / "images" / "val").iterdir())) == 1


def test_an_empty_data_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no pictures in"):
        lay_out(RECIPE, STAGE, tmp_path, tmp_path / "out")


def test_a_misspelt_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.toml").write_text("nmae = 'x'")
    with pytest.raises(RecipeError, match="nmae"):
        Recipe.read(tmp_path / "train.toml")


def test_start_rows_are_coco_classes() -> None:
    assert len(COCO) == 80
    assert rows_for(Start(rows={"a": ("zebra", "person")}), ("a", "b")) == [[22, 0], []]
    with pytest.raises(RecipeError, match="quagga"):
        rows_for(Start(rows={"a": ("quagga",)}), ("a",))


@pytest.mark.parametrize("name", ["wildlife", "fire"])
def test_the_shipped_recipes_can_be_read(name: str) -> None:
    recipe = Recipe.read(ROOT / name / "train.toml")
    assert recipe.name == name
    rows_for(recipe.start, recipe.classes)
