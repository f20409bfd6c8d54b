"""Writes a deployment down: the record and the view first, then node.toml, then the cloud; then the node.

A power cut in between leaves either the former deployment as it was (a record that node.toml does not name is
told to nobody), or the new one, which the node will tell by itself.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import structlog

from fieldwatch_edge import whole
from fieldwatch_edge.aim.feed import ask_to_restart
from fieldwatch_edge.aiming.record import DeploymentRecord, Told, keep
from fieldwatch_edge.aiming.sending import tell
from fieldwatch_edge.capture import system_clock
from fieldwatch_edge.errors import ConfigError, EdgeError
from fieldwatch_edge.settings import NodeSettings
from fieldwatch_edge.tomlfile import change_file
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import Clock, ClockQuality, utc_now

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_edge.aim.asked import Writing
    from fieldwatch_edge.tomlfile import Value

log = structlog.get_logger(__name__)

CLOCK_OFF_S = 60.0


def write(
    config: Path, settings: NodeSettings, asked: Writing, walk: Mapping[str, Any], view: bytes | None
) -> tuple[UUID, dict[str, Any]]:
    """Make it so, and say what became of it: (the new id, for the page).

    Raises:
        ConfigError: node.toml cannot be changed; it is as it was.
        EdgeError: the record cannot be kept.
    """
    clock, ahead = _clock(asked.phone_minus_node_s)
    now = utc_now() + timedelta(seconds=ahead)
    told = Told(
        id=uuid7(now),
        replaces=asked.camera,
        name=asked.name,
        lon=asked.place.lon,
        lat=asked.place.lat,
        heading_deg=asked.heading_deg,
        tilt_deg=asked.tilt_deg if asked.heading_deg is not None else None,
        field_of_view_deg=asked.field_of_view_deg,
        height_m=asked.height_m,
        detection_distance_m=asked.detection_distance_m,
        started_at=now,
    )
    record = DeploymentRecord(
        told=told, clock=clock, how={**asked.how, "walk": dict(walk)}, picture_kept=view is None
    )
    state_dir = settings.node.state_dir
    try:
        keep(state_dir, record, view)
    except OSError as error:
        raise EdgeError(f"cannot keep the record in {state_dir}: {error.strerror}") from error
    _change(config, settings, asked, told)
    log.info("aim.written", deployment=str(told.id), replaces=str(asked.camera), config=str(config))
    return told.id, {
        "deployment_id": str(told.id),
        "cloud": _tell(settings, record),
        "node": "restarted" if ask_to_restart(state_dir) else "not_running",
    }


def _change(config: Path, settings: NodeSettings, asked: Writing, told: Told) -> None:
    at = next(n for n, camera in enumerate(settings.cameras) if camera.deployment_id == asked.camera)
    values: dict[str, Value] = {
        "deployment_id": str(told.id),
        "heading_deg": told.heading_deg,
        "heading_sd_deg": _rounded_up(asked.heading_sd_deg) if told.heading_deg is not None else None,
        "field_of_view_deg": told.field_of_view_deg,
        "field_of_view_sd_deg": (
            _rounded_up(asked.field_of_view_sd_deg) if told.field_of_view_deg is not None else None
        ),
        "tilt_deg": told.tilt_deg,
        "tilt_sd_deg": _rounded_up(asked.tilt_sd_deg) if told.tilt_deg is not None else None,
    }
    before = change_file(config, {("camera", at): values})
    try:
        NodeSettings.read(config)
    except ConfigError:
        whole.write(config, before)
        raise


def _clock(phone_minus_node_s: float) -> tuple[Clock, float]:
    """The clock by which it is told, and how far the node's own is behind it: a phone has the network's time,
    which a node that nobody has set does not."""
    clock = system_clock()
    if clock.quality.vouched or abs(phone_minus_node_s) < CLOCK_OFF_S:
        return clock, 0.0
    return Clock(quality=ClockQuality.NTP), phone_minus_node_s


def _tell(settings: NodeSettings, record: DeploymentRecord) -> dict[str, str]:
    """Now, where there is a link; else the node does so as soon as there is one."""
    from fieldwatch_edge.identity.session import CloudSession

    state: Literal["told", "later", "refused", "not_enrolled"]
    try:
        with CloudSession.of(settings) as session:
            record = tell(session, record)
    except ConfigError as error:
        return {"state": "not_enrolled", "detail": str(error)}
    except EdgeError as error:
        return {"state": "later", "detail": str(error)}
    try:
        keep(settings.node.state_dir, record)
    except OSError as error:  # told once more, then, which changes nothing
        log.warning("aim.not_noted", error=str(error))
    state = "told" if record.refused is None else "refused"
    return {"state": state, "detail": record.refused or ""}


def _rounded_up(degrees: float) -> float:
    """To hundredths, and never to nothing: nobody knows a direction exactly."""
    return max(round(degrees, 2), 0.01)
