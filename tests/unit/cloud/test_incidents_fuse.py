"""Which incident a suspicion belongs to. Places by the geodesic, so that the truth is known."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pyproj import Geod

from fieldwatch_cloud.incidents.domain import Sighting
from fieldwatch_cloud.incidents.fuse import Candidate, choose_incident, lateness, sector

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
GEOD = Geod(ellps="WGS84")
FIRE = (107.60, 33.65)
CAMERA = {name: UUID(int=number) for number, name in enumerate("ABC", start=1)}
INCIDENT = UUID(int=100)
OTHER = UUID(int=200)


def sees(
    camera: str,
    *,
    fire: tuple[float, float] = FIRE,
    frm: float = 0,
    away_m: float = 8000,
    minutes: float = 0,
    off: float = 0,
    sd: float | None = 1.0,
) -> Sighting:
    """`camera`, `away_m` metres from FIRE in direction `frm`, sees `fire`, `off` degrees wrong."""
    lon, lat, _ = GEOD.fwd(*FIRE, frm, away_m)
    bearing, _, _ = GEOD.inv(lon, lat, *fire)
    at = NOON + timedelta(minutes=minutes)
    return Sighting(CAMERA[camera], lon, lat, at, (bearing + off) % 360, sd)


def incident(*sightings: Sighting, id_: UUID = INCIDENT) -> Candidate:
    return Candidate(id_, sightings)


def blind(sighting: Sighting) -> Sighting:
    return Sighting(sighting.source, sighting.lon, sighting.lat, sighting.observed_at, None, None)


FAR = GEOD.fwd(*FIRE, 45, 9000)[:2]

CASES = {
    "the same camera, the same direction": (sees("A", minutes=3), [incident(sees("A"))], INCIDENT),
    "smoke leans: a few degrees on": (sees("A", minutes=3, off=6), [incident(sees("A"))], INCIDENT),
    "two fires in one picture": (sees("A", off=20), [incident(sees("A"))], None),
    "north is no seam": (sees("A", frm=180, off=3), [incident(sees("A", frm=180, off=-3))], INCIDENT),
    "an uncertain bearing is given room": (sees("A", off=20, sd=8), [incident(sees("A", sd=8))], INCIDENT),
    "30 min after": (sees("A", minutes=30), [incident(sees("A"))], INCIDENT),
    "31 min after": (sees("A", minutes=31), [incident(sees("A"))], None),
    "an old picture that arrives late belongs to its own time": (
        sees("A", minutes=-30),
        [incident(sees("A"), sees("A", minutes=50))],
        INCIDENT,
    ),
    "and not to a fire of now": (sees("A", minutes=-120), [incident(sees("A"))], None),
    "between two sightings, but near to neither": (
        sees("A", minutes=-5000),
        [incident(sees("A", minutes=-9000), sees("A"))],
        None,
    ),
    "of two in the same direction, the one seen nearest in time": (
        sees("A", minutes=3),
        [incident(sees("A", minutes=-20), id_=OTHER), incident(sees("A", minutes=4), sees("A", minutes=90))],
        INCIDENT,
    ),
    "another camera's line meets it": (sees("B", frm=90), [incident(sees("A"))], INCIDENT),
    "another camera looks past it": (sees("B", frm=90, off=90), [incident(sees("A"))], None),
    "beyond the range": (sees("B", frm=90, away_m=40_000), [incident(sees("A"))], None),
    "the same camera's other fire, though lines meet": (
        sees("A", fire=FAR),
        [incident(sees("A"), sees("B", frm=90))],
        None,
    ),
    "a third camera must meet where two agree": (
        sees("C", frm=180, fire=FAR),
        [incident(sees("A"), sees("B", frm=90))],
        None,
    ),
    "a third camera that does": (
        sees("C", frm=225),
        [incident(sees("A"), sees("B", frm=90))],
        INCIDENT,
    ),
    "the camera's own incident before another's": (
        sees("A", minutes=2),
        [incident(sees("B", frm=90), id_=OTHER), incident(sees("A"))],
        INCIDENT,
    ),
    "the nearer of two fires in the picture": (
        sees("A", off=5),
        [incident(sees("A", off=12), id_=OTHER), incident(sees("A", off=3))],
        INCIDENT,
    ),
    "without a bearing: its own camera's": (blind(sees("A")), [incident(sees("A"))], INCIDENT),
    "without a bearing: not another's": (blind(sees("B", frm=90)), [incident(sees("A"))], None),
    "another camera without a bearing says nothing": (sees("B", frm=90), [incident(blind(sees("A")))], None),
    "no incident": (sees("A"), [], None),
}


@pytest.mark.parametrize(("new", "candidates", "expected"), CASES.values(), ids=CASES.keys())
def test_choose_incident(new: Sighting, candidates: list[Candidate], expected: UUID | None) -> None:
    assert choose_incident(new, candidates) == expected


def test_lines_meet_across_the_antimeridian() -> None:
    west = Sighting(CAMERA["A"], 179.95, 0, NOON, 90, 1)
    east = Sighting(CAMERA["B"], -179.95, 0, NOON, 270, 1)
    assert choose_incident(east, [incident(west)]) == INCIDENT


def test_a_sector_has_the_area_of_its_angle() -> None:
    area = sector(sees("A", sd=5), *FIRE).area
    assert area == pytest.approx(3.14159265 * 20_000**2 * 20 / 360, rel=0.002)


def test_lateness_is_never_negative() -> None:
    assert lateness(NOON, NOON + timedelta(hours=2)) == timedelta(hours=2)
    assert lateness(NOON, NOON - timedelta(seconds=3)) == timedelta()
