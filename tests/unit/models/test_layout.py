import io
from pathlib import Path

import cv2
import pytest
from rich.console import Console
from tests.unit.models.drawn import data_set

from fieldwatch_models.data import open_data
from fieldwatch_models.errors import DataError, RecipeError
from fieldwatch_models.train.layout import data_sha256, lay_out, named, searched
from fieldwatch_models.train.recipe import Derive, Recipe, Stage, Take
from fieldwatch_models.train.run import check_split_once

STAGE = Stage(name="all", epochs=1)


def recipe(**fields: object) -> Recipe:
    values = {"name": "x", "seed": 1, "classes": ("square", "disc"), "stages": (STAGE,)}
    return Recipe.model_validate(values | fields)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_pictures_are_linked_and_their_labels_written(tmp_path: Path) -> None:
    catalogue = open_data(data_set(tmp_path / "in", train=3))
    wanted = recipe(take=(Take(prefix="cam0", repeat=3), Take(prefix="cam1", keep=0)))
    config = lay_out(wanted, STAGE, catalogue, tmp_path / "out")
    train = tmp_path / "out" / "images" / "train"
    assert "0: square" in config.read_text("utf-8")
    assert names(train) == ["cam0_train.png", "cam0_train~1.png", "cam0_train~2.png", "cam2_train.png"]
    assert (train / "cam0_train.png").is_symlink()
    assert len(names(tmp_path / "out" / "images" / "val")) == 4

    was = (tmp_path / "in" / "labels" / "train" / "cam0_train.txt").read_text().split()
    became = (tmp_path / "out" / "labels" / "train" / "cam0_train~2.txt").read_text().split()
    assert [float(v) for v in became] == pytest.approx([float(v) for v in was], abs=1e-6)


def test_a_class_is_numbered_as_the_model_has_it(tmp_path: Path) -> None:
    catalogue = open_data(data_set(tmp_path / "in"))
    lay_out(recipe(classes=("disc",)), STAGE, catalogue, tmp_path / "out")
    written = [p.read_text() for p in (tmp_path / "out" / "labels" / "train").iterdir()]
    discs = [p for p in catalogue.of("train") if any(label.name == "disc" for label in p.labels)]
    assert {line.split()[0] for text in written for line in text.splitlines()} == {"0"}
    assert sum(bool(text) for text in written) == len(discs) > 0


def test_a_whole_layout_is_used_again_and_half_of_one_is_not(tmp_path: Path) -> None:
    catalogue, out = open_data(data_set(tmp_path / "in")), tmp_path / "out"
    wanted = recipe(derive=(Derive(prefix="cam", how="night"),))
    lay_out(wanted, STAGE, catalogue, out)
    planted = out / "images" / "train" / "planted.png"
    planted.touch()
    lay_out(wanted, STAGE, catalogue, out)
    assert planted.exists()
    (out / "data.yaml").unlink()  # written last: without it the rest may be incomplete
    lay_out(wanted, STAGE, catalogue, out)
    assert not planted.exists()
    planted.touch()
    lay_out(wanted.model_copy(update={"seed": 2}), STAGE, catalogue, out)
    assert not planted.exists()


def test_derived_pictures_are_the_same_for_the_same_seed(tmp_path: Path) -> None:
    catalogue = open_data(data_set(tmp_path / "in", train=4))
    rules = (
        Derive(prefix="cam", how="tile", times=2),
        Derive(prefix="cam", how="fog", only_empty=True),
        Derive(prefix="cam3", how="paste", of="cam"),
    )
    wanted = recipe(derive=rules)
    for out in ("one", "two"):
        lay_out(wanted, STAGE, catalogue, tmp_path / out)
    one, two = (tmp_path / out / "images" / "train" for out in ("one", "two"))
    derived = [name for name in names(one) if "~" in name]
    assert len(derived) == 4 * 2 + 1 + 1
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in derived)
    assert cv2.imread(str(one / "cam0_train~tile0.jpg")).shape[0] in range(25, 40)
    pasted = (tmp_path / "one" / "labels" / "train" / "cam3_train~paste0.txt").read_text()
    assert 1 <= len(pasted.splitlines()) <= 3  # the picture below had none


def test_drawn_smoke_is_of_the_class_that_the_rule_names(tmp_path: Path) -> None:
    catalogue = open_data(data_set(tmp_path / "in", train=4))
    last = recipe().classes[-1]
    lay_out(
        recipe(derive=(Derive(prefix="cam", how="plume", of=last, times=3),)),
        STAGE,
        catalogue,
        tmp_path / "out",
    )
    labels = tmp_path / "out" / "labels" / "train"
    assert len(list(labels.glob("*~plume*.txt"))) == 4 * 3
    with pytest.raises(RecipeError, match=r"no such class"):
        lay_out(
            recipe(derive=(Derive(prefix="cam", how="plume", of="steam"),)),
            STAGE,
            catalogue,
            tmp_path / "other",
        )


def test_where_not_all_was_looked_for_is_not_trained_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = open_data(data_set(tmp_path / "in", train=4, val=2))
    first, *others = whole.pictures
    mixed = whole.model_copy(
        update={"pictures": (first.model_copy(update={"labelled_for": ("disc",)}), *others)}
    )
    assert searched(mixed, ("square", "disc"), Console()).pictures == tuple(others)
    told = " ".join(capsys.readouterr().out.split())
    assert "1 of 6 pictures are left out: not all of square, disc were looked for" in told
    assert searched(mixed, ("disc",), Console()) == mixed
    assert capsys.readouterr().out == ""
    val = tuple(p for p in mixed.pictures if p == mixed.pictures[0] or p.split == "val")
    with pytest.raises(RecipeError, match="no training picture is left"):
        searched(mixed.model_copy(update={"pictures": val}), ("square", "disc"), Console())


def test_a_place_that_became_known_later_is_checked_for(tmp_path: Path) -> None:
    catalogue = open_data(data_set(tmp_path / "in", train=2, val=1))
    mark, quiet = tmp_path / "mark", Console(file=io.StringIO())
    check_split_once(catalogue, mark, "the same data", quiet)
    known = tuple(p.model_copy(update={"site": "here"}) for p in catalogue.pictures)
    with pytest.raises(DataError, match="site here"):
        check_split_once(catalogue.model_copy(update={"pictures": known}), mark, "the same data", quiet)


def test_two_pictures_of_one_name_are_both_trained_on(tmp_path: Path) -> None:
    one = open_data(data_set(tmp_path / "a", train=2))
    two = open_data(data_set(tmp_path / "b", train=2))
    both = one.model_copy(update={"pictures": one.pictures + two.pictures})
    assert list(named(both, "train")) == [
        "cam0_train.png", "cam1_train.png", "cam0_train~n2.png", "cam1_train~n2.png",
    ]  # fmt: skip
    # A label file has the name without the suffix, so another suffix alone does not tell them apart.
    jpeg = one.pictures[0].path.with_suffix(".jpg")
    twins = (one.pictures[0], one.pictures[0].model_copy(update={"path": jpeg}))
    assert list(named(one.model_copy(update={"pictures": twins}), "train")) == [
        "cam0_train.jpg", "cam0_train~n2.png",
    ]  # fmt: skip


def test_what_identifies_the_data_is_its_content_and_not_its_place(tmp_path: Path) -> None:
    one, two = (open_data(data_set(tmp_path / name)) for name in "ab")
    assert data_sha256(one) == data_sha256(two)
    label = tmp_path / "b" / "labels" / "train" / "cam0_train.txt"
    label.write_text(label.read_text().replace(" 0.", " 0.0"))
    assert data_sha256(open_data(tmp_path / "b")) != data_sha256(one)


@pytest.mark.parametrize(
    ("classes", "said"), [(("square", "quagga"), "quagga"), (("square",), "no pictures in val")]
)
def test_data_that_do_not_fit_are_refused(tmp_path: Path, classes: tuple[str, ...], said: str) -> None:
    catalogue = open_data(data_set(tmp_path / "in"))
    if len(classes) == 1:
        catalogue = catalogue.model_copy(update={"pictures": tuple(catalogue.of("train"))})
    with pytest.raises(RecipeError, match=said):
        lay_out(recipe(classes=classes), STAGE, catalogue, tmp_path / "out")
