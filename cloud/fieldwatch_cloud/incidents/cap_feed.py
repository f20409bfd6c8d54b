"""The Atom feed (RFC 4287) in which other authorities find a reserve's CAP messages. Pure."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING
from uuid import uuid5

from fieldwatch_cloud.incidents.cap import xml_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.incidents.cap import Issued

NAMESPACE = "http://www.w3.org/2005/Atom"
CAP_TYPE = "application/cap+xml"


def document(
    reserve_id: UUID, reserve: str, title: str, messages: Sequence[Issued], *, api_url: str, now: datetime
) -> str:
    """Args:
    messages: the newest first.
    api_url: of the API, without a slash at its end.
    """
    ET.register_namespace("", NAMESPACE)
    feed = ET.Element(f"{{{NAMESPACE}}}feed")
    _add(feed, "id", f"urn:uuid:{reserve_id}")
    _add(feed, "title", title)
    _add(feed, "updated", _time(messages[0].sent if messages else now))
    _add(_add(feed, "author"), "name", title)
    _add(feed, "link", rel="self", type="application/atom+xml", href=f"{api_url}/reserves/{reserve}/cap.atom")
    for message in messages:
        entry = _add(feed, "entry")
        _add(entry, "id", f"urn:uuid:{uuid5(message.incident_id, str(message.number))}")
        _add(entry, "title", f"{message.type}: {message.headline}")
        _add(entry, "updated", _time(message.sent))
        href = f"{api_url}/incidents/{message.incident_id}/cap/{message.number}.xml"
        _add(entry, "link", rel="alternate", type=CAP_TYPE, href=href)
        _add(entry, "summary", f"{message.headline}. {message.identifier}, from {message.sender}.")
    ET.indent(feed)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(feed, encoding="unicode")}\n'


def _add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes)
    child.text = xml_text(text) if text is not None else None
    return child


def _time(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
