"""Settings of a node, one small class by concern, read once from `node.toml` and passed down."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from fieldwatch_edge.errors import ConfigError
from fieldwatch_edge.lines import LINES, Line
from fieldwatch_shared import node_settings
from fieldwatch_shared.messages import ClockQuality, Fraction, Quantity, Slug

if TYPE_CHECKING:
    from collections.abc import Mapping


class Section(BaseModel):
    # A misspelt key must be an error: silently ignored, it would be a camera that watches with defaults.
    model_config = ConfigDict(extra="forbid", frozen=True)


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
    wildlife: WildlifeSettings | None = None
    fire: FireSettings | None = None

    @model_validator(mode="after")
    def _watches_something(self) -> Camera:
        if self.wildlife is None and self.fire is None:
            raise ValueError("give the camera a [camera.wildlife] or a [camera.fire] section, or both")
        if self.wildlife is not None and isinstance(self.source, FolderSource) and self.source.poses:
            raise ValueError("a camera that turns (`poses`) watches for fire alone: tracks need a still view")
        return self

    @property
    def sequence_gap(self) -> timedelta:
        return timedelta(seconds=self.sequence_gap_s)


class Broker(Section):
    url: str = Field("mqtt://127.0.0.1:1883", pattern=r"^mqtts?://[^/@]+$")
    username: str | None = Field(None, description="Default: the node's id.")
    password: SecretStr | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = Field(
        None, description="The node's own certificate, by which the broker knows it; from `edge enrol`."
    )
    key_file: Path | None = Field(None, description="Its private key, made on the node.")

    @model_validator(mode="after")
    def _certificate_with_key(self) -> Broker:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file go together: `fieldwatch edge enrol` writes both")
        if self.cert_file is not None and not self.url.startswith("mqtts:"):
            raise ValueError('a certificate is shown over TLS alone: url = "mqtts://..."')
        return self


class CloudSettings(Section):
    """The cloud beyond the broker, over HTTPS: for renewal of certificates, models, large media."""

    url: str = Field(pattern=r"^https?://", description="As `edge enrol` was given it.")
    ca_file: Path | None = Field(None, description="Authorities for https; default: the system's.")
    signing_keys: tuple[Path, ...] = Field(
        (), description="Public keys (PEM, Ed25519) of the cloud: what is desired must bear their signature."
    )


class LinkSettings(Section):
    """What the line is, and what may be spent on it. A fire is sent whatever the budget."""

    kind: Literal["wired", "wifi", "5g", "lte", "satellite"] = "5g"
    bytes_per_day: int | None = Field(None, ge=0, description="UTC day, both directions; none: no bound.")
    bytes_per_month: int | None = Field(None, ge=0)
    large_bytes: int = Field(
        256 * 1024, ge=1024, description="Media above this go in parts over HTTPS, where the cloud is known."
    )
    media: bool | None = Field(
        None,
        description="Whether pictures go over this line; else by a data mule. A fire's own picture goes"
        " anyway. Default: by the kind of line; not over satellite.",
    )

    @property
    def line(self) -> Line:
        """What is known of this kind of line."""
        return LINES[self.kind]

    @property
    def takes_media(self) -> bool:
        return self.line.media if self.media is None else self.media


class OutboxSettings(Section):
    max_bytes: int = Field(2 * 1024**3, ge=1024**2, description="Budget on disk.")
    memory_bytes: int = Field(
        32 * 1024**2, ge=0, description="Budget in memory, while the disk takes nothing; 0: the node waits."
    )
    batch: int = Field(100, ge=1, le=1000, description="Observations in one message at most.")
    in_flight: int = Field(
        20, ge=1, le=1000, description="Messages sent and not yet acknowledged by the broker."
    )


Rail = Annotated[str, Field(pattern=r"^[\w.-]+(:[1-9])?$")]
"""A place where current is measured: a hwmon device, and its channel."""


class HwmonMeter(Section):
    """INA219, INA226, INA3221 and their like through the kernel's hwmon.

    A rail is named by its chip's device, as `ls -l /sys/class/hwmon/*/device` shows it (bus and address:
    "1-0040"), or by its driver's name where there is only one ("ina226"); of a chip with several channels,
    with ":" and the channel ("1-0041:2").
    """

    kind: Literal["hwmon"]
    battery: Rail | None = Field(None, description="Current into the battery counts as positive.")
    solar: Rail | None = None
    load: Rail | None = None
    battery_reversed: bool = Field(False, description="The shunt is wired the other way round.")
    path: Path = Path("/sys/class/hwmon")

    @model_validator(mode="after")
    def _measures_something(self) -> HwmonMeter:
        if self.battery is None and self.solar is None and self.load is None:
            raise ValueError('name what is measured: `battery`, `solar` or `load` = "1-0040"')
        return self


class VictronMeter(Section):
    """MPPT charge controllers and SmartShunts (or BMVs) at VE.Direct ports: serial, text protocol."""

    kind: Literal["victron"]
    ports: tuple[str, ...] = Field(
        min_length=1, description="Such as /dev/serial/by-id/usb-VictronEnergy_BV_VE_Direct_cable_VE4..."
    )


class FileMeter(Section):
    """What another program writes: one JSON object, or CSV with a header, of which the last line counts.

    Names: battery_v, battery_w (or battery_a; into the battery is positive), solar_w, load_w, charge (0 to 1,
    of the whole battery).
    """

    kind: Literal["file"]
    path: Path
    stale_s: float = Field(600, gt=0, description="Not written for longer, it says nothing.")


Meter = Annotated[HwmonMeter | VictronMeter | FileMeter, Field(discriminator="kind")]


class SleepSettings(Section):
    """Deep sleep between two looks, at the level of work that allows it; woken by the clock (RTC).

    Only where no camera is a stream. Never while a fire is watched or not yet sent, nor on trial.
    """

    enabled: bool = False
    mode: Literal["mem", "freeze", "standby", "off"] = Field(
        "mem", description="Of `rtcwake`; off: powered down, and begun by the clock like after a power cut."
    )
    rtcwake: tuple[str, ...] = Field(
        ("rtcwake",),
        min_length=1,
        description="The program, with options; as a service: docs/guides/power-and-sensors.md.",
    )
    rtc: str = "/dev/rtc0"
    wake_s: float = Field(2, ge=0, description="From the alarm until this node works again.")
    report_every_s: float = Field(
        900, ge=60, description="So often it stays awake until all is sent, `link_s` at most."
    )
    link_s: float = Field(60, gt=0)


class PowerSettings(Section):
    """What the node lives on. By it the running node chooses how much it looks, and `fieldwatch edge energy`
    tells how it would fare.

    Measure the three loads at the battery with a watt-meter: data sheets leave out the converters.
    """

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    battery_wh: float = Field(gt=0, description="Voltage times ampere-hours, as printed on it.")
    usable: Fraction = Field(
        0.8, gt=0, description="Share that may be drawn: 0.8 of lithium iron phosphate, 0.5 of lead."
    )
    charge_efficiency: float = Field(0.95, gt=0, le=1, description="What charging keeps; 0.8 of lead.")
    panel_w: float = Field(ge=0, description="Rated (peak) power; 0: no panel.")
    panel_tilt_deg: float = Field(45, ge=0, le=90, description="From level to upright.")
    panel_azimuth_deg: float = Field(
        180, ge=0, lt=360, description="Where it faces, from true north; 0 in the south."
    )
    panel_losses: Fraction = Field(0.2, description="Dirt, cables, controller.")
    idle_w: float = Field(gt=0, description="Awake, camera and link on, nothing looked at.")
    work_w: float = Field(gt=0, description="What comes on top when every frame is looked at.")
    sleep_w: float = Field(0.3, ge=0, description="Asleep, woken by its clock.")
    fire_share: Fraction = Field(0.5, description="Of `work_w`: what fire watch takes.")
    fire_every_s: float = Field(5, gt=0, description="Between two looks for fire, when there is plenty.")
    fire_floor_s: float = Field(
        60, gt=0, description="Fire watch never waits longer, however little the battery holds."
    )
    look_s: float = Field(8, gt=0, description="To wake, look, and sleep again.")
    reserve: Fraction = Field(
        0.3, description="Share of the usable energy that should be left after each night."
    )
    restart: Fraction = Field(0.1, description="Once empty, the node starts again with this share.")
    chemistry: Literal["lifepo4", "lead", "li-ion"] = Field(
        "lifepo4", description="For the charge that a voltage at rest stands for."
    )
    nominal_v: float = Field(12, gt=0, le=1000, description="Of the battery: 12, 24, 48.")
    co2e_g_per_kwh: float = Field(
        41,
        ge=0,
        le=5000,
        description="Of the energy's source, over its whole life. 41: solar panels (median of IPCC 2014,"
        " WG III, Annex III, Table A.III.2, PV rooftop); of a grid, ask who runs it.",
    )
    meter: Meter | None = Field(None, description="None: reckoned from the sun, and said to be.")
    sleep: SleepSettings = SleepSettings()

    @property
    def usable_wh(self) -> float:
        return self.battery_wh * self.usable

    @classmethod
    def read(cls, path: Path) -> PowerSettings:
        """The section `[power]` of a file that need have no other: of a node that is yet to be built.

        Raises:
            ConfigError: as `NodeSettings.read`, or there is no such section.
        """
        section = _parsed(path).get("power")
        if section is None:
            raise ConfigError(f"{path} has no section [power]")
        try:
            return cls.model_validate(section)
        except ValidationError as error:
            raise ConfigError(_wrong(path, error)) from error


class IioSensor(Section):
    """An industrial I/O device of the kernel: BME280, SHT3x, HTU21 ..."""

    kind: Literal["iio"]
    device: str = Field(min_length=1, description='By its name, such as "bme280", or "iio:device0".')
    path: Path = Path("/sys/bus/iio/devices")


class HwmonSensor(Section):
    """A hwmon device of the kernel that measures the air: SHT3x, SHT21, LM75 ..."""

    kind: Literal["hwmon"]
    device: str = Field(min_length=1, description='By its name, such as "sht3x", or its device, "1-0044".')
    path: Path = Path("/sys/class/hwmon")


class W1Sensor(Section):
    """A DS18B20 or its like on the 1-wire bus: temperature."""

    kind: Literal["w1"]
    device: str = Field(pattern=r"^[0-9a-f]{2}-[0-9a-f]{12}$", description='Such as "28-0316a2794bff".')
    path: Path = Path("/sys/bus/w1/devices")


class FileSensor(Section):
    """What another program appends to a file: JSON lines with `at` (ISO 8601 with its zone; absent: when it
    was read) and quantities by their names: {"water_level_m": 1.24}."""

    kind: Literal["file"]
    path: Path


class NmeaSensor(Section):
    """A weather station that speaks NMEA 0183 (MWV, MDA, XDR) over a serial line."""

    kind: Literal["nmea"]
    port: str
    baud: int = Field(4800, ge=300, le=115200)
    heading_deg: float = Field(
        0, ge=0, lt=360, description="Where its north mark points, from true north: wind is told from there."
    )


class JsonSensor(Section):
    """A device that writes JSON lines to a serial line, with quantities by their names."""

    kind: Literal["serial-json"]
    port: str
    baud: int = Field(9600, ge=300, le=921600)


SensorSource = Annotated[
    IioSensor | HwmonSensor | W1Sensor | FileSensor | NmeaSensor | JsonSensor, Field(discriminator="kind")
]


class Sensor(Section):
    """One environmental sensor. Its readings go to the cloud like all else; there, they make fire danger."""

    name: Slug
    source: SensorSource
    every_s: float = Field(
        300, ge=1, le=86400, description="A reading each: the mean of what was measured; of rain, the sum."
    )
    quantities: tuple[Quantity, ...] = Field((), description="Only these; none: all that it measures.")


class LiveViewSettings(Section):
    """A camera's pictures, live, while somebody asks for them: within these limits, whoever asks."""

    enabled: bool = Field(True, description="Whether this node shows anything live.")
    most_minutes: float = Field(10, gt=0, le=240, description="That one request may last, at most.")
    bytes_per_day: int = Field(
        100 * 1000**2,
        ge=0,
        description="Of the line, for all live views of a day (UTC), with what failed and came again. At the"
        " usual 200 kbit/s an hour takes 90 MB.",
    )
    at_once: int = Field(2, ge=1, le=16, description="Cameras that are shown live at the same time.")
    width: int = Field(640, ge=160, le=1920, description="Pixels, at most.")
    fps: float = Field(5, gt=0, le=30, description="Pictures per second, at most.")
    kbit_per_s: int = Field(200, ge=32, le=8000, description="Of the video, on average, at most.")
    hosts: tuple[str, ...] = Field(
        (),
        description="Where pictures may be uploaded to, by host name; none: to the cloud's own ([cloud] url),"
        " or, on a node that was not enrolled, wherever it says, by https where the broker's is mqtts.",
    )
    ca_file: Path | None = Field(None, description="Authorities for https; default: [cloud]'s.")


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

    @classmethod
    def read(cls, path: Path, patch: Mapping[str, Any] | None = None) -> NodeSettings:
        """Read `node.toml`; relative paths in it count from the file's own folder.

        A model given by its bare name (`wildlife`) is a shipped one and no path.

        Args:
            patch: what is wanted from afar on top of it: see `fieldwatch_shared.node_settings`.

        Raises:
            ConfigError: the file is missing, is not TOML in UTF-8, or a key in it is wrong; says which. Or
                the patch is about a camera that the file does not have.
        """
        raw = _from_folder(_parsed(path), path.absolute().parent)
        if patch:
            raw = _patched(raw, patch)
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            raise ConfigError(_wrong(path, error)) from error


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # some editors put a mark before it
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8: have your editor save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error


def _patched(raw: dict[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """The parsed TOML with a merge patch applied that names cameras by their deployments."""
    of_node = {key: value for key, value in patch.items() if key != "cameras"}
    of_cameras = {str(UUID(id_)): value for id_, value in patch.get("cameras", {}).items()}
    patched: dict[str, Any] = node_settings.merge(raw, of_node)
    cameras = []
    for camera in raw.get("camera", []):
        id_ = str(camera.get("deployment_id", "")).lower()
        cameras.append(node_settings.merge(camera, of_cameras.pop(id_, {})))
    if of_cameras:
        raise ConfigError(f"settings came for cameras that this node does not have: {', '.join(of_cameras)}")
    return {**patched, "camera": cameras}


def _wrong(path: Path, error: ValidationError) -> str:
    lines = [f"  {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
    return f"{path} has wrong settings:\n" + "\n".join(lines)


_PATHS = frozenset(
    {"state_dir", "path", "password_file", "ca_file", "cert_file", "key_file", "trusted_keys", "signing_keys"}
)


def _from_folder(raw: Any, folder: Path, key: str = "") -> Any:
    """The parsed TOML with each relative path replaced by `folder` / path."""
    if isinstance(raw, dict):
        return {name: _from_folder(value, folder, name) for name, value in raw.items()}
    if isinstance(raw, list):
        return [_from_folder(value, folder, key) for value in raw]
    is_model_folder = key == "model" and isinstance(raw, str) and "/" in raw
    if isinstance(raw, str) and (key in _PATHS or is_model_folder):
        return str(folder / Path(raw).expanduser())
    return raw
