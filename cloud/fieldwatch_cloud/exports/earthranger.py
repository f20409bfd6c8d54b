"""EarthRanger-style JSON: independent events as events, cameras as stationary sources.

`events` are bodies of EarthRanger's `POST /api/v1.0/activity/events`, `observations` those of its generic
sensor handler: event_type, time, location {latitude, longitude}, event_details; manufacturer_id, recorded_at,
location {lat, lon}. A site must define the event type `fieldwatch_wildlife` before it takes them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from fieldwatch_cloud.db import features
from fieldwatch_cloud.exports.frames import STATEMENT_S, geometry, plain, selection, text_into

if TYPE_CHECKING:
    from collections.abc import Callable

    from fieldwatch_cloud.db.columns import Name
    from fieldwatch_cloud.db.features import Row, Selection
    from fieldwatch_cloud.db.pool import Connection, Database
    from fieldwatch_cloud.exports.citation import Citation
    from fieldwatch_cloud.exports.order import Order

EVENT_TYPE = "fieldwatch_wildlife"


def write(database: Database, order: Order, citation: Citation, file: BinaryIO) -> None:
    """`{citation, observations: [...], events: [...]}`, written row by row."""
    with (
        features.snapshot(database, STATEMENT_S) as conn,
        text_into(file) as text,
    ):
        wanted = selection(conn, order)
        text.write('{"citation": ' + citation.json())
        _list(text, conn, "observations", "deployments", wanted, _source)
        _list(text, conn, "events", "events", wanted, _event)
        text.write("}\n")


def _list(
    text: TextIO,
    conn: Connection,
    member: str,
    name: Name,
    wanted: Selection,
    told: Callable[[Row], dict[str, Any]],
) -> None:
    text.write(f',\n"{member}": [')
    separator = "\n"
    for rows in features.pages(conn, name, wanted):
        for row in rows:
            text.write(separator + json.dumps(told(row), ensure_ascii=False))
            separator = ",\n"
    text.write("\n]")


def _event(row: Row) -> dict[str, Any]:
    lon, lat = geometry(row["wkb"])["coordinates"]
    name = row["scientific_name"] or row["observation_type"]
    return {
        "event_type": EVENT_TYPE,
        "time": plain(row["started_at"]),
        "end_time": plain(row["ended_at"]),
        "title": f"{name} × {row['max_n']}",
        "priority": 0,
        "state": "new",
        "location": {"latitude": lat, "longitude": lon},
        "event_details": {
            "fieldwatch_id": row["id"],
            "scientific_name": row["scientific_name"],
            "observation_type": row["observation_type"],
            "count": row["max_n"],
            "observations": row["observations"],
            "confirmed_by_people": row["labelled"],
            "camera": row["deployment"],
            "coordinate_uncertainty_m": row["coordinate_uncertainty_m"],
        },
    }


def _source(row: Row) -> dict[str, Any]:
    lon, lat = geometry(row["wkb"])["coordinates"]
    return {
        "manufacturer_id": row["id"],
        "subject_name": row["deployment"],
        "subject_type": "stationary-object",
        "subject_subtype": "camera-trap",
        "recorded_at": plain(row["started_at"]),
        "location": {"lat": lat, "lon": lon},
        "additional": {"ended_at": plain(row["ended_at"]), "heading_deg": row["heading_deg"]},
    }
