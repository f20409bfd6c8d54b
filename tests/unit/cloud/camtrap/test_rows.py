"""Rows: our fields are the standard's; what is written is read back; what is told twice counts once."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.camtrap_packages import SHARED, descriptor

from fieldwatch_cloud.camtrap import projection
from fieldwatch_cloud.camtrap.package import Package, Rejected
from fieldwatch_cloud.camtrap.projection import Levels
from fieldwatch_cloud.camtrap.source import ZipSource
from fieldwatch_cloud.camtrap.tables import DEPLOYMENTS, MEDIA, OBSERVATIONS, TABLES, Field
from fieldwatch_cloud.camtrap.writer import Packer, line

DATASET = UUID(int=1)
NOW = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the official schemas are not beside the checkout")
@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_our_fields_are_the_standards(table: Any) -> None:
    schema = json.loads((SHARED / "schemas" / f"{table.name}-table-schema.json").read_text())
    for field, official in zip(table.fields, schema["fields"], strict=True):
        rules = official["constraints"]
        pattern = field.pattern.pattern if field.pattern else None
        assert (field.name, field.kind) == (official["name"], official["type"])
        assert (field.required, field.unique) == (rules["required"], rules.get("unique", False))
        assert (field.minimum, field.maximum) == (rules.get("minimum"), rules.get("maximum"))
        assert list(field.enum) == rules.get("enum", [])
        assert pattern == rules.get("pattern")
    assert table.key == schema["primaryKey"]
    keys = [(one["fields"], one["reference"]["resource"]) for one in schema.get("foreignKeys", [])]
    assert list(table.references) == keys


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1, max_size=20).filter(
    lambda text: text not in {"NA", "NaN", "nan"}
)
times = st.builds(
    lambda second, hours: datetime.fromtimestamp(second, timezone(timedelta(hours=hours))),
    st.integers(946_684_800, 1_733_000_000),  # 2000 to 2024
    st.integers(-12, 14),
)


def _value(field: Field) -> st.SearchStrategy[Any]:
    if field.enum:
        return st.sampled_from(field.enum)
    low, high = field.minimum, field.maximum
    match field.kind:
        case "number":
            return (
                st.floats(low if low is not None else -1e6, high if high is not None else 1e6)
                .map(lambda x: float(f"{x:.6g}"))
                .filter(lambda x: (low is None or x >= low) and (x == 0 or abs(x) > 1e-12))
            )
        case "integer":
            return st.integers(int(low or 0), int(high if high is not None else 2**31 - 1))
        case "boolean":
            return st.booleans()
        case "datetime":
            return times
        case _ if field.name == "fileMediatype":
            return st.just("image/jpeg")
        case _ if field.name == "filePath":
            return st.just("https://example.org/a.jpg")
        case _:
            return texts


def rows_of(fields: tuple[Field, ...]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {field.name: _value(field) for field in fields if field.required},
        optional={field.name: _value(field) for field in fields if not field.required},
    )


@settings(max_examples=60, deadline=None)
@given(rows_of(DEPLOYMENTS.fields), rows_of(MEDIA.fields), rows_of(OBSERVATIONS.fields))
def test_what_is_written_is_read_back(
    deployment: dict[str, Any], medium: dict[str, Any], observation: dict[str, Any]
) -> None:
    for row, start, end in (
        (deployment, "deploymentStart", "deploymentEnd"),
        (observation, "eventStart", "eventEnd"),
    ):
        row[start], row[end] = sorted((row[start], row[end]))
    medium["deploymentID"] = observation["deploymentID"] = deployment["deploymentID"]
    if "mediaID" in observation:
        observation["mediaID"] = medium["mediaID"]
    written = {"deployments": deployment, "media": medium, "observations": observation}
    file = io.BytesIO()
    with Packer(file) as out:
        out.json("datapackage.json", descriptor())
        for name, row in written.items():
            out.table(f"{name}.csv", TABLES[name].columns, [line(TABLES[name].columns, row)])
    found = Package(ZipSource(file))
    for name, row in written.items():
        (read,) = found.rows(name)
        assert not isinstance(read, Rejected), read
        for name_of, value in row.items():
            assert read.values.pop(name_of) == (pytest.approx(value) if isinstance(value, float) else value)
        assert read.values == {}
    # Whatever the standard allows, our records can be made of it, and have the same ids each time.
    project = projection.deployment(DATASET, found_values(found, "deployments"), NOW)
    assert project.started_at <= project.ended_at <= NOW
    again = projection.deployment(DATASET, deployment, NOW)
    assert again.id == project.id
    one = projection.observation(DATASET, found_values(found, "observations"), None)
    assert one.observed_at <= one.ended_at
    assert 0 <= one.confidence <= 1


def found_values(package: Package, table: str) -> dict[str, Any]:
    (row,) = package.rows(table)
    assert not isinstance(row, Rejected)
    return row.values


def row(
    level: str,
    start: int,
    end: int | None = None,
    *,
    event: str | None = None,
    kind: str = "animal",
    **more: Any,
) -> dict[str, Any]:
    values = {
        "observationID": f"{level} {start}",
        "deploymentID": "d",
        "observationLevel": level,
        "observationType": kind,
        "eventStart": NOW + timedelta(minutes=start),
        "eventEnd": NOW + timedelta(minutes=start if end is None else end),
        "eventID": event,
        **more,
    }
    return {name: value for name, value in values.items() if value is not None}


def counted(*rows: dict[str, Any]) -> list[str]:
    levels = Levels()
    for one in rows:
        levels.learn(one)
    return [one["observationID"] for one in rows if levels.counts(one)]


def test_an_event_that_is_described_as_a_whole_counts_once() -> None:
    assert counted(
        row("media", 0, event="e1"),
        row("event", 0, 5, event="e1"),
        row("media", 5, event="e1"),
        row("media", 30, event="e2"),
        row("media", 31, event="e2"),
    ) == ["event 0", "media 30", "media 31"]


def test_pictures_without_an_event_count_unless_one_spans_them() -> None:
    spans = [row("event", 0, 100), row("event", 10, 12), row("event", 300, 310)]
    assert counted(*spans, *(row("media", at) for at in (50, 100, 101, 299, 305))) == [
        "event 0",
        "event 10",
        "event 300",
        "media 101",
        "media 299",
    ]


def test_putting_up_the_camera_and_what_nobody_looked_at_do_not_count() -> None:
    assert counted(
        row("event", 0, event="e1", kind="human", cameraSetupType="setup"),
        row("event", 5, 6, event="e2", kind="unclassified"),
        row("media", 5, event="e2"),
        row("media", 7, event="e3", kind="blank"),
    ) == ["media 5", "media 7"]


def test_another_deployments_event_of_the_same_name_is_another_event() -> None:
    other = row("media", 3, event="e1") | {"deploymentID": "other"}
    assert counted(row("event", 0, 5, event="e1"), other) == ["event 0", "media 3"]


def test_an_event_is_traced_to_its_first_picture() -> None:
    levels = Levels()
    event = row("event", 0, 5, event="e1")
    for one in (event, row("media", 1, event="e1", mediaID="m1"), row("media", 2, event="e1", mediaID="m2")):
        levels.learn(one)
    assert levels.picture(event) == "m1"
    assert levels.picture(row("event", 9)) is None


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
        (datetime(1980, 1, 1, tzinfo=UTC), NOW),
    ],
)
def test_a_deployment_that_cannot_have_been_is_refused(start: datetime, end: datetime) -> None:
    values = {
        "deploymentID": "d",
        "latitude": 0.0,
        "longitude": 0.0,
        "deploymentStart": start,
        "deploymentEnd": end,
    }
    with pytest.raises(ValueError, match="deploymentEnd"):
        projection.deployment(DATASET, values, NOW)


def test_the_same_records_give_the_same_bytes() -> None:
    def written() -> bytes:
        file = io.BytesIO()
        with Packer(file) as out:
            out.json("datapackage.json", descriptor())
            out.table("a.csv", ["x", "y"], [["1", "a, b"], ["2", 'c "d"']])
        return file.getvalue()

    assert written() == written()
