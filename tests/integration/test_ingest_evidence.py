"""Evidence of three kinds becomes incidents in the real database: where, in whose zone, on whose record."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pyproj import Geod

from fieldwatch_cloud.alarms import evidence
from fieldwatch_cloud.db import accounts, geography, hotspots, incidents, reports
from fieldwatch_cloud.db.live import News
from fieldwatch_cloud.errors import NotFoundError, RowRefusedError
from fieldwatch_cloud.incidents.domain import Hotspot, Report
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import Suspicion, SuspicionMessage
from fieldwatch_shared.topics import Kind

from .cloud_field import NOON, RESERVE, Field, NodeClient, cloud_settings, eventually, let_in, working

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection, Database
    from fieldwatch_cloud.services.mosquitto import EmbeddedMosquitto

GEOD = Geod(ellps="WGS84")
FIRE = (107.60, 33.65)
NORTH = GEOD.fwd(*FIRE, 60, 8000)[:2]
"""Another fire, in A's and B's pictures too."""
STATIONS = {"A": (180.0, 7000.0), "B": (270.0, 8000.0), "C": (30.0, 9000.0)}
"""Direction and distance of each camera from FIRE."""


def box(west: float, south: float, east: float, north: float) -> str:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return str({"type": "Polygon", "coordinates": [ring]}).replace("'", '"')


@dataclass
class Watch:
    """Three cameras around FIRE, two zones, and a ranger."""

    field: Field
    cameras: dict[str, UUID]
    places: dict[str, tuple[float, float]]
    ranger: UUID
    zones: dict[str, UUID]

    @classmethod
    def make(cls, db: Database) -> Watch:
        field = Field.make(db)
        cameras, places, zones = {}, {}, {}
        with db.transaction() as conn:
            reserve = geography.reserve_id(conn, RESERVE)
            for name, (frm, away_m) in STATIONS.items():
                lon, lat, _ = GEOD.fwd(*FIRE, frm, away_m)
                places[name] = (lon, lat)
                cameras[name] = geography.add_deployment(
                    conn,
                    reserve=reserve,
                    node_id="node-1",
                    location_name=name,
                    lon=lon,
                    lat=lat,
                    height_m=20,
                    started_at=NOON - timedelta(days=10),
                )
            for name, area in (
                ("east", box(107.55, 33.5, 107.9, 33.8)),
                ("west", box(107.4, 33.5, 107.55, 33.8)),
            ):
                zones[name] = geography.add_zone(conn, reserve=reserve, name=name, area=area)
            ranger = accounts.add_account(
                conn, email="li@example.org", name="Li", password="long-enough-word"
            )
            accounts.grant(conn, ranger, "ranger", reserve=RESERVE)
        return cls(field, cameras, places, ranger, zones)

    def sees(
        self, camera: str, fire: tuple[float, float] = FIRE, minutes: float = 0, off: float = 0, **fields: Any
    ) -> Suspicion:
        bearing = (GEOD.inv(*self.places[camera], *fire)[0] + off) % 360
        message: SuspicionMessage = self.field.suspicion(
            minutes,
            id=uuid7(),
            deployment_id=self.cameras[camera],
            bearing_deg=bearing,
            bearing_sd_deg=0.5,
            **fields,
        )
        return message.suspicion

    def do(self, what: Callable[[Connection, News], Any]) -> Any:
        with self.field.db.transaction() as conn:
            evidence.lock_reserves(conn, {RESERVE})
            news = News()
            done = what(conn, news)
            news.announce(conn)
            return done

    def take(self, *suspicions: Suspicion, drill: bool = False) -> list[UUID | None]:
        return [
            self.do(lambda conn, news, s=s: evidence.record_suspicion(conn, RESERVE, s, news, drill=drill))
            for s in suspicions
        ]

    def hotspot(self, frm: float, away_m: float, minutes: float = 30, confidence: Any = "nominal") -> Hotspot:
        lon, lat, _ = GEOD.fwd(*FIRE, frm, away_m)
        at = NOON + timedelta(minutes=minutes)
        return Hotspot(uuid7(), "VIIRS_SNPP_NRT", "N", "VIIRS", at, lon, lat, 0.4, 0.4, confidence)

    def pixel(self, hotspot: Hotspot) -> UUID | None:
        def store(conn: Connection, news: News) -> UUID | None:
            hotspots.insert(conn, RESERVE, asdict(hotspot), twin_m=10)
            return evidence.record_hotspot(conn, RESERVE, hotspot, news)

        found: UUID | None = self.do(store)
        return found

    def report(self, **fields: Any) -> UUID:
        report = Report(
            **({"id": uuid7(), "account_id": self.ranger, "observed_at": NOON, "kind": "smoke"} | fields)
        )

        def store(conn: Connection, news: News) -> UUID:
            reports.insert(conn, RESERVE, asdict(report))
            return evidence.record_report(conn, RESERVE, report, news)

        found: UUID = self.do(store)
        return found

    def log(self, incident: UUID | None) -> list[str]:
        query = f"SELECT action FROM incident_log WHERE incident_id = '{incident}' ORDER BY id"  # noqa: S608
        rows = self.field.rows(query)
        # What the calls say of themselves is tested with them; this field is long past.
        return [row[0] for row in rows if row[0] not in {"late", "nobody_reachable"}]

    def calling(self) -> set[UUID]:
        return {
            row[0] for row in self.field.rows("SELECT incident_id FROM escalation WHERE ended_at IS NULL")
        }

    def get(self, incident: UUID | None) -> incidents.Incident:
        assert incident is not None
        with self.field.db.transaction() as conn:
            return incidents.get(conn, incident)

    def everything(self) -> list[Any]:
        tables = (
            "incident",
            "suspicion",
            "hotspot",
            "fire_report",
            "incident_log",
            "escalation",
            "notification",
        )
        return [sorted(map(str, self.field.rows(f"SELECT t::text FROM {table} t"))) for table in tables]  # noqa: S608


@pytest.fixture
def watch(db: Database) -> Watch:
    return Watch.make(db)


@pytest.fixture
def node(
    watch: Watch, mosquitto: EmbeddedMosquitto, database_url: str, state_dir: Path
) -> Iterator[NodeClient]:
    let_in(mosquitto, database_url)
    with working(cloud_settings(state_dir, database_url, mosquitto.url)):
        client = NodeClient(mosquitto.port)
        assert client.connected.wait(60)
        yield client
        client.close()


def test_three_cameras_over_mqtt_make_one_incident_with_a_place(watch: Watch, node: NodeClient) -> None:
    for camera, off in (("A", 0.3), ("B", -0.4), ("C", 0.5)):
        message = SuspicionMessage(message_id=uuid7(), suspicion=watch.sees(camera, off=off))
        node.send(Kind.SUSPICIONS, message.model_dump_json())
        eventually(lambda: message.message_id in node.receipts)  # noqa: B023  It is called at once.
    ((id_, lon, lat, method, major, minor, inside, zone, revision),) = watch.field.rows(
        "SELECT id, ST_X(location), ST_Y(location), location_method, semi_major_m, semi_minor_m,"
        " ST_Covers(region, ST_Point(107.60, 33.65, 4326)), zone_id, revision FROM incident"
    )
    assert GEOD.inv(lon, lat, *FIRE)[2] < 150
    assert (method, inside, zone) == ("bearings", True, watch.zones["east"])
    assert 50 < minor <= major < 400
    assert revision > 3
    assert watch.log(id_) == ["opened", "joined", "located", "joined"]
    assert watch.calling() == {id_}


def test_the_same_evidence_again_changes_nothing(watch: Watch) -> None:
    seen = [watch.sees("A"), watch.sees("B", minutes=1)]
    hotspot = watch.hotspot(45, 300, minutes=(datetime.now(UTC) - NOON) / timedelta(minutes=1) - 5)
    watch.take(*seen)
    watch.pixel(hotspot)
    told = watch.report(id=(report := uuid7()), lon=FIRE[0], lat=FIRE[1])
    before = watch.everything()
    assert watch.take(*seen) == [None, None]
    assert watch.pixel(hotspot) is None
    assert watch.report(id=report, lon=FIRE[0], lat=FIRE[1]) == told
    assert watch.everything() == before


def test_one_camera_gives_a_sector_and_the_zone_that_holds_most_of_it(watch: Watch) -> None:
    (id_,) = watch.take(watch.sees("A"))
    ((location, kind, zone),) = watch.field.rows(
        "SELECT location, ST_GeometryType(region), zone_id FROM incident"
    )
    assert (location, kind, zone) == (None, "ST_Polygon", watch.zones["east"])
    assert watch.log(id_) == ["opened"]


def test_a_camera_without_a_heading_counts_for_the_zone_in_which_it_stands(watch: Watch) -> None:
    watch.take(watch.sees("B").model_copy(update={"bearing_deg": None, "bearing_sd_deg": None}))
    assert watch.field.rows("SELECT region, zone_id FROM incident") == [(None, watch.zones["west"])]


def test_what_arrives_hours_late_joins_its_own_fire_and_is_shown_as_late(watch: Watch) -> None:
    first, second = watch.take(watch.sees("A", minutes=0), watch.sees("A", minutes=150))
    assert first != second
    assert watch.take(watch.sees("B", minutes=5)) == [first]
    ((details,),) = watch.field.rows(
        f"SELECT details FROM incident_log WHERE incident_id = '{first}' AND action = 'late' AND id ="  # noqa: S608
        " (SELECT max(id) FROM incident_log WHERE action = 'late')"
    )
    assert details["late_s"] > 1800
    assert watch.get(first).method == "bearings"


def test_evidence_between_two_incidents_makes_them_one(watch: Watch) -> None:
    older, younger = watch.take(watch.sees("A", minutes=50), watch.sees("A", minutes=0))
    assert watch.calling() == {older, younger}
    # The older one is that which people heard of first, not that which began first.
    assert watch.take(watch.sees("A", minutes=25)) == [older]
    assert watch.get(younger).merged_into == older
    assert watch.field.rows("SELECT DISTINCT incident_id FROM suspicion") == [(older,)]
    assert watch.field.rows(
        f"SELECT first_seen_at, last_seen_at FROM incident WHERE id = '{older}'"  # noqa: S608
    ) == [(NOON - timedelta(minutes=2), NOON + timedelta(minutes=50))]
    assert (watch.log(older)[-1], watch.log(younger)[-1]) == ("merged", "merged")
    assert watch.calling() == {older}
    assert watch.field.rows(
        f"SELECT outcome FROM escalation WHERE incident_id = '{younger}'"  # noqa: S608
    ) == [("closed",)]


def test_what_people_did_about_the_merged_one_was_done_about_the_fire(watch: Watch) -> None:
    older, younger = watch.take(watch.sees("A", minutes=50), watch.sees("A", minutes=0))
    assert younger is not None
    with watch.field.db.transaction() as conn:
        incidents.log(conn, younger, "acknowledge", account_id=watch.ranger, done_at=NOON)
        incidents.set_state(conn, younger, "acknowledged")
    watch.take(watch.sees("A", minutes=25))
    assert watch.get(older).state == "acknowledged"
    assert watch.calling() == set()


def test_hotspots_join_what_they_lie_by_and_open_the_rest(watch: Watch) -> None:
    ago = (datetime.now(UTC) - NOON) / timedelta(minutes=1)
    fire, _ = watch.take(watch.sees("A", minutes=ago - 90), watch.sees("B", minutes=ago - 89))
    assert watch.pixel(watch.hotspot(45, 700, ago - 60)) == fire
    far = watch.pixel(watch.hotspot(45, 10_000, ago - 60))
    assert far not in {fire, None}
    assert watch.get(far).method == "hotspot"
    assert watch.calling() == {fire, far}
    assert watch.pixel(watch.hotspot(200, 15_000, ago - 60 * 24 * 30)) is None
    assert watch.field.count("incident") == 2


def test_a_doubtful_hotspot_calls_nobody_until_somebody_else_sees_it(watch: Watch) -> None:
    ago = (datetime.now(UTC) - NOON) / timedelta(minutes=1)
    held = watch.pixel(watch.hotspot(0, 0, ago - 60, confidence="low"))
    assert watch.get(held).held_back is not None
    assert (watch.calling(), watch.log(held)) == (set(), ["opened", "held_back", "located"])
    assert watch.take(watch.sees("A", minutes=ago - 30)) == [held]
    assert watch.get(held).held_back is None
    assert watch.calling() == {held}
    assert "released" in watch.log(held)


def test_people_s_reports(watch: Watch) -> None:
    opened = watch.report(lon=FIRE[0], lat=FIRE[1], location_sd_m=100)
    assert (watch.get(opened).method, watch.log(opened)) == ("report", ["opened", "located"])
    assert watch.take(watch.sees("A", minutes=20)) == [opened]
    lon, lat, _ = GEOD.fwd(*FIRE, 100, 3000)
    pointing = watch.report(standpoint_lon=lon, standpoint_lat=lat, bearing_deg=272, bearing_sd_deg=5)
    assert pointing == opened
    assert watch.calling() == {opened}


def test_what_the_camera_sees_there_after_a_false_alarm(watch: Watch) -> None:
    (alarm,) = watch.take(watch.sees("A"))
    assert alarm is not None
    with watch.field.db.transaction() as conn:
        incidents.log(
            conn, alarm, "false_alarm", account_id=watch.ranger, done_at=NOON + timedelta(minutes=5)
        )
        incidents.set_state(conn, alarm, "false_alarm")
    assert watch.take(watch.sees("A", minutes=18)) == [alarm]
    assert (watch.log(alarm)[-1], watch.get(alarm).state) == ("held_back", "false_alarm")
    elsewhere, later = watch.take(watch.sees("A", minutes=19, off=-60), watch.sees("A", minutes=21))
    assert len({alarm, elsewhere, later}) == 3
    assert watch.calling() >= {elsewhere, later}
    assert watch.take(watch.sees("B", minutes=22)) == [later]


def test_a_drill_and_a_fire_stay_apart(watch: Watch) -> None:
    (drill,) = watch.take(watch.sees("A"), drill=True)
    (fire,) = watch.take(watch.sees("A", minutes=1))
    (again,) = watch.take(watch.sees("B", minutes=2), drill=True)
    assert drill == again != fire
    assert (watch.get(drill).drill, watch.get(fire).drill) == (True, False)
    # Whoever starts the drill begins its calls.
    assert watch.calling() == {fire}


def test_a_third_camera_exchanges_what_ghosts_had_mixed_up(watch: Watch) -> None:
    one, other = watch.take(watch.sees("A", FIRE), watch.sees("A", NORTH))
    # B's lines cross both of A's: nothing says yet which is which, and no point is claimed.
    (first,) = watch.take(watch.sees("B", NORTH, 1))
    (second,) = watch.take(watch.sees("B", FIRE, 1))
    assert {first, second} == {one, other}
    assert watch.field.rows("SELECT DISTINCT location FROM incident") == [(None,)]
    (joined,) = watch.take(watch.sees("C", FIRE, 2))
    bearings = watch.field.rows(
        f"SELECT round(s.bearing_deg) FROM suspicion s WHERE incident_id = '{joined}' ORDER BY 1"  # noqa: S608
    )
    truth = sorted(round(watch.sees(camera).bearing_deg or 0) for camera in "ABC")
    assert [row[0] for row in bearings] == truth
    places = watch.field.rows("SELECT ST_X(location), ST_Y(location) FROM incident")
    off = sorted(min(GEOD.inv(*place, *fire)[2] for place in places) for fire in (FIRE, NORTH))
    assert off[-1] < 50
    assert watch.field.count("incident") == 2


def test_people_split_and_merge(watch: Watch) -> None:
    seen = [watch.sees("A"), watch.sees("A", minutes=5, off=6), watch.sees("B", minutes=6)]
    one, *_ = watch.take(*seen)
    assert one is not None
    action = uuid7()

    def split(conn: Connection, news: News) -> UUID:
        return evidence.split(conn, one, [seen[1].id], news, account_id=watch.ranger, action_id=action)

    other = watch.do(split)
    assert ("split" in watch.log(one), watch.log(other)[0]) == (True, "opened")
    assert watch.field.rows(
        f"SELECT first_seen_at, last_seen_at FROM incident WHERE id = '{other}'"  # noqa: S608
    ) == [(seen[1].first_seen_at, seen[1].observed_at)]
    assert watch.calling() == {one, other}
    # Evidence that fits both does not undo what a person did.
    assert watch.take(watch.sees("A", minutes=8, off=5)) == [other]
    assert watch.field.count("incident", "merged_into IS NOT NULL") == 0

    def merge(conn: Connection, news: News) -> UUID:
        return evidence.merge(conn, other, one, news, account_id=watch.ranger, action_id=uuid7())

    assert watch.do(merge) == one
    assert watch.get(other).merged_into == one
    assert watch.field.rows("SELECT DISTINCT incident_id FROM suspicion") == [(one,)]
    assert watch.calling() == {one}
    with pytest.raises(RowRefusedError, match="merged already"):
        watch.do(merge)
    with pytest.raises(NotFoundError, match="no such suspicion"):
        watch.do(lambda conn, news: evidence.split(conn, one, [uuid7()], news, account_id=watch.ranger))
    everything = [row[0] for row in watch.field.rows("SELECT id FROM suspicion")]
    with pytest.raises(RowRefusedError, match="nothing would remain"):
        watch.do(lambda conn, news: evidence.split(conn, one, everything, news, account_id=watch.ranger))
