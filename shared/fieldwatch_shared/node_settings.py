"""Which of a node's settings may be changed from afar, within which bounds, and how.

What is desired of a node (`DesiredState.settings`) is a JSON merge patch (RFC 7396) over its own settings,
written as this document:

    {"heartbeat_s": 300,
     "link": {"bytes_per_day": 20000000},
     "cameras": {"0198c0de-...-01": {"fire": {"every_s": 10, "k": 4}, "wildlife": {"gate": {"open_s": 20}}}}}

Cameras are named by their deployment, not by their place in a list, which a merge patch could only replace
whole. `null` takes a setting back to the software's default. What is not named here cannot be changed from
afar: who the node is, its broker and cloud, paths, keys, whose models it trusts. Nor is there a way to switch
fire watch off: pauses and thresholds have bounds of their own, tighter than those in node.toml.

The cloud checks a patch with `check` before it is sent; the node checks it again, merges it, and has the
whole judged by its own settings' rules.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from fieldwatch_shared.messages import Fraction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FIRE_AT_LEAST_EACH_S = 300
"""Nothing from afar makes fire watch look less often than this."""

MOST_FIRE_CONF = 0.9
"""Nor asks it for more certainty than any fire has."""

LEAST_FIRE_IMGSZ = 320
"""Nor shrinks its pictures until a plume is a pixel."""

LEAST_FIRE_WINDOW_S = 300
"""Nor forgets what it saw before a slow node has looked again."""

LEAST_BYTES_PER_DAY = 50_000
"""Nor shuts a node up: with less than some calls and heartbeats a day, it could never be told otherwise."""


class PatchError(ValueError):
    """A patch that no node may take on; says what is wrong with it."""


class _Part(BaseModel):
    # A key that is not named here is one that may not be changed from afar, or a misspelt one.
    # Strict: "5" would be taken for 5, and differ from what the node then reports, for ever.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class DetectorPart(_Part):
    conf: Fraction | None = Field(None, description="Lowest confidence; default: from the model's card.")
    iou: Fraction | None = None
    imgsz: int | None = Field(None, ge=32, le=4096, description="Longest side in pixels.")
    threads: int | None = Field(None, ge=1, le=64)


class GatePart(_Part):
    enabled: bool | None = None
    changed_fraction: Fraction | None = None
    difference: int | None = Field(None, ge=1, le=255)
    open_s: float | None = Field(None, ge=0, le=3600)
    every_s: float | None = Field(None, gt=0, le=86400)


class WildlifePart(_Part):
    detector: DetectorPart = DetectorPart()
    gate: GatePart = GatePart()
    min_frames: int | None = Field(None, ge=1, le=100)
    lost_s: float | None = Field(None, gt=0, le=3600)
    picture_every_s: float | None = Field(None, ge=0, le=86400)


class FireDetectorPart(DetectorPart):
    conf: float | None = Field(None, ge=0, le=MOST_FIRE_CONF)
    imgsz: int | None = Field(None, ge=LEAST_FIRE_IMGSZ, le=4096, description="Longest side in pixels.")


class FirePart(_Part):
    detector: FireDetectorPart = FireDetectorPart()
    k: int | None = Field(None, ge=1, le=20)
    n: int | None = Field(None, ge=1, le=20)
    strong: float | None = Field(None, ge=0)
    strong_k: int | None = Field(None, ge=1, le=20)
    faint: Fraction | None = None
    apart_s: float | None = Field(None, ge=0, le=300)
    changed_grey: float | None = Field(None, ge=0, le=255)
    changed_contrast: float | None = Field(None, ge=0)
    most_drift: float | None = Field(None, ge=0)
    least_growth: float | None = Field(None, ge=0, le=3)
    night_smoke: float | None = Field(None, ge=0, le=MOST_FIRE_CONF)
    night_fire: float | None = Field(None, ge=0, le=MOST_FIRE_CONF)
    overlap: float | None = Field(None, ge=0, le=0.8)
    second_share: Fraction | None = None
    window_s: float | None = Field(None, ge=LEAST_FIRE_WINDOW_S, le=86400)
    clear_s: float | None = Field(None, gt=0, le=7 * 86400)
    every_s: float | None = Field(None, ge=0, le=FIRE_AT_LEAST_EACH_S)

    @field_validator("most_drift")
    @classmethod
    def _leaves_smoke_room_to_drift(cls, share: float | None) -> float | None:
        if share is not None and 0 < share < 0.5:
            raise ValueError("smoke drifts by up to half its width: 0 (not asked), or 0.5 and more")
        return share


class SourcePart(_Part):
    every_s: float | None = Field(
        None, ge=0, le=FIRE_AT_LEAST_EACH_S, description="Of a camera or video: a frame each so many seconds."
    )


class CameraPart(_Part):
    source: SourcePart = SourcePart()
    max_gap_s: float | None = Field(None, gt=0, le=86400)
    sequence_gap_s: float | None = Field(None, gt=0, le=86400)
    wildlife: WildlifePart = WildlifePart()
    fire: FirePart = FirePart()


class LinkPart(_Part):
    bytes_per_day: int | None = Field(None, ge=LEAST_BYTES_PER_DAY)
    bytes_per_month: int | None = Field(None, ge=30 * LEAST_BYTES_PER_DAY)
    large_bytes: int | None = Field(None, ge=1024)
    media: bool | None = None


class OutboxPart(_Part):
    max_bytes: int | None = Field(None, ge=16 * 1024**2)
    batch: int | None = Field(None, ge=1, le=1000)
    in_flight: int | None = Field(None, ge=1, le=1000)


class LiveViewPart(_Part):
    enabled: bool | None = None
    most_minutes: float | None = Field(None, gt=0, le=240)
    bytes_per_day: int | None = Field(None, ge=0)
    at_once: int | None = Field(None, ge=1, le=16)
    width: int | None = Field(None, ge=160, le=1920)
    fps: float | None = Field(None, gt=0, le=30)
    kbit_per_s: int | None = Field(None, ge=32, le=8000)


class PowerPart(_Part):
    fire_every_s: float | None = Field(None, gt=0, le=FIRE_AT_LEAST_EACH_S)
    fire_floor_s: float | None = Field(None, gt=0, le=FIRE_AT_LEAST_EACH_S)
    reserve: Fraction | None = None
    restart: Fraction | None = None


class SettingsPatch(_Part):
    """All that may be changed from afar. An absent key changes nothing; null is the software's default."""

    heartbeat_s: float | None = Field(None, ge=1, le=86400)
    link: LinkPart = LinkPart()
    outbox: OutboxPart = OutboxPart()
    live_view: LiveViewPart = LiveViewPart()
    power: PowerPart = PowerPart()
    cameras: dict[Annotated[UUID, Field(strict=False)], CameraPart] = Field({}, max_length=100)


def check(patch: Mapping[str, Any]) -> None:
    """Raises PatchError where `patch` names what may not be changed from afar, or goes beyond its bounds."""
    try:
        SettingsPatch.model_validate(patch)
    except ValidationError as error:
        lines = [
            f"{'.'.join(map(str, e['loc']))}: "
            + ("cannot be changed from afar" if e["type"] == "extra_forbidden" else e["msg"])
            for e in error.errors()
        ]
        raise PatchError("; ".join(lines)) from error


def merge(target: Any, patch: Any) -> Any:
    """`target` with the JSON merge patch `patch` applied; neither is changed. RFC 7396, section 2."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def digest(document: Any) -> str:
    """SHA-256 of a document as JSON with sorted keys and no spaces: the same on node and cloud."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def differences(patch: Mapping[str, Any], effective: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Drift: where `effective` (as `FleetReport.settings`) is not what `patch` wants: dotted path, wanted,
    found (None: nothing). A wanted null, the default, is never drift: which one it is, the node knows."""
    for key, wanted in patch.items():
        found = effective.get(key)
        if isinstance(wanted, dict):
            inner = found if isinstance(found, dict) else {}
            for path, want, have in differences(wanted, inner):
                yield f"{key}.{path}", want, have
        elif wanted is not None and wanted != found:
            yield key, wanted, found
