"""A reserve's own records as a Darwin Core Archive with an event core, as GBIF publishes camera-trap data.

An event is a deployment with its sampling effort, also one at which nothing was seen: so that absence can be
told from not having looked. Occurrences are the animals seen at it. Terms as in Reyserhove et al. 2023, Best
practices for managing and publishing camera trap data, GBIF, https://doi.org/10.35035/doc-0qzp-2x37; the
archive as in the Darwin Core Text Guide, TDWG 2023; the metadata as in GBIF's profile 1.1 of EML 2.1.1.
People and vehicles are no biodiversity and stay at home.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO
from uuid import uuid5
from xml.etree import ElementTree as ET

from fieldwatch_cloud.camtrap.writer import Packer, cell, line
from fieldwatch_cloud.exports.camtrap_dp import PACKAGES
from fieldwatch_cloud.exports.told import Telling

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.exports.citation import Citation
    from fieldwatch_cloud.exports.order import Order
    from fieldwatch_cloud.exports.told import Place, Told

DWC = "http://rs.tdwg.org/dwc/terms/"
DC = "http://purl.org/dc/terms/"
TEXT = "http://rs.tdwg.org/dwc/text/"
EVENT = (
    *("eventID", "type", "license", "rightsHolder", "datasetName", "samplingProtocol", "samplingEffort"),
    *("sampleSizeValue", "sampleSizeUnit", "eventDate", "eventRemarks", "locationID", "locality"),
    *("decimalLatitude", "decimalLongitude", "geodeticDatum", "coordinateUncertaintyInMeters"),
    *("dataGeneralizations", "informationWithheld"),
)
OCCURRENCE = (
    *(
        "eventID",
        "occurrenceID",
        "basisOfRecord",
        "occurrenceStatus",
        "eventDate",
        "scientificName",
        "kingdom",
    ),
    *("individualCount", "identifiedBy", "dateIdentified", "identificationVerificationStatus"),
    *("identificationRemarks", "associatedMedia"),
)
_NO_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_OF_DC = frozenset({"type", "license", "rightsHolder"})


def write(database: Database, order: Order, citation: Citation, file: BinaryIO) -> None:
    """The whole archive into `file`; see `exports.formats.Writer`."""
    with database.transaction() as conn, Packer(file) as out:
        telling = Telling(conn, order, citation.accessed_at)
        archive = _Archive(telling, order, citation)
        out.table("occurrence.csv", OCCURRENCE, archive.occurrences())
        out.table("event.csv", EVENT, archive.events())
        out.add("meta.xml", _xml(_meta()))
        out.add("eml.xml", _xml(archive.metadata()))


class _Archive:
    def __init__(self, telling: Telling, order: Order, citation: Citation) -> None:
        self._telling, self._order, self._citation = telling, order, citation
        self._places = {place.id: place for place in telling.deployments}
        self._taxa: set[str] = set()

    def occurrences(self) -> Iterator[list[str]]:
        for told in self._telling.records():
            if told.record.observation_type != "animal":
                continue
            self._places.setdefault(told.place.id, told.place)
            self._taxa.add(told.record.scientific_name or "Animalia")
            yield line(OCCURRENCE, self._occurrence(told))

    def _occurrence(self, told: Told) -> dict[str, Any]:
        record = told.record
        sure = "" if record.person else f"; probability {record.confidence:.2f}"
        who = "a person" if record.person else "a machine"
        media = f"{self._order.site}/api/v1/media/{record.media_id}"
        return {
            "eventID": told.place.id,
            "occurrenceID": told.id,
            "basisOfRecord": "MachineObservation",
            "occurrenceStatus": "present",
            "eventDate": _day(record.observed_at)
            if told.place.deployment is None
            else _span(record.observed_at, record.ended_at),
            "scientificName": record.scientific_name or "Animalia",
            "kingdom": "Animalia",
            "individualCount": record.count,
            "identifiedBy": record.by,
            "dateIdentified": record.at,
            "identificationVerificationStatus": "verified by human" if record.person else "unverified",
            "identificationRemarks": f"identified by {who}{sure}",
            "associatedMedia": media if record.media_id is not None and self._order.site else None,
        }

    def events(self) -> Iterator[list[str]]:
        for place in self._places.values():
            yield line(EVENT, self._event(place))

    def _event(self, place: Place) -> dict[str, Any]:
        citation = self._citation
        row: dict[str, Any] = {
            "eventID": place.id,
            "type": "Event",
            "license": citation.licence.url,
            "rightsHolder": citation.publisher,
            "datasetName": citation.title,
            "samplingProtocol": "camera trap",
            "locality": place.name,
            "decimalLatitude": round(place.lat, 7),
            "decimalLongitude": round(place.lon, 7),
            "geodeticDatum": "EPSG:4326",
        }
        if place.deployment is None:
            return row | {
                "eventDate": _span(place.started_at, place.ended_at),
                "coordinateUncertaintyInMeters": place.uncertainty_m,
                "dataGeneralizations": "sensitive species: at the centre of a grid cell, dated to the day",
                "informationWithheld": "exact place and time, pictures, sampling effort",
            }
        looked = self._telling.effort(place)
        days = sum((end - start).total_seconds() for start, end in looked) / 86400
        start = max(place.started_at, self._telling.since)
        end = max(start, min(place.ended_at, self._telling.until))
        return row | {
            "locationID": place.deployment.node_id,
            "samplingEffort": f"{days:.3f} camera-days",
            "sampleSizeValue": round(days, 4),
            "sampleSizeUnit": "camera-day",
            "eventDate": _span(start, end),
            "eventRemarks": None if looked else "no camera looked in this time: nothing is known",
        }

    def metadata(self) -> ET.Element:
        citation, places = self._citation, list(self._places.values())
        root = ET.Element(
            "eml:eml",
            {
                "xmlns:eml": "https://eml.ecoinformatics.org/eml-2.1.1",
                "packageId": str(uuid5(PACKAGES, citation.query)),
                "system": "https://gbif.org",
                "scope": "system",
                "xml:lang": "eng",
            },
        )
        dataset = _add(root, "dataset")
        _add(dataset, "title", citation.title)
        for who in ("creator", "metadataProvider"):
            _add(_add(dataset, who), "organizationName", citation.publisher)
        _add(dataset, "pubDate", _day(citation.accessed_at))
        _add(dataset, "language", "eng")
        _add(
            _add(dataset, "abstract"),
            "para",
            f"Records of camera traps, written by {citation.software}. Query: {citation.query}. Each event "
            "is a deployment with the time during which its camera really looked; where none looked, nothing "
            "is known." + " Records of sensitive species are left out." * self._telling.withholds,
        )
        rights = _add(_add(dataset, "intellectualRights"), "para", "This work is licensed under a ")
        link = _add(rights, "ulink", url=citation.licence.url)
        _add(link, "citetitle", f"{citation.licence.title} ({citation.licence.id})")
        link.tail = " licence."
        coverage = _add(dataset, "coverage")
        if places:
            self._geography(coverage, places)
            dates = _add(_add(coverage, "temporalCoverage"), "rangeOfDates")
            _add(_add(dates, "beginDate"), "calendarDate", _day(min(p.started_at for p in places)))
            _add(_add(dates, "endDate"), "calendarDate", _day(max(p.ended_at for p in places)))
        if self._taxa:
            taxonomy = _add(coverage, "taxonomicCoverage")
            for name in sorted(self._taxa):
                _add(_add(taxonomy, "taxonomicClassification"), "taxonRankValue", name)
        _add(_add(dataset, "contact"), "organizationName", citation.publisher)
        methods = _add(dataset, "methods")
        _add(
            _add(_add(methods, "methodStep"), "description"),
            "para",
            "Cameras with detectors on the spot; detections are followed through frames, so that an animal "
            "that passes is one record. What a person said of a picture stands in place of a machine's word.",
        )
        gbif = _add(_add(_add(root, "additionalMetadata"), "metadata"), "gbif")
        _add(gbif, "citation", citation.text)
        return root

    def _geography(self, coverage: ET.Element, places: list[Place]) -> None:
        where = _add(coverage, "geographicCoverage")
        _add(where, "geographicDescription", self._citation.publisher)
        bounds = _add(where, "boundingCoordinates")
        _add(bounds, "westBoundingCoordinate", cell(min(p.lon for p in places)))
        _add(bounds, "eastBoundingCoordinate", cell(max(p.lon for p in places)))
        _add(bounds, "northBoundingCoordinate", cell(max(p.lat for p in places)))
        _add(bounds, "southBoundingCoordinate", cell(min(p.lat for p in places)))


def _meta() -> ET.Element:
    """Which file is what, and which column which term."""
    root = ET.Element("archive", {"xmlns": TEXT, "metadata": "eml.xml"})
    _described(root, "core", "event.csv", f"{DWC}Event", EVENT)
    _described(root, "extension", "occurrence.csv", f"{DWC}Occurrence", OCCURRENCE)
    return root


def _described(root: ET.Element, kind: str, file: str, row_type: str, columns: Sequence[str]) -> None:
    element = _add(
        root,
        kind,
        encoding="UTF-8",
        fieldsTerminatedBy=",",
        linesTerminatedBy="\\n",
        fieldsEnclosedBy='"',
        ignoreHeaderLines="1",
        rowType=row_type,
    )
    _add(_add(element, "files"), "location", file)
    _add(element, "id" if kind == "core" else "coreid", index="0")
    for index, column in enumerate(columns):
        if index or kind == "core":
            _add(element, "field", index=str(index), term=(DC if column in _OF_DC else DWC) + column)


def _add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, name, attributes)
    # What XML 1.0 cannot hold at all (§2.2), as somebody may paste it into a name.
    element.text = None if text is None else _NO_XML.sub("", text)
    return element


def _xml(root: ET.Element) -> str:
    ET.indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d}"


def _span(start: datetime, end: datetime) -> str:
    return cell(start) if start == end else f"{cell(start)}/{cell(end)}"
