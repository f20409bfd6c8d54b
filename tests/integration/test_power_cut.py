"""A power cut at any instant: what was taken is there, the store opens, and the node goes on from there."""

from __future__ import annotations

import json
import os
import random
import sys
from typing import TYPE_CHECKING

import pytest
from tests.integration.edge_world import animals, make_models, make_pictures, write_config
from tests.integration.power_cut import Change, Disk, Said, record, restore
from tests.integration.test_edge_crash import Run, undisturbed

from fieldwatch_edge.outbox import Outbox, open_or_renew

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    State = tuple[dict[str, bytes], set[str], int]

# A node under strace, and three that go on from what it left, each a process that loads its detectors.
pytestmark = pytest.mark.timeout(900)

CUTS = 200
MINUTES = 3
NODE = """
import os, sys
from pathlib import Path
from fieldwatch_edge.desired import Desired
from fieldwatch_edge.node import Node
from fieldwatch_edge.outbox import Outbox
from fieldwatch_edge.settings import NodeSettings
from fieldwatch_shared.messages import DesiredState

keep = Outbox.write

def write(outbox, camera="", *, ready=(), **others):
    ready = list(ready)
    keep(outbox, camera, ready=ready, **others)
    if ready:
        os.write(1, ("taken " + " ".join(entry.id for entry in ready) + "\\n").encode())

Outbox.write = write
settings = NodeSettings.read(Path(sys.argv[1]))
settings.node.state_dir.mkdir()
desired = Desired(settings.node.state_dir / "desired.json")
for version in (1, 2, 3):
    assert desired.offer(DesiredState(version=version).model_dump_json().encode())
    os.write(1, f"desired {version}\\n".encode())
Node(settings, search_path=[Path(sys.argv[2])], offline=True).run()
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cut")
    make_models(folder / "models")
    make_pictures(folder / "pictures", MINUTES)
    return folder


@pytest.fixture(scope="module")
def life(world: Path) -> list[Change | Said]:
    """All that a node asks of its disk in its life, and what it took."""
    config = write_config(world, name="recorded.toml")
    state = world / "recorded.toml.state"
    return record(
        [sys.executable, "-c", NODE, str(config), str(world / "models")],
        state,
        world / "strace.log",
        stdout=-3,
        stderr=-3,
        env={**os.environ},
    )


def cuts(
    life: list[Change | Said], chance: random.Random
) -> Iterator[tuple[dict[str, bytes], set[str], int]]:
    """After each cut: what the disk holds, the records that were taken by then, the desired version."""
    instants = sorted(chance.sample(range(len(life)), CUTS))
    disk, taken, version = Disk(), set[str](), 0
    for number, event in enumerate(life):
        if instants and number == instants[0]:
            instants.pop(0)
            yield disk.after_a_cut(chance), set(taken), version
        if isinstance(event, Change):
            disk.play(event)
        elif event.text.startswith("desired "):
            version = int(event.text.split()[1])
        elif event.text.startswith("taken "):
            taken.update(event.text.split()[1:])


def test_no_record_is_lost_after_it_was_taken_and_every_store_opens(
    world: Path, life: list[Change | Said], tmp_path: Path
) -> None:
    state = world / "recorded.toml.state"
    chance = random.Random(11)
    taken_last: set[str] = set()
    lossy = 0
    for number, (contents, taken, version) in enumerate(cuts(life, chance)):
        found = tmp_path / str(number)
        restore(contents, state, found)
        if version:
            kept = json.loads((found / "desired.json").read_text())
            assert version <= kept["version"] <= version + 1
        outbox, notice = open_or_renew(found / "outbox.sqlite", 64 * 1024**2)
        ids = [entry.id for entry in outbox]
        outbox.close()
        assert notice is None
        assert taken <= set(ids)
        assert len(ids) == len(set(ids))
        lossy += len(contents) > 0
        taken_last = taken
    assert lossy > CUTS / 2
    assert len(taken_last) > animals(MINUTES), "the cuts came before anything was taken"


def test_a_node_goes_on_after_a_cut_as_if_there_had_been_none(world: Path, life: list[Change | Said]) -> None:
    wanted = undisturbed(world)
    chance = random.Random(5)
    states = list(cuts(life, chance))
    for number, (contents, _, _) in enumerate(chance.sample(states[CUTS // 4 :], 3)):
        config = write_config(world, name=f"again-{number}.toml")
        folder = world / f"again-{number}.toml.state"
        restore(contents, world / "recorded.toml.state", folder)
        with Run(world, config, "--offline") as run:
            assert run.process.wait(280) == 0, run.errors
        outbox = Outbox(folder / "outbox.sqlite", 64 * 1024**2)
        entries = [(entry.kind, json.loads(entry.body)) for entry in outbox]
        outbox.close()
        for kind, records in zip(("observations", "suspicions", "media"), wanted, strict=True):
            found = {body["id"]: body for each, body in entries if each == kind}
            assert found.keys() == records.keys()
            for id_, record_ in records.items():
                assert type(record_).model_validate(found[id_]) == record_
