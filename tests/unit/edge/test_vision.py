from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.unit.edge.pictures import decoded, encoded, in_light, landscape, with_animal, with_noise

from fieldwatch_edge import vision
from fieldwatch_edge.errors import PictureError
from fieldwatch_edge.vision import Letterbox


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "BMP"])
def test_decodes_as_another_library_does(kind):
    data = encoded(landscape(), kind)
    assert np.abs(vision.decode(data).astype(int) - decoded(data)).mean() < 1.5


def test_decoding_turns_a_picture_upright_by_its_exif():
    tags = Image.Exif()
    tags[0x0112] = 6  # taken with the camera turned left
    buffer = io.BytesIO()
    Image.fromarray(landscape(160, 90)).save(buffer, "JPEG", exif=tags)
    assert vision.decode(buffer.getvalue()).shape == (160, 90, 3)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        pytest.param(b"", "empty", id="an empty file"),
        pytest.param(b"hello, I am no picture", "not a picture", id="text"),
        pytest.param(encoded(landscape())[:9000], "stops in the middle", id="half a JPEG"),
        pytest.param(encoded(landscape())[:300], "stops in the middle", id="the head of a JPEG"),
        pytest.param(encoded(landscape(), "PNG")[:9000], "picture", id="half a PNG"),
    ],
)
def test_a_corrupt_picture_is_a_picture_error(data, fault, capfd):
    with pytest.raises(PictureError, match=fault):
        vision.decode(data)
    assert capfd.readouterr().err == ""


@given(cut=st.integers(0, 20_000))
@settings(max_examples=60, deadline=None)
def test_no_truncated_jpeg_passes_for_a_whole_one(cut):
    whole = encoded(with_noise(landscape(320, 200), seed=1))
    truncated = whole[: min(cut, len(whole) - 2)]
    with pytest.raises(PictureError):
        vision.decode(truncated)


def test_bytes_behind_the_end_of_a_jpeg_do_no_harm():
    assert vision.decode(encoded(landscape()) + b"maker's own data").shape == (360, 640, 3)


def test_a_phones_video_behind_a_jpeg_does_no_harm():
    whole = encoded(landscape())
    assert vision.decode(whole + b"ftypmp42 \xff\xda moov").shape == (360, 640, 3)
    with pytest.raises(PictureError, match="stops in the middle"):
        vision.decode(whole[:9000])


@pytest.mark.parametrize("options", [{"progressive": True}, {"restart_marker_rows": 1}], ids=str)
def test_every_cut_of_any_kind_of_jpeg_is_noticed(options):
    buffer = io.BytesIO()
    thumbnail = encoded(landscape(32, 24))
    picture = Image.fromarray(with_noise(landscape(160, 120), seed=2))
    picture.save(buffer, "JPEG", comment=thumbnail, **options)
    whole = buffer.getvalue()
    assert vision.decode(whole).shape == (120, 160, 3)
    for cut in range(len(thumbnail) + 700, len(whole) - 1, 97):
        with pytest.raises(PictureError):
            vision.decode(whole[:cut])


@pytest.mark.parametrize(("width", "height"), [(10, 17), (1, 1)])
def test_a_tiny_picture_is_kept_as_it_is(width, height):
    kept = vision.jpeg(landscape(width, height))
    assert (kept.width, kept.height) == (width, height)
    assert decoded(kept.data).shape == (height, width, 3)


def test_a_picture_wider_than_any_jpeg_is_kept_smaller():
    kept = vision.jpeg(landscape(66_000, 40))
    assert (kept.width, kept.height) == (49_500, 30)


def test_a_kept_picture_is_the_original_where_it_fits():
    image = landscape()
    data = encoded(image)
    assert vision.jpeg(image, data) == vision.Jpeg(data, 640, 360)


@pytest.mark.parametrize("max_bytes", [200_000, 60_000, 10_000, 2_000])
def test_a_kept_picture_fits_its_budget(max_bytes):
    image = with_noise(landscape(1280, 720), seed=1, sigma=20)
    data = encoded(image, quality=97)
    assert len(data) > max_bytes
    kept = vision.jpeg(image, data, max_bytes)
    assert len(kept.data) <= max_bytes
    seen = decoded(kept.data)
    assert seen.shape == (kept.height, kept.width, 3)
    assert kept.width / kept.height == pytest.approx(16 / 9, rel=0.05)


def test_a_kept_png_becomes_a_jpeg():
    image = landscape()
    assert vision.jpeg(image, encoded(image, "PNG")).data.startswith(b"\xff\xd8")


def test_an_impossible_budget_is_a_picture_error():
    with pytest.raises(PictureError, match="50 bytes"):
        vision.jpeg(landscape(), max_bytes=50)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1920, 1080), (160, 90)), ((640, 480), (160, 120)), ((100, 80), (100, 80)), ((3000, 2), (160, 1))],
)
def test_thumbnails_keep_the_aspect_ratio(size, expected):
    assert vision.thumbnail(landscape(*size)).shape[::-1] == expected


def test_a_thumbnail_averages_what_it_shrinks():
    image = landscape(1920, 1080)
    expected = np.asarray(
        Image.fromarray(image[:, :, ::-1]).convert("L").resize((160, 90), Image.Resampling.BOX), int
    )
    assert np.abs(vision.thumbnail(with_noise(image, seed=2)) - expected).mean() < 2


def test_brightness_is_the_mean_grey_level():
    assert vision.brightness(np.full((90, 160), 37, np.uint8)) == 37


def test_a_blurred_picture_is_less_sharp():
    sharp = with_animal(with_noise(landscape(1920, 1080), seed=1, sigma=12), 400, 300, 300, 200)
    small = Image.fromarray(sharp).resize((60, 34))
    blurred = np.asarray(small.resize((1920, 1080), Image.Resampling.BICUBIC))
    assert vision.sharpness(blurred) < 20 < vision.sharpness(sharp)


def test_only_the_same_picture_has_the_same_fingerprint():
    scene = landscape()
    frozen = with_noise(scene, seed=1)
    assert vision.fingerprint(frozen) == vision.fingerprint(frozen.copy())
    assert vision.fingerprint(frozen) != vision.fingerprint(with_noise(scene, seed=2))


SIZES = st.integers(16, 4000)


@given(SIZES, SIZES, st.sampled_from([320, 416, 640]), st.data())
@settings(deadline=None)
def test_boxes_come_back_through_the_letterbox(width, height, imgsz, data):
    letterbox = Letterbox.fit(width, height, imgsz)
    assert max(letterbox.size) == imgsz
    assert all(side % 32 == 0 for side in letterbox.size)
    xs = sorted(data.draw(st.tuples(*[st.floats(0, width)] * 2)))
    ys = sorted(data.draw(st.tuples(*[st.floats(0, height)] * 2)))
    box = np.array([[xs[0], ys[0], xs[1], ys[1]]], np.float32)
    offset = np.array([letterbox.left, letterbox.top] * 2, np.float32)
    back = letterbox.to_picture(box * np.array(letterbox.scale * 2, np.float32) + offset)
    assert back == pytest.approx(box, abs=0.01)


@pytest.mark.parametrize("size", [(640, 427), (427, 640), (1000, 667), (1920, 1080)])
def test_the_pictures_corners_are_the_corners_of_what_the_input_shows(size):
    letterbox = Letterbox.fit(*size, 416)
    left, top = letterbox.left, letterbox.top
    shown = [left, top, left + letterbox.inner[0], top + letterbox.inner[1]]
    assert letterbox.to_picture(np.array([shown], np.float32))[0] == pytest.approx([0, 0, *size], abs=1e-3)


def test_boxes_are_clipped_to_the_picture():
    letterbox = Letterbox.fit(1920, 1080, 640)
    boxes = np.array([[-50, -50, 2000, 2000]], np.float32)
    assert letterbox.to_picture(boxes).tolist() == [[0, 0, 1920, 1080]]


@pytest.mark.parametrize(
    ("width", "height", "size", "left", "top"),
    [(1920, 1080, (640, 384), 0, 12), (480, 640, (480, 640), 0, 0), (500, 375, (640, 480), 0, 0)],
)
def test_padding_is_only_what_the_stride_needs(width, height, size, left, top):
    letterbox = Letterbox.fit(width, height, 640)
    assert (letterbox.size, letterbox.left, letterbox.top) == (size, left, top)


def test_a_model_of_fixed_size_gets_the_whole_picture():
    letterbox = Letterbox.fit_within(1920, 1080, (640, 640))
    assert (letterbox.size, letterbox.inner, letterbox.left, letterbox.top) == (
        (640, 640),
        (640, 360),
        0,
        140,
    )


def test_the_input_shows_the_picture_in_rgb_on_grey():
    image = np.zeros((100, 320, 3), np.uint8)
    image[:] = (0, 128, 255)  # B, G, R: orange
    letterbox = Letterbox.fit(320, 100, 320)
    blob = vision.empty_input(letterbox)
    vision.fill_input(image, letterbox, blob)
    assert blob.shape == (1, 3, 128, 320)
    assert blob[0, :, 64, 160] == pytest.approx([1, 128 / 255, 0])
    assert blob[0, :, 5, 160] == pytest.approx([114 / 255] * 3)
    vision.fill_input(in_light(image, 0, 0), letterbox, blob)
    assert blob[0, :, 14:114].max() == 0, "the next picture replaces the one before"


def brute_force_nms(boxes, scores, classes, iou):
    """The definition: from the best down, keep what no kept box of its class covers."""
    kept = []
    for i in np.argsort(-scores, kind="stable"):
        for j in kept:
            low, high = np.maximum(boxes[i, :2], boxes[j, :2]), np.minimum(boxes[i, 2:], boxes[j, 2:])
            common = np.prod(np.clip(high - low, 0, None))
            union = np.prod(boxes[i, 2:] - boxes[i, :2]) + np.prod(boxes[j, 2:] - boxes[j, :2]) - common
            if classes[i] == classes[j] and common / union > iou:
                break
        else:
            kept.append(i)
    return [int(i) for i in kept]


@given(st.integers(0, 40), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_nms_keeps_what_its_definition_keeps(count, seed):
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 60, (count, 2)).astype(np.float32)
    boxes = np.hstack([corners, corners + rng.uniform(10, 40, (count, 2))]).astype(np.float32)
    scores = np.sort(rng.uniform(0.1, 1, count).astype(np.float32))[::-1].copy()
    classes = rng.integers(0, 3, count)
    kept = vision.nms(boxes, scores, classes, 0.5)
    assert kept.tolist() == brute_force_nms(boxes.astype(float), scores, classes, 0.5)


def test_a_smaller_picture_keeps_its_shape_and_its_colours():
    image = landscape(1920, 1080)
    assert vision.small(image, 480).shape == (270, 480, 3)
    assert vision.small(image, 1920) is image
    assert np.abs(vision.small(image, 480).mean((0, 1)) - image.mean((0, 1))).max() < 1
    assert vision.grey(image).shape == (360, 640)
    assert vision.grey(landscape(320, 180)).shape == (180, 320)


@pytest.mark.parametrize(
    ("image", "night"),
    [
        pytest.param(landscape(), False, id="a landscape by day"),
        pytest.param(in_light(landscape(), 0.15, 0), True, id="hardly any light"),
        pytest.param(landscape()[:, :, :1].repeat(3, axis=2), True, id="no colour: infrared"),
        pytest.param(in_light(landscape(), 0.4, 0), False, id="dusk in colour"),
    ],
)
def test_night_is_told_by_the_picture_itself(image, night):
    assert vision.by_night(image) is night
