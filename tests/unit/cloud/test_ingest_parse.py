"""What ingest makes of a message before the database is asked. Refusals are in the integration tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from fieldwatch_cloud.errors import InvalidMessageError, SettingsError
from fieldwatch_cloud.ingest.parse import AHEAD, EARLIEST, Incoming, Observations, message_id, parse
from fieldwatch_cloud.ingest.subscriber import Address
from fieldwatch_shared import packing

ID = UUID("0190163d-8694-739b-aea5-966c26f8ad90")
DEPLOYMENT = UUID("b17c0b07-b3fd-4a24-aaec-7cd0051ff1d4")
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
TOPIC = "fieldwatch/v1/ridge/node-1/observations"


def _payload(observed_at: str = "2026-05-04T11:00:00Z", **fields: object) -> bytes:
    observation = {
        "id": str(ID),
        "deployment_id": str(DEPLOYMENT),
        "observed_at": observed_at,
        "ended_at": observed_at,
        "clock": {"quality": "gnss"},
        "observation_type": "human",
        "confidence": 0.5,
        "model": "wildlife@0.1.0",
    } | fields
    return json.dumps({"message_id": str(ID), "observations": [observation]}).encode()


def _parse(payload: bytes, topic: str = TOPIC) -> Observations:
    message = parse(Incoming(topic, payload, {}), NOW, largest_picture=100)
    assert message.id == ID
    assert isinstance(message.content, Observations)
    assert message.deployments == {DEPLOYMENT}
    return message.content


def test_a_packed_message_is_read_and_kept_as_it_came() -> None:
    payload = _payload(scientific_name="Homo sapiens")
    packed = packing.pack(payload)
    assert packed is not None
    incoming = Incoming(TOPIC, packed, {packing.PROPERTY: packing.ENCODING})
    message = parse(incoming, NOW, largest_picture=100)
    assert isinstance(message.content, Observations)
    assert message.content.rows == _parse(payload).rows
    assert message.incoming.payload == packed, "for quarantine, as it came"
    assert message_id(incoming) == ID
    for wrong in (
        Incoming(TOPIC, packed[:-3], incoming.properties),
        Incoming(TOPIC, packed, {packing.PROPERTY: "x"}),
    ):
        assert message_id(wrong) is None, "no receipt: the node sends it again, as it is"
        with pytest.raises(InvalidMessageError):
            parse(wrong, NOW, largest_picture=100)


def test_times_become_utc() -> None:
    (row,) = _parse(_payload("2026-05-04T18:30:00.250+08:00")).rows
    assert row[2] == row[3] == datetime(2026, 5, 4, 10, 30, 0, 250_000, tzinfo=UTC)


def test_fields_of_a_newer_node_are_passed_over() -> None:
    (row,) = _parse(_payload(sex="female")).rows
    assert row[9:13] == ("human", "gnss", None, "wildlife@0.1.0")


@pytest.mark.parametrize(
    ("at", "accepted"),
    [
        (EARLIEST, True),
        (EARLIEST - timedelta(microseconds=1), False),
        (NOW + AHEAD, True),
        (NOW + AHEAD + timedelta(microseconds=1), False),
    ],
)
def test_times_that_cannot_be(at: datetime, accepted: bool) -> None:
    if accepted:
        _parse(_payload(at.isoformat()))
    else:
        with pytest.raises(InvalidMessageError, match="the node's clock was wrong"):
            _parse(_payload(at.isoformat()))


@pytest.mark.parametrize(
    ("length", "accepted"),
    [
        (timedelta(days=366), True),
        (timedelta(days=366, microseconds=1), False),
        (timedelta(days=26 * 365), False),
    ],
)
def test_effort_that_cannot_be(length: timedelta, accepted: bool) -> None:
    span = {
        "id": str(ID),
        "deployment_id": str(DEPLOYMENT),
        "started_at": (NOW - length).isoformat(),
        "ended_at": NOW.isoformat(),
        "frames": 1,
    }
    beat = {
        "message_id": str(ID),
        "id": str(ID),
        "observed_at": NOW.isoformat(),
        "clock": {"quality": "gnss"},
        "uptime_s": 1,
        "software": "fieldwatch 1",
        "effort": [span],
        "outbox_records": 0,
        "outbox_bytes": 0,
        "next_within_s": 60,
    }
    incoming = Incoming(TOPIC.replace("observations", "heartbeat"), json.dumps(beat).encode(), {})
    if accepted:
        assert parse(incoming, NOW, largest_picture=1).deployments == {DEPLOYMENT}
    else:
        with pytest.raises(InvalidMessageError, match="no camera looks for more than 366 days"):
            parse(incoming, NOW, largest_picture=1)


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        ("fieldwatch/v1/ridge/node-1", "is not fieldwatch/v1/<reserve>/<node>/<kind>"),
        ("fieldwatch/v1/ridge/node-1/gossip", "unknown kind 'gossip'"),
        ("fieldwatch/v1/ridge/node-1/receipt", "go from the cloud to nodes"),
    ],
)
def test_topics_that_are_none_of_ours(topic: str, reason: str) -> None:
    with pytest.raises(InvalidMessageError, match=reason):
        _parse(_payload(), topic)


def test_the_reason_names_five_problems_and_counts_the_rest() -> None:
    with pytest.raises(InvalidMessageError) as caught:
        _parse(json.dumps({"message_id": str(ID), "observations": [{}] * 2}).encode())
    reason = str(caught.value)
    assert reason.startswith(
        "observations.0.id: Field required; observations.0.deployment_id: Field required"
    )
    assert reason.endswith("(and 11 more)")


@pytest.mark.parametrize(
    ("payload", "properties", "found"),
    [
        pytest.param(f'{{"message_id": "{ID}", "x": '.encode(), {}, ID, id="cut off in the middle"),
        pytest.param(b"\xff\xd8", {"media": f'{{"message_id":"{ID}"'}, ID, id="beside a picture"),
        pytest.param(b'{"message_id": "nonsense"}', {}, None, id="no id"),
        pytest.param(b'{"message_id": "------------------------------------"}', {}, None, id="dashes"),
        pytest.param(b"", {}, None, id="empty"),
    ],
)
def test_an_unreadable_message_may_still_have_an_id(
    payload: bytes, properties: dict[str, str], found: UUID | None
) -> None:
    assert message_id(Incoming(TOPIC, payload, properties)) == found


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("mqtt://_ingest_{slot}:p%40ss@h:18", Address("h", 18, "_ingest_3_urgent", "p@ss", False)),
        ("mqtts://user:pass@broker.example", Address("broker.example", 8883, "user", "pass", True)),
        ("mqtt://[::1]", Address("::1", 1883, None, None, False)),
    ],
)
def test_broker_addresses(url: str, wanted: Address) -> None:
    assert Address.parse(url, "3_urgent") == wanted


@pytest.mark.parametrize("url", ["http://h", "mqtt://", "h:1883"])
def test_what_is_no_broker_address(url: str) -> None:
    with pytest.raises(SettingsError, match="FIELDWATCH_MQTT_URL is not"):
        Address.parse(url, "0")
