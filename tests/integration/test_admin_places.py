"""Reserve, zones and cameras changed in the browser: what holds, what is refused, what is on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from .admin_world import browsers
from .api_world import SQUARE, World

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database


def box(west: float, east: float) -> dict[str, Any]:
    ring = [[west, 33.6], [east, 33.6], [east, 33.7], [west, 33.7], [west, 33.6]]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> World:
    return World(database_url, db, tmp_path)


def test_a_reserve_is_renamed_and_redrawn(world: World) -> None:
    with browsers(world, "manager") as (manager,):
        changed = manager.done(
            "PATCH", "/reserves/foping", {"name": "Foping NNR", "timezone": "Asia/Urumqi", "boundary": SQUARE}
        )
        assert (changed["name"], changed["name_zh"], changed["timezone"]) == (
            "Foping NNR",
            "佛坪",
            "Asia/Urumqi",
        )
        assert manager.done("PATCH", "/reserves/foping", {"name_zh": ""})["name_zh"] is None
        assert "Asia/Shanghai" in manager.refused(422, "PATCH", "/reserves/foping", {"timezone": "China"})
        kept = manager.get("/reserves")[0]
        assert kept["boundary"]["coordinates"] == [SQUARE["coordinates"]]
        first = manager.get("/reserves/foping/admin-log")["items"][-1]
        assert first["before"] == {"boundary_km2": None, "name": "Foping", "timezone": "Asia/Shanghai"}
        assert first["after"]["boundary_km2"] == pytest.approx(102.9, abs=0.5)


def test_zones_are_added_several_at_once_and_told_where_they_overlap(world: World) -> None:
    zones = [
        {"name": "West", "name_zh": "西区", "area": box(107.0, 107.2)},
        {"name": "East", "area": box(107.2, 107.4)},
    ]
    with browsers(world, "manager") as (manager,):
        saved = manager.done("POST", "/reserves/foping/zones", {"zones": zones})
        assert [zone["properties"]["name"] for zone in saved["zones"]] == ["East", "West"]
        assert saved["overlaps"] == []  # neighbours share a border
        third = {"name": "Middle", "area": box(107.15, 107.25)}
        overlapping = manager.done("POST", "/reserves/foping/zones", {"zones": [third]})
        assert {one["with_name"] for one in overlapping["overlaps"]} == {"West", "East"}
        assert len(manager.get("/reserves/foping/zone-overlaps")) == 4  # told from both sides
        id_ = overlapping["zones"][0]["properties"]["id"]
        moved = manager.done("PUT", f"/zones/{id_}", third | {"area": box(107.5, 107.6), "name_zh": "中"})
        assert moved["overlaps"] == []
        assert moved["zones"][0]["properties"]["name_zh"] == "中"
        manager.done("DELETE", f"/zones/{id_}")
        assert len(manager.get("/reserves/foping/zones")["features"]) == 2
        actions = [one["action"] for one in manager.get("/reserves/foping/admin-log")["items"]]
        assert actions == ["zone.deleted", "zone.changed", *["zone.created"] * 3]
        crossing = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
        bad = {"zones": [*zones, {"name": "Bad", "area": crossing}]}
        assert "crosses" in manager.refused(422, "POST", "/reserves/foping/zones", bad)
        assert len(manager.get("/reserves/foping/zones")["features"]) == 2  # all of a file, or nothing


def test_a_zone_with_shifts_ahead_stays(world: World) -> None:
    with browsers(world, "manager", "ranger") as (manager, ranger):
        zone = {"name": "West", "area": box(107.0, 107.2)}
        saved = manager.done("POST", "/reserves/foping/zones", {"zones": [zone]})
        id_ = saved["zones"][0]["properties"]["id"]
        start = datetime.now(UTC) - timedelta(days=30)
        shift = {"zone_id": id_, "account_id": ranger.id, "starts_at": start.isoformat()}
        shift |= {"ends_at": (start + timedelta(hours=8)).isoformat()}
        manager.done("POST", "/reserves/foping/shifts", shift)  # over long ago: no reason to keep the zone
        ahead = manager.done("POST", "/reserves/foping/shifts", shift | {"repeats": "daily"})
        refusal = manager.refused(409, "DELETE", f"/zones/{id_}")
        assert "1 shift of this zone lie ahead (Ranger)" in refusal.replace("lies", "lie")
        manager.done("DELETE", f"/shifts/{ahead['id']}")
        manager.done("DELETE", f"/zones/{id_}")


def test_a_camera_is_corrected_and_its_history_kept(world: World) -> None:
    path = f"/deployments/{world.ridge}"
    with browsers(world, "technician", "manager") as (technician, manager):
        changed = technician.done("PATCH", path, {"heading_deg": 359.99999, "height_m": 4.5})
        assert (changed["heading_deg"], changed["height_m"]) == (0, 4.5)
        assert changed["field_of_view_deg"] == 60  # what was not sent stays
        assert technician.done("PATCH", path, {"field_of_view_deg": None})["field_of_view_deg"] is None
        technician.refused(422, "PATCH", path, {"location_name": None})
        technician.refused(422, "PATCH", path, {"heading_deg": 400})
        technician.refused(422, "PATCH", path, {"longitude": 1})  # moved: a new deployment
        history = manager.get("/reserves/foping/admin-log", subject=str(world.ridge))["items"]
        assert [one["before"] for one in history] == [
            {"field_of_view_deg": 60},
            {"heading_deg": 90, "height_m": None},
        ]
        assert {one["by"] for one in history} == {"Technician"}


def test_a_new_camera_is_on_record_and_so_is_its_end(world: World) -> None:
    with browsers(world, "technician", "manager") as (technician, manager):
        technician.done("POST", "/reserves/foping/nodes", {"id": "ridge-02", "name": "Ridge 2"})
        new = {"node_id": "ridge-02", "location_name": "Saddle", "longitude": 107.51, "latitude": 33.61}
        id_ = technician.done("POST", "/reserves/foping/deployments", new)["id"]
        technician.done("POST", f"/reserves/foping/deployments/{id_}/end", {})
        renewed = technician.done("POST", "/nodes/ridge-02/password")
        assert renewed["mqtt_password"] == "another-password"
        log = manager.get("/reserves/foping/admin-log")["items"]
        assert [one["action"] for one in log] == [
            "node.password",
            "deployment.ended",
            "deployment.created",
            "node.created",
        ]
        assert "another-password" not in str(log)


@pytest.mark.parametrize("who", ["researcher", "ranger", "technician", "stranger", "nobody"])
def test_only_managers_change_places(world: World, who: str) -> None:
    zone = {"name": "West", "area": box(107.0, 107.2)}
    with browsers(world, "manager", who) as (manager, actor):
        id_ = manager.done("POST", "/reserves/foping/zones", {"zones": [zone]})["zones"][0]["properties"][
            "id"
        ]
        status = 404 if who in ("stranger", "nobody") else 403
        for method, path, body in (
            ("PATCH", "/reserves/foping", {"name": "Mine"}),
            ("POST", "/reserves/foping/zones", {"zones": [zone]}),
            ("PUT", f"/zones/{id_}", zone),
            ("DELETE", f"/zones/{id_}", None),
            ("GET", "/reserves/foping/zone-overlaps", None),
            ("GET", "/reserves/foping/retention", None),
            ("PUT", "/reserves/foping/retention", {"rules": []}),
        ):
            assert actor.ask(method, path, body).status_code == status, (method, path)
        technical = 200 if who == "technician" else status
        camera = actor.ask("PATCH", f"/deployments/{world.ridge}", {"tilt_deg": 1}).status_code
        assert camera == technical
        assert actor.ask("POST", "/nodes/n1/password").status_code == (201 if technical == 200 else status)
        assert actor.ask("GET", "/reserves/foping/data-sources").status_code == technical


def test_maps_that_are_open_hear_of_a_change(world: World) -> None:
    from fieldwatch_cloud.db.live import CHANNEL
    from fieldwatch_cloud.db.pool import connection

    with browsers(world, "manager") as (manager,), connection(world.settings.database_url) as conn:
        conn.execute(f"LISTEN {CHANNEL}".encode())
        manager.done("PATCH", f"/deployments/{world.ridge}", {"tilt_deg": 2})
        (told,) = conn.notifies(timeout=60, stop_after=1)
        assert '"refetch"' in told.payload
