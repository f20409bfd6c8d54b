"""The three tables of Camtrap DP 1.0.2: their fields, types and constraints, in the standard's order.

Bubnicki et al. 2024, Camtrap DP: an open standard for the FAIR exchange and archiving of camera trap data,
Remote Sensing in Ecology and Conservation 10, https://doi.org/10.1002/rse2.374; fields as of
https://camtrap-dp.tdwg.org/data/, version 1.0.2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

VERSION = "1.0.2"
BASE = f"https://raw.githubusercontent.com/tdwg/camtrap-dp/{VERSION}"
PROFILE = f"{BASE}/camtrap-dp-profile.json"
MISSING = frozenset({"", "NA", "NaN", "nan"})
"""What a cell may say instead of nothing."""

Kind = Literal["string", "number", "integer", "boolean", "datetime", "any"]


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: Kind = "string"
    required: bool = False
    unique: bool = False
    minimum: float | None = None
    maximum: float | None = None
    enum: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None

    def value(self, cell: str) -> Any:
        """What the cell says: str, float, int, bool, datetime with its zone; None where it says nothing.

        Raises:
            ValueError: it does not keep to the field; says how.
        """
        if cell in MISSING:
            if self.required:
                raise ValueError("is required")
            return None
        value = _PARSE[self.kind](cell)
        if self.minimum is not None and value < self.minimum:
            raise ValueError(f"{cell} is less than {self.minimum:g}")
        if self.maximum is not None and value > self.maximum:
            raise ValueError(f"{cell} is more than {self.maximum:g}")
        if self.enum and value not in self.enum:
            raise ValueError(f"{cell[:50]!r} is none of {', '.join(self.enum)}")
        if self.pattern is not None and self.pattern.search(value) is None:
            raise ValueError(f"{cell[:50]!r} does not look like {self.pattern.pattern}")
        return value


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    fields: tuple[Field, ...]
    key: str
    references: tuple[tuple[str, str], ...] = ()
    """(field, table whose key it names)."""
    spans: tuple[str, str] | None = None
    """Fields of which the second must not lie before the first; the standard's schemas cannot say so."""

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    @property
    def schema(self) -> str:
        return f"{BASE}/{self.name}-table-schema.json"


_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_INTEGER = re.compile(r"[+-]?\d+")
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:?\d\d)?")
_TRUE = frozenset({"true", "True", "TRUE", "1"})
_FALSE = frozenset({"false", "False", "FALSE", "0"})


def _number(cell: str) -> float:
    if not cell.isascii() or _NUMBER.fullmatch(cell) is None:
        raise ValueError(f"{cell[:50]!r} is no number")
    return float(cell)


def _integer(cell: str) -> int:
    if len(cell) > 18 or not cell.isascii() or _INTEGER.fullmatch(cell) is None:
        raise ValueError(f"{cell[:50]!r} is no whole number")
    return int(cell)


def _boolean(cell: str) -> bool:
    if cell not in _TRUE | _FALSE:
        raise ValueError(f"{cell[:50]!r} is neither true nor false")
    return cell in _TRUE


@lru_cache(10_000)
def _datetime(cell: str) -> datetime:
    match = _DATETIME.fullmatch(cell) if cell.isascii() else None
    if match is None:
        raise ValueError(f"{cell[:50]!r} is no time like 2020-05-30T04:57:37+02:00")
    if match[1] is None:
        raise ValueError(f"{cell} has no time zone: add Z, or an offset like +08:00")
    at = datetime.fromisoformat(cell)
    if not 1 < at.year < 9999:
        raise ValueError(f"{cell} is no time of a camera")
    return at


def _same(cell: str) -> str:
    return cell


_PARSE: dict[Kind, Callable[[str], Any]] = {
    "string": _same,
    "any": _same,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "datetime": _datetime,
}

DEPLOYMENTS = Table(
    "deployments",
    (
        Field("deploymentID", required=True, unique=True),
        Field("locationID"),
        Field("locationName"),
        Field("latitude", "number", required=True, minimum=-90, maximum=90),
        Field("longitude", "number", required=True, minimum=-180, maximum=180),
        Field("coordinateUncertainty", "integer", minimum=1),
        Field("deploymentStart", "datetime", required=True),
        Field("deploymentEnd", "datetime", required=True),
        Field("setupBy"),
        Field("cameraID"),
        Field("cameraModel"),
        Field("cameraDelay", "integer", minimum=0),
        Field("cameraHeight", "number", minimum=0),
        Field("cameraDepth", "number", minimum=0),
        Field("cameraTilt", "integer", minimum=-90, maximum=90),
        Field("cameraHeading", "integer", minimum=0, maximum=360),
        Field("detectionDistance", "number", minimum=0),
        Field("timestampIssues", "boolean"),
        Field("baitUse", "boolean"),
        Field(
            "featureType",
            enum=(
                "roadPaved",
                "roadDirt",
                "trailHiking",
                "trailGame",
                "roadUnderpass",
                "roadOverpass",
                "roadBridge",
                "culvert",
                "burrow",
                "nestSite",
                "carcass",
                "waterSource",
                "fruitingTree",
            ),
        ),
        Field("habitat"),
        Field("deploymentGroups"),
        Field("deploymentTags"),
        Field("deploymentComments"),
    ),
    key="deploymentID",
    spans=("deploymentStart", "deploymentEnd"),
)
MEDIA = Table(
    "media",
    (
        Field("mediaID", required=True, unique=True),
        Field("deploymentID", required=True),
        Field("captureMethod", enum=("activityDetection", "timeLapse")),
        Field("timestamp", "datetime", required=True),
        # No absolute path, none that leaves the package.
        Field("filePath", required=True, pattern=re.compile(r"^(?=^[^./~])(^((?!\.{2}).)*$).*$")),
        Field("filePublic", "boolean", required=True),
        Field("fileName"),
        Field("fileMediatype", required=True, pattern=re.compile(r"^(image|video|audio)/.*$")),
        Field("exifData", "any"),
        Field("favorite", "boolean"),
        Field("mediaComments"),
    ),
    key="mediaID",
    references=(("deploymentID", "deployments"),),
)
OBSERVATIONS = Table(
    "observations",
    (
        Field("observationID", required=True, unique=True),
        Field("deploymentID", required=True),
        Field("mediaID"),
        Field("eventID"),
        Field("eventStart", "datetime", required=True),
        Field("eventEnd", "datetime", required=True),
        Field("observationLevel", required=True, enum=("media", "event")),
        Field(
            "observationType",
            required=True,
            enum=("animal", "human", "vehicle", "blank", "unknown", "unclassified"),
        ),
        Field("cameraSetupType", enum=("setup", "calibration")),
        Field("scientificName"),
        Field("count", "integer", minimum=1),
        Field("lifeStage", enum=("adult", "subadult", "juvenile")),
        Field("sex", enum=("female", "male")),
        Field("behavior"),
        Field("individualID"),
        Field("individualPositionRadius", "number", minimum=0),
        Field("individualPositionAngle", "number", minimum=-90, maximum=90),
        Field("individualSpeed", "number", minimum=0),
        Field("bboxX", "number", minimum=0, maximum=1),
        Field("bboxY", "number", minimum=0, maximum=1),
        Field("bboxWidth", "number", minimum=1e-15, maximum=1),
        Field("bboxHeight", "number", minimum=1e-15, maximum=1),
        Field("classificationMethod", enum=("human", "machine")),
        Field("classifiedBy"),
        Field("classificationTimestamp", "datetime"),
        Field("classificationProbability", "number", minimum=0, maximum=1),
        Field("observationTags"),
        Field("observationComments"),
    ),
    key="observationID",
    references=(("deploymentID", "deployments"), ("mediaID", "media")),
    spans=("eventStart", "eventEnd"),
)
TABLES = {table.name: table for table in (DEPLOYMENTS, MEDIA, OBSERVATIONS)}

EFFORT = Table(
    "effort",
    (
        Field("deploymentID", required=True),
        Field("effortStart", "datetime", required=True),
        Field("effortEnd", "datetime", required=True),
    ),
    key="",
    references=(("deploymentID", "deployments"),),
    spans=("effortStart", "effortEnd"),
)
"""Beyond the standard, which allows further tables: when each camera really looked. Deployment dates say only
when it was put up and taken down. Our packages carry it, and it is read where a package has it."""
EFFORT_SCHEMA = {
    "fields": [
        {"name": "deploymentID", "type": "string", "constraints": {"required": True}},
        *(
            {
                "name": name,
                "type": "datetime",
                "format": "%Y-%m-%dT%H:%M:%S%z",
                "constraints": {"required": True},
            }
            for name in ("effortStart", "effortEnd")
        ),
    ],
    "missingValues": sorted(MISSING),
    "foreignKeys": [
        {"fields": "deploymentID", "reference": {"resource": "deployments", "fields": "deploymentID"}}
    ],
}
