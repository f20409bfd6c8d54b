"""The known error of a node's clock is taken off, and stays beside the record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.edge.records import DEPLOYMENT, heartbeat, observation, picture, suspicion

from fieldwatch_cloud.errors import InvalidMessageError
from fieldwatch_cloud.ingest.parse import Incoming, Observations, Picture, parse
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import (
    Clock,
    ClockQuality,
    EffortSpan,
    Heartbeat,
    ObservationBatch,
    Suspicion,
    SuspicionMessage,
)

NOW = datetime(2026, 5, 2, tzinfo=UTC)
OFFSET = -1.7e9
WRONG = Clock(quality=ClockQuality.UNSYNCHRONISED, offset_s=OFFSET)


def read(kind: str, payload: bytes, **properties: str) -> object:
    incoming = Incoming(f"fieldwatch/v1/qinling/mast-1/{kind}", payload, properties)
    return parse(incoming, NOW, largest_picture=10**6).content


def test_every_kind_of_record_is_dated_right() -> None:
    error = timedelta(seconds=OFFSET)

    def wrong(record):  # type: ignore[no-untyped-def]
        times = {"observed_at": record.observed_at + error, "clock": WRONG}
        for other in ("ended_at", "first_seen_at"):
            if hasattr(record, other):
                times[other] = getattr(record, other) + error
        return record.model_copy(update=times)

    seen = wrong(observation(1))
    assert seen.observed_at.year < 1980
    found = read("observations", batch(seen))
    assert isinstance(found, Observations)
    assert observation(1).observed_at in found.rows[0]
    assert observation(1).ended_at in found.rows[0]
    message = SuspicionMessage(message_id=uuid7(), suspicion=wrong(suspicion(1)))
    fire = read("suspicions", message.model_dump_json().encode())
    assert isinstance(fire, Suspicion)
    assert (fire.observed_at, fire.first_seen_at) == (suspicion(1).observed_at, suspicion(1).first_seen_at)
    assert fire.clock.offset_s == OFFSET
    shot = picture(1)
    media = read("media", shot.encoded, media=wrong(shot.media).model_dump_json())
    assert isinstance(media, Picture)
    assert media.record.observed_at == shot.media.observed_at
    at = datetime(2026, 5, 1, tzinfo=UTC)
    spans = [
        EffortSpan(
            id=uuid7(), deployment_id=DEPLOYMENT, started_at=at + error, ended_at=at + error, frames=1,
            clock_offset_s=OFFSET,
        ),
        EffortSpan(id=uuid7(), deployment_id=DEPLOYMENT, started_at=at, ended_at=at, frames=1),
    ]  # fmt: skip
    beat = read("heartbeat", heartbeat(1).model_copy(update={"effort": spans}).model_dump_json().encode())
    assert isinstance(beat, Heartbeat)
    assert {span.started_at for span in beat.effort} == {at}
    said = read("heartbeat", wrong(heartbeat(1)).model_dump_json().encode())
    assert isinstance(said, Heartbeat)
    assert said.observed_at == heartbeat(1).observed_at, "or its energy is of another hour"


def test_thousandths_change_nothing() -> None:
    kept = observation(1).model_copy(update={"clock": Clock(quality=ClockQuality.NTP, offset_s=0.01)})
    found = read("observations", batch(kept))
    assert isinstance(found, Observations)
    assert kept.observed_at in found.rows[0]


def test_an_error_that_leads_outside_the_calendar_is_refused() -> None:
    far = observation(1).model_copy(
        update={
            "clock": WRONG.model_copy(update={"offset_s": 1e10}),
            "observed_at": datetime(1, 1, 2, tzinfo=UTC),
        }
    )
    with pytest.raises(InvalidMessageError, match="outside the calendar"):
        read("observations", batch(far))


def batch(seen) -> bytes:  # type: ignore[no-untyped-def]
    return ObservationBatch(message_id=uuid7(), observations=[seen]).model_dump_json().encode()
