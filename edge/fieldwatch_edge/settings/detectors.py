"""`[camera.wildlife]` and `[camera.fire]`: the models, the motion gate, what counts."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from fieldwatch_edge.settings.section import Section
from fieldwatch_shared.messages import Fraction


class GateSettings(Section):
    """The motion gate: what does not move is looked at only now and then."""

    enabled: bool = True
    changed_fraction: Fraction = Field(0.002, description="Share of the picture that must change.")
    difference: int = Field(18, ge=1, le=255, description="Grey levels that count as change.")
    open_s: float = Field(10, ge=0, description="Stays open so long after motion or a detection.")
    every_s: float = Field(60, gt=0, description="Lets a frame through at least this often, motion or not.")


class DetectorSettings(Section):
    """One detector over one camera."""

    model: str = Field(
        description="Name of a shipped model (`wildlife`, `fire`) or a path to a model folder."
    )
    backend: Literal["onnx", "ultralytics"] = "onnx"
    imgsz: int | None = Field(None, ge=32, description="Longest side in pixels; default: from the card.")
    conf: Fraction | None = Field(None, description="Lowest confidence; default: from the card.")
    iou: Fraction | None = None
    threads: int = Field(2, ge=1)
    trusted_keys: tuple[Path, ...] = Field(
        (), description="Public keys of those whose signature this model may bear, beside the project's own."
    )
    allow_unsigned: bool = Field(
        False, description="Load the model whoever made it, signed or not. Logged at each start."
    )


class WildlifeSettings(Section):
    detector: DetectorSettings = DetectorSettings(model="wildlife")
    gate: GateSettings = GateSettings()
    min_frames: int = Field(2, ge=1, description="Frames in which a track must be seen; 1 for single stills.")
    lost_s: float = Field(5, gt=0, description="A track not seen for so long has ended.")
    picture_every_s: float = Field(
        0, ge=0, description="Keep a picture at most this often; 0: of each track."
    )


class FireSettings(Section):
    """k-of-n confirmation over a sliding window, with hysteresis, on three levels.

    Plain: k of n frames with boxes above the model's own threshold. Strong: fewer, of high scores. Faint: k
    of n below it, where the place has changed since before. What was measured for each default:
    docs/decisions/0014-confirmation-at-the-edge.md.
    """

    detector: DetectorSettings = DetectorSettings(model="fire")
    k: int = Field(3, ge=1, description="Frames of the window that must show it...")
    n: int = Field(5, ge=1, description="...out of the last n frames.")
    strong: float = Field(
        3,
        ge=0,
        description="A score of so many times the model's threshold is strong: `strong_k` such frames will"
        " do; 0: no strong level.",
    )
    strong_k: int = Field(2, ge=1)
    faint: Fraction = Field(
        0.5,
        description="Boxes down to this share of the model's threshold count too, where k frames show them"
        " at a place that has changed since before; 0: no faint level.",
    )
    apart_s: float = Field(
        25,
        ge=0,
        description="The strong and the faint level ask that their frames lie, on average, so far apart:"
        " two frames of one second say the same thing twice.",
    )
    changed_grey: float = Field(
        4, ge=0, description="The place has changed where its mean grey level (of 255) moved by so much..."
    )
    changed_contrast: float = Field(
        0.2, ge=0, description="...or its contrast, by so much of its natural logarithm."
    )
    most_drift: float = Field(
        0,
        ge=0,
        description="What moved as a whole by more than so many of its own widths or heights, over"
        " the window, is a cloud; 0: not asked.",
    )
    least_growth: float = Field(
        0, ge=0, description="Its area must have grown by this factor over the window; 0: not asked."
    )
    night_smoke: Fraction = Field(
        0, description="By night (dark or infrared), smoke counts from this score on; 0: as by day."
    )
    night_fire: Fraction = Field(0, description="By night, flames count from this score on; 0: as by day.")
    overlap: Fraction = Field(
        0.3, description="Least share of the smaller of two boxes that lies in the other: the same place."
    )
    second_share: Fraction = Field(
        0.5,
        description="A further fire in the picture must score at least this share of the strongest suspected"
        " one: a plume that drifts leaves faint pieces elsewhere.",
    )
    window_s: float = Field(900, gt=0, description="Frames older than this leave the window.")
    clear_s: float = Field(1800, gt=0, description="A confirmed fire unseen so long may be confirmed anew.")
    every_s: float = Field(0, ge=0, description="Look at a frame each so many seconds; 0: each frame.")

    @model_validator(mode="after")
    def _k_of_n(self) -> FireSettings:
        if self.k > self.n:
            raise ValueError(f"k = {self.k} of n = {self.n} frames can never be reached")
        return self
