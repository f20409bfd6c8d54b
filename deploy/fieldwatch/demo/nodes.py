"""`node.toml` for the demo's nodes: what a technician would write by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class NodeCamera:
    """One [[camera]] section."""

    deployment_id: UUID
    source: dict[str, object]
    """The keys of [camera.source]; see `fieldwatch_edge.settings`."""
    wildlife: bool = False
    fire: bool = False
    heading_deg: float | None = None
    field_of_view_deg: float | None = None


def write_config(
    folder: Path, *, node: str, reserve: str, broker_url: str, password: str, cameras: list[NodeCamera]
) -> Path:
    """Write `node.toml` and the password's file, readable by us alone, into `folder`; returns the former."""
    folder.mkdir(parents=True, exist_ok=True)
    secret = folder / "mqtt-password"
    secret.touch(mode=0o600)
    secret.write_text(password + "\n")
    lines = [
        "[node]", f"id = {_toml(node)}", f"reserve = {_toml(reserve)}", 'state_dir = "state"', "",
        "[broker]", f"url = {_toml(broker_url)}", 'password_file = "mqtt-password"', "",
    ]  # fmt: skip
    for camera in cameras:
        lines += ["[[camera]]", f"deployment_id = {_toml(str(camera.deployment_id))}"]
        if camera.heading_deg is not None:
            lines.append(f"heading_deg = {camera.heading_deg}")
        if camera.field_of_view_deg is not None:
            lines.append(f"field_of_view_deg = {camera.field_of_view_deg}")
        lines += ["[camera.source]", *(f"{key} = {_toml(value)}" for key, value in camera.source.items())]
        if camera.wildlife:
            lines += ["[camera.wildlife]", 'detector = { model = "wildlife", threads = 1 }']
        if camera.fire:
            lines += ["[camera.fire]", 'detector = { model = "fire", threads = 1 }']
        lines.append("")
    config = folder / "node.toml"
    config.write_text("heartbeat_s = 10\n\n" + "\n".join(lines))
    return config


def _toml(value: object) -> str:
    # A JSON string, number or boolean is the same in TOML; a table is written inline.
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(part)}" for key, part in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
