"""Which incident new evidence belongs to, and which incidents it shows to be one.

By capture time, never by arrival: a node that was cut off for two hours delivers old pictures, and they
belong to the fire of two hours ago. Two things make evidence part of a known fire:

- the same station (a camera, or another one on the same mast) sees it in about the same direction. Clearly
  another direction is another fire, even in the same picture and even if another camera's line of sight
  would fit;
- what it says of the place (a view sector, `RANGE_M` long; a satellite's pixel; a place on the map) meets the
  region in which the evidence so far places the fire.

A sighting without a bearing (a camera whose heading nobody measured) says nothing about where: it joins only
what its own camera saw. Two alerts for one fire cost a glance; one alert for two fires costs a forest.

Evidence that fits two open incidents shows that they are one, unless something shows that they are two: a
station that sees both in different directions at about the same time, or places that do not meet. So the same
evidence in another order of arrival ends in the same incidents.

Two fires seen by two cameras have four crossings, of which two are ghosts. Where evidence fits nothing, but
would fit if two incidents exchanged what one station saw, they exchange it (`Move`); where no third station
decides, no point is claimed (`place_among`).

What comes after a person's word: see docs/decisions/0015-one-fire-one-incident.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

import shapely  # type: ignore[import-untyped]

from fieldwatch_cloud.incidents.agreement import (
    TIME_WINDOW,
    degrees_apart,
    misfit,
    newest,
    own_sightings,
    region_of,
    same_direction,
    two_fires,
    window,
)
from fieldwatch_cloud.incidents.domain import Evidence, Place, Sighting
from fieldwatch_cloud.incidents.locate import locate, same_station
from fieldwatch_cloud.incidents.plane import Plane

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

AFTER_FALSE_ALARM = timedelta(minutes=15)
"""What the same camera sees there so soon after a person called it a false alarm is the same false alarm."""
SAME_FALSE_ALARM = "the same camera saw it there when it was a false alarm"
_RIVAL_BEFORE = timedelta(minutes=2)

State: TypeAlias = Literal["open", "closed", "false_alarm"]
_Rank: TypeAlias = tuple[int, int, float, timedelta]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An incident that the evidence might belong to, with its evidence so far (at least one)."""

    incident_id: UUID
    evidence: tuple[Evidence, ...]
    """Around the time in question; of each source the nearest few in time are enough."""
    state: State = "open"
    ended_at: datetime | None = None
    """When a person closed it or called it a false alarm."""
    kind: Literal["smoke", "fire"] = "smoke"
    arranged: bool = False
    """People have split or merged it: its evidence stays where they put it, and it merges with no others."""


@dataclass(frozen=True, slots=True)
class Move:
    """What the cameras of one station saw was part of another fire than we thought."""

    lon: float
    lat: float
    of: UUID
    to: UUID


@dataclass(frozen=True, slots=True)
class Decision:
    joins: UUID | None
    """None: it opens an incident of its own."""
    merges: tuple[UUID, ...] = ()
    """Incidents that are one with `joins`."""
    moves: tuple[Move, ...] = ()
    """To be done before it joins."""
    held_back: str | None = None
    """Why nobody is called: in English, for the record."""


def decide(new: Evidence, candidates: Iterable[Candidate]) -> Decision:
    """What becomes of new evidence.

    Where several incidents fit that are not one, the one that the same station saw nearest to this bearing
    wins, then the one whose place it bears out, then the one with the evidence nearest in time. An incident's
    span says nothing: one suspicion from a clock that was wrong by years would stretch it over every fire in
    between.

    Args:
        candidates: incidents of the same reserve, drills with drills only; those out of the time window are
            left aside here.
    """
    known = list(candidates)
    fits = sorted(
        ((rank, i) for i, c in enumerate(known) if (rank := _rank(new, c)) is not None),
        key=lambda fit: fit[0],
    )
    # Above a misfit of 1 it fits badly: perhaps only because others were put together wrongly.
    if (not fits or fits[0][0] > (1, 0, 1.0, timedelta.max)) and (
        better := _untangle(new, known, nothing_fits=not fits)
    ):
        return better
    if not fits:
        return Decision(None)
    best = known[fits[0][1]]
    if best.state == "false_alarm":
        return Decision(best.incident_id, held_back=SAME_FALSE_ALARM)
    if best.state == "closed":
        return Decision(best.incident_id)
    merges, group = [], (*best.evidence, new)
    for _, i in fits[1:]:
        other = known[i]
        if best.arranged or other.arranged or other.state != "open":
            continue
        if not two_fires(group, other.evidence) and _together(group, other, new):
            merges.append(other.incident_id)
            group += other.evidence
    return Decision(best.incident_id, tuple(merges))


def place_among(evidence: Sequence[Evidence], others: Iterable[Candidate]) -> Place | None:
    """Where the fire of this evidence is.

    Two bearings that cross make no point while another fire that one of the two stations sees too could be
    what the other one means: the region is then both crossings. A third station decides, or a place that a
    satellite or a person gave.
    """
    found = locate(*newest(evidence))
    if found is None or found.fix is None or found.fix.method != "bearings":
        return found
    bearings, spots = newest(evidence)
    if spots or len(bearings) != 2:
        return found
    ghosts = [
        region
        for other in others
        if other.state == "open"
        for a, b in (bearings, bearings[::-1])
        if (region := _rival(a, b, evidence, other)) is not None
    ]
    return Place(shapely.union_all([found.region, *ghosts])) if ghosts else found


def shares_station(new: Sighting, candidate: Candidate) -> bool:
    """Whether an incident of two stations could be meant by what one of them sees now of another fire."""
    bearings, spots = newest(candidate.evidence)
    return len(bearings) == 2 and not spots and any(same_station(new, b) for b in bearings)


def lateness(observed_at: datetime, received_at: datetime) -> timedelta:
    """How long after the picture its news arrived; never negative, a node's clock may run ahead."""
    return max(received_at - observed_at, timedelta())


# Fit --------------------------------------------------------------------------------------------------


def _rank(new: Evidence, candidate: Candidate) -> _Rank | None:
    """The smaller, the better it fits; None: it is not this fire."""
    apart = min(abs(new.observed_at - e.observed_at) for e in candidate.evidence)
    if not any(
        abs(new.observed_at - e.observed_at) <= max(window(new), window(e)) for e in candidate.evidence
    ):
        return None
    own = own_sightings(new, candidate.evidence) if isinstance(new, Sighting) else []
    if candidate.state != "open" and not _still_belongs(new, candidate, own=bool(own)):
        return None
    ended = int(candidate.state != "open")
    if own:
        assert isinstance(new, Sighting)  # noqa: S101  Nothing else has a station.
        if not any(same_direction(new, s) for s in own):
            return None
        return 0, ended, min(degrees_apart(new, s) for s in own), apart
    off = misfit(new, candidate.evidence)
    return None if off is None else (1, ended, off, apart)


def _still_belongs(new: Evidence, candidate: Candidate, *, own: bool) -> bool:
    """Whether evidence may join an incident that a person has ended.

    What was captured before a fire was closed was part of what the person judged. Of a false alarm only the
    station that raised it can see more: another one that sees it too, or flames, is a fire until proven
    otherwise.
    """
    assert candidate.ended_at is not None  # noqa: S101  Whoever made the candidate knows when it ended.
    if candidate.state == "closed":
        return new.observed_at <= candidate.ended_at
    flames = isinstance(new, Sighting) and new.kind == "fire" and candidate.kind == "smoke"
    return own and not flames and new.observed_at <= candidate.ended_at + AFTER_FALSE_ALARM


# One or two -------------------------------------------------------------------------------------------


def _together(group: Sequence[Evidence], other: Candidate, new: Evidence) -> bool:
    """Whether the places of both meet, with what is new counted to both where its station saw both."""
    plane = Plane(new.lon, new.lat)
    theirs = other.evidence
    if isinstance(new, Sighting) and own_sightings(new, theirs):
        theirs = (*theirs, new)
    one, two = region_of(group, new.observed_at, plane), region_of(theirs, new.observed_at, plane)
    if one is None or two is None:
        # Cameras without a heading: their own directions are all there is.
        return one is two
    return bool(shapely.intersects(one, two))


# Ghosts -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Exchange:
    one: Candidate
    other: Candidate
    moves: tuple[Move, ...]


def _untangle(new: Evidence, known: Sequence[Candidate], *, nothing_fits: bool) -> Decision | None:
    """Evidence that fits nothing (or badly), but would (well) if what one station saw of two fires belonged
    the other way."""
    if isinstance(new, Sighting) and new.bearing_deg is None:
        return None
    free = [
        c
        for c in known
        if c.state == "open"
        and not c.arranged
        and any(abs(new.observed_at - e.observed_at) <= TIME_WINDOW for e in c.evidence)
    ]
    for one in free:
        for other in free:
            if one is other:
                continue
            for exchange in _exchanges(one, other, new.observed_at):
                rank = _rank(new, exchange.one)
                if rank is not None and rank < (1, 0, 1.0 if nothing_fits else 0.0, timedelta.max):
                    return Decision(one.incident_id, moves=exchange.moves)
    return None


def _exchanges(one: Candidate, other: Candidate, at: datetime) -> Iterable[_Exchange]:
    """Every way in which both stay possible after giving each other what one station saw."""
    seen: list[Sighting] = []
    for station in one.evidence:
        if not isinstance(station, Sighting) or station.bearing_deg is None or station.person:
            continue
        if any(same_station(station, s) for s in seen):
            continue
        seen.append(station)
        mine, rest = _of_station(one.evidence, station)
        theirs, their_rest = _of_station(other.evidence, station)
        if not rest or not their_rest:
            continue
        nearest = min(mine, key=lambda s: abs(s.observed_at - at))
        their_nearest = min(theirs, key=lambda s: abs(s.observed_at - at)) if theirs else None
        if misfit(nearest, their_rest) is None or (their_nearest and misfit(their_nearest, rest) is None):
            continue
        moves = [_move(mine, one, other)]
        if theirs:
            moves.append(_move(theirs, other, one))
        yield _Exchange(
            replace(one, evidence=(*rest, *theirs)),
            replace(other, evidence=(*their_rest, *mine)),
            tuple(moves),
        )


def _of_station(
    evidence: Iterable[Evidence], station: Sighting
) -> tuple[tuple[Sighting, ...], tuple[Evidence, ...]]:
    mine: list[Sighting] = []
    rest: list[Evidence] = []
    for e in evidence:
        if isinstance(e, Sighting) and same_station(e, station):
            mine.append(e)
        else:
            rest.append(e)
    return tuple(mine), tuple(rest)


def _move(what: Sequence[Sighting], of: Candidate, to: Candidate) -> Move:
    return Move(what[0].lon, what[0].lat, of.incident_id, to.incident_id)


def _rival(
    a: Sighting, b: Sighting, evidence: Sequence[Evidence], other: Candidate
) -> shapely.Geometry | None:
    """Where `b` would cross what a's station saw of the other incident, if that could be the truth."""
    theirs, rest = _of_station(other.evidence, a)
    theirs = tuple(s for s in theirs if s.bearing_deg is not None)
    bearings, spots = newest(other.evidence)
    if not theirs or spots or len(bearings) > 2:
        return None
    # A fire that began after both bearings is not what they mean.
    began = [min(s.observed_at for s in _of_station(evidence, station)[0]) for station in (a, b)]
    if min(s.observed_at for s in theirs) > max(began) + _RIVAL_BEFORE:
        return None
    ghost = locate([max(theirs, key=lambda s: s.observed_at), b])
    if ghost is None or ghost.fix is None:
        return None
    from_b = [e for e in rest if isinstance(e, Sighting) and e.bearing_deg is not None and same_station(e, b)]
    if from_b:
        swapped = locate([a, max(from_b, key=lambda s: s.observed_at)])
        if swapped is None or swapped.fix is None:
            return None
    return ghost.region
