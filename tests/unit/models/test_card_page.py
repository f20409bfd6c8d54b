"""CARD.md: the words are a person's, the figures those of metrics.json."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fieldwatch_models.cli import app
from fieldwatch_models.errors import RecipeError
from fieldwatch_models.registry.card_page import BEGIN, END, refresh, refreshed
from fieldwatch_models.registry.cards import Card, DetectedClass, Fallback
from fieldwatch_models.registry.figures import figures
from fieldwatch_models.registry.measured import confusion_of

ROOT = Path(__file__).parents[3] / "models"
CARD = Card(
    name="toy",
    version="1.2",
    created=date(2026, 11, 21),
    sha256="ab" * 32,
    imgsz=320,
    conf=0.4,
    iou=0.5,
    temperature=1.5,
    fallback=Fallback(score=0.6),
    classes=(
        DetectedClass(name="deer", name_zh="鹿", kind="animal", scientific_name="Cervidae", gbif=5298),
        DetectedClass(name="lion", name_zh="狮", kind="animal"),
    ),
)
POINT = {
    "labelled": 20,
    "precision": 0.789,
    "recall": 0.75,
    "precision_interval": [0.57, 0.91],
    "recall_interval": [0.53, 0.89],
}
METRICS: dict[str, Any] = {
    "version": "1.2",
    "sha256": "ab" * 32,
    "imgsz": 320,
    "conf": 0.4,
    "temperature": 1.5,
    "data": {"pictures": 50, "boxes": 28, "catalogue_sha256": "cd" * 32},
    "average_precision": {"all": {"ap50": 0.81, "ap50_95": 0.5}, "deer": {"ap50": 0.91, "ap50_95": 0.6}},
    "operating_point": {"deer": POINT, "lion": {"labelled": 0, "precision": None, "recall": None}},
    "confusion": {"order": ["deer", "lion", "background"], "said_by_was": [[15, 2, 4], [0, 6, 1], [5, 0, 0]]},
    "calibration": {
        "temperature": 1.5,
        "ece_before": 0.12,
        "ece_after": 0.04,
        "bins": [{"low": 0.4, "high": 0.6, "mean_score": 0.5, "share_right": 0.3, "boxes": 10}],
        "bins_after": [{"low": 0.4, "high": 0.6, "mean_score": 0.51, "share_right": 0.52, "boxes": 9}],
    },
    "by_light": {"night": {"pictures": 10, "ap50": 0.4, **POINT}},
    "by_size": {"deer": {"small": {"labelled": 7, "recall": 0.14, "ap50": 0.2}, "large": {"labelled": 0}}},
    "by_site": {f"ridge-{i:02}": {"pictures": 1, **POINT, "labelled": 100 - i} for i in range(25)},
    "by_source": {"fig": {"pictures": 10, "ap50": 0.4, **POINT}},
    "stills": {"empty": {"pictures": 9, "operating_point": {"deer": {"labelled": 0}}}},
    "ignitions": {
        "om-e": {
            "held_out": True,
            "frames_before": 40,
            "false_alarms_before": 0,
            "first_alarm_s": 240,
            "frames_to_alarm": 4,
        }
    },
    "ignition_summary": {
        "sequences": 7,
        "found_within_5_frames": 5,
        "share_found_interval_95": [0.36, 0.92],
        "camera_days_watched": 0.25,
        "false_alarms": 1,
        "false_alarms_per_camera_day": 4.0,
        "interval_95": [0.1, 22.29],
        "rule": {"score": 0.1, "k": 3},
    },
    "verdict": {"good_for": ["deer: finds 15 of 20."], "not_for": ["night: nothing is known."]},
    "failures": {
        "confused": [{"picture": "deer_1.jpg", "source": "deer", "what": "said lion 0.93, was deer"}],
        "missed": [],
    },
}
SOURCES = """
[[source]]
prefix = "fig_"
title = "Ignitions | one a minute"
licence = "credit HPWREN"
url = "https://example.org/fig"
credit = "HPWREN"
"""


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    CARD.write(tmp_path / "model.toml")
    (tmp_path / "metrics.json").write_text(json.dumps(METRICS))
    (tmp_path / "sources.toml").write_text(SOURCES)
    counts = {"train": {"fig": 284}, "val": {"fig": 81}}
    training = {"architecture": "yolo11n", "start": "random weights", "data": {"pictures_by_source": counts}}
    (tmp_path / "training.json").write_text(json.dumps(training))
    bench = {
        "sha256": "ab" * 32,
        "machine": {"cpu": "A Small CPU", "threads": 2},
        "formats": {
            "ncnn": {"pipeline_ms": 25.0, "pipeline_ratio": 0.8, "ap50": 0.7, "ap50_lost": 0.01},
            "onnx": {"pipeline_ms": 31.25, "pipeline_ratio": 1.0, "ap50": 0.71, "ap50_lost": 0.0},
        },
        "skipped": {"openvino": "openvino not installed"},
    }
    (tmp_path / "bench.json").write_text(json.dumps(bench))
    return tmp_path


@pytest.mark.parametrize(
    "told",
    [
        pytest.param("鹿, *Cervidae*", id="names"),
        pytest.param('"animal" (动物)', id="what the unknown is called"),
        pytest.param("- deer: finds 15 of 20.", id="verdict"),
        pytest.param("5 were found within 5 frames (0.36 to 0.92)", id="ignitions found"),
        pytest.param("4.00 a camera-day (0.10 to 22.29)", id="false alarms"),
        pytest.param("| om-e | yes | 40 | 0 | 240 | 4 |", id="one ignition"),
        pytest.param("| deer | 20 | 0.79 (0.57 to 0.91) | 0.75 (0.53 to 0.89) | 0.91 | 0.60 |", id="a class"),
        pytest.param("| lion | 0 | – | – | – | – |", id="a class that nobody saw"),
        pytest.param("| deer | 15 (75%) | 2 (25%) | 4 (8.0) |", id="confusion"),
        pytest.param("| missed | 5 (25%) | 0 | 0 |", id="missed"),
        pytest.param("0.12 before, 0.04 with the temperature 1.50", id="calibration"),
        pytest.param("| 0.4–0.6 | 9 | 0.51 | 0.52 |", id="reliability, calibrated"),
        pytest.param("| night | 10 | 20 |", id="light"),
        pytest.param("| deer | small | 7 | 0.14 | 0.20 |", id="size"),
        pytest.param("And 5 more in metrics.json.", id="many sites"),
        pytest.param("| confused | said lion 0.93, was deer | deer_1.jpg | deer |", id="worst cases"),
        pytest.param("### Speed on A Small CPU", id="speed"),
        pytest.param("| onnx | 31.25 | 1.00 |", id="format"),
        pytest.param("openvino: openvino not installed", id="format that was left out"),
        pytest.param(
            r"| [Ignitions \| one a minute](https://example.org/fig) | credit HPWREN | HPWREN | 284 | 81 |",
            id="licences, and no broken table",
        ),
    ],
)
def test_the_card_tells(toy: Path, told: str) -> None:
    assert told in figures(toy)


def test_every_table_has_as_many_cells_in_each_row(toy: Path) -> None:
    for block in figures(toy).split("\n\n"):
        widths = {line.replace(r"\|", "").count("|") for line in block.splitlines() if line.startswith("|")}
        assert len(widths) <= 1, block


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"sha256": "cd" * 32}, "another model file's"),
        ({"conf": 0.5}, "threshold or temperature changed"),
        ({"temperature": 1.0}, "threshold or temperature changed"),
    ],
)
def test_figures_of_something_else_say_so(toy: Path, changes: dict[str, Any], warning: str) -> None:
    (toy / "metrics.json").write_text(json.dumps({**METRICS, **changes}))
    assert warning in figures(toy)


@pytest.mark.parametrize("missing", [*METRICS, "everything"])
def test_what_was_not_measured_is_left_out(toy: Path, missing: str) -> None:
    rest = {} if missing == "everything" else {key: METRICS[key] for key in METRICS if key != missing}
    (toy / "metrics.json").write_text(json.dumps(rest))
    assert figures(toy)


def test_the_words_around_the_figures_stay(toy: Path) -> None:
    (toy / "CARD.md").write_text(f"# Toy\n\nMine.\n\n{BEGIN}\nOLD FIGURES\n{END}\n\nMine too.\n")
    assert refresh(toy)
    text = (toy / "CARD.md").read_text("utf-8")
    assert text.startswith(f"# Toy\n\nMine.\n\n{BEGIN}\n")
    assert text.endswith(f"{END}\n\nMine too.\n")
    assert "OLD FIGURES" not in text
    assert not refresh(toy), "a second time nothing changes"


def test_a_model_without_a_card_gets_one_to_write_in(toy: Path) -> None:
    result = CliRunner().invoke(app, ["card", str(toy)])
    assert result.exit_code == 0
    assert "## Known blind spots" in (toy / "CARD.md").read_text("utf-8")
    assert "fieldwatch models sign" in result.stdout


@pytest.mark.parametrize(
    "text", ["no marks", BEGIN, f"{END}\n{BEGIN}", f"{BEGIN}\n{END}\n{END}", f"{BEGIN}\n{BEGIN}\n{END}"]
)
def test_a_card_whose_marks_are_broken_is_not_overwritten(toy: Path, text: str) -> None:
    (toy / "CARD.md").write_text(text)
    with pytest.raises(RecipeError, match="figures: begin"):
        refresh(toy)
    assert (toy / "CARD.md").read_text() == text


def test_the_confusion_matrix_is_the_one_of_this_file_and_threshold(toy: Path) -> None:
    table = confusion_of(toy)
    assert (table.model, table.conf, table.pictures) == ("toy@1.2", 0.4, 50)
    assert table.share_said("deer", "lion") == 0.25
    (toy / "metrics.json").write_text(json.dumps({**METRICS, "sha256": "cd" * 32}))
    with pytest.raises(RecipeError, match="fieldwatch models eval"):
        confusion_of(toy)


@pytest.mark.parametrize("name", ["wildlife", "fire"])
def test_the_shipped_cards_are_in_step_with_what_was_measured(name: str) -> None:
    text = (ROOT / name / "CARD.md").read_text("utf-8")
    assert refreshed(ROOT / name) == text, f"fieldwatch models card {name}, then sign it"


@pytest.mark.parametrize("name", ["wildlife", "fire"])
def test_the_shipped_models_have_a_confusion_matrix(name: str) -> None:
    table = confusion_of(ROOT / name)
    assert table.classes == Card.read(ROOT / name / "model.toml").names
    assert all(table.labelled(known) for known in table.classes)
