"""The overview of a reserve, out of what the other parts know: one snapshot, few and bounded reads."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from fieldwatch_cloud import maintenance
from fieldwatch_cloud.alarms.crew import Crew
from fieldwatch_cloud.calls.roster import on_duty
from fieldwatch_cloud.db import calls, counts, enrolment, fires, geography, heartbeats, labels, node_intake
from fieldwatch_cloud.db import overview as rows
from fieldwatch_cloud.fleet.health import Health, HealthStatus, deployment_health
from fieldwatch_cloud.fleet.history import Item, Reason, Urgency
from fieldwatch_cloud.incidents.life import OVER
from fieldwatch_cloud.overview import needs, pictures, week

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.sensitive import Sensitive

WEEK = timedelta(days=7)
PICTURES = 12
SPARE = 4
"""Times as many are chosen first: some may be clips, or still on their way."""
INCIDENTS = 50
WEIGHED = 2_000
"""Pictures that are weighed to say how many wait for review: of a large reserve the newest."""
REPORTED = frozenset(
    {
        Reason.SILENT,
        Reason.NEVER_SEEN,
        Reason.NO_PICTURE,
        Reason.FROZEN,
        Reason.RECORDS_GIVEN_UP,
        Reason.CLOCK_UNSET,
    }
)
"""Reasons for a visit that are told as a camera's fault already."""
REVIEWED_OF = timedelta(days=30)
CODE_TRIED = timedelta(days=14)
"""So long it is told that a second box tried a used code; a new code, or a revocation, ends it at once."""
OVER_QUOTA = timedelta(days=1)
"""Today and the day before: a node that goes on is told of again."""


@dataclass(frozen=True, slots=True)
class NewSpecies:
    scientific_name: str
    first_seen_at: datetime
    deployment_id: UUID
    media_id: UUID | None


@dataclass(frozen=True, slots=True)
class Week:
    """A span against the one before it."""

    since: datetime
    until: datetime
    camera_days: float
    camera_days_before: float
    looked: int
    """Cameras with any effort."""
    species: list[week.Change]
    unnamed: int
    """Events of animals of which neither a model nor a person told the species."""
    new_species: list[NewSpecies]
    incidents: list[fires.Incident]
    """Seen in the span, exercises aside, newest first."""
    pictures: list[rows.Pictured]
    withheld: int
    """Sensitive species that this asker is not told of."""


@dataclass(frozen=True, slots=True)
class State:
    """How things are now."""

    needs: list[needs.Need]
    burning: list[fires.Incident]
    """Fires that call people and are not over."""
    cameras: dict[HealthStatus, int]
    """All that are not over."""


def read_week(
    conn: Connection,
    reserve_id: UUID,
    since: datetime,
    until: datetime,
    hidden: Sensitive,
    *,
    before: datetime | None = None,
    brief: bool = False,
) -> Week:
    """To be called first in a transaction, which becomes read-only.

    Args:
        hidden: species of which nothing is told: in a week, the whole reserve can be the place of one camera.
        before: when the span before begins that this one is compared with; None: it is as long.
        brief: without pictures and incidents.
    """
    counts.one_snapshot(conn)
    ids = counts.deployments_within(conn, reserve_id, None)
    now_side = _span(conn, reserve_id, ids, since, until, hidden)
    before_side = _span(conn, reserve_id, ids, before or since - (until - since), since, hidden)
    seen = [
        t.scientific_name for t in now_side.tallies if t.scientific_name and t.observation_type == "animal"
    ]
    new = rows.never_before(conn, reserve_id, seen, since) if seen else set()
    found = rows.first_pictures(conn, reserve_id, sorted(new), since) if new and not brief else {}
    return Week(
        since=since,
        until=until,
        camera_days=float(now_side.camera_days.sum()),
        camera_days_before=float(before_side.camera_days.sum()),
        looked=int((now_side.camera_days > 0).sum()),
        species=week.changes(now_side, before_side, new),
        unnamed=sum(
            one.events
            for one in now_side.tallies
            if one.scientific_name is None and one.observation_type == "animal"
        ),
        new_species=[NewSpecies(name, *found[name]) for name in sorted(found)],
        incidents=[]
        if brief
        else fires.incidents(conn, reserve_id, since=since, until=until, drill=False, limit=INCIDENTS),
        pictures=[] if brief else best_of_span(conn, reserve_id, since, until, hidden),
        withheld=len(hidden.species),
    )


def best_of_span(
    conn: Connection,
    reserve_id: UUID,
    since: datetime,
    until: datetime,
    hidden: Sensitive,
    limit: int = PICTURES,
) -> list[rows.Pictured]:
    found = rows.pictures_of_span(conn, reserve_id, since, until)
    told = [one for one in found if hidden.blur_m(one.scientific_name) is None]
    return _here(conn, pictures.best_of_all(told, SPARE * limit), limit)


def best_of_species(
    conn: Connection, reserve_id: UUID, scientific_name: str, limit: int
) -> list[rows.Pictured]:
    found = rows.pictures_of_species(conn, reserve_id, scientific_name)
    return _here(conn, pictures.best_of_species(found, SPARE * limit), limit)


def _here(conn: Connection, chosen: list[rows.Pictured], limit: int) -> list[rows.Pictured]:
    here = rows.stills(conn, [one.media_id for one in chosen])
    return [one for one in chosen if one.media_id in here][:limit]


def read_state(conn: Connection, reserve_id: UUID, now: datetime, *, brief: bool = False) -> State:
    """
    Args:
        brief: without the review, whose pictures take long to weigh.
    """
    place = rows.place(conn, reserve_id)
    standing = [one for one in geography.deployments(conn, reserve_id) if not _is_over(one, now)]
    health = [health_of(one, now) for one in standing]
    corrected = rows.corrected_clocks(conn, reserve_id)
    burning = [
        one
        for one in fires.incidents(conn, reserve_id, drill=False, held_back=False, limit=INCIDENTS)
        if one.state not in OVER
    ]
    wear = _wear(conn, reserve_id, now)
    facts = needs.Facts(
        now=now,
        fires=tuple(needs.Fire(one.id, one.first_seen_at, answered=one.state != "new") for one in burning),
        cameras=tuple(
            needs.Camera(
                id=one.id,
                name=one.location_name,
                status=how.status,
                reasons=how.reasons,
                since=how.last_heartbeat_at or one.started_at,
                clock_corrected=one.id in corrected,
            )
            for one, how in zip(standing, health, strict=True)
        ),
        visits=tuple((needs.Subject(one.camera.id, one.camera.name), one.since) for one in wear),
        visits_urgent=any(one.urgency is not Urgency.WHEN_NEAR for one in wear),
        duty=_duty(conn, reserve_id, ZoneInfo(place.timezone), now),
        unreached=tuple(
            (needs.Subject(one.account_id, one.name), one.since)
            for one in rows.unreached(conn, reserve_id, now - WEEK)
        ),
        codes_tried_again=tuple(
            (needs.Subject(node, name), at)
            for node, name, at in enrolment.tried_again(conn, reserve_id, now - CODE_TRIED)
        ),
        over_quota=tuple(
            (needs.Subject(one.node, one.name), one.since)
            for one in node_intake.over(conn, reserve_id, (now - OVER_QUOTA).date())
        ),
        to_review=0 if brief else _to_review(conn, reserve_id, now),
        last_drill_at=place.last_drill_at,
        roster=place.shifts > 0,
        zones=place.zones,
        boundary=place.boundary,
    )
    return State(needs.needs(facts), burning, dict(Counter(how.status for how in health)))


def _wear(conn: Connection, reserve_id: UUID, now: datetime) -> list[Item]:
    """The first reason for each place to go to, those aside that cameras report as faults themselves."""
    first: dict[UUID, Item] = {}
    for item in maintenance.items(conn, reserve_id, now):
        if item.reason not in REPORTED:
            first.setdefault(item.camera.id, item)
    return list(first.values())


def _span(
    conn: Connection,
    reserve_id: UUID,
    ids: Sequence[UUID],
    since: datetime,
    until: datetime,
    hidden: Sensitive,
) -> week.Span:
    looked = counts.effort_by_deployment(conn, ids, since, until)
    seen = counts.events_by_taxon(conn, ids, counts.Query(reserve_id, None, since, until))
    days = np.array([looked.get(id_, 0.0) for id_ in ids])
    return week.Span(days, [one for one in seen if hidden.blur_m(one.scientific_name) is None])


def _is_over(one: geography.Deployment, now: datetime) -> bool:
    return one.ended_at is not None and one.ended_at <= now


def health_of(one: geography.Deployment, now: datetime) -> Health:
    return deployment_health(
        one.id,
        started_at=one.started_at,
        ended_at=one.ended_at,
        online=one.online,
        heartbeat=heartbeats.read(one.node_id, one.heartbeat) if one.node_id is not None else None,
        heard_at=one.heard_at,
        now=now,
    )


def _duty(conn: Connection, reserve_id: UUID, zone: ZoneInfo, now: datetime) -> needs.Duty:
    """Who would be called now, in each zone: as `alarms.crew` calls them."""
    zones = calls.zones(conn, reserve_id)
    shifts = calls.shifts(conn, reserve_id)
    whole = on_duty(shifts, now, zone)
    first = {
        one.id: on_duty(shifts, now, zone, zones=[one.id], chiefs=[one.chief] if one.chief else [])
        for one in zones
    }
    people = Crew({one.id: one for one in calls.people(conn, reserve_id)}, whole).people
    called = {id_ for ranks in (whole, *first.values()) for rank in ranks for id_ in rank}
    return needs.Duty(
        uncovered=tuple(needs.Subject(one.id, one.name, one.name_zh) for one in zones if not first[one.id]),
        anybody=bool(called),
        unreachable=tuple(
            needs.Subject(one.id, one.name) for one in people.values() if one.id in called and not one.devices
        ),
    )


def _to_review(conn: Connection, reserve_id: UUID, now: datetime) -> int:
    """Pictures of the last weeks that have a reason to be looked at, and that nobody has labelled."""
    wanted = labels.Filter(reserve_id, since=now - REVIEWED_OF, share=0.0)
    since = labels.newest(conn, wanted, WEIGHED)
    return labels.progress(conn, wanted if since is None else replace(wanted, since=since)).waiting
