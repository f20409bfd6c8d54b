from __future__ import annotations

import hashlib
import io

import numpy as np
import pytest
from PIL import Image
from tests.unit.edge.pictures import encoded, landscape, with_noise
from tests.unit.edge.records import CLOCK, DEPLOYMENT, START

from fieldwatch_edge.domain import Frame
from fieldwatch_edge.errors import PictureError
from fieldwatch_edge.pictures import STILL_BYTES, Pictures
from fieldwatch_shared.messages import Media

PICTURES = Pictures("mast-1", DEPLOYMENT)


def test_a_clip_is_a_small_animated_webp_that_any_browser_plays() -> None:
    images = [landscape(480, 270, seed=number) for number in range(4)]
    id_ = PICTURES.clip_id(START, "7.jpg", "here")
    clip = PICTURES.clip(id_, START, CLOCK, images)
    assert Media.model_validate_json(clip.media.model_dump_json()) == clip.media
    assert (clip.media.mime, clip.media.width, clip.media.height) == ("image/webp", 480, 270)
    assert clip.media.sha256 == hashlib.sha256(clip.encoded).hexdigest()
    shown = Image.open(io.BytesIO(clip.encoded))
    assert (shown.format, shown.n_frames, shown.is_animated) == ("WEBP", 4, True)
    shown.seek(2)
    seen = np.asarray(shown.convert("RGB"), np.int16)[:, :, ::-1]
    assert np.abs(seen - images[2]).mean() < 6, "colours and order are right"


def test_the_same_frames_give_the_same_clip() -> None:
    images = [landscape(480, 270, seed=number) for number in range(3)]
    id_ = PICTURES.clip_id(START, "7.jpg", "here")
    assert (
        PICTURES.clip(id_, START, CLOCK, images).encoded == PICTURES.clip(id_, START, CLOCK, images).encoded
    )


def test_a_noisy_clip_is_encoded_coarser_until_it_fits() -> None:
    images = [with_noise(landscape(480, 360), number, 40) for number in range(6)]
    id_ = PICTURES.clip_id(START, "7.jpg", "here")
    assert len(PICTURES.clip(id_, START, CLOCK, images).encoded) <= STILL_BYTES
    with pytest.raises(PictureError, match="does not fit"):
        PICTURES.clip(id_, START, CLOCK, [with_noise(landscape(1600, 1200), n, 60) for n in range(6)])


def test_a_still_is_made_once_and_named_by_its_frame_alone() -> None:
    image = landscape(320, 180)
    data = encoded(image)
    frame = Frame(image, START, CLOCK, "7.jpg", data)
    still = PICTURES.still(frame)
    assert PICTURES.still(frame) is still
    assert still.encoded == data
    assert still.media.id == PICTURES.still_id(START, "7.jpg")
    assert still.media.id != PICTURES.still_id(START, "8.jpg")
    assert still.media.id != Pictures("mast-2", DEPLOYMENT).still_id(START, "7.jpg")
