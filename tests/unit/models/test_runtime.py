import numpy as np
import pytest

from fieldwatch_models.evaluate.runtime import letterbox

pytest.importorskip("cv2")


def test_letterbox_keeps_the_shape_and_pads_to_the_stride() -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    image[..., 2] = 255  # red, in OpenCV's order
    blob, width, height = letterbox(image, 416)
    assert (width, height) == (416, 312)
    assert blob.shape == (1, 3, 320, 416)
    assert blob[0, :, 0, 0].tolist() == [1.0, 0.0, 0.0]
    assert blob[0, :, 319, 0] == pytest.approx(114 / 255)
