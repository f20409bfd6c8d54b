"""The SQL against the pure Python that says what it must answer, on random records."""

import random
from collections import Counter, defaultdict
from datetime import timedelta
from uuid import UUID

import pytest

from fieldwatch_cloud.counts.effort import camera_days
from fieldwatch_cloud.counts.events import Record, independent_events
from fieldwatch_cloud.db import counts
from fieldwatch_cloud.db.pool import Database
from fieldwatch_shared.ids import uuid7

from .api_world import NOON

TAXA = [("Sus scrofa", "animal"), ("Macaca mulatta", "animal"), (None, "human"), (None, "unknown")]
SINCE, UNTIL = NOON, NOON + timedelta(days=3)


def records_of(rng: random.Random, deployments: list[UUID]) -> list[Record]:
    """Times on whole minutes, so that starts, ends and interval edges often coincide."""
    listed = []
    for _ in range(rng.randint(0, 400)):
        start = NOON + timedelta(minutes=rng.randint(-600, 5000))
        end = start + timedelta(minutes=rng.choice([0, 0, 1, 2, 10, 29, 30, 31, 200]))
        deployment = str(rng.choice(deployments))
        listed.append(Record(deployment, rng.choice(TAXA), start, end, rng.randint(1, 5)))
    return listed


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("interval_min", [1, 30])
def test_events_and_max_n_in_sql_equal_the_reference(db: Database, seed: int, interval_min: int) -> None:
    rng = random.Random(seed)
    deployments = [uuid7() for _ in range(3)]
    records = records_of(rng, deployments)
    interval = timedelta(minutes=interval_min)
    query = counts.Query(reserve_id=uuid7(), area=None, since=SINCE, until=UNTIL, interval=interval)
    with db.transaction() as conn, conn.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO observation (id, deployment_id, observed_at, ended_at, confidence, count, frames,"
            " observation_type, clock_quality, scientific_name, model)"
            " VALUES (%s, %s, %s, %s, 1, %s, 1, %s, 'ntp', %s, 'm@1')",
            [(uuid7(), r.deployment, r.start, r.end, r.count, r.taxon[1], r.taxon[0]) for r in records],
        )
        got = counts.events_by_taxon(conn, deployments, query)
    expected = defaultdict(Counter)
    places = defaultdict(Counter)
    for event in independent_events(records, interval):
        if not SINCE <= event.start < UNTIL:
            continue
        tally = expected[event.taxon]
        tally["observations"] += event.observations
        tally["individuals"] += event.max_n
        tally["events"] += 1
        tally["max_count"] = max(tally["max_count"], event.max_n)
        places[event.taxon][deployments.index(UUID(event.deployment))] += 1
    assert {
        (t.scientific_name, t.observation_type): (
            t.observations,
            t.individuals,
            t.events,
            t.max_count,
            t.events_at,
        )
        for t in got
    } == {
        taxon: (
            t["observations"],
            t["individuals"],
            t["events"],
            t["max_count"],
            places[taxon],
        )
        for taxon, t in expected.items()
    }


@pytest.mark.parametrize("seed", range(12))
def test_effort_in_sql_equals_the_reference(db: Database, seed: int) -> None:
    rng = random.Random(seed)
    deployments = [uuid7() for _ in range(3)]
    spans = []
    for _ in range(rng.randint(1, 60)):
        start = NOON + timedelta(minutes=rng.randint(-4000, 6000))
        # None, short ones, and some over midnight and over several days.
        end = start + timedelta(minutes=rng.choice([0, 1, 7, 60, 800, 4000]))
        spans.append((rng.choice(deployments), start, end))
    with db.transaction() as conn, conn.cursor() as cursor:
        for _ in range(2):  # Told twice, with other ids: looked once.
            cursor.executemany(
                "INSERT INTO effort (id, deployment_id, started_at, ended_at, frames)"
                " VALUES (%s, %s, %s, %s, 1)",
                [(uuid7(), *span) for span in spans],
            )
        got = counts.effort_by_deployment(conn, deployments, SINCE, UNTIL)
    for deployment in deployments:
        own = [(start, end) for d, start, end in spans if d == deployment]
        assert got.get(deployment, 0) == pytest.approx(camera_days(own, SINCE, UNTIL), abs=1e-9)
    assert 0 not in got.values()
