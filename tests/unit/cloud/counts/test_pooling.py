"""Species pooled by taxonomy: each observation once, or left out and counted as such."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fieldwatch_cloud.counts.events import Record, independent_events
from fieldwatch_cloud.counts.methods.pooling import Rank, members, pool, pooled

TAXONOMY = {
    "Panthera": {"family": "Felidae", "order": "Carnivora"},
    "Lynx lynx": {"family": "Felidae", "order": "Carnivora"},
    "Felidae": {"order": "Carnivora"},
    "Ardea cinerea": {"family": "Ardeidae"},
}


@pytest.mark.parametrize(
    ("name", "rank", "group"),
    [
        ("Panthera uncia", "species", "Panthera uncia"),
        ("Panthera uncia", "genus", "Panthera"),
        ("Panthera uncia uncia", "species", "Panthera uncia"),
        ("Panthera", "genus", "Panthera"),
        ("Panthera", "species", None),
        ("Panthera pardus", "family", "Felidae"),
        ("Panthera pardus orientalis", "order", "Carnivora"),
        ("Lynx lynx carpathicus", "family", "Felidae"),
        ("Felidae", "family", "Felidae"),
        ("Felidae", "order", "Carnivora"),
        ("Felidae", "genus", None),
        ("Carnivora", "family", None),
        ("Ardea alba", "family", None),
        (None, "genus", None),
    ],
)
def test_pooled(name: str | None, rank: Rank, group: str | None) -> None:
    assert pooled(name, rank, TAXONOMY) == group


def test_pooled_before_events_so_that_none_is_doubled() -> None:
    start = datetime(2026, 5, 1, tzinfo=UTC)

    def record(name: str | None, minute: int, kind: str = "animal") -> Record:
        at = start + timedelta(minutes=minute)
        return Record("a", (name, kind), at, at + timedelta(minutes=5), 1)

    records = [
        record("Ardea cinerea", 0), record("Ardea alba", 1), record("Ardea", 2), record("Ardeidae", 3),
        record(None, 4), record(None, 5, "human"),
    ]  # fmt: skip
    kept, left_out = pool(records, "genus", TAXONOMY)
    assert left_out == 2
    events = independent_events(kept, timedelta(minutes=30))
    assert [(e.taxon, e.observations, e.max_n) for e in events] == [
        ((None, "human"), 1, 1),
        (("Ardea", "animal"), 3, 3),
    ]
    assert len(independent_events(records[:3], timedelta(minutes=30))) == 3


def test_members() -> None:
    names = ["Panthera uncia", "Lynx lynx", "Sus scrofa", "Felidae", "Panthera uncia"]
    assert members("Felidae", "family", names, TAXONOMY) == ["Felidae", "Lynx lynx", "Panthera uncia"]
