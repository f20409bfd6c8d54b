"""Generates what is published of the wire contract: JSON Schema per message, and AsyncAPI over all topics.

python -m fieldwatch_shared.schema docs/contracts           # write
python -m fieldwatch_shared.schema docs/contracts --check   # exit 1 if the files there are out of date
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

from fieldwatch_shared import messages
from fieldwatch_shared.topics import ROOT, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class _Channel:
    model: type[messages.Wire]
    title: str
    retained: bool = False


CHANNELS: dict[Kind, _Channel] = {
    Kind.OBSERVATIONS: _Channel(messages.ObservationBatch, "Observations, in batches"),
    Kind.SUSPICIONS: _Channel(messages.SuspicionMessage, "A confirmed fire or smoke, alone and at once"),
    Kind.MEDIA: _Channel(
        messages.Media, "A kept picture: payload is the picture, this record a user property"
    ),
    Kind.HEARTBEAT: _Channel(messages.Heartbeat, "Health now, and effort since the last one"),
    Kind.READINGS: _Channel(messages.ReadingBatch, "Measurements of the node's sensors, in batches"),
    Kind.STATE: _Channel(messages.NodeState, "Connected or not; the node's last will", retained=True),
    Kind.RECEIPT: _Channel(messages.Receipt, "What the cloud has committed and the node may forget"),
    Kind.DESIRED: _Channel(messages.DesiredState, "What the node is to do, complete", retained=True),
    Kind.COMMAND: _Channel(messages.Command, "What the node is to do once, now; expires on its way"),
}
"""Every kind of topic and what travels on it."""


def json_schemas() -> dict[str, dict[str, Any]]:
    """One self-contained JSON Schema (2020-12) per message, by file name."""
    return {
        f"{channel.model.__name__}.schema.json": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **channel.model.model_json_schema(),
        }
        for channel in CHANNELS.values()
    }


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3.0 document of all topics, from the cloud's point of view."""
    _, definitions = models_json_schema(
        [(channel.model, "validation") for channel in CHANNELS.values()],
        ref_template="#/components/schemas/{model}",
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Fieldwatch edge to cloud",
            "version": messages.SCHEMA_VERSION,
            "description": "MQTT 5, QoS 1, persistent sessions. Additive changes only within v1.",
            "license": {"name": "AGPL-3.0-or-later"},
        },
        "defaultContentType": "application/json",
        "channels": {kind.value: _channel(kind, channel) for kind, channel in CHANNELS.items()},
        "operations": {
            f"{'receive' if kind.goes_up else 'send'}-{kind}": {
                "action": "receive" if kind.goes_up else "send",
                "channel": {"$ref": f"#/channels/{kind}"},
                "bindings": {"mqtt": {"qos": 1, "retain": channel.retained, "bindingVersion": "0.2.0"}},
            }
            for kind, channel in CHANNELS.items()
        },
        "components": {"schemas": definitions["$defs"]},
    }


def _channel(kind: Kind, channel: _Channel) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{channel.model.__name__}"}
    message: dict[str, Any] = {"name": channel.model.__name__, "title": channel.title}
    if kind is Kind.MEDIA:
        message |= {
            "contentType": "image/jpeg",
            "payload": {"type": "string", "format": "binary"},
            "headers": {
                "type": "object",
                "properties": {"media": {"contentMediaType": "application/json", "contentSchema": reference}},
                "required": ["media"],
            },
        }
    else:
        message |= {"payload": reference}
    return {
        "address": f"{ROOT}/{{reserve}}/{{node}}/{kind}",
        "title": channel.title,
        "parameters": {
            "reserve": {"description": "The reserve's slug."},
            "node": {"description": "The node's id; also its user name at the broker."},
        },
        "messages": {channel.model.__name__: message},
    }


def documents() -> Iterator[tuple[str, str]]:
    """File names and their texts."""
    for name, document in {**json_schemas(), "asyncapi.json": asyncapi()}.items():
        yield name, json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="Generate the published wire contract.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true", help="only say whether the files are up to date")
    arguments = parser.parse_args()
    stale = []
    for name, text in documents():
        path: Path = arguments.folder / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not arguments.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if stale and arguments.check:
        sys.stderr.write(
            f"out of date in {arguments.folder}: {', '.join(stale)}\n"
            f"run: python -m fieldwatch_shared.schema {arguments.folder}\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
