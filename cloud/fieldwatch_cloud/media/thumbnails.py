"""Pictures made small for a phone on a bad link; the only module that knows Pillow.

Made when first asked for, and kept on disk beside the store. They can be made again at any time: so their
folder is bounded, and nothing waits for it to be on disk.
"""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import threading
import warnings
from typing import TYPE_CHECKING

import structlog
from PIL import Image, ImageFile, ImageOps

from fieldwatch_cloud.errors import MediaError, PictureUnreadableError

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.media.store import MediaStore

log = structlog.get_logger(__name__)

WIDTHS = (160, 240, 320, 480, 640, 960, 1280)
"""Pixels. What lies between gets the next larger one: so a picture has at most so many small ones."""
QUALITIES = (70, 55, 40, 30)
BYTES_AT_480 = 16_000
"""What a picture 480 pixels wide may take, and others by their area: where it is more, quality goes down.
Three of them and the record of an incident make an alert of less than 60 kB."""
MOST_PIXELS = 40_000_000
"""Of a picture that is taken in hand: a megabyte of JPEG can claim gigabytes once unpacked."""
MOST_AT_ONCE = 2
"""Unpacked pictures in memory."""
LOOK_EVERY = 64
"""Pictures made between two looks at how much lies there."""
_FORMATS = ("JPEG", "PNG", "WEBP")


class Thumbnails:
    """Small pictures of those in `store`, kept in `folder`, which takes about `most_bytes`."""

    def __init__(self, store: MediaStore, folder: Path, *, most_bytes: int) -> None:
        self._store = store
        self._folder = folder
        self._most_bytes = most_bytes
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._made = 0

    def jpeg(self, sha256: str, width: int) -> bytes:
        """The picture as a JPEG of `WIDTHS`, at least `width` pixels wide or as wide as it is. It carries
        nothing but the picture: no position, no owner.

        Raises:
            PictureUnreadableError: it is a clip, is damaged, or has too many pixels.
            MediaError: its file is lost.
        """
        step = fitting(width)
        path = self._folder / f"{sha256}-{step}.jpg"
        with contextlib.suppress(OSError):
            kept = path.read_bytes()
            os.utime(path)  # What was asked for last goes last.
            return kept
        content = self._store.read(sha256)
        with self._room:
            small = shrink(content, step)
        self._keep(path, small)
        return small

    def _keep(self, path: Path, content: bytes) -> None:
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary.write_bytes(content)
            temporary.rename(path)
            self._made += 1
            if self._made % LOOK_EVERY == 0:
                self.make_room()
        except OSError as error:
            # The picture is made: that it cannot be kept must keep nobody from seeing it.
            log.warning("thumbnail.not_kept", reason=error.strerror)
            with contextlib.suppress(OSError):
                temporary.unlink()

    def remove(self, sha256: str) -> None:
        """Forget every small picture of one that is removed.

        Raises:
            MediaError: one cannot be removed now.
        """
        for step in WIDTHS:
            try:
                (self._folder / f"{sha256}-{step}.jpg").unlink(missing_ok=True)
            except OSError as error:
                raise MediaError(f"a small picture cannot be removed: {error.strerror}") from error

    def make_room(self) -> None:
        """Where the folder takes more than it may, delete what nobody has asked for, longest ago first, down
        to three quarters."""
        kept: list[tuple[float, int, Path]] = []
        for path in self._folder.iterdir():
            with contextlib.suppress(OSError):  # Another process makes room too.
                stat = path.stat()
                kept.append((stat.st_mtime, stat.st_size, path))
        total = sum(size for _, size, _ in kept)
        if total <= self._most_bytes:
            return
        for _, size, path in sorted(kept, key=lambda one: one[0]):
            path.unlink(missing_ok=True)
            total -= size
            if total <= 0.75 * self._most_bytes:
                break


def fitting(width: int) -> int:
    """The least of `WIDTHS` that is not narrower; or the largest."""
    return next((step for step in WIDTHS if step >= width), WIDTHS[-1])


def shrink(content: bytes, width: int) -> bytes:
    """A JPEG of at most `width` pixels, in the picture's own proportions; never larger than it was.

    Raises:
        PictureUnreadableError: it is none, is damaged, or has too many pixels.
    """
    with _opened(content) as image:
        # A JPEG is unpacked at a half, a quarter or an eighth where that is still enough.
        image.draft("RGB", (2 * width, 2 * width))
        try:
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((width, 4 * width), Image.Resampling.LANCZOS)
            picture = upright.convert("RGB")
        # Whatever Pillow stumbles over: with broken EXIF that may be any error of Python's.
        except Exception as error:
            raise PictureUnreadableError(f"this picture is damaged: {error}") from error
    for quality in QUALITIES:
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        if out.tell() <= BYTES_AT_480 * (width / 480) ** 2:
            break
    return out.getvalue()


def check_jpeg(content: bytes) -> None:
    """Raises:
    PictureUnreadableError: it is no JPEG, or has too many pixels.
    """
    with _opened(content, ("JPEG",)):
        pass


def measure(content: bytes) -> tuple[str, int, int]:
    """MIME type, width and height in pixels.

    Raises:
        PictureUnreadableError: it is no picture that a browser shows, or has too many pixels.
    """
    with _opened(content) as image:
        return f"image/{image.format.lower()}", image.width, image.height


@contextlib.contextmanager
def _opened(content: bytes, formats: tuple[str, ...] = _FORMATS):  # type: ignore[no-untyped-def]
    # WeasyPrint, which makes reports, switches this on for the whole process when it is imported: half a
    # picture would then be shown with grey, and not as the damaged one that it is.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with warnings.catch_warnings():
            # Pillow warns of what we refuse below, by a limit of our own.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=formats)
    except Image.DecompressionBombError as error:
        raise PictureUnreadableError("this picture has too many pixels") from error
    except Exception as error:  # As in `shrink`.
        kinds = ", ".join(formats)
        raise PictureUnreadableError(f"this is no picture, or a damaged one ({kinds} can be read)") from error
    with image:
        if image.width * image.height > MOST_PIXELS:
            raise PictureUnreadableError(
                f"this picture has {image.width} x {image.height} pixels; at most {MOST_PIXELS} are unpacked"
            )
        yield image
