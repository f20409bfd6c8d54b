"""From a box to a node, against the real cloud: HTTPS by its own authority, and the broker's door for nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fieldwatch_edge.identity.session import CloudSession

from .enrolment_world import Box, Reserve, reserve_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database


@pytest.fixture
def reserve(db: Database, database_url: str, state_dir: Path) -> Iterator[Reserve]:
    with reserve_world(db, database_url, state_dir) as world:
        yield world


def test_a_box_becomes_a_node_that_logs_in(reserve: Reserve, tmp_path: Path) -> None:
    box = Box(tmp_path / "box")
    done = box.enrol(reserve.url, reserve.code())
    print(done.stdout, done.stderr)
    assert done.returncode == 0
    print(box.config.read_text())
    settings = box.settings()
    with CloudSession.of(settings) as session:
        session.open()
