"""The demo's reserve, account, nodes and deployments: made once, remembered in `demo.json`."""

from __future__ import annotations

import json
import secrets
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from fieldwatch.demo import landscape, reserve
from fieldwatch.demo.errors import DemoError
from fieldwatch_cloud.calls.roster import Shift
from fieldwatch_cloud.db import accounts, calls, geography, nodes, rules, tracks
from fieldwatch_cloud.db.pool import connection
from fieldwatch_cloud.private import private_directory, write_private
from fieldwatch_cloud.services.mosquitto_files import hash_password

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Connection

EMAIL = "manager@mist-valley.example"
RANGER_EMAIL = "ranger@mist-valley.example"
STANDS_SINCE = datetime(2000, 1, 1, tzinfo=UTC)
"""All cameras: own pictures may be old, and a fast demo's footage begins before the demo."""


class Site(BaseModel):
    """One deployment with its node."""

    node: str
    mqtt_password: str
    deployment_id: UUID


class Remembered(BaseModel):
    state: Literal["unfinished", "ready"] = "unfinished"
    password: str = ""
    """Of the manager and the ranger."""
    token: str = ""
    sites: dict[str, Site] = {}
    """By the camera's name, or for own footage by its address."""


class Memory:
    """`demo/demo.json` in the state directory: also the mark that this directory is a demo's."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self.folder = state / "demo"
        self._file = self.folder / "demo.json"

    def open(self, *, reset: bool) -> Remembered:
        """What an earlier run left; all is removed first if it was never finished, or on `reset`.

        Raises:
            DemoError: the directory holds something that is no demo's.
        """
        found = self._read()
        if found is None and self._state.is_dir() and any(self._state.iterdir()):
            raise DemoError(
                f"{self._state} is not empty and was not made by the demo, so it is left alone: "
                "give another --state"
            )
        if found is not None and (reset or found.state == "unfinished"):
            remove(self._state)
            found = None
        if found is None:
            self._state.mkdir(parents=True, exist_ok=True)
            found = Remembered()
        private_directory(self.folder)
        self.save(found)
        return found

    def save(self, remembered: Remembered) -> None:
        write_private(self._file, remembered.model_dump_json(indent=2) + "\n")

    def _read(self) -> Remembered | None:
        return Remembered.model_validate_json(self._file.read_bytes()) if self._file.exists() else None


def remove(state: Path) -> None:
    """Remove a demo's state directory, with services' folders that lie elsewhere (`service_home`)."""
    for entry in state.iterdir():
        if entry.is_symlink() and entry.is_dir():
            shutil.rmtree(entry.resolve())
    shutil.rmtree(state)


def create(database_url: str) -> Remembered:
    """The reserve with its zones, a manager, and a node and a deployment for each camera: all or nothing."""
    password, made = secrets.token_urlsafe(9), Remembered(state="ready")
    with connection(database_url, autocommit=False) as conn:
        reserve_id = geography.add_reserve(
            conn,
            slug=reserve.SLUG,
            name=reserve.NAME,
            name_zh=reserve.NAME_ZH,
            timezone=reserve.TIMEZONE,
            boundary=json.dumps(reserve.boundary()),
        )
        for zone in reserve.zones()["features"]:
            geography.add_zone(
                conn, reserve=reserve_id, area=json.dumps(zone["geometry"]), **zone["properties"]
            )
        account = accounts.add_account(conn, email=EMAIL, name="Demo manager", password=password)
        accounts.grant(conn, account, "manager", reserve=reserve.SLUG)
        _people_to_call(conn, reserve_id, account, password)
        landscape.keep(conn, reserve_id, landscape.draw(reserve.place))
        _patrols(conn, reserve_id, account)
        made.password, made.token = password, accounts.issue_token(conn, account, "fieldwatch demo")[1]
        passwords: dict[str, str] = {}
        for camera in reserve.cameras():
            if camera.node not in passwords:
                passwords[camera.node] = secrets.token_urlsafe(32)
                nodes.add(
                    conn,
                    camera.node,
                    reserve_id=reserve_id,
                    name=camera.node.replace("-", " ").capitalize(),
                    password_hash=hash_password(passwords[camera.node]),
                )
            lon, lat = camera.lon_lat
            deployment = geography.add_deployment(
                conn,
                reserve=reserve_id,
                node_id=camera.node,
                location_name=camera.name,
                lon=lon,
                lat=lat,
                heading_deg=camera.heading_deg,
                field_of_view_deg=camera.field_of_view_deg,
                height_m=camera.height_m,
                tilt_deg=0.0,
                detection_distance_m=8000.0 if camera.watches == "fire" else 25.0,
                started_at=STANDS_SINCE,
            )
            made.sites[camera.name] = Site(
                node=camera.node, mqtt_password=passwords[camera.node], deployment_id=deployment
            )
    return made


def _people_to_call(conn: Connection, reserve_id: UUID, manager: UUID, password: str) -> None:
    """A ranger who is on duty every day, and a rule that calls them for an elephant in the river flats."""
    ranger = accounts.add_account(conn, email=RANGER_EMAIL, name="Demo ranger", password=password)
    accounts.grant(conn, ranger, "ranger", reserve=reserve.SLUG)
    midnight = datetime.now(ZoneInfo(reserve.TIMEZONE)).replace(hour=0, minute=0, second=0, microsecond=0)
    calls.add_shift(
        conn, reserve_id, Shift(ranger, None, 1, midnight, midnight + timedelta(days=1), repeats="daily")
    )
    flats = next(zone for zone in reserve.zones()["features"] if zone["properties"]["name"] == "River Flats")
    rules.add(
        conn,
        reserve_id,
        manager,
        {
            "name": "Elephant in the river flats",
            "name_zh": "大象进入河滩",
            "scientific_names": ["Elephantidae"],
            "area": json.dumps(flats["geometry"]),
            "least_confidence": 0.5,
            "least_count": 1,
            "cooldown_s": 1800,
            "quiet_from": None,
            "quiet_to": None,
            "whom": "duty",
            "enabled": True,
        },
    )


def _patrols(conn: Connection, reserve_id: UUID, who: UUID) -> None:
    """Two of the last days, at walking pace, along the paths of the drawn land."""
    this_morning = datetime.now(ZoneInfo(reserve.TIMEZONE)).replace(
        hour=7, minute=10, second=0, microsecond=0
    )
    for days_ago, name, paths in (
        (1, "Ridge patrol 山脊巡护", ("Meadow track", "Ridge path", "Stone path")),
        (2, "Lake patrol 湖边巡护", ("Lake path",)),
    ):
        start = (this_morning - timedelta(days=days_ago)).astimezone(UTC)
        way = [
            (*reserve.place(east, north), start + timedelta(seconds=75 * step))
            for step, (east, north) in enumerate(landscape.walk(paths))
        ]
        tracks.add(conn, reserve_id, account_id=who, file="demo.gpx", name=name, kind="patrol", parts=[way])


def add_own(database_url: str, address: str, number: int) -> Site:
    """A node with one camera for the user's own footage; placed beside the reserve's centre."""
    node, password = f"own-{number}", secrets.token_urlsafe(32)
    with connection(database_url, autocommit=False) as conn:
        reserve_id = geography.reserve_id(conn, reserve.SLUG)
        nodes.add(
            conn, node, reserve_id=reserve_id, name=f"Own {number}", password_hash=hash_password(password)
        )
        lon, lat = reserve.place(0.4 + 0.8 * number, 0.9)
        deployment = geography.add_deployment(
            conn,
            reserve=reserve_id,
            node_id=node,
            location_name=f"Own: {address}"[:100],
            lon=lon,
            lat=lat,
            started_at=STANDS_SINCE,
        )
    return Site(node=node, mqtt_password=password, deployment_id=deployment)
