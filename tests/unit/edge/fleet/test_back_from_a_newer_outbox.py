"""A version that was rolled back finds an outbox that the newer one has taken over: it watches, and nothing
of what was kept is lost."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from tests.unit.edge.records import heartbeat, observation, picture, suspicion

from fieldwatch_edge.outbox import Entry, Outbox, open_or_renew
from fieldwatch_edge.outbox.salvage import damaged_stores, salvage

if TYPE_CHECKING:
    from pathlib import Path


def test_what_a_newer_version_took_over_is_saved_by_the_older_one(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    outbox = Outbox(path, 2**30)
    entries = [Entry.of(each) for each in (observation(1), suspicion(2), heartbeat(3), picture(4))]
    outbox.write(ready=entries)
    outbox.close()
    with sqlite3.connect(path) as newer:
        newer.execute("ALTER TABLE record ADD COLUMN colour TEXT")
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    outbox, notice = open_or_renew(path, 2**30)
    assert notice is not None
    (aside,) = damaged_stores(path)
    told = salvage(aside, outbox, frozenset())
    assert told is not None
    assert not told.lost
    assert {entry.id for entry in outbox} == {entry.id for entry in entries}
    outbox.close()
