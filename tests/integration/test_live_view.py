"""Live view on request, from asking to the picture that moves: real broker, real API, a node as a process."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from fieldwatch_cloud.db import sensitive
from fieldwatch_cloud.live_view import rules
from fieldwatch_cloud.live_view.shelf import Shelf

from .cloud_field import RESERVE, eventually
from .live_world import LiveWorld, decoded, live_world, moving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.services.mosquitto import EmbeddedMosquitto

# Up to three nodes, each a process that loads a detector, one after the other.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def world(
    db: Database,
    database_url: str,
    mosquitto: EmbeddedMosquitto,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[LiveWorld]:
    # A viewer of a test looks when its machine lets it.
    monkeypatch.setattr(rules, "LOOKED_WITHIN", timedelta(minutes=5))
    with live_world(db, database_url, mosquitto, tmp_path) as world:
        yield world


class Viewer:
    """Somebody in a browser: asks, and looks at the playlist as a player does."""

    def __init__(self, http: httpx2.Client, deployment: Any) -> None:
        self.http = http
        self._deployment = deployment
        self.view: dict[str, Any] = {}

    def ask(self, minutes: int = 5) -> dict[str, Any]:
        answer = self.http.post(f"/deployments/{self._deployment}/live", json={"minutes": minutes})
        assert answer.status_code == 200, answer.text
        self.view = answer.json()
        return self.view

    def now(self) -> dict[str, Any]:
        answer = self.http.get(f"/live-views/{self.view['id']}")
        assert answer.status_code == 200, answer.text
        self.view = answer.json()
        return self.view

    def until(self, state: str, within_s: float = 120, *, looking: bool = True) -> dict[str, Any]:
        def there() -> bool:
            if looking:
                self.playlist()
            return bool(self.now()["state"] == state)

        eventually(there, within_s=within_s)
        return self.view

    def playlist(self) -> str | None:
        answer = self.http.get(f"/live-views/{self.view['id']}/playlist.m3u8")
        return answer.text if answer.status_code == 200 else None

    def piece(self, name: str) -> bytes:
        answer = self.http.get(f"/live-views/{self.view['id']}/{name}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        return answer.content

    def watch(self, pieces: int) -> list[Any]:
        """All pictures of so many pieces."""
        seen: dict[str, bytes] = {}

        def enough() -> bool:
            for name in re.findall(r"^\d+\.m4s$", self.playlist() or "", re.MULTILINE):
                seen.setdefault(name, b"")
                seen[name] = seen[name] or self.piece(name)
            return len(seen) >= pieces

        eventually(enough, within_s=120)
        ordered = sorted(seen, key=lambda name: int(name.partition(".")[0]))
        return decoded(self.piece("init.mp4") + b"".join(seen[name] for name in ordered))


@contextmanager
def viewer(world: LiveWorld, role: str = "manager") -> Iterator[Viewer]:
    with world.person(role) as http:
        yield Viewer(http, world.deployment)


def test_somebody_asks_sees_moving_pictures_and_stops(world: LiveWorld) -> None:
    with world.node(), viewer(world) as manager, viewer(world, "ranger") as ranger:
        began = time.monotonic()
        asked = manager.ask()
        assert (asked["state"], asked["playlist"], asked["asked_by"]) == ("asked", None, "Manager")
        shown = manager.until("streaming")
        print(f"first piece after {time.monotonic() - began:.1f} s: {shown['first_picture_after_s']:.2f} s")
        frames = manager.watch(pieces=3)
        assert len(frames) > 3  # 5 s at 5 a second where the machine keeps up; more than one a piece anywhere
        assert moving(frames)
        # Another one sees the same stream, and gets more time for both.
        joined = ranger.ask(minutes=10)
        assert joined["id"] == asked["id"]
        assert joined["until"] > asked["until"]
        assert ranger.watch(pieces=1)
        stopped = ranger.http.post(f"/live-views/{asked['id']}/stop").json()
        assert (stopped["state"], stopped["reason"], stopped["stopped_by"]) == ("ended", "stopped", "Ranger")
        eventually(lambda: "live_view.ended" in (world.folder / "node.log").read_text())
        assert "#EXT-X-ENDLIST" in (manager.playlist() or "")
        (record,) = manager.http.get(f"/reserves/{RESERVE}/live-views").json()["items"]
        assert record["segments"] >= 3
        assert record["budget"]["used_bytes"] == record["budget"]["used_today_bytes"] > 20_000
        # Detection went on all the while.
        eventually(lambda: world.field.count("heartbeat") > 3)


def test_it_ends_by_itself_and_leaves_nothing(world: LiveWorld) -> None:
    with world.node(), viewer(world) as manager:
        manager.ask()
        manager.until("streaming")
        world.change("until = now() + interval '1 s'")  # the answer to the next piece says so to the node
        manager.until("ended")
        assert (manager.view["reason"], manager.view["segments"] >= 1) == ("time", True)

        manager.ask()
        world.change("max_bytes = 60000")
        manager.until("ended")
        assert manager.view["reason"] == "byte_budget"
        assert 0 < manager.view["budget"]["used_bytes"] <= 60_000

        manager.ask()
        manager.until("streaming", looking=False)
        world.change("first_segment_at = first_segment_at - interval '40 s'")
        manager.until("ended", looking=False)
        assert manager.view["reason"] == "nobody_looks"
        eventually(lambda: (world.folder / "node.log").read_text().count("live_view.ended") == 3)

        shelf = Shelf(world.settings.live_dir)
        assert shelf.views()
        world.change("ended_at = ended_at - interval '1 minute'", over=True)
        world.sweep()
        assert shelf.views() == set()
        assert manager.playlist() is None


def test_the_days_budget_outlives_a_restart_of_the_node(world: LiveWorld) -> None:
    budget = "bytes_per_day = 90000"
    with world.node(budget), viewer(world) as manager:
        manager.ask()
        manager.until("ended")
        assert (manager.view["reason"], manager.view["segments"] > 0) == ("day_budget", True)
        used = manager.view["budget"]["used_bytes"]
    with world.node(budget), viewer(world) as manager:
        manager.ask()
        eventually(lambda: manager.now()["ended_at"])
        assert manager.view["reason"] == "day_budget"
        assert used + manager.view["budget"]["used_bytes"] <= 90_000
    with world.node("enabled = false"), viewer(world) as manager:
        manager.ask()
        manager.until("refused")
        assert manager.view["reason"] == "disabled"


def test_a_node_that_is_away_is_unreachable_at_once_and_hears_of_nothing_later(world: LiveWorld) -> None:
    with world.node():
        pass  # its session with the broker lasts
    eventually(lambda: not world.online())
    with viewer(world) as manager:
        assert (manager.ask()["state"], manager.view["reason"]) == ("unreachable", "offline")
        with world.node():
            again = manager.ask()
            assert again["id"] != manager.http.get(f"/reserves/{RESERVE}/live-views").json()["items"][1]["id"]
            manager.until("streaming")
        assert "live_view.began" in (world.folder / "node.log").read_text()
        assert (world.folder / "node.log").read_text().count("live_view.began") == 1
        # The node said why it ended.
        manager.until("ended")
        assert manager.view["reason"] == "node_stopped"


def test_strangers_see_nothing_and_a_node_that_vanishes_is_found_out(world: LiveWorld) -> None:
    with world.node() as process, viewer(world) as manager, viewer(world, "researcher") as researcher:
        asked = manager.ask()
        manager.until("streaming")
        base = f"/live-views/{asked['id']}"
        assert researcher.http.get(f"{base}/playlist.m3u8").status_code == 403
        assert researcher.http.get(f"{base}/1.m4s").status_code == 403
        with httpx2.Client(base_url=f"{world.url}/api/v1") as anybody:
            assert anybody.get(f"{base}/playlist.m3u8").status_code == 401
            assert anybody.put(f"{base}/segments/7", content=b"x").status_code == 401
            for token in ("x" * 43, manager.http.headers["authorization"].removeprefix("Bearer ")):
                headers = {"Authorization": f"Bearer {token}"}
                status = anybody.put(f"{base}/segments/7", content=b"x", headers=headers).status_code
                assert status in (401, 404)
                ended = anybody.post(f"{base}/ended", json={"reason": "power"}, headers=headers)
                assert ended.status_code in (401, 404)
        assert manager.now()["state"] == "streaming"
        # In a reserve that hides places, rangers see no camera live: not this one, nor any other.
        with world.field.db.transaction() as conn:
            (row,) = conn.execute("SELECT id FROM reserve WHERE slug = %s", (RESERVE,))
            sensitive.replace(conn, row[0], {"Nipponia nippon": 1000})
        with viewer(world, "ranger") as ranger:
            asked_too = ranger.http.post(f"/deployments/{world.deployment}/live", json={"minutes": 1})
            assert asked_too.status_code == 403
            assert ranger.http.get(f"{base}/playlist.m3u8").status_code == 403
        assert manager.playlist()

        process.kill()
        process.wait()

        def found_out() -> bool:
            # Again, where a piece that was under way came after it.
            world.change("last_segment_at = now() - interval '31 s', watched_at = now()")
            return world.sweep() == 1

        eventually(found_out)
        assert (manager.now()["state"], manager.view["reason"]) == ("ended", "node_silent")
        # Asked while nobody has noticed that it is gone: it does not answer. (Its last will has come before.)
        eventually(lambda: not world.online())
        with world.field.db.transaction() as conn:
            conn.execute("UPDATE node SET online = true")
        assert manager.ask()["state"] == "asked"
        world.change("asked_at = now() - interval '46 s'")
        world.sweep()
        assert (manager.now()["state"], manager.view["reason"]) == ("unreachable", "no_answer")


def test_a_node_that_knows_no_commands_is_told_apart(world: LiveWorld) -> None:
    """An old node is connected, but listens to no such topic: the broker knows at once."""
    with world.field.db.transaction() as conn:
        conn.execute("UPDATE node SET online = true")
    with viewer(world) as manager:
        manager.ask()
        manager.until("unreachable", looking=False)
        assert manager.view["reason"] == "not_listening"
