"""What a camera's node lives on: charge, level of work, energy used and saved."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from fieldwatch_cloud.api.auth import SignedIn, visible
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.readings import Energy, PowerDay, PowerHistory, PowerHour
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.counts.periods import midnight
from fieldwatch_cloud.db import node_power
from fieldwatch_shared.messages import utc_now

router = APIRouter(tags=["sensors"])
_NOTHING = Energy(since=None, used_wh=None, saved_wh=None, used_co2e_g=None, saved_co2e_g=None)


@router.get(
    "/deployments/{deployment_id}/power",
    summary="What a camera's node lives on",
    responses=problems(401, 404, 422),
)
def get_power(
    deployment_id: UUID, caller: SignedIn, db: Db, days: Annotated[int, Query(ge=1, le=92)] = 30
) -> PowerHistory:
    """By hours and by days, from what the node said of itself in its heartbeats; what it did not say is
    null."""
    now = utc_now()
    with db.transaction() as conn:
        place = visible(conn, deployment_id, caller)
        if place.node_id is None:
            return PowerHistory(node=None, hours=[], days=[], month=_NOTHING, total=_NOTHING)
        zone = ZoneInfo(place.timezone)
        today = now.astimezone(zone).date()
        since = midnight(today - timedelta(days=days - 1), zone)
        hours = node_power.hours(conn, place.node_id, since)
        by_day = node_power.days(conn, place.node_id, since, place.timezone)
        month = node_power.total(conn, place.node_id, midnight(today.replace(day=1), zone))
        total = node_power.total(conn, place.node_id)
    return PowerHistory(
        node=place.node_id,
        hours=[
            PowerHour(
                at=hour.at,
                charge=hour.charge,
                charge_least=hour.charge_least,
                battery_v=hour.battery_v,
                solar_w=hour.solar_w,
                load_w=hour.load_w,
                level=hour.level,
                measured=hour.measured,
            )
            for hour in hours
        ],
        days=[
            PowerDay(day=day.day, used_wh=day.used_wh, saved_wh=day.saved_wh, charge_least=day.charge_least)
            for day in by_day
        ],
        month=_energy(month),
        total=_energy(total),
    )


def _energy(found: node_power.Sum) -> Energy:
    return Energy(
        since=found.since,
        used_wh=found.used_wh,
        saved_wh=found.saved_wh,
        used_co2e_g=found.used_g,
        saved_co2e_g=found.saved_g,
    )
