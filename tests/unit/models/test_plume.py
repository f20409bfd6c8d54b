"""Drawn plumes: smoke stands on land, can be seen, lies in its box and covers nothing that was there."""

import cv2
import numpy as np
import pytest

from fieldwatch_models.train.plume import plume

SIZE, HORIZON = 320, 128
NONE = np.empty((0, 5))


def mountains() -> np.ndarray:
    """A smooth sky over rough, dark land."""
    image = np.full((SIZE, SIZE, 3), 210, np.uint8)
    rough = np.random.default_rng(0).integers(30, 100, (SIZE - HORIZON, SIZE, 1))
    image[HORIZON:] = cv2.GaussianBlur(np.repeat(rough, 3, 2).astype(np.uint8), (3, 3), 0)
    return image


def corners(box: np.ndarray, image: np.ndarray) -> tuple[int, int, int, int]:
    size = np.array(image.shape[1::-1])
    low, high = (box[1:3] - box[3:] / 2) * size, (box[1:3] + box[3:] / 2) * size
    return (*(int(v) for v in low.round()), *(int(v) for v in high.round()))


def test_smoke_is_drawn_in_most_pictures_and_has_the_class_that_was_asked_for() -> None:
    all_boxes = [plume(mountains(), NONE, np.random.default_rng(seed), 1)[1] for seed in range(40)]
    assert sum(len(boxes) > 0 for boxes in all_boxes) >= 30
    assert {len(boxes) for boxes in all_boxes} <= {0, 1, 2}
    assert {label for boxes in all_boxes for label in boxes[:, 0]} == {1}


@pytest.mark.parametrize("seed", range(20))
def test_a_box_lies_within_the_picture_and_holds_what_changed_most(seed: int) -> None:
    # Land alone, of one grey and one speckle, so that all that differs from it is smoke.
    flat = np.where(np.indices((SIZE, SIZE)).sum(0) % 2, 90, 60).astype(np.uint8)[..., None].repeat(3, 2)
    shown, boxes = plume(flat, NONE, np.random.default_rng(seed), 0)
    assert (boxes[:, 1:3] - boxes[:, 3:] / 2 >= -1e-9).all()
    assert (boxes[:, 1:3] + boxes[:, 3:] / 2 <= 1 + 1e-9).all()
    # Over four by four pixels the speckle is 75, wherever the window begins.
    changed = np.abs(cv2.blur(shown[..., 0].astype(np.float32), (4, 4)) - 75)
    if not len(boxes):
        assert changed.max() < 2
        return
    inside = np.zeros(changed.shape, bool)
    for box in boxes:
        left, top, right, bottom = corners(box, shown)
        inside[max(top - 3, 0) : bottom + 3, max(left - 3, 0) : right + 3] = True
    assert changed.max() > 8
    assert inside[np.unravel_index(changed.argmax(), changed.shape)]


@pytest.mark.parametrize("seed", range(10))
def test_nothing_is_drawn_into_a_sky(seed: int) -> None:
    sky = np.full((SIZE, SIZE, 3), 200, np.uint8)
    shown, boxes = plume(sky, NONE, np.random.default_rng(seed), 0)
    assert (shown == 200).all()
    assert not len(boxes)


@pytest.mark.parametrize("seed", range(10))
def test_smoke_covers_no_other_box(seed: int) -> None:
    whole = np.array([[0, 0.5, 0.5, 1.0, 1.0]])
    shown, boxes = plume(mountains(), whole, np.random.default_rng(seed), 1)
    assert (boxes[:, 0] == 0).all()  # the picture is full: no plume had room
    assert len(np.unique(shown)) <= len(np.unique(mountains()))


def test_the_same_draw_makes_the_same_picture() -> None:
    first, second = (plume(mountains(), NONE, np.random.default_rng(7), 0) for _ in range(2))
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[1], second[1])
