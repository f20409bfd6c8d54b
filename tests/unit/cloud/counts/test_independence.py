"""Records to independent events, against camtrapR and camtraptor."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.unit.cloud.counts.occupancy_cases import case

from fieldwatch_cloud.counts.events import Record, Rule, independent_events, one_per_second

if TYPE_CHECKING:
    from pathlib import Path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def at(text: str) -> datetime:
    """The tables give local times without a zone; only differences matter here."""
    return datetime.fromisoformat(text.replace("Z", "")).replace(tzinfo=UTC)


def picture(station: str, species: str, taken: str, count: int = 1) -> Record:
    return Record(station, (species, "animal"), at(taken), at(taken), count)


@pytest.mark.parametrize(
    ("minutes", "rule", "file"),
    [
        (60, "last_record", "expected_60min_lastRecord.csv"),
        (60, "last_independent_record", "expected_60min_lastIndependentRecord.csv"),
        (30, "last_record", "expected_30min_lastRecord.csv"),
        (30, "last_independent_record", "expected_30min_lastRecord.csv"),
    ],
)
def test_independence_camtrapR_sample_images(minutes: int, rule: Rule, file: str) -> None:  # noqa: N802
    """Event by event: where it starts, its pictures, and the time from the record that the rule looks at.

    Of the 30-minute rule from the last independent record the reference gives the number alone; its events
    are those of the other rule.
    """
    folder, expected = case("independence_camtrapR_sample_images")
    raw = [
        picture(r["Station"], r["Species"], r["DateTimeOriginal"]) for r in rows(folder / "raw_records.csv")
    ]
    records = one_per_second(raw)
    assert (len(raw), len(records)) == (67, 55)
    events = independent_events(records, timedelta(minutes=minutes), rule)
    wanted = rows(folder / file)
    assert len(events) == expected["n_60min_lastRecord"] == expected["n_30min_lastIndependentRecord"] == 39
    assert [(e.deployment, e.taxon[0], e.start, e.observations) for e in events] == [
        (r["Station"], r["Species"], at(r["DateTimeOriginal"]), int(r["n_images"])) for r in wanted
    ]
    assert Counter(e.taxon[0] for e in events) == expected["by_species_60_lastRecord"]
    if minutes == 60:
        for before, event, row in zip(events, events[1:], wanted[1:], strict=False):
            same = (before.deployment, before.taxon) == (event.deployment, event.taxon)
            since = before.end if rule == "last_record" else before.start
            delta = (event.start - since).total_seconds() if same else 0
            assert delta == float(row["delta.time.secs"])


def test_exactly_the_interval_apart_is_independent() -> None:
    """camtrapR's >=, where camtraptor has >: stated, so that both can be compared with."""
    apart = [
        picture("A", "Cuon alpinus", "2026-05-01 06:00:00"),
        picture("A", "Cuon alpinus", "2026-05-01 06:30:00"),
    ]
    assert len(independent_events(apart, timedelta(minutes=30))) == 2
    assert len(independent_events(apart, timedelta(minutes=30, seconds=1))) == 1


def test_rules_part_where_an_animal_stays() -> None:
    staying = [picture("A", "Cuon alpinus", f"2026-05-01 06:{minute:02}:00") for minute in range(0, 60, 10)]
    assert len(independent_events(staying, timedelta(minutes=30), "last_record")) == 1
    assert len(independent_events(staying, timedelta(minutes=30), "last_independent_record")) == 2


def test_rai_camtraptor_mica() -> None:
    """Effort from dates, events, individuals, species and rates of every deployment, zeros included."""
    folder, _ = case("rai_camtraptor_mica")
    effort = {
        row["deploymentID"]: (at(row["end"]) - at(row["start"])) / timedelta(days=1)
        for row in rows(folder / "deployments.csv")
    }
    for row in rows(folder / "expected_effort_days.csv"):
        assert effort[row["deploymentID"]] == pytest.approx(float(row["effort"]), rel=1e-12)
    named = [row for row in rows(folder / "observations.csv") if row["scientificName"]]
    sequences = {(r["deploymentID"], r["scientificName"], r["sequenceID"]) for r in named}
    seen = Counter((deployment, species) for deployment, species, _ in sequences)
    individuals: Counter[tuple[str, str]] = Counter()
    for row in named:
        individuals[row["deploymentID"], row["scientificName"]] += int(row["count"])

    def key(row: dict[str, str]) -> tuple[str, str]:
        return row["deploymentID"], row["scientificName"]

    for row in rows(folder / "expected_n_obs.csv"):
        assert seen[key(row)] == int(row["n"])
    for row in rows(folder / "expected_n_individuals.csv"):
        assert individuals[key(row)] == int(row["n"])
    for row in rows(folder / "expected_n_species.csv"):
        assert len({s for d, s in seen if d == row["deploymentID"] and seen[d, s]}) == int(row["n"])
    for file, counted in (("expected_rai.csv", seen), ("expected_rai_individuals.csv", individuals)):
        for row in rows(folder / file):
            rate = rate_of(counted[key(row)], effort[row["deploymentID"]])
            assert rate == pytest.approx(float(row["rai"]), rel=1e-12)


def rate_of(events: int, days: float) -> float:
    from fieldwatch_cloud.counts.methods.rate import rate

    return rate([events], [days]).estimates[0].value


def test_rai_camtraptor_mica_record_table() -> None:
    """The record table at no interval: one row a record.

    The reference drops both rows of a duplicated time; here the larger stays. Of the 19 observations with a
    name two share a time and species with another.
    """
    folder, expected = case("rai_camtraptor_mica")
    place = {row["deploymentID"]: row["locationName"] for row in rows(folder / "deployments.csv")}
    records = [
        picture(place[row["deploymentID"]], row["scientificName"], row["timestamp"], int(row["count"]))
        for row in rows(folder / "observations.csv")
        if row["scientificName"]
    ]
    events = independent_events(one_per_second(records), timedelta(seconds=1))
    wanted = {
        (row["Station"], row["Species"], at(row["DateTimeOriginal"])): int(row["n"])
        for row in rows(folder / "expected_record_table_minDelta0.csv")
    }
    assert len(wanted) == expected["record_table_rows"]["d0"]
    found = {(e.deployment, e.taxon[0], e.start): e.max_n for e in events}
    times = Counter((r.deployment, r.taxon[0], r.start) for r in records)
    once = {each: n for each, n in found.items() if times[each] == 1}
    assert {each: n for each, n in wanted.items() if times[each] == 1} == once
    assert found.keys() >= wanted.keys()
