"""Polygons from outside: checked so that what is wrong is said, and where."""

import re
from typing import Annotated, Any

import shapely  # type: ignore[import-untyped]
from pydantic import AfterValidator, BeforeValidator, Field
from shapely.geometry import shape  # type: ignore[import-untyped]

from fieldwatch_cloud.api.models.common import MultiPolygon, Polygon

MAX_VERTICES = 10_000
_PLACE = re.compile(r"^(?P<what>.*)\[(?P<lon>\S+) (?P<lat>\S+)\]$")


def checked(area: Polygon | MultiPolygon) -> Polygon | MultiPolygon:
    """The same area, if PostGIS can work with it.

    Longitude and latitude were checked with the model. An area across the antimeridian must be cut there
    into two polygons, as RFC 7946 (3.1.9) asks.

    Raises:
        ValueError: rings that are not closed, cross themselves or each other, or have too many vertices.
    """
    polygons = [area.coordinates] if isinstance(area, Polygon) else area.coordinates
    rings = [ring for polygon in polygons for ring in polygon]
    if not polygons or not all(polygons):
        raise ValueError("the area has no ring")
    vertices = sum(map(len, rings))
    if vertices > MAX_VERTICES:
        raise ValueError(f"{vertices} vertices; at most {MAX_VERTICES} are accepted: simplify the outline")
    for number, ring in enumerate(rings):
        if len(ring) < 4:
            raise ValueError(f"ring {number} has {len(ring)} positions; a closed ring needs at least 4")
        if ring[0] != ring[-1]:
            raise ValueError(f"ring {number} is not closed: its last position must equal its first")
    reason = shapely.is_valid_reason(shape(area.model_dump()))
    if reason != "Valid Geometry":
        raise ValueError(_in_words(reason))
    return area


def _in_words(reason: str) -> str:
    place = _PLACE.match(reason)
    if place is None:
        return f"the area is not a valid polygon: {reason.lower()}"
    at = f"at longitude {float(place['lon']):.6f}, latitude {float(place['lat']):.6f}"
    if place["what"] in ("Self-intersection", "Ring Self-intersection"):
        return f"the outline crosses or touches itself {at}"
    return f"the area is not a valid polygon: {place['what'].lower()} {at}"


def _bare_geometry(value: Any) -> Any:
    """A whole Feature is a frequent mistake, and a discriminator would complain about its type only."""
    if isinstance(value, dict) and value.get("type") in ("Feature", "FeatureCollection"):
        raise ValueError(f"a {value['type']} was sent: send its geometry, a Polygon or MultiPolygon")
    return value


Area = Annotated[
    Annotated[Polygon | MultiPolygon, Field(discriminator="type")],
    BeforeValidator(_bare_geometry),
    AfterValidator(checked),
]
