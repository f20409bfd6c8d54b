"""Counts corrected for the classifier's errors: the reference case, closed forms, and simulated truth."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.cloud.counts.occupancy_cases import case, table

from fieldwatch_cloud.counts.methods.misidentification import corrected_counts
from fieldwatch_cloud.counts.methods.misidentification_joint import Joint, Table
from fieldwatch_cloud.counts.methods.misidentification_posterior import posterior
from fieldwatch_shared.confusion import Confusion

# Simulated as in section 3.1 of Spence et al. 2024, Methods in Ecology and Evolution, "Avoiding Confusion",
# with the authors' public functions and seed 5: rows true, columns said; fifteen samples of what was said.
CLASSES = ("class1", "class2", "class3")
VALIDATION = [[47, 2, 1], [26, 157, 17], [6, 12, 82]]
FIELD = [
    [25, 101, 46], [23, 85, 54], [25, 67, 45], [37, 80, 59], [25, 81, 47], [26, 73, 62], [29, 78, 50],
    [28, 80, 52], [16, 76, 45], [20, 76, 49], [25, 88, 58], [30, 75, 54], [23, 76, 37], [23, 83, 44],
    [20, 84, 51],
]  # fmt: skip
TRUE = [10, 100, 50]
# From the case: the same model by another sampler (NUTS, 4 × 20,000 draws), and by BFGS.
JOINT = [10.351870456362375, 93.80466436553972, 51.243450319772755]
POSTERIOR = {
    "mean": [9.881046873001065, 94.00386543566641, 51.69253440784908],
    "sd": [3.61477721190739, 5.70826382176067, 4.59911856380188],
    0.05: [3.6252814903677226, 84.76371915821267, 44.34403483466555],
    0.5: [9.997204578254742, 93.89114564767692, 51.55573603849066],
    0.95: [15.65128613426384, 103.53664076842242, 59.43252574180766],
}


def test_ai_confusion_counts_poisson3_tables() -> None:
    folder, expected = case("ai_confusion_counts_poisson3")
    assert table(folder / "predicted_counts.csv").tolist() == FIELD
    assert table(folder / "confusion_matrix_validation.csv")[:, 1:].tolist() == VALIDATION
    assert expected["joint_MLE_mu"] == JOINT
    for name, key in (("mean", "mean"), ("sd", "sd"), ("q05", 0.05), ("q50", 0.5), ("q95", 0.95)):
        assert expected["posterior_mu"][name] == POSTERIOR[key]


def test_ai_confusion_counts_poisson3_joint() -> None:
    found = corrected_counts(FIELD, Table.of_classified(CLASSES, VALIDATION))
    assert found.naive == pytest.approx([25.0, 80.2, 50.2], abs=1e-9)
    assert found.mean == pytest.approx(JOINT, rel=1e-5)
    for truth, naive, estimate in zip(TRUE, found.naive, found.estimates, strict=True):
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.low < truth < estimate.high
        if truth == 10:
            assert not estimate.low < naive < estimate.high


def test_ai_confusion_counts_poisson3_posterior() -> None:
    """Means within 2 % of the standard deviation, quantiles within 5 %."""
    drawn = posterior(FIELD, Table.of_classified(CLASSES, VALIDATION))
    sd = np.array(POSTERIOR["sd"])
    assert (np.abs(drawn.mean.mean(axis=0) - POSTERIOR["mean"]) < 0.02 * sd).all()
    assert drawn.mean.std(axis=0) == pytest.approx(sd, rel=0.02)
    for at in (0.05, 0.5, 0.95):
        assert (np.abs(np.quantile(drawn.mean, at, axis=0) - POSTERIOR[at]) < 0.05 * sd).all()
    assert drawn.share.shape[1:] == (3, 4)
    assert [each.name for each in drawn.estimates()] == [f"corrected:{name}" for name in CLASSES]


def test_the_gradient_is_the_likelihoods() -> None:
    found = Table(CLASSES, np.array(VALIDATION, float), np.array([3.0, 4, 5]), np.array([2.0, 0, 1]), 100.0)
    joint = Joint(np.array(FIELD, float).sum(axis=0), 15.0, found, 500.0)
    at, step = joint.start() + 0.1, 1e-5
    numeric = [
        (joint._negative(at + step * one)[0] - joint._negative(at - step * one)[0]) / (2 * step)
        for one in np.eye(len(at))
    ]
    assert joint._negative(at)[1] == pytest.approx(np.array(numeric), rel=1e-5, abs=1e-3)


def test_missed_and_invented_animals() -> None:
    """Recall 80 and 50 %, 0.1 false boxes a picture: the closed solution, W / P less what was invented."""
    confusion = Confusion(
        model="wildlife@1", conf=0.25, pictures=1000, order=("deer", "boar", "background"),
        said_by_was=((800, 0, 100), (0, 250, 0), (200, 250, 0)),
    )  # fmt: skip
    found = corrected_counts([[500, 100]], Table.from_confusion(confusion), effort=[50.0], pictures=2000)
    assert found.mean == pytest.approx([(500 - 200) / 50 / 0.8, 100 / 50 / 0.5], rel=1e-4)
    left_in = corrected_counts([[500, 100]], Table.from_confusion(confusion), effort=[50.0])
    assert left_in.mean[0] == pytest.approx(500 / 50 / 0.8, rel=1e-4)
    assert "invented_left_in" in {finding.code for finding in left_in.findings}
    drawn = posterior([[500, 100]], Table.from_confusion(confusion), effort=[50.0])
    assert drawn.mean.mean(axis=0) == pytest.approx(left_in.mean, rel=0.02)


def test_a_count_that_others_explain_is_near_zero_with_an_upper_bound() -> None:
    found = corrected_counts([[1000, 95]], Table.of_classified(("fox", "wolf"), [[900, 100], [0, 60]]))
    wolf = found.estimates[1]
    assert wolf.value < 1e-3
    assert wolf.low == 0
    assert wolf.high is not None
    assert 5 < wolf.high < 60
    assert "corrected_to_zero" in {finding.code for finding in found.findings}


def test_field_counts_that_vary_more_widen_the_interval() -> None:
    even, uneven = [[50, 20]] * 8, [[5, 2], [150, 60], [10, 4], [90, 36], [20, 8], [100, 40], [5, 2], [20, 8]]
    tables = Table.of_classified(("fox", "wolf"), [[90, 10], [8, 72]])
    a, b = corrected_counts(even, tables), corrected_counts(uneven, tables)
    assert a.mean == pytest.approx(b.mean, rel=1e-4)
    assert b.se[0] > 3 * a.se[0]
    assert "overdispersed" in {finding.code for finding in b.findings}


def test_a_class_that_nobody_labelled_nor_counted_is_left_out() -> None:
    table = Table.of_classified(("fox", "bear", "wolf"), [[90, 2, 8], [0, 0, 0], [10, 0, 50]])
    found = corrected_counts([[60, 0, 30]] * 4, table)
    assert found.classes == ("fox", "wolf")
    assert [each.name for each in found.estimates] == ["corrected:fox", "corrected:wolf"]
    # Two foxes called bears are foxes missed, as no bear is counted.
    shares = np.array([[0.9, 0.08], [1 / 6, 5 / 6]])
    assert found.mean == pytest.approx(np.array([60, 30]) @ np.linalg.inv(shares), rel=1e-4)
    assert found.findings[0].figures == {"classes": "bear"}


def test_many_classes_answer_at_once() -> None:
    """A detector of forty classes: intervals by the delta method, around the same estimates."""
    random, classes = np.random.default_rng(7), 40
    shares = np.column_stack([np.eye(classes) * 0.8 + 0.1 / classes, np.full(classes, 0.1)])
    truth = random.lognormal(3, 1, classes)
    said = np.array([random.multinomial(200, row) for row in shares], dtype=float)
    table = Table(tuple(map(str, range(classes))), said[:, :-1], said[:, -1], np.zeros(classes), 0.0)
    found = corrected_counts(random.poisson(truth @ shares[:, :-1], (10, classes)), table)
    held = [e.low <= true <= e.high for e, true in zip(found.estimates, truth, strict=True)]  # type: ignore[operator]
    assert np.mean(held) > 0.8


def test_what_cannot_be_corrected() -> None:
    with pytest.raises(ValueError, match="no labelled animal of wolf"):
        corrected_counts([[1, 2]], Table.of_classified(("fox", "wolf"), [[9, 1], [0, 0]]))
    with pytest.raises(ValueError, match="nobody looked"):
        corrected_counts([[1, 2]], Table.of_classified(("fox", "wolf"), [[9, 1], [1, 9]]), effort=[0.0])
    with pytest.raises(ValueError, match="expected"):
        corrected_counts([[1, 2, 3]], Table.of_classified(("fox", "wolf"), [[9, 1], [1, 9]]))
    blurred = corrected_counts([[50, 50]], Table.of_classified(("fox", "wolf"), [[51, 49], [49, 51]]))
    assert {f.code: f.severity for f in blurred.findings}["confused_classes"] == "unfit"


def test_naive_counts_are_off_and_corrected_intervals_cover_the_truth() -> None:
    """Forty surveys with a known confusion; hundreds of them are in tests/bench."""
    truth = np.array([4.0, 60.0, 20.0])
    shares = np.array([[0.85, 0.05, 0.02, 0.08], [0.08, 0.72, 0.05, 0.15], [0.03, 0.12, 0.75, 0.10]])
    random, covered, off = np.random.default_rng(3), 0, []
    for _ in range(40):
        said = np.array([random.multinomial(300, row) for row in shares], dtype=float)
        field = random.poisson(truth @ shares[:, :3], (20, 3))
        none = np.zeros(3)
        found = corrected_counts(field, Table(CLASSES, said[:, :3], said[:, 3], none, 0.0))
        off.append(np.abs(found.naive / truth - 1).max())
        covered += sum(
            each.low <= true <= each.high
            for each, true in zip(found.estimates, truth, strict=True)  # type: ignore[operator]
        )
    assert min(off) > 0.2
    assert 0.89 <= covered / 120 <= 0.99
