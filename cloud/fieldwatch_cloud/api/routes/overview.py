"""Reserves at a glance: what needs a person, what changed."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from fieldwatch_cloud.api import withheld
from fieldwatch_cloud.api.auth import AnyMember, Member, SignedIn
from fieldwatch_cloud.api.incidents import summary
from fieldwatch_cloud.api.models.common import Instant, problems
from fieldwatch_cloud.api.models.overview import (
    BestPicture,
    BriefWeek,
    Cameras,
    Need,
    NewSpecies,
    Overview,
    Overviews,
    RateRatio,
    ReserveOverview,
    SpeciesChange,
    Subject,
    Week,
)
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.db import geography
from fieldwatch_cloud.db import overview as rows
from fieldwatch_cloud.db.pool import Database
from fieldwatch_cloud.fleet.health import HealthStatus
from fieldwatch_cloud.overview import build, needs
from fieldwatch_cloud.overview.week import Change
from fieldwatch_cloud.sensitive import Sensitive
from fieldwatch_shared.messages import utc_now

router = APIRouter(tags=["overview"])
To = Annotated[Instant | None, Query(description="End of the span that is told of; absent: now.")]
Days = Annotated[int, Query(ge=1, le=366, description="Its length.")]


@router.get(
    "/reserves/{slug}/overview",
    summary="What needs a person, and what changed",
    responses=problems(401, 404, 422),
)
def get_overview(member: AnyMember, db: Db, to: To = None, days: Days = 7) -> Overview:
    """The span is compared with the one of the same length before it; what needs a person is as of now."""
    now = utc_now()
    since, until = _span(to or now, days)
    with db.transaction() as conn:
        # First: it makes the transaction see one state.
        week = build.read_week(conn, member.reserve_id, since, until, withheld_of(db, member))
        state = build.read_state(conn, member.reserve_id, now)
        shown = {one.media_id for one in week.pictures} | {
            one.media_id for one in week.new_species if one.media_id is not None
        }
        unseen = withheld.pictures(conn, member, shown)
    return Overview(
        from_=since,
        to=until,
        week=_week(week, unseen),
        burning=[summary(one) for one in state.burning],
        cameras=_cameras(state),
        needs=[_need(one) for one in state.needs],
    )


@router.get("/overview", summary="My reserves side by side", responses=problems(401, 422))
def get_overviews(caller: SignedIn, db: Db, to: To = None, days: Days = 7) -> Overviews:
    """In short, for every reserve of the account."""
    now = utc_now()
    since, until = _span(to or now, days)
    mine = None if caller.everywhere else [slug for slug, _ in caller.memberships if slug is not None]
    with db.transaction() as conn:
        found = [(one, geography.reserve_id(conn, one.slug)) for one in geography.reserves(conn, mine)]
    reserves = [_reserve(db, Member(caller, one.slug, id_), one, since, until, now) for one, id_ in found]
    return Overviews(from_=since, to=until, reserves=sorted(reserves, key=_urgency))


def withheld_of(db: Database, member: Member) -> Sensitive:
    with db.transaction() as conn:
        return withheld.hidden(conn, member)


def picture(one: rows.Pictured) -> BestPicture:
    return BestPicture(
        media_id=one.media_id,
        observed_at=one.observed_at,
        deployment_id=one.deployment_id,
        scientific_name=one.scientific_name,
        confidence=one.confidence,
        labelled=one.labelled,
    )


def _span(until: datetime, days: int) -> tuple[datetime, datetime]:
    """By the minute: who asks twice within one gets the same answer."""
    until = until.replace(second=0, microsecond=0)
    return until - timedelta(days=days), until


def _reserve(
    db: Database, member: Member, reserve: geography.Reserve, since: datetime, until: datetime, now: datetime
) -> ReserveOverview:
    hidden = withheld_of(db, member)
    with db.transaction() as conn:
        week = build.read_week(conn, member.reserve_id, since, until, hidden, brief=True)
        state = build.read_state(conn, member.reserve_id, now, brief=True)

    def named(status: str) -> list[str]:
        return [one.scientific_name for one in week.species if one.status == status]

    return ReserveOverview(
        slug=reserve.slug,
        name=reserve.name,
        name_zh=reserve.name_zh,
        week=BriefWeek(
            status="observed" if week.camera_days > 0 else "not_observed",
            camera_days=week.camera_days,
            camera_days_before=week.camera_days_before,
            looked=week.looked,
            species=sum(one.events > 0 for one in week.species),
            new_species=named("first_record"),
            more=named("more"),
            fewer=named("fewer"),
        ),
        burning=len(state.burning),
        unanswered=sum(one.state == "new" for one in state.burning),
        cameras=_cameras(state),
        needs=[_need(one) for one in state.needs],
    )


def _urgency(one: ReserveOverview) -> tuple[object, ...]:
    """Fires that nobody answered first, then fires, then what needs people most."""
    by_severity = [sum(need.severity == severity for need in one.needs) for severity in needs.SEVERITIES]
    return (-one.unanswered, -one.burning, *(-n for n in by_severity), one.name)


def _week(week: build.Week, unseen: set[UUID]) -> Week:
    return Week(
        status="observed" if week.camera_days > 0 else "not_observed",
        species=[_change(one) for one in week.species],
        new_species=[
            NewSpecies(
                scientific_name=one.scientific_name,
                first_seen_at=one.first_seen_at,
                deployment_id=one.deployment_id,
                media_id=None if one.media_id in unseen else one.media_id,
            )
            for one in week.new_species
        ],
        camera_days=week.camera_days,
        camera_days_before=week.camera_days_before,
        looked=week.looked,
        incidents=[summary(one) for one in week.incidents],
        pictures=[picture(one) for one in week.pictures if one.media_id not in unseen],
        withheld=week.withheld,
    )


def _change(one: Change) -> SpeciesChange:
    ratio = one.ratio
    return SpeciesChange(
        scientific_name=one.scientific_name,
        status=one.status,
        events=one.events,
        events_before=one.events_before,
        individuals=one.individuals,
        deployments=one.deployments,
        rate=one.rate,
        low=one.low,
        high=one.high,
        rate_before=one.rate_before,
        ratio=None if ratio is None else RateRatio(value=ratio.value, low=ratio.low, high=ratio.high),
    )


def _cameras(state: build.State) -> Cameras:
    return Cameras(
        ok=state.cameras.get(HealthStatus.OK, 0),
        attention=state.cameras.get(HealthStatus.ATTENTION, 0),
        silent=state.cameras.get(HealthStatus.SILENT, 0),
        never_seen=state.cameras.get(HealthStatus.NEVER_SEEN, 0),
    )


def _need(one: needs.Need) -> Need:
    return Need(
        code=one.code,
        severity=one.severity,
        n=one.n,
        since=one.since,
        href=one.href,
        subjects=[Subject(id=each.id, name=each.name, name_zh=each.name_zh) for each in one.subjects],
    )
