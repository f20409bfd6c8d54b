"""Small pictures: their size, what they do not carry, and pictures that are made to do harm."""

from __future__ import annotations

import hashlib
import io
import os
import random
import struct
import zlib
from typing import TYPE_CHECKING

import pytest
from PIL import ExifTags, Image, ImageDraw, ImageFile, ImageFilter

from fieldwatch_cloud.errors import MediaError, PictureUnreadableError
from fieldwatch_cloud.media.store import DiskStore
from fieldwatch_cloud.media.thumbnails import (
    BYTES_AT_480,
    MOST_PIXELS,
    WIDTHS,
    Thumbnails,
    check_jpeg,
    fitting,
    shrink,
)

if TYPE_CHECKING:
    from pathlib import Path


def scene(width: int = 1280, height: int = 720, seed: int = 1) -> Image.Image:
    """A hillside: smooth sky above, rough ground below; about as hard to pack as a photograph."""
    draw = random.Random(seed)
    image = Image.effect_noise((width, height), 60).convert("RGB").filter(ImageFilter.GaussianBlur(1.2))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, width, height // 3), fill=(190, 205, 225))
    for _ in range(200):
        x, y = draw.randrange(width), draw.randrange(height // 3, height)
        pen.ellipse((x, y, x + 30, y + 18), fill=tuple(draw.randrange(20, 120) for _ in range(3)))
    return image


def jpeg(image: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", **({"quality": 85} | options))
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


@pytest.mark.parametrize("width", WIDTHS)
def test_as_wide_as_asked_and_within_its_budget(width: int) -> None:
    small = shrink(jpeg(scene()), width)
    image = opened(small)
    assert (image.format, image.size) == ("JPEG", (width, round(width * 720 / 1280)))
    assert len(small) <= BYTES_AT_480 * (width / 480) ** 2 or width == WIDTHS[0]


def test_a_picture_is_never_made_larger() -> None:
    assert opened(shrink(jpeg(scene(320, 200)), 480)).size == (320, 200)


@pytest.mark.parametrize("format_", ["PNG", "WEBP"])
def test_other_formats_of_nodes(format_: str) -> None:
    out = io.BytesIO()
    scene(640, 360).convert("RGBA" if format_ == "PNG" else "RGB").save(out, format_)
    assert opened(shrink(out.getvalue(), 320)).size == (320, 180)


def test_it_stands_upright_and_tells_nobody_where_it_was_taken() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "somebody's phone"
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    small = opened(shrink(jpeg(scene(640, 360), exif=exif), 160))
    assert small.size == (160, 284)
    assert not small.getexif()


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_a_few_bytes_that_claim_gigabytes_are_not_unpacked() -> None:
    for side in (8_000, 12_000, 60_000):
        assert side * side > MOST_PIXELS
        with pytest.raises(PictureUnreadableError, match="pixels"):
            shrink(png_header(side, side), 480)


BROKEN = {
    "nothing": b"",
    "text": b"not a picture at all",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "gif": b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
    "a clip": b"\x00\x00\x00\x18ftypmp42" + b"\0" * 100,
    "cut off": jpeg(scene(640, 360))[:5000],
    "png without its data": png_header(100, 100),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_what_is_no_whole_picture_is_said(content: bytes) -> None:
    with pytest.raises(PictureUnreadableError, match="picture"):
        shrink(content, 480)


def test_broken_exif_is_no_failure_of_ours() -> None:
    """A mail about a fire must not wait for a picture that no program can read."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation], exif[ExifTags.Base.ImageDescription] = 6, "hill"
    exif[ExifTags.Base.GPSInfo] = {1: "N", 2: (1.0, 2.0, 3.0)}
    whole = jpeg(scene(64, 48), exif=exif)
    refused = 0
    for at in range(20, 180):
        for value in (0, 3, 255):
            try:
                shrink(whole[:at] + bytes([value]) + whole[at + 1 :], 160)
            except PictureUnreadableError:
                refused += 1
    assert refused > 0


def test_only_a_jpeg_comes_from_a_phone() -> None:
    check_jpeg(jpeg(scene(64, 64)))
    out = io.BytesIO()
    scene(64, 64).save(out, "PNG")
    for content in (out.getvalue(), b"", b"\xff\xd8\xff"):
        with pytest.raises(PictureUnreadableError):
            check_jpeg(content)


def test_widths_between_the_steps_get_the_next_larger() -> None:
    assert [fitting(width) for width in (160, 161, 480, 500, 1280)] == [160, 240, 480, 640, 1280]


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    return DiskStore(tmp_path / "media")


def put(store: DiskStore, content: bytes) -> str:
    sha256 = hashlib.sha256(content).hexdigest()
    store.put(sha256, content)
    return sha256


def test_made_once_then_read(store: DiskStore, tmp_path: Path) -> None:
    sha256 = put(store, jpeg(scene()))
    thumbnails = Thumbnails(store, tmp_path / "small", most_bytes=2**20)
    first = thumbnails.jpeg(sha256, 400)
    store.path(sha256).unlink()
    assert thumbnails.jpeg(sha256, 480) == first
    with pytest.raises(MediaError):
        thumbnails.jpeg(sha256, 640)


def test_a_disk_that_is_full_keeps_nobody_from_seeing_it(store: DiskStore, tmp_path: Path) -> None:
    sha256 = put(store, jpeg(scene()))
    (tmp_path / "small").write_text("a file stands where the folder should be")
    assert opened(Thumbnails(store, tmp_path / "small", most_bytes=2**20).jpeg(sha256, 320)).width == 320


def test_what_nobody_asked_for_longest_goes_first(store: DiskStore, tmp_path: Path) -> None:
    folder = tmp_path / "small"
    thumbnails = Thumbnails(store, folder, most_bytes=100_000)
    hashes = [put(store, jpeg(scene(seed=seed))) for seed in range(12)]
    for age, sha256 in enumerate(hashes):
        thumbnails.jpeg(sha256, 480)
        os.utime(folder / f"{sha256}-480.jpg", (1_000_000 + age, 1_000_000 + age))
    thumbnails.jpeg(hashes[0], 480)  # The oldest, but asked for just now.
    thumbnails.make_room()
    kept = {path.name[:64] for path in folder.iterdir()}
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 75_000
    assert hashes[0] in kept
    assert hashes[1] not in kept
    assert hashes[-1] in kept


def test_half_a_picture_is_damaged_whatever_another_library_has_switched_on() -> None:
    before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, True
    whole = jpeg(scene())
    try:
        with pytest.raises(PictureUnreadableError):
            shrink(whole[: len(whole) // 2], 480)
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before
