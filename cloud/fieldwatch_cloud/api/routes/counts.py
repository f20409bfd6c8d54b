"""How many, in this polygon and time span, and which events and pictures that rests on."""

from collections.abc import Container
from dataclasses import replace
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from fieldwatch_cloud.api import cursor as cursors
from fieldwatch_cloud.api import withheld
from fieldwatch_cloud.api.auth import AnyMember, Member
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.counts import (
    CountQuery,
    CountQueryEcho,
    Counts,
    DeploymentEffort,
    DeploymentsLooked,
    Effort,
    Rate,
    SpeciesCount,
    Trace,
    TracedEvent,
    TraceQuery,
)
from fieldwatch_cloud.api.services import Db, Wired
from fieldwatch_cloud.api.verdict import Spoken, verdict
from fieldwatch_cloud.counts import answer
from fieldwatch_cloud.counts import verdict as rules
from fieldwatch_cloud.counts.estimate import Finding
from fieldwatch_cloud.db import counts
from fieldwatch_cloud.db.pool import Connection
from fieldwatch_cloud.sensitive import LEAST_PLACES
from fieldwatch_shared.messages import ObservationType

router = APIRouter(tags=["counts"])


@router.post(
    "/reserves/{slug}/counts",
    summary="Counts by species within a polygon and a time span",
    responses=problems(401, 403, 404, 413, 422),
)
def count_species(body: CountQuery, member: AnyMember, services: Wired, language: Spoken) -> Counts:
    """Independent events, MaxN and the rate per 100 camera-days with its interval: for every taxon seen
    (blank pictures aside) and every taxon asked for. Answers with what the figures rest on, and how far the
    data bear them."""
    with services.database.transaction() as conn:
        counts.one_snapshot(conn)
        counted = counts.count(conn, _query(conn, body, member))
        # In a span in which hardly a camera looked, the whole reserve is the place of that camera.
        looked = [
            id_ for id_, days in zip(counted.deployments, counted.camera_days.tolist(), strict=True) if days
        ]
        whole = body.area is None and body.zone is None and len(looked) >= LEAST_PLACES
        left_out = withheld.in_area(conn, member, body.taxa, whole=whole)
        seen = [one for one in counted.taxa if left_out.blur_m(one.scientific_name) is None]
        counted = replace(counted, taxa=seen)
        # Who is not told of all species is not told either at which cameras there is any record.
        newest = [] if left_out.species else counted.newest
    days = counted.camera_days
    without_effort = sum(tally.without_effort for tally in counted.taxa)
    species = answer.species(counted.taxa, body.taxa, days)
    assumptions = answer.assumptions(
        interval_min=body.event_interval_min,
        min_confidence=body.min_confidence,
        without_effort=without_effort,
        observed=species is not None,
        rule=body.rule,
    )
    findings = [
        *_findings(counted, body, looked),
        *_of_newest(newest, services.detectors),
        *(rules.of_withheld(len(left_out.species)) if body.taxa is None else ()),
        *answer.findings(species or []),
    ]
    return Counts(
        area_km2=counted.area_km2,
        deployments=DeploymentsLooked(in_area=len(counted.deployments), looked=len(looked)),
        effort=Effort(
            camera_days=float(days.sum()),
            by_deployment=[
                DeploymentEffort(deployment_id=id_, camera_days=each)
                for id_, each in zip(counted.deployments, days.tolist(), strict=True)
            ],
        ),
        status="not_observed" if species is None else "observed",
        species=None if species is None else [_species(one) for one in species],
        observations_without_effort=without_effort,
        labelled=sum(tally.labelled for tally in counted.taxa),
        verdict=verdict(rules.in_order(findings), language),
        assumptions=[each.text for each in assumptions],
        assumption_codes=[each.code for each in assumptions],
        query=CountQueryEcho(
            from_=body.from_,
            to=body.to,
            zone=body.zone,
            taxa=body.taxa,
            event_interval_min=body.event_interval_min,
            rule=body.rule,
            min_confidence=body.min_confidence,
            whole_reserve=body.area is None and body.zone is None,
        ),
    )


@router.post(
    "/reserves/{slug}/counts/trace",
    summary="The events of one taxon that a count rests on, with their pictures",
    responses=problems(401, 403, 404, 413, 422),
)
def trace_count(
    body: TraceQuery,
    member: AnyMember,
    db: Db,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[
        str | None, Query(max_length=200, description="`next_cursor` of the last page.")
    ] = None,
) -> Trace:
    """By time; all pages together are the events of `POST .../counts` with the same question."""
    after = cursors.decode(cursor) if cursor else None
    with db.transaction() as conn:
        counts.one_snapshot(conn)
        withheld.refuse(withheld.hidden(conn, member), [body.taxon])
        query = _query(conn, body, member)
        found = counts.trace(
            conn, query, body.taxon, body.observation_type.value, limit=limit + 1, after=after
        )
        unseen = withheld.pictures(conn, member, {id_ for one in found for id_ in one.media})
    items = found[:limit]
    more = len(found) > limit
    return Trace(
        items=[
            TracedEvent.model_validate(
                replace(one, media=[id_ for id_ in one.media if id_ not in unseen]), from_attributes=True
            )
            for one in items
        ],
        next_cursor=cursors.encode(items[-1].started_at, items[-1].deployment_id) if more else None,
    )


def _query(conn: Connection, body: CountQuery, member: Member) -> counts.Query:
    area = body.area.model_dump_json() if body.area else None
    if body.zone is not None:
        area = counts.zone_area(conn, member.reserve_id, body.zone)
    return counts.Query(
        reserve_id=member.reserve_id,
        area=area,
        since=body.from_,
        until=body.to,
        interval=timedelta(minutes=body.event_interval_min),
        taxa=body.taxa,
        min_confidence=body.min_confidence,
        rule=body.rule,
    )


def _findings(counted: counts.Counted, body: CountQuery, looked: list[UUID]) -> list[Finding]:
    found = [
        *rules.of_effort(
            counted.camera_days,
            asked_days=(body.to - body.from_) / timedelta(days=1),
            from_dates=len(counted.from_dates.intersection(looked)),
        ),
    ]
    if looked:
        found += rules.of_records(
            observations=sum(tally.observations for tally in counted.taxa),
            labelled=sum(tally.labelled for tally in counted.taxa),
            without_effort=sum(tally.without_effort for tally in counted.taxa),
            min_confidence=body.min_confidence,
        )
        found += rules.of_rates()
    return found


def _of_newest(newest: list[counts.Newest], measured: Container[str]) -> tuple[Finding, ...]:
    return rules.of_newest(
        len(newest),
        unmeasured=sum(one.model is not None and one.model not in measured for one in newest),
        unsynchronised=sum(one.unsynchronised for one in newest),
    )


def _species(one: answer.Species) -> SpeciesCount:
    tally = one.tally
    return SpeciesCount(
        scientific_name=tally.scientific_name,
        observation_type=ObservationType(tally.observation_type),
        observations=tally.observations,
        labelled=tally.labelled,
        individuals=tally.individuals,
        events=tally.events,
        max_count=tally.max_count,
        deployments=tally.deployments,
        rate_per_100_camera_days=Rate.of(one.rate),
    )
