from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import (
    Clock,
    ClockQuality,
    Heartbeat,
    Observation,
    ObservationBatch,
    ObservationType,
)

AT = datetime(2026, 4, 1, 6, 30, tzinfo=UTC)


def an_observation(**changes: Any) -> dict[str, Any]:
    return {
        "id": str(uuid7(AT)),
        "deployment_id": str(uuid4()),
        "observed_at": AT.isoformat(),
        "ended_at": (AT + timedelta(seconds=4)).isoformat(),
        "clock": {"quality": "gnss"},
        "observation_type": "animal",
        "scientific_name": "Panthera leo",
        "confidence": 0.9,
        "model": "wildlife@1",
    } | changes


def test_times_arrive_as_the_same_instant_in_utc() -> None:
    observation = Observation.model_validate(an_observation(observed_at="2026-04-01T14:30:00+08:00"))
    assert observation.observed_at == AT
    assert observation.observed_at.utcoffset() == timedelta(0)


def test_a_newer_node_may_say_more() -> None:
    """Additive changes only: a field that this version does not know is passed over."""
    observation = Observation.model_validate(an_observation(coat="spotted"))
    assert observation.scientific_name == "Panthera leo"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"observed_at": "2026-04-01T06:30:00"}, "observed_at"),  # no time zone: no instant
        ({"ended_at": "2026-04-01T06:29:59Z"}, "ended_at lies before"),
        ({"confidence": 1.2}, "confidence"),
        ({"count": 0}, "count"),  # "blank" is a type, not a count of nought
        ({"clock": {"quality": "sundial"}}, "quality"),
        ({"box": {"x": 0.5, "y": 0.5, "width": 1.5, "height": 0.1}}, "width"),
        ({"id": "17"}, "id"),
    ],
)
def test_what_cannot_be_is_refused_by_name(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        Observation.model_validate(an_observation(**changes))


def test_a_batch_survives_the_wire() -> None:
    observation = Observation(
        id=uuid7(AT),
        deployment_id=uuid4(),
        observed_at=AT,
        ended_at=AT,
        clock=Clock(quality=ClockQuality.NTP, offset_s=0.25),
        observation_type=ObservationType.ANIMAL,
        confidence=0.5,
        model="wildlife@1",
    )
    batch = ObservationBatch(message_id=uuid7(), observations=[observation])
    assert ObservationBatch.model_validate_json(batch.model_dump_json()) == batch


def test_an_empty_batch_is_refused() -> None:
    with pytest.raises(ValidationError, match="at least 1 item"):
        ObservationBatch(message_id=uuid7(), observations=[])


@pytest.mark.parametrize(("next_within_s", "accepted"), [(604_800, True), (604_801, False), (1e12, False)])
def test_no_heartbeat_promises_the_next_in_ages(next_within_s: float, accepted: bool) -> None:
    beat = {
        "message_id": str(uuid7(AT)),
        "id": str(uuid7(AT)),
        "observed_at": AT.isoformat(),
        "clock": {"quality": "gnss"},
        "uptime_s": 1,
        "software": "fieldwatch 1",
        "outbox_records": 0,
        "outbox_bytes": 0,
        "next_within_s": next_within_s,
    }
    if accepted:
        Heartbeat.model_validate(beat)
    else:
        with pytest.raises(ValidationError, match="next_within_s"):
            Heartbeat.model_validate(beat)
