"""Our ByteTrack against the library's, and its assignment against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
import supervision as sv
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from trackers import ByteTrackTracker
from trackers.utils.iou import BIoU

from fieldwatch_edge.bytetrack import ByteTrack, assign, overlap


@given(
    st.integers(0, 12), st.integers(0, 12), st.integers(0, 2**32 - 1), st.floats(0, 1)
)  # fmt: skip
def test_the_assignment_has_the_largest_sum(rows: int, columns: int, seed: int, empty: float) -> None:
    chance = np.random.default_rng(seed)
    worth = chance.random((rows, columns)) * (chance.random((rows, columns)) >= empty)
    pairs = assign(worth)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    best = worth[linear_sum_assignment(worth, maximize=True)].sum()
    assert sum(worth[pair] for pair in pairs) == pytest.approx(best)


@pytest.mark.parametrize("seed", range(12))
def test_it_follows_as_the_library_does(seed: int) -> None:
    chance = np.random.default_rng(seed)
    lost_s, hz, least = 3.0, 5.0, 0.05
    ours = ByteTrack(lost_s, hz, least)
    theirs = ByteTrackTracker(
        lost_track_buffer=round(lost_s * 30),
        frame_rate=hz,
        minimum_consecutive_frames=1,
        minimum_iou_threshold=least,
    )
    corners = chance.uniform(0, 600, (8, 2))
    sizes, speeds = chance.uniform(20, 90, (8, 2)), chance.normal(0, 20, (8, 2))
    seconds, matched, names = 0.0, {}, iter(range(1000))
    for _ in range(60):
        # Video, stills, a burst, and now and then a pause in which tracks are lost.
        gap_s = float(
            chance.choice([0.04, 0.2, 0.2, 0.201, 1.0, 2.5, 4.0], p=[0.2, 0.2, 0.2, 0.1, 0.15, 0.1, 0.05])
        )
        seconds += gap_s
        corners += speeds * gap_s
        seen = np.flatnonzero(chance.random(8) < 0.8)
        boxes = np.hstack([corners, corners + sizes])[seen] + chance.normal(0, 2, (len(seen), 4))
        boxes = boxes.astype(np.float32)
        grown = min(1.0, 0.3 + 0.5 * gap_s)
        theirs.iou = BIoU(grown)
        rows = np.arange(len(boxes))
        result = theirs.update(sv.Detections(xyxy=boxes, data={"row": rows}), timestamp=seconds)
        known = np.empty(len(boxes), np.int64)
        if len(boxes):
            known[result.data["row"]] = result.tracker_id
            for track, row in zip(
                [one for one in theirs.tracks if one.tracker_id == -1],
                result.data["row"][np.asarray(result.tracker_id) == -1],
                strict=True,
            ):
                track.tracker_id = known[row] = next(names)
        followed = ours.update(boxes, seconds, grown)
        for track, id_ in zip(followed, known.tolist(), strict=True):
            assert matched.setdefault(id(track), (track, id_))[1] == id_
        by_id = {id_: track for track, id_ in matched.values()}
        for each in theirs.tracks:
            np.testing.assert_allclose(
                by_id[each.tracker_id].position, each.get_state_bbox(), rtol=1e-6, atol=1e-6
            )
        assert len(ours.tracks) == len(theirs.tracks)
    assert len(matched) > 8, "tracks were lost and begun"


def test_overlap_is_the_librarys() -> None:
    chance = np.random.default_rng(3)
    corners = chance.uniform(0, 100, (2, 20, 2))
    one, other = np.concatenate([corners, corners + chance.uniform(1, 60, (2, 20, 2))], axis=2)
    for grown in (0.0, 0.3, 1.0):
        np.testing.assert_allclose(overlap(one, other, grown), BIoU(grown).compute(one, other), atol=1e-6)
    assert overlap(one[:0], other, 0.3).shape == (0, 20)
    assert overlap(np.zeros((1, 4)), np.zeros((1, 4)), 0.3).item() == 0
