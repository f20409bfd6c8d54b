"""Roosts: nights without a frame are gaps, and the detector's recall is part of the interval."""

from __future__ import annotations

import numpy as np
import pytest

from fieldwatch_cloud.counts.methods.roost import Detection, nights, passage


def codes(findings: object) -> list[str]:
    return [finding.code for finding in findings]  # type: ignore[attr-defined]


def test_night_by_night() -> None:
    found = nights([3, 9, 7, np.nan, 12, 4], [0, 0, 0, 2, 3, 3], 4)
    np.testing.assert_array_equal(found.count, [9, np.nan, np.nan, 12])
    assert found.frames.tolist() == [3, 0, 0, 2]
    peak = found.estimates[0]
    assert (peak.name, peak.value, peak.low, peak.high, peak.se) == ("roost_peak", 12, 12, None, None)
    assert codes(found.findings) == ["nights_missing", "recall_unknown"]


def test_an_empty_roost_is_no_gap() -> None:
    found = nights([0, 0], [0, 1], 2, detection=Detection(90, 100))
    assert found.count.tolist() == [0, 0]
    assert found.low.tolist() == [0, 0]
    assert (found.high > 0).all()
    blind = nights([], [], 2)
    assert np.isnan(blind.count).all()
    assert (blind.estimates, codes(blind.findings)) == ((), ["not_observed"])


def test_corrected_by_recall() -> None:
    found = nights([80.0], [0], 1, detection=Detection(160, 200))
    peak = found.estimates[0]
    assert peak.value == pytest.approx(100)
    # var(log N) = (1 - p) / count + (1 - p) / (p there), with half a miss more in 1 - p.
    rough = 1 - 160.5 / 201
    assert peak.se == pytest.approx(100 * (rough / 80 + rough / (0.8 * 200)) ** 0.5)
    assert peak.low is not None
    assert peak.high is not None
    assert 80 <= peak.low < 100 < peak.high
    assert codes(found.findings) == []


def test_whoever_was_counted_was_there_unless_boxes_are_invented() -> None:
    sure = nights([10.0], [0], 1, detection=Detection(50, 100)).estimates[0]
    unsure = nights([10.0], [0], 1, detection=Detection(50, 100, invented_per_frame=2.0)).estimates[0]
    assert sure.value == 20
    assert unsure.value == 16
    assert sure.low is not None
    assert unsure.low is not None
    assert unsure.low < 10 <= sure.low


def test_the_largest_of_noisy_frames_is_told_and_a_window_mends_it() -> None:
    random, detection = np.random.default_rng(4), Detection(700, 1000)
    frames = random.binomial(200, 0.7, 300)
    largest = nights(frames, np.zeros(300, int), 1, detection=detection)
    steady = nights(frames, np.zeros(300, int), 1, detection=detection, window=30)
    assert codes(largest.findings) == ["noisy_maximum"]
    assert codes(steady.findings) == []
    assert largest.estimates[0].value > 210
    assert steady.estimates[0].value == pytest.approx(200, rel=0.03)


def test_arrivals_minus_departures() -> None:
    change = passage(160, 40, detection=Detection(160, 200))
    estimate = change.estimates[0]
    rough = 1 - 160.5 / 201
    variance = 200 * rough / 0.8**2 + 120**2 * rough / (0.8**3 * 200)
    assert (estimate.value, estimate.se) == pytest.approx((150, variance**0.5))
    assert change.findings == ()
    assert codes(passage(160, 150, detection=Detection(160, 200)).findings) == ["mostly_turnover"]
    assert codes(passage(5, 1, detection=Detection(8, 10)).findings) == ["recall_uncertain"]
    plain = passage(5, 9)
    assert (plain.estimates[0].value, plain.estimates[0].low, codes(plain.findings)) == (
        -4,
        None,
        ["recall_unknown"],
    )


@pytest.mark.parametrize("found", [(0, 10, 0.0), (11, 10, 0.0), (5, 10, -1.0)])
def test_no_such_detector(found: tuple[int, int, float]) -> None:
    with pytest.raises(ValueError, match="found of"):
        Detection(*found)


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="one per frame"):
        nights([1, 2], [0], 1)
    with pytest.raises(ValueError, match="within 0"):
        nights([1], [3], 2)
    with pytest.raises(ValueError, match="negative"):
        passage(-1, 2)
