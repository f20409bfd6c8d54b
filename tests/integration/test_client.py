"""The client and `fieldwatch counts` against the real service."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely
from PIL import Image
from typer.testing import CliRunner

from fieldwatch.cli import app
from fieldwatch.client import ClientError, Refused, Reserve, Unreachable, http, reserves

from .api_world import Running, World, running
from .client_world import PANDA, SINCE, TAKIN, UNTIL, month

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> World:
    return month(database_url, db, tmp_path)


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    token = world.token("researcher")
    with running(world) as serving:
        monkeypatch.setenv("FIELDWATCH_URL", serving.url)
        monkeypatch.setenv("FIELDWATCH_TOKEN", token)
        monkeypatch.setenv("FIELDWATCH_RESERVE", "foping")
        yield serving


def test_importing_the_client_imports_nothing_of_the_cloud() -> None:
    code = (
        "import sys, fieldwatch.client;"
        "print([m for m in sys.modules if m.split('.')[0] in"
        " ('fieldwatch_cloud', 'fastapi', 'psycopg', 'fieldwatch_edge')])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_frames_and_numbers(run: Running, tmp_path: Path) -> None:
    assert list(reserves()["slug"]) == ["foping"]
    with Reserve("foping") as reserve:
        assert len(reserve.deployments()) == 15
        seen = reserve.observations(SINCE, UNTIL)
        assert set(seen["scientific_name"]) == {PANDA, TAKIN}
        assert seen.crs.to_epsg() == 4326
        assert str(seen["observed_at"].dt.tz) == "UTC"
        pandas = reserve.observations(SINCE, UNTIL, taxon=PANDA, filter="count > 1")
        assert set(pandas["scientific_name"]) == {PANDA}
        assert pandas["count"].min() == 2
        events = reserve.events(SINCE, UNTIL)
        assert events["observations"].sum() == len(seen)
        effort = reserve.effort(SINCE, UNTIL)
        assert effort["hours"].sum() == pytest.approx(12 * (17 * 20 + 12))  # the last day is cut

        counts = reserve.counts(SINCE, UNTIL)
        by_name = counts.frame.set_index("scientific_name")
        assert by_name.loc[PANDA, "events"] == (events["scientific_name"] == PANDA).sum()
        assert by_name.loc[PANDA, "low"] < by_name.loc[PANDA, "rate"] < by_name.loc[PANDA, "high"]
        assert counts.verdict
        assert PANDA in repr(counts)
        assert str(counts.verdict[0]) in repr(counts)

        box = gpd.GeoSeries([shapely.box(107.495, 33.595, 107.505, 33.605)], crs="EPSG:4326")
        inside = reserve.counts(SINCE, UNTIL, area=box.to_crs("EPSG:3857"))
        assert inside.raw["deployments"]["in_area"] == 1

        days = reserve.series(SINCE, UNTIL, by="day", taxa=[PANDA])
        gap = days.frame[days.frame["status"] == "not_observed"]
        assert len(gap)
        assert gap["rate"].isna().all()
        grid = reserve.grid(SINCE, UNTIL, square_m=2000, taxon=PANDA)
        assert {"observed"} <= set(grid.frame["status"])
        compared = reserve.compare(
            {"since": SINCE, "until": "2026-05-12"}, {"since": "2026-05-16", "until": UNTIL}
        )
        assert set(compared.frame["scientific_name"]) == {PANDA, TAKIN}
        assert {"occupancy", "activity"} <= set(reserve.methods()["name"])
        occupancy = reserve.estimate("occupancy", SINCE, UNTIL, taxon=PANDA)
        assert 0 < occupancy["occupancy"] <= 1
        assert occupancy.verdict

        written = reserve.export("gpkg", tmp_path, SINCE, UNTIL, taxa=[PANDA])
        assert set(gpd.read_file(written, layer="observations")["scientific_name"]) == {PANDA}
        assert not list(tmp_path.glob(".*.part"))


def test_where_nobody_looked_there_is_no_number(run: Running) -> None:
    with Reserve("foping", language="zh") as reserve:
        counts = reserve.counts("2020-01-01", "2020-02-01")
        assert not counts.observed
        assert not counts.publishable
        assert len(counts.frame) == 0
        assert "not zero" in repr(counts)
        occupancy = reserve.estimate("occupancy", "2020-01-01", "2020-02-01", taxon=PANDA)
        assert occupancy.status == "not_observed"
        with pytest.raises(KeyError):
            occupancy["occupancy"]


def test_what_is_wrong_is_said(run: Running, tmp_path: Path) -> None:
    with Reserve("foping") as reserve:
        with pytest.raises(Refused, match="to must lie after from"):
            reserve.counts(UNTIL, SINCE)
        with pytest.raises(Refused, match="no such property"):
            reserve.observations(filter="colour = 'blue'")
        with pytest.raises(Refused, match="zone"):
            reserve.export("csv", tmp_path, zone="8c1f3c9e-0000-7000-8000-000000000000")
    with Reserve("nowhere") as reserve, pytest.raises(Refused, match="no such reserve") as refused:
        reserve.deployments()
    assert refused.value.status == 404
    with Reserve("foping", token="fwt_wrong") as reserve, pytest.raises(Refused, match="log in"):
        reserve.deployments()


def test_without_an_address_or_a_token_it_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FIELDWATCH_URL", raising=False)
    monkeypatch.delenv("FIELDWATCH_TOKEN", raising=False)
    with pytest.raises(ClientError, match="FIELDWATCH_URL"):
        Reserve("foping")
    with pytest.raises(ClientError, match="FIELDWATCH_TOKEN"):
        Reserve("foping", url="http://127.0.0.1:1")


def test_a_service_that_is_busy_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice 503, then an answer; and one that never answers is given up."""
    asked: list[str] = []

    class Busy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, body = (503, b"{}") if len(asked) < 3 else (200, b"[]")
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Tests are quiet."""

    monkeypatch.setattr(http, "WAIT_S", 0.01)
    with HTTPServer(("127.0.0.1", 0), Busy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        try:
            assert len(reserves(url, "fwt_x")) == 0
        finally:
            server.shutdown()
            thread.join()
    assert len(asked) == 3
    with pytest.raises(Unreachable):
        reserves(url, "fwt_x")


def command(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["counts", *arguments])


SPAN = ("--from", SINCE, "--to", UNTIL)


def test_the_command_line_prints_tables_with_a_verdict_and_draws(run: Running, tmp_path: Path) -> None:
    drawn = {
        "species": ["species"],
        "series": ["series", "--by", "day", "-t", PANDA],
        "map": ["map", "--square-m", "2000"],
        "occupancy": ["estimate", "occupancy", "-t", PANDA],
        "activity": ["estimate", "activity", "-t", PANDA],
    }
    for name, arguments in drawn.items():
        plot = tmp_path / f"{name}.png"
        told = command(*arguments, *SPAN, "--plot", str(plot))
        assert told.exit_code == 0, (name, told.output)
        assert "[note]" in told.output or "[caution]" in told.output or "[unfit]" in told.output, name
        with Image.open(plot) as picture:
            assert picture.width > 500
            colours = picture.convert("RGB").getcolors(maxcolors=2**24)
        assert colours is not None
        assert len(colours) > 20
    told = command("species", *SPAN, "--json")
    assert json.loads(told.stdout)["status"] == "observed"
    told = command("species", *SPAN, "--csv")
    assert told.stdout.splitlines()[0].startswith("scientific_name,")
    assert "occupancy_false_positive" in command("methods").stdout
    told = command("species", *SPAN)
    assert PANDA in told.stdout
    assert "…" not in told.stdout, "a number that is cut off is another number"
    told = command("series", "--from", "2020-01-01", "--to", UNTIL, "--by", "year")
    assert re.search(r"^2020 +0 +not observed +–", told.stdout, re.MULTILINE), told.stdout
    told = command("export", "geojson", "--out", str(tmp_path / "a.geojson"))
    assert told.exit_code == 0, told.output
    assert len(gpd.read_file(tmp_path / "a.geojson"))


def test_the_command_line_says_not_observed_and_what_is_wrong(run: Running, tmp_path: Path) -> None:
    told = command("species", "--from", "2020-01-01", "--to", "2020-02-01")
    assert "not zero" in told.output
    told = command("species", "--from", "2020-01-01", "--to", "2020-02-01", "--plot", str(tmp_path / "x.png"))
    assert told.exit_code == 1
    told = command("species", "--from", UNTIL, "--to", SINCE)
    assert told.exit_code == 1
    assert "Traceback" not in told.output
