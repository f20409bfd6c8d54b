"""What the pages beside the map ask of a large reserve: its overview, its species, their pictures.

    python -m tests.bench.bench_overview [--observations 5000000] [--requests 20]

In process, through the functions that the API calls: each part for itself, median and slowest, in ms.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.big_reserve import BigReserve, make

from fieldwatch_cloud.db import overview as rows
from fieldwatch_cloud.db import rollups
from fieldwatch_cloud.db.migrate import migrate
from fieldwatch_cloud.db.pool import Database
from fieldwatch_cloud.overview import build
from fieldwatch_cloud.sensitive import Sensitive
from fieldwatch_cloud.services.postgres import EmbeddedPostgres

if TYPE_CHECKING:
    from collections.abc import Callable

    from fieldwatch_cloud.db.pool import Connection

NOTHING = Sensitive({})
PICTURED = """
WITH pictured AS (
    SELECT id, deployment_id, observed_at, gen_random_uuid() AS media_id FROM observation
    WHERE hashtext(id::text) % 20 = 0
), kept AS (
    INSERT INTO media (id, deployment_id, observed_at, mime, sha256, bytes, width, height, clock_quality)
    SELECT media_id, deployment_id, observed_at, 'image/jpeg', '', 1, 640, 480, 'ntp' FROM pictured
)
UPDATE observation o SET media_id = pictured.media_id FROM pictured WHERE o.id = pictured.id
"""
"""Every twentieth record has a picture."""


def measure(database: Database, made: BigReserve, requests: int) -> None:
    until = made.until
    parts: dict[str, Callable[[Connection], object]] = {
        "week": lambda conn: build.read_week(conn, made.reserve_id, until - build.WEEK, until, NOTHING),
        "month": lambda conn: build.read_week(
            conn, made.reserve_id, until - timedelta(days=30), until, NOTHING
        ),
        "week in short": lambda conn: build.read_week(
            conn, made.reserve_id, until - build.WEEK, until, NOTHING, brief=True
        ),
        "needs": lambda conn: build.read_state(conn, made.reserve_id, until),
        "needs in short": lambda conn: build.read_state(conn, made.reserve_id, until, brief=True),
        "species": lambda conn: rows.species(conn, made.reserve_id),
        "pictures": lambda conn: build.best_of_species(conn, made.reserve_id, "Equus quagga", 12),
        "latest picture": lambda conn: rows.latest_picture(conn, made.deployments[7], exact=True),
    }
    for name, part in parts.items():
        took = []
        for _ in range(requests):
            started = time.perf_counter()
            with database.transaction() as conn:
                part(conn)
            took.append(1000 * (time.perf_counter() - started))
        print(f"{name:16} {statistics.median(took):8.1f} ms, slowest {max(took):8.1f} ms", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--observations", type=int, default=5_000_000)
    parser.add_argument("--deployments", type=int, default=2000)
    parser.add_argument("--requests", type=int, default=20)
    arguments = parser.parse_args()
    with ExitStack() as stack:
        state = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fwb-", dir="/tmp"))) / "state"
        state.parent.chmod(0o711)
        postgres = EmbeddedPostgres(state)
        postgres.start()
        stack.callback(postgres.stop)
        migrate(postgres.url)
        made = make(
            postgres.url,
            "qinling",
            deployments=arguments.deployments,
            observations=arguments.observations,
            told=True,
        )
        database = stack.enter_context(Database(postgres.url, size=2))
        with database.transaction() as conn:
            print(f"{conn.execute(PICTURED.encode()).rowcount:,} pictures")
            conn.execute("ANALYZE observation, media")
        rollups.roll_up(database)
        measure(database, made, arguments.requests)


if __name__ == "__main__":
    main()
