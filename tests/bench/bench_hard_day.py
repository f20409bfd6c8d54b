"""A hard day: a node and its cloud in two network namespaces, between them a lossy line with twenty outages.

    python -m tests.bench.bench_hard_day [--outages 20] [--day 180]

A day is scaled to some minutes, and the clock of the line's budget with it. The line loses packets, delays
them and carries 64 kbit/s; it is `bad_line`, real IP packets in user space. Node, broker (TLS 1.3, the node's
own certificate), ingest and PostGIS are the real ones. The account: what was made (by an undisturbed twin),
sent, arrived, doubled, re-dated; how soon fires came; and what the line carried against the budget.
"""

from __future__ import annotations

import argparse
import random
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.bench import field_day
from tests.bench.bad_line import Line, Namespace, Quality
from tests.integration.edge_world import write_config

from fieldwatch_cloud.authority.keys import Authority
from fieldwatch_cloud.services.mosquitto import NodeDoor

SEQUENCES, EVERY_MIN = 60, 24
SMOKE = range(2, SEQUENCES, 12)
CLOUD, NODE, PORT = "10.77.0.1", "10.77.0.2", 8883
QUALITY = Quality(loss=0.03, delay_s=0.25, jitter_s=0.2, kbit_s=64)
BYTES_PER_DAY = 1_200_000
"""Less than the day brings: pictures wait for the next one."""
FAST_CLOCK = """
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from fieldwatch_edge import cloud_line as line
begun, midnight, times = float({begun!r}), datetime(2026, 5, 1, tzinfo=UTC), float({times!r})
lived = lambda: (time.monotonic() - begun) * times
line.Ledger = partial(line.Ledger, clock=lambda: midnight + timedelta(seconds=lived()), uptime=lived)
line.Link = partial(line.Link, recheck_s=1.0)
"""


@dataclass
class Weather:
    """Outages at random, of minutes and of hours, until `stop`; what was up when is on record."""

    line: Line
    outages: int
    day_s: float
    down: list[tuple[float, float]] = field(default_factory=list)
    """From, to; monotonic clock."""
    bytes_by_day: list[int] = field(default_factory=list)

    def run(self, stopping: threading.Event, begun: float) -> None:
        """One day with all outages, then days without; days begin as the node's budget has them."""
        chance = random.Random(9)
        # Two of two hours, the others of some minutes; between them what is left of the day.
        lengths = [0.085 if n % 10 == 4 else chance.uniform(0.004, 0.02) for n in range(self.outages)]
        gaps = [chance.uniform(0.3, 1.7) for _ in range(self.outages + 1)]
        share = (1 - sum(lengths)) / sum(gaps)
        plan, at = [], 0.0
        for gap, length in zip(gaps, lengths, strict=False):
            at += gap * share
            plan.append((at * self.day_s, (at + length) * self.day_s))
            at += length
        ended = self._offered()
        while not stopping.wait(0.05):
            now = time.monotonic() - begun
            up = not any(begin <= now < end for begin, end in plan)
            if self.line.up and not up:
                self.down.append((time.monotonic(), float("inf")))
            elif up and not self.line.up:
                self.down[-1] = (self.down[-1][0], time.monotonic())
            self.line.up = up
            if now >= (len(self.bytes_by_day) + 1) * self.day_s:
                self.bytes_by_day.append(self._offered() - ended)
                ended = self._offered()
        self.bytes_by_day.append(self._offered() - ended)

    def open_s(self, begin: float, end: float) -> float:
        """Seconds between the two in which the line was up."""
        shut = sum(max(0.0, min(to, end) - max(from_, begin)) for from_, to in self.down)
        return end - begin - shut

    def _offered(self) -> int:
        return self.line.offered(self.line.left) + self.line.offered(self.line.right)


@dataclass(frozen=True)
class Outcome:
    rows: list[field_day.Row]
    messages: Counter[str]
    """Sent, by kind; sent again counts again."""
    outages: int
    down_share: float
    fires_s: list[float]
    """From the outbox to PostGIS, seconds of open line."""
    bytes_by_day: list[int]
    effort_s: float

    @property
    def right(self) -> bool:
        return all(row.right for row in self.rows) and self.effort_s == 59 * SEQUENCES


def run(outages: int, day_s: float) -> Outcome:
    speed = SEQUENCES * EVERY_MIN * 60 / day_s
    cloud_side, node_side = Namespace("cloud"), Namespace("node")
    with tempfile.TemporaryDirectory(prefix="fwh-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        field_day.make_world(folder, SEQUENCES, every_min=EVERY_MIN, smoke=SMOKE)
        made = field_day.twin(folder)
        line = Line(cloud_side.tun(f"{CLOUD}/24"), node_side.tun(f"{NODE}/24"), QUALITY)
        line.start()
        stopping = threading.Event()
        door = NodeDoor(CLOUD, PORT, (CLOUD,))
        try:
            with field_day.real_cloud(folder / "state", door=door, call=cloud_side.call) as cloud:
                config = _config(folder, speed)
                begun = time.monotonic()
                nursery = field_day.Nursery(
                    config,
                    folder / "models",
                    folder / "node.log",
                    lambda *given, **options: node_side.call(subprocess.Popen, *given, **options),
                    also=FAST_CLOCK.format(begun=begun, times=86400 / day_s),
                )
                weather = Weather(line, outages, day_s)
                raining = threading.Thread(target=weather.run, args=(stopping, begun))
                raining.start()
                day_began_at, day_began = time.time(), time.monotonic()
                pid = nursery.begin()
                field_day.wait_until(lambda: time.monotonic() > day_began + day_s, day_s + 1)
                field_day.wait_until(
                    lambda: all(row.right for row in field_day.account(cloud, made)), 6 * day_s
                )
                field_day.wait_until(lambda: field_day.effort_s(cloud) >= 59 * SEQUENCES, day_s)
                nursery.end(pid, signal.SIGTERM)
                nursery.close()
                stopping.set()
                raining.join()
                with cloud.database.transaction() as conn:
                    fires = conn.execute("SELECT observed_at, received_at FROM suspicion").fetchall()

                taken = _fires_taken(folder / "node.log")

                def open_s(observed_at: datetime, received_at: datetime) -> float:
                    at, there = (
                        each - day_began_at for each in (taken[observed_at], received_at.timestamp())
                    )
                    return weather.open_s(day_began + at, day_began + there)

                return Outcome(
                    rows=field_day.account(cloud, made),
                    messages=_sent(folder / "node.log"),
                    outages=len(weather.down),
                    down_share=1 - weather.open_s(day_began, day_began + day_s) / day_s,
                    fires_s=sorted(open_s(*fire) for fire in fires),
                    bytes_by_day=weather.bytes_by_day,
                    effort_s=field_day.effort_s(cloud),
                )
        finally:
            stopping.set()
            line.close()
            cloud_side.close()
            node_side.close()


def _config(folder: Path, speed: float) -> Path:
    """The node's settings, with a certificate of the authority that the broker trusts."""
    authority, key = Authority(folder / "state"), ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    issued = authority.certify_node("mast-1", key.public_key(), days=1)
    for file, content in (
        ("node.key", private.decode()),
        ("node.pem", issued.chain),
        ("ca.pem", authority.certificate_pem),
    ):
        (folder / file).touch(mode=0o600)
        (folder / file).write_text(content, encoding="ascii")
    config = write_config(folder, url=f"mqtts://{CLOUD}:{PORT}")
    # A hundred heartbeats a day, whatever a day takes.
    beats = f"heartbeat_s = {SEQUENCES * EVERY_MIN * 60 / speed / 100}"
    text = config.read_text().replace("heartbeat_s = 1\n", f"{beats}\n")
    text = text.replace("times =", f"replay_speed = {speed}, follow = true, times =")
    text = text.replace(
        "[broker]",
        f'[link]\nkind = "lte"\nbytes_per_day = {BYTES_PER_DAY}\n[broker]\nca_file = "ca.pem"\n'
        'cert_file = "node.pem"\nkey_file = "node.key"',
    )
    config.write_text(text)
    return config


def _lines(log: Path) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", log.read_text())


def _sent(log: Path) -> Counter[str]:
    return Counter(re.findall(r"link\.sent .*kind=(?:<Kind\.\w+: )?'?(\w+)", _lines(log)))


def _fires_taken(log: Path) -> dict[datetime, float]:
    """When the node had them in its outbox: seconds since 1970, by the time at which they were seen."""
    found = re.findall(r"(\S+ \S+) \[.*pipeline\.suspicion .*observed_at=(\S+)", _lines(log))
    return {datetime.fromisoformat(seen): datetime.fromisoformat(at).timestamp() for at, seen in found}


def show(outcome: Outcome) -> str:
    sent = outcome.messages
    rows = [
        f"| {row.kind} | {row.made} | {sent[row.kind]} | {row.arrived} | {row.doubled} | {row.re_dated} |"
        for row in outcome.rows
    ]
    effort = f"{outcome.effort_s:.0f} of {59 * SEQUENCES} s"
    fires = ", ".join(f"{each:.1f}" for each in outcome.fires_s)
    by_day = ", ".join(f"{each:,}" for each in outcome.bytes_by_day)
    lines = [
        "| records | made | messages sent | arrived | doubled | re-dated |",
        "|---|---|---|---|---|---|",
        *rows,
        f"| heartbeats | | {sent['heartbeat']} | | | |",
        "",
        f"{outcome.outages} outages, {outcome.down_share:.0%} of the day without a line; effort {effort}.",
        f"Fires: {fires} s of open line until they were there.",
        f"IP bytes by day: {by_day}; budget {BYTES_PER_DAY:,}.",
    ]
    return "\n".join(lines)


@pytest.mark.bench
@pytest.mark.timeout(1800)
def test_a_day_with_twenty_outages_ends_with_every_record_once() -> None:
    outcome = run(20, 180)
    print(show(outcome))
    assert outcome.right
    assert max(outcome.bytes_by_day) <= BYTES_PER_DAY


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--outages", type=int, default=20)
    parser.add_argument("--day", type=float, default=180, help="Seconds that a day takes.")
    asked = parser.parse_args()
    outcome = run(asked.outages, asked.day)
    print(show(outcome))
    if not outcome.right:
        raise SystemExit("NOT RIGHT")


if __name__ == "__main__":
    main()
