"""Cameras and the models that look through them."""

from __future__ import annotations

import math
import statistics
import time
from itertools import pairwise
from typing import TYPE_CHECKING

from fieldwatch_edge import vision
from fieldwatch_edge.capture import FolderSource, open_source
from fieldwatch_edge.detect import check_signature, load_detector
from fieldwatch_edge.doctor.check import Check
from fieldwatch_edge.errors import EdgeError, SignatureError
from fieldwatch_edge.health import BLURRED_BELOW, DARK_BELOW
from fieldwatch_shared.messages import CameraHealth

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fieldwatch_edge.capture import Source
    from fieldwatch_edge.domain import Frame
    from fieldwatch_edge.settings import Camera, DetectorSettings, NodeSettings

FRAME_WITHIN_S = 20.0
"""An RTSP camera may take seconds to its first key frame."""


def cameras(
    settings: NodeSettings, search_path: Sequence[Path], health: list[CameraHealth], *, busy: bool
) -> Iterator[Check]:
    """Of each camera; `health` is added to, for the heartbeat that goes to the cloud.

    Args:
        busy: a node runs beside us, and may hold the devices.
    """
    for camera in settings.cameras:
        frame, spacing_s, check = _camera(camera, busy=busy)
        yield check
        if spacing_s is not None:
            yield from _spacing(camera, spacing_s)
        yield from _models(camera, frame, search_path)
        health.append(
            CameraHealth(
                deployment_id=camera.deployment_id,
                last_frame_at=frame.at if frame is not None else None,
                frames=int(frame is not None),
                problem=None if frame is not None else check.finding[:500],
            )
        )


def _camera(camera: Camera, *, busy: bool) -> tuple[Frame | None, float | None, Check]:
    """The camera's first frame, and how far apart its frames are in seconds, as far as one can tell."""
    name = f"camera {camera.deployment_id}"
    started = time.monotonic()
    frame, problem, spacing_s = None, None, None
    try:
        with open_source(camera.source) as source:
            spacing_s = _spacing_s(source, camera)
            for frame in source.frames():
                problem = source.status.problem
                if frame is not None or time.monotonic() - started > FRAME_WITHIN_S:
                    break
    except EdgeError as error:
        problem = str(error)
    if frame is None:
        finding = problem or f"no frame within {FRAME_WITHIN_S:.0f} s"
        if busy and camera.source.kind == "v4l2":
            return (
                None,
                spacing_s,
                Check(name, "warn", finding, "the running node may hold the device: stop it first"),
            )
        return (
            None,
            spacing_s,
            Check(name, "fail", finding, "check [camera] source, cable, address and password"),
        )
    height, width = frame.image.shape[:2]
    finding = f"{width} x {height} px of {frame.at:%Y-%m-%d %H:%M:%S} UTC"
    if vision.brightness(vision.thumbnail(frame.image)) < DARK_BELOW:
        return (
            frame,
            spacing_s,
            Check(name, "warn", f"{finding}, dark", "take off the lens cap, or wait for the day"),
        )
    if vision.sharpness(frame.image) < BLURRED_BELOW:
        return frame, spacing_s, Check(name, "warn", f"{finding}, blurred", "clean the lens, set the focus")
    if camera.fire is not None and (camera.heading_deg is None or camera.field_of_view_deg is None):
        return (
            frame,
            spacing_s,
            Check(name, "warn", finding, "give heading_deg and field_of_view_deg: fires get no bearing"),
        )
    return frame, spacing_s, Check(name, "ok", finding)


def _spacing_s(source: Source, camera: Camera) -> float | None:
    """Of a folder, the median time from one picture to the next; else what the settings ask for."""
    if not isinstance(source, FolderSource):
        return getattr(camera.source, "every_s", None)
    gaps = [(later - at).total_seconds() for at, later in pairwise(source.listed_times)]
    return statistics.median(gaps) if gaps else None


def _spacing(camera: Camera, spacing_s: float) -> Iterator[Check]:
    finding = f"a picture each {spacing_s:.0f} s"
    if spacing_s > camera.max_gap_s:
        yield Check(
            "effort",
            "warn",
            f"{finding}, but max_gap_s = {camera.max_gap_s:.0f}: no effort is counted, and so no rate",
            f"[[camera]] max_gap_s = {math.ceil(1.5 * spacing_s)}",
        )
    animals = camera.wildlife
    if animals is not None and animals.min_frames > 1 and spacing_s > animals.lost_s:
        yield Check(
            "tracks",
            "warn",
            f"{finding}, but lost_s = {animals.lost_s:.0f}: no animal is seen in {animals.min_frames} frames",
            "[camera.wildlife] min_frames = 1, which takes each picture for itself",
        )


def _models(camera: Camera, frame: Frame | None, search_path: Sequence[Path]) -> Iterator[Check]:
    for task in (camera.wildlife, camera.fire):
        if task is None:
            continue
        what = f"model {task.detector.model}"
        try:
            detector = load_detector(task.detector, search_path)
            finding = detector.label
            if frame is not None:
                detector.detect(frame.image)  # the first picture pays for the preparation
                started = time.perf_counter()
                seen = detector.detect(frame.image)
                finding += f", {(time.perf_counter() - started) * 1000:.0f} ms a frame, {len(seen)} seen"
        except SignatureError as error:
            yield Check(what, "fail", str(error), "load it only if you know who made it: see the finding")
        except EdgeError as error:
            yield Check(what, "fail", str(error), "copy the model folder anew, or correct its name")
        else:
            yield Check(what, "ok", finding)
            yield _signature(task.detector, search_path)


def _signature(settings: DetectorSettings, search_path: Sequence[Path]) -> Check:
    """Of a model that was loaded."""
    what = f"signature of {settings.model}"
    try:
        signature, changed_papers = check_signature(settings, search_path)
    except EdgeError as error:
        finding = f"allow_unsigned lets it run. {error}"
        return Check(what, "warn", finding, "have it signed by someone you trust, then remove allow_unsigned")
    finding = f"by {signature.signer}, {signature.signed_at:%Y-%m-%d}"
    if changed_papers:
        finding += f"; {' and '.join(changed_papers)} not as signed"
        return Check(what, "warn", finding, "do not rely on these; copy the model folder anew")
    if settings.allow_unsigned:
        return Check(what, "warn", f"{finding}, but none is asked for", "remove allow_unsigned")
    return Check(what, "ok", finding)
