"""A deployment's health, from what its node last said and from its silence.

The rules, in order; the first that holds gives the status:

1. `ended`: the deployment is over.
2. `never_seen`: its node has sent no heartbeat since the deployment began.
3. `silent`: the last heartbeat came longer ago than `SILENCE_FACTOR` times the interval that it announced.
4. `attention`: heartbeats come, but one of the reasons below says that somebody should look.
5. `ok`.

A heartbeat may have waited in the node's outbox. Silence is judged by when the cloud heard it, because that
shows that the node lives and is connected; what the camera sees is judged by what the heartbeat says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from fieldwatch_shared.messages import CameraHealth, ClockQuality, Heartbeat

if TYPE_CHECKING:
    from uuid import UUID

SILENCE_FACTOR = 2.5
"""One lost or late heartbeat is no fault, two are."""
DISK_LOW_BYTES = 500 * 1024**2
BATTERY_LOW = 0.1
"""Of what may be drawn: at the next bad day the node goes off."""
FULL_WORK = "full"
"""A node's first level of work; every other one is a saving."""


class HealthStatus(StrEnum):
    OK = "ok"
    ATTENTION = "attention"
    SILENT = "silent"
    NEVER_SEEN = "never_seen"
    ENDED = "ended"


class HealthReason(StrEnum):
    NO_HEARTBEAT = "no_heartbeat"
    NODE_OFFLINE = "node_offline"
    CAMERA_NOT_REPORTED = "camera_not_reported"
    CAMERA_PROBLEM = "camera_problem"
    NO_FRAMES = "no_frames"
    FROZEN = "frozen"
    BLURRED = "blurred"
    MOVED = "moved"
    DARK = "dark"
    DISK_LOW = "disk_low"
    RECORDS_GIVEN_UP = "records_given_up"
    CLOCK_UNSYNCHRONISED = "clock_unsynchronised"
    BATTERY_LOW = "battery_low"
    POWER_SAVING = "power_saving"


NO_FAULT = frozenset({HealthReason.DARK, HealthReason.POWER_SAVING})
"""Worth saying, but nights are dark, and a power budget is there to be used: alone they leave a deployment
`ok`."""


@dataclass(frozen=True, slots=True)
class Health:
    status: HealthStatus
    reasons: tuple[HealthReason, ...]
    problem: str | None
    last_heartbeat_at: datetime | None
    last_frame_at: datetime | None
    online: bool


def deployment_health(
    deployment_id: UUID,
    *,
    started_at: datetime,
    ended_at: datetime | None,
    online: bool,
    heartbeat: Heartbeat | None,
    heard_at: datetime | None,
    now: datetime,
) -> Health:
    """The health of one deployment by the rules above.

    Args:
        online: whether the node is connected to the broker (its retained state or last will).
        heartbeat: the one of its node that was heard last; None where it has never sent one.
        heard_at: when the cloud received it.
    """
    if heartbeat is None or heard_at is None or heard_at < started_at:
        over = ended_at is not None and ended_at <= now
        return Health(HealthStatus.ENDED if over else HealthStatus.NEVER_SEEN, (), None, None, None, online)
    camera = next((c for c in heartbeat.cameras if c.deployment_id == deployment_id), None)
    problem = camera.problem if camera else None
    last_frame_at = camera.last_frame_at if camera else None
    if ended_at is not None and ended_at <= now:
        return Health(HealthStatus.ENDED, (), problem, heard_at, last_frame_at, online)
    if now - heard_at > SILENCE_FACTOR * timedelta(seconds=heartbeat.next_within_s):
        return Health(
            HealthStatus.SILENT, (HealthReason.NO_HEARTBEAT,), problem, heard_at, last_frame_at, online
        )
    reasons = (*_of_node(heartbeat, online=online), *_of_camera(camera))
    status = HealthStatus.ATTENTION if set(reasons) - NO_FAULT else HealthStatus.OK
    return Health(status, reasons, problem, heard_at, last_frame_at, online)


def _of_node(heartbeat: Heartbeat, *, online: bool) -> list[HealthReason]:
    found = []
    if not online:
        found.append(HealthReason.NODE_OFFLINE)
    if heartbeat.disk_free_bytes is not None and heartbeat.disk_free_bytes < DISK_LOW_BYTES:
        found.append(HealthReason.DISK_LOW)
    if _gives_up(heartbeat):
        found.append(HealthReason.RECORDS_GIVEN_UP)
    if heartbeat.clock.quality is ClockQuality.UNSYNCHRONISED:
        found.append(HealthReason.CLOCK_UNSYNCHRONISED)
    if (power := heartbeat.power) is not None:
        if power.charge is not None and power.charge < BATTERY_LOW:
            found.append(HealthReason.BATTERY_LOW)
        if power.level not in (None, FULL_WORK):
            found.append(HealthReason.POWER_SAVING)
    return found


def _gives_up(heartbeat: Heartbeat) -> bool:
    """For a day. What it gave up in all stays counted, and stays on the list of visits until somebody came
    (`maintenance`); only a node that is too old to say since when complains of it for ever."""
    lately = heartbeat.given_up_lately
    return bool(heartbeat.given_up if lately is None else lately)


def _of_camera(camera: CameraHealth | None) -> list[HealthReason]:
    if camera is None:
        return [HealthReason.CAMERA_NOT_REPORTED]
    found = []
    if camera.problem:
        found.append(HealthReason.CAMERA_PROBLEM)
    if camera.frames == 0:
        found.append(HealthReason.NO_FRAMES)
    if camera.frozen:
        found.append(HealthReason.FROZEN)
    if camera.blurred:
        found.append(HealthReason.BLURRED)
    if camera.moved:
        found.append(HealthReason.MOVED)
    if camera.dark:
        found.append(HealthReason.DARK)
    return found
