"""Average precision, intervals and figures by group, from boxes made of numbers."""

import numpy as np
import pytest
from scipy.stats import binomtest, poisson
from tests.unit.models.evaluate_world import HERE, THERE, seen

from fieldwatch_models.evaluate.breakdown import at_threshold, by, by_size
from fieldwatch_models.evaluate.curves import average_precision, match, rank
from fieldwatch_models.evaluate.intervals import poisson_rate, wilson
from fieldwatch_models.evaluate.measure import confusion, on_pictures
from fieldwatch_models.evaluate.predictions import Seen

SHIFTED = (0.11, 0.1, 0.21, 0.2)


def many(seed: int, pictures: int = 120, classes: int = 3) -> list[Seen]:
    """Labels, boxes near most of them with scores that mean something, and boxes on nothing."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(pictures):
        corners = rng.uniform(0, 0.6, (rng.integers(0, 5), 2))
        was = np.hstack([corners, corners + rng.uniform(0.05, 0.4, corners.shape)])
        names = rng.integers(0, classes, (len(was), 1))
        found = rng.random(len(was)) < 0.8
        near = np.clip(was[found] + rng.normal(0, 0.02, (found.sum(), 4)), 0, 1)
        noise = rng.uniform(0, 0.5, (rng.integers(0, 6), 2))
        boxes = np.vstack([near, np.hstack([noise, noise + 0.3])])
        scores = np.concatenate([rng.beta(4, 2, len(near)), rng.beta(2, 4, len(noise))])
        # A few are taken for another class.
        said = np.concatenate([names[found, 0], rng.integers(0, classes, len(noise))])
        said = np.where(rng.random(len(said)) < 0.1, (said + 1) % classes, said)
        rows.append(
            seen(
                [tuple(row) for row in np.column_stack([boxes, scores, said])],
                [tuple(row) for row in np.hstack([was, names])],
                name=f"p{number}",
                classes=classes,
            )
        )
    return rows


def test_perfect_boxes_have_an_average_precision_of_one_and_none_has_zero() -> None:
    assert average_precision(np.array([True, True]), 2) == pytest.approx(1, abs=0.006)
    assert average_precision(np.array([], bool), 2) == 0
    assert average_precision(np.array([False, True]), 1) == pytest.approx(0.5, abs=0.006)


def test_the_better_score_takes_the_label_and_the_second_box_is_wrong() -> None:
    said = np.array([[*HERE, 0.9, 0], [*SHIFTED, 0.8, 0]])
    hit, spared = match(said, np.array([[*HERE, 0]]), np.array([True]))
    assert hit[:, 0].tolist() == [True, False]
    assert hit[0].all()  # the same box, so at every overlap
    assert not spared.any()


@pytest.mark.ultralytics
@pytest.mark.parametrize("seed", [1, 2])
def test_average_precision_is_that_of_ultralytics_on_the_same_boxes(seed: int) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("ultralytics")
    from ultralytics.models.yolo.detect import DetectionValidator
    from ultralytics.utils.metrics import ap_per_class, box_iou

    pictures = many(seed)
    validator = DetectionValidator(args={"task": "detect", "mode": "val"})
    right, scores, said, was = [], [], [], []
    for each in pictures:
        boxes, labels = torch.tensor(each.said), torch.tensor(each.was)
        iou = box_iou(labels[:, :4], boxes[:, :4])
        right.append(validator.match_predictions(boxes[:, 5], labels[:, 4], iou).numpy())
        scores.append(each.said[:, 4])
        said.append(each.said[:, 5])
        was.append(each.was[:, 4])
    theirs = ap_per_class(*map(np.concatenate, (right, scores, said, was)))[5]  # [C, 10]
    ours = np.array([rank(pictures, index).ap for index in range(3)])
    assert theirs.min() < 0.1 < 0.4 < theirs.max()  # the case says something
    assert np.abs(ours - theirs).max() < 0.005


def test_a_class_that_nobody_looked_for_is_neither_found_nor_invented() -> None:
    said, was = [(*HERE, 0.9, 0), (*THERE, 0.8, 1)], [(*HERE, 0)]
    blind = [seen(said, was, classes=2, looked_for=[True, False])]
    assert len(rank(blind, 1).scores) == 0
    assert confusion(blind, 2, 0.5).matrix.tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]
    told = on_pictures(blind, [rank(blind, 0), rank(blind, 1)], ["deer", "lion"], 0.5)
    assert told["operating_point"]["deer"]["precision"] == 1
    assert told["operating_point"]["lion"]["precision"] is None
    assert told["average_precision"].keys() == {"all", "deer"}


def test_f1_names_the_threshold_at_which_it_is_best() -> None:
    pictures = [
        seen([(*HERE, 0.9, 0)], [(*HERE, 0)]),
        seen([(*HERE, 0.6, 0)], [(*HERE, 0)]),
        seen([(*HERE, 0.3, 0)], []),
    ]
    assert rank(pictures, 0).best_f1() == (1.0, 0.6)


def test_the_threshold_is_one_that_boxes_must_exceed_as_on_a_node() -> None:
    pictures = [seen([(*HERE, 0.5, 0), (*THERE, 0.4, 0)], [(*HERE, 0)])]
    assert at_threshold(rank(pictures, 0), 0.5)["said"] == 0
    told = at_threshold(rank(pictures, 0), 0.3)
    assert (told["said"], told["precision"], told["recall"]) == (2, 0.5, 1.0)
    assert told["precision_interval"] == wilson(1, 2)


def test_small_and_large_are_measured_apart() -> None:
    small, large = (0.0, 0.0, 0.04, 0.04), (0.3, 0.3, 0.9, 0.9)  # 26 x 19 and 384 x 288 px at 640
    pictures = [
        seen([(*large, 0.9, 0), (0.95, 0.95, 0.99, 0.99, 0.8, 0)], [(*small, 0), (*large, 0)]),
    ]
    told = by_size(pictures, ["deer"], 640, 0.5)["deer"]
    assert (told["small"]["labelled"], told["small"]["recall"]) == (1, 0)
    assert (told["large"]["labelled"], told["large"]["recall"]) == (1, 1)
    assert told["large"]["ap50"] == pytest.approx(1, abs=0.006)  # the small invented box is not its fault
    assert told["medium"]["labelled"] == 0
    # The very same boxes are small to a network that sees the picture at a quarter of the size.
    assert by_size(pictures, ["deer"], 160, 0.5)["deer"]["medium"]["labelled"] == 1


def test_groups_have_their_own_counts_and_intervals() -> None:
    pictures = [
        seen([(*HERE, 0.9, 0)], [(*HERE, 0)], site="north"),
        seen([], [(*HERE, 0)], site="south"),
        seen([(*HERE, 0.9, 0)], [], site="south"),
        seen([(*HERE, 0.9, 0)], []),
    ]
    told = by(pictures, ["deer"], 0.5, lambda each: each.picture.site)
    assert told.keys() == {"north", "south"}
    assert (told["north"]["recall"], told["south"]["recall"]) == (1, 0)
    assert told["south"]["empty_pictures"] == 1
    assert told["north"]["recall_interval"][0] < 0.3  # one of one is next to nothing


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, Statistics in Medicine 17, table I
        (15, 148, 0.0624, 0.1605),  # the same
    ],
)
def test_wilson(hits: int, of: int, low: float, high: float) -> None:
    assert wilson(hits, of) == [low, high]


@pytest.mark.parametrize(("hits", "of"), [(0, 1), (1, 1), (3, 7), (40, 50), (999, 1000)])
def test_intervals_of_shares_are_scipy_s(hits: int, of: int) -> None:
    expected = binomtest(hits, of).proportion_ci(0.95, method="wilson")
    assert wilson(hits, of) == pytest.approx([expected.low, expected.high], abs=5e-5)


@pytest.mark.parametrize(("count", "days"), [(1, 1.0), (4, 0.5), (30, 2.5)])
def test_poisson_rates_leave_one_in_forty_on_either_side(count: int, days: float) -> None:
    interval = poisson_rate(count, days)
    assert interval is not None
    low, high = interval
    assert poisson.sf(count - 1, low * days) == pytest.approx(0.025, abs=1e-4)
    assert poisson.cdf(count, high * days) == pytest.approx(0.025, abs=1e-4)


def test_poisson_rates_are_exact() -> None:
    assert poisson_rate(0, 1) == [0, 3.6889]  # -ln 0.025
    assert poisson_rate(10, 2) == pytest.approx([4.795 / 2, 18.39 / 2], abs=0.001)  # (Garwood 1936)
    assert poisson_rate(0, 0) is None
    assert wilson(0, 0) is None
