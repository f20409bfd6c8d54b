"""The rules of the Common Alerting Protocol 1.2 (OASIS Standard, 1 July 2010), written from its §3.

`faults(xml)` lists what is against them; an empty list is a conforming message. It knows nothing of how ours
are made.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import datetime

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
# Name, least, most (None: any number), in the order in which they must stand.
ALERT = [
    ("identifier", 1, 1),
    ("sender", 1, 1),
    ("sent", 1, 1),
    ("status", 1, 1),
    ("msgType", 1, 1),
    ("source", 0, 1),
    ("scope", 1, 1),
    ("restriction", 0, 1),
    ("addresses", 0, 1),
    ("code", 0, None),
    ("note", 0, 1),
    ("references", 0, 1),
    ("incidents", 0, 1),
    ("info", 0, None),
]
INFO = [
    ("language", 0, 1),
    ("category", 1, None),
    ("event", 1, 1),
    ("responseType", 0, None),
    ("urgency", 1, 1),
    ("severity", 1, 1),
    ("certainty", 1, 1),
    ("audience", 0, 1),
    ("eventCode", 0, None),
    ("effective", 0, 1),
    ("onset", 0, 1),
    ("expires", 0, 1),
    ("senderName", 0, 1),
    ("headline", 0, 1),
    ("description", 0, 1),
    ("instruction", 0, 1),
    ("web", 0, 1),
    ("contact", 0, 1),
    ("parameter", 0, None),
    ("resource", 0, None),
    ("area", 0, None),
]
RESOURCE = [
    ("resourceDesc", 1, 1),
    ("mimeType", 1, 1),
    ("size", 0, 1),
    ("uri", 0, 1),
    ("derefUri", 0, 1),
    ("digest", 0, 1),
]
AREA = [
    ("areaDesc", 1, 1),
    ("polygon", 0, None),
    ("circle", 0, None),
    ("geocode", 0, None),
    ("altitude", 0, 1),
    ("ceiling", 0, 1),
]
PAIR = [("valueName", 1, 1), ("value", 1, 1)]
VALUES = {
    "status": "Actual Exercise System Test Draft",
    "msgType": "Alert Update Cancel Ack Error",
    "scope": "Public Restricted Private",
    "category": "Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other",
    "responseType": "Shelter Evacuate Prepare Execute Avoid Monitor Assess AllClear None",
    "urgency": "Immediate Expected Future Past Unknown",
    "severity": "Extreme Severe Moderate Minor Unknown",
    "certainty": "Observed Likely Possible Unlikely Unknown",
}
TIMES = ("sent", "effective", "onset", "expires")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
NAME = re.compile(r"[^\s,<&]+")
LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*")
NUMBER = r"-?\d+(?:\.\d+)?"
POINT = re.compile(rf"({NUMBER}),({NUMBER})")
CIRCLE = re.compile(rf"({NUMBER}),({NUMBER}) (\d+(?:\.\d+)?)")


def faults(xml: str) -> list[str]:
    root = ET.fromstring(xml)  # noqa: S314  Our own.
    if root.tag != f"{{{NAMESPACE}}}alert":
        return [f"the root is {root.tag}"]
    found = _children(root, ALERT)
    for info in _all(root, "info"):
        found += _children(info, INFO)
        for name, rules in (("parameter", PAIR), ("eventCode", PAIR), ("resource", RESOURCE), ("area", AREA)):
            for element in _all(info, name):
                found += _children(element, rules)
        for area in _all(info, "area"):
            found += _area(area)
    for element in root.iter():
        found += _value(element)
    return found + _alert(root)


def _children(parent: ET.Element, rules: list[tuple[str, int, int | None]]) -> list[str]:
    order = [name for name, _, _ in rules]
    names = [_name(child) for child in parent]
    found = [f"{_name(parent)}: unknown element {n}" for n in names if n not in order]
    known = [order.index(n) for n in names if n in order]
    if known != sorted(known):
        found.append(f"{_name(parent)}: elements out of order: {names}")
    for name, least, most in rules:
        count = names.count(name)
        if count < least:
            found.append(f"{_name(parent)}: {name} is missing")
        if most is not None and count > most:
            found.append(f"{_name(parent)}: {name} stands {count} times")
    return found


def _value(element: ET.Element) -> list[str]:
    name, text = _name(element), element.text or ""
    found = []
    if len(element) == 0 and not text.strip():
        found.append(f"{name} is empty")
    if name in VALUES and text not in VALUES[name].split():
        found.append(f"{name}: no such value: {text}")
    if name in TIMES and not _is_time(text):
        found.append(f"{name}: no time as CAP writes it: {text}")
    if name in ("identifier", "sender") and not NAME.fullmatch(text):
        found.append(f"{name}: a space, comma, < or & in {text!r}")
    if name == "language" and not LANGUAGE.fullmatch(text):
        found.append(f"language: {text}")
    if name in ("web", "uri") and not re.match(r"https?://[^\s]+$", text):
        found.append(f"{name}: no absolute address: {text}")
    return found


def _is_time(text: str) -> bool:
    if not TIME.fullmatch(text) or text.endswith("+00:00"):  # UTC must be -00:00 (§3.3.2).
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _alert(root: ET.Element) -> list[str]:
    found = []
    scope, kind = _text(root, "scope"), _text(root, "msgType")
    if (scope == "Restricted") != bool(_all(root, "restriction")):
        found.append("restriction goes with scope Restricted, and only with it")
    if scope == "Private" and not _all(root, "addresses"):
        found.append("scope Private needs addresses")
    references = _text(root, "references")
    if kind in ("Update", "Cancel", "Ack", "Error") and not references:
        found.append(f"{kind} needs references")
    for reference in references.split():
        parts = reference.split(",")
        if len(parts) != 3 or not all(NAME.fullmatch(p) for p in parts[:2]) or not _is_time(parts[2]):
            found.append(f"references: {reference}")
    return found


def _area(area: ET.Element) -> list[str]:
    found = []
    for polygon in _all(area, "polygon"):
        points = (polygon.text or "").split()
        if len(points) < 4 or points[0] != points[-1]:
            found.append(f"polygon: {len(points)} points, or not closed")
        found += [f"polygon: {p}" for p in points if not _on_earth(POINT.fullmatch(p))]
    for circle in _all(area, "circle"):
        if not _on_earth(CIRCLE.fullmatch(circle.text or "")):
            found.append(f"circle: {circle.text}")
    return found


def _on_earth(point: re.Match[str] | None) -> bool:
    """Latitude first."""
    return point is not None and abs(float(point[1])) <= 90 and abs(float(point[2])) <= 180


def _name(element: ET.Element) -> str:
    return element.tag.removeprefix(f"{{{NAMESPACE}}}")


def _all(parent: ET.Element, name: str) -> list[ET.Element]:
    return parent.findall(f"{{{NAMESPACE}}}{name}")


def _text(parent: ET.Element, name: str) -> str:
    return parent.findtext(f"{{{NAMESPACE}}}{name}", "")
