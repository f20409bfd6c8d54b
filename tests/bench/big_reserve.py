"""A generated reserve as large as a map must bear: 2,000 deployments over 60 x 40 km, 5 million observations
of the year that ends today, their effort, and the sums that the jobs keep.

    python -m tests.bench.big_reserve postgresql://... qinling [--observations 5000000]

Animals keep to their ground (each kind to a band of the hills, with rich and poor places), cameras fail:
some are silent, some were taken down, some stood for months without looking. So a density map of it has
shapes, and hatched cells. Written in SQL, without the triggers that mark every day: minutes, not hours.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.bench.bench_counts import TAXA

from fieldwatch.demo import landscape
from fieldwatch_cloud.db import accounts, geography, nodes, rollups
from fieldwatch_cloud.db.pool import Database, connection
from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

WEST, SOUTH = 107.20, 33.30
KM_EAST, KM_NORTH = 60.0, 40.0
DAYS = 365
AT_ONE_NODE = 4
"""Cameras."""
BEHIND_S = 120
"""So long ago the newest heartbeats came; the next are promised within a day."""
PASSWORD = "correct horse battery"
SCALE = (3.6, 2.8)
"""So much larger than the demo's drawn land is this one's, east and north."""
_LON_KM = 111.32 * math.cos(math.radians(SOUTH + 0.18))
_LAT_KM = 110.9

OBSERVATIONS = """
INSERT INTO observation (id, deployment_id, observed_at, ended_at, confidence, count, frames,
                         observation_type, clock_quality, scientific_name, model)
SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(hash, 1, 3) || '8'
        || substr(hash, 4, 15))::uuid,
       site.id, at, at + random() * interval '40 s', 0.3 + 0.7 * random(), 1 + floor(random() ^ 4 * 6)::int,
       5, 'animal', 'ntp',
       (%(taxa)s::text[])[1 + (site.home + floor(random() ^ 2 * 5)::int) %% %(kinds)s], 'wildlife@0.1.0'
FROM (
    SELECT %(since)s::timestamptz + (n + random()) / %(rows)s * %(days)s * interval '1 day' AS at,
           1 + floor(random() * %(lots)s)::int AS lot, md5(%(salt)s || n) AS hash
    FROM generate_series(0, %(rows)s - 1) AS n
) made
JOIN unnest(%(lot_site)s::int[]) WITH ORDINALITY AS drawn (site, lot) USING (lot)
JOIN unnest(%(deployments)s::uuid[], %(homes)s::int[], %(from)s::timestamptz[], %(to)s::timestamptz[])
     WITH ORDINALITY AS site (id, home, looks_from, looks_to, number) ON site.number = drawn.site
WHERE at >= site.looks_from AND at < site.looks_to
"""
"""In the order of time, as they come. Rich places hold many lots."""
EFFORT = """
INSERT INTO effort_day (deployment_id, day, spans)
SELECT site.id, start::date, tstzmultirange(tstzrange(start, start + interval '23 h'))
FROM unnest(%(deployments)s::uuid[], %(from)s::timestamptz[], %(to)s::timestamptz[])
     AS site (id, since, until)
CROSS JOIN generate_series(%(since)s::timestamptz, %(last)s::timestamptz, interval '1 day') AS start
WHERE start >= site.since AND start < site.until
"""


@dataclass(frozen=True)
class BigReserve:
    slug: str
    reserve_id: UUID
    deployments: list[UUID]
    since: datetime
    """First midnight (UTC) of the year of records, and"""
    until: datetime
    """the one after its last."""
    email: str
    """Of a manager, who logs in with `PASSWORD`, and"""
    token: str
    """whose token it is."""
    observations: int


@dataclass(frozen=True)
class _Site:
    lon: float
    lat: float
    home: int
    """Which kinds live there: the first of five in the list."""
    richness: float
    looks_from: datetime
    looks_to: datetime
    ended_at: datetime | None


def make(
    db_url: str,
    slug: str,
    *,
    deployments: int = 2000,
    observations: int = 5_000_000,
    seed: int = 7,
    told: bool = False,
) -> BigReserve:
    """Fill a migrated database with the reserve `slug`; the same seed gives the same places.

    Args:
        told: say on standard error what has been done.
    """
    rng = random.Random(seed)
    until = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = until - timedelta(days=DAYS)
    said = time.perf_counter()

    def progress(what: str) -> None:
        if told:
            print(f"{time.perf_counter() - said:7.1f} s  {what}", file=sys.stderr, flush=True)

    sites = [_site(rng, since, until) for _ in range(deployments)]
    with connection(db_url) as conn:
        conn.execute("SELECT setseed(%s)", (1 / (1 + seed),))
        reserve_id, ids = _places(conn, slug, sites, since)
        account = accounts.add_account(
            conn, email=f"manager@{slug}.example", name="Manager", password=PASSWORD
        )
        accounts.grant(conn, account, "manager", reserve=slug)
        token = accounts.issue_token(conn, account, "big reserve")[1]
        _heartbeats(conn, slug, ids, rng)
        progress(f"{deployments:,} deployments")
        stored = _records(conn, slug, ids, sites, since, until, observations, rng)
        progress(f"{stored:,} observations")
        landscape.keep(conn, reserve_id, landscape.draw(_from_middle, SCALE))
        progress("base map drawn; a running service builds it")
    with Database(db_url) as database:
        rollups.roll_up(database)
    progress("sums kept")
    with connection(db_url) as conn:
        conn.execute("VACUUM ANALYZE")
        conn.execute("CHECKPOINT")  # else what is still to be written runs beside what is measured
    progress("analysed")
    return BigReserve(slug, reserve_id, ids, since, until, f"manager@{slug}.example", token, stored)


def place(east_km: float, north_km: float) -> tuple[float, float]:
    """(lon, lat) so many kilometres from the south-west corner."""
    return round(WEST + east_km / _LON_KM, 6), round(SOUTH + north_km / _LAT_KM, 6)


def _from_middle(east_km: float, north_km: float) -> tuple[float, float]:
    return place(KM_EAST / 2 + east_km, KM_NORTH / 2 + north_km)


def boundary() -> dict[str, Any]:
    """A GeoJSON Polygon, longitude first: 60 x 40 km with bays."""
    middle = (KM_EAST / 2, KM_NORTH / 2)
    ring = []
    for step in range(72):
        angle = 2 * math.pi * step / 72
        # A rounded rectangle (superellipse), notched a little.
        reach = (abs(math.cos(angle)) ** 5 + abs(math.sin(angle)) ** 5) ** (-1 / 5)
        reach *= 1.0 + 0.02 * math.sin(7 * angle) + 0.015 * math.cos(11 * angle)
        ring.append(
            place(
                middle[0] * (1 + reach * math.cos(angle)),
                middle[1] * (1 + reach * math.sin(angle)),
            )
        )
    return {"type": "Polygon", "coordinates": [[list(point) for point in [*ring, ring[0]]]]}


def _height(east_km: float, north_km: float) -> float:
    """0 to 1: the hills that decide who lives where."""
    waves = (
        math.sin(east_km / 9 + 1.3) * math.cos(north_km / 7)
        + 0.6 * math.sin((east_km + 2 * north_km) / 13)
        + 0.4 * math.cos((2 * east_km - north_km) / 5)
    )
    return min(1.0, max(0.0, 0.5 + waves / 4))


def _site(rng: random.Random, since: datetime, until: datetime) -> _Site:
    east, north = rng.uniform(0.02, 0.98) * KM_EAST, rng.uniform(0.02, 0.98) * KM_NORTH
    high = _height(east, north)
    looks_from, looks_to, ended_at = since, until, None
    chance = rng.random()
    if chance < 0.06:  # Taken down within the year.
        looks_to = ended_at = since + timedelta(days=rng.randint(40, 320))
    elif chance < 0.12:  # It stands, and has not looked since some day.
        looks_to = since + timedelta(days=rng.randint(30, 330))
    elif chance < 0.15:  # It never looked.
        looks_to = since
    elif chance < 0.30:
        looks_from = since + timedelta(days=rng.randint(1, 200))
    # A corner where all cameras were down the whole year.
    if east > 48 and north < 9:
        looks_to = since
    lon, lat = place(east, north)
    richness = rng.lognormvariate(0.0, 0.5) * (0.15 + high**2 * 2.2)
    return _Site(lon, lat, int(high * (len(TAXA) - 1)), richness, looks_from, looks_to, ended_at)


def _places(conn: Connection, slug: str, sites: Sequence[_Site], since: datetime) -> tuple[UUID, list[UUID]]:
    reserve_id = geography.add_reserve(
        conn,
        slug=slug,
        name="Great Range",
        name_zh="大岭",
        timezone="Asia/Shanghai",
        boundary=json.dumps(boundary()),
    )
    for column in range(4):
        for row in range(3):
            west, south = place(column * KM_EAST / 4, row * KM_NORTH / 3)
            east, north = place((column + 1) * KM_EAST / 4, (row + 1) * KM_NORTH / 3)
            ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
            geography.add_zone(
                conn,
                reserve=reserve_id,
                name=f"Block {'ABCD'[column]}{row + 1}",
                name_zh=f"{'甲乙丙丁'[column]}{row + 1}区",
                area=json.dumps({"type": "Polygon", "coordinates": [ring]}),
            )
    for number in range(math.ceil(len(sites) / AT_ONE_NODE)):
        node = f"{slug}-{number:04}"
        nodes.add(conn, node, reserve_id=reserve_id, name=node, password_hash="$7$x")
    ids = [
        geography.add_deployment(
            conn,
            reserve=reserve_id,
            node_id=f"{slug}-{number // AT_ONE_NODE:04}",
            location_name=f"{'NESW'[number % 4]}{number:04}",
            lon=site.lon,
            lat=site.lat,
            heading_deg=number * 37 % 360,
            field_of_view_deg=55,
            detection_distance_m=20,
            height_m=1.2,
            started_at=since,
            ended_at=site.ended_at,
        )
        for number, site in enumerate(sites)
    ]
    return reserve_id, ids


def _heartbeats(conn: Connection, slug: str, ids: Sequence[UUID], rng: random.Random) -> None:
    """One of each node: most are well, some say that somebody should look, some are silent or never spoke."""
    now = datetime.now(UTC)
    for number in range(math.ceil(len(ids) / AT_ONE_NODE)):
        chance = rng.random()
        if chance < 0.03:
            continue
        heard_at = now - timedelta(seconds=BEHIND_S)
        if chance < 0.09:
            heard_at -= timedelta(days=rng.randint(3, 20))
        here = ids[number * AT_ONE_NODE : (number + 1) * AT_ONE_NODE]
        body = {
            "message_id": str(uuid7()),
            "id": str(uuid7()),
            "observed_at": heard_at.isoformat(),
            "clock": {"quality": "gnss"},
            "uptime_s": 86400,
            "software": "0.1.0",
            "outbox_records": 0,
            "outbox_bytes": 0,
            "next_within_s": 86400,
            "cameras": [
                {"deployment_id": str(id_), "frames": 5000, "blurred": rng.random() < 0.05} for id_ in here
            ],
        }
        conn.execute(
            "INSERT INTO heartbeat (id, node_id, observed_at, received_at, body) VALUES (%s, %s, %s, %s, %s)",
            (uuid7(), f"{slug}-{number:04}", heard_at, heard_at, json.dumps(body)),
        )
        conn.execute("UPDATE node SET online = %s WHERE id = %s", (chance >= 0.09, f"{slug}-{number:04}"))


def _records(
    conn: Connection,
    slug: str,
    ids: list[UUID],
    sites: Sequence[_Site],
    since: datetime,
    until: datetime,
    rows: int,
    rng: random.Random,
) -> int:
    """Without triggers: one marker for each deployment says the same as a million for their days."""
    lots = rng.choices(range(1, len(sites) + 1), [site.richness for site in sites], k=20 * len(sites))
    # What is drawn where nobody looks is left out: so many more are drawn.
    looking = [max(0.0, (site.looks_to - site.looks_from).days / DAYS) for site in sites]
    share = sum(looking[site - 1] for site in lots) / len(lots)
    named = {
        "deployments": ids,
        "homes": [site.home for site in sites],
        "from": [site.looks_from for site in sites],
        "to": [site.looks_to for site in sites],
        "lot_site": lots,
        "lots": len(lots),
        "taxa": TAXA,
        "kinds": len(TAXA),
        "since": since,
        "last": until - timedelta(days=1),
        "days": DAYS,
        "rows": math.ceil(rows / share),
        "salt": slug,
    }
    conn.execute("SET session_replication_role = replica")
    stored = conn.execute(OBSERVATIONS, named).rowcount
    conn.execute(EFFORT, named)
    conn.execute("SET session_replication_role = origin")
    for table in ("stale", "stale_effort"):
        conn.execute(f"INSERT INTO {table} SELECT unnest(%s::uuid[]), '-infinity', 'infinity'", (ids,))
    return stored


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("database_url")
    parser.add_argument("slug")
    parser.add_argument("--deployments", type=int, default=2000)
    parser.add_argument("--observations", type=int, default=5_000_000)
    arguments = parser.parse_args()
    made = make(
        arguments.database_url,
        arguments.slug,
        deployments=arguments.deployments,
        observations=arguments.observations,
        told=True,
    )
    print(f"{made.email} {PASSWORD!r} {made.token}")


if __name__ == "__main__":
    main()
