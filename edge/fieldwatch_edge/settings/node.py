"""`node.toml` as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import Field, ValidationError, model_validator

from fieldwatch_edge.errors import ConfigError
from fieldwatch_edge.lines import LINES
from fieldwatch_edge.settings.cameras import Camera
from fieldwatch_edge.settings.file import from_folder, parsed, patched, wrong
from fieldwatch_edge.settings.line import (
    Broker,
    CloudSettings,
    LinkSettings,
    LiveViewSettings,
    OutboxSettings,
)
from fieldwatch_edge.settings.power import PowerSettings
from fieldwatch_edge.settings.section import Section
from fieldwatch_edge.settings.sensors import Sensor
from fieldwatch_shared.messages import Slug

if TYPE_CHECKING:
    from collections.abc import Mapping


class FleetSettings(Section):
    """What the node takes on from afar: settings, models, software."""

    settle_s: float = Field(
        30, ge=0, description="It has been at work so long before anything new is tried on it."
    )
    look_s: float = Field(1, gt=0, description="It looks so often at how what is on trial fares.")


class NodeIdentity(Section):
    id: Slug
    reserve: Slug
    state_dir: Path


class NodeSettings(Section):
    node: NodeIdentity
    broker: Broker = Broker()
    cloud: CloudSettings | None = None
    link: LinkSettings = LinkSettings()
    outbox: OutboxSettings = OutboxSettings()
    live_view: LiveViewSettings = LiveViewSettings()
    fleet: FleetSettings = FleetSettings()
    power: PowerSettings | None = None
    sensors: list[Sensor] = Field([], alias="sensor", max_length=50)
    heartbeat_s: float = Field(60, gt=0, le=7 * 86400)
    cameras: list[Camera] = Field(alias="camera", min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _beats_as_the_line_bears(cls, raw: Any) -> Any:
        """`heartbeat_s` is that of the kind of line unless it is given."""
        link = raw.get("link") if isinstance(raw, dict) else None
        kind = link.get("kind") if isinstance(link, dict) else getattr(link, "kind", None)
        return {"heartbeat_s": LINES[kind].heartbeat_s, **raw} if kind in LINES else raw

    @model_validator(mode="after")
    def _one_camera_per_deployment(self) -> NodeSettings:
        ids = [camera.deployment_id for camera in self.cameras]
        if len(set(ids)) < len(ids):
            raise ValueError("two cameras have the same deployment_id: a deployment is one camera's")
        return self

    @model_validator(mode="after")
    def _sensors_have_names_of_their_own(self) -> NodeSettings:
        names = [sensor.name for sensor in self.sensors]
        if len(set(names)) < len(names):
            raise ValueError("two sensors have the same name: readings are told apart by it")
        return self

    @model_validator(mode="after")
    def _sleeps_through_no_stream(self) -> NodeSettings:
        if self.power is not None and self.power.sleep.enabled:
            streams = [camera for camera in self.cameras if camera.source.kind == "rtsp"]
            if streams:
                raise ValueError(
                    "[power.sleep] does not go with a camera that is a stream (rtsp): a node that sleeps"
                    " between two looks would find it gone; use v4l2 or a folder, or set `enabled = false`"
                )
        return self

    @property
    def heard_within_s(self) -> float:
        """The cloud hears a heartbeat so often: where the line is not held open, with a call."""
        call_s = 0.0 if self.link.line.stays else self.link.line.gather_s
        return min(self.heartbeat_s + call_s, 7 * 86400)

    @property
    def live_deployments(self) -> frozenset[str]:
        """What bears the times of this machine's clock: see `Camera.is_live`."""
        return frozenset(str(each.deployment_id) for each in self.cameras if each.is_live)

    @classmethod
    def read(cls, path: Path, patch: Mapping[str, Any] | None = None) -> NodeSettings:
        """Read `node.toml`; relative paths in it count from the file's own folder.

        A model given by its bare name (`wildlife`) is a shipped one and no path.

        Args:
            patch: what is wanted from afar on top of it: see `fieldwatch_shared.node_settings`.

        Raises:
            ConfigError: the file is missing, is not TOML in UTF-8, or a key in it is wrong; says which. Or
                the patch is about a camera that the file does not have, or leaves one that would never
                confirm a fire.
        """
        raw = from_folder(parsed(path), path.absolute().parent)
        if patch:
            raw = patched(raw, patch)
        try:
            settings = cls.model_validate(raw)
        except ValidationError as error:
            raise ConfigError(wrong(path, error)) from error
        wanted = {UUID(id_) for id_ in (patch or {}).get("cameras", {})}
        for camera in settings.cameras:
            if camera.deployment_id in wanted and camera.fire is not None and not camera.confirms_fires:
                raise ConfigError(
                    f"camera {camera.deployment_id} would never confirm a fire: k = {camera.fire.k} looks at"
                    f" `every_s` take longer than window_s = {camera.fire.window_s:g}"
                )
        return settings
