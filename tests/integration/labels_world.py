"""A world with pictures, for tests of review: real JPEGs, observations and suspicions on them."""

from __future__ import annotations

import hashlib
import io
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw

from fieldwatch_shared.ids import uuid7

from .api_world import NOON, World

if TYPE_CHECKING:
    from uuid import UUID

BOX = {"x": 0.1, "y": 0.2, "width": 0.3, "height": 0.4}
DEER = {"kind": "animal", "scientific_name": "Cervidae", "box": BOX}
WIDTH, HEIGHT = 64, 48


class Pictures(World):
    def picture(self, deployment: UUID, minutes: float = 0) -> UUID:
        """A kept picture, taken so many minutes after NOON; each looks different."""
        at = NOON + timedelta(minutes=minutes)
        new = uuid7(at)
        content = drawn(new.int)
        digest = hashlib.sha256(content).hexdigest()
        self.store.put(digest, content)
        with self.db.transaction() as conn:
            conn.execute(
                "INSERT INTO media (id, deployment_id, observed_at, mime, sha256, bytes, width, height,"
                " clock_quality) VALUES (%s, %s, %s, 'image/jpeg', %s, %s, %s, %s, 'ntp')",
                (new, deployment, at, digest, len(content), WIDTH, HEIGHT),
            )
        return new

    def propose(
        self,
        media: UUID,
        name: str | None = "Cervidae",
        confidence: float = 0.95,
        box: str = "{0.1,0.2,0.3,0.4}",
    ) -> UUID:
        """An observation whose picture that is."""
        new = uuid7()
        with self.db.transaction() as conn:
            conn.execute(
                "INSERT INTO observation (id, deployment_id, observed_at, ended_at, confidence, count,"
                " frames, observation_type, clock_quality, scientific_name, model, box, media_id)"
                " SELECT %s, deployment_id, observed_at, observed_at, %s, 1, 3, 'animal', 'ntp', %s,"
                " 'wildlife@1', %s, id FROM media WHERE id = %s",
                (new, confidence, name, box, media),
            )
        return new

    def suspect(self, media: UUID, state: str) -> None:
        """A suspicion with that picture, whose incident is in that state."""
        incident = uuid7()
        with self.db.transaction() as conn:
            conn.execute(
                "INSERT INTO incident (id, reserve_id, kind, state, first_seen_at, last_seen_at)"
                " VALUES (%s, %s, 'smoke', %s, %s, %s)",
                (incident, self.foping, state, NOON, NOON),
            )
            conn.execute(
                "INSERT INTO suspicion (id, deployment_id, incident_id, observed_at, first_seen_at, kind,"
                " confidence, box, media_id, clock_quality, model)"
                " SELECT %s, deployment_id, %s, observed_at, observed_at, 'smoke', 0.9,"
                " '{0.5,0.5,0.1,0.1}', id, 'ntp', 'fire@1' FROM media WHERE id = %s",
                (uuid7(), incident, media),
            )


def drawn(seed: int) -> bytes:
    """A JPEG of its own."""
    draw_from = random.Random(seed)
    image = Image.new("RGB", (WIDTH, HEIGHT), tuple(draw_from.randrange(256) for _ in range(3)))
    pen = ImageDraw.Draw(image)
    for _ in range(6):
        x, y = draw_from.randrange(WIDTH - 12), draw_from.randrange(HEIGHT - 12)
        pen.rectangle((x, y, x + 11, y + 11), fill=tuple(draw_from.randrange(256) for _ in range(3)))
    content = io.BytesIO()
    image.save(content, "JPEG")
    return content.getvalue()


def put(client: Any, media: UUID, based_on: int, *labels: dict[str, Any]) -> Any:
    return client.put(f"/api/v1/media/{media}/labels", json={"based_on": based_on, "labels": list(labels)})
