"""`fieldwatch cloud hotspots` and `... weather`, as people and scripts run them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from fieldwatch_cloud import cli
from fieldwatch_cloud.db import weather

from .api_world import World
from .firms_world import KEY, MODIS, VIIRS, ago, modis, serving, table, viirs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database

INSIDE = (107.55, 33.65)


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> World:
    made = World(database_url, db, tmp_path)
    with db.transaction() as conn:
        conn.execute(
            "UPDATE reserve SET boundary = ST_Multi(ST_MakeEnvelope(107.5, 33.6, 107.6, 33.7, 4326))"
            " WHERE slug = 'foping'"
        )
    return made


@pytest.fixture
def run(world: World, database_url: str, tmp_path: Path) -> Callable[..., tuple[str, str]]:
    """Runs a command that must end with `code`; its standard output and its standard error."""

    def run(*arguments: str, code: int = 0, **more: str) -> tuple[str, str]:
        environment = {
            "FIELDWATCH_STATE": str(tmp_path / "state"),
            "FIELDWATCH_DATABASE_URL": database_url,
        } | more
        done = CliRunner().invoke(cli.app, list(arguments), env=environment)
        assert done.exit_code == code, done.output
        return done.stdout, done.stderr

    return run


def test_files_are_imported_and_listed(run: Callable[..., tuple[str, str]], tmp_path: Path) -> None:
    first, second = tmp_path / "viirs.csv", tmp_path / "modis.csv"
    first.write_bytes(table(VIIRS, viirs(*INSIDE, ago(3)), viirs(107.7, 33.65, ago(2)), "broken"))
    second.write_bytes(b"\xef\xbb\xbf" + table(MODIS, modis(*INSIDE, ago(2.5), confidence=71)))
    out, errors = run("hotspots", "import", str(first), str(second), code=1)
    assert "viirs.csv: 1 new in 1 incidents, 0 known, 1 outside (of them 1 new and near), 1 rejected" in out
    assert "modis.csv: 1 new in 1 incidents, 0 known, 0 outside" in out
    assert "Rejected in viirs.csv" in errors
    assert "1 cells where the header has 14" in errors
    out, _ = run("hotspots", "import", str(second))
    assert "0 new in 0 incidents, 1 known" in out
    out, _ = run("quarantine", "list")
    assert "firms/viirs.csv" in out
    assert "line 4: 1 cells where the header has 14" in out
    out, _ = run("hotspots", "list", "--reserve", "foping")
    print(out)
    assert out.index("near") < out.index("71 %") < out.index("nominal", out.index("71 %"))
    assert out.count("inside") == 2
    out, _ = run("hotspots", "list", "--reserve", "foping", "--from", "2001-01-01", "--to", "2001-01-02")
    assert "inside" not in out


def test_what_is_wrong_is_one_sentence(run: Callable[..., tuple[str, str]], tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(b"Invalid MAP_KEY.")
    _, errors = run("hotspots", "import", str(file), code=1)
    assert "x.csv is not a file of FIRMS hotspots" in errors
    _, errors = run("hotspots", "import", str(file), "--reserve", "nowhere", code=1)
    assert "no such reserve: 'nowhere'" in errors
    _, errors = run("hotspots", "fetch", code=1)
    assert "set FIELDWATCH_FIRMS_MAP_KEY" in errors
    _, errors = run("weather", "import", str(file), "--reserve", "foping", code=1)
    assert "x.csv is not a file of weather" in errors


def test_firms_is_asked_now(run: Callable[..., tuple[str, str]]) -> None:
    with serving() as firms:
        firms.answers = {"VIIRS_SNPP_NRT": table(VIIRS, viirs(*INSIDE, ago(1), satellite="N"))}
        settings = {
            "FIELDWATCH_FIRMS_MAP_KEY": KEY,
            "FIELDWATCH_FIRMS_URL": firms.url,
            "FIELDWATCH_FIRMS_SOURCES": "VIIRS_SNPP_NRT",
        }
        out, errors = run("hotspots", "fetch", **settings)
        # The two reserves are neighbours: whichever is asked around first brings it.
        assert "VIIRS_SNPP_NRT elsewhere: 1 new in 1 incidents, 0 known" in out
        assert "VIIRS_SNPP_NRT foping: 0 new in 0 incidents, 1 known" in out
        firms.answers = {"VIIRS_SNPP_NRT": (400, b"Invalid MAP_KEY.")}
        failed_out, failed = run("hotspots", "fetch", code=1, **settings)
    assert "VIIRS_SNPP_NRT foping: HTTP 400: Invalid MAP_KEY." in failed
    assert KEY not in out + errors + failed_out + failed


def test_a_season_of_weather(
    run: Callable[..., tuple[str, str]], world: World, db: Database, tmp_path: Path
) -> None:
    """A hundred days, of which two are missing and one row is broken: 97 days of danger, in one file."""
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC) - timedelta(hours=107.55 / 15)
    rows = [
        f"ridge,{(noon + timedelta(days=n)).isoformat()},{10 + n % 20},{30 + n % 40},12,{5 * (n % 9 == 0)}"
        for n in range(100)
        if n not in (50, 51)
    ]
    rows[10] = rows[10].replace(",12,", ",gale,")
    file = tmp_path / "ridge.csv"
    file.write_text(
        "station,observed_at,temperature_c,humidity_percent,wind_kmh,rain_24h_mm\n" + "\n".join(rows)
    )
    out, errors = run("weather", "import", str(file), "--reserve", "foping", code=1)
    assert "ridge.csv: 97 stored, 0 known, 1 rejected" in out
    assert "wind_kmh 'gale' is not a number" in errors
    with db.transaction() as conn:
        days = weather.days(conn, world.foping)[::-1]
    assert len(days) == 97
    assert [day.missed_days for day in days if day.missed_days] == [1, 2]
    assert [day.day for day in days if day.started] == [days[0].day]
    out, _ = run("weather", "import", str(file), "--reserve", "foping", code=1)
    assert "0 stored, 97 known, 1 rejected" in out
