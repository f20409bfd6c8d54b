"""A reserve's own records as a Camtrap DP 1.0.2.

Each record is an event-level row, which carries its time span and count; where a picture of it was kept, a
media-level row of the same eventID carries the picture and the box. So the event-level rows alone are what
counts, as in the standard's own example. When cameras really looked is a table beyond the standard's three.
"""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any, BinaryIO
from uuid import UUID, uuid5

from fieldwatch_cloud.camtrap.tables import DEPLOYMENTS, EFFORT, MEDIA, OBSERVATIONS
from fieldwatch_cloud.camtrap.writer import Packer, cell, descriptor, line
from fieldwatch_cloud.exports.told import Telling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.exports.citation import Citation
    from fieldwatch_cloud.exports.order import Order
    from fieldwatch_cloud.exports.told import Place, Told

PACKAGES = UUID("0f2f4c61-7f0e-5d0b-8a6c-2d7f3a1b9e44")
"""Namespace of our packages' ids: the same question is the same data set, whenever it is asked."""


def write(database: Database, order: Order, citation: Citation, file: BinaryIO) -> None:
    """The whole package into `file`; see `exports.formats.Writer`."""
    with database.transaction() as conn, Packer(file) as out:
        telling = Telling(conn, order, citation.accessed_at)
        package = _Package(telling, order)
        out.table("observations.csv", OBSERVATIONS.columns, package.observations())
        out.table("media.csv", MEDIA.columns, package.media())
        out.table("deployments.csv", DEPLOYMENTS.columns, package.deployments())
        out.table("effort.csv", EFFORT.columns, package.effort())
        out.json("datapackage.json", descriptor(package.described(citation), effort=True))


class _Package:
    """The tables, in the order in which they are written: which pictures and cells belong to it is known only
    after the observations."""

    def __init__(self, telling: Telling, order: Order) -> None:
        self._telling, self._order = telling, order
        self._places = {place.id: place for place in telling.deployments}
        self._media: dict[UUID, set[UUID]] = {}
        self._taxa: set[str] = set()

    def observations(self) -> Iterator[list[str]]:
        for told in self._telling.records():
            record = told.record
            self._places.setdefault(told.place.id, told.place)
            if record.scientific_name:
                self._taxa.add(record.scientific_name)
            row = _observation(told)
            yield line(OBSERVATIONS.columns, row)
            if record.media_id is not None:
                self._media.setdefault(told.place.id, set()).add(record.media_id)
                yield line(OBSERVATIONS.columns, row | _of_picture(told))

    def media(self) -> Iterator[list[str]]:
        for place in self._telling.deployments:
            for one in self._telling.media(place, self._media.get(place.id, set())):
                suffix = one.mime.rpartition("/")[2]
                row = {
                    "mediaID": one.id,
                    "deploymentID": place.id,
                    "captureMethod": "activityDetection",
                    "timestamp": one.taken_at,
                    "filePath": f"{self._order.site}/api/v1/media/{one.id}"
                    if self._order.site
                    else f"urn:uuid:{one.id}",
                    "filePublic": False,
                    "fileName": f"{one.id}.{suffix}",
                    "fileMediatype": one.mime,
                }
                yield line(MEDIA.columns, row)

    def deployments(self) -> Iterator[list[str]]:
        for place in self._places.values():
            yield line(DEPLOYMENTS.columns, _deployment(place))

    def effort(self) -> Iterator[list[str]]:
        for place in self._telling.deployments:
            for start, end in self._telling.effort(place):
                yield [str(place.id), cell(start), cell(end)]

    def described(self, citation: Citation) -> dict[str, Any]:
        """What `datapackage.json` says beyond its tables."""
        order, places = self._order, list(self._places.values())
        start = min((p.started_at for p in places), default=self._telling.since)
        end = max((p.ended_at for p in places), default=self._telling.until)
        said: dict[str, Any] = {
            "name": f"{order.reserve}-camera-records",
            "id": str(uuid5(PACKAGES, citation.query)),
            "created": cell(citation.accessed_at),
            "title": citation.title,
            "description": f"Written by {citation.software}. Query: {citation.query}. Event-level "
            "observations are the records; media-level ones of the same eventID show the pictures that were "
            "kept of them. Times are corrected for clocks that were found wrong. Table effort says when "
            "each camera really looked: where it did not, nothing is known." + self._blur(),
            "contributors": [{"title": citation.publisher, "role": "rightsHolder"}],
            "version": f"{citation.accessed_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "sources": [{"title": "Fieldwatch", "version": citation.software}],
            "licenses": [
                {"name": citation.licence.id, "path": citation.licence.url, "scope": scope}
                for scope in ("data", "media")
            ],
            "bibliographicCitation": citation.text,
            "project": {
                "title": citation.publisher,
                # Nobody told us how the places were chosen; the standard wants one of six words.
                "samplingDesign": "opportunistic",
                "captureMethod": ["activityDetection"],
                "individualAnimals": False,
                "observationLevel": ["event", "media"],
            },
            "spatial": self._spatial(places),
            "temporal": {
                "start": f"{start.astimezone(UTC):%Y-%m-%d}",
                "end": f"{end.astimezone(UTC):%Y-%m-%d}",
            },
            "taxonomic": [{"scientificName": name} for name in sorted(self._taxa)],
            "query": json.loads(citation.query),
            "software": citation.software,
        }
        return said

    def _blur(self) -> str:
        if self._telling.withholds:
            return " Records of sensitive species are left out."
        if not any(place.deployment is None for place in self._places.values()):
            return ""
        return (
            " Sensitive species stand at the centre of a cell, on a day, within coordinateUncertainty of "
            "where they were seen."
        )

    def _spatial(self, places: list[Place]) -> dict[str, Any]:
        if places:
            lons, lats = [p.lon for p in places], [p.lat for p in places]
            west, south, east, north = min(lons), min(lats), max(lons), max(lats)
        else:
            west, south, east, north = self._telling.extent() or (-180.0, -90.0, 180.0, 90.0)
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        return {"type": "Polygon", "coordinates": [[[round(x, 6), round(y, 6)] for x, y in ring]]}


def _observation(told: Told) -> dict[str, Any]:
    record = told.record
    return {
        "observationID": told.id,
        "deploymentID": told.place.id,
        "eventID": told.id,
        "eventStart": record.observed_at,
        "eventEnd": record.ended_at,
        "observationLevel": "event",
        "observationType": record.observation_type,
        "scientificName": record.scientific_name,
        "count": record.count if record.observation_type != "blank" else None,
        "classificationMethod": "human" if record.person else "machine",
        "classifiedBy": record.by,
        "classificationTimestamp": record.at,
        "classificationProbability": None if record.person else round(record.confidence, 4),
    }


def _of_picture(told: Told) -> dict[str, Any]:
    """What the media-level row of a record says otherwise."""
    row: dict[str, Any] = {
        "observationID": f"{told.id}:media",
        "mediaID": told.record.media_id,
        "observationLevel": "media",
    }
    box = told.record.box
    if box and min(box[2:]) > 0:
        names = ("bboxX", "bboxY", "bboxWidth", "bboxHeight")
        # In single precision, 1 may be a little more.
        row |= {name: min(max(round(side, 6), 0.0), 1.0) for name, side in zip(names, box, strict=True)}
        row |= {name: max(row[name], 1e-6) for name in names[2:]}
    return row


def _deployment(place: Place) -> dict[str, Any]:
    row: dict[str, Any] = {
        "deploymentID": place.id,
        "locationName": place.name,
        "latitude": round(place.lat, 7),
        "longitude": round(place.lon, 7),
        "coordinateUncertainty": place.uncertainty_m,
        "deploymentStart": place.started_at,
        "deploymentEnd": place.ended_at,
    }
    one = place.deployment
    if one is None:
        return row | {
            "deploymentComments": "A cell in which sensitive species were seen somewhere: no camera."
        }
    heading = None if one.heading_deg is None else round(one.heading_deg) % 360
    height = one.height_m if one.height_m is not None and one.height_m >= 0 else None
    said = f"its clock was corrected by {one.offset_s:g} s" if one.offset_s else None
    return row | {
        "cameraID": one.node_id,
        "cameraHeight": None if height is None else round(height, 3),
        "cameraTilt": None if one.tilt_deg is None else round(one.tilt_deg),
        "cameraHeading": heading,
        "detectionDistance": None if one.detection_distance_m is None else round(one.detection_distance_m, 2),
        "deploymentComments": said,
    }
