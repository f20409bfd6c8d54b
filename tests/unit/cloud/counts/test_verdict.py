"""The verdict on effort and records: what is found, how grave, and what is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from fieldwatch_cloud.counts import verdict
from fieldwatch_cloud.counts.estimate import Finding
from fieldwatch_cloud.counts.words import say


def codes(findings: tuple[Finding, ...]) -> dict[str, str]:
    return {finding.code: finding.severity for finding in findings}


def test_nothing_to_say_of_a_good_survey() -> None:
    assert verdict.of_effort(np.full(50, 30.0), asked_days=30, looked_days=30) == ()


@pytest.mark.parametrize(
    ("days", "code", "severity"),
    [
        ([0.0, 0.0], "not_observed", "unfit"),
        ([], "not_observed", "unfit"),
        ([30.0], "one_site", "caution"),
        ([30.0] * 19, "few_sites", "caution"),
        ([30.0] * 39, "few_sites", "note"),
        ([20.0] * 40, "short_at_sites", "note"),
        ([30.0] * 40 + [0.0], "silent_sites", "note"),
        ([30.0] * 40 + [0.0] * 15, "silent_sites", "caution"),
        ([10.0] * 20 + [60.0] * 20, "uneven_effort", "caution"),
        ([25.0] * 10 + [400.0], "one_camera_most", "caution"),
    ],
)
def test_of_effort(days: list[float], code: str, severity: str) -> None:
    assert codes(verdict.of_effort(days, asked_days=60))[code] == severity


def test_days_on_which_nobody_looked_and_effort_from_dates() -> None:
    found = codes(verdict.of_effort([30.0] * 50, asked_days=200, looked_days=100, from_dates=3))
    assert found == {"part_of_span": "caution", "effort_from_dates": "caution", "many_seasons": "note"}
    assert codes(verdict.of_effort([30.0] * 50, asked_days=40, looked_days=36)) == {"part_of_span": "note"}


def test_of_records() -> None:
    assert verdict.of_records(observations=0) == ()
    assert codes(verdict.of_records(observations=10)) == {
        "none_confirmed": "caution",
        "detector_uncorrected": "note",
    }
    assert codes(verdict.of_records(observations=10, labelled=10)) == {"share_confirmed": "note"}
    found = verdict.of_records(
        observations=100,
        labelled=4,
        without_effort=2,
        unmeasured=3,
        unsynchronised=6,
        min_confidence=0.5,
        corrected=True,
    )
    assert codes(found) == {
        "without_effort": "caution",
        "share_confirmed": "note",
        "unmeasured_detector": "caution",
        "unsynchronised": "caution",
        "min_confidence": "note",
    }
    assert (
        codes(verdict.of_records(observations=100, labelled=100, unsynchronised=5))["unsynchronised"]
        == "note"
    )


def test_of_newest() -> None:
    assert verdict.of_newest(0, unmeasured=0, unsynchronised=0) == ()
    assert codes(verdict.of_newest(40, unmeasured=1, unsynchronised=2)) == {
        "unmeasured_newest": "caution",
        "unsynchronised_newest": "note",
    }
    (clocks,) = verdict.of_newest(40, unmeasured=0, unsynchronised=3)
    assert (clocks.severity, clocks.figures) == ("caution", {"cameras": 3, "of": 40})


def test_closure() -> None:
    assert verdict.of_closure(90) == ()
    assert codes(verdict.of_closure(91)) == {"season_too_long": "caution"}


def test_many_taxa_make_one_sentence_with_the_worst_as_example() -> None:
    few = Finding("few_events", "caution", {"events": 2, "least": 25})
    merged = verdict.gather(
        {
            "Ursus arctos": [Finding("no_events", "note", {"camera_days": 9.0})],
            "Lynx lynx": [few],
            "Sus scrofa": [Finding("few_events", "caution", {"events": 7, "least": 25})],
        }
    )
    assert [(f.code, f.figures["taxon"], f.figures["others"]) for f in merged] == [
        ("no_events", "Ursus arctos", 0),
        ("few_events", "Lynx lynx", 1),
    ]
    assert say(merged[0], "en").text.startswith("Ursus arctos: Not seen in 9.0 camera-days")


def test_the_gravest_first_and_each_once() -> None:
    note, caution, unfit = (
        Finding(code, severity) for code, severity in zip("abc", ("note", "caution", "unfit"), strict=True)
    )
    graver = Finding("a", "caution")
    assert verdict.in_order([note, caution, graver, unfit]) == (unfit, caution, graver)
