"""A reserve's own records as Camtrap DP and Darwin Core: valid, as counted, and blurred for some."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5
from xml.etree import ElementTree as ET

import pytest
from pyproj import Geod
from tests.camtrap_packages import SHARED, tables
from tests.integration.api_world import NOON, World

from fieldwatch_cloud.camtrap.source import ZipSource
from fieldwatch_cloud.camtrap.validate import problems
from fieldwatch_cloud.db import labels, sensitive
from fieldwatch_cloud.exports import camtrap_dp, darwin_core
from fieldwatch_cloud.exports.citation import cite
from fieldwatch_cloud.exports.order import Order
from fieldwatch_cloud.exports.told import CELLS
from fieldwatch_cloud.labels.domain import Label

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database

PANDA = "Ailuropoda melanoleuca"
NOW = datetime(2026, 5, 10, tzinfo=UTC)
GLOBE = Geod(ellps="WGS84")


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> World:
    world = World(database_url, db, tmp_path)
    world.look(world.ridge, 0, 600)
    world.look(world.lick, 0, 600)
    world.observe(world.ridge, 10, name="Sus scrofa", count=2)
    world.observe(world.ridge, 12.5, name=PANDA)
    world.observe(world.lick, 30, name=None, kind="human")
    world.observe(world.lick, 40, name=PANDA, confidence=0.41)
    return world


def picture(world: World, deployment: UUID, minutes: float, observation: UUID) -> UUID:
    new = UUID(int=observation.int ^ 1)
    with world.db.transaction() as conn:
        conn.execute(
            "INSERT INTO media (id, deployment_id, observed_at, mime, sha256, bytes, width, height,"
            " clock_quality) VALUES (%s, %s, %s, 'image/jpeg', %s, 9, 64, 48, 'ntp')",
            (new, deployment, NOON + timedelta(minutes=minutes), "a" * 64),
        )
        conn.execute("UPDATE observation SET media_id = %s WHERE id = %s", (new, observation))
    return new


def order(world: World, **asked: Any) -> Order:
    return replace(Order("foping", world.foping, exact=True, site="https://foping.example.org"), **asked)


def package(world: World, asked: Order, module: Any = camtrap_dp) -> io.BytesIO:
    file = io.BytesIO()
    module.write(world.db, asked, cite(asked, name="Foping", accessed_at=NOW), file)
    file.seek(0)
    return file


def rows(file: io.BytesIO, name: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(file) as packed:
        return list(csv.DictReader(io.StringIO(packed.read(name).decode())))


def test_the_package_is_valid_and_says_what_was_seen(world: World) -> None:
    seen = world.observe(world.ridge, 20, name="Sus scrofa", confidence=0.7)
    media = picture(world, world.ridge, 20.2, seen)
    file = package(world, order(world))
    assert list(problems(ZipSource(file))) == []
    found = rows(file, "observations.csv")
    events = [one for one in found if one["observationLevel"] == "event"]
    assert len(events) == 5
    (boar,) = [one for one in found if one["mediaID"]]
    assert (boar["mediaID"], boar["observationLevel"], boar["bboxX"]) == (str(media), "media", "0.1")
    assert boar["classificationProbability"] == "0.7"
    assert boar["classifiedBy"] == "wildlife@1"
    (medium,) = rows(file, "media.csv")
    assert medium["filePath"] == f"https://foping.example.org/api/v1/media/{media}"
    assert medium["timestamp"] == "2026-05-04T12:20:12Z"
    assert {one["locationName"] for one in rows(file, "deployments.csv")} == {"ridge", "lick", "river"}
    effort = rows(file, "effort.csv")
    assert [(one["effortStart"], one["effortEnd"]) for one in effort] == [
        ("2026-05-04T12:00:00Z", "2026-05-04T22:00:00Z")
    ] * 2
    with zipfile.ZipFile(file) as packed:
        told = json.loads(packed.read("datapackage.json"))
    assert told["bibliographicCitation"].startswith("Foping (2026): Camera records of Foping")
    assert [one["scientificName"] for one in told["taxonomic"]] == [PANDA, "Sus scrofa"]
    assert package(world, order(world)).getvalue() == file.getvalue()


def test_a_persons_word_and_a_corrected_clock(world: World) -> None:
    seen = world.observe(world.ridge, 20, name="Sus scrofa", confidence=0.7)
    media = picture(world, world.ridge, 20, seen)
    world.token("researcher")
    with world.db.transaction() as conn:
        (account,) = conn.execute("SELECT id FROM account").fetchone() or (None,)
        said = Label("animal", scientific_name="Capricornis sumatraensis", count=3, box=(0.1, 0.1, 0.5, 0.5))
        labels.add(conn, media, [said], based_on=0, account_id=account, origin="web")
        conn.execute(
            "INSERT INTO clock_correction (id, deployment_id, offset_s, account_id)"
            " VALUES (%s, %s, 3600, %s)",
            (UUID(int=7), world.ridge, account),
        )
    file = package(world, order(world))
    assert list(problems(ZipSource(file))) == []
    event, shown = [one for one in rows(file, "observations.csv") if one["count"] == "3"]
    assert (event["classificationMethod"], event["classifiedBy"]) == ("human", "Researcher")
    assert event["classificationProbability"] == ""
    assert event["classificationTimestamp"]
    assert (event["eventStart"], event["eventEnd"]) == ("2026-05-04T13:20:00Z", "2026-05-04T13:21:00Z")
    assert (shown["mediaID"], shown["bboxWidth"]) == (str(media), "0.5")
    assert not [one for one in rows(file, "observations.csv") if one["classificationProbability"] == "0.7"]
    occurrences = rows(package(world, order(world), darwin_core), "occurrence.csv")
    (serow,) = [one for one in occurrences if one["scientificName"] == "Capricornis sumatraensis"]
    assert serow["identificationVerificationStatus"] == "verified by human"


def test_filters_by_time_taxon_deployment_and_area(world: World) -> None:
    def taxa(**asked: Any) -> list[str]:
        return [
            one["scientificName"] for one in rows(package(world, order(world, **asked)), "observations.csv")
        ]

    assert taxa(taxa=(PANDA,)) == [PANDA, PANDA]
    assert taxa(until=NOON + timedelta(minutes=11)) == ["Sus scrofa"]
    assert taxa(deployments=(world.ridge,)) == ["Sus scrofa", PANDA]
    assert taxa(min_confidence=0.5, taxa=(PANDA,)) == [PANDA]
    empty = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}
    nowhere = package(world, order(world, area=json.dumps(empty)))
    assert rows(nowhere, "observations.csv") == []
    assert list(problems(ZipSource(nowhere))) == []


def test_what_goes_out_comes_in_again_with_its_effort(world: World) -> None:
    file = package(world, order(world))
    with world.client("admin") as client:
        answer = client.post("/api/v1/reserves/elsewhere/datasets", content=file.getvalue())
        assert answer.status_code == 201, answer.text
        told = answer.json()
        assert (told["rejected"], told["effort_from_dates"]) == ([], False)
        assert (told["deployments"], told["counted"]) == (3, 4)
        again = client.get(f"/api/v1/datasets/{told['id']}/export").content
    assert tables(again) == tables(file)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the official schemas are not beside the checkout")
def test_the_package_validates_by_the_official_schemas(world: World, tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    frictionless = pytest.importorskip("frictionless")
    seen = world.observe(world.ridge, 20, name="Sus scrofa", confidence=0.7)
    picture(world, world.ridge, 20.2, seen)
    with world.db.transaction() as conn:
        sensitive.replace(conn, world.foping, {PANDA: 10_000})
    for exact in (True, False):
        folder = tmp_path / str(exact)
        with zipfile.ZipFile(package(world, order(world, exact=exact))) as packed:
            packed.extractall(folder)
        described = json.loads((folder / "datapackage.json").read_text())
        profile = json.loads((SHARED / "schemas" / "camtrap-dp-profile.json").read_text())
        base = json.loads((SHARED / "schemas" / "vendored" / "data-package-1.0.json").read_text())
        errors = list(jsonschema.Draft7Validator(_inline(profile, base)).iter_errors(described))
        assert [error.message for error in errors] == []
        for one in described["resources"]:
            schema = SHARED / "schemas" / f"{one['name']}-table-schema.json"
            if schema.is_file():
                one["schema"] = json.loads(schema.read_text())
        del described["profile"]
        report = frictionless.validate(described, basepath=str(folder))
        assert report.flatten(["type", "rowNumber", "fieldName", "note"]) == []
        assert report.valid


def _inline(schema: Any, base: Any) -> Any:
    """As the standard's own recipe for validating without a network."""
    if isinstance(schema, dict):
        if schema.get("$ref") == "https://specs.frictionlessdata.io/schemas/data-package.json":
            return base
        if schema.get("$ref") == "http://json.schemastore.org/geojson.json":
            return {"type": "object"}
        return {key: _inline(value, base) for key, value in schema.items()}
    return [_inline(value, base) for value in schema] if isinstance(schema, list) else schema


def test_what_xml_cannot_hold_leaves_the_archive_readable(world: World) -> None:
    odd = "Sus\ufffe scrofa\x01\uffff"
    with zipfile.ZipFile(package(world, order(world, taxa=(odd,)), darwin_core)) as packed:
        eml = ET.fromstring(packed.read("eml.xml"))  # noqa: S314  Ours.
    assert "Sus scrofa" in eml.findtext("dataset/title", "")


def test_a_darwin_core_archive_tells_effort_and_names_its_columns(world: World) -> None:
    file = package(world, order(world), darwin_core)
    with zipfile.ZipFile(file) as packed:
        meta = ET.fromstring(packed.read("meta.xml"))  # noqa: S314  Ours.
        eml = ET.fromstring(packed.read("eml.xml"))  # noqa: S314
    text = "{http://rs.tdwg.org/dwc/text/}"
    for part, name in (
        (meta.find(f"{text}core"), "event.csv"),
        (meta.find(f"{text}extension"), "occurrence.csv"),
    ):
        assert part is not None
        columns = list(rows(file, name)[0])
        for field in part.findall(f"{text}field"):
            assert field.get("term", "").rpartition("/")[2] == columns[int(field.get("index", ""))]
    events = {one["locality"]: one for one in rows(file, "event.csv")}
    assert events["ridge"]["samplingEffort"] == "0.417 camera-days"
    assert (events["river"]["sampleSizeValue"], events["river"]["eventRemarks"]) == (
        "0",
        "no camera looked in this time: nothing is known",
    )
    occurrences = rows(file, "occurrence.csv")
    assert len(occurrences) == 3  # Nobody publishes people.
    assert {one["eventID"] for one in occurrences} <= {one["eventID"] for one in events.values()}
    assert {one["identificationVerificationStatus"] for one in occurrences} == {"unverified"}
    assert "CC-BY-4.0" in "".join(eml.itertext())
    assert "Query" in eml.findtext("additionalMetadata/metadata/gbif/citation", "")


def test_sensitive_species_are_blurred_and_nothing_else_tells_where(world: World) -> None:
    seen = world.observe(world.ridge, 20, name=PANDA)
    media = picture(world, world.ridge, 20, seen)
    with world.db.transaction() as conn:
        sensitive.replace(conn, world.foping, {"Ailuropoda": 2000})
    file = package(world, order(world, exact=False))
    assert list(problems(ZipSource(file))) == []
    places = {one["deploymentID"]: one for one in rows(file, "deployments.csv")}
    pandas = [one for one in rows(file, "observations.csv") if one["scientificName"] == PANDA]
    assert len(pandas) == 3
    for one in pandas:
        place = places[one["deploymentID"]]
        assert place["cameraID"] == ""
        assert one["eventStart"] == "2026-05-04T00:00:00Z"
        # The cell holds several cameras, and both that saw one.
        for lon, lat in ((107.55, 33.62), (107.56, 33.63)):
            away = GLOBE.inv(lon, lat, float(place["longitude"]), float(place["latitude"]))[2]
            assert away <= float(place["coordinateUncertainty"])
        assert (one["mediaID"], one["bboxX"]) == ("", "")
    assert rows(file, "media.csv") == []
    assert str(media).encode() not in file.getvalue()
    assert str(seen) not in json.dumps(rows(file, "observations.csv"))
    events = {
        one["eventID"]: one
        for one in rows(package(world, order(world, exact=False), darwin_core), "event.csv")
    }
    for one in rows(package(world, order(world, exact=False), darwin_core), "occurrence.csv"):
        if one["scientificName"] == PANDA:
            event = events[one["eventID"]]
            assert int(event["coordinateUncertaintyInMeters"]) > 1000
            assert event["dataGeneralizations"]
            assert one["eventDate"] == "2026-05-04"
    # Of a part of the reserve they are not told at all: two parts that differ by one camera would tell.
    part = package(world, order(world, exact=False, deployments=(world.ridge,)))
    assert [one["scientificName"] for one in rows(part, "observations.csv")] == ["Sus scrofa"]
    with zipfile.ZipFile(part) as packed:
        description = json.loads(packed.read("datapackage.json"))["description"]
        assert "Records of sensitive species are left out." in description
    # A camera that saw none is told of in the same words: how many, or whether any, would name the camera.
    other = package(world, order(world, exact=False, deployments=(world.river,)))
    with zipfile.ZipFile(other) as packed:
        again = json.loads(packed.read("datapackage.json"))["description"]
    assert again.replace(str(world.river), str(world.ridge)) == description


def test_of_what_people_named_neither_id_nor_minute_tells_the_camera(world: World) -> None:
    seen = world.observe(world.ridge, 20, name=PANDA)
    media = picture(world, world.ridge, 20, seen)
    world.token("researcher")
    with world.db.transaction() as conn:
        (account,) = conn.execute("SELECT id FROM account").fetchone() or (None,)
        twins = [Label("animal", scientific_name=PANDA, count=1, box=(0.1, 0.1, 0.5, 0.5))] * 2
        labels.add(conn, media, twins, based_on=0, account_id=account, origin="web")
        sensitive.replace(conn, world.foping, {"Ailuropoda": 2000})

    def told(**asked: Any) -> list[dict[str, str]]:
        found = rows(package(world, order(world, **asked)), "observations.csv")
        return [one for one in found if one["observationLevel"] == "event"]

    for exact in (True, False):
        ids = [one["observationID"] for one in told(exact=exact)]
        assert len(set(ids)) == len(ids) == 6
    pandas = [one for one in told(exact=False) if one["scientificName"] == PANDA]
    assert {one["classificationTimestamp"] for one in pandas} == {""}
    said = f"label {PANDA} 1 None"
    of_camera = {str(uuid5(CELLS, str(uuid5(id_, said)))) for id_ in (world.ridge, world.lick, world.river)}
    assert not of_camera & {one["observationID"] for one in pandas}
    # A span of a minute gives the day's, whatever minute it is: so it does not tell when, and so by whom.
    for minutes in (1, 12, 500):
        at = NOON + timedelta(minutes=minutes)
        minute = told(exact=False, since=at, until=at + timedelta(minutes=1))
        assert [one["observationID"] for one in minute if one["scientificName"] == PANDA] == [
            one["observationID"] for one in pandas
        ]
        assert {one["scientificName"] for one in minute} == {PANDA}
