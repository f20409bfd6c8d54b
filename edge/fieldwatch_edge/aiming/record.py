"""What was found out on the ladder, kept in the state directory until the cloud has it, and after.

state_dir/deployments/<id>.json     what is told to the cloud, and how it was found
state_dir/views/<id>.jpg            what the camera saw then: its reference view
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fieldwatch_edge import whole
from fieldwatch_shared.messages import Clock

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

log = structlog.get_logger(__name__)

DEPLOYMENTS, VIEWS = "deployments", "views"


class Told(BaseModel):
    """What the cloud is told, as `POST /node/deployments` takes it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    replaces: UUID | None = None
    name: str = Field(min_length=1, max_length=200)
    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    heading_deg: float | None = Field(None, ge=0, lt=360)
    tilt_deg: float | None = Field(None, ge=-90, le=90)
    field_of_view_deg: float | None = Field(None, gt=0, le=360)
    height_m: float | None = Field(None, ge=-100, le=1000)
    detection_distance_m: float | None = Field(None, gt=0, le=100_000)
    started_at: datetime


class DeploymentRecord(BaseModel):
    """One aimed camera."""

    told: Told
    clock: Clock
    """That `started_at` and the picture were told by."""
    how: dict[str, Any] = {}
    """Landmarks, deviations, the table of the walk test: as the page had it."""
    taken_at: datetime | None = None
    """When the cloud had it."""
    refused: str | None = None
    """Why it will never have it."""
    picture_kept: bool = False
    """Whether the reference view is in the outbox, or there is none."""

    @property
    def done(self) -> bool:
        return self.refused is not None or (self.taken_at is not None and self.picture_kept)


def keep(state_dir: Path, record: DeploymentRecord, view: bytes | None = None) -> None:
    """Raises OSError where the disk does not take it."""
    folder = state_dir / DEPLOYMENTS
    _made(folder)
    if view is not None:
        _made(state_dir / VIEWS)
        whole.write(view_of(state_dir, record.told.id), view)
    whole.write(folder / f"{record.told.id}.json", record.model_dump_json(indent=1))


def records(state_dir: Path) -> list[DeploymentRecord]:
    """All that are kept, the oldest first."""
    found = []
    for path in (state_dir / DEPLOYMENTS).glob("*.json"):
        try:
            found.append(DeploymentRecord.model_validate_json(path.read_bytes()))
        except (OSError, ValidationError) as error:
            log.error("aiming.record_unreadable", path=str(path), error=str(error))  # noqa: TRY400
    return sorted(found, key=lambda record: record.told.started_at)


def to_be_told(kept: Sequence[DeploymentRecord], current: Collection[UUID]) -> list[DeploymentRecord]:
    """Those that are not done, the oldest first: of the `current` deployments, and of those that these have
    replaced. Others were cut off before node.toml named them, and never were."""
    by_id = {record.told.id: record for record in kept}
    wanted: set[UUID] = set()
    for id_ in current:
        record = by_id.get(id_)
        while record is not None and record.told.id not in wanted:
            wanted.add(record.told.id)
            record = by_id.get(record.told.replaces) if record.told.replaces is not None else None
    return [record for record in kept if record.told.id in wanted and not record.done]


def view_of(state_dir: Path, deployment_id: UUID) -> Path:
    """Where the reference view of a deployment lies, where it has one."""
    return state_dir / VIEWS / f"{deployment_id}.jpg"


def _made(folder: Path) -> None:
    """A folder of the node's user, also where another one (root) makes it."""
    import os

    if folder.exists():
        return
    folder.mkdir(mode=0o700, parents=True)
    if os.geteuid() == 0:
        owner = folder.parent.stat()
        os.chown(folder, owner.st_uid, owner.st_gid)
