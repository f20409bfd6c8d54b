"""From a folder of labelled pictures to a model: what needs no PyTorch, and once the whole way with it."""

import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console
from tests.unit.models.drawn import data_set, draw
from typer.testing import CliRunner

from fieldwatch_edge.detect.model_folder import ModelFolder
from fieldwatch_models.cli import app
from fieldwatch_models.data import open_data
from fieldwatch_models.data.formats.loose import read_loose
from fieldwatch_models.data.opening import read_data
from fieldwatch_models.data.sources import SourceRules
from fieldwatch_models.errors import DataError, RecipeError
from fieldwatch_models.species import texts
from fieldwatch_models.species.learn import Plan, Species, gather, write_recipe
from fieldwatch_models.train.recipe import Recipe

ROOT = Path(__file__).parents[3]
IBIS = Species("crested-ibis", "朱鹮", "Nipponia nippon")
QUIET = Console(stderr=True, quiet=True)
PARTS = {"pictures": 3, "boxes": 4, "start": "x"}


def loose(folder: Path, number: int = 12, size: int = 64, sites: int = 1, first: int = 0) -> Path:
    """Pictures with one disc or square each, labels beside them, all of class 0, in `sites` folders."""
    for index in range(number):
        place = folder / f"site{index % sites}" if sites > 1 else folder
        place.mkdir(parents=True, exist_ok=True)
        (_, *box), *_ = draw(place / f"p{first + index}.png", first + index, size)
        (place / f"p{first + index}.txt").write_text("0 " + " ".join(str(v) for v in box))
    return folder


def empty(folder: Path, number: int = 6, size: int = 64) -> Path:
    folder.mkdir()
    for index in range(number):
        draw(folder / f"empty{index}.png", 500 + index, size, objects=0)
    return folder


def plan(tmp_path: Path, **fields: object) -> Plan:
    values = {"pictures": tmp_path / "in", "out": tmp_path / "out", "work": tmp_path / "out" / "work"}
    return Plan(**(values | {"start": str(ROOT / "models" / "wildlife")} | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize("way", ["beside", "parallel"])
def test_label_files_are_found_beside_the_pictures_and_in_labels(tmp_path: Path, way: str) -> None:
    folder = loose(tmp_path / "in", 3)
    if way == "parallel":
        for kind, suffix in (("images", "png"), ("labels", "txt")):
            (folder / kind).mkdir()
            for path in list(folder.glob(f"*.{suffix}")):
                path.rename(folder / kind / path.name)
    reading = read_loose(folder, "ibis", "own")
    assert [len(picture.labels) for picture in reading.pictures] == [1, 1, 1]
    assert {label.name for picture in reading.pictures for label in picture.labels} == {"ibis"}
    assert {picture.site for picture in reading.pictures} == {None}


def test_folders_are_sites_and_classes_txt_names_the_classes(tmp_path: Path) -> None:
    folder = loose(tmp_path / "in", 4, sites=2)
    (folder / "classes.txt").write_text("heron\negret\n")
    reading = read_loose(folder, "ibis", "own")
    assert reading.classes == ("heron", "egret")
    assert {picture.site for picture in reading.pictures} == {"site0", "site1"}


def test_a_label_that_is_none_is_named_with_its_line(tmp_path: Path) -> None:
    folder = loose(tmp_path / "in", 2)
    (folder / "p0.txt").write_text("0 0.5 0.5 0.1 0.1\n3 0.5 0.5 0.1 0.1\n")
    with pytest.raises(DataError, match=r"p0\.txt, line 2"):
        gather(IBIS, plan(tmp_path), QUIET)


def test_pictures_are_split_by_site_with_the_negatives(tmp_path: Path) -> None:
    loose(tmp_path / "in", 20, sites=5)
    wanted = plan(tmp_path, negatives=empty(tmp_path / "none"))
    catalogue = gather(IBIS, wanted, QUIET)
    sides = {picture.site: picture.split for picture in catalogue.pictures if picture.site}
    assert all(sides[p.site] == p.split for p in catalogue.pictures if p.site)
    assert set(sides.values()) == {"train", "val"}
    assert catalogue.sources.keys() >= {"own", "negatives"}
    assert {p.split for p in catalogue.pictures if p.source == "negatives"} == {"train", "val"}
    assert gather(IBIS, wanted, QUIET) == catalogue  # the same when the command is given again
    assert (wanted.work / ".gitignore").read_text() == "*\n"


def test_negatives_in_a_folder_among_the_pictures_are_taken_once(tmp_path: Path) -> None:
    loose(tmp_path / "in", 20, sites=5)
    wanted = plan(tmp_path, negatives=empty(tmp_path / "in" / "none"))
    catalogue = gather(IBIS, wanted, QUIET)
    assert len({picture.path for picture in catalogue.pictures}) == len(catalogue.pictures)
    below = [picture for picture in catalogue.pictures if picture.path.is_relative_to(wanted.negatives or "")]
    assert {picture.source for picture in below} == {"negatives"}
    # As the measuring reads it, after the training.
    assert not read_data([wanted.work / "catalogue.jsonl"], SourceRules()).problems


def test_a_split_that_the_data_have_is_kept(tmp_path: Path) -> None:
    data_set(tmp_path / "in")
    catalogue = gather(IBIS, plan(tmp_path, label="disc"), QUIET)
    assert {p.path.parent.name == p.split for p in catalogue.pictures} == {True}
    assert {label.name for p in catalogue.pictures for label in p.labels} == {"crested-ibis"}
    assert (
        sum(bool(p.labels) for p in catalogue.pictures) < len(catalogue.pictures) - 3
    )  # squares are no ibises


def test_where_nobody_looked_for_the_species_is_no_negative(tmp_path: Path) -> None:
    pictures = open_data(data_set(tmp_path / "in")).pictures
    fires = [p.model_copy(update={"labels": (), "labelled_for": ("smoke",)}) for p in pictures[:2]]
    mixed = open_data(tmp_path / "in").model_copy(update={"pictures": (*fires, *pictures[2:])})
    mixed.write(tmp_path / "mixed.jsonl")
    catalogue = gather(IBIS, plan(tmp_path, pictures=tmp_path / "mixed.jsonl", label="disc"), QUIET)
    assert [p.path for p in catalogue.pictures] == [p.path for p in pictures[2:]]


def test_several_classes_need_a_word_which(tmp_path: Path) -> None:
    data_set(tmp_path / "in")
    with pytest.raises(DataError, match="--label"):
        gather(IBIS, plan(tmp_path), QUIET)


def test_negatives_with_labels_are_refused(tmp_path: Path) -> None:
    loose(tmp_path / "in")
    with pytest.raises(DataError, match="must not show"):
        gather(IBIS, plan(tmp_path, negatives=loose(tmp_path / "none", 3, first=40)), QUIET)


def test_the_recipe_suits_few_pictures_and_stays_as_a_person_left_it(tmp_path: Path) -> None:
    loose(tmp_path / "in", 30)
    wanted = plan(tmp_path, like=("egret",), epochs=5, imgsz=128)
    catalogue = gather(IBIS, wanted, QUIET)
    recipe = write_recipe(IBIS, wanted, catalogue)
    assert recipe.start.rows == {"crested-ibis": ("egret",)}
    assert [(s.epochs, s.options["imgsz"]) for s in recipe.stages] == [(3, 96), (2, 128)]
    assert recipe.take[0].repeat > 1
    assert recipe.options["freeze"] == 10

    path = wanted.out / "train.toml"
    path.write_text(path.read_text("utf-8").replace("epochs = 3", "epochs = 4"), "utf-8")
    assert write_recipe(IBIS, wanted, catalogue) == Recipe.read(path)
    with pytest.raises(RecipeError, match="another --out"):
        write_recipe(Species("antelope", "藏羚"), wanted, catalogue)


def test_without_a_word_a_species_starts_as_any_animal(tmp_path: Path) -> None:
    loose(tmp_path / "in", 30)
    recipe = write_recipe(IBIS, plan(tmp_path), gather(IBIS, plan(tmp_path), QUIET))
    assert {"deer", "zebra", "egret"} <= set(recipe.start.rows["crested-ibis"])


@pytest.mark.parametrize(
    ("labelled", "train", "places", "empty_ones", "said"),
    [
        (12, 400, 9, 50, ["too small to believe"]),
        (200, 400, 2, 50, ["2 place"]),
        (200, 400, 0, 50, ["from one place"]),
        (200, 90, 9, 50, ["90 training pictures"]),
        (200, 400, 9, 0, ["--negatives"]),
        (200, 400, 9, 50, []),
        (3, 20, 1, 0, ["3 labelled", "1 place", "20 training", "--negatives"]),
    ],
)
def test_figures_that_are_not_to_be_believed_are_said_so(
    labelled: int, train: int, places: int, empty_ones: int, said: list[str]
) -> None:
    metrics = {"operating_point": {"ibis": {"labelled": labelled, "recall_interval": [0.4, 0.9]}}}
    warnings = list(texts.warnings("ibis", metrics, train, places, empty_ones))
    assert len(warnings) == len(said)
    assert all(words in warning for words, warning in zip(said, warnings, strict=True))


def test_node_toml_trusts_the_key_or_says_that_it_does_not_ask() -> None:
    assert 'trusted_keys = ["own.pub"]' in texts.node_toml(Path("models/ibis"), Path("keys/own.pub"))
    assert "allow_unsigned = true" in texts.node_toml(Path("models/ibis"), None)


@pytest.mark.ultralytics
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning", "ignore::DeprecationWarning")
def test_from_a_labelled_folder_to_a_signed_model(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("ultralytics")
    run = CliRunner().invoke
    assert run(app, ["key", "--signer", "Test", "--out", str(tmp_path)]).exit_code == 0
    out = tmp_path / "models" / "crested-ibis"
    command = [
        "species", str(loose(tmp_path / "in", 20, sites=5)), "--negatives", str(empty(tmp_path / "none")),
        "--name", "crested-ibis", "--name-zh", "朱鹮", "--scientific-name", "Nipponia nippon",
        "--key", str(tmp_path / "models.key"), "--out", str(out), "--like", "egret",
        "--start", str(ROOT / "models" / "wildlife"), "--imgsz", "64", "--epochs", "2", "--device", "cpu",
    ]  # fmt: skip
    result = run(app, command, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "too small to believe" in result.output.replace("\n", " ")
    assert 'trusted_keys = ["models.pub"]' in result.output

    model = ModelFolder.open(out)
    assert [c.name for c in model.card.classes] == ["crested-ibis"]
    verified = run(app, ["verify", str(out), "--key", str(tmp_path / "models.pub")])
    assert verified.exit_code == 0, verified.output
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["sha256"] == model.card.sha256
    assert metrics["operating_point"]["crested-ibis"]["labelled"] > 0
    assert "朱鹮" in (out / "CARD.md").read_text("utf-8")
    assert (out / "work" / "evaluation.html").exists()
    record = json.loads((out / "training.json").read_text())
    assert record["start"]["from"].startswith("wildlife@")
    assert torch.load(out / "work" / "model.pt", weights_only=False)["epoch"] == -1

    # Given again, it trains nothing anew.
    stage = out / "work" / "1-coarse" / "weights" / "last.pt"
    before = stage.stat().st_mtime_ns
    shutil.rmtree(out / "work" / "2-fine")  # as if cut off there
    assert run(app, command, catch_exceptions=False).exit_code == 0
    assert stage.stat().st_mtime_ns == before
