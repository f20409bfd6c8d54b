"""What a ranger reads and hears, in English. Pure; `chinese` says the same, `wording` puts it together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_cloud import words

if TYPE_CHECKING:
    from datetime import datetime

    from fieldwatch_cloud.calls.facts import Facts

LATE_S = 600
MOST_NAMES = 5
BETWEEN_SENTENCES = " "
BETWEEN_PARTS = ". "
DRILL_MARK = "[DRILL] "
DRILL_SENTENCE = "This is a drill, there is no fire."
OPEN_FIRE, OPEN = "News of a fire: open Fieldwatch", "Open Fieldwatch: there is news"
_WHY = {"no_device": "has no device", "failed": "message failed", "no_answer": "no answer"}
_DID = {
    "new": "{by} has opened it again",
    "acknowledged": "{by} has acknowledged it",
    "dispatched": "{by} is on the way",
    "on_scene": "{by} is on the scene",
    "contained": "{by} reports it contained",
    "closed": "{by} has closed it",
    "false_alarm": "{by} says that it is a false alarm",
}


def title(f: Facts) -> str:
    thing = f"{_what(f).lower()}, {_area(f)}"
    match f.kind:
        case "fire":
            return f"{_what(f)}: {_area(f)}"
        case "escalation":
            return f"Nobody has answered: {thing}"
        case "update":
            return f"{words.STATE['en'].get(f.state or '', 'News')}: {thing}"
        case "undelivered":
            return f"People not reached: {thing}"
        case "wildlife":
            return f.animal.rule_name if f.animal else "Wildlife"
        case "test":
            return "Test: this device is reached"


def sentences(f: Facts) -> list[str]:
    """The body; empty ones are left out by the caller."""
    match f.kind:
        case "fire":
            return [_seen(f), _where(f), _danger(f)]
        case "escalation":
            return [f"{_unanswered(f)}.", _seen(f), _where(f), _danger(f)]
        case "update":
            return [f"{_done(f)}.", _seen(f), _where(f)]
        case "undelivered":
            return [f"{_unreached(f)}. Call them another way, or send somebody.", _seen(f), _where(f)]
        case "wildlife":
            sure = f"Confidence {f.animal.confidence:.0%}." if f.animal else ""
            return [f"{_animal(f)}.", _seen(f), sure]
        case "test":
            return [f"Sent at {_time(f.created_at, f)} for {_reserve(f)}. Nothing has happened."]


def sms(f: Facts, link: str) -> tuple[str, list[tuple[int, str]]]:
    """What must be in, and what may be, by worth; see `sms.put_together`. All signs are in GSM's alphabet."""
    match f.kind:
        case "test":
            return f"{title(f)}, {_time(f.created_at, f)}", [(1, _reserve(f)), (2, link)]
        case "wildlife":
            return f"{title(f)}, {_when(f)}", [(1, _animal(f)), (2, f.camera_name or ""), (3, link)]
        case "update":
            return f"{title(f)}, {_when(f)}", [(1, _done(f) if f.by else ""), (3, _where_short(f)), (2, link)]
        case "undelivered":
            return f"{title(f)}, {_when(f)}", [(1, _names(f, 2)), (2, _where_short(f)), (3, link)]
        case _:
            danger = _danger(f).rstrip(".")
            return f"{title(f)}, {_when(f)}", [(1, _where_short(f)), (3, danger), (2, link)]


def spoken(f: Facts) -> str:
    said = [DRILL_SENTENCE if f.drill else "", f"{title(f)}."]
    if f.kind == "undelivered":
        said += [f"{_unreached(f)}."]
    if f.kind in ("fire", "escalation", "undelivered"):
        said += [_seen(f), _direction_spoken(f), _danger(f), "Please open Fieldwatch and answer."]
    elif f.kind == "update":
        said += [f"{_done(f)}."]
    elif f.kind == "wildlife":
        said += [f"{_animal(f)}.", _seen(f)]
    return " ".join(part for part in said if part)


def _what(f: Facts) -> str:
    return words.FIRE["en"][f.fire_kind or "fire"]


def _area(f: Facts) -> str:
    return f.zone_name or _reserve(f)


def _reserve(f: Facts) -> str:
    return f.reserve_name


def _time(at: datetime, f: Facts) -> str:
    return words.local_time(at, f.timezone, today=f.created_at, language="en")


def _when(f: Facts) -> str:
    time = _time(f.observed_at or f.created_at, f)
    return f"{words.duration(f.late_s, 'en')} ago ({time})" if f.late_s >= LATE_S else time


def _seen(f: Facts) -> str:
    verb = "Reported" if f.source == "person" else "Seen"
    when = _when(f) if f.late_s >= LATE_S else f"at {_when(f)}"
    by = " by satellite" if f.source == "satellite" else f" by {f.camera_name}" if f.camera_name else ""
    return f"{verb} {when}{by}."


def _where(f: Facts) -> str:
    if f.lon is not None and f.lat is not None:
        within = f", within {words.distance(f.semi_major_m, 'en')}" if f.semi_major_m else ""
        return f"Place {words.coordinates(f.lon, f.lat)} (latitude, longitude){within}."
    if f.bearing_deg is not None and f.camera_name:
        give = f" ±{max(1, round(2 * f.bearing_sd_deg))}°" if f.bearing_sd_deg else ""
        towards = f"{words.degrees(f.bearing_deg)}°{give} ({words.compass(f.bearing_deg, 'en')})"
        return f"In direction {towards} from {f.camera_name}, distance not known."
    return "Place and direction are not known."


def _where_short(f: Facts) -> str:
    if f.lon is not None and f.lat is not None:
        within = f" within {words.distance(f.semi_major_m, 'en')}" if f.semi_major_m else ""
        return f"At {words.coordinates(f.lon, f.lat)}{within}"
    if f.bearing_deg is not None and f.camera_name:
        point = words.compass(f.bearing_deg, "en")
        return f"Direction {words.degrees(f.bearing_deg)} deg ({point}) from {f.camera_name}"
    return "Place not known"


def _direction_spoken(f: Facts) -> str:
    if f.lon is not None or f.bearing_deg is None or not f.camera_name:
        return ""
    return f"Direction {words.compass_spoken(f.bearing_deg, 'en')} from there, distance not known."


def _danger(f: Facts) -> str:
    return f"Fire danger {words.DANGER['en'][f.danger]}." if f.danger else ""


def _unanswered(f: Facts) -> str:
    waited = (f.created_at - f.called_at).total_seconds() if f.called_at else 0
    if waited < 60:  # Called early: whoever comes before could not be reached.
        return "Nobody has answered"
    return f"Nobody has answered for {words.duration(waited, 'en')}"


def _done(f: Facts) -> str:
    if f.state == "merged":
        return "It is the same fire as another one that is known"
    if f.by and f.state in _DID:
        return _DID[f.state].format(by=f.by)
    return f"It is now: {words.STATE['en'].get(f.state or '', 'changed').lower()}"


def _unreached(f: Facts) -> str:
    if not f.unreached:
        return "Nobody could be reached"
    return f"Not reached: {_names(f, MOST_NAMES)}"


def _names(f: Facts, most: int) -> str:
    names = ", ".join(f"{u.name} ({_WHY[u.why]})" for u in f.unreached[:most])
    more = len(f.unreached) - most
    return names + (f" and {more} more" if more > 0 else "")


def _animal(f: Facts) -> str:
    if f.animal is None:
        return "An animal"
    name = f.animal.scientific_name or "Unknown animal"
    return name if f.animal.count == 1 else f"{f.animal.count} x {name}"
