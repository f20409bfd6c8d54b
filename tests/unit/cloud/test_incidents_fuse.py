"""Which incident evidence belongs to. Places by the geodesic, so that the truth is known."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

import numpy as np
import pytest
import shapely
from pyproj import Geod

from fieldwatch_cloud.incidents.domain import Evidence, FireKind, Sighting, Spot
from fieldwatch_cloud.incidents.fuse import (
    AFTER_FALSE_ALARM,
    Candidate,
    Decision,
    State,
    decide,
    lateness,
    place_among,
)

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
    kind: FireKind = "smoke",
) -> Sighting:
    """`camera`, `away_m` metres from FIRE in direction `frm`, sees `fire`, `off` degrees wrong."""
    lon, lat, _ = GEOD.fwd(*FIRE, frm, away_m)
    bearing, _, _ = GEOD.inv(lon, lat, *fire)
    at = NOON + timedelta(minutes=minutes)
    return Sighting(CAMERA[camera], lon, lat, at, (bearing + off) % 360, sd, id=uuid4(), kind=kind)


def spot(
    frm: float = 0,
    away_m: float = 0,
    *,
    minutes: float = 0,
    sd: float = 110,
    method: Literal["hotspot", "report"] = "hotspot",
) -> Spot:
    """A satellite's pixel of 375 m (or a place that a person gave), `away_m` metres from FIRE."""
    lon, lat, _ = GEOD.fwd(*FIRE, frm, away_m)
    at = NOON + timedelta(minutes=minutes)
    return Spot(uuid4(), lon, lat, at, sd, sd, method, uuid4())


def incident(*evidence: Evidence, id_: UUID = INCIDENT, state: State = "open", ended: float = 0) -> Candidate:
    return Candidate(id_, evidence, state, NOON + timedelta(minutes=ended))


def blind(sighting: Sighting) -> Sighting:
    return Sighting(sighting.source, sighting.lon, sighting.lat, sighting.observed_at, None, None)


FAR = GEOD.fwd(*FIRE, 45, 9000)[:2]

CASES = {
    "the same camera, the same direction": (sees("A", minutes=3), [incident(sees("A"))], INCIDENT),
    "smoke leans: a few degrees on": (sees("A", minutes=3, off=6), [incident(sees("A"))], INCIDENT),
    "two fires in one picture": (sees("A", off=20), [incident(sees("A"))], None),
    "two plumes 5 degrees apart in one picture": (sees("A", off=5), [incident(sees("A"))], None),
    "5 degrees apart, flames and their smoke": (
        sees("A", off=5, kind="fire"),
        [incident(sees("A"))],
        INCIDENT,
    ),
    "north is no seam": (
        sees("A", minutes=3, frm=180, off=3),
        [incident(sees("A", frm=180, off=-3))],
        INCIDENT,
    ),
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
    "the same mast's other camera, the same direction": (
        replace(sees("A", off=4), source=CAMERA["B"]),
        [incident(sees("A"))],
        INCIDENT,
    ),
    "the same mast's other camera, another direction": (
        replace(sees("A", off=40), source=CAMERA["B"]),
        [incident(sees("A"), sees("C", frm=90))],
        None,
    ),
    "a blind camera on the same mast says nothing": (
        replace(blind(sees("A")), source=CAMERA["B"]),
        [incident(sees("A"))],
        None,
    ),
    "a hotspot 700 m off one camera's line": (
        spot(90, 700, minutes=20),
        [incident(sees("A", frm=180))],
        INCIDENT,
    ),
    "a hotspot 700 m off where two cameras place it": (
        spot(45, 700, minutes=20),
        [incident(sees("A"), sees("B", frm=90))],
        INCIDENT,
    ),
    "a hotspot 10 km off": (spot(45, 10_000), [incident(sees("A"), sees("B", frm=90))], None),
    "a hotspot 3 km off": (spot(45, 3000), [incident(sees("A"), sees("B", frm=90))], None),
    "a satellite passes five hours later": (spot(minutes=300), [incident(sees("A"))], INCIDENT),
    "a satellite passes seven hours later": (spot(minutes=420), [incident(sees("A"))], None),
    "a camera sees what a satellite saw two hours ago": (
        sees("A"),
        [incident(spot(minutes=-120))],
        INCIDENT,
    ),
    "a camera looks past the pixel": (sees("A", off=15), [incident(spot())], None),
    "a person's place": (spot(0, 500, sd=250, method="report"), [incident(sees("A"))], INCIDENT),
    "a person's place three hours later": (
        spot(minutes=180, method="report"),
        [incident(sees("A"))],
        None,
    ),
    "a person's direction": (
        replace(sees("B", frm=120, away_m=3000, off=12, sd=10), person=True),
        [incident(sees("A"))],
        INCIDENT,
    ),
    "a person beside the mast points roughly there": (
        replace(sees("B", off=15, sd=10), person=True),
        [incident(sees("A"))],
        INCIDENT,
    ),
    "smoke that drifted away from where it was an hour ago": (
        sees("A", minutes=60, off=22),
        [incident(*(sees("A", minutes=m, off=m / 3) for m in range(0, 56, 5)))],
        INCIDENT,
    ),
    "a new fire where the smoke was an hour ago": (
        sees("A", minutes=60, off=0),
        [incident(*(sees("A", minutes=m, off=m / 3) for m in range(0, 61, 5)))],
        None,
    ),
    "a false alarm's own camera, 10 min after the verdict": (
        sees("A", minutes=12),
        [incident(sees("A"), state="false_alarm", ended=2)],
        INCIDENT,
    ),
    "16 min after the verdict": (
        sees("A", minutes=18),
        [incident(sees("A"), state="false_alarm", ended=2)],
        None,
    ),
    "flames after a false alarm": (
        sees("A", minutes=5, kind="fire"),
        [incident(sees("A"), state="false_alarm", ended=2)],
        None,
    ),
    "another direction after a false alarm": (
        sees("A", minutes=5, off=20),
        [incident(sees("A"), state="false_alarm", ended=2)],
        None,
    ),
    "another camera sees what was called a false alarm": (
        sees("B", frm=90, minutes=5),
        [incident(sees("A"), state="false_alarm", ended=2)],
        None,
    ),
    "a false alarm's direction before another camera's crossing": (
        sees("A", minutes=5),
        [incident(sees("A"), state="false_alarm", ended=2), incident(sees("B", frm=90), id_=OTHER)],
        INCIDENT,
    ),
    "an old picture of a fire that was closed since": (
        sees("B", frm=90, minutes=5),
        [incident(sees("A"), state="closed", ended=20)],
        INCIDENT,
    ),
    "smoke again after it was closed": (
        sees("A", minutes=22),
        [incident(sees("A"), state="closed", ended=20)],
        None,
    ),
}


@pytest.mark.parametrize(("new", "candidates", "expected"), CASES.values(), ids=CASES.keys())
def test_what_it_joins(new: Sighting, candidates: list[Candidate], expected: UUID | None) -> None:
    assert decide(new, candidates).joins == expected


def test_lines_meet_across_the_antimeridian() -> None:
    west = Sighting(CAMERA["A"], 179.95, 0, NOON, 90, 1)
    east = Sighting(CAMERA["B"], -179.95, 0, NOON, 270, 1)
    assert decide(east, [incident(west)]).joins == INCIDENT


def test_lateness_is_never_negative() -> None:
    assert lateness(NOON, NOON + timedelta(hours=2)) == timedelta(hours=2)
    assert lateness(NOON, NOON - timedelta(seconds=3)) == timedelta()


def test_only_what_follows_a_false_alarm_is_held_back() -> None:
    assert decide(sees("A", minutes=5), [incident(sees("A"), state="false_alarm", ended=2)]).held_back
    assert not decide(sees("A", minutes=5), [incident(sees("A"), state="closed", ended=9)]).held_back
    assert timedelta(minutes=15) == AFTER_FALSE_ALARM


# Whole stories: what was seen, in every order of arrival, and the fires that must come of it.


@dataclass
class Incidents:
    """What `decide` makes of evidence, one after the other."""

    known: dict[UUID, Candidate] = field(default_factory=dict)

    def add(self, new: Evidence) -> Decision:
        decision = decide(new, self.known.values())
        before = dict(self.known)
        for move in decision.moves:
            moved = [e for e in before[move.of].evidence if (e.lon, e.lat) == (move.lon, move.lat)]
            for id_, gone, come in ((move.of, moved, []), (move.to, [], moved)):
                one = self.known[id_]
                self.known[id_] = replace(one, evidence=(*(e for e in one.evidence if e not in gone), *come))
        joins = decision.joins or uuid4()
        group = [new, *(self.known[joins].evidence if decision.joins else ())]
        for id_ in decision.merges:
            group += self.known.pop(id_).evidence
        self.known[joins] = Candidate(joins, tuple(group))
        return decision


NORTH, EAST = GEOD.fwd(*FIRE, 60, 8000)[:2], GEOD.fwd(*FIRE, 90, 6000)[:2]
"""Other fires."""


def at(station: str, fire: tuple[float, float], minutes: float = 0, off: float = 0) -> Sighting:
    """Stations A, B and C south, west and north-east of FIRE see `fire`, `off` degrees wrong."""
    frm, away_m = {"A": (180.0, 7000.0), "B": (270.0, 8000.0), "C": (30.0, 9000.0)}[station]
    lon, lat, _ = GEOD.fwd(*FIRE, frm, away_m)
    bearing, _, _ = GEOD.inv(lon, lat, *fire)
    when = NOON + timedelta(minutes=minutes)
    return Sighting(CAMERA[station], lon, lat, when, (bearing + off) % 360, 0.5, id=uuid4())


STORIES: dict[str, list[list[Evidence]]] = {
    "three cameras, one fire": [[at("A", FIRE), at("B", FIRE, 1, 0.8), at("C", FIRE, 2, -0.8)]],
    "two fires in one picture": [[at("A", FIRE)], [at("A", EAST)]],
    "two fires in one picture, each seen twice": [
        [at("A", FIRE), at("A", FIRE, 3, 1)],
        [at("A", EAST, 1), at("A", EAST, 4, 1)],
    ],
    "two cameras on one mast, one fire": [
        [at("A", FIRE), replace(at("A", FIRE, 1, 3), source=CAMERA["B"]), at("A", FIRE, 5)]
    ],
    "two cameras on one mast, two fires": [
        [at("A", FIRE)],
        [replace(at("A", EAST, 1), source=CAMERA["B"])],
    ],
    "smoke that drifts 20 degrees in an hour": [[at("A", FIRE, m, m / 3) for m in (0, 12, 24, 36, 48, 60)]],
    "a hotspot 700 m off": [[at("A", FIRE), at("B", FIRE, 5), spot(45, 700, minutes=40)]],
    "a hotspot 10 km off": [[at("A", FIRE), at("B", FIRE, 5)], [spot(45, 10_000, minutes=40)]],
    "a person's report": [[at("A", FIRE), spot(200, 300, minutes=10, sd=250, method="report")]],
    "what came between shows that they are one": [[at("A", FIRE), at("A", FIRE, 25), at("A", FIRE, 50)]],
    "two fires, three cameras": [
        [at("A", FIRE), at("B", FIRE, 1), at("C", FIRE, 2)],
        [at("A", NORTH, 0), at("B", NORTH, 1)],
    ],
    "two fires, three cameras that see both": [
        [at("A", FIRE), at("B", FIRE, 1), at("C", FIRE, 2)],
        [at("A", NORTH, 0), at("B", NORTH, 1), at("C", NORTH, 2)],
    ],
}


@pytest.mark.parametrize("fires", STORIES.values(), ids=STORIES.keys())
def test_every_order_of_arrival_ends_in_the_same_fires(fires: list[list[Evidence]]) -> None:
    everything = [e for fire in fires for e in fire]
    expected = {frozenset(e.id for e in fire) for fire in fires}
    ends = list(every_order(Incidents(), (), everything))
    assert len(ends) == math.factorial(len(everything))
    wrong = [
        [everything.index(e) for e in order]
        for order, incidents in ends
        if {frozenset(e.id for e in c.evidence) for c in incidents.known.values()} != expected
    ]
    assert not wrong, f"{len(wrong)} of {len(ends)}"


def every_order(
    incidents: Incidents, come: tuple[Evidence, ...], left: list[Evidence]
) -> Iterator[tuple[tuple[Evidence, ...], Incidents]]:
    """Each order of what is `left`, and what it ends in; what two orders begin with alike is decided once."""
    if not left:
        yield come, incidents
    for evidence in left:
        further = Incidents(dict(incidents.known))
        further.add(evidence)
        yield from every_order(further, (*come, evidence), [e for e in left if e is not evidence])


def test_two_cameras_and_two_fires_claim_no_point_where_ghosts_may_be() -> None:
    one, other = incident(at("A", FIRE), at("B", FIRE, 1)), incident(at("A", NORTH), at("B", NORTH, 1))
    place = place_among(one.evidence, [other])
    assert place is not None
    assert place.fix is None
    # The fire is in the region; so are the ghosts, where each line to it crosses one to the other fire.
    assert place.region.buffer(1e-4).contains(shapely.Point(*FIRE))
    assert len(shapely.get_parts(place.region)) == 3


def test_a_third_camera_decides_which_crossing_is_the_fire() -> None:
    pair, rival = (at("A", FIRE), at("B", FIRE, 1)), (at("A", NORTH), at("B", NORTH, 1))
    third = place_among((*pair, at("C", FIRE)), [incident(*rival)])
    assert third is not None
    assert third.fix is not None
    # And with that the other two bearings have only one fire left to mean.
    settled = place_among(rival, [incident(*pair, at("C", FIRE))])
    assert settled is not None
    assert settled.fix is not None


def test_a_fire_that_began_later_is_no_rival() -> None:
    place = place_among((at("A", FIRE), at("B", FIRE, 1)), [incident(at("A", NORTH, 10))])
    assert place is not None
    assert place.fix is not None


def test_one_bearing_shows_that_two_open_incidents_are_one() -> None:
    """A camera's old pictures arrive between two of its own sightings 50 minutes apart."""
    incidents = Incidents()
    incidents.add(at("A", FIRE))
    incidents.add(at("A", FIRE, 50))
    assert len(incidents.known) == 2
    decision = incidents.add(at("A", FIRE, 25))
    assert (len(decision.merges), len(incidents.known)) == (1, 1)


def test_a_line_that_meets_two_fires_does_not_make_them_one() -> None:
    """A and B place one fire, B and C another; a line of C's mast crosses both."""
    one = incident(at("A", FIRE), at("B", FIRE))
    other = incident(at("B", NORTH), at("C", NORTH), id_=OTHER)
    assert decide(at("C", FIRE, 3), [one, other]) == Decision(INCIDENT)


def test_what_people_put_together_stays() -> None:
    """C sees the fire where A and B would cross, were B's two bearings exchanged: that is done, unless a
    person has split or merged."""
    one = incident(at("A", FIRE), at("B", NORTH))
    other = incident(at("A", NORTH), at("B", FIRE), id_=OTHER)
    decision = decide(at("C", FIRE, 2), [one, other])
    assert decision.joins in {INCIDENT, OTHER}
    assert len(decision.moves) == 2
    split = [replace(one, arranged=True), replace(other, arranged=True)]
    assert decide(at("C", FIRE, 2), split).moves == ()


# Random layouts, with bearings that are off by half a degree, arriving in any order.


def _fires_found(rng: np.random.Generator, cameras: int, fires: list[tuple[float, float]]) -> int:
    seen: list[Evidence] = []
    for number in range(cameras):
        lon, lat, _ = GEOD.fwd(*FIRE, rng.uniform(0, 360), math.sqrt(rng.uniform(2000**2, 15_000**2)))
        for fire in fires:
            bearing, _, _ = GEOD.inv(lon, lat, *fire)
            off = rng.normal(0, 0.5)
            seen.append(
                Sighting(UUID(int=number + 1), lon, lat, NOON, (bearing + off) % 360, 0.5, id=uuid4())
            )
    incidents = Incidents()
    for i in rng.permutation(len(seen)):
        incidents.add(seen[i])
    return len(incidents.known)


@pytest.mark.parametrize("cameras", [2, 3, 5])
def test_one_fire_is_one_incident_wherever_the_cameras_stand(cameras: int) -> None:
    rng = np.random.default_rng(15)
    found = [_fires_found(rng, cameras, [FIRE]) for _ in range(200)]
    assert found.count(1) >= 198


@pytest.mark.parametrize("cameras", [2, 3])
def test_two_fires_are_hardly_ever_taken_for_one(cameras: int) -> None:
    """4 km apart. A camera may see both in one line; which bearing is of which fire is another matter."""
    rng = np.random.default_rng(15)
    found = [_fires_found(rng, cameras, [FIRE, GEOD.fwd(*FIRE, 60, 4000)[:2]]) for _ in range(200)]
    print(f"{cameras} cameras: {found.count(1)} of 200 taken for one")
    assert found.count(1) <= 10
