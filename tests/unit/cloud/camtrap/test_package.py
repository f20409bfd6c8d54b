"""Reading packages: rows that can be used are kept, the others named; zips of strangers do no harm."""

from __future__ import annotations

import gzip
import io
import json
import struct
import tracemalloc
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from tests.camtrap_packages import (
    DEPLOYMENTS,
    FILES,
    MEDIA,
    OBSERVATIONS,
    SHARED,
    descriptor,
    zipped,
)

from fieldwatch_cloud.camtrap import source as sources
from fieldwatch_cloud.camtrap.package import Package, Rejected
from fieldwatch_cloud.camtrap.source import FolderSource, PackageError, ZipSource
from fieldwatch_cloud.camtrap.validate import descriptor_problems, problems

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def package(files: Mapping[str, str | bytes] = FILES, **changes: Any) -> Package:
    return Package(ZipSource(zipped(files, descriptor(**changes))))


def rejected(found: Package, table: str) -> list[tuple[int, str | None]]:
    return [(row.row, row.column) for row in found.rows(table) if isinstance(row, Rejected)]


def resources(**changes: Any) -> list[dict[str, Any]]:
    """Those of the descriptor, with the first one (deployments) changed."""
    first, *rest = descriptor()["resources"]
    return [first | changes, *rest]


def test_the_small_package_is_valid() -> None:
    assert list(problems(ZipSource(zipped()))) == []
    found = package()
    assert found.columns["deployments"][-1] == "ourOwnColumn"
    first = next(iter(found.rows("deployments")))
    assert not isinstance(first, Rejected)
    assert first.cells[-1] == "a"
    assert first.values["deploymentStart"].isoformat() == "2024-03-01T08:00:00+08:00"
    assert "ourOwnColumn" not in first.values


@pytest.mark.skipif(not SHARED.is_dir(), reason="the official example is not beside the checkout")
def test_the_official_example_is_valid_by_our_validator() -> None:
    assert list(problems(FolderSource(SHARED / "example"))) == []


@pytest.mark.parametrize(
    ("table", "line", "column"),
    [
        ("deployments", "d9,x,91,0,,2024-01-01T00:00:00Z,2024-01-02T00:00:00Z,,,,,", "latitude"),
        ("deployments", "d9,x,NA,0,,2024-01-01T00:00:00Z,2024-01-02T00:00:00Z,,,,,", "latitude"),
        ("deployments", "d9,x,1e400,0,,2024-01-01T00:00:00Z,2024-01-02T00:00:00Z,,,,,", "latitude"),
        ("deployments", "d9,x,0,0,0,2024-01-01T00:00:00Z,2024-01-02T00:00:00Z,,,,,", "coordinateUncertainty"),
        (
            "deployments",
            "d9,x,0,0,1.5,2024-01-01T00:00:00Z,2024-01-02T00:00:00Z,,,,,",
            "coordinateUncertainty",
        ),
        ("deployments", "d9,x,0,0,,2024-01-01T00:00:00,2024-01-02T00:00:00Z,,,,,", "deploymentStart"),
        ("deployments", "d9,x,0,0,,2024-01-01,2024-01-02T00:00:00Z,,,,,", "deploymentStart"),
        ("deployments", "d9,x,0,0,,2024-02-30T00:00:00Z,2024-03-02T00:00:00Z,,,,,", "deploymentStart"),
        ("deployments", "d9,x,0,0,,2024-01-02T00:00:00Z,2024-01-01T00:00:00Z,,,,,", "deploymentEnd"),
        ("deployments", "d9,x,0,0,,2024-01-01T00:00:00Z,2024-01-02T00:00:00Z,361,,,,", "cameraHeading"),
        ("deployments", "d9,x,0,0,,2024-01-01T00:00:00Z,2024-01-02T00:00:00Z,,,maybe,,", "timestampIssues"),
        ("deployments", "d1,x,0,0,,2024-01-01T00:00:00Z,2024-01-02T00:00:00Z,,,,,", "deploymentID"),
        ("deployments", "d9,too,few", None),
        ("media", "m9,d1,2024-03-02T06:00:00Z,../../etc/passwd,true,image/jpeg", "filePath"),
        ("media", "m9,d1,2024-03-02T06:00:00Z,/etc/passwd,true,image/jpeg", "filePath"),
        ("media", "m9,d1,2024-03-02T06:00:00Z,a.exe,true,application/x-msdownload", "fileMediatype"),
        ("media", "m9,d9,2024-03-02T06:00:00Z,a.jpg,true,image/jpeg", "deploymentID"),
    ],
)
def test_a_row_against_the_standard_is_rejected_by_its_column(
    table: str, line: str, column: str | None
) -> None:
    text = {"deployments": DEPLOYMENTS, "media": MEDIA}[table]
    found = package({**FILES, f"{table}.csv": f"{text}{line}\n"})
    rows = text.count("\n") - 1
    assert rejected(found, table) == [(rows + 1, column)]
    assert sum(not isinstance(row, Rejected) for row in found.rows(table)) == rows


def test_what_hangs_on_a_rejected_row_is_rejected_too() -> None:
    found = package({**FILES, "deployments.csv": DEPLOYMENTS.replace("33.6300", "133.6300")})
    assert rejected(found, "deployments") == [(2, "latitude")]
    assert rejected(found, "media") == [(3, "deploymentID")]
    assert rejected(found, "observations") == [(4, "deploymentID"), (5, "deploymentID")]


def test_files_are_where_and_how_the_descriptor_says() -> None:
    head, first, second = DEPLOYMENTS.splitlines(keepends=True)
    latin = (head + first).replace("North", "Nördlich")
    cases: list[tuple[dict[str, Any], dict[str, str | bytes]]] = [
        ({"path": "a/b.csv"}, {"a/b.csv": DEPLOYMENTS}),
        ({"path": "d.csv.gz"}, {"d.csv.gz": gzip.compress(DEPLOYMENTS.encode())}),
        ({"path": "d.bin", "compression": "gz"}, {"d.bin": gzip.compress(DEPLOYMENTS.encode())}),
        ({"path": ["d1.csv", "d2.csv"]}, {"d1.csv": head + first, "d2.csv": head + second}),
        ({"name": "stations", "path": "s.csv"}, {"s.csv": DEPLOYMENTS}),  # known by its schema
        ({"encoding": "iso-8859-1"}, {"deployments.csv": latin.encode("latin-1")}),
        ({}, {"deployments.csv": "\ufeff" + DEPLOYMENTS}),
        ({}, {"deployments.csv": DEPLOYMENTS.replace("\n", "\r\n")}),
        (
            {"dialect": {"delimiter": ";"}},
            {"deployments.csv": DEPLOYMENTS.replace('"scrub, wet"', "scrub").replace(",", ";")},
        ),
    ]
    for changed, files in cases:
        found = package({**FILES, **files}, resources=resources(**changed))
        rows = [row for row in found.rows("deployments") if not isinstance(row, Rejected)]
        assert [row.values["deploymentID"] for row in rows] in (["d1", "d2"], ["d1"]), changed


@pytest.mark.parametrize(
    ("files", "changes", "why"),
    [
        ({"deployments.csv": ""}, {}, "empty"),
        ({"deployments.csv": DEPLOYMENTS.replace("latitude", "lat")}, {}, "no column latitude"),
        ({"deployments.csv": DEPLOYMENTS.replace("habitat", "latitude")}, {}, "occurs twice"),
        ({"deployments.csv": DEPLOYMENTS.encode("utf-16")}, {}, "not utf-8"),
        ({"deployments.csv": 'deploymentID\n"unclosed'}, {}, "no column"),
        ({"deployments.csv": b"PK\x03\x04\x00\xff"}, {}, "not utf-8"),
        ({}, {"resources": resources(path="gone.csv")}, "no gone.csv"),
        ({}, {"resources": resources(path="../deployments.csv")}, "no path within"),
        ({}, {"resources": resources(path="https://example.org/d.csv")}, "lies elsewhere"),
        ({}, {"resources": resources(path="deployments.csv.gz")}, "no deployments.csv.gz"),
        ({"d.gz": b"no gzip"}, {"resources": resources(path="d.gz")}, "damaged"),
        ({}, {"resources": resources(encoding="klingon")}, "no encoding"),
        ({}, {"resources": resources(dialect={"delimiter": "--"})}, "cannot part"),
        ({}, {"resources": []}, "no table 'deployments'"),
        ({}, {"resources": None}, "no resources"),
        ({}, {"profile": "https://x/camtrap-dp/0.6/p.json"}, "another version"),
    ],
)
def test_what_is_wrong_with_the_whole_is_said(
    files: Mapping[str, str | bytes], changes: Any, why: str
) -> None:
    with pytest.raises(PackageError, match=why):
        package({**FILES, **files}, **changes)


def test_an_unclosed_quote_names_table_and_line() -> None:
    found = package({**FILES, "observations.csv": OBSERVATIONS + '"o6,d1'})
    with pytest.raises(PackageError, match="observations, line 7"):
        list(found.rows("observations"))


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "a/../../b", "C:/x", "a\\b", "~/x", "a//b", "./a"]
)
def test_names_that_lead_outside_are_refused(name: str) -> None:
    with pytest.raises(PackageError, match="no path within"):
        ZipSource(zipped({**FILES, name: "x"}))


def test_a_bomb_is_counted_while_it_unpacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources.Bounded.__init__, "__defaults__", (1_000_000,))
    zeros = MEDIA + "\n" * 5_000_000
    found = package({**FILES, "media.csv": zeros})
    with pytest.raises(PackageError, match="larger than it may be"):
        list(found.rows("media"))


def test_a_zip_that_lies_about_sizes_is_damaged() -> None:
    content = bytearray(zipped().getvalue())
    at = content.rfind(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 7)  # uncompressed size of the last entry, in the directory
    source = ZipSource(io.BytesIO(bytes(content)))
    with source.open("media/m1.jpg") as file, pytest.raises(PackageError, match="damaged"):
        file.read()


def test_an_encrypted_or_doubled_entry_is_refused() -> None:
    content = bytearray(zipped().getvalue())
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(PackageError, match="encrypted"):
        ZipSource(io.BytesIO(bytes(content)))
    file = zipped()
    with zipfile.ZipFile(file, "a") as packed, pytest.warns(UserWarning, match="Duplicate"):
        packed.writestr("media.csv", "other")
    with pytest.raises(PackageError, match="twice"):
        ZipSource(file)


def test_a_package_in_one_folder_of_a_zip_or_on_disk(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("deer/datapackage.json", json.dumps(descriptor()))
        for name, content in FILES.items():
            packed.writestr(f"deer/{name}", content)
    assert list(problems(ZipSource(file))) == []
    with zipfile.ZipFile(file) as packed:
        packed.extractall(tmp_path)
    assert list(problems(FolderSource(tmp_path / "deer"))) == []
    assert list(problems(FolderSource(tmp_path / "deer" / "datapackage.json"))) == []
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "deer" / "media.csv").unlink()
    (tmp_path / "deer" / "media.csv").symlink_to(tmp_path / "secret")
    with pytest.raises(PackageError, match="outside"):
        list(problems(FolderSource(tmp_path / "deer")))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"profile": "https://x/camtrap-dp/1.0/p.json"}, "profile"),
        ({"contributors": []}, "contributors"),
        ({"contributors": [{"title": "A", "role": "author"}]}, "contributors.0.role"),
        ({"licenses": [{"name": "CC0-1.0", "scope": "data"}]}, "licenses"),
        ({"licenses": [{"name": "a", "scope": "data"}, {"scope": "media"}]}, "licenses.1"),
        ({"project": {"title": "x"}}, "project.samplingDesign"),
        ({"spatial": {"type": "Feature"}}, "spatial"),
        ({"temporal": {"start": "2024-01-02", "end": "2024-01-01"}}, "temporal.end"),
        ({"taxonomic": [{}]}, "taxonomic.0"),
        ({"name": "Has Spaces"}, "name"),
        (
            {"resources": resources(schema="https://x/1.0/deployments-table-schema.json")},
            "resources.deployments",
        ),
    ],
)
def test_what_a_descriptor_lacks_is_named(changes: Any, why: str) -> None:
    found = list(descriptor_problems(descriptor(**changes)))
    assert found
    assert any(one.startswith(why) for one in found)
    assert list(descriptor_problems(descriptor())) == []


@pytest.mark.parametrize("name", ["created", "contributors", "project", "spatial", "temporal", "taxonomic"])
def test_what_the_profile_requires(name: str) -> None:
    described = descriptor()
    del described[name]
    assert f"{name} is required" in list(descriptor_problems(described))


def test_a_line_that_never_ends_is_not_read_to_its_end() -> None:
    tracemalloc.start()
    try:
        for endless in ("a" * 30_000_000, "a," * 15_000_000):
            files = zipped({**FILES, "media.csv": MEDIA + endless})
            tracemalloc.reset_peak()
            before, _ = tracemalloc.get_traced_memory()
            found = Package(ZipSource(files))
            with pytest.raises(PackageError, match="a line is longer"):
                list(found.rows("media"))
            assert tracemalloc.get_traced_memory()[1] - before < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("encoding", ["utf-16", "punycode", "undefined"])
def test_an_encoding_that_it_is_not_in_is_a_problem_of_the_package(encoding: str) -> None:
    with pytest.raises(PackageError, match="deployments, after line 0: this is not"):
        package(resources=resources(encoding=encoding))


def test_half_a_character_is_refused_where_it_could_not_be_kept() -> None:
    with pytest.raises(PackageError, match="half a character"):
        package(title="Musk deer \ud800")
    files = {**FILES, "deployments.csv": DEPLOYMENTS.replace("Stream", "\\ud800")}
    found = package(files, resources=resources(encoding="unicode_escape"))
    assert rejected(found, "deployments") == [(2, None)]
