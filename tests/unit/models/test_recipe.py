from pathlib import Path

import pytest

from fieldwatch_models.errors import RecipeError
from fieldwatch_models.train.origins import COCO
from fieldwatch_models.train.recipe import Derive, Recipe, Stage, Start, Take
from fieldwatch_models.train.start import rows_for

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


def test_a_misspelt_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.toml").write_text("nmae = 'x'")
    with pytest.raises(RecipeError, match="nmae"):
        Recipe.read(tmp_path / "train.toml")


def test_start_rows_are_classes_that_the_start_knows() -> None:
    assert len(COCO) == 80
    assert rows_for(Start(rows={"a": ("zebra", "person")}), ("a", "b"), COCO) == [[22, 0], []]
    with pytest.raises(RecipeError, match="quagga"):
        rows_for(Start(rows={"a": ("quagga",)}), ("a",), COCO)


def test_a_class_that_the_start_knows_keeps_its_row_unless_the_recipe_says_otherwise() -> None:
    known = ("deer", "egret")
    assert rows_for(Start(), ("egret", "ibis"), known) == [[1], []]
    assert rows_for(Start(rows={"egret": (), "ibis": ("egret",)}), ("egret", "ibis"), known) == [[], [1]]


def test_derived_pictures_are_of_empty_ones_where_the_rule_says_so() -> None:
    empty = {"fig_1.jpg": True, "fig_2.jpg": False, "sow_1.jpg": True}
    fog = Derive(prefix="fig_", how="fog", only_empty=True)
    assert RECIPE.sources(empty, fog) == ["fig_1.jpg"]
    assert RECIPE.sources(empty, Derive(prefix="fig_", how="tile")) == ["fig_1.jpg", "fig_2.jpg"]


@pytest.mark.parametrize("faulty", [{"how": "paste"}, {"how": "plume"}, {"how": "tile", "of": "fig_"}])
def test_pasting_and_drawing_say_of_what_and_nothing_else_does(faulty: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="paste"):
        Derive.model_validate({"prefix": "a_"} | faulty)


def test_comments_do_not_make_another_recipe(tmp_path: Path) -> None:
    text = (ROOT / "fire" / "train.toml").read_text("utf-8")
    (tmp_path / "train.toml").write_text("# another word\n" + text, "utf-8")
    same = Recipe.read(tmp_path / "train.toml")
    assert same.sha256 == Recipe.read(ROOT / "fire" / "train.toml").sha256
    assert same.model_copy(update={"seed": same.seed + 1}).sha256 != same.sha256


@pytest.mark.parametrize("name", ["wildlife", "fire"])
def test_the_shipped_recipes_can_be_read(name: str) -> None:
    recipe = Recipe.read(ROOT / name / "train.toml")
    assert recipe.name == name
    rows_for(recipe.start, recipe.classes, COCO)
