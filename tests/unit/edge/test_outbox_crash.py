"""kill -9 in the middle of writing, again and again: what was acknowledged is there, whole, and once."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from fieldwatch_edge.outbox import Outbox

ROOT = Path(__file__).parents[3]
WRITER = """
import sys
from fieldwatch_edge.outbox import Checkpoint, Entry, Outbox
from tests.unit.edge.records import observation, picture
from pathlib import Path

outbox = Outbox(Path(sys.argv[1]), 64 * 1024**2)
found = outbox.checkpoint("a")
number = int(found.position) if found else 0
while True:
    number += 1
    entries = [Entry.of(observation(number)), Entry.of(picture(number, 5000))]
    outbox.write("a", ready=entries, checkpoint=Checkpoint(str(number), "{}"))
    outbox.take(0, 7)
    print(number, flush=True)
"""


def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    chance = random.Random(7)
    for _ in range(6):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)],
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": f"{ROOT}:{ROOT / 'edge'}:{ROOT / 'shared'}"},
        )
        assert writer.stdout is not None
        # By what it has done and not by the clock: a machine that is busy may not get far in a second.
        heard = [writer.stdout.readline() for _ in range(chance.randint(3, 20))]
        time.sleep(chance.uniform(0, 0.02))  # anywhere within a write, or between two
        writer.kill()
        heard += writer.stdout.read().splitlines()
        writer.wait()
        writer.stdout.close()
        acknowledged = int(heard[-1])

        outbox = Outbox(path, 64 * 1024**2)
        reached = outbox.checkpoint("a")
        assert reached is not None
        # The last write may have been committed without being heard of.
        assert int(reached.position or 0) - acknowledged in (0, 1)
        entries = list(outbox)
        assert len(entries) == 2 * int(reached.position or 0)
        assert len({entry.id for entry in entries}) == len(entries)
        assert all(len(entry.attachment) == 5000 for entry in entries if entry.attachment is not None)
        outbox.close()
