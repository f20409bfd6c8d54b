"""Large pictures piece by piece: all of them covered, one box for each animal."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldwatch_edge.detect.tiled import OVERLAP, TiledDetector, merged, pieces
from fieldwatch_edge.domain import DetectedClass, Detections, Image


@given(st.integers(1, 6000), st.integers(1, 4500), st.integers(64, 1280))
def test_pieces_cover_the_picture_and_overlap(width: int, height: int, tile: int) -> None:
    for length, starts in (
        (width, sorted({left for left, _ in pieces(width, height, tile)})),
        (height, sorted({top for _, top in pieces(width, height, tile)})),
    ):
        assert starts[0] == 0
        assert starts[-1] == max(0, length - tile)
        steps = np.diff(starts)
        assert (steps <= np.ceil(tile * (1 - OVERLAP))).all()


def test_a_part_of_an_animal_is_not_another_one() -> None:
    boxes = np.array([[0, 0, 100, 50], [60, 0, 100, 50], [105, 0, 200, 50]], np.float32)
    found = merged(Detections(boxes, np.array([0.6, 0.9, 0.5], np.float32), np.array([0, 1, 0])))
    assert found.scores.tolist() == [np.float32(0.9), 0.5]  # the part was surer; the neighbour stays


class _Dots:
    """Sees each group of 4 x 4 white pixels, where a pixel of the model is a pixel of the picture."""

    label, conf = "dots@1", 0.5
    classes = (DetectedClass("dot", "animal"),)

    def detect(self, image: Image) -> Detections:
        if max(image.shape[:2]) > 640:  # scaled down, a dot is none any more
            return Detections.none()
        ys, xs = np.nonzero(image[:-3, :-3, 0] & image[3:, 3:, 0])
        boxes = np.stack([xs, ys, xs + 4, ys + 4], axis=1).astype(np.float32).reshape(-1, 4)
        return Detections(boxes, np.full(len(boxes), 0.8, np.float32), np.zeros(len(boxes), np.int64))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 240), st.integers(0, 180)), max_size=12, unique=True))
def test_each_dot_of_a_large_picture_is_seen_once(places: list[tuple[int, int]]) -> None:
    image = np.zeros((1500, 2000, 3), np.uint8)
    for x, y in places:
        image[8 * y : 8 * y + 4, 8 * x : 8 * x + 4] = 255
    found = TiledDetector(_Dots(), 640).detect(image)
    assert sorted((int(x), int(y)) for x, y, *_ in found.boxes) == sorted((8 * x, 8 * y) for x, y in places)
