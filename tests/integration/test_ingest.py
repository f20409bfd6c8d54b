"""Ingest with the real broker and the real database: what a node sends, and what becomes of it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from fieldwatch_cloud.db import quarantine
from fieldwatch_cloud.db.pool import connection
from fieldwatch_cloud.errors import InvalidMessageError
from fieldwatch_cloud.ingest.intake import Intake
from fieldwatch_cloud.ingest.parse import Incoming, parse
from fieldwatch_cloud.media.store import DiskStore
from fieldwatch_cloud.operations import CloudOperations
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import NodeState
from fieldwatch_shared.topics import Kind

from .cloud_field import (
    NOON,
    Field,
    NodeClient,
    Notices,
    cloud_settings,
    eventually,
    let_in,
    working,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.services.mosquitto import EmbeddedMosquitto
    from fieldwatch_cloud.settings import CloudSettings

JPEG = b"\xff\xd8\xff\xe0 not much of a picture"


@pytest.fixture
def field(db: Database) -> Field:
    return Field.make(db)


@pytest.fixture
def settings(field: Field, database_url: str, mosquitto: EmbeddedMosquitto, state_dir: Path) -> CloudSettings:
    let_in(mosquitto, database_url)
    return cloud_settings(state_dir, database_url, mosquitto.url)


@pytest.fixture
def store(settings: CloudSettings) -> Iterator[DiskStore]:
    with working(settings) as store:
        yield store


@pytest.fixture
def node(store: DiskStore, mosquitto: EmbeddedMosquitto) -> Iterator[NodeClient]:
    client = NodeClient(mosquitto.port)
    yield client
    client.close()


@pytest.fixture
def notices(database_url: str) -> Iterator[Notices]:
    listener = Notices(database_url)
    yield listener
    listener.close()


def test_observations_are_stored_announced_and_receipted(
    field: Field, node: NodeClient, notices: Notices
) -> None:
    batch = node.observe(field.observation(1), field.observation(2, count=3, box=None, scientific_name=None))
    eventually(lambda: batch.message_id in node.receipts)
    rows = field.rows(
        "SELECT id, observed_at, ended_at, observation_type::text, scientific_name, count, box, "
        "clock_quality::text, round(confidence::numeric, 3)::text, received_at > now() - interval '1 hour' "
        "FROM observation ORDER BY id"
    )
    first, second = batch.observations
    box = pytest.approx([0.1, 0.2, 0.3, 0.4])
    rest = ("ntp", "0.750", True)
    assert rows == [
        (first.id, first.observed_at, first.ended_at, "animal", "Panthera pardus", 1, box, *rest),
        (second.id, second.observed_at, second.ended_at, "animal", None, 3, None, *rest),
    ]
    (notice,) = notices.of("observation")
    assert notice["reserve"] == "ridge"
    assert [item["id"] for item in notice["data"]] == [str(first.id), str(second.id)]
    assert notice["data"][0]["observed_at"] == first.observed_at.isoformat()


def test_the_same_message_again_changes_nothing_and_tells_nobody(
    field: Field, node: NodeClient, notices: Notices
) -> None:
    batch = node.observe(field.observation(1))
    eventually(lambda: node.receipts)
    assert len(notices.of("observation")) == 1
    node.receipts.clear()
    node.send(Kind.OBSERVATIONS, batch.model_dump_json())
    eventually(lambda: batch.message_id in node.receipts)
    assert field.count("observation") == 1
    assert len(notices.of("observation")) == 1


def test_a_taken_id_keeps_its_first_content(field: Field, node: NodeClient) -> None:
    with structlog.testing.capture_logs() as logs:
        node.observe(field.observation(1, scientific_name="Ailuropoda melanoleuca"))
        eventually(lambda: len(node.receipts) == 1)
        node.observe(field.observation(1), field.observation(2))
        eventually(lambda: len(node.receipts) == 2)
    names = field.rows("SELECT scientific_name FROM observation ORDER BY id")
    assert names == [("Ailuropoda melanoleuca",), ("Panthera pardus",)]
    (entry,) = [entry for entry in logs if entry["event"] == "observations.contradicted"]
    assert entry["ids"] == [str(field.observation(1).id)]


def _observations(field: Field, **fields: Any) -> str:
    return field.batch(field.observation(1, **fields)).model_dump_json()


def _altered(text: str, **fields: Any) -> str:
    """A message with values that our own models would not let through."""
    content = json.loads(text)
    content["observations"][0] |= fields
    return json.dumps(content)


TOMORROW = datetime.now(UTC) + timedelta(days=2)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(lambda f: "{", "Invalid JSON", id="malformed JSON"),
        pytest.param(lambda f: b"\xff\xfe\x00", "Invalid JSON", id="not even text"),
        pytest.param(lambda f: "[]", "message: Input should be an object", id="not an object"),
        pytest.param(
            lambda f: _altered(_observations(f), confidence=1.5),
            "observations.0.confidence: Input should be less than or equal to 1",
            id="value out of its range",
        ),
        pytest.param(
            lambda f: _observations(f).replace("0.01", "NaN"), "offset_s: Input should be a finite", id="NaN"
        ),
        pytest.param(
            lambda f: _observations(f, deployment_id=uuid7()), "there is no deployment", id="no deployment"
        ),
        pytest.param(
            lambda f: _observations(f, deployment_id=f.deployments["node-2"][0]),
            "belongs to node 'node-2'.* came as 'node-1'",
            id="another node's deployment",
        ),
        pytest.param(
            lambda f: _observations(f, observed_at=TOMORROW, ended_at=TOMORROW),
            "cannot be: the node's clock was wrong",
            id="from the future",
        ),
        pytest.param(
            lambda f: _observations(f, observed_at=datetime(1970, 1, 1, tzinfo=UTC)),
            "time 1970-01-01T00:00:00.* cannot be",
            id="from before the cameras",
        ),
        pytest.param(
            lambda f: _altered(_observations(f), observed_at="9999-12-31T23:59:59.999999-12:00"),
            "observed_at|Internal|date value out of range|OverflowError",
            id="time that overflows when converted to UTC",
        ),
        pytest.param(
            lambda f: _observations(f, scientific_name="Panthera\0pardus"),
            "NUL|0x00|x00",
            id="text that PostgreSQL refuses",
        ),
        pytest.param(
            lambda f: _altered(_observations(f), count=2**40),
            "less than or equal to 2147483647",
            id="number out of range",
        ),
    ],
)
def test_what_cannot_be_accepted_goes_to_quarantine_and_the_rest_goes_on(
    field: Field, node: NodeClient, make: Callable[[Field], str | bytes], reason: str
) -> None:
    payload = make(field)
    node.send(Kind.OBSERVATIONS, payload)
    good = node.observe(field.observation(7))
    eventually(lambda: good.message_id in node.receipts)
    eventually(lambda: field.count("quarantine"))
    with field.db.transaction() as conn:
        (entry,) = quarantine.entries(conn)
        held = quarantine.get(conn, entry.id)
    assert entry.topic == "fieldwatch/v1/ridge/node-1/observations"
    assert held.payload == (payload if isinstance(payload, bytes) else payload.encode())
    assert held.properties == {"schema-version": "1.0"}
    assert re.search(reason, entry.reason), entry.reason
    assert field.rows("SELECT id FROM observation") == [(good.observations[0].id,)]


def test_of_a_batch_only_the_guilty_message_goes_to_quarantine(
    field: Field, database_url: str, tmp_path: Path
) -> None:
    """PostgreSQL says only that some row is wrong; halving the batch finds which."""
    batches = [field.batch(field.observation(n), field.observation(n + 100)) for n in range(50)]
    guilty = {7, 8, 49}
    for n in guilty:
        wrong = field.observation(n, scientific_name="a\0b")
        batches[n] = field.batch(wrong, field.observation(n + 100))
    messages = [
        parse(
            Incoming("fieldwatch/v1/ridge/node-1/observations", batch.model_dump_json().encode(), {}),
            datetime.now(UTC),
            largest_picture=1,
        )
        for batch in batches
    ]
    with connection(database_url) as conn:
        intake = Intake(conn, DiskStore(tmp_path))
        for _ in range(2):
            intake.accept(messages)
    good = {o.id for n, batch in enumerate(batches) if n not in guilty for o in batch.observations}
    assert {id_ for (id_,) in field.rows("SELECT id FROM observation")} == good
    with field.db.transaction() as conn:
        held = {quarantine.get(conn, entry.id).payload for entry in quarantine.entries(conn)}
    assert held == {messages[n].incoming.payload for n in guilty}


def test_a_fire_does_not_wait_behind_a_backlog(
    field: Field, settings: CloudSettings, database_url: str, mosquitto: EmbeddedMosquitto
) -> None:
    with working(settings):
        pass  # So that the broker knows the sessions, and keeps what comes for them.
    node = NodeClient(mosquitto.port)
    assert node.connected.wait(60)
    batches = [node.observe(*(field.observation(n) for n in range(m * 10, m * 10 + 10))) for m in range(600)]
    fire = field.suspicion()
    node.send(Kind.SUSPICIONS, fire.model_dump_json()).wait_for_publish(60)
    with connection(database_url, autocommit=False) as holder:
        holder.execute("LOCK TABLE observation IN SHARE MODE")  # The backlog stands, for whatever reason.
        with working(settings):
            eventually(lambda: fire.message_id in node.receipts)
            assert node.receipts == {fire.message_id}
            holder.rollback()
            wanted = {fire.message_id, *(batch.message_id for batch in batches)}
            eventually(lambda: node.receipts == wanted, within_s=120)
    node.close()


def test_a_quarantined_message_is_receipted_and_kept_once(field: Field, node: NodeClient) -> None:
    batch = field.batch(field.observation(1, deployment_id=uuid7()))
    for _ in range(2):
        node.receipts.clear()
        node.send(Kind.OBSERVATIONS, batch.model_dump_json())
        eventually(lambda: batch.message_id in node.receipts)
    assert field.count("quarantine") == 1


def test_quarantine_is_replayed_after_the_cause_is_gone(
    field: Field, node: NodeClient, settings: CloudSettings, store: DiskStore, notices: Notices
) -> None:
    wrong = field.deployments["node-2"][0]
    batch = node.observe(field.observation(1, deployment_id=wrong))
    eventually(lambda: batch.message_id in node.receipts)
    with field.db.transaction() as conn:
        (entry,) = quarantine.entries(conn)
    operations = CloudOperations(settings, store)
    with pytest.raises(InvalidMessageError, match="belongs to node 'node-2'"):
        operations.replay(entry.id)
    with field.db.transaction() as conn:
        conn.execute("UPDATE deployment SET node_id = 'node-1' WHERE id = %s", (wrong,))
    operations.replay(entry.id)
    operations.replay(entry.id)
    assert field.rows("SELECT id FROM observation") == [(batch.observations[0].id,)]
    assert field.count("quarantine", "replayed_at IS NULL") == 0
    assert len(notices.of("observation")) == 1


def test_pictures_are_kept_with_their_records(
    field: Field, node: NodeClient, store: DiskStore, notices: Notices
) -> None:
    media = field.media(JPEG)
    node.send(Kind.MEDIA, JPEG, media=media)
    eventually(lambda: media.message_id in node.receipts)
    assert field.rows("SELECT id, bytes, mime, sha256 FROM media") == [
        (media.id, len(JPEG), "image/jpeg", media.sha256)
    ]
    assert store.read(media.sha256) == JPEG
    assert [notice["data"] for notice in notices.of("media")] == [
        [{"id": str(media.id), "deployment_id": str(media.deployment_id)}]
    ]


def test_a_disk_full_of_pictures_holds_up_only_pictures(
    field: Field, node: NodeClient, settings: CloudSettings
) -> None:
    """A file where the folder must be: the store refuses like a full disk, even to root."""
    settings.media_dir.parent.mkdir(parents=True, exist_ok=True)
    settings.media_dir.touch()
    media = field.media(JPEG)
    node.send(Kind.MEDIA, JPEG, media=media)
    batch, heartbeat, fire = node.observe(field.observation(1)), field.heartbeat(), field.suspicion()
    node.send(Kind.HEARTBEAT, heartbeat.model_dump_json())
    node.send(Kind.SUSPICIONS, fire.model_dump_json())
    eventually(lambda: node.receipts == {batch.message_id, heartbeat.message_id, fire.message_id})
    settings.media_dir.unlink()
    eventually(lambda: media.message_id in node.receipts)


def test_pictures_that_are_not_what_they_say_go_to_quarantine(field: Field, node: NodeClient) -> None:
    wrong_sum = field.media(b"another picture")
    svg = field.media(JPEG, mime="image/svg+xml")
    nobodys = [field.media(JPEG, deployment_id=uuid7()) for _ in range(2)]
    for media in (wrong_sum, svg, *nobodys):
        node.send(Kind.MEDIA, JPEG, media=media)
    node.send(Kind.MEDIA, JPEG)
    eventually(lambda: {m.message_id for m in (wrong_sum, svg, *nobodys)} <= node.receipts)
    eventually(lambda: field.count("quarantine") == 5)
    reasons = sorted(reason[:28] for (reason,) in field.rows("SELECT reason FROM quarantine"))
    assert reasons == [
        "a picture without its record",
        "image/svg+xml is not kept, o",
        "the picture's SHA-256 is not",
        *(f"there is no deployment {media.deployment_id}"[:28] for media in nobodys),
    ]
    assert field.count("media") == 0


def test_suspicions_of_one_fire_make_one_incident(field: Field, node: NodeClient, notices: Notices) -> None:
    first, second = field.suspicion(0), field.suspicion(5)
    elsewhere = field.suspicion(5.5, bearing_deg=200, id=uuid7())
    for message in (first, second, elsewhere, first):
        node.send(Kind.SUSPICIONS, message.model_dump_json())
    eventually(lambda: {m.message_id for m in (first, second, elsewhere)} <= node.receipts)
    eventually(
        lambda: len(notices.of("incident")) == 3 or sum(len(n["data"]) for n in notices.of("incident")) == 3
    )
    incidents = field.rows(
        "SELECT i.first_seen_at, i.last_seen_at, array_agg(s.id ORDER BY s.observed_at), "
        "(SELECT array_agg(action ORDER BY id) FROM incident_log WHERE incident_id = i.id) "
        "FROM incident i JOIN suspicion s ON s.incident_id = i.id GROUP BY i.id ORDER BY i.first_seen_at"
    )
    assert [incident[:2] for incident in incidents] == [
        (NOON - timedelta(minutes=2), NOON + timedelta(minutes=5)),
        (elsewhere.suspicion.first_seen_at, elsewhere.suspicion.observed_at),
    ]
    assert [incident[2] for incident in incidents] == [
        [first.suspicion.id, second.suspicion.id],
        [elsewhere.suspicion.id],
    ]
    # There is nobody in this reserve who could be called, and that is on record.
    assert [incident[3] for incident in incidents] == [["opened", "late", "nobody_reachable"]] * 2


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CALENDAR_ENDS = datetime(9999, 12, 31, 23, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "confirmed", "shown_from"),
    [
        pytest.param(EPOCH, EPOCH + timedelta(minutes=3), EPOCH, id="never set"),
        pytest.param(EPOCH, NOON, NOON, id="set within the confirming window"),
        pytest.param(NOON, EPOCH, EPOCH, id="set back within it"),
        pytest.param(CALENDAR_ENDS, CALENDAR_ENDS, CALENDAR_ENDS, id="at the end of the calendar"),
        pytest.param(
            datetime(1, 1, 1, 0, 10, tzinfo=UTC),
            datetime(1, 1, 1, 0, 12, tzinfo=UTC),
            datetime(1, 1, 1, 0, 10, tzinfo=UTC),
            id="at its beginning",
        ),
    ],
)
def test_a_fire_is_accepted_whatever_its_clock_says(
    field: Field, node: NodeClient, first: datetime, confirmed: datetime, shown_from: datetime
) -> None:
    clock = {"quality": "unsynchronised"}
    message = field.suspicion(observed_at=confirmed, first_seen_at=first, clock=clock)
    node.send(Kind.SUSPICIONS, message.model_dump_json())
    eventually(lambda: message.message_id in node.receipts)
    assert field.rows("SELECT first_seen_at, last_seen_at FROM incident") == [(shown_from, confirmed)]
    assert field.count("quarantine") == 0


def test_a_clock_that_was_wrong_swallows_no_other_fire(field: Field, node: NodeClient) -> None:
    """One suspicion with a first frame of 1970 once made its incident span all fires of its camera since."""
    last_year = NOON - timedelta(days=365)
    fires = [
        field.suspicion(first_seen_at=EPOCH),
        field.suspicion(id=uuid7(), observed_at=last_year, first_seen_at=last_year),
        field.suspicion(5),
    ]
    for fire in fires:
        node.send(Kind.SUSPICIONS, fire.model_dump_json())
        eventually(lambda fire=fire: fire.message_id in node.receipts)
    spans = field.rows("SELECT first_seen_at, last_seen_at FROM incident ORDER BY 1")
    assert spans == [(last_year, last_year), (NOON, NOON + timedelta(minutes=5))]


def test_heartbeats_carry_effort_and_tell_of_changes(
    field: Field, node: NodeClient, notices: Notices
) -> None:
    def beat(minute: int, **fields: Any) -> None:
        heartbeat = field.heartbeat(minute, **fields)
        node.send(Kind.HEARTBEAT, heartbeat.model_dump_json())
        eventually(lambda: heartbeat.message_id in node.receipts)

    node.send(Kind.STATE, NodeState(online=True, at=NOON).model_dump_json())
    eventually(lambda: field.count("node", "online"))
    beat(1)
    told = len(notices.of("deployment"))
    beat(2)
    assert len(notices.of("deployment")) == told, "nothing has changed"
    cameras = [camera.model_copy(update={"frozen": True}) for camera in field.heartbeat(3).cameras]
    beat(3, cameras=cameras)
    (news,) = notices.of("deployment")[told:]
    assert {item["id"] for item in news["data"]} == {str(id_) for id_ in field.deployments["node-1"]}
    assert news["data"][0]["health"]["status"] == "attention"
    assert news["data"][0]["health"]["reasons"] == ["frozen"]
    assert field.count("heartbeat") == 3
    assert field.rows("SELECT sum(ended_at - started_at)::text, count(*) FROM effort") == [("00:03:00", 3)]


def test_a_node_that_vanishes_is_offline_by_its_last_will(field: Field, node: NodeClient) -> None:
    assert node.connected.wait(60)
    node.send(Kind.STATE, NodeState(online=True, at=NOON).model_dump_json()).wait_for_publish(60)
    eventually(lambda: field.count("node", "online"))
    node.vanish()
    eventually(lambda: not field.count("node", "online"))
