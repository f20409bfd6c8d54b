"""Hotspots in the database: to which reserve they belong, stored once, to their fires; and asked of FIRMS."""

from __future__ import annotations

import re
import socket
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from fieldwatch_cloud.alarms import firms_feed
from fieldwatch_cloud.alarms.hotspots import Outcome, import_file
from fieldwatch_cloud.db import hotspots, jobs, quarantine
from fieldwatch_cloud.errors import DataFileError, FeedError, InvalidMessageError, RowRefusedError
from fieldwatch_cloud.ingest.replay import replay
from fieldwatch_cloud.jobs import leader
from fieldwatch_cloud.media.store import DiskStore
from fieldwatch_cloud.settings import CloudSettings, FirmsSettings
from fieldwatch_shared.messages import utc_now

from .firms_world import KEY, MODIS, VIIRS, Firms, ago, modis, serving, table, viirs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database

INSIDE = (107.55, 33.65)
EAST_M = 92_700
"""Of a degree of longitude at 33.65 north, about."""


@pytest.fixture
def reserve(db: Database) -> str:
    """One tenth of a degree square, from 107.5 east and 33.6 north; and another one, far away."""
    with db.transaction() as conn:
        conn.execute(
            "INSERT INTO reserve (id, slug, name, boundary) VALUES"
            " (gen_random_uuid(), 'foping', 'Foping',"
            "  ST_Multi(ST_MakeEnvelope(107.5, 33.6, 107.6, 33.7, 4326))),"
            " (gen_random_uuid(), 'away', 'Away', ST_Multi(ST_MakeEnvelope(90, 31, 90.1, 31.1, 4326)))"
        )
    return "foping"


def _kept(db: Database, where: str = "true") -> int:
    with db.transaction() as conn:
        (row,) = conn.execute(f"SELECT count(*) FROM hotspot WHERE {where}")  # noqa: S608
    return int(row[0])


def _incidents(db: Database) -> list[tuple[Any, ...]]:
    with db.transaction() as conn:
        return conn.execute(
            "SELECT id, held_back, location_method FROM incident ORDER BY opened_at"
        ).fetchall()


def _import(db: Database, *rows: str, header: str = VIIRS, **more: Any) -> Outcome:
    return import_file(db, table(header, *rows), "test.csv", **more)


def test_a_hotspot_opens_an_incident_once(db: Database, reserve: str) -> None:
    row = viirs(*INSIDE, ago(3))
    outcome = _import(db, row)
    assert (outcome.new, outcome.known, outcome.outside, outcome.rejected) == (1, 0, 0, [])
    ((incident, held_back, method),) = _incidents(db)
    assert outcome.incidents == {incident}
    assert held_back is None
    assert method == "hotspot"
    again = _import(db, row)
    assert (again.new, again.known, again.incidents) == (0, 1, set())
    assert _kept(db, f"incident_id = '{incident}'") == 1
    assert len(_incidents(db)) == 1


def test_another_processing_of_the_same_overpass_is_the_same_hotspot(db: Database, reserve: str) -> None:
    at = ago(3)
    _import(db, viirs(*INSIDE, at, version="2.0URT"))
    # Located anew: 60 m to the east; stamped a minute later.
    moved = (INSIDE[0] + 60 / EAST_M, INSIDE[1])
    assert _import(db, viirs(*moved, at + timedelta(minutes=1))).known == 1
    # The pixel beside it, the next overpass, another satellite: other hotspots.
    beside = (INSIDE[0] + 390 / EAST_M, INSIDE[1])
    assert _import(db, viirs(*beside, at)).new == 1
    assert _import(db, viirs(*INSIDE, at + timedelta(minutes=100))).new == 1
    assert _import(db, viirs(*INSIDE, at, satellite="N")).new == 1
    assert len(_incidents(db)) == 1, "all of them are one fire"


@pytest.mark.parametrize(
    ("east_m", "reserve_of", "kept"),
    [(0, "foping", 1), (250, "foping", 1), (350, None, 1), (49_000, None, 1), (51_000, None, 0)],
)
def test_to_which_reserve_a_hotspot_belongs(
    db: Database, reserve: str, east_m: float, reserve_of: str | None, kept: int
) -> None:
    """A pixel of 450 by 390 m reaches 298 m from its centre; the boundary is at 107.6 east."""
    outcome = _import(db, viirs(107.6 + east_m / EAST_M, 33.65, ago(2)))
    assert (outcome.new, outcome.outside, outcome.near) == (
        int(reserve_of is not None), int(reserve_of is None), kept if reserve_of is None else 0
    )  # fmt: skip
    assert _kept(db) == kept
    assert _kept(db, "reserve_id IS NOT NULL") == len(_incidents(db)) == outcome.new
    with db.transaction() as conn:
        reserve_id = conn.execute("SELECT id FROM reserve WHERE slug = 'foping'").fetchone()
        assert reserve_id is not None
        shown = hotspots.of_reserve(conn, reserve_id[0])
    assert [one.inside for one in shown] == [reserve_of is not None] * kept


def test_a_reserve_without_a_boundary_is_what_its_cameras_stand_around(db: Database) -> None:
    with db.transaction() as conn:
        conn.execute("INSERT INTO reserve (id, slug, name) VALUES (gen_random_uuid(), 'wild', 'Wild')")
        conn.execute(
            "INSERT INTO node (id, reserve_id, name, mqtt_password_hash)"
            " SELECT 'n1', id, 'n1', 'x' FROM reserve"
        )
        conn.execute(
            "INSERT INTO deployment (id, reserve_id, node_id, location_name, location, started_at)"
            " SELECT gen_random_uuid(), id, 'n1', 'ridge', ST_SetSRID(ST_MakePoint(107.5, 33.6), 4326), now()"
            " FROM reserve"
        )
    assert _import(db, viirs(107.5 + 9_000 / EAST_M, 33.6, ago(2))).new == 1
    assert _import(db, viirs(107.5 + 11_000 / EAST_M, 33.6, ago(2))).near == 1


def test_a_boundary_drawn_later_adopts_what_lay_near(db: Database, reserve: str) -> None:
    row = viirs(107.65, 33.65, ago(2))
    assert _import(db, row).near == 1
    with db.transaction() as conn:
        conn.execute(
            "UPDATE reserve SET boundary = ST_Multi(ST_MakeEnvelope(107.5, 33.6, 107.7, 33.7, 4326))"
            " WHERE slug = 'foping'"
        )
    assert _import(db, row).new == 1
    assert len(_incidents(db)) == 1


def test_one_of_low_confidence_is_held_back_until_something_else_sees_it(db: Database, reserve: str) -> None:
    _import(db, viirs(*INSIDE, ago(3), confidence="l"))
    beside = (INSIDE[0] + 390 / EAST_M, INSIDE[1])
    _import(db, viirs(*beside, ago(3), confidence="l"))
    ((incident, held_back, _),) = _incidents(db)
    assert "low confidence" in held_back, "two pixels of one overpass are one witness"
    outcome = _import(db, modis(*INSIDE, ago(2), confidence=85), header=MODIS)
    assert outcome.incidents == {incident}
    assert _incidents(db)[0][1] is None, "it calls now"


def test_an_old_hotspot_is_kept_and_calls_nobody(db: Database, reserve: str) -> None:
    outcome = _import(db, viirs(*INSIDE, ago(25)), viirs(*INSIDE, ago(24 * 300), satellite="N"))
    assert (outcome.new, outcome.incidents) == (2, set())
    assert _incidents(db) == []


def test_one_reserves_manager_touches_no_other_reserve(db: Database, reserve: str) -> None:
    elsewhere, row = viirs(90.05, 31.05, ago(2)), viirs(*INSIDE, ago(2))
    outcome = _import(db, elsewhere, row, only="foping")
    assert (outcome.new, outcome.outside, outcome.near) == (1, 1, 0)
    assert _kept(db) == 1
    assert _import(db, elsewhere, row).new == 1, "the other reserve's is still new"


def test_broken_rows_lie_in_quarantine_and_can_be_replayed(
    db: Database, database_url: str, reserve: str, tmp_path: Path
) -> None:
    broken = viirs(*INSIDE, ago(2)).replace("N20", "N99")
    outcome = _import(db, viirs(107.51, 33.61, ago(2)), broken)
    assert outcome.new == 1
    assert [(row.row, row.text) for row in outcome.rejected] == [(3, broken)]
    _import(db, viirs(107.51, 33.61, ago(2)), broken)
    with db.transaction() as conn:
        (entry,) = quarantine.entries(conn)
        held = quarantine.get(conn, entry.id)
    assert (entry.topic, entry.reason) == (
        "firms/test.csv", "line 3: satellite 'N99' is none that carries VIIRS or MODIS"
    )  # fmt: skip
    assert held.payload.decode() == f"{VIIRS}\n{broken}\n"
    store = DiskStore(tmp_path)
    with pytest.raises(InvalidMessageError, match="line 2: satellite 'N99'"):
        replay(database_url, store, entry.id, largest_picture=1)
    with db.transaction() as conn:
        conn.execute("UPDATE quarantine SET payload = %s", (held.payload.replace(b"N99", b"N21"),))
    for _ in range(2):
        replay(database_url, store, entry.id, largest_picture=1)
    assert _kept(db) == 2
    with db.transaction() as conn:
        assert quarantine.waiting(conn) == []


def test_one_that_cannot_be_kept_costs_no_other_its_alarm(db: Database, reserve: str) -> None:
    with db.transaction() as conn:
        conn.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'not this one'; END $$"
        )
        conn.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON hotspot FOR EACH ROW"
            " WHEN (ST_X(NEW.location) > 107.58) EXECUTE FUNCTION refuse()"
        )
    rows = [viirs(lon, 33.65, ago(2)) for lon in (107.53, 107.59, 107.56)]
    with pytest.raises(RowRefusedError, match="not this one"), capture_logs() as logs:
        _import(db, *rows)
    assert _kept(db, "incident_id IS NOT NULL") == 2
    assert [line["event"] for line in logs].count("hotspots.failed") == 1


def test_what_is_no_firms_file_stores_nothing(db: Database, reserve: str) -> None:
    with pytest.raises(DataFileError, match=r"^x\.csv is not a file of FIRMS hotspots: .*Invalid MAP_KEY"):
        import_file(db, b"Invalid MAP_KEY.", "x.csv")


# The feed ----------------------------------------------------------------------------------------


@pytest.fixture
def firms() -> Iterator[Firms]:
    with serving() as firms:
        yield firms


def _settings(firms: Firms, **more: Any) -> FirmsSettings:
    return FirmsSettings.model_validate(
        {"map_key": KEY, "url": firms.url, "sources": "VIIRS_NOAA20_NRT, MODIS_NRT", "timeout_s": 60} | more
    )


def _fetch(db: Database, firms: Firms, now: datetime | None = None, **more: Any) -> Outcome:
    return firms_feed.fetch(db, _settings(firms, **more), now or utc_now(), waits_s=(0.01, 0.01))


def test_each_product_is_asked_around_each_reserve(db: Database, reserve: str, firms: Firms) -> None:
    firms.answers = {
        "VIIRS_NOAA20_NRT": table(VIIRS, viirs(*INSIDE, ago(3))),
        "MODIS_NRT": table(MODIS, modis(*INSIDE, ago(3))),
    }
    outcome = _fetch(db, firms)
    assert (outcome.new, outcome.known, len(outcome.incidents)) == (2, 2, 1)
    assert _kept(db, "source = 'VIIRS_NOAA20_NRT'") == _kept(db, "source = 'MODIS_NRT'") == 1
    assert len(firms.asked) == 4
    path = re.fullmatch(rf"/api/area/csv/{KEY}/VIIRS_NOAA20_NRT/(.*)/2", firms.asked[2])
    assert path
    west, south, east, north = map(float, path[1].split(","))
    assert (107.5 - west, east - 107.6) == pytest.approx((50_000 / EAST_M,) * 2, rel=0.03)
    assert (33.6 - south, north - 33.7) == pytest.approx((0.452, 0.452), abs=0.002)


def _cut_short(handler: BaseHTTPRequestHandler) -> None:
    body = table(VIIRS, viirs(*INSIDE, ago(3)))
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body) + 100))
    handler.end_headers()
    handler.wfile.write(body)
    handler.close_connection = True


def _hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("answer", "tries", "says"),
    [
        ((400, b"Invalid MAP_KEY."), 1, "HTTP 400: Invalid MAP_KEY."),
        ((403, f"key {KEY} has no access".encode()), 1, "HTTP 403: key *** has no access"),
        ((200, b"Invalid MAP_KEY."), 1, "the file begins with: Invalid MAP_KEY."),
        ((200, b"<html><title>Down for maintenance</title>"), 1, "this is a web page: Down for maintenance"),
        ((200, b""), 1, "the file is empty"),
        ((503, b"busy"), 3, "HTTP 503"),
        ((429, b"slow down"), 3, "HTTP 429"),
        (_cut_short, 3, "the connection broke: IncompleteRead"),
        (_hang_up, 3, "the connection broke: RemoteDisconnected"),
    ],
)
def test_an_answer_that_is_none_is_told_without_the_key(
    db: Database, reserve: str, firms: Firms, answer: Any, tries: int, says: str
) -> None:
    firms.answers = {"VIIRS_NOAA20_NRT": answer, "MODIS_NRT": table(MODIS, modis(*INSIDE, ago(3)))}
    with capture_logs() as logs, pytest.raises(FeedError, match=re.escape(says)) as failed:
        _fetch(db, firms)
    assert firms.products().count("VIIRS_NOAA20_NRT") == (2 * tries if tries == 1 else tries)
    assert "VIIRS_NOAA20_NRT away" in str(failed.value)
    assert KEY not in str(failed.value)
    assert KEY not in repr(logs)
    assert failed.value.__cause__ is None
    if tries == 1:
        assert _kept(db, "instrument = 'MODIS'") == 1, "the other product was kept"
    assert _kept(db, "instrument = 'VIIRS'") == 0


def test_it_tries_again(db: Database, reserve: str, firms: Firms) -> None:
    answers = [(502, b""), (500, b""), table(VIIRS, viirs(*INSIDE, ago(3)))]

    def answer(handler: BaseHTTPRequestHandler) -> None:
        given = answers.pop(0) if answers else table(VIIRS)
        status, body = given if isinstance(given, tuple) else (200, given)
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    firms.answers = {"VIIRS_NOAA20_NRT": answer}
    assert _fetch(db, firms, sources="VIIRS_NOAA20_NRT").new == 1


def test_nobody_there(db: Database, reserve: str, firms: Firms) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(FeedError, match=r"cannot be reached.*no connection"):
            _fetch(db, firms, url=url)


def test_a_service_that_never_answers_is_given_up(db: Database, reserve: str, firms: Firms) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(FeedError, match=r"no answer within 0\.2 s"):
            _fetch(db, firms, url=url, timeout_s=0.2)


def test_without_a_key_nothing_is_asked(db: Database, reserve: str, firms: Firms) -> None:
    with pytest.raises(FeedError, match="set FIELDWATCH_FIRMS_MAP_KEY"):
        _fetch(db, firms, map_key=None)
    assert firms.asked == []


def test_the_job_notes_only_a_complete_run(
    db: Database,
    database_url: str,
    reserve: str,
    firms: Firms,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def wanted() -> list[leader.Job | leader.LongJob]:
        return leader.all_jobs(CloudSettings.load(tmp_path).with_urls(database_url, None))

    assert "hotspots" not in [job.name for job in wanted()]
    monkeypatch.setenv("FIELDWATCH_FIRMS_MAP_KEY", KEY)
    monkeypatch.setenv("FIELDWATCH_FIRMS_URL", firms.url)
    monkeypatch.setenv("FIELDWATCH_FIRMS_SOURCES", "VIIRS_SNPP_NRT,MODIS_NRT")
    (job,) = [job for job in wanted() if job.name == "hotspots"]
    assert job.every_s == 600

    def noted() -> datetime | None:
        with db.transaction() as conn:
            return jobs.last_finished(conn, "hotspots")

    firms.answers = {"MODIS_NRT": (400, b"Invalid MAP_KEY.")}
    with capture_logs() as logs:
        leader.run_job(db, job)
    assert noted() is None
    (failure,) = [line for line in logs if line["event"] == "job.failed"]
    assert "Invalid MAP_KEY" in failure["reason"]
    firms.answers = {"VIIRS_SNPP_NRT": table(VIIRS, viirs(*INSIDE, ago(1), satellite="N"))}
    leader.run_job(db, job)
    assert noted() is not None
    assert _kept(db) == 1
    assert KEY not in repr(logs)
