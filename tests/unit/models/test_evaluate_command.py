"""`fieldwatch models eval` from pictures to figures and page, with a detector whose answers are known."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.unit.edge.toy_models import colour_model, model_folder
from typer.testing import CliRunner

from fieldwatch_edge.detect.model_folder import ModelFolder
from fieldwatch_models.cli import app
from fieldwatch_models.data.catalogue import Label, Picture
from fieldwatch_models.errors import DataError, ExportError
from fieldwatch_models.evaluate.material import gather, read_sequence, read_stills, recorded_among
from fieldwatch_models.evaluate.predictions import Predictor, labels_of, taken_at_night

CARD = """
name = "toy"
version = "1.2"
created = 2026-11-21
sha256 = "{sha256}"
imgsz = 320
conf = 0.5
iou = 0.5

[[classes]]
name = "fox"
name_zh = "狐"
kind = "animal"
[[classes]]
name = "smoke"
name_zh = "烟雾"
kind = "smoke"
[[classes]]
name = "fire"
name_zh = "火焰"
kind = "fire"
"""
NAMES = ("fox", "smoke", "fire")
CHANNEL = {"fox": 2, "smoke": 1, "fire": 0}


def picture(path: Path, squares: list[tuple[str, int, int, float]]) -> None:
    """320 x 320 px, dark, with squares of one cell of the toy model: class, column, row, its score."""
    image = np.zeros((320, 320, 3), np.uint8)
    for name, column, row, score in squares:
        image[32 * row : 32 * row + 32, 32 * column : 32 * column + 32, CHANNEL[name]] = round(255 * score)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image, [cv2.IMWRITE_JPEG_QUALITY, 100])


def yolo(name: str, column: int, row: int) -> str:
    return f"{NAMES.index(name)} {(column + 0.5) / 10} {(row + 0.5) / 10} 0.1 0.1"


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return model_folder(tmp_path / "toy", colour_model(), CARD)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A YOLO folder. Sure boxes are more often right than unsure ones, but not as often as they say."""
    rng = np.random.default_rng(5)
    folder = tmp_path / "data"
    for split, count in (("train", 2), ("val", 24)):
        for number in range(count):
            squares, labels = [], []
            for name, row in (("fox", 1), ("smoke", 4), ("fire", 7)):
                column, score = int(rng.integers(0, 10)), float(rng.uniform(0.15, 1))
                squares.append((name, column, row, score))
                if rng.random() < score**2:
                    labels.append(yolo(name, column, row))
            if number % 6 == 0:
                labels.append(yolo("fox", 5, 9))  # never seen
            picture(folder / "images" / split / f"{split}{number}.jpg", squares)
            text = folder / "labels" / split / f"{split}{number}.txt"
            text.parent.mkdir(parents=True, exist_ok=True)
            text.write_text("\n".join(labels))
    (folder / "data.yaml").write_text(
        "train: images/train\nval: images/val\nnames: {0: fox, 1: smoke, 2: fire}\n"
    )
    return folder


@pytest.fixture
def ignition(tmp_path: Path) -> Path:
    """Six quiet frames, then smoke that is faint for two frames and clear from the third on."""
    folder = tmp_path / "ridge"
    rows = []
    for number in range(12):
        score = 0.0 if number < 6 else 0.3 if number < 8 else 0.9
        picture(folder / f"f{number}.jpg", [("smoke", 3, 3, score), ("fire", 8, 8, 0.01 * number)])
        box = "0.35:0.35:0.1:0.1" if number >= 6 else ""
        rows.append({"file": f"f{number}.jpg", "seconds_from_ignition": 60 * (number - 6), "boxes": box})
    with (folder / "sequence.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "seconds_from_ignition", "smoke_boxes_cx:cy:w:h"])
        table.writerows(row.values() for row in rows)
    return folder


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["eval", *map(str, arguments)], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result.output


def test_from_pictures_to_figures_and_page(toy: Path, data: Path, ignition: Path, tmp_path: Path) -> None:
    page, cache = tmp_path / "evaluation.html", tmp_path / "cache"
    options = ["--data", data, "--sequence", ignition, "--page", page, "--cache", cache]
    run(toy, *options)
    metrics = json.loads((toy / "metrics.json").read_text("utf-8"))
    assert metrics["sha256"] == ModelFolder.open(toy).card.sha256
    assert metrics["data"]["pictures"] == 24
    # Every label that the model sees was put into the one matrix, the six that it never sees are missed.
    matrix = np.array(metrics["confusion"]["said_by_was"])
    assert matrix.sum() - matrix[:, -1].sum() == metrics["data"]["boxes"]
    assert matrix[-1, 0] >= 4
    for name, index in zip(NAMES, range(3), strict=True):
        point = metrics["operating_point"][name]
        assert point["right"] == matrix[index, index]
        assert point["recall_interval"][0] < point["recall"] <= point["recall_interval"][1]
    assert metrics["by_light"]["night"]["pictures"] == 24  # there is hardly any light in them
    assert metrics["by_size"]["fox"]["large"]["labelled"] == 0
    calibration = metrics["calibration"]
    assert calibration["temperature"] != 1
    assert sum(row["boxes"] for row in calibration["bins"]) == calibration["boxes"]

    told = metrics["ignitions"]["ridge"]
    assert told == {
        "held_out": True,
        "trained_on": False,
        "site_in_training": False,
        "ignition_known": True,
        "frames": 12,
        "frames_before": 6,
        "false_alarms_before": 0,
        "false_alarms_after": 0,
        "first_alarm_s": 240.0,  # the third of the clear frames
        "frames_to_alarm": 4,
        "found_within_5_frames": True,
    }
    summary = metrics["ignition_summary"]
    assert (summary["sequences"], summary["found_within_5_frames"], summary["false_alarms"]) == (1, 1, 0)
    assert summary["camera_days_watched"] == round(12 / 1440, 4)
    assert summary["rule"]["k"] == 3
    assert any("1 of 1 found within" in line for line in metrics["verdict"]["with_a_person"])

    html = page.read_text("utf-8")
    assert "how good is it?" in html
    assert html.count("<svg") == 5  # four charts and a strip
    assert "data:image/jpeg;base64," in html
    assert 'src="http' not in html

    # The second run reads no picture into the network, and says the very same.
    (kept,) = cache.iterdir()
    before = kept.stat().st_mtime_ns
    assert len(Predictor(toy, cache=cache).known) == 36
    run(toy, *options, "--out", tmp_path / "again.json")
    assert kept.stat().st_mtime_ns == before
    assert json.loads((tmp_path / "again.json").read_text("utf-8")) == metrics


def test_a_stored_temperature_moves_conf_and_changes_no_decision(
    toy: Path, data: Path, ignition: Path
) -> None:
    run(toy, "--data", data, "--sequence", ignition)
    before = json.loads((toy / "metrics.json").read_text("utf-8"))
    output = run(toy, "--data", data, "--sequence", ignition, "--store-temperature")
    after = json.loads((toy / "metrics.json").read_text("utf-8"))
    card = ModelFolder.open(toy).card
    assert card.temperature == after["temperature"] == before["calibration"]["temperature"]
    assert card.conf == after["conf"]
    assert f"conf 0.5 → {card.conf:g}" in output
    assert "fieldwatch models sign" in output
    assert after["confusion"] == before["confusion"]
    assert after["average_precision"] == before["average_precision"]
    assert after["calibration"] == before["calibration"]
    assert after["ignitions"] == before["ignitions"]


def test_a_sweep_prints_rules_and_writes_nothing(toy: Path, data: Path, ignition: Path) -> None:
    output = run(toy, "--data", data, "--sequence", ignition, "--sweep", "score=0.2,0.5 k=2,3 n=3")
    assert "1/1" in output
    assert not (toy / "metrics.json").exists()


def test_fires_of_recordings_are_no_news(toy: Path, data: Path, ignition: Path) -> None:
    command = [sys.executable, "-m", "fieldwatch", "models", "eval", toy, "--data", data]
    done = subprocess.run(
        [*command, "--sequence", ignition, "--rule", "k=3 n=5"], capture_output=True, text=True, check=True
    )
    assert "1 of 1 found within" in " ".join(done.stdout.split())
    assert "fire.confirmed" not in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--sweep", "default"], "no recordings to try rules on"),
        (["--rule", "k=3 n=2"], "is not one rule"),
        (["--rule", "k=2,3"], "is not one rule"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    toy: Path, data: Path, options: list[str], message: str
) -> None:
    result = CliRunner().invoke(app, ["eval", str(toy), "--data", str(data), *options])
    assert result.exit_code == 1
    assert message in result.output


def test_the_model_that_is_measured_must_be_the_one_of_the_card(toy: Path) -> None:
    (toy / "model.onnx").write_bytes(b"another")
    with pytest.raises(ExportError, match="is not the file that"):
        Predictor(toy)


def test_predictions_are_the_network_s_own_whatever_the_card_says(toy: Path, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg", [("fox", 2, 2, 0.8)])
    one = Picture(path=tmp_path / "a.jpg", width=320, height=320, source="drawn")
    plain = Predictor(toy).see([one], "one")[0].said
    text = (toy / "model.toml").read_text("utf-8")
    (toy / "model.toml").write_text(text.replace("iou = 0.5", "iou = 0.5\ntemperature = 3.0"), "utf-8")
    assert np.array_equal(Predictor(toy).see([one], "one")[0].said, plain)
    assert plain[0] == pytest.approx([0.2, 0.2, 0.3, 0.3, 0.8, 0], abs=0.02)


def test_night_is_known_by_missing_colour_or_light() -> None:
    grey = np.full((64, 64, 3), 120, np.uint8)
    green = grey.copy()
    green[..., 1] = 200
    dark = (green // 10).astype(np.uint8)
    assert [taken_at_night(image) for image in (grey, green, dark)] == [True, False, True]


def test_labels_of_classes_that_the_model_lacks_are_left_out() -> None:
    boxes = tuple(Label(name=name, x=0.1, y=0.2, width=0.3, height=0.4) for name in ("smoke", "bird"))
    one = Picture(path=Path("a.jpg"), width=1, height=1, source="s", labels=boxes)
    assert labels_of(one, list(NAMES)) == pytest.approx(np.array([[0.1, 0.2, 0.4, 0.6, 1]]))


def test_sequences_that_only_keep_pictures_together_are_no_recordings() -> None:
    smoke = (Label(name="smoke", x=0.1, y=0.1, width=0.1, height=0.1),)

    def frame(**facts: object) -> Picture:
        fields = {"path": Path("a.jpg"), "width": 1, "height": 1, "source": "s", "labels": smoke, **facts}
        return Picture.model_validate(fields)

    timed = frame(sequence="timed", from_ignition_s=-60, labels=())
    incident = frame(sequence="incident", site="peak")
    block = frame(sequence="block 3")
    quiet = frame(sequence="deer", site="trail", labels=())
    assert recorded_among((timed, incident, block, quiet)) == [timed, incident]


def test_the_site_of_a_recorded_folder_is_read_from_its_names(
    data: Path, ignition: Path, tmp_path: Path
) -> None:
    """Else a camera that was trained on would count as one that the model never saw."""
    sources = tmp_path / "sources.toml"
    site = "site = '^(?P<site>f|train|val)[0-9]+$'"
    sources.write_text(f'[[source]]\nprefix = ""\ntitle = "drawn"\n{site}\n')
    apart = gather(data, NAMES, [ignition], sources)
    assert {frame.site for frame in apart.sequences} == {"f"}
    assert apart.akin_to_training == 0
    sources.write_text(sources.read_text().replace(site, "sites = { '' = \"the yard\" }"))
    akin = gather(data, NAMES, [ignition], sources)
    assert {frame.site for frame in akin.sequences} == akin.trained_sites == {"the yard"}
    assert akin.akin_to_training == len(akin.val) == 24


def test_a_recording_or_folder_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="neither a recording"):
        read_stills(tmp_path / "empty", NAMES)
    picture(tmp_path / "empty" / "f.jpg", [])
    (tmp_path / "empty" / "sequence.csv").write_text("file,seconds\nf.jpg,0\n")
    with pytest.raises(DataError, match="line 2"):
        read_sequence(tmp_path / "empty")
    (tmp_path / "val.jsonl").write_text('{"classes": ["fox"], "sources": {}}\n')
    with pytest.raises(DataError, match="no validation pictures"):
        gather(tmp_path / "val.jsonl", NAMES, [], None)
