"""`[camera.patrol]`: a camera that turns from pose to pose (ONVIF PTZ)."""

from __future__ import annotations

from pathlib import Path  # pydantic reads the types

from pydantic import Field, model_validator

from fieldwatch_edge.settings.section import Section


class PatrolPose(Section):
    """Where it is to look, told to the camera by a preset or by its own coordinates, and what that means."""

    name: str = Field(min_length=1, max_length=100)
    preset: str | None = Field(None, max_length=100, description="The camera's token of a preset.")
    position: tuple[float, float, float] | None = Field(
        None, description="Pan, tilt and zoom in the camera's generic space: -1 to 1, -1 to 1, 0 to 1."
    )
    heading_deg: float = Field(ge=0, lt=360, description="Of the optical axis, from true north.")
    tilt_deg: float = Field(0, ge=-90, le=90, description="Upwards from the horizon.")
    field_of_view_deg: float = Field(gt=0, le=170, description="Horizontal.")

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> PatrolPose:
        if (self.preset is None) == (self.position is None):
            raise ValueError(f"pose {self.name!r}: give a `preset` or a `position`, and not both")
        if self.position is not None:
            pan, tilt, zoom = self.position
            if not (-1 <= pan <= 1 and -1 <= tilt <= 1 and 0 <= zoom <= 1):
                raise ValueError(f"pose {self.name!r}: position is [-1 to 1, -1 to 1, 0 to 1]")
        return self


class Patrol(Section):
    address: str = Field(
        pattern=r"^https?://[^/@]+(/.*)?$",
        description="Of the camera's ONVIF device service, such as http://10.0.0.5/onvif/device_service.",
    )
    user: str = Field(min_length=1, max_length=100)
    password_file: Path
    profile: str | None = Field(None, max_length=100, description="Token; default: the first that can turn.")
    dwell_s: float = Field(60, ge=1, le=3600, description="It looks so long from each pose.")
    settle_s: float = Field(
        3, ge=0, le=60, description="After it stands, wait so long: longer than the stream is late."
    )
    hold_s: float = Field(
        180, ge=0, le=600, description="It stays so much longer at most where something is suspected."
    )
    poses: tuple[PatrolPose, ...] = Field(min_length=1, max_length=32)

    @model_validator(mode="after")
    def _names_differ(self) -> Patrol:
        names = [pose.name for pose in self.poses]
        if len(set(names)) < len(names):
            raise ValueError("two poses have the same name")
        return self
