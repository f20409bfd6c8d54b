"""Pictures for tests, drawn here."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import ExifTags, Image, ImageDraw

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fieldwatch_edge.domain import Image as Bgr


def landscape(width: int = 640, height: int = 360, seed: int = 0) -> Bgr:
    """A smooth scene with hills of light and dark, (height, width, 3)."""
    coarse = np.random.default_rng(seed).integers(40, 200, (9, 16, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def with_noise(image: Bgr, seed: int, sigma: float = 5) -> Bgr:
    """As a sensor would give it: no two pictures are the same."""
    noise = np.random.default_rng(seed).normal(0, sigma, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def with_animal(image: Bgr, x: int, y: int, width: int = 60, height: int = 40) -> Bgr:
    """A dark ellipse with its top left corner at (x, y)."""
    picture = Image.fromarray(image)
    ImageDraw.Draw(picture).ellipse((x, y, x + width, y + height), fill=(20, 25, 30))
    return np.asarray(picture)


def in_light(image: Bgr, gain: float, offset: float) -> Bgr:
    return np.clip(image.astype(np.float32) * gain + offset, 0, 255).astype(np.uint8)


def encoded(image: Bgr, kind: str = "JPEG", quality: int = 90, **exif: str) -> bytes:
    """`image` as a file's bytes; `exif` are tags of the EXIF IFD by name, such as DateTimeOriginal."""
    tags = Image.Exif()
    for name, value in exif.items():
        tags.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base[name]] = value
    buffer = io.BytesIO()
    options = {"quality": quality} if kind == "JPEG" else {}
    Image.fromarray(image[:, :, ::-1]).save(buffer, kind, exif=tags, **options)
    return buffer.getvalue()


def decoded(data: bytes) -> NDArray[np.uint8]:
    """What another library than ours sees in `data`, BGR."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))[:, :, ::-1]


def numbered(number: int, width: int = 320, height: int = 240) -> Bgr:
    """A picture that shows `number`, below 4096, in black and white bars that survive compression."""
    bits = np.array([number >> bit & 1 for bit in range(12)], np.uint8) * 255
    row = np.repeat(bits, width // 12 + 1)[:width]
    return np.repeat(np.tile(row, (height, 1))[:, :, None], 3, axis=2)


def number_in(image: Bgr) -> int:
    bar = image.shape[1] // 12 + 1
    middle = image[image.shape[0] // 2, bar // 2 :: bar, 0]
    return sum(1 << bit for bit, level in enumerate(middle) if level > 127)
