"""Whether a package keeps to Camtrap DP 1.0.2, without a network and without files of others.

The rows by `tables` (types, required, enum, least and most, unique, keys of other tables, and what official
schemas cannot say: no end before its start); the descriptor by the rules of the profile below.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fieldwatch_cloud.camtrap.package import Package, Rejected
from fieldwatch_cloud.camtrap.tables import EFFORT, TABLES, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fieldwatch_cloud.camtrap.source import Source

ROLES = ("contact", "principalInvestigator", "rightsHolder", "publisher", "contributor")
DESIGNS = (
    "simpleRandom",
    "systematicRandom",
    "clusteredRandom",
    "experimental",
    "targeted",
    "opportunistic",
)
_REQUIRED = (
    "resources",
    "profile",
    "created",
    "contributors",
    "project",
    "spatial",
    "temporal",
    "taxonomic",
)
_GEOMETRIES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_NAME = re.compile(r"[-a-z0-9._/]+")


def problems(source: Source) -> Iterator[str]:
    """All that is wrong with a package, one sentence each; none: it is valid.

    Raises:
        PackageError: it cannot even be read.
    """
    package = Package(source)
    yield from descriptor_problems(package.descriptor)
    for table in (*TABLES, *((EFFORT.name,) if package.has_effort else ())):
        for row in package.rows(table):
            if isinstance(row, Rejected):
                yield f"{row.table}, row {row.row}: {row.reason}"


def descriptor_problems(descriptor: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with `datapackage.json`, by the profile of Camtrap DP 1.0.2 and Data Package 1.0."""
    for name in _REQUIRED:
        if name not in descriptor:
            yield f"{name} is required"
    if VERSION not in str(descriptor.get("profile", VERSION)):
        yield f"profile is not that of version {VERSION}"
    if "name" in descriptor and _NAME.fullmatch(str(descriptor["name"])) is None:
        yield "name may hold a-z, 0-9 and - . _ / alone"
    yield from _resources(descriptor.get("resources", []))
    for i, one in enumerate(descriptor.get("contributors", [])):
        if not one.get("title"):
            yield f"contributors.{i}.title is required"
        if one.get("role", "contributor") not in ROLES:
            yield f"contributors.{i}.role is none of {', '.join(ROLES)}"
    if not descriptor.get("contributors", [None]):
        yield "contributors: at least one"
    yield from _licences(descriptor.get("licenses"))
    yield from _project(descriptor.get("project", {}))
    if "spatial" in descriptor and descriptor["spatial"].get("type") not in _GEOMETRIES:
        yield "spatial is no GeoJSON geometry"
    yield from _temporal(descriptor.get("temporal", {}))
    for i, one in enumerate(descriptor.get("taxonomic", [])):
        if not one.get("scientificName"):
            yield f"taxonomic.{i}.scientificName is required"


def _resources(resources: list[Any]) -> Iterator[str]:
    names = [one.get("name") for one in resources]
    for table in TABLES:
        if names.count(table) != 1:
            yield f"resources: exactly one is named {table}"
    for one in resources:
        if one.get("name") in TABLES:
            if VERSION not in str(one.get("schema")):
                yield f"resources.{one['name']}.schema is not that of version {VERSION}"
            if one.get("profile") != "tabular-data-resource":
                yield f"resources.{one['name']}.profile is not tabular-data-resource"
        if "path" not in one and "data" not in one:
            yield f"resources.{one.get('name')} has neither path nor data"


def _licences(licences: list[Any] | None) -> Iterator[str]:
    if licences is None:
        return
    if len(licences) < 2:
        yield "licenses: one for the data, one for the media"
    for i, one in enumerate(licences):
        if one.get("scope") not in ("data", "media"):
            yield f"licenses.{i}.scope is neither data nor media"
        if not one.get("name") and not one.get("path"):
            yield f"licenses.{i} has neither name nor path"


def _project(project: Mapping[str, Any]) -> Iterator[str]:
    for name in ("title", "samplingDesign", "captureMethod", "individualAnimals", "observationLevel"):
        if name not in project:
            yield f"project.{name} is required"
    if project.get("samplingDesign", DESIGNS[0]) not in DESIGNS:
        yield f"project.samplingDesign is none of {', '.join(DESIGNS)}"
    methods = project.get("captureMethod", ["timeLapse"])
    if not methods or set(methods) - {"activityDetection", "timeLapse"}:
        yield "project.captureMethod: activityDetection, timeLapse or both"
    if set(project.get("observationLevel", [])) - {"media", "event"}:
        yield "project.observationLevel: media, event or both"


def _temporal(temporal: Mapping[str, Any]) -> Iterator[str]:
    for name in ("start", "end"):
        if _DATE.fullmatch(str(temporal.get(name))) is None:
            yield f"temporal.{name} is no date"
    if str(temporal.get("end")) < str(temporal.get("start")):
        yield "temporal.end lies before temporal.start"
