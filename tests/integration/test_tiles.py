"""Vector tiles over HTTP, decoded by GDAL: what is in them, who may see it, and when they change."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from tests.integration.api_world import NOON, World
from tests.integration.cloud_field import eventually
from tests.integration.map_world import (
    LICK,
    RIDGE,
    RIVER,
    URL,
    around,
    decoded,
    get,
    metres,
    tile_url,
)

from fieldwatch_cloud.basemap.mercator import TileId
from fieldwatch_cloud.db import geography, sensitive
from fieldwatch_cloud.tiles import service
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Database

DAY = 24 * 60
PANDA, BOAR = "Ailuropoda melanoleuca", "Sus scrofa"
MAY = {"from_": "2026-05", "to": "2026-06"}


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> World:
    return World(database_url, db, tmp_path)


# Cameras ------------------------------------------------------------------------------------------------


def test_cameras_with_the_health_that_the_list_tells(world: World) -> None:
    world.beat(cameras=[{"deployment_id": str(world.ridge), "frames": 5}])
    with world.client("ranger") as client:
        listed = client.get(f"{URL}/deployments").json()["features"]
        health = {one["id"]: one["properties"]["health"]["status"] for one in listed}
        tile = around(RIDGE, 12)
        found = get(client, "cameras", tile).set_index("id")
        assert {id_: row.status for id_, row in found.iterrows()} == {
            str(world.ridge): "ok",
            str(world.lick): "attention",
        }
        assert all(health[id_] == row.status for id_, row in found.iterrows())
        ridge = found.loc[str(world.ridge)]
        assert (ridge["name"], ridge.heading, ridge.fov, bool(ridge.ended)) == ("ridge", 90, 60, False)
        # As near as a tile's units are fine.
        unit = 2 * 20037508 / 2**12 / 4096
        assert ridge.geometry.distance(shapely.Point(metres(*RIDGE))) < unit


def test_each_camera_is_in_one_tile_of_a_zoom(world: World) -> None:
    with world.client("ranger") as client:
        zoom = 14
        first = around(RIDGE, zoom)
        seen: list[str] = []
        for x in range(first.x - 3, first.x + 4):
            for y in range(first.y - 3, first.y + 4):
                found = get(client, "cameras", TileId(zoom, x, y))
                seen += [] if found is None else list(found["name"])
    assert sorted(seen) == ["lick", "ridge"]


def test_from_afar_cameras_are_clusters_that_lose_none(world: World) -> None:
    with world.db.transaction() as conn:
        geography.end_deployment(conn, world.river, at=utc_now())
    world.beat(heard_s_ago=9999)
    with world.client("ranger") as client:
        found = get(client, "cameras", around(RIDGE, 5))
    assert list(found["count"]) == [3]
    (cluster,) = found.to_dict("records")
    assert (cluster["silent"], cluster["ended"], cluster["ok"]) == (2, 1, 0)
    # What needs somebody is not hidden behind what is well.
    assert cluster["status"] == "silent"


def test_a_crowded_tile_is_clustered_too(world: World) -> None:
    with world.db.transaction() as conn:
        conn.execute(
            "INSERT INTO deployment (id, reserve_id, node_id, location_name, location, started_at)"
            " SELECT gen_random_uuid(), %s, 'n1', 'c' || n,"
            " ST_Point(107.50 + 0.0003 * (n %% 50), 33.60 + 0.0003 * (n / 50), 4326), now()"
            " FROM generate_series(0, 600) n",
            (world.foping,),
        )
    with world.client("ranger") as client:
        found = get(client, "cameras", around((107.505, 33.602), 10))
        assert "count" in found.columns
        assert found["count"].sum() == 601 + 2  # `river` lies in another tile.
        near = get(client, "cameras", around((107.5, 33.6), 15))
        assert "id" in near.columns


def test_news_changes_a_tile_that_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(service.WITHIN_S, "cameras", 600.0)
    tile = around(RIDGE, 12)
    with world.client("ranger") as client:
        before = client.get(tile_url("cameras", tile))
        same = client.get(tile_url("cameras", tile), headers={"If-None-Match": before.headers["etag"]})
        assert (same.status_code, same.content) == (304, b"")
        assert same.headers["etag"] == before.headers["etag"]
        assert before.headers["cache-control"] == "private, no-cache"
        with world.db.transaction() as conn:
            geography.end_deployment(conn, world.lick, at=utc_now())
        # Nobody told: what is kept is believed for some time.
        assert client.get(tile_url("cameras", tile)).content == before.content
        world.notify("foping", "refetch", {})
        changed = _until(
            lambda: client.get(tile_url("cameras", tile), headers={"If-None-Match": before.headers["etag"]}),
            lambda answer: answer.status_code == 200,
        )
        found = decoded(changed.content, tile)["cameras"].set_index("name")
        assert bool(found.loc["lick"].ended)


def _until(ask: Any, good: Any) -> Any:
    """Ask again and again: what the database notifies comes on a connection of its own."""
    return eventually(lambda: answer if good(answer := ask()) else None)


# Density ------------------------------------------------------------------------------------------------


def _may(world: World) -> None:
    """The month of NOON: `ridge` looked for ten days and saw two boars and a panda, `lick` looked and saw
    nothing, `river` stood there, and nobody looked."""
    world.look(world.ridge, 0, 10 * DAY)
    world.look(world.lick, 0, 10 * DAY)
    world.observe(world.ridge, 10, name=BOAR)
    world.observe(world.ridge, 300, name=BOAR)
    world.observe(world.ridge, 600, name=PANDA)
    world.observe(world.ridge, 900, name=None, kind="blank")
    world.observe(world.ridge, 1000, name="Homo sapiens", kind="human")
    # Seen where no effort is reported: part of no rate.
    world.observe(world.river, 10, name=BOAR)


@pytest.mark.parametrize("cells", ["hexagon", "square"])
@pytest.mark.parametrize("zoom", [7, 9, 12])
def test_density_is_the_rate_that_counts_give(world: World, cells: str, zoom: int) -> None:
    """Each cell's outline, drawn as a polygon on the map, counts the same."""
    _may(world)
    with world.client("manager") as client:
        tile = around(RIDGE, zoom)
        found = get(client, "density", tile, taxon=BOAR, cells=cells, **MAY)
        whole = found[found.within(shapely.box(*tile.bounds))].to_crs("EPSG:4326")
        assert len(whole)
        for cell in whole.to_dict("records"):
            counted = client.post(
                f"{URL}/counts",
                json={
                    "from": "2026-04-30T16:00:00Z",
                    "to": "2026-05-31T16:00:00Z",
                    "taxa": [BOAR],
                    "area": shapely.geometry.mapping(cell["geometry"]),
                },
            ).json()
            assert cell["status"] == counted["status"]
            assert cell["deployments"] == counted["deployments"]["in_area"]
            assert cell["camera_days"] == pytest.approx(counted["effort"]["camera_days"])
            if cell["status"] == "observed":
                rate = counted["species"][0]["rate_per_100_camera_days"]
                # What cameras saw that report no effort is counted there, and is no part of the rate.
                assert cell["events"] <= counted["species"][0]["events"]
                assert cell["rate"] == pytest.approx(rate["estimate"])
                assert (cell["low"], cell["high"]) == pytest.approx((rate["low"], rate["high"]))
    assert whole["events"].max() == 2


def test_nobody_looked_is_hatched_and_no_camera_is_nothing(world: World) -> None:
    _may(world)
    with world.client("manager") as client:
        found = get(client, "density", around(RIVER, 10), taxon=BOAR, **MAY)
        cell = found[found.contains(shapely.Point(metres(*RIVER)))].to_dict("records")
        assert [(one["status"], one["camera_days"], one["deployments"]) for one in cell] == [
            ("not_observed", 0, 1)
        ]
        # Nothing that looks like zero is in it.
        assert all(one.get("rate") is None and one.get("events") is None for one in cell)
        # Looked, and never seen: zero, with how many there may be all the same.
        unseen = get(client, "density", around(RIDGE, 10), taxon="Panthera uncia", **MAY)
        rows = unseen[unseen["status"] == "observed"].to_dict("records")
        assert rows
        assert all(one["rate"] == 0 and one["low"] == 0 and one["high"] > 0 for one in rows)
        # Before any camera stood there.
        nothing = client.get(tile_url("density", around(RIDGE, 10), from_="2020-01", to="2020-02"))
        assert nothing.status_code == 204
        empty = client.get(tile_url("density", around((90.0, 10.0), 10), **MAY))
        assert (empty.status_code, empty.headers["etag"]) == (204, nothing.headers["etag"])


def test_any_is_all_animals_and_no_people(world: World) -> None:
    _may(world)
    with world.client("manager") as client:
        found = get(client, "density", around(RIDGE, 9), taxon="any", **MAY)
    assert found["events"].max() == 3


def test_a_cell_on_a_tiles_edge_says_the_same_on_both_sides(world: World) -> None:
    """Cameras along an edge of tiles: cells that are in both have the same figures, and the same outline."""
    zoom = 10
    tile = around(RIDGE, zoom)
    side = 360 / 2**zoom
    edge = tile.x * side - 180
    with world.db.transaction() as conn:
        ids: list[UUID] = [
            geography.add_deployment(
                conn,
                reserve=world.foping,
                node_id="n1",
                location_name=f"e{n}",
                lon=edge + (n - 10) * side / 40,
                lat=RIDGE[1],
                started_at=NOON - timedelta(days=30),
            )
            for n in range(20)
        ]
    for n, id_ in enumerate(ids):
        world.look(id_, 0, 2 * DAY)
        for event in range(n % 3):
            world.observe(id_, 10 + 100 * event, name=BOAR)
    with world.client("manager") as client:
        left = get(client, "density", TileId(zoom, tile.x - 1, tile.y), taxon=BOAR, **MAY).set_index("cell")
        right = get(client, "density", tile, taxon=BOAR, **MAY).set_index("cell")
    both = set(left.index) & set(right.index)
    assert both
    figures = ["rate", "low", "high", "events", "camera_days", "deployments"]
    for cell in both:
        assert list(left.loc[cell, figures]) == list(right.loc[cell, figures])
    total = left["events"].sum() + right["events"].sum() - left.loc[list(both), "events"].sum()
    assert total == sum(n % 3 for n in range(20))


def test_months_are_those_of_the_reserve(world: World) -> None:
    """16:30 UTC on the last of April is May in China."""
    world.look(world.ridge, -10 * DAY, 2 * DAY)
    world.observe(world.ridge, 4.5 * 60 - 4 * DAY, name=BOAR)  # 2026-04-30T16:30Z
    with world.client("manager") as client:
        may = get(client, "density", around(RIDGE, 9), taxon=BOAR, **MAY)
        april = get(client, "density", around(RIDGE, 9), taxon=BOAR, from_="2026-04", to="2026-05")
    assert (may["events"].max(), april["events"].max()) == (1, 0)


def test_a_sensitive_species_has_no_map_for_who_may_not_know_its_places(world: World) -> None:
    _may(world)
    with world.db.transaction() as conn:
        sensitive.replace(conn, world.foping, {"Ailuropoda": 2000})
    tile = around(RIDGE, 9)
    with world.client("researcher") as exact:
        assert get(exact, "density", tile, taxon=PANDA, **MAY)["events"].max() == 1
        assert get(exact, "density", tile, **MAY)["events"].max() == 3
    with world.client("ranger") as client:
        refused = client.get(tile_url("density", tile, taxon=PANDA, **MAY))
        assert refused.status_code == 403
        assert "blurred" in refused.json()["detail"]
        assert get(client, "density", tile, **MAY)["events"].max() == 2
        # What a manager's question has put into memory is not handed to a ranger.
        token = world.token("manager")
        headers = {"Authorization": f"Bearer {token}"}
        url = tile_url("density", tile, **MAY)
        for_manager = client.get(url, headers=headers)
        assert decoded(for_manager.content, tile)["density"]["events"].max() == 3
        assert get(client, "density", tile, **MAY)["events"].max() == 2


# Hotspots -----------------------------------------------------------------------------------------------


def test_hotspots_of_the_reserve_and_near_it(world: World) -> None:
    with world.db.transaction() as conn:
        conn.execute(
            "UPDATE reserve SET boundary = ST_Multi(ST_MakeEnvelope(107.5, 33.6, 107.6, 33.7, 4326))"
            " WHERE slug = 'foping'"
        )
        for reserve, lon, lat, hours in (
            (world.foping, 107.55, 33.65, 0),
            (None, 107.7, 33.65, 1),
            (world.elsewhere, 107.56, 33.66, 0),
        ):
            conn.execute(
                "INSERT INTO hotspot (id, reserve_id, source, satellite, instrument, observed_at, location,"
                " scan_km, track_km, confidence, frp_mw, raw)"
                " VALUES (%s, %s, 'VIIRS_NOAA20_NRT', 'NOAA-20', 'VIIRS', %s, ST_Point(%s, %s, 4326), 0.4,"
                " 0.4, 'nominal', 7.5, '{}')",
                (uuid7(), reserve, NOON + timedelta(hours=hours), lon, lat),
            )
    tile = around((107.6, 33.65), 8)
    with world.client("ranger") as client:
        found = get(client, "hotspots", tile).set_index("observed_at")
        assert len(found) == 2
        shown = {str(at): bool(row.inside) for at, row in found.iterrows()}
        assert sorted(shown.values()) == [False, True]
        assert set(found["frp"]) == {7.5}
        assert set(found["source"]) == {"VIIRS_NOAA20_NRT"}
        later = get(client, "hotspots", tile, from_="2026-05-04T12:30:00Z", to="2026-05-05T00:00:00Z")
        assert len(later) == 1


# Who and what -------------------------------------------------------------------------------------------


def test_tiles_are_for_members(world: World) -> None:
    tile = around(RIDGE, 10)
    for who, status in ((None, 401), ("stranger", 404), ("technician", 200)):
        with world.client(who) as client:
            assert client.get(tile_url("cameras", tile)).status_code == status


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("cameras/21/0/0.mvt", "z"),  # beyond the last zoom
        ("cameras/3/8/0.mvt", "no tile 3/8/0"),  # beyond the world's edge
        ("cameras/3/0/-1.mvt", "y"),
        ("zones/3/0/0.mvt", "layer"),  # no such layer
        ("density/3/0/0.mvt", "`from`"),  # no span
        ("density/3/0/0.mvt?from=2026-05&to=2026-05", "months after"),  # an empty one
        ("density/3/0/0.mvt?from=1990-05&to=2026-05", "months after"),  # longer than is answered
        ("density/3/0/0.mvt?from=2026-13&to=2027-01", "month"),
        ("density/3/0/0.mvt?from=2026-05&to=2026-06&cells=circle", "cells"),
        ("hotspots/3/0/0.mvt?from=yesterday", "`from`"),
        ("hotspots/3/0/0.mvt?from=2026-05-04T12:00:00", "time"),  # without a zone
        (f"density/3/0/0.mvt?from=2026-05&to=2026-06&taxon={'x' * 201}", "taxon"),
    ],
)
def test_what_cannot_be_drawn_is_said(world: World, path: str, says: str) -> None:
    with world.client("manager") as client:
        answer = client.get(f"{URL}/tiles/{path}")
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]


def test_two_processes_are_each_right(world: World) -> None:
    """Each keeps tiles of its own, hears the news by itself, and names the same content alike."""
    tile = around(LICK, 12)
    token = {"Authorization": f"Bearer {world.token('manager')}"}
    with world.client() as one, world.client() as other:
        first = one.get(tile_url("cameras", tile), headers=token)
        assert other.get(tile_url("cameras", tile), headers=token).headers["etag"] == first.headers["etag"]
        ended = one.post(f"{URL}/deployments/{world.lick}/end", headers=token)
        assert ended.status_code == 200
        for process in (one, other):
            _until(
                lambda process=process: process.get(tile_url("cameras", tile), headers=token),
                lambda answer: answer.headers["etag"] != first.headers["etag"],
            )
