# ruff: noqa: E501  Tables are as they are.
"""A small Camtrap DP of the tests' own, and zips of such, good and hostile."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from fieldwatch_cloud.camtrap.tables import PROFILE, TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

SHARED = Path(__file__).resolve().parents[2] / "shared" / "camtrap-dp"
"""The official example and schemas, where a developer has them beside the checkout."""

DESCRIPTOR: dict[str, Any] = {
    "resources": [
        {
            "name": name,
            "path": f"{name}.csv",
            "profile": "tabular-data-resource",
            "schema": table.schema,
        }
        for name, table in TABLES.items()
    ],
    "profile": PROFILE,
    "name": "musk-deer-of-the-north-slope",
    "id": "5f0c9b0e-musk",
    "created": "2025-01-10T08:00:00Z",
    "title": "Musk deer of the north slope",
    "contributors": [{"title": "Li Na", "role": "contact"}],
    "licenses": [{"name": "CC-BY-4.0", "scope": "data"}, {"name": "CC0-1.0", "scope": "media"}],
    "bibliographicCitation": "Li N (2025). Musk deer of the north slope. Data set.",
    "project": {
        "title": "North slope",
        "samplingDesign": "systematicRandom",
        "captureMethod": ["activityDetection"],
        "individualAnimals": False,
        "observationLevel": ["media", "event"],
    },
    "spatial": {"type": "Point", "coordinates": [107.55, 33.62]},
    "temporal": {"start": "2024-03-01", "end": "2024-03-31"},
    "taxonomic": [{"scientificName": "Moschus berezovskii"}],
    "notes": {"kept": "as it came, 1.50"},
}
DEPLOYMENTS = """\
deploymentID,locationName,latitude,longitude,coordinateUncertainty,deploymentStart,deploymentEnd,cameraHeading,cameraHeight,timestampIssues,habitat,ourOwnColumn
d1,North,33.6200,107.5500,30,2024-03-01T08:00:00+08:00,2024-03-21T08:00:00+08:00,360,0.50,,forest,a
d2,Stream,33.6300,107.5600,30,2024-03-01T00:00:00Z,2024-03-11T00:00:00Z,,,true,"scrub, wet",b
"""
MEDIA = """\
mediaID,deploymentID,timestamp,filePath,filePublic,fileMediatype
m1,d1,2024-03-02T06:00:00+08:00,media/m1.jpg,false,image/jpeg
m2,d1,2024-03-02T06:00:05+08:00,https://example.org/m2.jpg,true,image/jpeg
m3,d2,2024-03-05T02:00:00Z,https://example.org/m3.mp4,true,video/mp4
"""
OBSERVATIONS = """\
observationID,deploymentID,mediaID,eventID,eventStart,eventEnd,observationLevel,observationType,cameraSetupType,scientificName,count,bboxX,bboxY,bboxWidth,bboxHeight,classificationMethod,classifiedBy,classificationProbability
o1,d1,,e1,2024-03-02T06:00:00+08:00,2024-03-02T06:00:05+08:00,event,animal,,Moschus berezovskii,2,,,,,human,Li Na,
o2,d1,m1,e1,2024-03-02T06:00:00+08:00,2024-03-02T06:00:00+08:00,media,animal,,Moschus berezovskii,1,0.1,0.2,0.3,0.4,machine,MegaDetector 5,0.87
o3,d1,m2,e1,2024-03-02T06:00:05+08:00,2024-03-02T06:00:05+08:00,media,animal,,Moschus berezovskii,2,,,,,machine,MegaDetector 5,0.91
o4,d2,m3,e2,2024-03-05T02:00:00Z,2024-03-05T02:00:00Z,media,animal,,Sus scrofa,3,,,,,human,Li Na,
o5,d2,,,2024-03-01T00:00:00Z,2024-03-01T00:00:10Z,event,human,setup,,,,,,,human,Li Na,
"""
PICTURE = io.BytesIO()
Image.new("RGB", (64, 48), (30, 90, 40)).save(PICTURE, "JPEG")
FILES: dict[str, str | bytes] = {
    "deployments.csv": DEPLOYMENTS,
    "media.csv": MEDIA,
    "observations.csv": OBSERVATIONS,
    "media/m1.jpg": PICTURE.getvalue(),
}


def descriptor(**changes: Any) -> dict[str, Any]:
    return deepcopy(DESCRIPTOR) | changes


def zipped(files: Mapping[str, str | bytes] = FILES, described: Any = DESCRIPTOR) -> io.BytesIO:
    """A zip of a package; `described` as text goes in as it is."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        if described is not None:
            out.writestr(
                "datapackage.json", described if isinstance(described, str) else json.dumps(described)
            )
        for name, content in files.items():
            out.writestr(name, content)
    file.seek(0)
    return file


def tables(content: bytes | io.BytesIO) -> dict[str, list[list[str]]]:
    """The cells of the three tables in a zip, header first."""
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    with zipfile.ZipFile(file) as out:
        return {
            name: list(csv.reader(io.StringIO(out.read(f"{name}.csv").decode("utf-8")))) for name in TABLES
        }


def folder_zipped(folder: Path) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                out.write(path, str(path.relative_to(folder)))
    file.seek(0)
    return file
