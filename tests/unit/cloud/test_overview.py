"""What needs a person, what changed, which pictures are shown: the rules of the overview."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import numpy as np
import pytest

from fieldwatch_cloud.counts.tally import Tally
from fieldwatch_cloud.db.overview import Pictured
from fieldwatch_cloud.fleet.health import HealthReason, HealthStatus
from fieldwatch_cloud.overview.needs import Camera, Duty, Facts, Fire, Need, Subject, needs
from fieldwatch_cloud.overview.pictures import best_of_all, best_of_species
from fieldwatch_cloud.overview.week import Span, changes

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def camera(status: HealthStatus = HealthStatus.OK, *reasons: HealthReason, hours: float = 1) -> Camera:
    return Camera(uuid4(), "ridge", status, reasons, NOW - timedelta(hours=hours), clock_corrected=False)


WELL = Facts(NOW, cameras=(camera(),), last_drill_at=NOW - timedelta(days=10))
SOMEBODY = Subject(uuid4(), "Li Wei")
NODE = Subject("mast-1", "The mast")


def codes(facts: Facts) -> list[str]:
    return [need.code for need in needs(facts)]


def need(facts: Facts, code: str) -> Need:
    (found,) = [one for one in needs(facts) if one.code == code]
    return found


def fire(*, answered: bool = False, minutes: float = 5) -> Fire:
    return Fire(uuid4(), NOW - timedelta(minutes=minutes), answered=answered)


def test_where_all_is_well_nothing_needs_a_person() -> None:
    assert needs(WELL) == []


@pytest.mark.parametrize(
    ("change", "code", "severity"),
    [
        ({"fires": (fire(),)}, "unanswered_fire", "now"),
        ({"fires": (fire(answered=True),)}, "burning_fire", "soon"),
        ({"duty": Duty((), False, ())}, "nobody_on_duty", "soon"),
        ({"duty": Duty((SOMEBODY,), True, ())}, "nobody_on_duty", "soon"),
        ({"duty": Duty((), True, (SOMEBODY,))}, "unreachable_ranger", "soon"),
        ({"unreached": ((SOMEBODY, NOW),)}, "undelivered", "soon"),
        ({"cameras": (camera(HealthStatus.SILENT),)}, "silent_camera", "soon"),
        ({"cameras": (camera(HealthStatus.NEVER_SEEN),)}, "never_seen_camera", "soon"),
        (
            {"cameras": (camera(HealthStatus.ATTENTION, HealthReason.FROZEN),)},
            "attention_camera",
            "soon",
        ),
        (
            {"cameras": (camera(HealthStatus.ATTENTION, HealthReason.CLOCK_UNSYNCHRONISED),)},
            "clock_wrong",
            "soon",
        ),
        ({"codes_tried_again": ((NODE, NOW),)}, "code_tried_again", "soon"),
        ({"over_quota": ((NODE, NOW),)}, "node_over_quota", "soon"),
        ({"visits": ((SOMEBODY, NOW),)}, "visit_due", "when_convenient"),
        ({"visits": ((SOMEBODY, NOW),), "visits_urgent": True}, "visit_due", "soon"),
        ({"cameras": ()}, "no_camera", "soon"),
        ({"to_review": 20}, "to_review", "when_convenient"),
        ({"last_drill_at": NOW - timedelta(days=91)}, "drill_due", "when_convenient"),
        ({"last_drill_at": None}, "drill_due", "when_convenient"),
        ({"zones": 0}, "no_zone", "when_convenient"),
        ({"boundary": False}, "no_boundary", "when_convenient"),
    ],
)
def test_each_lack_is_one_need(change: dict[str, object], code: str, severity: str) -> None:
    found = needs(replace(WELL, **change))  # type: ignore[arg-type]
    assert [(one.code, one.severity) for one in found] == [(code, severity)]


def test_while_it_burns_nobody_on_duty_is_for_now() -> None:
    facts = replace(WELL, fires=(fire(answered=True),), duty=Duty((SOMEBODY,), True, (SOMEBODY,)))
    assert codes(facts) == ["nobody_on_duty", "unreachable_ranger", "burning_fire"]
    assert need(facts, "nobody_on_duty").severity == need(facts, "unreachable_ranger").severity == "now"


def test_one_fire_leads_to_itself_and_several_to_the_list() -> None:
    first, second = fire(minutes=50), fire(minutes=5)
    assert need(replace(WELL, fires=(first,)), "unanswered_fire").href == f"#fire/incidents/{first.id}"
    both = need(replace(WELL, fires=(second, first)), "unanswered_fire")
    assert (both.href, both.n, both.since) == ("#fire", 2, first.first_seen_at)


def test_what_is_dark_at_night_and_a_clock_that_was_corrected_need_nobody() -> None:
    dark = camera(HealthStatus.OK, HealthReason.DARK)
    doubtful = camera(HealthStatus.ATTENTION, HealthReason.CLOCK_UNSYNCHRONISED)
    assert needs(replace(WELL, cameras=(dark, replace(doubtful, clock_corrected=True)))) == []


def test_of_many_cameras_the_longest_silent_are_named() -> None:
    silent = tuple(camera(HealthStatus.SILENT, hours=n) for n in range(1, 8))
    found = need(replace(WELL, cameras=silent), "silent_camera")
    assert (found.n, len(found.subjects), found.href) == (7, 5, "#camera?show=silent")
    assert found.subjects[0].id == silent[-1].id
    assert found.since == silent[-1].since


def test_a_reserve_without_a_roster_is_not_told_to_drill() -> None:
    assert codes(replace(WELL, roster=False, last_drill_at=None)) == []


# What changed -------------------------------------------------------------------------------------------


def span(days: list[float], **events: dict[int, int]) -> Span:
    tallies = [
        Tally(name, "animal", sum(at.values()), 0, sum(at.values()), sum(at.values()), 1, at)
        for name, at in events.items()
    ]
    return Span(np.array(days), tallies)


@pytest.mark.parametrize(
    ("now", "before", "status"),
    [
        ({0: 30, 1: 32}, {0: 10, 1: 9}, "more"),
        ({0: 10, 1: 9}, {0: 30, 1: 32}, "fewer"),
        ({0: 10, 1: 9}, {0: 12, 1: 9}, "unclear"),
        ({0: 2}, {}, "unclear"),  # two after none bear nothing
        ({0: 9, 1: 9}, {}, "more"),
    ],
)
def test_a_change_is_said_where_the_ratio_bears_it(
    now: dict[int, int], before: dict[int, int], status: str
) -> None:
    this, last = (span([7.0, 7.0], **({"Takin": at} if at else {})) for at in (now, before))
    (found,) = changes(this, last)
    assert found.status == status
    assert found.rate == pytest.approx(100 * sum(now.values()) / 14)


def test_without_effort_there_is_no_rate_and_no_change() -> None:
    (blind,) = changes(span([0.0], Takin={0: 5}), span([7.0], Takin={0: 5}))
    assert (blind.status, blind.rate, blind.ratio, blind.events) == ("not_observed", None, None, 5)
    (first,) = changes(span([7.0], Takin={0: 5}), span([0.0]))
    assert (first.status, first.rate_before, first.ratio) == ("not_observed_before", None, None)


def test_cameras_that_looked_in_one_week_only_are_not_compared() -> None:
    (found,) = changes(span([7.0, 7.0], Takin={0: 6, 1: 40}), span([7.0, 0.0], Takin={0: 6}))
    assert found.status == "unclear"
    assert found.ratio is not None
    assert found.ratio.value == pytest.approx(1)


def test_what_is_new_comes_first_and_nameless_animals_not_at_all() -> None:
    now = span([7.0, 7.0], Hare={0: 1}, Takin={0: 9, 1: 9}, Panda={0: 60, 1: 60})
    now = replace(now, tallies=[*now.tallies, Tally(None, "animal", 3, 0, 3, 3, 1, {0: 3})])
    found = changes(now, span([7.0, 7.0], Panda={0: 58, 1: 61}), {"Hare"})
    assert [(one.scientific_name, one.status) for one in found] == [
        ("Hare", "first_record"),
        ("Takin", "more"),
        ("Panda", "unclear"),
    ]


# Pictures -----------------------------------------------------------------------------------------------

RIDGE, LICK, RIVER = (UUID(int=n) for n in (1, 2, 3))


def shown(at: UUID, hours: float, confidence: float | None = 0.9, **fields: object) -> Pictured:
    one = Pictured(uuid4(), at, NOW - timedelta(hours=hours), "Takin", confidence, labelled=False)
    return replace(one, **fields)  # type: ignore[arg-type]


def test_of_a_species_people_come_before_detectors_and_cameras_take_turns() -> None:
    best, second, third = shown(RIDGE, 1, 0.99), shown(RIDGE, 5, 0.95), shown(RIDGE, 9, 0.94)
    other = shown(LICK, 3, 0.4)
    word = shown(RIVER, 8, None, labelled=True)
    assert best_of_species([third, second, other, best, word], 4) == [word, best, other, second]


def test_an_event_is_shown_once_by_its_best() -> None:
    worse, better = shown(RIDGE, 1.0, 0.5), shown(RIDGE, 1.2, 0.8)
    assert best_of_species([worse, better], 9) == [better]


def test_of_all_what_is_rare_is_shown_as_well() -> None:
    many = [shown(RIDGE, hours, 0.99) for hours in range(1, 20)]
    rare = shown(LICK, 2, 0.5, scientific_name="Hare")
    assert rare in best_of_all([*many, rare], 2)
