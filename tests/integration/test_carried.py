"""What a node without a link has seen, carried to the office: each record once, at its own time."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from fieldwatch_cloud.errors import DataFileError, NotFoundError
from fieldwatch_cloud.ingest.carried import take_in
from fieldwatch_cloud.media.store import DiskStore
from fieldwatch_cloud.media.thumbnails import Thumbnails
from fieldwatch_cloud.retention.sweep import sweep
from fieldwatch_edge.domain import Picture
from fieldwatch_edge.outbox import Entry, Outbox
from fieldwatch_shared.carried import Carried, write
from fieldwatch_shared.messages import utc_now
from fieldwatch_shared.topics import Kind

from .cloud_field import RESERVE, Field

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.ingest.carried import Outcome

JPEG = b"\xff\xd8\xff\xe0 not much of a picture"
MIB = 1024**2


@pytest.fixture
def field(db: Database) -> Field:
    return Field.make(db)


@pytest.fixture
def outbox(field: Field, tmp_path: Path) -> Iterator[Outbox]:
    outbox = Outbox(tmp_path / "outbox.sqlite", 64 * MIB)
    media = field.media(JPEG)
    media = media.model_copy(update={"message_id": media.id})  # as a node makes it
    records = [*(field.observation(n) for n in range(250)), field.suspicion().suspicion, field.heartbeat()]
    outbox.write(ready=[*map(Entry.of, records), Entry.of(Picture(media, JPEG))])
    yield outbox
    outbox.close()


def carry(outbox: Outbox, path: Path, node: str = "node-1") -> Path:
    messages = (Carried(one.kind, one.payload, one.media) for one in outbox.carry(100))
    write(path, RESERVE, node, messages, utc_now())
    return path


def office(database_url: str, tmp_path: Path, file: Path) -> Outcome:
    return take_in(database_url, DiskStore(tmp_path / "media"), file, largest_picture=MIB)


def counts(field: Field) -> dict[str, int]:
    return {
        table: field.count(table)
        for table in ("observation", "suspicion", "media", "heartbeat", "incident", "quarantine")
    }


def test_all_arrives_once_and_the_receipt_empties_the_outbox(
    field: Field, outbox: Outbox, database_url: str, tmp_path: Path
) -> None:
    told: list[tuple[int, int]] = []
    file = carry(outbox, tmp_path / "stick.fieldwatch")
    store = DiskStore(tmp_path / "media")
    first = take_in(database_url, store, file, largest_picture=MIB, progress=lambda *each: told.append(each))
    assert (first.taken, first.header.messages, first.quarantined, first.lost) == (6, 6, [], 0)
    assert told == [(6, 6)]
    here = counts(field)
    assert here == {
        "observation": 250, "suspicion": 1, "media": 1, "heartbeat": 1, "incident": 1, "quarantine": 0,
    }  # fmt: skip
    assert store.path(hashlib.sha256(JPEG).hexdigest()).read_bytes() == JPEG
    # Again, and again after the link has brought some of it: the same messages.
    second = office(database_url, tmp_path, carry(outbox, tmp_path / "again.fieldwatch"))
    assert second.message_ids == first.message_ids
    assert counts(field) == here
    assert field.rows("SELECT observed_at FROM observation ORDER BY observed_at LIMIT 1") == [
        (field.observation(0).observed_at,)
    ]
    assert outbox.forget(first.receipt.message_ids) == 253
    assert outbox.empty


def test_a_picture_that_was_removed_and_is_carried_here_again_goes_again(
    field: Field, outbox: Outbox, database_url: str, db: Database, tmp_path: Path
) -> None:
    file, store = carry(outbox, tmp_path / "stick.fieldwatch"), DiskStore(tmp_path / "media")
    office(database_url, tmp_path, file)
    with db.transaction() as conn:
        conn.execute(
            "INSERT INTO media_removal (media_id, reserve_id, kind, keep_days, bytes, sha256, file_gone)"
            " SELECT m.id, d.reserve_id, 'people', 30, m.bytes, m.sha256, true"
            " FROM media m JOIN deployment d ON d.id = m.deployment_id"
        )
    removed = store.path(hashlib.sha256(JPEG).hexdigest())
    removed.unlink()
    office(database_url, tmp_path, file)
    sweep(db, store, Thumbnails(store, tmp_path / "small", most_bytes=MIB), utc_now())
    assert not removed.exists()


def test_what_is_no_business_of_this_node_goes_to_quarantine(
    field: Field, database_url: str, tmp_path: Path
) -> None:
    """Its receipt is given all the same: it is kept here, with its reason."""
    outbox = Outbox(tmp_path / "outbox.sqlite", 64 * MIB)
    outbox.write(ready=[Entry.of(field.observation(1)), Entry.of(field.suspicion(node="node-2").suspicion)])
    outcome = office(database_url, tmp_path, carry(outbox, tmp_path / "stick.fieldwatch"))
    outbox.close()
    assert outcome.taken + len(outcome.quarantined) == 2
    assert len(outcome.message_ids) == 2
    assert counts(field)["quarantine"] == 1
    assert counts(field)["incident"] == 0


def test_a_strangers_file_is_refused(field: Field, outbox: Outbox, database_url: str, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no node 'node-9'"):
        office(database_url, tmp_path, carry(outbox, tmp_path / "stick.fieldwatch", node="node-9"))
    (tmp_path / "notes.txt").write_text("milk")
    with pytest.raises(DataFileError, match="no outbox"):
        office(database_url, tmp_path, tmp_path / "notes.txt")
    assert counts(field)["observation"] == 0


def test_a_fire_that_was_carried_is_told_as_late(
    field: Field, outbox: Outbox, database_url: str, tmp_path: Path
) -> None:
    office(database_url, tmp_path, carry(outbox, tmp_path / "stick.fieldwatch"))
    ((seen, received),) = field.rows("SELECT observed_at, received_at FROM suspicion")
    assert seen == field.suspicion().suspicion.observed_at
    assert received - seen > timedelta(days=30)
    assert Kind.SUSPICIONS in {entry.kind for entry in outbox}, "only a receipt deletes"
