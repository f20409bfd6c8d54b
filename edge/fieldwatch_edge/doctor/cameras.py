"""`fieldwatch edge doctor` goes the way of a frame, from the camera to the cloud and back."""

from __future__ import annotations

import math
import shutil
import stat
import statistics
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from fieldwatch_edge import vision
from fieldwatch_edge.capture import FolderSource, open_source, system_clock
from fieldwatch_edge.desired import DESIRED_FILE, Desired
from fieldwatch_edge.detect import check_signature, load_detector
from fieldwatch_edge.errors import ConfigError, EdgeError, InUseError, SignatureError
from fieldwatch_edge.health import BLURRED_BELOW, DARK_BELOW, cpu_celsius, heartbeat
from fieldwatch_edge.link import Trial, try_out
from fieldwatch_edge.outbox import Statistics, locked
from fieldwatch_shared.messages import CameraHealth, ClockQuality

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fieldwatch_edge.capture import Source
    from fieldwatch_edge.domain import Frame
    from fieldwatch_edge.settings import Camera, DetectorSettings, NodeSettings

FRAME_WITHIN_S = 20.0
"""An RTSP camera may take seconds to its first key frame."""
LEAST_FREE_BYTES = 256 * 1024**2
HOT_CELSIUS = 80.0


@dataclass(frozen=True, slots=True)
class Check:
    what: str
    status: Literal["ok", "warn", "fail"]
    finding: str
    advice: str = ""


def examine(settings: NodeSettings, search_path: Sequence[Path]) -> Iterator[Check]:
    """Check after check, as each is done."""
    yield Check("settings", "ok", f"{len(settings.cameras)} camera(s)")
    running = _is_running(settings)
    if running is not None:
        yield running
        if running.status == "fail":
            return  # nothing else can be told without it
    yield _clock()
    yield _disk(settings)
    yield _desired(settings)
    yield _heat()
    health = []
    for camera in settings.cameras:
        frame, spacing_s, check = _camera(camera, busy=running is not None)
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
    yield from _password_file(settings)
    yield from _broker(settings, health)


def _is_running(settings: NodeSettings) -> Check | None:
    try:
        with locked(settings.node.state_dir):
            return None
    except InUseError as error:
        return Check("state directory", "warn", str(error), "fine if that is this node at work")
    except ConfigError as error:
        advice = "correct [node] state_dir, or let the node's user write there (chown)"
        return Check("state directory", "fail", str(error), advice)


def _clock() -> Check:
    clock = system_clock()
    finding = clock.quality.value
    if clock.offset_s is not None:
        finding += f", {clock.offset_s:+.3f} s"
    if clock.quality is ClockQuality.UNSYNCHRONISED:
        return Check(
            "clock", "warn", finding, "install chrony, or connect a GNSS receiver: nobody sets this clock"
        )
    return Check("clock", "ok", finding)


def _disk(settings: NodeSettings) -> Check:
    folder = settings.node.state_dir
    free = shutil.disk_usage(folder).free
    budget = settings.outbox.max_bytes
    finding = f"{free / 1024**3:.1f} GiB free in {folder}"
    if free < LEAST_FREE_BYTES:
        return Check("disk", "fail", finding, "make room: the node cannot keep what it sees")
    if free < budget:
        return Check(
            "disk", "warn", finding, f"[outbox] max_bytes allows {budget / 1024**3:.1f} GiB: lower it"
        )
    return Check("disk", "ok", finding)


def _desired(settings: NodeSettings) -> Check:
    """By which desired state the node works, and whether it is about cameras that hang on it."""
    state = Desired(settings.node.state_dir / DESIRED_FILE).state
    if state is None:
        return Check("desired state", "ok", "none has come: the node works by its settings alone")
    ours = {camera.deployment_id for camera in settings.cameras}
    masks = sum(len(camera.masks) for camera in state.cameras if camera.deployment_id in ours)
    finding = f"version {state.version}, {masks} ignore mask(s)"
    strange = [str(c.deployment_id) for c in state.cameras if c.deployment_id not in ours and c.masks]
    if strange:
        advice = f"is [[camera]] deployment_id right? Masks came for {', '.join(strange)}"
        return Check("desired state", "warn", f"{finding}; masks of cameras that it does not have", advice)
    return Check("desired state", "ok", finding)


def _heat() -> Check:
    celsius = cpu_celsius()
    if celsius is None:
        return Check("processor", "ok", "tells no temperature")
    if celsius > HOT_CELSIUS:
        return Check("processor", "warn", f"{celsius:.0f} °C", "give it shade or air: it slows down when hot")
    return Check("processor", "ok", f"{celsius:.0f} °C")


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


def _password_file(settings: NodeSettings) -> Iterator[Check]:
    file = settings.broker.password_file
    if file is None:
        return
    try:
        mode = file.stat().st_mode
    except OSError:  # the broker's check says so
        return
    # Not the group: an installed one belongs to root and is read by the node's group.
    if mode & stat.S_IROTH:
        yield Check("password file", "warn", f"{file} can be read by everyone", f"chmod o-r {file}")


def _broker(settings: NodeSettings, health: list[CameraHealth]) -> Iterator[Check]:
    """A real heartbeat, and the cloud's receipt for it."""
    message = heartbeat(
        clock=system_clock(),
        cameras=health,
        effort=[],
        outbox=Statistics({}, 0, 0, {}),
        state_dir=settings.node.state_dir,
        uptime_s=0,
        next_within_s=settings.heartbeat_s,
    )
    try:
        trial = try_out(settings.node, settings.broker, message)
    except ConfigError as error:
        yield Check("broker", "fail", str(error), "correct [broker]")
        return
    yield from _explain(trial, settings)


def _explain(trial: Trial, settings: NodeSettings) -> Iterator[Check]:
    url = settings.broker.url
    if trial.unreachable is not None:
        yield Check(
            "broker", "fail", f"{url}: {trial.unreachable}", "check address, network, firewall and ca_file"
        )
    elif trial.login is None:
        yield Check(
            "broker", "fail", f"{url} does not answer", "is it an MQTT 5 broker? mqtts needs its TLS port"
        )
    elif trial.login:
        yield Check("broker", "fail", f"{url}: {trial.login}", "check the node's id, username and password")
    else:
        yield Check("broker", "ok", f"{url}: connected")
        if trial.subscribed or trial.published:
            answer = trial.subscribed or trial.published or ""
            advice = f"is {settings.node.id!r} a node of the reserve {settings.node.reserve!r}?"
            yield Check("permission", "fail", answer, advice)
        elif trial.receipt_s is not None:
            yield Check("cloud", "ok", f"receipt after {trial.receipt_s * 1000:.0f} ms")
        elif trial.nobody_listens:
            yield Check("cloud", "fail", "nobody listens at the broker", "start the cloud's ingest")
        else:
            yield Check(
                "cloud", "fail", "the cloud gives no receipt", "look at the log of the cloud's ingest"
            )
