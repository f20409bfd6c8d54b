from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest
from tests.unit.edge.records import heartbeat, observation, picture, suspicion

import fieldwatch_edge.outbox
from fieldwatch_edge.errors import CorruptOutboxError, OutboxError
from fieldwatch_edge.outbox import Checkpoint, Entry, Outbox, Priority
from fieldwatch_edge.outbox.records import checksum
from fieldwatch_shared.messages import Clock, ClockQuality, Media, ObservationBatch, SuspicionMessage
from fieldwatch_shared.topics import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MIB = 1024**2


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    outbox = Outbox(tmp_path / "outbox.sqlite", 64 * MIB)
    yield outbox
    outbox.close()


def taken(outbox: Outbox, now: float = 0, batch: int = 100) -> list[Kind]:
    kinds = []
    while (message := outbox.take(now, batch)) is not None:
        kinds.append(message.kind)
    return kinds


def test_fires_go_first_then_their_pictures_heartbeats_observations_other_pictures(outbox: Outbox) -> None:
    outbox.write(
        ready=[
            Entry.of(picture(1)),
            Entry.of(observation(1)),
            Entry.of(heartbeat(1)),
            Entry.of(picture(3), Priority.SUSPICION_CONTEXT),
            Entry.of(picture(2), Priority.SUSPICION_PICTURE),
            Entry.of(suspicion(1)),
        ]
    )
    pictures = [entry.id for entry in outbox if entry.kind is Kind.MEDIA]
    assert pictures == [str(picture(n).media.id) for n in (2, 3, 1)]
    assert taken(outbox) == [
        Kind.SUSPICIONS,
        Kind.MEDIA,
        Kind.MEDIA,
        Kind.HEARTBEAT,
        Kind.OBSERVATIONS,
        Kind.MEDIA,
    ]


def test_messages_follow_the_contract(outbox: Outbox) -> None:
    outbox.write(ready=[Entry.of(suspicion(1)), Entry.of(picture(1)), Entry.of(observation(1))])
    fire, batch, shot = (outbox.take(0, 100) for _ in range(3))
    assert fire is not None
    assert batch is not None
    assert shot is not None
    assert SuspicionMessage.model_validate_json(fire.payload).suspicion == suspicion(1)
    assert SuspicionMessage.model_validate_json(fire.payload).message_id == fire.id
    read = ObservationBatch.model_validate_json(batch.payload)
    assert (read.message_id, read.observations) == (batch.id, [observation(1)])
    assert shot.media is not None
    media = Media.model_validate_json(shot.media)
    assert (media, media.message_id, shot.payload) == (picture(1).media, shot.id, picture(1).encoded)


def test_observations_are_batched_in_order(outbox: Outbox) -> None:
    outbox.write(ready=[Entry.of(observation(n)) for n in range(5)])
    sizes = []
    seen = []
    while (message := outbox.take(0, 2)) is not None:
        batch = ObservationBatch.model_validate_json(message.payload)
        sizes.append(len(batch.observations))
        seen += batch.observations
    assert sizes == [2, 2, 1]
    assert seen == [observation(n) for n in range(5)]


def test_a_message_is_resent_identically_after_a_lost_connection_and_a_restart(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o", 64 * MIB)
    outbox.write(ready=[Entry.of(observation(n)) for n in range(3)])
    first = outbox.take(0, 2)
    assert outbox.take(0, 2) is not None
    outbox.write(ready=[Entry.of(observation(9))])
    outbox.close()
    outbox = Outbox(tmp_path / "o", 64 * MIB)
    outbox.resend_all()
    assert outbox.take(0, 100) == first
    outbox.close()


def test_only_a_receipt_deletes(outbox: Outbox) -> None:
    outbox.write(ready=[Entry.of(observation(1)), Entry.of(observation(2)), Entry.of(suspicion(1))])
    fire, batch = outbox.take(0, 100), outbox.take(0, 100)
    assert fire is not None
    assert batch is not None
    assert not outbox.empty
    assert outbox.forget([batch.id, fire.id, batch.id]) == 3
    assert outbox.empty
    # A resent receipt, or one for a message of another life, does no harm.
    assert outbox.forget([batch.id]) == 0


def test_without_a_receipt_a_message_is_due_again_later_and_later(outbox: Outbox) -> None:
    outbox.write(ready=[Entry.of(suspicion(1))])
    now, waits = 0.0, []
    for _ in range(9):
        assert outbox.take(now, 100) is not None
        assert outbox.take(now, 100) is None
        due = outbox.next_overdue()
        assert due is not None
        assert outbox.resend_overdue(due - 0.001) == 0
        assert outbox.resend_overdue(due) == 1
        waits.append(due - now)
        now = due
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_what_may_not_go_is_left(outbox: Outbox) -> None:
    urgent_only = {Priority.SUSPICION: 10**6}
    outbox.write(ready=[Entry.of(observation(1)), Entry.of(picture(1), Priority.SUSPICION_PICTURE)])
    assert outbox.take(0, 100, urgent_only) is None
    outbox.write(ready=[Entry.of(suspicion(1))])
    message = outbox.take(0, 100, urgent_only)
    assert message is not None
    assert message.kind is Kind.SUSPICIONS


def test_a_waiting_record_is_replaced_but_not_one_in_a_message(outbox: Outbox) -> None:
    outbox.write(ready=[Entry.of(observation(1, frames=1))])
    outbox.write(ready=[Entry.of(observation(1, frames=2))])
    message = outbox.take(0, 100)
    outbox.write(ready=[Entry.of(observation(1, frames=3))])
    assert outbox.take(0, 100) is None
    outbox.resend_all()
    again = outbox.take(0, 100)
    assert again == message
    assert again is not None
    assert ObservationBatch.model_validate_json(again.payload).observations[0].frames == 2


def test_a_record_that_is_gone_may_come_again(outbox: Outbox) -> None:
    for _ in range(2):
        outbox.write(ready=[Entry.of(observation(1))])
        message = outbox.take(0, 100)
        assert message is not None
        outbox.forget([message.id])
    assert outbox.empty


def test_a_picture_that_a_fire_needs_too_becomes_urgent(outbox: Outbox) -> None:
    outbox.write(ready=[Entry.of(picture(1)), Entry.of(heartbeat(1))])
    outbox.write(ready=[Entry.of(picture(1), Priority.SUSPICION_PICTURE)])
    assert taken(outbox) == [Kind.MEDIA, Kind.HEARTBEAT]


def test_open_tracks_wait_until_they_end_or_are_released(outbox: Outbox) -> None:
    outbox.write("a", open_tracks=[Entry.of(observation(1)), Entry.of(observation(2))])
    outbox.write("b", open_tracks=[Entry.of(observation(3))])
    assert outbox.take(0, 100) is None
    assert outbox.empty
    assert outbox.statistics().open_tracks == 3
    outbox.write("a", open_tracks=[Entry.of(observation(1, frames=5))])
    outbox.write("a", ready=[Entry.of(observation(2, frames=7))])
    # An open version that comes late, as in a replay, does not take back the ready one.
    outbox.write("a", open_tracks=[Entry.of(observation(2, frames=1))])
    assert outbox.release("a") == 1
    message = outbox.take(0, 100)
    assert message is not None
    observations = ObservationBatch.model_validate_json(message.payload).observations
    assert observations == [observation(1, frames=5), observation(2, frames=7)]
    assert outbox.statistics().open_tracks == 1


def test_a_checkpoint_and_the_records_that_it_covers_are_one_transaction(outbox: Outbox) -> None:
    assert outbox.checkpoint("a") is None
    outbox.write("a", ready=[Entry.of(observation(1))], checkpoint=Checkpoint("p1", "{}"))
    broken = Entry("x", Kind.MEDIA, None, "{}")  # type: ignore[arg-type]  # no priority: refused by SQLite
    with pytest.raises(OutboxError):
        outbox.write("a", ready=[Entry.of(observation(2)), broken], checkpoint=Checkpoint("p2", "{}"))
    assert outbox.checkpoint("a") == Checkpoint("p1", "{}")
    assert [entry.id for entry in outbox] == [str(observation(1).id)]


def test_when_full_pictures_go_first_then_old_observations_and_fires_last(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o", MIB)
    outbox.write(ready=[Entry.of(suspicion(n)) for n in range(50)])
    outbox.write(ready=[Entry.of(picture(0, 20_000), Priority.SUSPICION_PICTURE)])
    for n in range(1, 80):
        outbox.write(ready=[Entry.of(picture(n, 20_000))])
    statistics = outbox.statistics()
    assert statistics.bytes <= MIB
    assert set(statistics.given_up) == {Kind.MEDIA}
    kept = [json.loads(entry.body)["id"] for entry in outbox if entry.kind is Kind.MEDIA]
    assert str(picture(0).media.id) in kept, "the picture of a fire goes after the others"
    assert str(picture(79).media.id) in kept, "the newest picture goes last"
    for start in range(0, 3000, 100):
        outbox.write(ready=[Entry.of(observation(n)) for n in range(start, start + 100)])
    statistics = outbox.statistics()
    assert statistics.bytes <= MIB
    assert Kind.MEDIA not in statistics.records
    assert statistics.given_up[Kind.MEDIA] == 80
    assert statistics.records[Kind.OBSERVATIONS] + statistics.given_up[Kind.OBSERVATIONS] == 3000
    newest = [entry.id for entry in outbox if entry.kind is Kind.OBSERVATIONS][-1]
    assert newest == str(observation(2999).id)
    assert statistics.records[Kind.SUSPICIONS] == 50
    assert Kind.SUSPICIONS not in statistics.given_up
    outbox.close()


def test_one_picture_too_many_costs_one_picture_the_oldest(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o", MIB)
    written = [str(picture(n).media.id) for n in range(12)]
    for n in range(12):
        outbox.write(ready=[Entry.of(picture(n, 100_000), Priority.SUSPICION_PICTURE)])
    assert [entry.id for entry in outbox] == written[-9:]
    assert outbox.statistics().given_up == {Kind.MEDIA: 3}
    outbox.close()


def test_new_records_are_announced_and_open_tracks_are_not(outbox: Outbox) -> None:
    calls: list[int] = []
    outbox.listen(lambda: calls.append(1))
    outbox.write("a", open_tracks=[Entry.of(observation(1))], checkpoint=Checkpoint(None, "{}"))
    assert calls == []
    outbox.write(ready=[Entry.of(observation(2))])
    assert calls == [1]
    outbox.release("a")
    assert calls == [1, 1]


def test_a_file_that_is_no_outbox_or_too_new_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "junk").write_bytes(b"no database" * 1000)
    with pytest.raises(OutboxError, match="junk cannot be used"):
        Outbox(tmp_path / "junk", MIB)
    connection = sqlite3.connect(tmp_path / "new")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(OutboxError, match="format 99"):
        Outbox(tmp_path / "new", MIB)


def test_a_full_disk_is_an_error_and_leaves_the_outbox_whole(outbox: Outbox) -> None:
    outbox.write(ready=[Entry.of(observation(1))])
    pages = outbox._writer.execute("PRAGMA page_count").fetchone()[0]
    outbox._writer.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OutboxError, match="full"):
        outbox.write(ready=[Entry.of(picture(1, 100_000))])
    outbox._writer.execute("PRAGMA max_page_count = 1000000")
    outbox.write(ready=[Entry.of(picture(1, 100_000))])
    assert taken(outbox) == [Kind.OBSERVATIONS, Kind.MEDIA]


def test_reading_all_that_waits_goes_page_by_page_while_records_come_and_go(outbox: Outbox) -> None:
    outbox.write(ready=[Entry.of(picture(n)) for n in range(200)])
    reading = iter(outbox)
    assert next(reading).id == str(picture(0).media.id)
    outbox.write(ready=[Entry.of(picture(200))])
    outbox.forget([picture(100).media.id])
    read = [entry.id for entry in reading]
    assert read == [str(picture(n).media.id) for n in range(1, 201) if n != 100]


def test_a_clip_travels_as_what_it_is(outbox: Outbox) -> None:
    still = picture(1)
    clip = replace(still, media=still.media.model_copy(update={"mime": "image/webp"}))
    outbox.write(ready=[Entry.of(clip)])
    message = outbox.take(0, 100)
    assert message is not None
    assert message.content_type == "image/webp"


def test_an_outbox_of_the_format_before_keeps_its_order_and_loses_nothing(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o", MIB)
    outbox.write(
        ready=[
            Entry.of(picture(1)),
            Entry.of(observation(1)),
            Entry.of(observation(2)),
            Entry.of(heartbeat(1)),
            Entry.of(picture(2), Priority.SUSPICION_PICTURE),
            Entry.of(suspicion(1)),
        ]
    )
    outbox.close()
    # As format 1 had them: heartbeats 2, observations 3, pictures 4; no readings, no checksums.
    schema = files(fieldwatch_edge.outbox).joinpath("schema.sql").read_text().replace(", 'readings'", "")
    schema = re.sub(r",\s*checksum\s+INTEGER", "", re.sub(r"--.*", "", schema))
    columns = "seq, id, kind, priority, camera, body, attachment, bytes, message_id, attempts, retry_at"
    (tmp_path / "o").rename(tmp_path / "new")
    with contextlib.closing(sqlite3.connect(tmp_path / "o", isolation_level=None)) as connection:
        connection.executescript(schema)
        connection.execute("ATTACH ? AS new", (str(tmp_path / "new"),))
        connection.execute(f"INSERT INTO record ({columns}) SELECT {columns} FROM new.record")  # noqa: S608
        connection.execute("UPDATE record SET priority = priority - 1 WHERE priority > 2")
        connection.execute("PRAGMA user_version = 1")
        assert "checksum" not in str(connection.execute("SELECT sql FROM main.sqlite_schema").fetchall())
    for _ in range(2):  # once, however often it is opened
        outbox = Outbox(tmp_path / "o", MIB)
        assert [entry.priority for entry in outbox] == [0, 1, 3, 4, 4, 5]
        outbox.close()
    outbox = Outbox(tmp_path / "o", MIB)
    assert taken(outbox) == [Kind.SUSPICIONS, Kind.MEDIA, Kind.HEARTBEAT, Kind.OBSERVATIONS, Kind.MEDIA]
    # What format 3 brought: a kind more, and checksums.
    outbox.write("a", ready=[Entry("x", Kind.READINGS, Priority.PICTURE, "{}", None, "x")])
    outbox.write("a", checkpoint=Checkpoint("p", "{}"))
    outbox.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "o")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        kept = dict(connection.execute("SELECT id, checksum FROM record"))
        assert (kept["x"], kept[str(suspicion(1).id)]) == (checksum("x", "readings", "{}"), None)


def test_a_bit_that_the_disk_has_changed_is_seen_before_it_is_sent(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o", MIB)
    outbox.write(ready=[Entry.of(observation(1))])
    with contextlib.closing(sqlite3.connect(tmp_path / "o")) as connection:
        connection.execute("UPDATE record SET body = replace(body, '0.9', '0.1')")
        connection.commit()
    with pytest.raises(CorruptOutboxError, match="not as written"):
        outbox.take(0, 100)
    assert outbox.corrupt
    outbox.close()


def test_what_the_disk_has_changed_gets_no_checksum_that_says_otherwise(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o", MIB)
    unsure = Clock(quality=ClockQuality.UNSYNCHRONISED)
    entries = [Entry.of(observation(n).model_copy(update={"clock": unsure})) for n in (1, 2, 3)]
    outbox.write("camera", ready=entries, checkpoint=Checkpoint("7.jpg", "{}"))
    with contextlib.closing(sqlite3.connect(tmp_path / "o")) as connection:
        connection.execute("UPDATE record SET body = replace(body, '0.9', '0.1') WHERE seq = 1")
        connection.execute("UPDATE record SET body = '}' || substr(body, 2) WHERE seq = 2")
        connection.execute("UPDATE checkpoint SET position = '9.jpg'")
        connection.commit()
    live = frozenset({str(observation(1).deployment_id)})
    assert outbox.clock_was_wrong(lambda _: True, 5.0, live) == 1, "the one that is as written"
    assert not outbox.corrupt
    with pytest.raises(CorruptOutboxError, match="not as written"):
        outbox.take(0, 100)
    with pytest.raises(CorruptOutboxError, match="camera stands"):
        outbox.checkpoint("camera")
    outbox.close()


def test_a_message_is_no_larger_than_what_may_go_though_the_oldest_record_is(outbox: Outbox) -> None:
    long = observation(1).model_copy(update={"model": "m" * 120})
    outbox.write(ready=[Entry.of(long), Entry.of(observation(2)), Entry.of(observation(3))])
    largest = Entry.of(long).size - 1
    message = outbox.take(0, 1, {Priority.OBSERVATION: largest})
    assert message is not None
    batch = ObservationBatch.model_validate_json(message.payload)
    assert batch.observations == [observation(2)]


def test_what_is_carried_is_what_would_be_sent_and_counts_as_nothing_sent(outbox: Outbox) -> None:
    records = [observation(1), suspicion(2), picture(3), observation(4), heartbeat(5), observation(6)]
    outbox.write(ready=[Entry.of(record) for record in records])
    first = list(outbox.carry(2))
    assert [message.kind for message in first] == [
        Kind.SUSPICIONS, Kind.HEARTBEAT, Kind.OBSERVATIONS, Kind.OBSERVATIONS, Kind.MEDIA,
    ]  # fmt: skip
    assert list(outbox.carry(100)) == first, "messages once formed stay as they are"
    sent = []
    while message := outbox.take(0, 100):
        sent.append(message)
    assert sent == first
    assert outbox.forget([message.id for message in first[:3]]) == 4
    assert list(outbox.carry(100)) == first[3:]
