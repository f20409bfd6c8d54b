"""A folder or file becomes a catalogue, or every reason why not is named."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fieldwatch_models.data import open_data
from fieldwatch_models.data.catalogue import Label
from fieldwatch_models.data.classmap import ClassMap
from fieldwatch_models.data.opening import read_data
from fieldwatch_models.data.sources import SourceRules
from fieldwatch_models.errors import DataError

SOURCES = """
[[source]]
prefix = "fig_"
title = "Ignitions"
licence = "CC-BY-4.0"
site = '^fig_(?P<site>[^_]+)_'
sequence = '^fig_(?P<sequence>[^_]+_[0-9]{8})_'
taken_at = '^fig_[^_]+_(?P<taken_at>[0-9]{8})_'
taken_at_format = '%Y%m%d'
from_ignition = '_(?:m(?P<before>[0-9]+)|p(?P<after>[0-9]+))$'
from_ignition_unit_s = 60
light = "day"
[[source]]
prefix = "deer_"
title = "Deer"
light = "colour"
labelled_for = ["deer"]
sites = { "_1$" = "glade" }
sequence = '^deer_(?P<sequence>)(?P<number>[0-9]+)'
sequence_block = 2
sequences = { "_3$" = "third" }
"""


def picture(path: Path, grey: bool = False, size: tuple[int, int] = (64, 48)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(list(path.name.encode()))
    pixels = rng.integers(0, 255, (size[1], size[0], 1 if grey else 3), np.uint8)
    Image.fromarray(np.broadcast_to(pixels, (size[1], size[0], 3)).copy()).save(path, quality=90)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data.yaml").write_text("train: images/train\nval: images/val\nnames: [deer, smoke]\n")
    (tmp_path / "sources.toml").write_text(SOURCES)
    for split, name, grey in (
        ("train", "deer_1", True),
        ("train", "deer_2", False),
        ("train", "deer_3", False),
        ("val", "fig_om-e_20160619_038_m02", False),
        ("val", "other", False),
    ):
        picture(tmp_path / "images" / split / f"{name}.jpg", grey)
        (tmp_path / "labels" / split).mkdir(parents=True, exist_ok=True)
    (tmp_path / "labels/train/deer_1.txt").write_text("0 0.5 0.5 0.5 0.25\n\n0 0.995 0.5 0.02 0.5\n")
    (tmp_path / "labels/val/fig_om-e_20160619_038_m02.txt").write_text("1 0.1 0.1 0.3 0.1 0.1 0.3\n")
    return tmp_path


def test_a_yolo_folder_with_what_its_names_say(folder: Path) -> None:
    catalogue = open_data(folder, folder / "sources.toml", ("smoke", "deer"))
    assert catalogue.classes == ("smoke", "deer")
    pictures = {p.path.stem: p for p in catalogue.pictures}
    deer, ignition = pictures["deer_1"], pictures["fig_om-e_20160619_038_m02"]
    assert deer.path == folder / "images/train/deer_1.jpg"
    assert (deer.width, deer.height, deer.split, deer.light) == (64, 48, "train", "night")
    assert deer.labelled_for == ("deer",)
    assert (deer.site, deer.sequence) == ("glade", "-0")
    assert (pictures["deer_2"].site, pictures["deer_2"].sequence) == (None, "-2")
    assert pictures["deer_3"].sequence == "third"
    assert deer.labels[0] == Label(name="deer", x=0.25, y=0.375, width=0.5, height=0.25)
    assert deer.labels[1].width == pytest.approx(0.015)  # a pixel over the edge is cut off
    assert pictures["deer_2"].light == "day"
    assert pictures["deer_2"].labels == ()
    assert (ignition.site, ignition.sequence) == ("om-e", "om-e_20160619")
    assert ignition.from_ignition_s == -120
    assert ignition.taken_at == datetime(2016, 6, 19)  # noqa: DTZ001
    assert ignition.labels[0].x == 0.1  # a polygon's enclosing box
    assert ignition.labels[0].width == pytest.approx(0.2)
    assert catalogue.sources["fig"].licence == "CC-BY-4.0"
    assert pictures["other"].source == "undescribed"
    assert catalogue.sources["undescribed"].licence == "none stated"


def test_a_catalogue_file_gives_the_same_again_from_anywhere(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = open_data(folder, folder / "sources.toml")
    catalogue.write(folder / "whole.jsonl")
    assert open_data(folder / "whole.jsonl") == catalogue
    relative = tuple(p.model_copy(update={"path": p.path.relative_to(folder)}) for p in catalogue.pictures)
    catalogue.model_copy(update={"pictures": relative}).write(folder / "relative.jsonl")
    monkeypatch.chdir("/")
    assert open_data(folder / "relative.jsonl") == catalogue


def test_every_bad_row_is_named_at_once(folder: Path) -> None:
    (folder / "labels/train/deer_1.txt").write_text(
        "0 0.5 0.5 0.5 0.25\n7 0.5 0.5 0.1 0.1\n0 0.5 x 0.1 0.1\n0 0.5 0.5 0.1\n0 0.9 0.5 0.5 0.1\n"
        "0 0.5 0.5 0 0.1\n0 0.5 0.5 0.5 0.25\n0 0.5 0.5 nan 0.25\n"
    )
    (folder / "labels/val/nobody.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    (folder / "images/val/torn.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(DataError) as caught:
        open_data(folder)
    text = str(caught.value)
    assert "9 problem(s)" in text
    for line, why in (
        (2, "class 7 is none of the 2"),
        (3, "not numbers"),
        (4, "4 numbers instead of 5"),
        (5, "reaches out of the picture"),
        (6, "has no area"),
        (7, "the same box"),
        (8, "reaches out"),
    ):
        assert f"deer_1.txt, line {line}: " in text
        assert why in text
    assert "nobody.txt: there is no picture" in text
    assert "torn.jpg: not a picture" in text


def test_pictures_in_folders_of_their_cameras_are_found_with_their_labels(folder: Path) -> None:
    picture(folder / "images/train/camera7/deer_9.jpg")
    (folder / "labels/train/camera7").mkdir()
    (folder / "labels/train/camera7/deer_9.txt").write_text("0 0.5 0.5 0.2 0.2\n")
    (found,) = (p for p in open_data(folder).pictures if p.path.stem == "deer_9")
    assert [label.name for label in found.labels] == ["deer"]


def test_a_folder_that_data_yaml_names_and_that_is_not_there(folder: Path) -> None:
    text = "train: ../images/train\nval: images/valid\nnames: [deer, smoke]\n"
    (folder / "data.yaml").write_text(text)
    with pytest.raises(DataError, match=r"1 problem.*\n.*val names .*images/valid, and there is no"):
        open_data(folder)


def test_what_one_data_set_names_and_the_other_does_not_was_not_looked_for(
    folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    picture(other / "images" / "train" / "fox_1.jpg")
    (other / "data.yaml").write_text("names: [fox, deer]")
    merged = read_data([folder, other], SourceRules.read(folder / "sources.toml")).catalogue
    assert merged.classes == ("deer", "smoke", "fox")
    told = {p.path.stem: p.labelled_for for p in merged.pictures}
    assert told["deer_1"] == ("deer",)  # its rule says so
    assert told["other"] == ("deer", "smoke")
    assert told["fox_1"] == ("deer", "fox")

    apart = open_data(other, classes=("deer", "smoke"))  # smoke is wanted, and the data do not name it
    assert {p.labelled_for for p in apart.pictures} == {("deer",)}
    assert {p.labelled_for for p in open_data(other, classes=("deer",)).pictures} == {None}


def test_what_was_looked_for_is_renamed_with_the_classes(folder: Path) -> None:
    wanted = ClassMap(classes={"deer": "ungulate", "smoke": False})
    rules = SourceRules.read(folder / "sources.toml")
    read_data([folder], rules).catalogue.write(folder / "c.jsonl")
    mapped = read_data([folder / "c.jsonl"], SourceRules(), classes=wanted).catalogue
    told = {p.path.stem: p.labelled_for for p in mapped.pictures}
    assert (told["deer_1"], told["other"]) == (("ungulate",), None)


def test_unwanted_classes_are_an_error_that_names_them(folder: Path) -> None:
    with pytest.raises(DataError, match="not wanted: smoke"):
        open_data(folder, classes=("deer",))


@pytest.mark.parametrize(
    ("yaml", "why"),
    [
        ("names: {0: deer, 2: fox}", "numbers are"),
        ("nc: 2", "names no classes"),
        ("names: [deer", "not YAML"),
    ],
)
def test_a_data_yaml_that_makes_no_sense(folder: Path, yaml: str, why: str) -> None:
    (folder / "data.yaml").write_text(yaml)
    with pytest.raises(DataError, match=why):
        open_data(folder)


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("site = '('", "not a regular expression"),
        ("site = 'x'", "no group"),
        ("colour = 1", "Extra inputs"),
        ("sequence_block = 4", "needs a group"),
    ],
)
def test_a_rule_that_makes_no_sense(folder: Path, rule: str, why: str) -> None:
    (folder / "sources.toml").write_text(f'[[source]]\nprefix = "x"\ntitle = "x"\n{rule}\n')
    with pytest.raises(DataError, match=why):
        open_data(folder, folder / "sources.toml")


def test_a_picture_on_its_side_has_the_size_that_is_shown(folder: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (64, 48)).save(folder / "images/train/side.jpg", exif=exif)
    pictures = {p.path.stem: p for p in open_data(folder).pictures}
    assert (pictures["side"].width, pictures["side"].height) == (48, 64)
