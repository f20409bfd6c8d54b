"""Kept sums equal the records at any time: whatever came late, was labelled, corrected or interrupted."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from fieldwatch_cloud.counts.effort import camera_days
from fieldwatch_cloud.db import counts, geography, nodes, rollups
from fieldwatch_cloud.errors import DatabaseError
from fieldwatch_shared.ids import uuid7

from .truth_world import START, Truth, counted

if TYPE_CHECKING:
    from fieldwatch_cloud.db.pool import Database

DAY = timedelta(days=1)
SPANS = [
    (START - 10 * DAY, START + 20 * DAY),  # everything
    (
        START + timedelta(hours=2),
        START + timedelta(days=3, hours=2),
    ),  # from midnight to midnight, over a month
    (START + timedelta(hours=7, minutes=13), START + timedelta(days=4, hours=9, minutes=1)),
    (START + timedelta(hours=30), START + timedelta(hours=31)),
    (START - 40 * DAY, START + 3 * DAY + timedelta(hours=2)),
]


@pytest.fixture
def truth(db: Database, request: pytest.FixtureRequest) -> Truth:
    rng = random.Random(getattr(request, "param", 0))
    account = uuid7()
    with db.transaction() as conn:
        conn.execute(
            "INSERT INTO account (id, email, name, password_hash) VALUES (%s, 'r@example.org', 'R', '')",
            (account,),
        )
        reserve = geography.add_reserve(conn, slug="r", name="R")
        nodes.add(conn, "n", reserve_id=reserve, name="n", password_hash="$7$x")
        deployments = [
            geography.add_deployment(
                conn, reserve=reserve, node_id="n", location_name=f"d{n}", lon=107.5, lat=33.6
            )
            for n in range(3)
        ]
    return Truth(rng, deployments, account)


def check(db: Database, truth: Truth, **query) -> None:
    for since, until in SPANS:
        with db.transaction() as conn:
            got = counted(conn, truth.deployments, since, until, **query)
        assert got == truth.tallies(since, until, **query), (since, until, query)


SUMS = [
    "SELECT * FROM event ORDER BY deployment_id, started_at, scientific_name, observation_type",
    "SELECT * FROM count_sum ORDER BY deployment_id, tier, start, scientific_name, observation_type",
    "SELECT * FROM count_day ORDER BY deployment_id, day",
    "SELECT * FROM count_month ORDER BY deployment_id, month",
]


def sums(db: Database) -> list[list[tuple]]:
    with db.transaction() as conn:
        return [conn.execute(each).fetchall() for each in SUMS]


def change(conn, truth: Truth) -> None:
    rng = truth.rng
    for _ in range(rng.randint(1, 4)):
        what = rng.choice(["observe", "observe", "picture", "label", "label", "clock"])
        if what == "observe":
            truth.observe(conn, rng.choice([1, 2, 40]))
        elif what == "picture" or not truth.pictures:
            truth.take_picture(conn)
        elif what == "label":
            truth.label(conn)
        elif rng.random() < 0.4:
            truth.set_clock(conn)


@pytest.mark.parametrize("truth", range(10), indirect=True)
def test_whatever_changes_the_sums_are_those_of_the_records(db: Database, truth: Truth) -> None:
    with db.transaction() as conn:
        truth.observe(conn, 120)
        for _ in range(8):
            truth.take_picture(conn)
    for _ in range(6):
        with db.transaction() as conn:
            change(conn, truth)
        check(db, truth)  # Markers lie there: derived by the reader.
        if truth.rng.random() < 0.7:
            rollups.roll_up(db, at_once=2)
            check(db, truth)
    rollups.roll_up(db, at_once=2)
    kept = sums(db)
    with db.transaction() as conn:
        assert conn.execute("SELECT count(*) FROM stale").fetchone() == (0,)
        # From nothing the job makes the same as piece by piece.
        conn.execute("TRUNCATE event, count_sum, count_day, count_month")
        conn.execute("INSERT INTO stale SELECT id, '-infinity', 'infinity' FROM deployment")
    rollups.roll_up(db)
    assert sums(db) == kept


def long_spans(rng: random.Random) -> list[tuple[datetime, datetime]]:
    """Months and years of several time zones, spans of any instants, and one before and after everything."""
    local = [
        (datetime(year, month, 1, tzinfo=zone), datetime(until, end, 1, tzinfo=zone))
        for zone in (
            UTC,
            ZoneInfo("Asia/Shanghai"),
            ZoneInfo("Asia/Kathmandu"),
            ZoneInfo("America/Sao_Paulo"),
        )
        for year, month, until, end in [(2026, 3, 2027, 3), (2026, 1, 2027, 1), (2026, 3, 2026, 9)]
    ]
    at = sorted(START + timedelta(seconds=rng.uniform(-20, 1100) * 86_400) for _ in range(12))
    return [
        *local,
        *pairwise(at),
        *zip(at, reversed(at[6:]), strict=False),
        (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),
    ]


@pytest.mark.parametrize("truth", range(20, 24), indirect=True)
def test_months_and_years_are_those_of_the_records_in_any_time_zone(db: Database, truth: Truth) -> None:
    truth.span_min = 1000 * 24 * 60
    with db.transaction() as conn:
        truth.observe(conn, 200)
        for _ in range(10):
            truth.take_picture(conn)

    def compare() -> None:
        for since, until in long_spans(truth.rng):
            with db.transaction() as conn:
                got = counted(conn, truth.deployments, since, until)
            assert got == truth.tallies(since, until), (since, until)

    for rolled_up in (True, False, True):
        if rolled_up:
            rollups.roll_up(db)
        compare()
        with db.transaction() as conn:  # What comes late lies anywhere in these years.
            truth.observe(conn, 15)
            truth.label(conn)
            if not rolled_up:
                truth.set_clock(conn)
    compare()


SUMS_FOR_SQL = (
    (
        "SELECT deployment_id, start, scientific_name, observation_type, observations, labelled, events,"
        " individuals, max_count FROM count_sum WHERE tier::text = %s ORDER BY 1, 2, 3, 4"
    ),
    (
        "SELECT deployment_id, date_trunc(%s, started_at)::date, scientific_name, observation_type,"
        " sum(observations), sum(labelled), count(*), sum(max_n), max(max_n) FROM event"
        " GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
    ),
)
EFFORT_FOR_SQL = (
    "SELECT deployment_id, start, looked FROM effort_sum WHERE tier::text = %s ORDER BY 1, 2",
    (
        "SELECT deployment_id, date_trunc(%s, day)::date, sum(upper(span) - lower(span))"
        " FROM effort_day, unnest(spans) AS span GROUP BY 1, 2 ORDER BY 1, 2"
    ),
)


@pytest.mark.parametrize("truth", range(2), indirect=True)
def test_sums_for_sql_are_those_of_the_events(db: Database, truth: Truth) -> None:
    truth.span_min = 400 * 24 * 60
    for how_many in (100, 5):
        with db.transaction() as conn:
            truth.observe(conn, how_many)
            conn.execute(
                "INSERT INTO effort (id, deployment_id, started_at, ended_at, frames)"
                " SELECT gen_random_uuid(), id, at, at + interval '30 h', 1 FROM unnest(%s::uuid[]) AS id,"
                " unnest(%s::timestamptz[]) AS at",
                (truth.deployments, [START + timedelta(hours=truth.rng.uniform(0, 9600)) for _ in range(9)]),
            )
        rollups.roll_up(db)
    for tier in ("month", "year"):
        with db.transaction() as conn:
            kept, derived, looked, of_days = (
                conn.execute(each, (tier,)).fetchall() for each in (*SUMS_FOR_SQL, *EFFORT_FOR_SQL)
            )
        assert kept == derived
        assert looked == of_days


@pytest.mark.parametrize("truth", range(3), indirect=True)
@pytest.mark.parametrize(
    "query",
    [
        {"interval": timedelta(minutes=1)},
        {"interval": timedelta(hours=2)},
        {"interval": timedelta(days=1)},
        {"rule": "last_independent_record"},
        {"rule": "last_independent_record", "interval": timedelta(hours=3)},
        {"min_confidence": 0.5},
    ],
    ids=str,
)
def test_other_intervals_and_rules_equal_the_reference(db: Database, truth: Truth, query: dict) -> None:
    with db.transaction() as conn:
        truth.observe(conn, 150)
        for _ in range(8):
            truth.take_picture(conn)
        for _ in range(6):
            truth.label(conn)
        truth.set_clock(conn)
    check(db, truth, **query)
    rollups.roll_up(db)
    check(db, truth, **query)
    with db.transaction() as conn:
        truth.observe(conn, 20)
    check(db, truth, **query)


def test_a_run_that_is_interrupted_leaves_all_as_it_was(
    db: Database, truth: Truth, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction() as conn:
        truth.observe(conn, 200)
    rollups.roll_up(db)
    with db.transaction() as conn:
        truth.observe(conn, 50)
    before = sums(db)
    with monkeypatch.context() as broken:
        broken.setattr(rollups, "SQL", {**rollups.SQL, "take_markers": b"SELECT 1 / 0"})
        with pytest.raises(DatabaseError):
            rollups.roll_up(db)
    assert sums(db) == before
    check(db, truth)
    rollups.roll_up(db)
    rollups.roll_up(db)
    check(db, truth)


def test_records_that_come_while_the_job_runs_are_never_missed(db: Database, truth: Truth) -> None:
    """Several connections insert and label, two jobs run at once, and a reader finds the two ways equal
    within one state, all the while."""
    writers_done, failures = threading.Event(), []
    lock = threading.Lock()
    truth.span_min = 1500
    with db.transaction() as conn:
        for _ in range(20):
            truth.take_picture(conn)

    def guarded(work) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except Exception as error:
                failures.append(error)
                raise

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def write(seed: int) -> None:
        rng = random.Random(seed)
        for _ in range(25):
            # A transaction that holds what it wrote while others begin and end, as ingest's do.
            with db.transaction() as conn:
                with lock:
                    if rng.random() < 0.3:
                        truth.label(conn)
                    else:
                        truth.observe(conn, rng.choice([1, 10]))
                conn.execute("SELECT pg_sleep(%s)", (rng.choice([0, 0.01]),))

    def roll() -> None:
        while not writers_done.is_set():
            try:
                rollups.roll_up(db, at_once=1)
            except DatabaseError:  # The other one took the same markers: it says so, and nothing is lost.
                continue

    def read() -> None:
        while not writers_done.is_set():
            with db.transaction() as conn:
                counts.one_snapshot(conn)
                by_sums = counted(conn, truth.deployments, *SPANS[2])
                # A confidence above none, which all have: the same question, from the records.
                from_records = counted(conn, truth.deployments, *SPANS[2], min_confidence=1e-9)
            assert by_sums == from_records

    writers = [guarded(lambda seed=seed: write(seed)) for seed in range(3)]
    others = [guarded(roll), guarded(roll), guarded(read)]
    for thread in writers:
        thread.join()
    writers_done.set()
    for thread in others:
        thread.join()
    assert not failures
    check(db, truth)
    rollups.roll_up(db)
    check(db, truth)


@pytest.mark.parametrize("seed", range(6))
def test_effort_by_month_equals_the_spans(db: Database, truth: Truth, seed: int) -> None:
    rng = random.Random(seed)
    looked = []
    for _ in range(5):
        with db.transaction() as conn:
            for _ in range(rng.randint(1, 12)):
                start = START + timedelta(minutes=rng.randint(-40_000, 90_000))
                end = start + timedelta(minutes=rng.choice([0, 1, 60, 800, 4000]))
                looked.append((rng.choice(truth.deployments), start, end))
                conn.execute(
                    "INSERT INTO effort (id, deployment_id, started_at, ended_at, frames)"
                    " VALUES (%s, %s, %s, %s, 1)",
                    (uuid7(), *looked[-1]),
                )
            if rng.random() < 0.5:
                truth.set_clock(conn)
        for _ in range(2):
            for since, until in [*SPANS, (START - 60 * DAY, START + 90 * DAY)]:
                with db.transaction() as conn:
                    got = counts.effort_by_deployment(conn, truth.deployments, since, until)
                for id_ in truth.deployments:
                    ahead = timedelta(seconds=truth.clocks.get(id_, 0))
                    own = [(start + ahead, end + ahead) for d, start, end in looked if d == id_]
                    assert got.get(id_, 0) == pytest.approx(camera_days(own, since, until), abs=1e-9)
            if rng.random() < 0.6:
                rollups.roll_up(db)
    rollups.roll_up(db)
    with db.transaction() as conn:
        assert conn.execute("SELECT count(*) FROM stale_effort").fetchone() == (0,)
