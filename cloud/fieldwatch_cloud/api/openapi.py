"""The OpenAPI document: how it is finished, and written to a file.

python -m fieldwatch_cloud.api.openapi docs/contracts           # write openapi.json there
python -m fieldwatch_cloud.api.openapi docs/contracts --check   # exit 1 if the file there is out of date
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from fieldwatch_cloud.api.models.common import Problem, problems
from fieldwatch_cloud.api.models.fires import ActionRefused
from fieldwatch_cloud.api.models.labels import LabelConflict
from fieldwatch_cloud.api.models.live import EVENTS

FILE = "openapi.json"
API_VERSION = "1.0"
TAGS = [
    {"name": "people", "description": "Logging in, one's account, API tokens."},
    {"name": "places", "description": "Reserves, zones, nodes, deployments and their health."},
    {"name": "overview", "description": "What needs a person, what changed, and species at a glance."},
    {"name": "records", "description": "Observations and pictures."},
    {"name": "review", "description": "Pictures worth a look, and what people say that they show."},
    {"name": "flights", "description": "Drones' flights: pictures with places of their own, and density."},
    {"name": "map", "description": "Vector tiles, the base map, and where people patrolled."},
    {"name": "counts", "description": "Counts by species within any polygon and time span, with effort."},
    {"name": "exchange", "description": "Records in and out, in the formats of other tools."},
    {"name": "incidents", "description": "Fires: what rangers act on."},
    {"name": "masks", "description": "What cameras are to ignore."},
    {"name": "hotspots", "description": "What satellites saw."},
    {"name": "fire danger", "description": "Weather, the fire danger that follows from it, and its gates."},
    {
        "name": "sensors",
        "description": "What nodes measure beside pictures: weather, water, and the power that they live on.",
    },
    {"name": "calls", "description": "Who is called, in which order, on which devices."},
    {"name": "alerts", "description": "Animals that people want to be called for."},
    {"name": "drills", "description": "Exercises through the real chain, and what they measured."},
    {"name": "live view", "description": "A camera's pictures for some minutes, on request."},
    {"name": "fleet", "description": "Nodes as they should be and are, roll-outs, logs, what needs a visit."},
    {
        "name": "nodes",
        "description": "Enrolment of nodes, their certificates, and what they ask for themselves.",
    },
    {"name": "reports", "description": "Weekly and monthly reports, and who gets them."},
    {
        "name": "administration",
        "description": "People, places, retention, sources, and the record of changes.",
    },
    {"name": "live", "description": "What happens, as it happens."},
    {"name": "quarantine", "description": "Messages of nodes that could not be accepted."},
    {"name": "service", "description": "The service itself."},
]
DESCRIPTION = """\
Wildlife counts and fire alerts of nature reserves.

**Who may ask.** Everything but `/health` and `/login` needs a session cookie (from `/login`) or an API token
(`Authorization: Bearer fwt_...`). Unsafe methods with a cookie must come from this site's own pages. Roles
(admin, manager, researcher, ranger, technician) hold in one reserve or in all; a reserve of which the account
is no member answers 404.

**Conventions.** Times are ISO 8601 with a time zone, answered in UTC; spans include their start and exclude
their end. Geometry is GeoJSON (WGS 84, longitude first). Bearings are degrees clockwise from true north.
Errors are problem details (RFC 9457, `application/problem+json`); `errors` names the fields at fault.
"""


def finish(app: FastAPI) -> dict[str, Any]:
    """The document of `app`: FastAPI's, with our problem details instead of its own errors and with the
    live stream's events."""
    document = get_openapi(
        title="Fieldwatch",
        version=API_VERSION,
        summary="Ecological monitoring from the edge to the cloud",
        description=DESCRIPTION,
        routes=app.routes,
        tags=TAGS,
        license_info={"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
    )
    schemas = document["components"]["schemas"]
    for ours_not in ("HTTPValidationError", "ValidationError"):
        schemas.pop(ours_not, None)
    events = list(EVENTS.values())
    _, definitions = models_json_schema(
        [
            (Problem, "serialization"),
            (LabelConflict, "serialization"),
            (ActionRefused, "serialization"),
            *((event, "serialization") for event in events),
        ],
        ref_template="#/components/schemas/{model}",
    )
    schemas.update(definitions["$defs"])
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    for path in document["paths"].values():
        for operation in path.values():
            _without_default_errors(operation)
            # What any route can answer: a body is limited before the route is known, each needs the database.
            everywhere = problems(413, 503) if "requestBody" in operation else problems(503)
            for status, description in everywhere.items():
                operation["responses"].setdefault(str(status), description)
            operation["responses"] = dict(sorted(operation["responses"].items()))
    # The problems that carry more than their words.
    for path, method, words, model in (
        (
            "/api/v1/media/{media_id}/labels",
            "put",
            "Somebody has labelled the picture since: `current` is what they said.",
            LabelConflict,
        ),
        (
            "/api/v1/incidents/{incident_id}/actions",
            "post",
            "It contradicts what was done before; `may` says what is allowed.",
            ActionRefused,
        ),
    ):
        conflict = document["paths"][path][method]["responses"]["409"]
        conflict["description"] = words
        schema = {"$ref": f"#/components/schemas/{model.__name__}"}
        conflict["content"] = {"application/problem+json": {"schema": schema}}
    stream = document["paths"]["/api/v1/reserves/{slug}/stream"]["get"]["responses"]["200"]
    stream["description"] = "A stream without end; `data` of each event is one of these, as JSON."
    # OpenAPI 3.1 has no word for the items of a stream: this describes `data` per event name.
    stream["content"]["text/event-stream"] = {
        "schema": {"type": "string"},
        "x-events": {
            name: {"$ref": f"#/components/schemas/{model.__name__}"} for name, model in EVENTS.items()
        },
    }
    return document


def _without_default_errors(operation: dict[str, Any]) -> None:
    unprocessable = operation["responses"].get("422", {})
    if "application/json" in unprocessable.get("content", {}):
        del unprocessable["content"]["application/json"]
        if not unprocessable["content"]:
            unprocessable["description"] = "A parameter is malformed; `errors` names it."
            unprocessable["content"] = {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            }


def document() -> str:
    """openapi.json as it is published."""
    from fieldwatch_cloud.api.app import describe

    return json.dumps(describe().openapi(), ensure_ascii=False, indent=2) + "\n"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m fieldwatch_cloud.api.openapi", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true")
    chosen = parser.parse_args(arguments)
    path: Path = chosen.folder / FILE
    if not chosen.check:
        path.write_text(document(), encoding="utf-8")
        return 0
    if path.is_file() and path.read_text(encoding="utf-8") == document():
        return 0
    sys.stderr.write(f"{path} is out of date: python -m fieldwatch_cloud.api.openapi {chosen.folder}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
