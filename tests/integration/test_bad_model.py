"""Ten real nodes under a real cloud: a model that fails in the field harms the first of them, for seconds,
and all are back on the old one without a hand; then a better one reaches all ten."""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import cv2
import pytest
from tests.unit.edge.fleet.world import picture, variant, zipped

from fieldwatch_cloud import node_logs
from fieldwatch_cloud.db import geography, rollouts
from fieldwatch_cloud.db import node_logs as log_rows
from fieldwatch_cloud.db import nodes as node_rows
from fieldwatch_cloud.errors import DatabaseUnavailableError
from fieldwatch_cloud.rollouts import artifacts, run
from fieldwatch_cloud.rollouts.rules import Rules
from fieldwatch_cloud.services.mosquitto_files import hash_password
from fieldwatch_edge.fleet import trial
from fieldwatch_edge.fleet.ledger import Book
from fieldwatch_edge.fleet.origin import Origin
from fieldwatch_edge.lives import live
from fieldwatch_edge.support.log import kept
from fieldwatch_models.registry.signature import make_key, sign
from fieldwatch_shared.messages import RolloutState, utc_now

from .cloud_field import RESERVE, eventually, working
from .edge_world import make_models
from .enrolment_world import Box, Reserve, reserve_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_edge.node import Node

MASTS = tuple(f"mast-{n:02}" for n in range(1, 11))
STAGES = (MASTS[:2], MASTS[2:5], MASTS[5:])
PATIENCE_S = 300
CAMERA = """
[fleet]
settle_s = 0.5
look_s = 0.05
[[camera]]
deployment_id = "{deployment}"
source = {{ kind = "folder", path = "pictures", follow = true, reorder_s = 0, times = {{ kind = "mtime" }} }}
[camera.fire]
detector = {{ model = "plume", threads = 1, trusted_keys = ["../models/maker.pub"] }}
"""


@dataclass
class Mast:
    """One node: enrolled by the real command, watching pictures that come."""

    box: Box
    lives: list[Node] = field(default_factory=list)
    ended: bool = False

    @property
    def book(self) -> Book:
        return Book(self.box.settings().node.state_dir)

    @property
    def origin(self) -> Origin:
        return Origin(self.box.config, models=str(self.box.folder.parent / "models"))

    def born(self, node: Node) -> bool:
        self.lives.append(node)
        return not self.ended

    def live(self) -> None:
        with kept(self.box.settings().node.state_dir):
            live(self.origin, self.born)

    def stop(self) -> None:
        self.ended = True
        if self.lives:
            self.lives[-1].stop()

    def runs(self) -> str | None:
        beat = self.lives[-1]._beside.report().get("fleet") if self.lives else None
        return None if beat is None else beat.models.get("plume")


@dataclass
class Fleet:
    reserve: Reserve
    masts: dict[str, Mast]
    reserve_id: UUID
    key: Path
    green: threading.Event = field(default_factory=threading.Event)

    def model(self, version: str, *, fails_on_green: bool = False) -> str:
        """Made, signed, and uploaded; its hash."""
        models = self.key.parent
        folder = variant(models / "plume", models / "made" / version, version, fails_on_green=fails_on_green)
        sign(folder, self.key)
        file = zipped(folder, models / f"{version}.zip")
        with file.open("rb") as opened:
            found = artifacts.read(opened, [self.key.with_suffix(".pub")])
        artifacts.store(self.reserve.settings.media_dir).put(found.sha256, file.read_bytes())
        with self.reserve.db.transaction() as conn:
            rollouts.add_artifact(
                conn,
                self.reserve_id,
                sha256=found.sha256,
                kind=found.kind,
                name=found.name,
                version=found.version,
                bytes_=found.bytes,
                signer=found.signer,
                by=None,
            )
        return found.sha256

    def roll_out(self, sha256: str, trial_s: float) -> UUID:
        wanted = Rules(trial_s=trial_s, soak_s=0, answer_s=600)

        def start() -> UUID | None:
            with suppress(DatabaseUnavailableError), self.reserve.db.transaction() as conn:
                artifact = rollouts.artifact(conn, self.reserve_id, sha256)
                return run.start(
                    conn, self.reserve_id, artifact, STAGES, wanted=wanted, by=None, now=utc_now()
                )
            return None  # heartbeats that came in the same instant went first: a person would ask again

        found: UUID = eventually(start)
        return found

    def state(self, id_: UUID) -> str:
        """After one more step of what carries roll-outs on."""
        with suppress(DatabaseUnavailableError):
            run.advance_all(self.reserve.db, utc_now())
        with self.reserve.db.transaction() as conn:
            return str(rollouts.get(conn, id_).state)

    def log_of(self, name: str) -> str:
        """Asked for by a signed command, sent by the node over HTTPS."""
        with self.reserve.db.transaction() as conn:
            id_ = node_logs.ask(
                conn, self.reserve.settings, name, bundle=False, lines=1000, by=None, now=utc_now()
            )

        def here() -> bytes | None:
            with self.reserve.db.transaction() as conn:
                found = log_rows.get(conn, id_)
            return node_logs.read(self.reserve.settings, found) if found.state == "here" else None

        return bytes(eventually(here)).decode()

    def tried(self, sha256: str) -> set[str]:
        """Nodes that ever worked by it."""
        return {
            name
            for name, mast in self.masts.items()
            if sha256 in {*mast.book.now.choice.models.values(), *(r.digest for r in mast.book.now.refusals)}
        }


@pytest.fixture
def fleet(
    db: Database, database_url: str, state_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Fleet]:
    # Ten nodes in one process hold each other up: that one is slow for a while says nothing of its model.
    monkeypatch.setattr(trial, "FAST_MS", 10_000.0)
    monkeypatch.setattr(trial, "PAUSES", 500.0)
    with ExitStack() as stack:
        reserve = stack.enter_context(reserve_world(db, database_url, state_dir))
        stack.enter_context(working(reserve.settings))
        models = make_models(tmp_path / "models")
        key, _ = make_key(models, "maker", "Who makes the models")
        sign(models / "plume", key)
        masts, reserve_id = {}, reserve_of(db)
        for n, name in enumerate(MASTS):
            with db.transaction() as conn:
                node_rows.add(conn, name, reserve_id=reserve_id, name=name, password_hash=hash_password("-"))
                deployment = geography.add_deployment(
                    conn,
                    reserve=reserve_id,
                    node_id=name,
                    location_name=name,
                    lon=107.5 + 0.01 * n,
                    lat=33.6,
                    started_at=utc_now() - timedelta(days=1),
                )
            box = reserve.enrolled(tmp_path / name, name)
            text = box.config.read_text().partition("[[camera]]")[0]
            box.config.write_text("heartbeat_s = 1\n" + text + CAMERA.format(deployment=deployment))
            masts[name] = Mast(box)
        made = Fleet(reserve, masts, reserve_id, key)
        stack.enter_context(watching(made))
        yield made


def runs(masts: dict[str, Mast]) -> set[str | None]:
    """By what the nodes say that they work."""
    return {mast.runs() for mast in masts.values()}


def reserve_of(db: Database) -> UUID:
    with db.transaction() as conn:
        (row,) = conn.execute("SELECT id FROM reserve WHERE slug = %s", (RESERVE,))
    return row[0]


@contextmanager
def watching(fleet: Fleet) -> Iterator[None]:
    """All ten live, and pictures come to all of them."""
    ended = threading.Event()

    def feed() -> None:
        number = 0
        while not ended.wait(0.4):
            number += 1
            data = cv2.imencode(".jpg", picture(smoke=False, green=fleet.green.is_set()))[1].tobytes()
            for mast in fleet.masts.values():
                part = mast.box.folder / "pictures" / f".{number}.part"
                part.write_bytes(data)
                part.rename(mast.box.folder / "pictures" / f"{number:06}.jpg")

    threads = [threading.Thread(target=mast.live) for mast in fleet.masts.values()]
    threads.append(threading.Thread(target=feed))
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for mast in fleet.masts.values():
            mast.stop()
        for thread in threads:
            thread.join(150)
        assert not any(thread.is_alive() for thread in threads)


@pytest.mark.timeout(1800)  # Ten nodes on one processor: what takes half a minute may take many.
def test_a_bad_model_harms_the_first_group_and_a_good_one_reaches_all(fleet: Fleet) -> None:
    masts = fleet.masts
    eventually(lambda: runs(masts) == {"plume@1"}, within_s=PATIENCE_S)

    # It passes every test that can be made on the ground; what fails it comes with the season.
    bad = fleet.model("2", fails_on_green=True)
    first = fleet.roll_out(bad, trial_s=PATIENCE_S)
    eventually(
        lambda: fleet.state(first) and masts[STAGES[0][0]].book.now.trial is not None, within_s=PATIENCE_S
    )
    fleet.green.set()
    eventually(lambda: fleet.state(first) == "rolled_back", within_s=PATIENCE_S)
    eventually(lambda: runs(masts) == {"plume@1"}, within_s=PATIENCE_S)
    assert fleet.tried(bad) <= set(STAGES[0])
    outcomes = {name: mast.book.now.outcomes for name, mast in masts.items()}
    assert {name for name, said in outcomes.items() if said} <= set(STAGES[0])
    assert RolloutState.ROLLED_BACK in {each.state for said in outcomes.values() for each in said}
    assert any("plume fails on" in str(each.reason) for said in outcomes.values() for each in said)

    # All ten watch, in the light that the bad one could not bear.
    frames = {name: sum(w.monitor.frames for w in mast.lives[-1].workers) for name, mast in masts.items()}
    eventually(
        lambda: all(
            sum(worker.monitor.frames for worker in mast.lives[-1].workers) > frames[name]
            for name, mast in masts.items()
        )
    )

    good = fleet.roll_out(fleet.model("3"), trial_s=1)
    eventually(lambda: fleet.state(good) == "done", within_s=PATIENCE_S)
    eventually(lambda: runs(masts) == {"plume@3"})

    # What was changed on the cloud's disk after it was looked at is refused by the first who fetch it.
    tampered = fleet.model("4")
    store = artifacts.store(fleet.reserve.settings.media_dir)
    content = bytearray(store.path(tampered).read_bytes())
    content[len(content) // 2] ^= 0xFF
    store.path(tampered).write_bytes(content)
    second = fleet.roll_out(tampered, trial_s=1)
    eventually(lambda: fleet.state(second) == "rolled_back", within_s=PATIENCE_S)
    eventually(lambda: runs(masts) == {"plume@3"})
    assert not any(tampered in mast.book.now.choice.models.values() for mast in masts.values())
    logging.getLogger("fieldwatch_edge").warning("a line for whoever asks")
    assert "a line for whoever asks" in fleet.log_of(MASTS[0])
