"""`[[camera]]`: where pictures come from, how the camera is aimed, what it watches for."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, field_validator, model_validator

from fieldwatch_edge.settings.detectors import FireSettings, WildlifeSettings
from fieldwatch_edge.settings.patrol import Patrol
from fieldwatch_edge.settings.section import Section
from fieldwatch_shared.messages import ClockQuality, Fraction


class Times(Section):
    """Where a file's capture time comes from."""

    kind: Literal["exif", "name", "interval", "mtime"] = "exif"
    pattern: str | None = Field(None, description="For `name`: strptime pattern, or a regex with group `t`.")
    format: str | None = Field(None, description="For `name` with a regex: strptime format of group `t`.")
    timezone: str = Field("UTC", description="IANA zone of times that carry none.")
    start: AwareDatetime | None = Field(
        None, description="For `interval`: time of the first picture or frame."
    )
    every_s: float | None = Field(
        None, gt=0, description="For `interval`: seconds from one picture to the next."
    )
    clock: ClockQuality = Field(ClockQuality.RTC, description="How far these times can be trusted.")

    @model_validator(mode="after")
    def _complete(self) -> Times:
        if self.kind == "interval" and (self.start is None or self.every_s is None):
            raise ValueError('times of kind "interval" need `start` and `every_s`')
        if self.kind == "name" and self.pattern is None:
            raise ValueError('times of kind "name" need a `pattern`')
        return self


class FolderSource(Section):
    kind: Literal["folder"]
    path: Path
    times: Times = Times()
    follow: bool = Field(False, description="Go on watching for new pictures.")
    reorder_s: float = Field(
        2,
        ge=0,
        description="With `follow`: hold a new picture so long, and show what arrived meanwhile oldest first."
        " Held for five times as long while older ones keep arriving.",
    )
    replay_speed: float = Field(0, ge=0, description="0: as fast as possible; 1: at the pace of capture.")
    poses: str | None = Field(
        None,
        description="Of a camera that turns and writes into its pictures' names how it was aimed: a regular"
        " expression with the groups `heading`, `tilt` and `fov` (horizontal field of view), in degrees.",
    )

    @field_validator("poses")
    @classmethod
    def _says_all_of_a_pose(cls, pattern: str | None) -> str | None:
        if pattern is None:
            return None
        try:
            groups = re.compile(pattern).groupindex
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
        if missing := [name for name in ("heading", "tilt", "fov") if name not in groups]:
            raise ValueError(
                f"{pattern!r} lacks the group(s) {', '.join(missing)}, such as (?P<heading>[0-9.]+)"
            )
        return pattern

    @model_validator(mode="after")
    def _times_stay(self) -> FolderSource:
        if self.follow and self.times.kind == "interval":
            raise ValueError(
                '`follow` does not go with times of kind "interval": after a restart the pictures would be'
                ' counted anew and get other times; use "exif", "name" or "mtime"'
            )
        return self


class VideoSource(Section):
    kind: Literal["video"]
    path: Path
    start: AwareDatetime | None = Field(
        None, description="Time of the first frame; default: the file's mtime."
    )
    clock: ClockQuality = ClockQuality.RTC
    every_s: float = Field(0, ge=0, description="Analyse a frame each so many seconds; 0: every frame.")
    replay_speed: float = Field(0, ge=0)


class RtspSource(Section):
    kind: Literal["rtsp"]
    url: str = Field(repr=False, description="With user name and password, where the camera asks for them.")
    every_s: float = Field(0.5, ge=0)


class V4l2Source(Section):
    kind: Literal["v4l2"]
    device: str = "/dev/video0"
    width: int = Field(1280, gt=0)
    height: int = Field(720, gt=0)
    every_s: float = Field(0.5, ge=0)


Source = Annotated[FolderSource | VideoSource | RtspSource | V4l2Source, Field(discriminator="kind")]


Polygon = Annotated[tuple[tuple[Fraction, Fraction], ...], Field(min_length=3, max_length=200)]
"""Corners [x, y] as fractions of the picture, from its top left."""


class Camera(Section):
    deployment_id: UUID
    source: Source
    heading_deg: float | None = Field(None, ge=0, lt=360, description="Of the optical axis, from true north.")
    heading_sd_deg: float = Field(2, ge=0, description="Standard deviation of the heading: how it was aimed.")
    field_of_view_deg: float | None = Field(None, gt=0, le=360, description="Horizontal.")
    field_of_view_sd_deg: float = Field(
        1, ge=0, description="Standard deviation of the field of view: data sheets round, lenses differ."
    )
    tilt_deg: float = Field(0, ge=-90, le=90, description="Of the optical axis, upwards from the horizon.")
    tilt_sd_deg: float = Field(1, ge=0, description="Standard deviation of the tilt: how it was levelled.")
    masks: tuple[Polygon, ...] = Field(
        (),
        description="Parts of the picture in which fire and smoke mean nothing, beside those that the cloud"
        " sends: polygons of [x, y] as fractions of the picture from its top left. Of the fixed view alone.",
    )
    max_gap_s: float = Field(
        120,
        gt=0,
        description="A longer gap ends a span of effort. Keep it above the time between pictures:"
        " a camera that takes one in 5 minutes has no effort at all with less than 300.",
    )
    sequence_gap_s: float = Field(
        60, gt=0, description="A longer gap ends all tracks: another sequence begins."
    )
    patrol: Patrol | None = Field(None, description="Of a camera that turns from pose to pose, by ONVIF.")
    wildlife: WildlifeSettings | None = None
    fire: FireSettings | None = None

    @model_validator(mode="after")
    def _watches_something(self) -> Camera:
        if self.wildlife is None and self.fire is None:
            raise ValueError("give the camera a [camera.wildlife] or a [camera.fire] section, or both")
        if self.wildlife is not None and isinstance(self.source, FolderSource) and self.source.poses:
            raise ValueError("a camera that turns (`poses`) watches for fire alone: tracks need a still view")
        if self.patrol is not None:
            self._may_patrol()
        return self

    def _may_patrol(self) -> None:
        if self.source.kind != "rtsp":
            raise ValueError("[camera.patrol] is for a camera whose source is rtsp")
        if self.wildlife is not None:
            raise ValueError(
                "a camera that turns (`patrol`) watches for fire alone: tracks need a still view"
            )
        if self.heading_deg is not None or self.masks:
            raise ValueError(
                "a camera that turns has no heading_deg and no masks of its own: its poses have headings"
            )

    @property
    def is_live(self) -> bool:
        """Whether it shows what is there now, and never again what it showed."""
        return self.source.kind in ("rtsp", "v4l2")

    @property
    def is_finite(self) -> bool:
        """Whether its source ends by itself."""
        return self.source.kind == "video" or (self.source.kind == "folder" and not self.source.follow)

    @property
    def confirms_fires(self) -> bool:
        """Whether k looks for fire, as far apart as they are at most, are ever within one window."""
        if self.fire is None:
            return False
        apart_s = max(self.fire.every_s, getattr(self.source, "every_s", 0.0))
        return (self.fire.k - 1) * apart_s <= self.fire.window_s

    @property
    def sequence_gap(self) -> timedelta:
        return timedelta(seconds=self.sequence_gap_s)
