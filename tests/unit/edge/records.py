"""Records to put into outboxes."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

from fieldwatch_edge.domain import Picture
from fieldwatch_shared.ids import uuid7_from
from fieldwatch_shared.messages import (
    Box,
    Clock,
    ClockQuality,
    FireKind,
    Heartbeat,
    Media,
    Observation,
    ObservationType,
    Suspicion,
)

DEPLOYMENT = UUID("0198c0de-0000-7000-8000-000000000001")
START = datetime(2026, 5, 1, 12, tzinfo=UTC)
CLOCK = Clock(quality=ClockQuality.NTP)
SOMEWHERE = Box(x=0.1, y=0.1, width=0.2, height=0.2)


def observation(number: int, frames: int = 1) -> Observation:
    at = START + timedelta(seconds=number)
    return Observation(
        id=uuid7_from(at, "observation", str(number)),
        deployment_id=DEPLOYMENT,
        observed_at=at,
        clock=CLOCK,
        ended_at=at + timedelta(seconds=frames),
        observation_type=ObservationType.ANIMAL,
        scientific_name="Cervidae",
        confidence=0.9,
        frames=frames,
        box=SOMEWHERE,
        model="wildlife@1",
    )


def suspicion(number: int) -> Suspicion:
    at = START + timedelta(seconds=number)
    return Suspicion(
        id=uuid7_from(at, "suspicion", str(number)),
        deployment_id=DEPLOYMENT,
        observed_at=at,
        clock=CLOCK,
        kind=FireKind.SMOKE,
        first_seen_at=at,
        confidence=0.7,
        box=SOMEWHERE,
        model="fire@1",
    )


def picture(number: int, size: int = 1000) -> Picture:
    at = START + timedelta(seconds=number)
    id_ = uuid7_from(at, "media", str(number))
    media = Media(
        id=id_,
        message_id=id_,
        deployment_id=DEPLOYMENT,
        observed_at=at,
        clock=CLOCK,
        mime="image/jpeg",
        sha256=hashlib.sha256(b"\xff" * size).hexdigest(),
        width=640,
        height=480,
    )
    return Picture(media, b"\xff" * size)


def heartbeat(number: int) -> Heartbeat:
    at = START + timedelta(seconds=number)
    id_ = uuid7_from(at, "heartbeat", str(number))
    return Heartbeat(
        id=id_,
        message_id=id_,
        observed_at=at,
        clock=CLOCK,
        uptime_s=1,
        software="fieldwatch test",
        outbox_records=0,
        outbox_bytes=0,
        next_within_s=60,
    )
