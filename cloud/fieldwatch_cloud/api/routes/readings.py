"""Sensors of nodes: what they said last, and over time."""

import csv
import io
from datetime import timedelta
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import StreamingResponse

from fieldwatch_cloud.api.auth import AnyMember, SignedIn
from fieldwatch_cloud.api.download import download
from fieldwatch_cloud.api.models.common import Instant, Point, problems
from fieldwatch_cloud.api.models.readings import (
    Readings,
    ReadingSpan,
    SensorSeries,
    SensorStation,
    SensorStations,
    SensorValue,
)
from fieldwatch_cloud.api.services import Db, Wired
from fieldwatch_cloud.db import nodes, readings
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_shared.messages import Quantity

router = APIRouter(tags=["sensors"])
MOST_SPANS = 1000
LONGEST = timedelta(days=3660)
WIDTHS = tuple(
    timedelta(seconds=each)
    for each in (60, 300, 600, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 604_800, 2_592_000)
)


@router.get("/reserves/{slug}/sensors", summary="What sensors said last", responses=problems(401, 404))
def list_sensors(member: AnyMember, db: Db) -> SensorStations:
    """The reserve's nodes that have sensors, each at its newest deployment."""
    with db.transaction() as conn:
        places, values = readings.newest(conn, member.reserve_id)
    return SensorStations(
        items=[
            SensorStation(
                node=place.node,
                name=place.name,
                location=(
                    None
                    if place.lon is None or place.lat is None
                    else Point(coordinates=(place.lon, place.lat))
                ),
                newest=[
                    SensorValue(
                        sensor=one.sensor,
                        quantity=Quantity(one.quantity),
                        value=one.value,
                        observed_at=one.observed_at,
                        over_s=one.over_s,
                    )
                    for one in values
                    if one.node == place.node
                ],
            )
            for place in places
        ]
    )


def visible_node(node_id: str, caller: SignedIn, db: Db) -> str:
    """The node, to a member of its reserve; to anybody else it does not exist, whatever they ask of it.

    Raises:
        NotFoundError: no such node that the caller may know of.
    """
    with db.transaction() as conn:
        if not caller.roles_in(nodes.slug_of(conn, node_id)):
            raise NotFoundError(f"no such node: {node_id!r}")
    return node_id


Node = Annotated[str, Depends(visible_node)]
From = Annotated[Instant, Query(alias="from", description="Observed at or after.")]
To = Annotated[Instant, Query(description="Observed before.")]


@router.get(
    "/nodes/{node_id}/readings", summary="A node's sensors over time", responses=problems(401, 404, 422)
)
def get_readings(node: Node, db: Db, quantity: Annotated[Quantity, Query()], from_: From, to: To) -> Readings:
    """Of one quantity, in at most 1000 spans of equal width; ten years at most."""
    _check(from_, to)
    width = next((each for each in WIDTHS if (to - from_) <= each * MOST_SPANS), WIDTHS[-1])
    with db.transaction() as conn:
        found = readings.spans(conn, node, quantity.value, from_, to, width)
    series: dict[str, list[ReadingSpan]] = {}
    for span in found:
        series.setdefault(span.sensor, []).append(
            ReadingSpan(at=span.at, mean=span.mean, least=span.least, most=span.most, readings=span.readings)
        )
    return Readings(
        node=node,
        quantity=quantity,
        width_s=width.total_seconds(),
        series=[SensorSeries(sensor=sensor, spans=spans) for sensor, spans in series.items()],
    )


@router.get(
    "/nodes/{node_id}/readings.csv",
    summary="A node's readings as a file",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}}}, **problems(401, 404, 422)},
)
def export_readings(node: Node, services: Wired, from_: From, to: To) -> StreamingResponse:
    """Every reading of every sensor, as it came: CSV in UTF-8, times in UTC, units in the quantity's name."""
    _check(from_, to)

    def write(file: BinaryIO) -> None:
        text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        table = csv.writer(text)
        table.writerow(
            ("observed_at", "sensor", "quantity", "value", "over_s", "clock_quality", "received_at")
        )
        with services.database.transaction() as conn:
            for one in readings.raw(conn, node, from_, to):
                over = "" if one.over_s is None else f"{one.over_s:g}"
                table.writerow(
                    (
                        one.observed_at.isoformat(),
                        one.sensor,
                        one.quantity,
                        one.value,
                        over,
                        one.clock_quality,
                        one.received_at.isoformat(),
                    )
                )
        text.detach()

    return download(write, f"readings-{node}.csv", "text/csv; charset=utf-8")


def _check(since: Instant, until: Instant) -> None:
    if not timedelta(0) < until - since <= LONGEST:
        raise HTTPException(422, "`to` must lie after `from`, by ten years at most")
