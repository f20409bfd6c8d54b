"""From the facts of a call to the words of its message. Pure.

    compose(facts) -> Message: title and body for a screen, one SMS, sentences to be read aloud, and data
    compose_plainly(facts) -> Message: the least that must be said, should that fail

The words themselves stand in `english` and `chinese`; here is what holds in every language: a drill is marked
first, what is not known is said to be unknown, and an SMS stays one SMS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldwatch_cloud.calls import chinese, english
from fieldwatch_cloud.calls.message import Message
from fieldwatch_cloud.calls.sms import put_together

if TYPE_CHECKING:
    from datetime import datetime

    from fieldwatch_cloud.calls.facts import Facts


def compose(facts: Facts) -> Message:
    """The message in the device's language."""
    phrases = english if facts.language == "en" else chinese
    mark = phrases.DRILL_MARK if facts.drill else ""
    body = [phrases.DRILL_SENTENCE if facts.drill else "", *phrases.sentences(facts)]
    first, others = phrases.sms(facts, facts.base_url + _path(facts) if facts.base_url else "")
    return _message(
        facts,
        title=mark + phrases.title(facts),
        body=phrases.BETWEEN_SENTENCES.join(part for part in body if part),
        short=put_together(mark + first, others, between=phrases.BETWEEN_PARTS),
        spoken=phrases.spoken(facts),
        data=_data(facts),
    )


def compose_plainly(facts: Facts) -> Message:
    """Hardly a word, for when `compose` fails: that there is something to open. Nothing here can fail."""
    phrases = english if facts.language == "en" else chinese
    mark = phrases.DRILL_MARK if facts.drill else ""
    text = mark + (phrases.OPEN if facts.incident_id is None else phrases.OPEN_FIRE)
    return _message(facts, title=text, body=text, short=text, spoken=text, data={})


def _message(
    facts: Facts, *, title: str, body: str, short: str, spoken: str, data: dict[str, Any]
) -> Message:
    return Message(
        delivery_id=facts.delivery_id,
        secret=facts.secret,
        kind=facts.kind,
        drill=facts.drill,
        language=facts.language,
        title=title,
        body=body,
        short=short,
        spoken=spoken,
        path=_path(facts),
        base_url=facts.base_url,
        at=facts.observed_at or facts.created_at,
        tag=facts.incident_id or (facts.animal.alert_id if facts.animal else None) or facts.delivery_id,
        incident_id=facts.incident_id,
        media_id=facts.media_id,
        data=data,
    )


def _path(facts: Facts) -> str:
    return f"/#incident/{facts.incident_id}" if facts.incident_id else "/#phone"


def _data(f: Facts) -> dict[str, Any]:
    """The facts for another system: JSON-ready, without the secret; what is not known is null."""
    place = None
    if f.lon is not None and f.lat is not None:
        place = {
            "lon": f.lon,
            "lat": f.lat,
            "method": f.place_method,
            "semi_major_m": f.semi_major_m,
            "semi_minor_m": f.semi_minor_m,
            "orientation_deg": f.orientation_deg,
        }
    animal = None
    if f.animal is not None:
        animal = {
            "rule": f.animal.rule_name,
            "scientific_name": f.animal.scientific_name,
            "count": f.animal.count,
            "confidence": f.animal.confidence,
            "observation": str(f.animal.observation_id),
            "alert": str(f.animal.alert_id),
        }
    camera = None
    if f.camera_name is not None and f.camera_lon is not None:
        camera = {"name": f.camera_name, "lon": f.camera_lon, "lat": f.camera_lat}
    return {
        "reserve": f.reserve,
        "incident": str(f.incident_id) if f.incident_id else None,
        "fire": f.fire_kind,
        "state": f.state,
        "step": f.step,
        "observed_at": _instant(f.observed_at),
        "created_at": _instant(f.created_at),
        "late_s": f.late_s,
        "source": f.source,
        "camera": camera,
        "bearing_deg": f.bearing_deg,
        "bearing_sd_deg": f.bearing_sd_deg,
        "place": place,
        "zone": f.zone_name,
        "fwi": f.fwi,
        "danger": f.danger,
        "by": f.by,
        "unreached": [{"name": u.name, "why": u.why} for u in f.unreached],
        "animal": animal,
    }


def _instant(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
