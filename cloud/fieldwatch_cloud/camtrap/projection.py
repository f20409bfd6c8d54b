"""What a row of Camtrap DP is among our records.

The standard's own example holds event rows and media rows for the same animals: counting both counts twice.
All rows are kept, for export; of those, `Levels` says which are counted: those of an event where somebody
described it as a whole, else those of its pictures.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

MAX_YEARS = 30
MAX_LENGTH_M = 100_000.0
NAMESPACE = UUID("6b0e5f0e-3d0c-5b07-9d3b-0a3a2f6c9d11")
"""Of the ids of data sets; see `dataset_id`."""


@dataclass(frozen=True, slots=True)
class Deployment:
    id: UUID
    location_name: str
    lon: float
    lat: float
    uncertainty_m: float | None
    heading_deg: float | None
    tilt_deg: float | None
    height_m: float | None
    detection_distance_m: float | None
    started_at: datetime
    ended_at: datetime
    clock_quality: str
    """`unsynchronised` where the package says that its times are off, else `rtc`, as of any camera trap."""


@dataclass(frozen=True, slots=True)
class Medium:
    id: UUID
    deployment_id: UUID
    observed_at: datetime
    mime: str
    path: str
    public: bool


@dataclass(frozen=True, slots=True)
class Observation:
    id: UUID
    deployment_id: UUID
    media_id: UUID | None
    observed_at: datetime
    ended_at: datetime
    observation_type: str
    scientific_name: str | None
    count: int
    confidence: float
    """1 where nobody says: a row without a probability is no less sure than its package."""
    model: str
    """Who says so."""
    box: list[float] | None


def dataset_id(reserve_id: UUID, descriptor: Mapping[str, Any], digest: str) -> UUID:
    """The same package, in the same reserve, is the same data set: by its `id`, else its `name`, else what it
    holds."""
    known_as = descriptor.get("id") or descriptor.get("name") or digest
    return uuid5(NAMESPACE, f"{reserve_id} {known_as}")


def record_id(dataset: UUID, table: str, original: str) -> UUID:
    return uuid5(dataset, f"{table} {original}")


def deployment(dataset: UUID, values: Mapping[str, Any], now: datetime) -> Deployment:
    """
    Raises:
        ValueError: nobody can have looked that long, or until then.
    """
    start, end = values["deploymentStart"].astimezone(UTC), values["deploymentEnd"].astimezone(UTC)
    if end > now + timedelta(days=1) or start > now:
        raise ValueError(f"deploymentEnd: {end:%Y-%m-%d} has not been yet")
    if end - start > timedelta(days=366 * MAX_YEARS):
        raise ValueError(f"deploymentEnd: lies more than {MAX_YEARS} years after deploymentStart")
    name = values.get("locationName") or values.get("locationID") or values["deploymentID"]
    heading = values.get("cameraHeading")
    return Deployment(
        id=record_id(dataset, "deployments", values["deploymentID"]),
        location_name=name[:200],
        lon=values["longitude"],
        lat=values["latitude"],
        uncertainty_m=values.get("coordinateUncertainty"),
        heading_deg=None if heading is None else heading % 360,
        tilt_deg=values.get("cameraTilt"),
        height_m=_length(values.get("cameraHeight")),
        detection_distance_m=_length(values.get("detectionDistance")),
        started_at=start,
        # It is over: what is said to end within a day from now is a matter of zones.
        ended_at=max(start, min(end, now)),
        clock_quality="unsynchronised" if values.get("timestampIssues") else "rtc",
    )


def _length(metres: float | None) -> float | None:
    """What no camera can have is no length; single precision could not even hold some."""
    return round(metres, 4) if metres is not None and metres <= MAX_LENGTH_M else None


def medium(dataset: UUID, values: Mapping[str, Any]) -> Medium:
    return Medium(
        id=record_id(dataset, "media", values["mediaID"]),
        deployment_id=record_id(dataset, "deployments", values["deploymentID"]),
        observed_at=values["timestamp"].astimezone(UTC),
        mime=values["fileMediatype"][:100],
        path=values["filePath"],
        public=values["filePublic"],
    )


@dataclass(slots=True)
class Levels:
    """Which observations count, learnt in a first pass over all of them.

    An event is named by its id within its deployment. A row about a picture that names no event counts unless
    a row about an event of its deployment spans it.
    """

    _events: dict[tuple[str, str], str | None] = field(default_factory=dict)
    """With a row about the whole, by (deployment, event); to a picture of it, once one is seen."""
    _spans: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=dict)
    _longest: dict[str, timedelta] = field(default_factory=dict)
    _pictures: dict[tuple[str, str], str] = field(default_factory=dict)
    _sorted: bool = False

    def learn(self, values: Mapping[str, Any]) -> None:
        deployment, event = values["deploymentID"], values.get("eventID")
        if values["observationLevel"] == "media":
            if event is not None and "mediaID" in values:
                self._pictures.setdefault((deployment, event), values["mediaID"])
            return
        if not _told(values):
            return
        if event is not None:
            self._events[deployment, event] = None
        start, end = values["eventStart"], values["eventEnd"]
        self._spans.setdefault(deployment, []).append((start, end))
        self._longest[deployment] = max(self._longest.get(deployment, timedelta()), end - start)
        self._sorted = False

    def counts(self, values: Mapping[str, Any]) -> bool:
        """Whether this row is one that is counted."""
        if not _told(values):
            return False
        if values["observationLevel"] == "event":
            return True
        deployment, event = values["deploymentID"], values.get("eventID")
        if event is not None:
            return (deployment, event) not in self._events
        return not self._within(deployment, values["eventStart"])

    def picture(self, values: Mapping[str, Any]) -> str | None:
        """The picture by which a row can be checked: its own, else the first of its event."""
        if "mediaID" in values:
            return str(values["mediaID"])
        return self._pictures.get((values["deploymentID"], values.get("eventID", "")))

    def _within(self, deployment: str, at: datetime) -> bool:
        if not self._sorted:
            for spans in self._spans.values():
                spans.sort()
            self._sorted = True
        spans = self._spans.get(deployment, [])
        last = bisect.bisect_right(spans, at, key=lambda span: span[0])
        for start, end in reversed(spans[:last]):
            if at - start > self._longest[deployment]:
                return False
            if at <= end:
                return True
        return False


def _told(values: Mapping[str, Any]) -> bool:
    """Somebody looked, and it was not about putting up the camera."""
    return values["observationType"] != "unclassified" and "cameraSetupType" not in values


def observation(dataset: UUID, values: Mapping[str, Any], picture: str | None) -> Observation:
    sides = [values.get(name) for name in ("bboxX", "bboxY", "bboxWidth", "bboxHeight")]
    kind = values["observationType"]
    name = values.get("scientificName") if kind in ("animal", "human", "unknown") else None
    return Observation(
        id=record_id(dataset, "observations", values["observationID"]),
        deployment_id=record_id(dataset, "deployments", values["deploymentID"]),
        media_id=record_id(dataset, "media", picture) if picture is not None else None,
        observed_at=values["eventStart"].astimezone(UTC),
        ended_at=values["eventEnd"].astimezone(UTC),
        observation_type=kind,
        scientific_name=name[:200] if name else None,
        count=min(values.get("count", 1), 2**31 - 1),
        confidence=round(values.get("classificationProbability", 1.0), 7),
        model=(values.get("classifiedBy") or values.get("classificationMethod") or "unknown")[:100],
        box=[round(side, 7) for side in sides if side is not None] if None not in sides else None,
    )
