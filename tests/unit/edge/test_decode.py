"""Scores as chances, and a name for the animal that the model cannot name, for both heads."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.edge.toy_models import CARD, colour_model, model_folder

from fieldwatch_edge.detect import load_detector
from fieldwatch_edge.detect.decode import Scoring, decode_end_to_end, decode_raw, uncalibrated
from fieldwatch_edge.domain import DetectedClass
from fieldwatch_edge.settings import DetectorSettings

DEER, PERSON, LION, UNKNOWN = range(4)
"""Two animals and a person."""


def scoring(**changes) -> Scoring:
    given = {"conf": 0.4, "iou": 0.5, "fallback": 0.5, "animals": (DEER, LION), "unknown": UNKNOWN}
    return Scoring(**(given | changes))


def raw(*rows: list[float]) -> np.ndarray:
    """Boxes as cx, cy, w, h and a score per class, as the raw head gives them."""
    return np.array(rows, np.float32).T


def final(*rows: list[float]) -> np.ndarray:
    """Boxes as x1, y1, x2, y2, score, class, as the NMS-free head gives them."""
    return np.array(rows, np.float32)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 1.7, 3.0])
@pytest.mark.parametrize("score", [0.01, 0.05, 0.4, 0.9, 0.99])
def test_a_threshold_on_the_networks_scale_is_the_same_threshold(score: float, temperature: float) -> None:
    back = scoring(temperature=temperature).calibrated(np.float32([uncalibrated(score, temperature)]))
    assert back[0] == pytest.approx(score, abs=1e-4)


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_thresholds_at_the_ends_stay_there(threshold: float) -> None:
    assert uncalibrated(threshold, 2.0) == threshold


def test_temperature_moves_scores_and_what_passes_but_no_box() -> None:
    rows = raw([100, 50, 40, 20, 0.9, 0, 0], [300, 50, 40, 20, 0.35, 0, 0], [500, 50, 40, 20, 0.3, 0, 0])
    plain, hot = (decode_raw(rows, scoring(temperature=t, fallback=None)) for t in (1.0, 2.0))
    assert plain.scores == pytest.approx([0.9])
    # sigmoid(logit(s) / 2): 0.9 is 0.75, 0.35 is 0.4232, 0.3 is 0.3956.
    assert hot.scores == pytest.approx([0.75, 0.4232], abs=1e-3)
    assert hot.boxes[0].tolist() == plain.boxes[0].tolist()


def test_both_heads_calibrate_alike() -> None:
    through_raw = decode_raw(raw([100, 50, 40, 20, 0.9, 0, 0]), scoring(temperature=1.7))
    through_final = decode_end_to_end(final([80, 40, 120, 60, 0.9, DEER]), scoring(temperature=1.7))
    assert through_raw.scores == pytest.approx(through_final.scores)
    assert through_raw.boxes.tolist() == through_final.boxes.tolist()


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        pytest.param([0.45, 0.0, 0.0], [(DEER, 0.45)], id="a name that is sure enough"),
        pytest.param([0.35, 0.0, 0.35], [(UNKNOWN, 0.5775)], id="one of two animals: 1 - 0.65²"),
        pytest.param([0.35, 0.0, 0.1], [], id="too unsure for any animal: 0.415"),
        pytest.param([0.35, 0.39, 0.0], [], id="a person is no animal"),
        pytest.param([0.45, 0.0, 0.45], [(DEER, 0.45)], id="sure enough of two names: the first"),
    ],
)
def test_a_box_without_a_name_is_an_animal_if_all_classes_together_say_so(classes, expected) -> None:
    found = decode_raw(raw([100, 50, 40, 20, *classes]), scoring())
    assert found.classes.tolist() == [known for known, _ in expected]
    assert found.scores == pytest.approx([score for _, score in expected])


@pytest.mark.parametrize(
    ("shift", "seen"),
    [
        pytest.param(2, [DEER], id="the same body"),
        pytest.param(13.3, [DEER], id="half the body shared: IoU 0.5005"),
        pytest.param(14, [DEER, UNKNOWN], id="less than half: another body"),
        pytest.param(200, [DEER, UNKNOWN], id="far away"),
    ],
)
def test_an_unknown_animal_does_not_sit_on_a_named_one(shift: float, seen: list[int]) -> None:
    rows = raw([100, 50, 40, 20, 0.9, 0, 0], [100 + shift, 50, 40, 20, 0.35, 0, 0.35])
    assert decode_raw(rows, scoring()).classes.tolist() == seen


def test_unknown_animals_do_not_sit_on_each_other_and_the_best_come_first() -> None:
    rows = raw(
        [100, 50, 40, 20, 0.3, 0, 0.39],
        [101, 50, 40, 20, 0.39, 0, 0.39],
        [300, 50, 40, 20, 0.41, 0, 0],
    )
    found = decode_raw(rows, scoring())
    assert found.classes.tolist() == [UNKNOWN, DEER]
    assert found.boxes[0].tolist() == [81, 40, 121, 60]
    assert (np.diff(found.scores) < 0).all()


@pytest.mark.parametrize(
    ("fallback", "seen"),
    [
        pytest.param(0.3, [UNKNOWN], id="the best class stands for all: 0.35 reaches 0.3"),
        pytest.param(0.5, [], id="above conf: final boxes cannot reach it"),
        pytest.param(None, [], id="no name for the unknown"),
    ],
)
def test_of_final_boxes_the_best_class_alone_decides(fallback: float | None, seen: list[int]) -> None:
    rows = final([80, 40, 120, 60, 0.35, LION], [280, 40, 320, 60, 0.35, PERSON])
    assert decode_end_to_end(rows, scoring(fallback=fallback)).classes.tolist() == seen


def test_final_boxes_of_an_unknown_animal_do_not_sit_on_a_named_one_either() -> None:
    rows = final([80, 40, 120, 60, 0.9, DEER], [82, 40, 122, 60, 0.35, LION], [280, 40, 320, 60, 0.35, LION])
    found = decode_end_to_end(rows, scoring(fallback=0.3))
    assert found.classes.tolist() == [DEER, UNKNOWN]
    assert found.boxes[1, 0] == 280


@pytest.mark.parametrize("seed", range(20))
def test_no_box_is_lost_by_looking_at_few(seed: int) -> None:
    """The floor under which boxes are not looked at is no threshold of its own. Boxes lie apart."""
    draw = np.random.default_rng(seed)
    classes = draw.beta(0.6, 1.4, (40, 3)).astype(np.float32)
    conf, fallback, temperature = draw.uniform([0.05, 0.05, 0.3], [0.95, 0.95, 3])
    how = scoring(conf=conf, fallback=fallback, temperature=temperature)
    # As the definition says, without any floor.
    chances = how.calibrated(classes)
    any_animal = 1 - np.prod(1 - chances[:, [DEER, LION]], axis=1)
    expected = np.flatnonzero((chances.max(1) > conf) | (any_animal >= fallback))
    rows = raw(*([100.0 * index, 50, 40, 20, *scores] for index, scores in enumerate(classes)))
    found = {round(float(box[0] + 20) / 100) for box in decode_raw(rows, how).boxes}
    assert found == set(expected.tolist())


@pytest.mark.parametrize("end_to_end", [False, True], ids=["raw head", "NMS-free head"])
def test_a_card_with_a_name_for_the_unknown_makes_it_a_class(tmp_path, end_to_end: bool) -> None:
    card = CARD.replace("[[classes]]", "[fallback]\nscore = 0.3\n\n[[classes]]", 1)
    model_folder(tmp_path / "toy", colour_model(end_to_end=end_to_end), card)
    detector = load_detector(DetectorSettings(model="toy", allow_unsigned=True), [tmp_path])
    assert detector.classes[3:] == (DetectedClass("animal", "animal", "Animalia", unknown=True),)
    image = np.zeros((320, 320, 3), np.uint8)
    image[96:128, 64:96, 2] = 102  # 0.4 red: under the card's 0.6
    image[160:192, 64:96, 0] = 102  # 0.4 blue, which is a fire
    found = detector.detect(image)
    assert found.classes.tolist() == [3]
    assert found.scores == pytest.approx([0.4], abs=0.01)
    assert found.boxes == pytest.approx(np.array([[64, 96, 96, 128]]), abs=0.5)


def test_a_card_without_animals_needs_no_name_for_the_unknown(tmp_path) -> None:
    card = CARD.replace('kind = "animal"', 'kind = "smoke"')
    card = card.replace("[[classes]]", "[fallback]\nscore = 0.3\n\n[[classes]]", 1)
    model_folder(tmp_path / "toy", colour_model(), card)
    detector = load_detector(DetectorSettings(model="toy", allow_unsigned=True), [tmp_path])
    dim = np.full((320, 320, 3), 102, np.uint8)
    assert len(detector.detect(dim)) == 0
