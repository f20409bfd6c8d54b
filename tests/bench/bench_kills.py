"""kill -9 at 200 random points of a node's life: nothing lost once taken, nothing doubled or re-dated.

    python -m tests.bench.bench_kills [--kills 200]

The node, the broker and the cloud are the real ones. Killed are the node (each time), the broker (each
fortieth time) and nothing is told to anybody. The account is drawn up in PostGIS.
"""

from __future__ import annotations

import argparse
import random
import signal
import tempfile
import time
from pathlib import Path

import pytest
from tests.bench import field_day
from tests.integration.edge_world import write_config

MINUTES = 40
SPEED = 300
"""Times the pace of capture: the whole life takes 48 s without kills."""
OFTEN_S = 0.3
"""A life's length on average: openings, models being loaded, frames, batches, goodbyes."""


def run(kills: int) -> tuple[list[field_day.Row], dict[str, float]]:
    chance = random.Random(3)
    with tempfile.TemporaryDirectory(prefix="fwk-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        field_day.make_world(folder, MINUTES)
        made = field_day.twin(folder)
        with field_day.real_cloud(folder / "state") as cloud:
            config = write_config(folder, url=f"mqtt://127.0.0.1:{cloud.broker.port}")
            text = config.read_text().replace("times =", f"replay_speed = {SPEED}, follow = true, times =")
            config.write_text(text.replace("[broker]", f'[broker]\npassword = "{field_day.PASSWORD}"'))
            nursery = field_day.Nursery(config, folder / "models", folder / "node.log")
            done, begun = 0, time.monotonic()
            while done < kills:
                pid = nursery.begin()
                time.sleep(chance.expovariate(1 / OFTEN_S))
                assert nursery.end(pid, signal.SIGKILL) == -signal.SIGKILL, (folder / "node.log").read_text()
                done += 1
                if done % 20 == 0:
                    print(f"  {done} kills, {time.monotonic() - begun:.0f} s", flush=True)
            took = time.monotonic() - begun
            pid = nursery.begin()
            field_day.wait_until(lambda: all(row.right for row in field_day.account(cloud, made)), 300)
            field_day.wait_until(lambda: field_day.effort_s(cloud) >= 59 * MINUTES, 30)
            nursery.end(pid, signal.SIGTERM)
            nursery.close()
            rows = field_day.account(cloud, made)
            return rows, {"kills": done, "minutes": took / 60, "effort_s": field_day.effort_s(cloud)}


@pytest.mark.bench
@pytest.mark.timeout(1800)
def test_nothing_is_lost_in_two_hundred_kills() -> None:
    rows, figures = run(200)
    print(field_day.table(rows))
    assert all(row.right for row in rows)
    assert figures["effort_s"] == 59 * MINUTES


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200)
    rows, figures = run(parser.parse_args().kills)
    print(field_day.table(rows))
    print(f"{figures['kills']:.0f} kills in {figures['minutes']:.1f} minutes;")
    print(f"effort {figures['effort_s']:.0f} s of {59 * MINUTES} s")
    if not all(row.right for row in rows):
        raise SystemExit("NOT RIGHT")


if __name__ == "__main__":
    main()
