"""Weather, the fire danger that follows from it, and the gates that it moves."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Body, Depends, Query, Request
from fastapi.responses import JSONResponse

from fieldwatch_cloud.alarms import weather as alarms
from fieldwatch_cloud.api.auth import AnyMember, FieldStaff, SignedIn, check_role, visible
from fieldwatch_cloud.api.models.common import Instant, Point, problems
from fieldwatch_cloud.api.models.hotspots import RejectedRow
from fieldwatch_cloud.api.models.people import Role
from fieldwatch_cloud.api.models.weather import (
    MAX_ROWS,
    FireDanger,
    FireDangerDay,
    FireGate,
    FireGates,
    ImportedWeather,
    NewFireGate,
    PlacedFireGate,
    StoredWeather,
    WeatherObservation,
    WeatherStation,
)
from fieldwatch_cloud.api.problems import problem
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.db import weather
from fieldwatch_cloud.errors import RowRefusedError
from fieldwatch_cloud.incidents.danger import DangerClass, Weather, danger_class
from fieldwatch_cloud.incidents.table import reasons
from fieldwatch_cloud.incidents.weather import AHEAD, Observation
from fieldwatch_shared.messages import utc_now

log = structlog.get_logger(__name__)
router = APIRouter(tags=["fire danger"])
COUNTED = timedelta(days=30)
"""Of what gates held back."""


async def raw_body(_: FieldStaff, request: Request) -> bytes:
    """Read only once we know who sends it."""
    return await request.body()


@router.post("/reserves/{slug}/weather", summary="Bring weather", responses=problems(401, 403, 404, 413, 422))
def add_weather(
    body: Annotated[list[WeatherObservation], Body(min_length=1, max_length=MAX_ROWS)],
    member: FieldStaff,
    db: Db,
) -> StoredWeather:
    """For technicians and managers, and their scripts by token. The same again changes nothing; other values
    for the same station and time correct them, and the days after are computed again."""
    latest = utc_now() + AHEAD
    observations = [_observation(row) for row in body]
    for observation in observations:
        if observation.observed_at > latest:
            raise RowRefusedError(
                f"{observation.station}: {observation.observed_at:%Y-%m-%d %H:%M} UTC lies in the future"
            )
    with db.transaction() as conn:
        stored, unchanged = alarms.record(
            conn, member.reserve_id, observations, f"account {member.caller.account.email}"
        )
    return StoredWeather(stored=stored, unchanged=unchanged)


@router.post(
    "/reserves/{slug}/weather/import",
    summary="Keep what a file of weather holds",
    response_model=ImportedWeather,
    responses=problems(401, 403, 404, 413, 422),
    openapi_extra={
        "requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}
    },
)
def import_weather(
    member: FieldStaff, db: Db, body: Annotated[bytes, Depends(raw_body)]
) -> ImportedWeather | JSONResponse:
    """For technicians and managers: CSV with the columns `station`, `observed_at`, `temperature_c`,
    `humidity_percent`, `wind_kmh`, `rain_24h_mm`, and, where the station is not known yet, `longitude` and
    `latitude`. The same file again changes nothing; other values for the same station and time correct them.
    Rows that cannot be read are named, the others kept. A file without a row that can be read is a problem
    (422)."""
    outcome = alarms.import_file(db, member.reserve_id, body, f"upload of {member.caller.account.email}")
    if outcome.rejected and not outcome.stored + outcome.unchanged:
        return problem(422, f"no row of this file can be read: {reasons(outcome.rejected[:3])}")
    return ImportedWeather(
        stored=outcome.stored,
        unchanged=outcome.unchanged,
        rejected=RejectedRow.named(outcome.rejected),
        left_out=len(outcome.rejected),
    )


@router.get(
    "/reserves/{slug}/fire-danger", summary="The fire danger of each day", responses=problems(401, 404, 422)
)
def get_fire_danger(
    member: AnyMember,
    db: Db,
    from_: Annotated[Instant | None, Query(alias="from", description="Weather observed at or after.")] = None,
    to: Annotated[Instant | None, Query(description="Weather observed before.")] = None,
) -> FireDanger:
    with db.transaction() as conn:
        now = alarms.danger_now(conn, member.reserve, utc_now())
        newest = weather.days(conn, member.reserve_id, since=now.observed_at, until=utc_now()) if now else []
        days = weather.days(conn, member.reserve_id, since=from_, until=to)
        stations = weather.stations(conn, member.reserve_id)
    return FireDanger(
        now=next(
            (_day(day) for day in newest if now and (day.station, day.day) == (now.station, now.day)), None
        ),
        days=[_day(day) for day in days],
        stations=[
            WeatherStation(
                name=one.name,
                location=None
                if one.lon is None or one.lat is None
                else Point(coordinates=(one.lon, one.lat)),
                last_observed_at=one.last_observed_at,
            )
            for one in stations
        ],
    )


@router.get(
    "/reserves/{slug}/fire-gates",
    summary="Which cameras have a gate, and what it held back",
    responses=problems(401, 404),
)
def list_fire_gates(member: AnyMember, db: Db) -> FireGates:
    with db.transaction() as conn:
        found = weather.gates(conn, member.reserve_id, since=utc_now() - COUNTED)
    return FireGates(items=[PlacedFireGate.model_validate(one, from_attributes=True) for one in found])


@router.get(
    "/deployments/{deployment_id}/fire-gate",
    summary="How sure a camera must be to call people",
    responses=problems(401, 404),
)
def get_fire_gate(deployment_id: UUID, caller: SignedIn, db: Db) -> FireGate:
    with db.transaction() as conn:
        visible(conn, deployment_id, caller)
        return _gate(weather.gate(conn, deployment_id))


@router.put(
    "/deployments/{deployment_id}/fire-gate",
    summary="Have a camera call only when it is sure enough for the danger of the day",
    responses=problems(401, 403, 404, 422),
)
def set_fire_gate(deployment_id: UUID, body: NewFireGate, caller: SignedIn, db: Db) -> FireGate:
    """For managers. What it holds back is an incident all the same: with the reason in `held_back`, in the
    list and in the log; `release` lets it call."""
    with db.transaction() as conn:
        check_role(caller.roles_in(visible(conn, deployment_id, caller).reserve), (Role.MANAGER,))
        weather.set_gate(conn, deployment_id, body.least, caller.account.id)
        gate = weather.gate(conn, deployment_id)
    log.warning(
        "fire_gate.set", deployment_id=str(deployment_id), least=gate.least, by=str(caller.account.id)
    )
    return _gate(gate)


@router.delete(
    "/deployments/{deployment_id}/fire-gate",
    summary="Have every suspicion of a camera call people",
    status_code=204,
    responses=problems(401, 403, 404),
)
def remove_fire_gate(deployment_id: UUID, caller: SignedIn, db: Db) -> None:
    """For managers. Where there is none, nothing happens."""
    with db.transaction() as conn:
        check_role(caller.roles_in(visible(conn, deployment_id, caller).reserve), (Role.MANAGER,))
        weather.remove_gate(conn, deployment_id)
    log.warning("fire_gate.removed", deployment_id=str(deployment_id), by=str(caller.account.id))


def _gate(gate: weather.Gate) -> FireGate:
    return FireGate.model_validate({"least": gate.least, "set_by": gate.set_by, "set_at": gate.set_at})


def _observation(row: WeatherObservation) -> Observation:
    return Observation(
        row.station,
        row.observed_at,
        Weather(row.temperature_c, row.humidity_percent, row.wind_kmh, row.rain_24h_mm),
        row.location.coordinates if row.location else None,
    )


def _day(day: weather.Day) -> FireDangerDay:
    danger: DangerClass = danger_class(day.fwi)
    return FireDangerDay(
        **{name: getattr(day, name) for name in weather.Day.__slots__},
        danger=danger,
    )
