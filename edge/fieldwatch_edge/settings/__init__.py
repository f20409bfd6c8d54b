"""Settings of a node, one small class by concern, read once from `node.toml` and passed down."""

from fieldwatch_edge.settings.cameras import (
    Camera,
    FolderSource,
    Polygon,
    RtspSource,
    Source,
    Times,
    V4l2Source,
    VideoSource,
)
from fieldwatch_edge.settings.detectors import DetectorSettings, FireSettings, GateSettings, WildlifeSettings
from fieldwatch_edge.settings.line import (
    Broker,
    CloudSettings,
    LinkSettings,
    LiveViewSettings,
    OutboxSettings,
)
from fieldwatch_edge.settings.node import FleetSettings, NodeIdentity, NodeSettings
from fieldwatch_edge.settings.patrol import Patrol, PatrolPose
from fieldwatch_edge.settings.power import (
    FileMeter,
    HwmonMeter,
    Meter,
    PowerSettings,
    Rail,
    SleepSettings,
    VictronMeter,
)
from fieldwatch_edge.settings.section import Section
from fieldwatch_edge.settings.sensors import (
    FileSensor,
    HwmonSensor,
    IioSensor,
    JsonSensor,
    NmeaSensor,
    Sensor,
    SensorSource,
    W1Sensor,
)

__all__ = [
    "Broker",
    "Camera",
    "CloudSettings",
    "DetectorSettings",
    "FileMeter",
    "FileSensor",
    "FireSettings",
    "FleetSettings",
    "FolderSource",
    "GateSettings",
    "HwmonMeter",
    "HwmonSensor",
    "IioSensor",
    "JsonSensor",
    "LinkSettings",
    "LiveViewSettings",
    "Meter",
    "NmeaSensor",
    "NodeIdentity",
    "NodeSettings",
    "OutboxSettings",
    "Patrol",
    "PatrolPose",
    "Polygon",
    "PowerSettings",
    "Rail",
    "RtspSource",
    "Section",
    "Sensor",
    "SensorSource",
    "SleepSettings",
    "Source",
    "Times",
    "V4l2Source",
    "VictronMeter",
    "VideoSource",
    "W1Sensor",
    "WildlifeSettings",
]
