"""What the link costs per record, packed and not, by batch size; what a day of heartbeats costs; and whether
what the node counts is what goes over the line.

    python -m tests.bench.bench_link          (root and /dev/net/tun for the last two)
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import threading
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from tests.bench.bad_line import Line, Namespace, Quality
from tests.integration.edge_broker import Cloud, Mosquitto, eventually
from tests.unit.edge.records import picture

from fieldwatch_edge.link import Link
from fieldwatch_edge.link.ledger import Ledger
from fieldwatch_edge.outbox import Entry, Outbox
from fieldwatch_edge.settings import Broker, LinkSettings, NodeIdentity, OutboxSettings
from fieldwatch_shared import packing
from fieldwatch_shared.ids import uuid7_from
from fieldwatch_shared.messages import (
    Box,
    CameraHealth,
    Clock,
    EffortSpan,
    Heartbeat,
    LinkReport,
    Observation,
    ObservationBatch,
    PowerReport,
    Suspicion,
    SuspicionMessage,
)

START = datetime(2026, 5, 1, tzinfo=UTC)
DEPLOYMENTS = [uuid7_from(START, "deployment", str(n)) for n in range(2)]
SPECIES = (
    "Ailuropoda melanoleuca",
    "Budorcas taxicolor",
    "Rhinopithecus roxellana",
    "Sus scrofa",
    "Elaphodus cephalophus",
)
CHANCE = random.Random(1)


def observation(number: int) -> Observation:
    """With as many digits as a detector gives."""
    at = START + timedelta(seconds=37 * number + CHANCE.random() * 30)
    x, y = CHANCE.random() * 0.7, CHANCE.random() * 0.7
    return Observation(
        id=uuid7_from(at, "observation", str(number)),
        deployment_id=CHANCE.choice(DEPLOYMENTS),
        observed_at=at,
        clock=Clock(quality="ntp", offset_s=CHANCE.gauss(0, 0.01)),
        ended_at=at + timedelta(seconds=CHANCE.random() * 20),
        observation_type="animal",
        scientific_name=CHANCE.choice(SPECIES),
        count=CHANCE.choice([1, 1, 1, 2]),
        confidence=CHANCE.random(),
        frames=CHANCE.randrange(2, 60),
        box=Box(x=x, y=y, width=CHANCE.random() * 0.3, height=CHANCE.random() * 0.3),
        media_id=uuid7_from(at, "media") if CHANCE.random() < 0.5 else None,
        model="wildlife@0.1.0",
    )


def heartbeat(number: int) -> Heartbeat:
    """Of a node with two cameras, a battery and a budget."""
    at = START + timedelta(minutes=number, seconds=CHANCE.random())
    return Heartbeat(
        message_id=uuid7_from(at, "message"),
        id=uuid7_from(at, "heartbeat"),
        observed_at=at,
        clock=Clock(quality="ntp", offset_s=CHANCE.gauss(0, 0.01)),
        uptime_s=CHANCE.random() * 1e6,
        software="fieldwatch 0.1.0",
        cameras=[
            CameraHealth(deployment_id=id_, last_frame_at=at, frames=CHANCE.randrange(130))
            for id_ in DEPLOYMENTS
        ],
        effort=[
            EffortSpan(
                id=uuid7_from(at, "effort", str(id_)),
                deployment_id=id_,
                started_at=at - timedelta(minutes=1),
                ended_at=at,
                frames=CHANCE.randrange(1, 130),
            )
            for id_ in DEPLOYMENTS
        ],
        outbox_records=CHANCE.randrange(50),
        outbox_bytes=CHANCE.randrange(10**6),
        disk_free_bytes=CHANCE.randrange(10**10),
        cpu_celsius=CHANCE.uniform(30, 60),
        power=PowerReport(
            charge=CHANCE.random(),
            battery_v=CHANCE.uniform(11, 14),
            load_w=CHANCE.uniform(3, 12),
            level="full",
        ),
        link=LinkReport(kind="lte", signal_dbm=-91, sent_today=CHANCE.randrange(10**7)),
        next_within_s=60,
    )


def suspicion() -> SuspicionMessage:
    at = START + timedelta(hours=3)
    id_ = uuid7_from(at, "fire")
    return SuspicionMessage(
        message_id=id_,
        suspicion=Suspicion(
            id=id_,
            deployment_id=DEPLOYMENTS[0],
            observed_at=at,
            first_seen_at=at - timedelta(seconds=90),
            clock=Clock(quality="ntp", offset_s=0.01234),
            kind="smoke",
            confidence=0.4321,
            box=Box(x=0.4123, y=0.31, width=0.05, height=0.07),
            bearing_deg=123.4567,
            bearing_sd_deg=2.1,
            elevation_deg=1.234,
            elevation_sd_deg=1.02,
            media_id=uuid7_from(at, "media"),
            model="fire@0.1.0",
        ),
    )


def messages() -> list[tuple[str, int, bytes]]:
    """(what, records in it, payload)."""
    found = []
    for count in (1, 2, 5, 10, 50, 100):
        batch = ObservationBatch(
            message_id=UUID(int=CHANCE.getrandbits(128)),
            observations=[observation(CHANCE.randrange(10**4)) for _ in range(count)],
        )
        found.append((f"observations, {count}", count, batch.model_dump_json().encode()))
    found.append(("heartbeat", 1, heartbeat(9).model_dump_json().encode()))
    found.append(("suspicion", 1, suspicion().model_dump_json().encode()))
    return found


def measured(
    folder: Path,
    *,
    tls: bool,
    packs: bool = False,
    beats: int = 40,
    lone: int = 0,
    batch: int = 300,
    pictures: int = 2,
    picture_bytes: int = 100_000,
    delay_s: float = 0.02,
) -> tuple[int, int]:
    """(what the ledger counted, bytes of IP packets really on the line, both ways) of a connection to its
    end: heartbeats and lone observations one after the other, then a batch of others, and pictures."""
    folder = Path(tempfile.mkdtemp(dir=folder))
    folder.chmod(0o755)
    field, office = Namespace("field"), Namespace("office")
    line = Line(field.tun("10.88.0.2/24"), office.tun("10.88.0.1/24"), Quality(delay_s=delay_s))
    line.start()
    try:
        certificates = _certificate(folder) if tls else ""
        broker = office.call(Mosquitto, folder)
        config = folder / "mosquitto.conf"
        config.write_text(config.read_text() + f"listener 8883 10.88.0.1\n{certificates}")
        office.call(broker.start)
        cloud = office.call(Cloud, broker.port)
        cloud.unpacks = packs
        cloud.ready()
        settings = LinkSettings()
        outbox = Outbox(folder / "outbox.sqlite", 2**26)
        ledger = Ledger(folder / "ledger.json", settings)
        url = "mqtts://10.88.0.1:8883" if tls else "mqtt://10.88.0.1:8883"
        link = Link(
            NodeIdentity(id="mast-1", reserve="qinling", state_dir=folder),
            Broker(url=url, ca_file=folder / "ca.crt" if tls else None),
            OutboxSettings(),
            outbox,
            line=settings,
            ledger=ledger,
        )
        thread = threading.Thread(target=link.run)
        field.call(thread.start)
        one_by_one = [heartbeat(n) for n in range(beats)] + [observation(1000 + n) for n in range(lone)]
        for record in one_by_one:
            outbox.write(ready=[Entry.of(record)])
            eventually(lambda: outbox.empty, what="a receipt")
        outbox.write(ready=[Entry.of(observation(n)) for n in range(batch)])
        outbox.write(ready=[Entry.of(picture(n, picture_bytes)) for n in range(pictures)])
        eventually(lambda: outbox.empty, what="receipts")
        link.stop()
        thread.join(20)
        cloud.close()
        broker.close()
        outbox.close()
        # The last acknowledgements are still on the way.
        threading.Event().wait(0.2)
        real = line.offered(line.left) + line.offered(line.right)
        return ledger.spent.day, real
    finally:
        line.close()
        field.close()
        office.close()


def _certificate(folder: Path) -> str:
    """For the broker; its part of the configuration."""
    key, certificate = folder / "ca.key", folder / "ca.crt"
    subprocess.run(
        "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=broker -addext subjectAltName=IP:10.88.0.1"
        f" -keyout {key} -out {certificate}".split(),
        check=True,
        capture_output=True,
    )
    return f"certfile {certificate}\nkeyfile {key}\n"


def main() -> None:
    print(f"{'message':<20}{'plain':>9}{'zlib':>9}{'packed':>9}{'ratio':>8}{'per record':>12}{'was':>8}")
    for what, records, payload in messages():
        packed = packing.pack(payload) or payload
        plain = len(zlib.compress(payload, 9))
        print(
            f"{what:<20}{len(payload):>9}{plain:>9}{len(packed):>9}{len(packed) / len(payload):>8.2f}"
            f"{len(packed) / records:>12.0f}{len(payload) / records:>8.0f}"
        )
    if os.geteuid() != 0 or not Path("/dev/net/tun").exists():
        print("the line itself: needs root and /dev/net/tun", file=sys.stderr)
        return
    print()
    print(f"{'on the line, IP bytes':<34}{'really':>10}{'counted':>10}{'error':>9}{'of plain':>10}")
    for tls in (False, True):
        baseline = 0
        for packs in (False, True):
            with tempfile.TemporaryDirectory() as name:
                Path(name).chmod(0o755)
                counted, real = measured(Path(name), tls=tls, packs=packs)
            baseline = baseline or real
            said = f"{'TLS 1.3' if tls else 'TCP'}, {'packed' if packs else 'as it is'}"
            error = 100 * (counted / real - 1)
            print(f"{said:<34}{real:>10}{counted:>10}{error:>+8.2f}%{real / baseline:>10.2f}")
    print()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)

        def costs(**what: int) -> int:
            nothing = {"beats": 0, "lone": 0, "batch": 0, "pictures": 0}
            return measured(folder, tls=True, packs=True, delay_s=0.005, **(nothing | what))[1]

        one = costs(beats=1)
        print(f"{'TLS 1.3, packed: IP bytes each':<34}{'':>10}")
        print(f"{'a connection and one heartbeat':<34}{one:>10}")
        print(f"{'a heartbeat more':<34}{(costs(beats=31) - one) / 30:>10.0f}")
        print(f"{'a lone observation':<34}{(costs(beats=1, lone=30) - one) / 30:>10.0f}")
        print(f"{'an observation of a batch':<34}{(costs(beats=1, batch=1000) - one) / 1000:>10.0f}")
        shot = costs(beats=1, pictures=1, picture_bytes=30_000) - one
        print(f"{'a picture of 30,000 bytes':<34}{shot:>10}")


if __name__ == "__main__":
    main()
