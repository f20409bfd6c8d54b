"""How many, in this polygon and time span."""

from datetime import timedelta

from fastapi import APIRouter

from fieldwatch_cloud.api.auth import AnyMember
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
)
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.counts import answer
from fieldwatch_cloud.db import counts
from fieldwatch_shared.messages import ObservationType

router = APIRouter(tags=["counts"])


@router.post(
    "/reserves/{slug}/counts",
    summary="Counts by species within a polygon and a time span",
    responses=problems(401, 403, 404, 413, 422),
)
def count_species(body: CountQuery, member: AnyMember, db: Db) -> Counts:
    """Independent events, MaxN and the rate per 100 camera-days with its interval: for every taxon seen
    (blank pictures aside) and every taxon asked for. Answers with what the figures rest on."""
    query = counts.Query(
        reserve_id=member.reserve_id,
        area=body.area.model_dump_json() if body.area else None,
        since=body.from_,
        until=body.to,
        interval=timedelta(minutes=body.event_interval_min),
        taxa=body.taxa,
        min_confidence=body.min_confidence,
    )
    with db.transaction() as conn:
        counted = counts.count(conn, query)
    total = sum(counted.camera_days.values())
    tallies = [
        answer.Tally(
            t.scientific_name,
            t.observation_type,
            t.observations,
            t.individuals,
            t.events,
            t.max_count,
            t.deployments,
        )
        for t in counted.taxa
    ]
    species = answer.species(tallies, body.taxa, total)
    assumptions = answer.assumptions(
        interval_min=body.event_interval_min,
        min_confidence=body.min_confidence,
        without_effort=counted.observations_without_effort,
        observed=species is not None,
    )
    return Counts(
        area_km2=counted.area_km2,
        deployments=DeploymentsLooked(in_area=len(counted.deployments), looked=len(counted.camera_days)),
        effort=Effort(
            camera_days=total,
            by_deployment=[
                DeploymentEffort(deployment_id=id_, camera_days=counted.camera_days.get(id_, 0.0))
                for id_ in counted.deployments
            ],
        ),
        status="not_observed" if species is None else "observed",
        species=None if species is None else [_species(one) for one in species],
        observations_without_effort=counted.observations_without_effort,
        assumptions=[each.text for each in assumptions],
        assumption_codes=[each.code for each in assumptions],
        query=CountQueryEcho(
            from_=body.from_,
            to=body.to,
            taxa=body.taxa,
            event_interval_min=body.event_interval_min,
            min_confidence=body.min_confidence,
            whole_reserve=body.area is None,
        ),
    )


def _species(one: answer.Species) -> SpeciesCount:
    tally, rate = one.tally, one.rate
    return SpeciesCount(
        scientific_name=tally.scientific_name,
        observation_type=ObservationType(tally.observation_type),
        observations=tally.observations,
        individuals=tally.individuals,
        events=tally.events,
        max_count=tally.max_count,
        deployments=tally.deployments,
        rate_per_100_camera_days=Rate(
            estimate=rate.estimate, low=rate.low, high=rate.high, level=rate.level, method=rate.method
        ),
    )
