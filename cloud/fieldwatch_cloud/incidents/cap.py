"""An incident as a message of the Common Alerting Protocol 1.2 (OASIS CAP-v1.2), for other authorities. Pure.

    Alert      the first time that an incident is given out
    Update     its state changed, or (not more often than `MIN_BETWEEN`) what is known of it; also when it is
               closed (AllClear), and before a message about an open incident expires
    Cancel     it was a false alarm, or is one fire with another incident

Every message has an identifier of its own and refers to those before it. The scope is Restricted: what a
machine suspects, and where cameras stand, is for those whom the reserve gave access, not for the public.

Mind the order: GeoJSON is longitude, latitude; CAP is latitude,longitude.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import shapely  # type: ignore[import-untyped]

from fieldwatch_cloud.incidents import cap_words
from fieldwatch_cloud.incidents.locate import RANGE_M

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from fieldwatch_cloud.words import Language

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MIN_BETWEEN = timedelta(minutes=10)
"""Evidence comes every few seconds; who reads messages wants to know what changed."""
VALID = timedelta(hours=24)
RENEW = timedelta(hours=1)
"""A message about an open incident is renewed so long before it expires."""
OVER = frozenset({"closed", "false_alarm", "merged"})
MessageType = Literal["Alert", "Update", "Cancel"]
_SEVERITY = {
    "low": "Minor",
    "moderate": "Moderate",
    "high": "Severe",
    "very_high": "Severe",
    "extreme": "Extreme",
}
_RESPONSE = {"contained": "Monitor", "closed": "AllClear", "false_alarm": "AllClear", "merged": "AllClear"}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of an incident now. Degrees WGS 84, metres, aware times."""

    id: UUID
    reserve_name: str
    reserve_name_zh: str | None
    timezone: str
    kind: Literal["smoke", "fire"]
    state: str
    """`merged` for one that is one fire with another."""
    drill: bool
    revision: int
    first_seen_at: datetime
    last_seen_at: datetime
    zone_name: str | None = None
    zone_name_zh: str | None = None
    region: shapely.Geometry | None = None
    """Polygon or MultiPolygon of (lon, lat): the fire is in it."""
    lon: float | None = None
    lat: float | None = None
    semi_major_m: float | None = None
    camera_name: str | None = None
    """Of the newest suspicion; so for the four that follow."""
    camera_lon: float | None = None
    camera_lat: float | None = None
    bearing_deg: float | None = None
    bearing_sd_deg: float | None = None
    cameras: int = 0
    """How many saw it."""
    confidence: float | None = None
    """The highest of all suspicions."""
    hotspots: int = 0
    people: int = 0
    """Reports by people."""
    fwi: float | None = None
    danger: str | None = None
    media_id: UUID | None = None
    merged_into: UUID | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A message that was given out."""

    incident_id: UUID
    number: int
    sender: str
    sent: datetime
    expires: datetime
    type: MessageType
    kind: str
    state: str
    revision: int
    headline: str
    """In English."""

    @property
    def identifier(self) -> str:
        return identifier(self.incident_id, self.number)


def identifier(incident_id: UUID, number: int) -> str:
    """Unique for ever, without a space, comma, < or & (CAP 1.2 §3.2.1)."""
    return f"{incident_id}.{number}"


def due(now: datetime, last: Issued | None, situation: Situation) -> bool:
    """Whether there is something to say that the last message has not said."""
    if last is None:
        return situation.state not in OVER  # Nobody was alerted: nobody needs an all-clear.
    if situation.state in OVER and last.state == situation.state:
        return False
    if (last.state, last.kind) != (situation.state, situation.kind):
        return True
    if now >= last.expires - RENEW:
        return True
    return situation.revision != last.revision and now - last.sent >= MIN_BETWEEN


def next_message(
    situation: Situation, before: Sequence[Issued], *, sender: str, base_url: str, now: datetime
) -> tuple[Issued, str]:
    """The message that follows `before` (all of this incident, in order), and its XML.

    Args:
        base_url: of the web app, without a slash at its end; empty: no links.
    """
    since = _since_cancel(before)
    kind: MessageType = "Alert" if not since else "Update"
    if since and situation.state in ("false_alarm", "merged"):
        kind = "Cancel"
    # A second is CAP's finest time, and two messages must not have the same.
    sent = now.astimezone(UTC).replace(microsecond=0)
    if before and sent <= before[-1].sent:
        sent = before[-1].sent + timedelta(seconds=1)
    issued = Issued(
        incident_id=situation.id,
        number=len(before) + 1,
        sender=sender,
        sent=sent,
        expires=sent + VALID,
        type=kind,
        kind=situation.kind,
        state=situation.state,
        revision=situation.revision,
        headline=cap_words.texts(situation, "en", now=sent).headline,
    )
    return issued, _document(issued, situation, since, base_url)


def _since_cancel(before: Sequence[Issued]) -> list[Issued]:
    """What a new message refers to: all since the last Cancel, which took back what was before it."""
    since: list[Issued] = []
    for message in before:
        since = [] if message.type == "Cancel" else [*since, message]
    return since


def time(at: datetime) -> str:
    """CAP 1.2 §3.3.2: no letter for the zone, and UTC is -00:00."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00")


def _document(issued: Issued, s: Situation, since: Iterable[Issued], base_url: str) -> str:
    ET.register_namespace("", NAMESPACE)
    alert = ET.Element(f"{{{NAMESPACE}}}alert")
    _add(alert, "identifier", issued.identifier)
    _add(alert, "sender", issued.sender)
    _add(alert, "sent", time(issued.sent))
    _add(alert, "status", "Exercise" if s.drill else "Actual")
    _add(alert, "msgType", issued.type)
    _add(alert, "source", "Fieldwatch")
    _add(alert, "scope", "Restricted")
    _add(alert, "restriction", "For those to whom the reserve has given access; not for the public.")
    _add(alert, "note", _note(s))
    _add(alert, "references", " ".join(f"{m.sender},{m.identifier},{time(m.sent)}" for m in since))
    _add(alert, "incidents", " ".join(str(i) for i in (s.id, s.merged_into) if i))
    for language in ("zh", "en"):
        _info(alert, issued, s, language, base_url)
    ET.indent(alert)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(alert, encoding="unicode")}\n'


def _note(s: Situation) -> str:
    if s.drill:
        return "Exercise: there is no fire."
    if s.state == "false_alarm":
        return "False alarm."
    return "One fire with another incident." if s.state == "merged" else ""


def _info(alert: ET.Element, issued: Issued, s: Situation, language: Language, base_url: str) -> None:
    text = cap_words.texts(s, language, now=issued.sent)
    info = _add(alert, "info")
    _add(info, "language", "zh-CN" if language == "zh" else "en-GB")
    _add(info, "category", "Fire")
    _add(info, "event", text.event)
    _add(info, "responseType", _RESPONSE.get(s.state, "Assess"))
    _add(info, "urgency", _urgency(s))
    _add(info, "severity", _severity(s))
    _add(info, "certainty", _certainty(s))
    _add(info, "effective", time(issued.sent))
    _add(info, "onset", time(s.first_seen_at))
    _add(info, "expires", time(issued.expires))
    _add(info, "senderName", text.sender_name)
    _add(info, "headline", text.headline)
    _add(info, "description", text.description)
    _add(info, "instruction", text.instruction)
    _add(info, "web", f"{base_url}/#incident/{s.id}" if base_url else "")
    for name, value in _parameters(s):
        parameter = _add(info, "parameter")
        _add(parameter, "valueName", name)
        _add(parameter, "value", value)
    if base_url and s.media_id is not None:
        resource = _add(info, "resource")
        _add(resource, "resourceDesc", text.picture)
        _add(resource, "mimeType", "image/jpeg")
        _add(resource, "uri", f"{base_url}/api/v1/media/{s.media_id}")
    area = _add(info, "area")
    _add(area, "areaDesc", text.area)
    polygons = _polygons(s.region)
    for polygon in polygons:
        _add(area, "polygon", polygon)
    if not polygons:
        _add(area, "circle", _circle(s))


def _urgency(s: Situation) -> str:
    if s.state in OVER:
        return "Past"
    return "Expected" if s.state == "contained" else "Immediate"


def _severity(s: Situation) -> str:
    """By fire danger: how fast it may grow. Smoke alone and no weather: unknown."""
    if s.state in OVER:
        return "Minor"
    return _SEVERITY.get(s.danger or "", "Unknown")


def _certainty(s: Situation) -> str:
    """CAP 1.2 §3.2.2: Observed, Likely (more than one half), Possible, Unlikely."""
    if s.state in ("false_alarm", "merged"):
        return "Unlikely"
    if s.people or s.state in ("contained", "closed"):
        return "Observed"
    if s.cameras > 1 or (s.cameras and s.hotspots) or (s.confidence or 0) > 0.5:
        return "Likely"
    return "Possible"


def _parameters(s: Situation) -> list[tuple[str, str]]:
    """What CAP has no element for; names and units in the operator's guide."""
    known = [
        ("fieldwatch:state", s.state),
        ("fieldwatch:kind", s.kind),
        ("fieldwatch:last_seen", time(s.last_seen_at)),
        ("fieldwatch:camera", s.camera_name),
        ("fieldwatch:camera_position", _pair(s.camera_lon, s.camera_lat)),
        ("fieldwatch:bearing_deg", _number(s.bearing_deg, 1)),
        ("fieldwatch:bearing_sd_deg", _number(s.bearing_sd_deg, 1)),
        ("fieldwatch:position", _pair(s.lon, s.lat)),
        ("fieldwatch:semi_major_m", _number(s.semi_major_m, 0)),
        ("fieldwatch:fwi", _number(s.fwi, 1)),
        ("fieldwatch:danger", s.danger),
    ]
    return [(name, value) for name, value in known if value]


def _polygons(region: shapely.Geometry | None) -> list[str]:
    """Exterior rings: closed, counterclockwise, latitude first, at least four points. Holes cannot be said in
    CAP; without them the area is larger, never smaller."""
    if region is None or region.is_empty:
        return []
    parts = region.geoms if region.geom_type == "MultiPolygon" else [region]
    rings = (shapely.geometry.polygon.orient(part).exterior.coords for part in parts)
    return [" ".join(f"{lat:.5f},{lon:.5f}" for lon, lat, *_ in ring) for ring in rings]


def _circle(s: Situation) -> str:
    """Latitude,longitude and radius in kilometres: of the place, or all that the camera can see."""
    if s.lon is not None and s.lat is not None:
        return f"{s.lat:.5f},{s.lon:.5f} {max(s.semi_major_m or 1000.0, 50.0) / 1000:.3f}"
    if s.camera_lon is not None and s.camera_lat is not None:
        return f"{s.camera_lat:.5f},{s.camera_lon:.5f} {RANGE_M / 1000:.3f}"
    return ""


def _pair(lon: float | None, lat: float | None) -> str:
    return "" if lon is None or lat is None else f"{lat:.5f},{lon:.5f}"


def _number(value: float | None, places: int) -> str:
    return "" if value is None else f"{value:.{places}f}"


def _add(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    """A child; one that would be empty is left out (its element is given back, for no use)."""
    if text == "":
        return ET.Element("none")
    child = ET.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    if text is not None:
        child.text = xml_text(text)
    return child


def xml_text(text: str) -> str:
    """`text` without what no XML document may hold: with one such character, nobody can read any of it."""
    return _NOT_XML.sub("", text)
