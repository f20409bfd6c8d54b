"""What enrolment writes into node.toml."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fieldwatch_edge.errors import ConfigError
from fieldwatch_edge.identity.files import AUTHORITY, CERTIFICATE, CURRENT, FOLDER, KEY, SIGNING_KEYS
from fieldwatch_edge.tomlfile import changed
from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from fieldwatch_edge.identity.enrolment import Outcome
    from fieldwatch_edge.tomlfile import Table, Value
    from fieldwatch_shared.enrolment import EnrolledDeployment

HERE = Path(FOLDER) / CURRENT
"""Relative to node.toml: a folder that is moved as a whole stays right."""

BEGINNING = """\
# A Fieldwatch node. Relative paths count from this file's folder.
# What each key means: docs/guides/field-guide.en.md, field-guide.zh.md

[node]
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the node's first camera stands."""

    id: UUID
    name: str | None = None
    aim: Mapping[str, float | None] | None = None

    @classmethod
    def of(cls, known: EnrolledDeployment | None) -> Place:
        if known is None:
            return cls(uuid7())
        aim = {
            "heading_deg": known.heading_deg,
            "field_of_view_deg": known.field_of_view_deg,
            "tilt_deg": known.tilt_deg,
        }
        return cls(known.id, known.name, aim)


def changes_of(outcome: Outcome) -> dict[Table, dict[str, Value]]:
    """Of settings that are there: identity, broker and cloud, and nothing else."""
    answer = outcome.answer
    return {
        ("node",): {"id": answer.node, "reserve": answer.reserve},
        ("broker",): {
            "url": answer.broker_url,
            "ca_file": HERE / AUTHORITY,
            "cert_file": HERE / CERTIFICATE,
            "key_file": HERE / KEY,
            "username": None,
            "password": None,
            "password_file": None,
        },
        ("cloud",): {
            "url": answer.cloud_url,
            "ca_file": HERE / AUTHORITY if outcome.own_authority else None,
            "signing_keys": [str(HERE / SIGNING_KEYS)],
        },
    }


def new_settings(outcome: Outcome, state_dir: Path, place: Place, source: str | None) -> str:
    """A whole node.toml. Without a `source` (of `source_of`) the camera's section is a comment, ready to be
    opened."""
    base = changed(f"{BEGINNING}state_dir = {json.dumps(str(state_dir))}\n", changes_of(outcome))
    lines = _camera(place, source or '{ kind = "v4l2", device = "/dev/video0" }')
    if source is None:
        lines = [
            "# The camera: take away the '#' in front of these lines, and correct `source`:",
            '#   { kind = "rtsp", url = "rtsp://user:password@192.168.1.64:554/stream" }, or',
            '#   { kind = "folder", path = "/srv/pictures", follow = true }',
            *(f"#{line}" for line in lines),
        ]
    return "\n".join([base, *lines, ""])


def _camera(place: Place, source: str) -> list[str]:
    name = f"  # {place.name}" if place.name and place.name.isprintable() else ""
    aim = {key: value for key, value in (place.aim or {}).items() if value is not None}
    return [
        "[[camera]]",
        f'deployment_id = "{place.id}"{name}',
        f"source = {source}",
        *(f"{key} = {value!r}" for key, value in aim.items()),
        "[camera.wildlife]",
        "[camera.fire]",
    ]


def source_of(camera: str) -> str:
    """A camera's source in TOML (a JSON string is a TOML string), from a device, an address or a folder.

    Raises:
        ConfigError: it is none of these.
    """
    if camera.startswith(("rtsp://", "rtsps://")):
        return f'{{ kind = "rtsp", url = {json.dumps(camera)} }}'
    if camera.startswith("/dev/"):
        return f'{{ kind = "v4l2", device = {json.dumps(camera)} }}'
    if os.path.isdir(camera):  # noqa: PTH112  # a string, of which a path is made below
        return f'{{ kind = "folder", path = {json.dumps(str(Path(camera).absolute()))}, follow = true }}'
    raise ConfigError("the camera is rtsp://..., a device such as /dev/video0, or a folder that is there")
