"""Pictures made from pictures: boxes stay on their objects. The object drawn is a saturated red block."""

import cv2
import numpy as np
import pytest

from fieldwatch_models.train.derive import DERIVATIONS, cut_out, fog, night, paste, tile

SIZE = 200
BOX = np.array([[3, 0.35, 0.6, 0.1, 0.08]])


def picture(boxes: np.ndarray = BOX) -> np.ndarray:
    image = np.random.default_rng(0).integers(90, 130, (SIZE, SIZE, 3)).astype(np.uint8)
    for _, cx, cy, w, h in boxes:
        low = np.array([cx - w / 2, cy - h / 2]) * SIZE
        high = np.array([cx + w / 2, cy + h / 2]) * SIZE
        corner, other = (tuple(int(v) for v in point.round()) for point in (low, high - 1))
        cv2.rectangle(image, corner, other, (0, 0, 255), -1)
    return image


def red(image: np.ndarray) -> np.ndarray:
    """Left, top, right and bottom of what is red, in pixels."""
    y, x = np.nonzero((image[..., 2] > 180) & (image[..., 0] < 60))
    return np.array([x.min(), y.min(), x.max() + 1, y.max() + 1])


def corners(box: np.ndarray, image: np.ndarray) -> np.ndarray:
    size = np.array(image.shape[1::-1])
    return np.concatenate([(box[1:3] - box[3:] / 2) * size, (box[1:3] + box[3:] / 2) * size])


@pytest.mark.parametrize("seed", range(20))
def test_a_tile_shows_a_chosen_object_whole_and_its_box_on_it(seed: int) -> None:
    shown, boxes = tile(picture(), BOX, np.random.default_rng(seed))
    assert 0.39 * SIZE <= shown.shape[0] <= 0.61 * SIZE
    assert len(boxes) == 1
    assert boxes[0, 0] == 3
    assert corners(boxes[0], shown) == pytest.approx(red(shown), abs=1.01)


def test_a_tile_leaves_out_what_it_shows_too_little_of() -> None:
    across = np.array([[0, 0.05, 0.05, 0.06, 0.06], [1, 0.95, 0.95, 0.06, 0.06]])
    for seed in range(20):
        _, boxes = tile(picture(across), across, np.random.default_rng(seed))
        assert len(boxes) == 1  # opposite corners: no window of 60 % has both
        low, high = boxes[0, 1:3] - boxes[0, 3:] / 2, boxes[0, 1:3] + boxes[0, 3:] / 2
        assert (low >= -1e-9).all()
        assert (high <= 1 + 1e-9).all()


def test_a_tile_within_a_large_object_still_shows_it() -> None:
    plume = np.array([[0, 0.5, 0.5, 0.98, 0.98]])
    for seed in range(20):
        _, boxes = tile(picture(plume), plume, np.random.default_rng(seed))
        assert len(boxes) == 1  # a quarter of it, all over the tile


def test_a_tile_of_an_empty_picture_is_empty() -> None:
    shown, boxes = tile(picture(np.empty((0, 5))), np.empty((0, 5)), np.random.default_rng(1))
    assert shown.size < SIZE * SIZE * 3
    assert boxes.shape == (0, 5)


def test_a_night_picture_has_no_colour_is_darker_and_keeps_its_boxes() -> None:
    shown, boxes = night(picture(), BOX, np.random.default_rng(1))
    assert (shown[..., 0] == shown[..., 2]).all()
    assert shown.mean() < picture().mean()
    assert shown[:20, :20].mean() < shown[90:110, 90:110].mean()  # the flash does not reach the corners
    assert (boxes == BOX).all()


def test_fog_takes_contrast_and_nothing_else() -> None:
    shown, boxes = fog(picture(), BOX, np.random.default_rng(1))
    assert shown.std() < picture().std()
    assert shown.shape == picture().shape
    assert (boxes == BOX).all()


@pytest.mark.parametrize("how", sorted(DERIVATIONS))
def test_a_derivation_draws_from_its_generator_alone(how: str) -> None:
    one, two, other = (DERIVATIONS[how](picture(), BOX, np.random.default_rng(seed))[0] for seed in (1, 1, 2))
    assert (one == two).all()
    assert one.shape != other.shape or (one != other).any()


@pytest.mark.parametrize(
    "box",
    [
        [0, 0.02, 0.5, 0.1, 0.1],  # cut off by the edge of its picture
        [0, 0.5, 0.5, 0.7, 0.2],  # as large as the picture
        [0, 0.5, 0.5, 0.02, 0.02],  # a speck
    ],
)
def test_not_everything_can_be_pasted(box: list[float]) -> None:
    rows = np.array([box])
    assert cut_out(picture(rows), rows) == []


@pytest.mark.parametrize("seed", range(10))
def test_a_pasted_object_has_its_box_and_no_hard_edge(seed: int) -> None:
    (cutout,) = cut_out(picture(), BOX)
    assert cutout.opacity[0].max() < cutout.opacity[cutout.opacity.shape[0] // 2].max() == 1
    ground, none = np.full((SIZE, SIZE, 3), 110, np.uint8), np.empty((0, 5))
    shown, boxes = paste(ground, none, np.random.default_rng(seed), [cutout])
    assert 1 <= len(boxes) <= 3
    for box in boxes:
        assert box[0] == 3
        left, top, right, bottom = corners(box, shown).round().astype(int)
        inside = shown[top + 2 : bottom - 2, left + 2 : right - 2]
        assert inside[..., 2].mean() > 200
        assert inside[..., 0].mean() < 40
    red_pixels = ((shown[..., 2] > 180) & (shown[..., 0] < 60)).sum()
    labelled = sum(box[3] * box[4] * SIZE * SIZE for box in boxes)
    assert red_pixels <= labelled * 1.15  # nothing pasted that no box is on


def test_what_is_in_the_picture_is_not_pasted_over() -> None:
    everywhere = np.array([[1, 0.5, 0.5, 0.98, 0.98]])
    ground = picture(everywhere)
    shown, boxes = paste(ground, everywhere, np.random.default_rng(3), cut_out(picture(), BOX))
    assert (boxes == everywhere).all()
    assert (shown == ground).all()
