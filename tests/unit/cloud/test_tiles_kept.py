"""What is kept in memory: how much, how long, and that news makes it worthless."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from fieldwatch_cloud.tiles.kept import Kept, Versions

FOR_EVER = 1e9


def test_the_least_recently_used_go_first() -> None:
    kept: Kept[bytes] = Kept(30, len)
    for name in "abc":
        kept.get_or_make(name, FOR_EVER, lambda: b"x" * 10)
    assert kept.get("a", FOR_EVER) is not None  # Used again: `b` is the oldest now.
    kept.get_or_make("d", FOR_EVER, lambda: b"x" * 10)
    assert [name for name in "abcd" if kept.get(name, FOR_EVER) is not None] == ["a", "c", "d"]
    assert kept.bytes == 30


def test_what_is_larger_than_all_room_is_not_kept() -> None:
    kept: Kept[bytes] = Kept(30, len)
    kept.get_or_make("a", FOR_EVER, lambda: b"x" * 10)
    assert len(kept.get_or_make("b", FOR_EVER, lambda: b"x" * 31)) == 31
    assert (kept.get("b", FOR_EVER), kept.bytes) == (None, 10)


def test_what_is_older_is_made_again_and_counted_once() -> None:
    kept: Kept[bytes] = Kept(30, len)
    kept.get_or_make("a", FOR_EVER, lambda: b"old")
    assert kept.get("a", -1.0) is None
    assert kept.get_or_make("a", -1.0, lambda: b"newer") == b"newer"
    assert (kept.get("a", FOR_EVER), kept.bytes) == (b"newer", 5)


def test_of_many_that_ask_at_once_one_works_it_out() -> None:
    kept: Kept[bytes] = Kept(100, len)
    made: list[int] = []
    asked, go = threading.Barrier(9), threading.Event()

    def make() -> bytes:
        made.append(1)
        assert go.wait(60)
        return b"tile"

    def ask(_: int) -> bytes:
        asked.wait(60)
        return kept.get_or_make("a", FOR_EVER, make)

    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(ask, range(8))
        asked.wait(60)
        go.set()
        assert list(answers) == [b"tile"] * 8
    assert made == [1]


def test_a_failure_is_not_kept_and_the_next_tries_again() -> None:
    kept: Kept[bytes] = Kept(100, len)

    def fail() -> bytes:
        raise ValueError("no database")

    with pytest.raises(ValueError, match="no database"):
        kept.get_or_make("a", FOR_EVER, fail)
    assert kept.get_or_make("a", FOR_EVER, lambda: b"tile") == b"tile"


def test_news_is_of_one_reserve_and_layer() -> None:
    versions = Versions({})
    before = {(r, layer): versions.of(r, layer) for r in "ab" for layer in ("cameras", "density")}
    versions.heard("a", ("cameras",))
    changed = {key for key, version in before.items() if versions.of(*key) != version}
    assert changed == {("a", "cameras")}
    # Heard once, told once.
    assert versions.of("a", "cameras") == versions.of("a", "cameras")


def test_a_flood_of_news_makes_one_version_and_the_last_is_not_lost() -> None:
    versions = Versions({"density": 3600.0})
    first = versions.of("a", "density")
    versions.heard("a", ("density",))
    second = versions.of("a", "density")
    assert second != first
    for _ in range(100):
        versions.heard("a", ("density",))
        assert versions.of("a", "density") == second
    calm = Versions({"density": 0.0})
    calm.heard("a", ("density",))
    one = calm.of("a", "density")
    calm.heard("a", ("density",))
    assert calm.of("a", "density") != one


def test_a_lost_connection_makes_everything_unsure() -> None:
    versions = Versions({"density": 3600.0})
    before = versions.of("a", "density"), versions.of("b", "cameras")
    versions.heard_nothing_for_a_while()
    assert versions.of("a", "density") != before[0]
    assert versions.of("b", "cameras") != before[1]
