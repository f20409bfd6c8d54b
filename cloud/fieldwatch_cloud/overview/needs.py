"""What needs a person, in order of urgency: rules without a database.

Each rule is one function from the facts to at most one need. `now`: somebody may come to harm, or would not
be called; `soon`: data are being lost; `when_convenient`: it would be better so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from fieldwatch_cloud.fleet.health import HealthReason, HealthStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

Severity = Literal["now", "soon", "when_convenient"]
Code = Literal[
    "unanswered_fire",
    "burning_fire",
    "undelivered",
    "nobody_on_duty",
    "unreachable_ranger",
    "silent_camera",
    "never_seen_camera",
    "attention_camera",
    "clock_wrong",
    "code_tried_again",
    "node_over_quota",
    "visit_due",
    "to_review",
    "drill_due",
    "no_camera",
    "no_zone",
    "no_boundary",
]
SEVERITIES: tuple[Severity, ...] = ("now", "soon", "when_convenient")
DRILL_EVERY = timedelta(days=90)
"""A quarter: people and phones change, and a chain that was never tried does not hold."""
REVIEW_FROM = 20
"""Pictures that wait before anybody is asked to look: a handful is no backlog."""
NAMED = 5
"""Of the things that a need is about, so many are named."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A camera, zone, person or node that a need is about."""

    id: UUID | str
    """A node's is its name in topics."""
    name: str
    name_zh: str | None = None


@dataclass(frozen=True, slots=True)
class Fire:
    """One that calls people and is not over."""

    id: UUID
    first_seen_at: datetime
    answered: bool


@dataclass(frozen=True, slots=True)
class Camera:
    """A deployment that is not over."""

    id: UUID
    name: str
    status: HealthStatus
    reasons: tuple[HealthReason, ...]
    since: datetime
    """When it was last heard; where it never was, when it was put up."""
    clock_corrected: bool


@dataclass(frozen=True, slots=True)
class Duty:
    uncovered: tuple[Subject, ...]
    """Zones in which nobody is called first: no shift, no chief, no shift of the whole reserve."""
    anybody: bool
    """Somebody is on duty somewhere."""
    unreachable: tuple[Subject, ...]
    """On duty now, without a phone or address that works."""


@dataclass(frozen=True, slots=True)
class Facts:
    now: datetime
    fires: tuple[Fire, ...] = ()
    cameras: tuple[Camera, ...] = ()
    visits: tuple[tuple[Subject, datetime], ...] = ()
    """Places that a technician should go to, for a reason that no camera reports as a fault; since when."""
    visits_urgent: bool = False
    duty: Duty = field(default_factory=lambda: Duty((), True, ()))
    unreached: tuple[tuple[Subject, datetime], ...] = ()
    """Whom no call of the last days' fires reached, and when that was."""
    codes_tried_again: tuple[tuple[Subject, datetime], ...] = ()
    """Nodes whose used code a second box has shown: which of the two is theirs?"""
    over_quota: tuple[tuple[Subject, datetime], ...] = ()
    """Nodes that brought more than one may in a day; since when."""
    to_review: int = 0
    last_drill_at: datetime | None = None
    roster: bool = True
    """Somebody has put people on duty: a fire service is meant to run here."""
    zones: int = 1
    boundary: bool = True


@dataclass(frozen=True, slots=True)
class Need:
    code: Code
    severity: Severity
    n: int
    href: str
    """Where it is done, as the web app's address."""
    since: datetime | None = None
    subjects: tuple[Subject, ...] = ()
    """The first `NAMED` of them."""


def needs(facts: Facts) -> list[Need]:
    """All that need a person: the most severe first, and within that in the order of the rules."""
    found = [need for rule in _RULES if (need := rule(facts)) is not None]
    return sorted(found, key=lambda need: SEVERITIES.index(need.severity))


def _unanswered_fire(facts: Facts) -> Need | None:
    waiting = [fire for fire in facts.fires if not fire.answered]
    return _of_fires("unanswered_fire", "now", waiting)


def _burning_fire(facts: Facts) -> Need | None:
    return _of_fires("burning_fire", "soon", [fire for fire in facts.fires if fire.answered])


def _undelivered(facts: Facts) -> Need | None:
    if not facts.unreached:
        return None
    since = min(at for _, at in facts.unreached)
    people = [who for who, _ in facts.unreached]
    return Need("undelivered", "soon", len(people), "#fire/devices", since, tuple(people[:NAMED]))


def _nobody_on_duty(facts: Facts) -> Need | None:
    if facts.duty.anybody and not facts.duty.uncovered:
        return None
    # While a fire burns, whoever should go to the next one is missing at once.
    severity: Severity = "now" if facts.fires else "soon"
    zones = facts.duty.uncovered if facts.duty.anybody else ()
    return Need("nobody_on_duty", severity, len(zones), "#fire/roster", None, zones[:NAMED])


def _unreachable_ranger(facts: Facts) -> Need | None:
    people = facts.duty.unreachable
    if not people:
        return None
    severity: Severity = "now" if facts.fires else "soon"
    return Need("unreachable_ranger", severity, len(people), "#fire/roster", None, people[:NAMED])


def _silent_camera(facts: Facts) -> Need | None:
    return _of_cameras("silent_camera", "soon", _with_status(facts, HealthStatus.SILENT), "silent")


def _never_seen_camera(facts: Facts) -> Need | None:
    return _of_cameras(
        "never_seen_camera", "soon", _with_status(facts, HealthStatus.NEVER_SEEN), "never_seen"
    )


def _attention_camera(facts: Facts) -> Need | None:
    clock = {HealthReason.CLOCK_UNSYNCHRONISED, HealthReason.DARK}
    cameras = [one for one in _with_status(facts, HealthStatus.ATTENTION) if set(one.reasons) - clock]
    return _of_cameras("attention_camera", "soon", cameras, "attention")


def _clock_wrong(facts: Facts) -> Need | None:
    cameras = [
        one
        for one in facts.cameras
        if HealthReason.CLOCK_UNSYNCHRONISED in one.reasons and not one.clock_corrected
    ]
    return _of_cameras("clock_wrong", "soon", cameras, "clock")


def _code_tried_again(facts: Facts) -> Need | None:
    return _of_nodes("code_tried_again", facts.codes_tried_again, "#admin/nodes")


def _node_over_quota(facts: Facts) -> Need | None:
    nodes = facts.over_quota
    at = f"#fleet/nodes/{nodes[0][0].id}" if len(nodes) == 1 else "#fleet/nodes"
    return _of_nodes("node_over_quota", nodes, at)


def _visit_due(facts: Facts) -> Need | None:
    if not facts.visits:
        return None
    severity: Severity = "soon" if facts.visits_urgent else "when_convenient"
    named = tuple(place for place, _ in facts.visits[:NAMED])
    since = min(at for _, at in facts.visits)
    return Need("visit_due", severity, len(facts.visits), "#fleet/visits", since, named)


def _to_review(facts: Facts) -> Need | None:
    if facts.to_review < REVIEW_FROM:
        return None
    return Need("to_review", "when_convenient", facts.to_review, "#review")


def _drill_due(facts: Facts) -> Need | None:
    last = facts.last_drill_at
    if not facts.roster or (last is not None and facts.now - last < DRILL_EVERY):
        return None
    return Need(
        "drill_due", "when_convenient", 0 if last is None else (facts.now - last).days, "#fire/drills", last
    )


def _no_camera(facts: Facts) -> Need | None:
    return None if facts.cameras else Need("no_camera", "soon", 0, "#admin/cameras")


def _no_zone(facts: Facts) -> Need | None:
    return None if facts.zones else Need("no_zone", "when_convenient", 0, "#admin/zones")


def _no_boundary(facts: Facts) -> Need | None:
    return None if facts.boundary else Need("no_boundary", "when_convenient", 0, "#admin/reserve")


_RULES: tuple[Callable[[Facts], Need | None], ...] = (
    _unanswered_fire,
    _nobody_on_duty,
    _unreachable_ranger,
    _burning_fire,
    _undelivered,
    _silent_camera,
    _never_seen_camera,
    _attention_camera,
    _clock_wrong,
    _code_tried_again,
    _node_over_quota,
    _visit_due,
    _no_camera,
    _to_review,
    _drill_due,
    _no_zone,
    _no_boundary,
)


def _of_fires(code: Code, severity: Severity, fires: Sequence[Fire]) -> Need | None:
    if not fires:
        return None
    first = min(fires, key=lambda fire: fire.first_seen_at)
    href = f"#fire/incidents/{first.id}" if len(fires) == 1 else "#fire"
    return Need(code, severity, len(fires), href, first.first_seen_at)


def _of_nodes(code: Code, nodes: Sequence[tuple[Subject, datetime]], href: str) -> Need | None:
    if not nodes:
        return None
    named = tuple(node for node, _ in nodes[:NAMED])
    return Need(code, "soon", len(nodes), href, min(at for _, at in nodes), named)


def _with_status(facts: Facts, status: HealthStatus) -> list[Camera]:
    return [one for one in facts.cameras if one.status is status]


def _of_cameras(code: Code, severity: Severity, cameras: Sequence[Camera], show: str) -> Need | None:
    """
    Args:
        show: which cameras the list of cameras shows then.
    """
    if not cameras:
        return None
    longest = sorted(cameras, key=lambda one: one.since)
    href = f"#camera/{longest[0].id}" if len(longest) == 1 else f"#camera?show={show}"
    named = tuple(Subject(one.id, one.name) for one in longest[:NAMED])
    return Need(code, severity, len(longest), href, longest[0].since, named)
