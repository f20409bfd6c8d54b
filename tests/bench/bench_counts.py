"""Counts in a drawn polygon, over HTTP, at a million and at ten million observations.

2,000 deployments in a square degree, a year of observations at all of them, each of eight of 14 taxa, and
effort for every day. Each request asks for another polygon of a tenth of the area over another year (from
midnight of the reserve's time zone, so that edges are counted too), with everything that the API answers:
events, MaxN and rates by species, effort by deployment, what the figures rest on.

- `api`: POST .../counts at a process of its own, over one connection; requests without a warm-up of theirs.
- `plain`: the join that one would write first: a point on each observation, indexed (GiST), and the time
  compared; it counts observations by taxon, and knows no events, no effort and no labels.

Both are asked in turns about the same polygons, in the same run. That the sums are right is checked against
the plain join, over a span that cuts no event. The job's own code builds the sums; a sample of the
observations takes ingest's way, with and without the triggers that leave markers.

    python -m tests.bench.bench_counts [--sizes 1000000 10000000] [--requests 200] [--out FILE.json]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from fieldwatch_cloud.db import accounts, geography, nodes, rollups, staging
from fieldwatch_cloud.db.migrate import migrate
from fieldwatch_cloud.db.pool import Database, connection
from fieldwatch_cloud.services.postgres import EmbeddedPostgres
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import Clock, Observation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

DEPLOYMENTS = 2000
SINCE = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 380
"""A year and two weeks: each request begins its year on another of their days."""
SHARE = 0.1
WEST, SOUTH = 107.0, 33.0
SAMPLE = 10_000
TAXA = [
    "Rhinopithecus roxellana", "Ailuropoda melanoleuca", "Budorcas taxicolor", "Naemorhedus griseus",
    "Sus scrofa", "Muntiacus reevesi", "Elaphodus cephalophus", "Macaca mulatta", "Paguma larvata",
    "Arctonyx collaris", "Hystrix brachyura", "Chrysolophus pictus", "Ursus thibetanus", "Nipponia nippon",
]  # fmt: skip
TAXA_AT_ONE = 8
KEPT = (
    "event", "count_day", "count_month", "count_sum", "effort_day", "effort_until", "effort_sum", "stale",
    "stale_effort",
)  # fmt: skip
"""What the job has written, for PostgreSQL to know how much there is."""
MOST_P95_MS, LEAST_TIMES, MOST_GROWTH = 60.0, 100.0, 1.5

OBSERVATIONS = """
INSERT INTO observation (id, deployment_id, observed_at, ended_at, confidence, count, frames,
                         observation_type, clock_quality, scientific_name, model)
SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(hash, 1, 3) || '8'
        || substr(hash, 4, 15))::uuid,
       (%(deployments)s::uuid[])[1 + place], at,
       at + random() * interval '40 s', 0.3 + 0.7 * random(), 1 + floor(random() ^ 4 * 6)::int, 5, 'animal',
       'ntp',
       (%(taxa)s::text[])[1 + (place + floor(random() ^ 2 * %(at_one)s)::int) %% %(kinds)s], 'wildlife@0.1.0'
FROM (
    SELECT %(since)s::timestamptz + (n + random()) / %(rows)s * %(days)s * interval '1 day' AS at,
           floor(random() * %(places)s)::int AS place, md5(%(salt)s || n) AS hash
    FROM generate_series(0, %(rows)s - 1) AS n
) made
"""
"""In the order of time, as they come: an id is time-ordered, and a deployment's rows lie scattered."""
EFFORT = """
INSERT INTO effort_day (deployment_id, day, spans)
SELECT deployment, start::date, tstzmultirange(tstzrange(start, start + interval '23 h'))
FROM unnest(%s::uuid[]) AS deployment, generate_series(%s, %s, interval '1 day') AS start
"""
"""Of each day 23 hours in one span, as heartbeats add up to."""
PLAIN = """
SELECT scientific_name, count(*) FROM plain
WHERE ST_Intersects(location, ST_GeomFromGeoJSON(%(area)s))
  AND observed_at >= %(since)s AND observed_at < %(until)s
GROUP BY scientific_name
"""


@dataclass(frozen=True)
class Question:
    area: dict[str, Any]
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Figures:
    observations: int
    requests: int
    api_ms_p50: float
    api_ms_p95: float
    plain_ms_p50: float
    answer_kb: float
    deployments: float
    rolled_up_in_s: float


def questions(rng: random.Random, how_many: int) -> Iterator[Question]:
    """Polygons as people draw them: a dozen corners around somewhere, a tenth of the area in all."""
    for _ in range(how_many):
        corners = rng.randint(5, 40)
        radii = [rng.uniform(0.7, 1.3) for _ in range(corners)]
        step = 2 * math.pi / corners
        size = sum(a * b for a, b in zip(radii, [*radii[1:], radii[0]], strict=True)) * math.sin(step) / 2
        scale, reach = math.sqrt(SHARE / size), max(radii)
        room = min(scale * reach, 0.5)
        x, y = (rng.uniform(room, 1 - room) for _ in range(2))
        ring = [
            [WEST + x + scale * r * math.cos(n * step), SOUTH + y + scale * r * math.sin(n * step)]
            for n, r in enumerate(radii)
        ]
        start = SINCE + timedelta(days=rng.randint(1, DAYS - 366), hours=-8)
        yield Question(
            {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}, start, start + timedelta(days=365)
        )


def set_up(conn: Connection) -> tuple[list[UUID], str]:
    """(deployments, a researcher's token)"""
    rng = random.Random(5)
    reserve = geography.add_reserve(conn, slug="bench", name="Bench", timezone="Asia/Shanghai")
    nodes.add(conn, "bench-node", reserve_id=reserve, name="bench", password_hash="$7$x")
    account = accounts.add_account(conn, email="r@example.org", name="R", password="correct horse battery")
    accounts.grant(conn, account, "researcher", reserve="bench")
    deployments = [
        geography.add_deployment(
            conn,
            reserve=reserve,
            node_id="bench-node",
            location_name=f"D{n}",
            lon=WEST + rng.random(),
            lat=SOUTH + rng.random(),
            started_at=SINCE,
        )
        for n in range(DEPLOYMENTS)
    ]
    conn.execute(EFFORT, (deployments, SINCE, SINCE + timedelta(days=DAYS - 1)))
    return deployments, accounts.issue_token(conn, account, "bench")[1]


def add(conn: Connection, deployments: list[UUID], rows: int) -> None:
    """Without triggers: one marker for each deployment says the same as a million for their days."""
    named = {
        "deployments": deployments, "places": len(deployments), "taxa": TAXA, "kinds": len(TAXA),
        "at_one": TAXA_AT_ONE,
        "since": SINCE, "rows": rows, "days": DAYS, "salt": str(rows),
    }  # fmt: skip
    conn.execute("SET session_replication_role = replica")
    conn.execute(OBSERVATIONS, named)
    conn.execute("SET session_replication_role = origin")
    conn.execute("INSERT INTO stale SELECT unnest(%s::uuid[]), '-infinity', 'infinity'", (deployments,))
    conn.execute("VACUUM ANALYZE observation")


def make_plain(conn: Connection) -> None:
    conn.execute("DROP TABLE IF EXISTS plain")
    conn.execute(
        "CREATE UNLOGGED TABLE plain AS SELECT o.*, d.location"
        " FROM observation o JOIN deployment d ON d.id = o.deployment_id"
    )
    conn.execute("SET maintenance_work_mem = '1GB'")
    conn.execute("CREATE INDEX ON plain USING gist (location)")
    conn.execute("VACUUM ANALYZE plain")


@contextmanager
def api(state: Path, url: str, token: str) -> Iterator[httpx2.Client]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "FIELDWATCH_STATE": str(state),
        "FIELDWATCH_DATABASE_URL": url,
        "FIELDWATCH_MQTT_URL": "mqtt://nobody@127.0.0.1:1",  # Nobody counts over MQTT.
        "FIELDWATCH_HTTP_HOST": "127.0.0.1",
        "FIELDWATCH_HTTP_PORT": str(port),
    }
    with (state / "api.log").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "fieldwatch", "--log-json", "cloud", "api"], env=environment, stderr=output
        )
    try:
        with httpx2.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx2.Timeout(60),
        ) as client:
            deadline = time.monotonic() + 60
            while True:
                try:
                    client.get("/api/v1/health")
                    break
                except httpx2.TransportError:
                    assert process.poll() is None, (state / "api.log").read_text()
                    assert time.monotonic() < deadline, "the API does not answer"
                    time.sleep(0.2)
            yield client
    finally:
        process.terminate()
        process.wait()


def ask(client: httpx2.Client, question: Question) -> tuple[float, bytes]:
    body = {
        "area": question.area,
        "from": question.since.isoformat(),
        "to": question.until.isoformat(),
    }
    start = time.perf_counter()
    response = client.post("/api/v1/reserves/bench/counts", json=body)
    took = time.perf_counter() - start
    assert response.status_code == 200, response.text
    return took, response.content


def ask_plainly(conn: Connection, question: Question) -> tuple[float, dict[str, int]]:
    named = {"area": json.dumps(question.area), "since": question.since, "until": question.until}
    start = time.perf_counter()
    found = conn.execute(PLAIN, named, prepare=False).fetchall()
    return time.perf_counter() - start, dict(found)


def check(conn: Connection, client: httpx2.Client, question: Question) -> None:
    """All observations of that place, counted both ways."""
    always = Question(question.area, SINCE - timedelta(days=9), SINCE + timedelta(days=DAYS + 9))
    _, counted = ask(client, always)
    ours = {one["scientific_name"]: one["observations"] for one in json.loads(counted)["species"]}
    assert ours == ask_plainly(conn, always)[1]


def measure(url: str, client: httpx2.Client, rows: int, requests: int, rolled_up_in_s: float) -> Figures:
    rng = random.Random(rows)
    took, plainly, sizes, places = [], [], [], []
    every = max(1, requests // 10)
    with connection(url) as conn:
        conn.execute("SET work_mem = '64MB'")
        check(conn, client, next(questions(rng, 1)))
        for number, question in enumerate(questions(rng, requests)):
            seconds, answer = ask(client, question)
            took.append(seconds)
            sizes.append(len(answer))
            places.append(len(json.loads(answer)["effort"]["by_deployment"]))
            if number % every == 0:  # Seconds each: ten are enough for a median.
                plainly.append(ask_plainly(conn, question)[0])
    return Figures(
        observations=rows,
        requests=requests,
        api_ms_p50=round(statistics.median(took) * 1e3, 1),
        api_ms_p95=round(statistics.quantiles(took, n=20)[-1] * 1e3, 1),
        plain_ms_p50=round(statistics.median(plainly) * 1e3, 1),
        answer_kb=round(statistics.median(sizes) / 1e3, 1),
        deployments=statistics.median(places),
        rolled_up_in_s=round(rolled_up_in_s, 1),
    )


def cost_of_markers(url: str, deployments: list[UUID], repeat: int = 9) -> float:
    """How many times as long ingest's insert takes with the triggers as without them."""
    rng = random.Random(7)
    seconds: dict[str, list[float]] = {"ENABLE": [], "DISABLE": []}

    def sample() -> list[staging.Row]:
        start = datetime.now(UTC)
        return [
            staging.row(
                Observation(
                    id=uuid7(at := start + timedelta(seconds=0.01 * n)),
                    deployment_id=rng.choice(deployments),
                    observed_at=at,
                    clock=Clock(quality="ntp"),
                    ended_at=at + timedelta(seconds=3),
                    observation_type="animal",
                    scientific_name=rng.choice(TAXA),
                    confidence=0.8,
                    media_id=uuid7(at),
                    model="wildlife@0.1.0",
                )
            )
            for n in range(SAMPLE)
        ]

    with connection(url) as conn:
        staging.prepare(conn)
        for turn in range(repeat + 1):
            for triggers, taken in seconds.items():
                conn.execute(
                    "ALTER TABLE observation ENABLE TRIGGER USER"
                    if triggers == "ENABLE"
                    else "ALTER TABLE observation DISABLE TRIGGER USER"
                )
                rows = sample()
                start = time.perf_counter()
                with conn.transaction():
                    staging.insert(conn, rows)
                if turn:  # The first one warms the caches.
                    taken.append(time.perf_counter() - start)
        conn.execute("ALTER TABLE observation ENABLE TRIGGER USER")
    return statistics.median(
        with_ / without for with_, without in zip(seconds["ENABLE"], seconds["DISABLE"], strict=True)
    )


def run(sizes: list[int], requests: int) -> dict[str, Any]:
    figures = []
    with ExitStack() as stack:
        state = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fwb-", dir="/tmp"))) / "state"
        state.parent.chmod(0o711)
        postgres = EmbeddedPostgres(state)
        postgres.start()
        stack.callback(postgres.stop)
        migrate(postgres.url)
        database = stack.enter_context(Database(postgres.url))
        with database.transaction() as conn:
            deployments, token = set_up(conn)
        client = stack.enter_context(api(state, postgres.url, token))
        there = 0
        for size in sizes:
            said = time.perf_counter()
            with connection(postgres.url) as conn:
                add(conn, deployments, size - there)
                there = size
                progress(f"{size:,} observations stored", said)
                said = time.perf_counter()
                rollups.roll_up(database)
                rolled_up_in_s = time.perf_counter() - said
                progress("sums kept", said)
                for table in KEPT:
                    conn.execute(f"VACUUM ANALYZE {table}")
                said = time.perf_counter()
                make_plain(conn)
                progress("plain table made", said)
            said = time.perf_counter()
            figures.append(measure(postgres.url, client, size, requests, rolled_up_in_s))
            progress(str(figures[-1]), said)
        cost = cost_of_markers(postgres.url, deployments)
    return {
        "sizes": [asdict(one) for one in figures],
        "times_faster_than_plain": round(figures[-1].plain_ms_p50 / figures[-1].api_ms_p50, 1),
        "growth_p50": round(figures[-1].api_ms_p50 / figures[0].api_ms_p50, 2),
        "insert_with_markers": round(cost, 2),
    }


def progress(what: str, since: float) -> None:
    print(f"{what}: {time.perf_counter() - since:.1f} s", file=sys.stderr, flush=True)


def show(figures: dict[str, Any]) -> str:
    rows = [
        f"| {one['observations']:,} | {one['api_ms_p50']} | {one['api_ms_p95']} | {one['plain_ms_p50']} |"
        f" {one['rolled_up_in_s']} |"
        for one in figures["sizes"]
    ]
    table = "\n".join(
        [
            "| observations | API p50 ms | API p95 ms | plain join p50 ms | first building of the sums s |",
            "|---|---|---|---|---|",
            *rows,
        ]
    )
    last = figures["sizes"][-1]
    return (
        f"{table}\n\n{last['requests']} polygons of about {last['deployments']:.0f} deployments, answers of"
        f" {last['answer_kb']} kB. p95 {last['api_ms_p95']} ms (wanted: at most {MOST_P95_MS:.0f}).\n"
        f"Plain join against the API: {figures['times_faster_than_plain']} times"
        f" (wanted: at least {LEAST_TIMES:.0f}).\n"
        f"Most against fewest observations: {figures['growth_p50']} times"
        f" (wanted: at most {MOST_GROWTH}).\n"
        f"Ingest's insert with markers against without: {figures['insert_with_markers']} times."
    )


@pytest.mark.bench
@pytest.mark.timeout(1800)
def test_counts_are_fast() -> None:
    figures = run([1_000_000, 10_000_000], 200)
    print(show(figures))
    assert figures["sizes"][-1]["api_ms_p95"] <= MOST_P95_MS
    assert figures["times_faster_than_plain"] >= LEAST_TIMES
    assert figures["growth_p50"] <= MOST_GROWTH


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    figures = run(arguments.sizes, arguments.requests)
    print(show(figures))
    if arguments.out:
        arguments.out.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
