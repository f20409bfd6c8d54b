"""Series, grids and comparisons over HTTP, against a reserve whose truth is known."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from shapely.geometry import shape

from fieldwatch_cloud.db import rollups
from fieldwatch_cloud.db.pool import Database

from .api_world import NOON, SQUARE, World
from .counts_world import AREA, DAYS, DEER, EMPTY, START, ZEBRA, Reserve, simulate

URL = "/api/v1/reserves/foping/counts"
DAY = 24 * 60


@pytest.fixture
def world(database_url: str, db: Database, tmp_path) -> World:
    return World(database_url, db, tmp_path)


@pytest.fixture
def reserve(world: World) -> Reserve:
    return simulate(world)


def span(**fields: Any) -> dict[str, Any]:
    return {
        "area": AREA,
        "from": START.isoformat(),
        "to": (START + timedelta(days=DAYS)).isoformat(),
    } | fields


def test_months_add_up_to_the_whole(reserve: Reserve) -> None:
    with reserve.world.client("researcher") as client:
        answer = client.post(f"{URL}/series", json=span(by="month")).json()
        whole = client.post(f"{URL}/series", json=span(by="year")).json()
        counted = client.post(URL, json=span()).json()
        rated = reserve.ask(client, "rate", taxon=DEER).json()["estimates"][0]
    assert [one["label"] for one in answer["periods"]] == ["2026-03", "2026-04", "2026-05"]
    assert answer["timezone"] == "Asia/Shanghai"
    (year,) = whole["periods"]
    for name in (DEER, ZEBRA):
        months = [one for p in answer["periods"] for one in p["species"] if one["scientific_name"] == name]
        (total,) = (one for one in year["species"] if one["scientific_name"] == name)
        (plain,) = (one for one in counted["species"] if one["scientific_name"] == name)
        for figure in ("events", "observations", "individuals"):
            assert sum(one[figure] for one in months) == total[figure] == plain[figure]
        assert plain["rate_per_100_camera_days"] == pytest.approx(total["rate_per_100_camera_days"])
        if name == DEER:
            assert "jackknife" in plain["rate_per_100_camera_days"]["method"]
            interval = [plain["rate_per_100_camera_days"][side] for side in ("low", "high")]
            assert interval == pytest.approx([rated["low"], rated["high"]])
    assert year["camera_days"] == pytest.approx(41 * DAYS + 20)
    assert sum(p["camera_days"] for p in answer["periods"]) == pytest.approx(year["camera_days"])
    assert year["species"][0]["scientific_name"] == DEER
    assert year["species"][0]["events"] == pytest.approx(reserve.visits, abs=0)
    codes = {line["code"] for line in answer["verdict"]}
    assert {"none_confirmed", "photo_rate"} <= codes
    assert all(line["text"] for line in answer["verdict"])


@pytest.mark.parametrize("rolled_up", [True, False], ids=["from sums", "from records"])
def test_days_add_up_to_the_whole_by_whichever_way_it_is_counted(reserve: Reserve, rolled_up: bool) -> None:
    """A single period is read from sums, several from events: the figures are the same."""
    if rolled_up:
        rollups.roll_up(reserve.world.db)
    with reserve.world.client("researcher") as client:
        days = client.post(f"{URL}/series", json=span(by="day")).json()["periods"]
        (whole,) = client.post(f"{URL}/series", json=span(by="year")).json()["periods"]
    seen = [one for day in days for one in day["species"] or []]
    assert len(whole["species"]) > 1
    for one in whole["species"]:
        parts = [part for part in seen if part["scientific_name"] == one["scientific_name"]]
        for figure in ("events", "observations", "individuals", "labelled"):
            assert one[figure] == sum(part[figure] for part in parts), figure
        assert one["max_count"] == max(part["max_count"] for part in parts)


def test_a_period_in_which_nobody_looked_has_no_numbers(world: World) -> None:
    world.look(world.ridge, 0, 60)
    world.observe(world.ridge, 5)
    body = {
        "area": SQUARE,
        "from": (NOON - timedelta(days=2)).isoformat(),
        "to": (NOON + timedelta(days=2)).isoformat(),
        "by": "day",
        "taxa": ["Ursus thibetanus", "Ailuropoda melanoleuca"],
    }
    with world.client("ranger") as client:
        answer = client.post(f"{URL}/series", json=body).json()
        chinese = client.post(f"{URL}/series", params={"language": "zh"}, json=body).json()
    looked = [p for p in answer["periods"] if p["status"] == "observed"]
    assert [p["label"] for p in looked] == ["2026-05-04"]
    assert all(p["species"] is None and p["looked"] == 0 for p in answer["periods"] if p not in looked)
    events = {one["scientific_name"]: one["events"] for one in looked[0]["species"]}
    assert events == {"Ailuropoda melanoleuca": 1, "Ursus thibetanus": 0}
    (gap,) = (line for line in answer["verdict"] if line["code"] == "periods_not_observed")
    assert "not zeros" in gap["text"]
    assert any("不是零" in line["text"] for line in chinese["verdict"])


def test_what_was_seen_in_a_period_without_effort_is_told_of(world: World) -> None:
    world.look(world.ridge, 0, 60)
    world.observe(world.ridge, 5)
    world.observe(world.ridge, 5 + DAY)
    body = {"area": SQUARE, "from": NOON.isoformat(), "to": (NOON + timedelta(days=2)).isoformat()}
    with world.client("ranger") as client:
        answer = client.post(f"{URL}/series", json=body | {"by": "day"}).json()
    (lost,) = (line for line in answer["verdict"] if line["code"] == "without_effort")
    assert lost["text"].startswith("1 ")
    assert [p["species"] is None for p in answer["periods"]] == [False, True, True]


@pytest.mark.parametrize(
    "cells", [{"kind": "h3", "resolution": 6}, {"kind": "square", "size_m": 5000}], ids=["h3", "square"]
)
def test_cells_cover_the_area_and_add_up(reserve: Reserve, cells: dict) -> None:
    with reserve.world.client("researcher") as client:
        grid = client.post(f"{URL}/grid", json=span(cells=cells, taxon=DEER)).json()
        everything = client.post(f"{URL}/grid", json=span(cells=cells)).json()
    assert grid["type"] == "FeatureCollection"
    looked = [f["properties"] for f in grid["features"] if f["properties"]["status"] == "observed"]
    blind = [f["properties"] for f in grid["features"] if f["properties"]["status"] == "not_observed"]
    assert looked
    assert blind
    assert all(
        one[figure] is None for one in blind for figure in ("events", "individuals", "rate", "low", "high")
    )
    assert sum(one["events"] for one in looked) == reserve.visits
    assert sum(one["deployments"] for one in looked) == len(reserve.ids)
    assert sum(one["camera_days"] for one in looked) == pytest.approx(41 * DAYS + 20)
    assert all(one["low"] <= one["rate"] <= one["high"] for one in looked)
    assert all(shape(f["geometry"]).intersects(shape(AREA)) for f in grid["features"])
    total = sum(f["properties"]["events"] or 0 for f in everything["features"])
    assert total > reserve.visits
    assert "cells_not_observed" in {line["code"] for line in grid["verdict"]}


def test_the_same_cameras_at_two_spans_are_paired(reserve: Reserve) -> None:
    half = (START + timedelta(days=DAYS // 2)).isoformat()
    with reserve.world.client("researcher") as client:
        answer = client.post(f"{URL}/compare", json={"a": span(to=half), "b": span(**{"from": half})}).json()
    (deer,) = (one for one in answer["species"] if one["scientific_name"] == DEER)
    assert deer["a"]["events"] + deer["b"]["events"] == reserve.visits
    ratio = deer["ratio"]
    assert ratio["low"] < ratio["value"] < ratio["high"]
    assert ratio["low"] < 1 < ratio["high"]
    assert answer["a"]["looked"] == 42
    assert answer["b"]["looked"] == 41
    assert answer["a"]["area_km2"] == answer["b"]["area_km2"] > 2000


def test_sides_that_share_cameras_and_days_are_told_of(reserve: Reserve) -> None:
    with reserve.world.client("researcher") as client:
        answer = client.post(f"{URL}/compare", json={"a": span(), "b": span()}).json()
    assert "sides_overlap" in [line["code"] for line in answer["verdict"]]


def test_a_side_that_nobody_looked_at_cannot_be_compared(reserve: Reserve) -> None:
    with reserve.world.client("researcher") as client:
        answer = client.post(f"{URL}/compare", json={"a": span(), "b": span(area=EMPTY)}).json()
    assert answer["b"]["status"] == "not_observed"
    assert all(one["b"] is None and one["ratio"] is None for one in answer["species"])
    assert all(one["a"] is not None for one in answer["species"])
    assert answer["verdict"][0]["severity"] == "unfit"


@pytest.mark.parametrize(
    ("path", "fields", "reason"),
    [
        ("series", {"by": "week"}, "body.by"),
        ("series", {"by": "day", "from": "1990-01-01T00:00:00Z"}, "ask by month"),
        ("grid", {"cells": {"kind": "square", "size_m": 50}}, "squares of at least"),
        ("grid", {"cells": {"kind": "h3", "resolution": 12}}, "take resolution"),
        ("grid", {"cells": {"kind": "h3"}}, "resolution"),
        ("grid", {"cells": {"kind": "hexagon", "size_m": 500}}, "cells"),
    ],
)
def test_what_cannot_be_answered_says_what_to_ask(world: World, path: str, fields: dict, reason: str) -> None:
    with world.client("researcher") as client:
        answer = client.post(f"{URL}/{path}", json=span(**fields))
    assert answer.status_code == 422
    assert reason in answer.json()["detail"]


@pytest.mark.parametrize("path", ["series", "grid", "compare"])
def test_another_reserve_does_not_exist(world: World, path: str) -> None:
    body = {
        "series": span(by="month"),
        "grid": span(cells={"kind": "h3", "resolution": 5}),
        "compare": {"a": span(), "b": span()},
    }[path]
    with world.client("stranger") as client:
        assert client.post(f"{URL}/{path}", json=body).status_code == 404
    with world.client() as client:
        assert client.post(f"{URL}/{path}", json=body).status_code == 401


def test_a_reserve_without_boundary_has_cells_around_its_cameras(world: World) -> None:
    world.look(world.ridge, 0, DAY)
    body = {
        "from": NOON.isoformat(),
        "to": (NOON + timedelta(days=1)).isoformat(),
        "cells": {"kind": "square", "size_m": 2000},
    }
    with world.client("ranger") as client:
        answer = client.post(f"{URL}/grid", json=body).json()
    assert sum(f["properties"]["deployments"] for f in answer["features"]) == 3
    assert sum(f["properties"]["camera_days"] for f in answer["features"]) == pytest.approx(1)


def test_periods_are_cut_to_the_span(world: World) -> None:
    with world.client("ranger") as client:
        answer = client.post(
            f"{URL}/series",
            json={"from": "2026-05-10T00:00:00Z", "to": "2026-06-10T00:00:00Z", "by": "month"},
        ).json()
    first, second = answer["periods"]
    assert datetime.fromisoformat(first["from"]) == datetime.fromisoformat("2026-05-10T00:00:00Z")
    assert first["to"] == second["from"] == "2026-05-31T16:00:00Z"
