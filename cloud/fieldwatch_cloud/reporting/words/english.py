"""A report in English; `chinese` says the same."""

from __future__ import annotations

from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fieldwatch_cloud import words as common
from fieldwatch_cloud.reporting.words import numbers, taxa

if TYPE_CHECKING:
    from datetime import date, datetime

    from fieldwatch_cloud.reporting.facts import Camera, Facts, Fire, Need, NewSpecies, Reserve, Species

LANGUAGE = "en"
HTML_LANGUAGE = "en"
BETWEEN = " "
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
LABEL = {
    "product": "Fieldwatch",
    "weekly": "Weekly report",
    "monthly": "Monthly report",
    "at_a_glance": "At a glance",
    "camera_days": "camera-days",
    "cameras_looked": "cameras looked",
    "species": "species seen",
    "events": "independent events",
    "fires": "fires",
    "answered": "until the answer",
    "not_observed": "not observed",
    "where": "Where",
    "map_caption": "Events of all animals per 100 camera-days, by hexagon. Hatched: nobody looked there, "
    "which is not the same as no animals.",
    "map_alt": "Map of the reserve with its cameras, the rates of animals by hexagon, and fires",
    "animals": "Animals",
    "species_head": "Species",
    "events_head": "Events",
    "cameras_head": "At cameras",
    "rate_head": "Per 100 camera-days (95 % interval)",
    "change_head": "Against the days before",
    "year_head": "Against a year ago",
    "before_mark": "the days before",
    "through_time": "Through time",
    "series_caption": "Events per 100 camera-days with 95 % intervals. Hatched: nobody looked.",
    "series_alt": "Rates of the most frequent species through time",
    "clock": "Hours of the day",
    "clock_caption": "Events per 100 hours of looking, by the hour, local time. Grey: night. "
    "Hatched: nobody looked.",
    "clock_alt": "Hours of the day at which species were seen",
    "pictures": "Pictures",
    "confirmed": "confirmed by a person",
    "fires_title": "Fires",
    "no_fire": "No fire was reported.",
    "no_fire_unseen": "No fire was reported, but no camera looked.",
    "seen_head": "First seen",
    "what_head": "What",
    "zone_head": "Where",
    "by_head": "Seen by",
    "called_head": "Called",
    "answer_head": "First answer",
    "state_head": "State",
    "nobody": "nobody",
    "held_back": "nobody, by rule",
    "outside": "outside of all zones",
    "cameras": "Cameras",
    "cameras_caption": "The share of the time for which each camera stood there that it really looked.",
    "camera_head": "Camera",
    "looked_head": "Looked",
    "health_head": "Now",
    "needs": "What needs a person",
    "no_needs": "Nothing needs a person at the moment.",
    "now": "now",
    "soon": "soon",
    "when_convenient": "when convenient",
    "method": "How to read the numbers",
    "rate_axis": "per 100 camera-days",
    "hour": "h",
    "legend_rate": "events per 100 camera-days",
    "legend_looked": "camera that looked",
    "legend_partly": "looked for less than half",
    "legend_silent": "did not look",
    "legend_blind": "nobody looked",
    "legend_fire": "fire",
    "legend_direction": "direction to a fire",
    "legend_zone": "zone",
    "north": "N",
    "page": "Page",
    "of": "of",
    "more_cameras": "and {n} more, which all looked longer.",
    "more_fires": "and {n} more.",
}
STATUS = {
    "ok": "well",
    "attention": "needs a look",
    "silent": "silent",
    "never_seen": "never heard",
    "ended": "taken down",
}
_CHANGE = {
    "first_record": "first record",
    "more": "more",
    "fewer": "fewer",
    "unclear": "no clear change",
    "not_observed": "not observed",
    "not_observed_before": "not observed before",
}


def reserve(one: Reserve) -> str:
    return one.name


def zone(name: str, _name_zh: str | None) -> str:
    return name


def day(one: date) -> str:
    return f"{one.day} {_MONTHS[one.month - 1]} {one.year}"


def short_day(one: date) -> str:
    return f"{one.day} {_MONTHS[one.month - 1][:3]}"


def instant(at: datetime, timezone: str) -> str:
    here = at.astimezone(ZoneInfo(timezone))
    return f"{here.day} {_MONTHS[here.month - 1][:3]} {here:%H:%M}"


def days(first: date, last: date) -> str:
    """4–10 May 2026; 27 April – 3 May 2026; a calendar month by its name."""
    if first.day == 1 and (last.month, last.year) == (first.month, first.year) and ends_month(last):
        return f"{_MONTHS[first.month - 1]} {first.year}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day(last)}"
    if first.year == last.year:
        return f"{first.day} {_MONTHS[first.month - 1]} – {day(last)}"
    return f"{day(first)} – {day(last)}"


def period_tick(first: date, kind: str) -> str:
    return short_day(first) if kind == "weekly" else _MONTHS[first.month - 1][:3]


def mail_title(reserve_name: str, kind: str, first: date, last: date) -> str:
    return f"{reserve_name}: {LABEL[kind].lower()}, {days(first, last)}"


def title(facts: Facts) -> str:
    return mail_title(reserve(facts.reserve), facts.kind, facts.span.first, facts.span.last)


def made(facts: Facts) -> str:
    at = facts.made_at.astimezone(ZoneInfo(facts.reserve.timezone))
    sentence = f"Made on {day(at.date())} at {at:%H:%M} ({facts.reserve.timezone}) by {facts.software}."
    if not facts.over:
        sentence += " The span was not over then: it tells of what had arrived."
    return sentence


def headlines(facts: Facts) -> list[str]:
    """What a director reads where there is time for nothing else."""
    return [
        *_effort(facts),
        *_animals(facts),
        *_changes(facts),
        *_new(facts),
        *_fires(facts),
        *_needs(facts),
    ]


def change(one: Species) -> str:
    said = _CHANGE[one.status]
    if one.status in ("more", "fewer", "unclear") and one.ratio is not None:
        return f"{said}: {numbers.times(one.ratio)}"
    return said


def looked(one: Camera) -> str:
    if one.hours == 0:
        return "not observed"
    return f"{numbers.figure(one.hours)} h, {numbers.percent(one.share)}"


def health(one: Camera, made_at: datetime) -> str:
    said = STATUS[one.status.value]
    if one.status.value == "silent" and one.heard_at is not None:
        return f"{said} for {common.duration((made_at - one.heard_at).total_seconds(), 'en')}"
    if one.status.value == "attention":
        return f"{said}: {', '.join(REASON[reason.value] for reason in one.reasons)}"
    return said


REASON = {
    "no_heartbeat": "no word from it",
    "node_offline": "node not connected",
    "camera_not_reported": "node does not speak of it",
    "camera_problem": "camera reports a problem",
    "no_frames": "no pictures",
    "frozen": "picture stands still",
    "blurred": "blurred",
    "moved": "moved out of its aim",
    "dark": "dark",
    "disk_low": "disk nearly full",
    "records_given_up": "records were given up",
    "clock_unsynchronised": "clock not set",
    "battery_low": "battery nearly empty",
    "power_saving": "saving power",
}


def need(one: Need) -> str:
    """One sentence; whose it is, and since when."""
    n = one.n
    said = {
        "unanswered_fire": _n(n, "fire that nobody has answered", "fires that nobody has answered"),
        "burning_fire": _n(n, "fire that is not over", "fires that are not over"),
        "undelivered": _n(n, "person whom no call reached", "people whom no call reached"),
        "nobody_on_duty": "Nobody is on duty"
        if n == 0
        else _n(n, "zone without anybody on duty", "zones without anybody on duty"),
        "unreachable_ranger": _n(
            n, "person on duty without a device that works", "people on duty without a device that works"
        ),
        "silent_camera": _n(n, "camera is silent", "cameras are silent"),
        "never_seen_camera": _n(n, "camera was never heard", "cameras were never heard"),
        "attention_camera": _n(n, "camera needs a look", "cameras need a look"),
        "clock_wrong": _n(n, "camera whose clock is not set", "cameras whose clocks are not set"),
        "code_tried_again": _n(
            n,
            "used enrolment code was tried by a second box",
            "used enrolment codes were tried by a second box",
        ),
        "node_over_quota": _n(
            n, "node sends more than it may in a day", "nodes send more than they may in a day"
        ),
        "visit_due": _n(n, "place needs a technician's visit", "places need a technician's visit"),
        "to_review": _n(n, "picture waits to be reviewed", "pictures wait to be reviewed"),
        "drill_due": "No exercise was ever held" if n == 0 else f"The last exercise was {n} days ago",
        "no_camera": "No camera stands in the reserve",
        "no_zone": "The reserve has no zones: no ranger can be on duty for one",
        "no_boundary": "The reserve has no boundary",
    }[one.code]
    names = ", ".join(zone(*name) for name in one.names)
    if names and n > len(one.names):
        names += ", …"
    return f"{said}: {names}." if names else f"{said}."


def fire_seen_by(one: Fire) -> str:
    parts = [
        _n(one.suspicions, "camera sighting", "camera sightings") if one.suspicions else "",
        _n(one.hotspots, "satellite hotspot", "satellite hotspots") if one.hotspots else "",
        _n(one.reports, "report", "reports") if one.reports else "",
    ]
    return ", ".join(part for part in parts if part)


def fire_called(one: Fire) -> str:
    if one.held_back:
        return LABEL["held_back"]
    if not one.called:
        return LABEL["nobody"]
    after = "" if one.sent_after_s is None else f", first after {common.duration(one.sent_after_s, 'en')}"
    return f"{one.called} ({one.reached} reached){after}"


def fire_answer(one: Fire) -> str:
    if one.answered_after_s is None:
        return LABEL["nobody"]
    by = f", {one.answered_by}" if one.answered_by else ""
    return f"{common.duration(one.answered_after_s, 'en')}{by}"


def duration(seconds: float) -> str:
    return common.duration(seconds, "en")


def method(facts: Facts) -> list[str]:
    """What every figure rests on."""
    first, last = facts.days_before
    told = [
        (
            "Records of one species at one camera belong to one event until nothing starts for 30 minutes. "
            "A rate is events per 100 camera-days: 100 cameras that look for one day, or one that looks for "
            "100. Only time in which a camera really looked counts, as its node reported it."
        ),
        (
            "The interval in brackets holds the true rate in 95 of 100 such samples; it is wider where "
            f"cameras differ. “Against the days before” compares with {days(first, last)}, each camera with "
            "itself; “more” and “fewer” are said only where the interval of the ratio excludes 1."
        ),
        "“Not observed” means that no camera looked. It is not zero.",
    ]
    if facts.year_before:
        told.append(f"“A year ago” is {days(*facts.year_before)}.")
    if facts.withheld or facts.blurred:
        told.append(
            "Too few cameras looked to tell of sensitive species without giving away their place: they are "
            "left out of this report."
            if facts.withheld
            else "Sensitive species are told of the whole reserve only: not by place, hour or picture."
        )
    return told


def alt_picture(name: str, camera: str, when: str) -> str:
    return f"{name} at camera {camera}, {when}"


def _effort(facts: Facts) -> list[str]:
    if not facts.observed:
        return ["No camera looked in these days. Nothing is known of them; that is not zero animals."]
    before = (
        f"{numbers.days(facts.camera_days_before)} in as many days before"
        if facts.camera_days_before
        else "as many days before were not observed"
    )
    cameras = f"{facts.looked} of {_n(facts.deployments, 'camera', 'cameras')}"
    return [f"{cameras} looked, for {numbers.days(facts.camera_days)} camera-days ({before})."]


def _animals(facts: Facts) -> list[str]:
    seen = [one for one in facts.species if one.events]
    if not facts.observed:
        return []
    if not seen and facts.unnamed:
        met = _n(facts.unnamed, "independent event", "independent events")
        return [f"Animals were seen in {met}, but none by its species."]
    if not seen:
        left_out = " Sensitive species are left out of this report." if facts.withheld else ""
        return [f"No animal was seen in the time in which cameras looked.{left_out}"]
    most = max(seen, key=lambda one: one.events)
    events = sum(one.events for one in seen)
    told = (
        f"{len(seen)} species were seen in {events:,} independent events"
        if len(seen) > 1
        else f"One species was seen in {_n(events, 'independent event', 'independent events')}"
    )
    if most.rate is not None:
        told += f"; most often {_name(most)}, {numbers.interval(most.rate)} events per 100 camera-days"
    if facts.unnamed:
        told += f"; in {facts.unnamed:,} more, animals whose species is not known"
    return [f"{told}."]


def _changes(facts: Facts) -> list[str]:
    if not facts.observed or not facts.camera_days_before:
        return []
    told = []
    for status, said in (("more", "More often than in the days before"), ("fewer", "Less often")):
        named = [
            f"{_name(one)} ({numbers.times(one.ratio)})"
            for one in facts.species
            if one.status == status and one.ratio is not None
        ]
        if named:
            told.append(f"{said}: {', '.join(named[:4])}{', …' if len(named) > 4 else ''}.")
    if not told and any(one.status == "unclear" and one.ratio is not None for one in facts.species):
        told.append("No species' rate changed by more than chance allows.")
    return told


def _new(facts: Facts) -> list[str]:
    if not facts.new_species:
        return []
    named = [_name(one) + (f" (camera {one.camera})" if one.camera else "") for one in facts.new_species]
    more = ", …" if len(named) > 5 else ""
    return [f"Seen in this reserve for the first time: {', '.join(named[:5])}{more}."]


def _fires(facts: Facts) -> list[str]:
    real = [one for one in facts.fires if one.state != "false_alarm"]
    false = len(facts.fires) - len(real)
    if not facts.fires:
        return [LABEL["no_fire" if facts.observed else "no_fire_unseen"]]
    told = (
        f"{_n(len(real), 'fire', 'fires')} and {_n(false, 'false alarm', 'false alarms')}"
        if false
        else _n(len(real), "fire", "fires")
    )
    called = [one for one in facts.fires if not one.held_back]
    times = [one.answered_after_s for one in called if one.answered_after_s is not None]
    if len(times) == 1:
        told += f"; answered after {duration(times[0])}"
    elif times:
        told += f"; answered after {duration(median(times))} in the middle case, "
        told += f"{duration(max(times))} at the longest"
    if silent := len(called) - len(times):
        told += f"; {silent} never answered"
    return [f"{told}."]


def _needs(facts: Facts) -> list[str]:
    urgent = [one for one in facts.needs if one.severity == "now"]
    if urgent:
        return [f"Needs a person now: {need(urgent[0])}"]
    soon = [one for one in facts.needs if one.severity == "soon"]
    return [f"Needs a person soon: {need(soon[0])}"] if soon else []


def _name(one: Species | NewSpecies) -> str:
    return taxa.within(one.scientific_name, "en")


def _n(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"


def ends_month(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1
