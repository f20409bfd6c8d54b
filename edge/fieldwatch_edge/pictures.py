"""Pictures that are kept: stills as JPEG, clips as animated WebP, with ids that come from their frames.

A clip is animated WebP because every browser plays it in an `<img>`, without a player, and Pillow writes it
without a video encoder; the MPEG-4 Part 2 that OpenCV can write plays in none.
"""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

from PIL import Image as PillowImage
from PIL import features

from fieldwatch_edge import vision
from fieldwatch_edge.domain import Frame, Picture
from fieldwatch_edge.errors import PictureError
from fieldwatch_shared.ids import uuid7_from
from fieldwatch_shared.messages import Clock, Media

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_edge.domain import Image

STILL_BYTES = 256 * 1024
"""At most, as a picture travels over MQTT."""
CLIPS = bool(features.check("webp"))
"""Whether Pillow was built with WebP. Its wheels are."""
_FRAME_MS, _LAST_FRAME_MS = 700, 1500
_QUALITIES = (60, 40, 20)


class Pictures:
    """Makes the pictures of one deployment."""

    def __init__(self, node: str, deployment_id: UUID) -> None:
        self._name = (node, str(deployment_id))
        self._deployment_id = deployment_id
        self._last: tuple[Frame, Picture] | None = None

    @property
    def deployment_id(self) -> UUID:
        return self._deployment_id

    def still_id(self, at: datetime, position: str) -> UUID:
        """Of the still of the frame at that position, whether it is kept or not."""
        return uuid7_from(at, *self._name, position, "media")

    def clip_id(self, at: datetime, position: str, what: str) -> UUID:
        """Of the clip that ends with that frame and shows `what` of it."""
        return uuid7_from(at, *self._name, position, "clip", what)

    def still(self, frame: Frame) -> Picture:
        """The picture of a frame: one record however many observations show it.

        Raises:
            PictureError: it cannot be encoded.
        """
        if self._last is not None and self._last[0] is frame:
            return self._last[1]
        jpeg = vision.jpeg(frame.image, frame.encoded, STILL_BYTES)
        id_ = self.still_id(frame.at, frame.position)
        picture = self._picture(
            id_, frame.at, frame.clock, "image/jpeg", jpeg.data, (jpeg.width, jpeg.height)
        )
        self._last = frame, picture
        return picture

    def clip(self, id_: UUID, at: datetime, clock: Clock, images: Sequence[Image]) -> Picture:
        """An animated WebP of at most `STILL_BYTES` of `images`, (h, w, 3) of one size, oldest first.

        Raises:
            PictureError: it cannot be encoded, or into no fewer bytes.
        """
        height, width = images[0].shape[:2]
        frames = [PillowImage.fromarray(image[:, :, ::-1]) for image in images]
        durations = [_FRAME_MS] * (len(frames) - 1) + [_LAST_FRAME_MS]
        for quality in _QUALITIES:
            buffer = io.BytesIO()
            try:
                frames[0].save(
                    buffer,
                    "WEBP",
                    save_all=True,
                    append_images=frames[1:],
                    duration=durations,
                    loop=0,
                    quality=quality,
                    method=2,
                )
            except (OSError, ValueError) as error:
                raise PictureError(f"the clip cannot be encoded: {error}") from error
            if buffer.tell() <= STILL_BYTES:
                return self._picture(id_, at, clock, "image/webp", buffer.getvalue(), (width, height))
        raise PictureError(f"a clip of {len(frames)} frames does not fit {STILL_BYTES} bytes")

    def _picture(
        self, id_: UUID, at: datetime, clock: Clock, mime: str, encoded: bytes, size: tuple[int, int]
    ) -> Picture:
        media = Media(
            id=id_,
            message_id=id_,
            deployment_id=self._deployment_id,
            observed_at=at,
            clock=clock,
            mime=mime,
            sha256=hashlib.sha256(encoded).hexdigest(),
            width=size[0],
            height=size[1],
        )
        return Picture(media, encoded)
