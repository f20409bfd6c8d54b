"""The collections of features that exports and the OGC API tell, and what each tells of a feature."""

from __future__ import annotations

from typing import Literal

Name = Literal["deployments", "observations", "events", "effort", "incidents", "zones"]
Kind = Literal["string", "number", "integer", "boolean", "instant", "date", "uuid"]

_SEEN: dict[str, Kind] = {
    "deployment_id": "uuid",
    "deployment": "string",
    "observation_type": "string",
    "scientific_name": "string",
}
COLUMNS: dict[Name, dict[str, Kind]] = {
    "deployments": {
        "deployment_id": "uuid",
        "deployment": "string",
        "node_id": "string",
        "dataset_id": "uuid",
        "heading_deg": "number",
        "tilt_deg": "number",
        "field_of_view_deg": "number",
        "height_m": "number",
        "detection_distance_m": "number",
        "coordinate_uncertainty_m": "number",
        "started_at": "instant",
        "ended_at": "instant",
    },
    "observations": {
        "observation_id": "uuid",
        **_SEEN,
        "count": "integer",
        "observed_at": "instant",
        "ended_at": "instant",
        "confidence": "number",
        "labelled": "boolean",
        "media_id": "uuid",
        "clock_quality": "string",
        "model": "string",
        "coordinate_uncertainty_m": "number",
    },
    "events": {
        **_SEEN,
        "started_at": "instant",
        "ended_at": "instant",
        "observations": "integer",
        "labelled": "integer",
        "max_n": "integer",
        "coordinate_uncertainty_m": "number",
    },
    "effort": {
        "deployment_id": "uuid",
        "deployment": "string",
        "day": "date",
        "started_at": "instant",
        "hours": "number",
    },
    "incidents": {
        "kind": "string",
        "state": "string",
        "first_seen_at": "instant",
        "last_seen_at": "instant",
        "opened_at": "instant",
        "drill": "boolean",
        "placed": "boolean",
        "location_method": "string",
        "semi_major_m": "number",
        "semi_minor_m": "number",
        "orientation_deg": "number",
        "fwi": "number",
        "zone": "string",
    },
    "zones": {"name": "string", "name_zh": "string", "area_km2": "number"},
}
"""What each collection tells, in order; nothing else can be filtered by."""
