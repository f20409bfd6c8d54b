"""Pictures in and out, and what is computed on pixels: the only module that imports OpenCV.

Images are (height, width, 3) uint8 in BGR order, greys (height, width) uint8; boxes are x1, y1, x2, y2 in
pixels from the top left corner. OpenCV's failures come out as PictureError and SourceError.
"""

from __future__ import annotations

import os
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from fieldwatch_edge.errors import PictureError, SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_edge.domain import Image

Gray = NDArray[np.uint8]
"""(height, width)."""

THUMBNAIL_WIDTH = 160
NO_COLOUR_BELOW = 10.0
"""Mean saturation, of 255, under which a picture was taken in infrared ..."""
NO_LIGHT_BELOW = 30.0
"""... and mean value under which it was taken in the dark."""
_LETTERBOX_GREY = 114
"""What ultralytics pads with in training: the model has learnt to see nothing in it."""

# OpenCV and its FFmpeg report failures on stderr, addresses with their passwords included; ours say what
# a technician needs to know. FFmpeg's level (-8: quiet) is read when the first video is opened.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")


# Reading and writing pictures


def decode(data: bytes) -> Image:
    """Read a JPEG (or PNG, TIFF, WebP, BMP), turned upright by its EXIF orientation.

    Raises:
        PictureError: it is empty, not a picture, or a JPEG that stops in the middle.
    """
    if not data:
        raise PictureError("the file is empty")
    if data.startswith(b"\xff\xd8") and not _has_end(data):
        raise PictureError("the JPEG stops in the middle")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:  # such as a header that promises more pixels than OpenCV allows
        raise PictureError(f"OpenCV cannot read it: {error.err}") from error
    if image is None:
        raise PictureError("it is not a picture, or a corrupt one")
    return image  # type: ignore[return-value]  # OpenCV's stubs say any integer or float


_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""Of JPEG (ITU-T T.81, B.1.1), but neither a stuffed or fill byte nor a restart within compressed data."""


def _has_end(jpeg: bytes) -> bool:
    """Whether the end-of-image marker follows; libjpeg fills what is missing with grey and only warns.

    It goes from segment to segment, since what lies in them (a thumbnail) or behind the end (a phone's
    video) may hold any marker.
    """
    position = 2
    while (marker := _MARKER.search(jpeg, position)) is not None:
        if marker[0] == b"\xff\xd9":
            return True
        position = marker.end() + int.from_bytes(jpeg[marker.end() : marker.end() + 2], "big")
    return False


@dataclass(frozen=True, slots=True)
class Jpeg:
    data: bytes
    width: int
    height: int


def jpeg(image: Image, encoded: bytes | None = None, max_bytes: int = 256 * 1024) -> Jpeg:
    """`image` as a JPEG of at most `max_bytes`: `encoded`, its original bytes, where they are a JPEG and
    fit, else encoded anew, with lower quality first, then with fewer pixels.

    Raises:
        PictureError: not even a tiny version fits.
    """
    height, width = image.shape[:2]
    if encoded is not None and len(encoded) <= max_bytes and encoded.startswith(b"\xff\xd8"):
        return Jpeg(encoded, width, height)
    while True:
        for quality in (88, 75, 60):
            # It fails on more than 65,500 pixels a side, which is JPEG's limit.
            done, data = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))
            if done and data.size <= max_bytes:
                return Jpeg(data.tobytes(), width, height)
        height, width = height * 3 // 4, width * 3 // 4
        if min(height, width) < 16:
            break
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    raise PictureError(f"the picture does not fit {max_bytes} bytes at any size")


# What a picture looks like, for the motion gate and for health


def thumbnail(image: Image) -> Gray:
    """`image` in grey, 160 pixels wide (fewer where it has fewer), its aspect ratio kept."""
    height, width = image.shape[:2]
    small_width = min(THUMBNAIL_WIDTH, width)
    small_height = max(1, round(height * small_width / width))
    # Every other pixel at four times the size is enough for an average, and half the work of all pixels.
    if width > 4 * small_width:
        image = cv2.resize(image, (4 * small_width, 4 * small_height))  # type: ignore[assignment]
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return cv2.resize(gray, (small_width, small_height), interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def small(image: Image, width: int) -> Image:
    """`image` no wider than `width` pixels, its aspect ratio kept."""
    height, was = image.shape[:2]
    if was <= width:
        return image
    size = (width, max(1, round(height * width / was)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def grey(image: Image, width: int = 640) -> Gray:
    """`image` in grey, no wider than `width` pixels."""
    return cv2.cvtColor(small(image, width), cv2.COLOR_BGR2GRAY)  # type: ignore[return-value]


def by_night(image: Image) -> bool:
    """Whether `image` has no colour, as under infrared lamps, or hardly any light. Fog may look so too."""
    few = cv2.cvtColor(np.ascontiguousarray(image[::8, ::8]), cv2.COLOR_BGR2HSV)
    _, saturation, value, _ = cv2.mean(few)
    return saturation < NO_COLOUR_BELOW or value < NO_LIGHT_BELOW


def brightness(gray: Gray) -> float:
    """Mean grey level, 0 to 255."""
    return float(cv2.mean(gray)[0])


def sharpness(image: Image) -> float:
    """Variance of the Laplacian at 640 pixels' width: below about 20, focus is lost or the lens is dirty.

    After Pech-Pacheco et al. 2000, "Diatom autofocusing in brightfield microscopy".
    """
    height, width = image.shape[:2]
    if width > 640:
        size = (640, max(1, round(height * 640 / width)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return float(cv2.meanStdDev(cv2.Laplacian(gray, cv2.CV_16S))[1][0, 0] ** 2)


def focus(image: Image, x: float, y: float, share: float = 0.3) -> float:
    """How sharp the part of `image` around (x, y) is, `share` of its width and height large, fractions of the
    picture: the root of its mean squared gradient at its own pixels, in percent of its brightness, so that a
    cloud before the sun is no loss of focus. Of one scene alone: turn the ring until it is highest.

    After Tenenbaum 1970; the best of the plain measures in Pertuz et al. 2013, "Analysis of focus measure
    operators for shape-from-focus".
    """
    part = cv2.cvtColor(cut(image, x, y, share, share), cv2.COLOR_BGR2GRAY)
    across, down = cv2.Sobel(part, cv2.CV_32F, 1, 0), cv2.Sobel(part, cv2.CV_32F, 0, 1)
    gradient = float(np.sqrt(np.mean(across**2 + down**2))) / 8  # Sobel's kernel weighs 8
    return 100 * gradient / max(brightness(part), 5.0)  # type: ignore[arg-type]


def cut(image: Image, x: float, y: float, wide: float, high: float) -> Image:
    """The part of `image` around (x, y), that large, all fractions of it; moved inwards where it would jut
    out."""
    height, width = image.shape[:2]
    across, down = max(round(wide * width), 8), max(round(high * height), 8)
    left = min(max(round(x * width - across / 2), 0), max(width - across, 0))
    top = min(max(round(y * height - down / 2), 0), max(height - down, 0))
    return image[top : top + down, left : left + across]


def extremes(gray: Gray) -> tuple[float, float]:
    """Shares of the pixels that are black (below 6) and burnt out (above 249)."""
    return float(np.mean(gray < 6)), float(np.mean(gray > 249))


def edges(gray: Gray) -> NDArray[np.float32]:
    """How strong the edges of `gray` are, (h, w), each against its surroundings: 1 is as usual there."""
    smooth = cv2.GaussianBlur(gray, (0, 0), 1.2)
    across, down = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    strength = cv2.magnitude(across, down)
    around = cv2.blur(strength, (31, 31))
    return np.minimum(strength / (around + 4.0), 4.0).astype(np.float32)


def fingerprint(image: Image) -> int:
    """Equal for two frames only if they are the same picture.

    A living sensor has noise, so even a still scene never repeats exactly; a frozen encoder does. A
    perceptual hash could not tell the two apart.
    """
    return zlib.crc32(image[::8, ::8].tobytes())


# Around the detector


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a picture lies in a model's input: scaled, then centred on grey."""

    left: int
    top: int
    inner: tuple[int, int]
    """(width, height) of the scaled picture in the input."""
    size: tuple[int, int]
    """(width, height) of the input."""
    picture: tuple[int, int]
    """(width, height) of the picture."""

    @classmethod
    def fit(cls, width: int, height: int, imgsz: int, stride: int = 32) -> Letterbox:
        """The longer side becomes `imgsz`, the shorter is padded only to the next multiple of `stride`:
        at 640, a 16:9 picture costs 640 x 384, not 640 x 640. The same placement as ultralytics'."""
        scale = imgsz / max(width, height)
        inner = (max(1, round(width * scale)), max(1, round(height * scale)))
        size = (-(-inner[0] // stride) * stride, -(-inner[1] // stride) * stride)
        return cls._centred(width, height, inner, size)

    @classmethod
    def fit_within(cls, width: int, height: int, size: tuple[int, int]) -> Letterbox:
        """For a model whose input has one fixed `size`, (width, height)."""
        scale = min(size[0] / width, size[1] / height)
        inner = (max(1, round(width * scale)), max(1, round(height * scale)))
        return cls._centred(width, height, inner, size)

    @classmethod
    def _centred(cls, width: int, height: int, inner: tuple[int, int], size: tuple[int, int]) -> Letterbox:
        left, top = ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2)
        return cls(left, top, inner, size, (width, height))

    @property
    def scale(self) -> tuple[float, float]:
        """Input pixels per picture pixel, across and down. Both sides are whole pixels, so the two differ a
        little: 640 x 427 becomes 416 x 278, where one scale for both is wrong by 0.7 pixels at the edge."""
        return self.inner[0] / self.picture[0], self.inner[1] / self.picture[1]

    def to_picture(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes, (n, 4), of the input as boxes of the picture, clipped to its edges."""
        offset = np.array([self.left, self.top, self.left, self.top], np.float32)
        edges = np.array(self.picture * 2, np.float32)
        return np.asarray(
            np.clip((boxes - offset) / np.array(self.scale * 2, np.float32), 0, edges), np.float32
        )


def fill_input(image: Image, box: Letterbox, blob: NDArray[np.float32]) -> None:
    """Write `image` into `blob`, (1, 3, height, width): RGB from 0 to 1, lying as `box` says.

    Only the picture's own part is written: make `blob` with `empty_input`, and use it for one Letterbox.
    """
    small = cv2.resize(image, box.inner) if image.shape[1::-1] != box.inner else image
    rows, columns = slice(box.top, box.top + box.inner[1]), slice(box.left, box.left + box.inner[0])
    for channel, plane in enumerate(reversed(cv2.split(small))):
        np.multiply(plane, np.float32(1 / 255), out=blob[0, channel, rows, columns])


def empty_input(box: Letterbox) -> NDArray[np.float32]:
    """A model input, (1, 3, height, width), that shows nothing but padding."""
    return np.full((1, 3, box.size[1], box.size[0]), _LETTERBOX_GREY / 255, np.float32)


def nms(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], classes: NDArray[np.int64], iou: float
) -> NDArray[np.int64]:
    """Indices, best first, of the boxes (n, 4) that no better box of the same class covers by more than
    `iou`."""
    if len(scores) < 2:
        return np.arange(len(scores))
    xywh = np.column_stack([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]])
    kept = cv2.dnn.NMSBoxesBatched(xywh.tolist(), scores.tolist(), classes.tolist(), 0.0, iou)
    return np.asarray(kept, np.int64)


# Videos and cameras


class Capture:
    """An open video, stream or camera. One thread at a time."""

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture

    @classmethod
    def video(cls, path: Path) -> Capture:
        """Raises SourceError where the file is no video that FFmpeg can read."""
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        if not capture.isOpened():
            raise SourceError(f"{path} is not a video that can be read")
        return cls(capture)

    @classmethod
    def stream(cls, url: str, timeout_s: float) -> Capture | None:
        """A network stream (RTSP over TCP), or None where it does not answer within `timeout_s`."""
        milliseconds = round(timeout_s * 1000)
        timeouts = [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
            milliseconds,
            cv2.CAP_PROP_READ_TIMEOUT_MSEC,
            milliseconds,
        ]
        capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, timeouts)
        return cls(capture) if capture.isOpened() else None

    @classmethod
    def device(cls, path: str, width: int, height: int) -> Capture | None:
        """A V4L2 camera in the mode nearest to `width` x `height`, or None where it cannot be opened."""
        capture = cv2.VideoCapture(path, cv2.CAP_V4L2)
        if not capture.isOpened():
            return None
        # Most USB cameras reach their full size and rate only compressed.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
        # One buffered picture: with more, each read would be as old as the queue is long.
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        return cls(capture)

    @property
    def frames_per_second(self) -> float:
        """0 where unknown."""
        return float(self._capture.get(cv2.CAP_PROP_FPS))

    @property
    def frame_count(self) -> int:
        """As the container states it; 0 or less where unknown."""
        return int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))

    def seek(self, index: int) -> int:
        """Go to frame `index` (first: 0) or near it; the index of the frame that comes next."""
        self._capture.set(cv2.CAP_PROP_POS_FRAMES, index)
        return round(self._capture.get(cv2.CAP_PROP_POS_FRAMES))

    def grab(self) -> bool:
        """Take the next frame without converting it; False at the end, or where the stream dropped."""
        return self._capture.grab()

    def retrieve(self) -> Image | None:
        """The grabbed frame, or None where it cannot be decoded."""
        ok, image = self._capture.retrieve()
        return image if ok else None  # type: ignore[return-value]

    def close(self) -> None:
        self._capture.release()
