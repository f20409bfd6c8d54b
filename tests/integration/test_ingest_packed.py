"""The node's own link against ingest and PostGIS: packed once ingest says so; a bomb lies in quarantine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from pydantic import SecretStr

from fieldwatch_cloud.db import quarantine
from fieldwatch_edge.link import Link
from fieldwatch_edge.link.client import new_client
from fieldwatch_edge.outbox import Entry, Outbox
from fieldwatch_edge.settings import Broker, NodeIdentity, OutboxSettings
from fieldwatch_shared import packing
from fieldwatch_shared.topics import Kind, Topic

from .cloud_field import PASSWORD, RESERVE, Field, cloud_settings, eventually, let_in, working
from .threads import started

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.services.mosquitto import EmbeddedMosquitto


def test_packed_records_arrive_once_and_a_bomb_in_quarantine(
    db: Database, database_url: str, mosquitto: EmbeddedMosquitto, state_dir: Path, tmp_path: Path
) -> None:
    field = Field.make(db)
    let_in(mosquitto, database_url)
    outbox = Outbox(tmp_path / "outbox.sqlite", 2**26)
    broker = Broker(url=f"mqtt://127.0.0.1:{mosquitto.port}", password=SecretStr(PASSWORD))
    link = Link(
        NodeIdentity(id="node-1", reserve=RESERVE, state_dir=tmp_path),
        broker,
        OutboxSettings(batch=10),
        outbox,
    )
    with (
        working(cloud_settings(state_dir, database_url, mosquitto.url)),
        structlog.testing.capture_logs() as log,
        started(link),
    ):
        outbox.write(ready=[Entry.of(field.heartbeat())])
        eventually(lambda: outbox.empty)
        plain = [entry["bytes"] for entry in log if entry["event"] == "link.sent"]
        outbox.write(
            ready=[Entry.of(field.heartbeat(1)), *(Entry.of(field.observation(n)) for n in range(20))]
        )
        eventually(lambda: outbox.empty)
        beats = [
            entry["bytes"] for entry in log if entry["event"] == "link.sent" and entry["kind"] == "heartbeat"
        ]
        assert beats[0] == plain[0]
        assert beats[-1] < 0.45 * beats[0], "packed, since ingest said that it can unpack"
        assert field.count("observation") == 20
        assert field.count("heartbeat") == 2
        assert field.count("quarantine") == 0

        bomb = packing.pack(b'{"message_id":"' + b"0" * 50_000_000)
        assert bomb is not None
        properties = Properties(PacketTypes.PUBLISH)
        properties.UserProperty = (packing.PROPERTY, packing.ENCODING)
        client = new_client(broker, "test-bomb", ("node-1", PASSWORD))
        client.connect("127.0.0.1", mosquitto.port)
        client.loop_start()
        client.publish(str(Topic(RESERVE, "node-1", Kind.OBSERVATIONS)), bomb, qos=1, properties=properties)
        eventually(lambda: field.count("quarantine") == 1)
        client.disconnect()
        client.loop_stop()
    with db.transaction() as conn:
        (entry,) = quarantine.entries(conn)
        held = quarantine.get(conn, entry.id)
    assert "larger than" in held.reason
    assert bytes(held.payload) == bomb, "as it came"
    outbox.close()
