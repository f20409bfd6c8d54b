"""`fieldwatch models data`, from files to catalogue and page."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from fieldwatch_models.cli import app
from fieldwatch_models.data import check_split, open_data
from fieldwatch_models.data.command import parse_split
from fieldwatch_models.errors import DataError

SOURCES = """
[[source]]
prefix = ""
name = "drawn"
title = "Drawn <for> the test"
licence = "CC0-1.0"
site = '^(?P<site>[a-z]+)_'
"""


def make(folder: Path, split: str, site: str, number: int) -> None:
    rng = np.random.default_rng([number, *site.encode()])
    coarse = Image.fromarray(rng.integers(0, 255, (6, 8, 3), np.uint8))
    (folder / "images" / split).mkdir(parents=True, exist_ok=True)
    (folder / "labels" / split).mkdir(parents=True, exist_ok=True)
    coarse.resize((160, 120), Image.Resampling.BICUBIC).save(folder / f"images/{split}/{site}_{number}.jpg")
    if number % 4:
        row = f"{number % 2} 0.5 0.5 {0.1 * (number % 4):.2f} 0.3\n"
        (folder / f"labels/{split}/{site}_{number}.txt").write_text(row)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    for number in range(24):
        make(folder, "train", ("hill", "marsh", "ridge")[number % 3], number)
    for number in range(6):
        make(folder, "val", "glade", 100 + number)
    (folder / "data.yaml").write_text("names: [deer, fox]")
    (folder / "sources.toml").write_text(SOURCES)
    return folder


def run(*words: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["data", *map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, " ".join(result.output.split())


def test_a_clean_folder_gives_catalogue_and_page(data: Path, tmp_path: Path) -> None:
    out, page = tmp_path / "out" / "c.jsonl", tmp_path / "out" / "page.html"
    code, text = run(data, "--sources", data / "sources.toml", "--out", out, "--page", page)
    assert code == 0, text
    assert "30 pictures" in text
    assert "0 problems, 0 leaks" in text
    assert open_data(out) == open_data(data, data / "sources.toml")
    html = page.read_text("utf-8")
    assert "A clean split" in html
    assert "CC0-1.0" in html
    assert "Drawn &lt;for&gt; the test" in html
    assert html.count("data:image/jpeg;base64,") >= 20
    assert "http" not in html.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "https://matplotlib.org", ""
    ).replace("http://creativecommons.org", "")  # nothing is loaded from elsewhere


def test_a_leak_is_shown(data: Path, tmp_path: Path) -> None:
    make(data, "val", "hill", 200)
    page = tmp_path / "page.html"
    code, text = run(data, "--sources", data / "sources.toml", "--page", page)
    assert code == 1
    assert "site hill: train" in text
    assert "hill_200.jpg" in page.read_text("utf-8")
    code, text = run(data, "--sources", data / "sources.toml", "--out", tmp_path / "c.jsonl")
    assert code == 1
    assert len(open_data(tmp_path / "c.jsonl").pictures) == 31


@pytest.mark.parametrize(
    ("side", "told", "train", "val"),
    [
        ("train", "8 of train left out", {"marsh", "ridge"}, {"glade", "hill"}),
        ("val", "1 of val left out", {"hill", "marsh", "ridge"}, {"glade"}),
    ],
)
def test_what_leaks_is_left_out_on_either_side(
    data: Path, tmp_path: Path, side: str, told: str, train: set[str], val: set[str]
) -> None:
    make(data, "val", "hill", 200)
    out = tmp_path / "c.jsonl"
    code, text = run(data, "--sources", data / "sources.toml", "--out", out, "--leave-out", side)
    assert code == 0, text
    assert told in text
    kept = open_data(out)
    assert {p.site for p in kept.of("train")} == train
    assert {p.site for p in kept.of("val")} == val
    check_split(kept, quiet=True)


def test_bad_rows_are_named_and_the_rest_is_written(data: Path, tmp_path: Path) -> None:
    (data / "labels/train/hill_3.txt").write_text("0 0.5 0.5\n5 0.5 0.5 0.1 0.1\n")
    code, text = run(data, "--page", tmp_path / "page.html", "--out", tmp_path / "c.jsonl")
    assert code == 1
    assert "hill_3.txt, line 1: 3 numbers instead of 5" in text
    assert "hill_3.txt, line 2: class 5" in text
    assert "hill_3.txt, line 2" in (tmp_path / "page.html").read_text("utf-8")
    assert len(open_data(tmp_path / "c.jsonl").pictures) == 30


def test_a_new_split_and_other_tools_formats(data: Path, tmp_path: Path) -> None:
    code, text = run(
        *(data, "--sources", data / "sources.toml", "--split", "0.5/0.5", "--seed", "3"),
        *("--yolo", tmp_path / "yolo", "--coco", tmp_path / "coco.json"),
    )
    assert code == 0, text
    again = open_data(tmp_path / "yolo" / "catalogue.jsonl")
    sides = {split: {p.site for p in again.of(split)} for split in ("train", "val")}
    assert not sides["train"] & sides["val"]
    assert len(json.loads((tmp_path / "coco.json").read_text())["images"]) == 30


@pytest.mark.parametrize("text", ["0.8", "a/b", "0.8/-0.2", "1/1/1/1"])
def test_shares_that_make_no_sense(text: str) -> None:
    with pytest.raises(DataError, match=r"such as 0\.8/0\.2"):
        parse_split(text)


def test_nothing_to_read_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    code, text = run(tmp_path / "x.json")
    assert code == 1
    assert "is no YOLO folder, no catalogue" in text
