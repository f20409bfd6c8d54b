"""The base map: what is loaded, and the file that is built of it."""

from typing import Literal

from pydantic import Field

from fieldwatch_cloud.api.models.common import Answer, Body, Instant

LandKind = Literal["river", "lake", "road", "track", "building", "place", "forest", "contour"]


class BasemapLayer(Answer):
    kind: LandKind
    name: str = Field(description="As people call it: mostly the file's.")
    features: int
    source: str = Field(description="The file, or how it was derived.")
    loaded_at: Instant


class Basemap(Answer):
    layers: list[BasemapLayer]
    url: str | None = Field(
        description="Of the PMTiles file; null: none is built. Its layers: `landcover`, `water`, `contour` "
        "(`ele`, `index`), `waterway`, `road`, `building`, `place`, with `class`, `name` and `name_zh`; "
        "names of waters are places of class `water`."
    )
    bounds: tuple[float, float, float, float] | None = Field(
        description="Of the file: west, south, east, north in degrees."
    )
    max_zoom: int | None
    bytes: int | None
    version: str | None = Field(description="Changes with the file's content.")
    built_at: Instant | None
    building: bool = Field(description="Something has changed: a new file will be there in a minute or so.")
    problem: str | None = Field(description="Why the last change could not be built.")


class LoadedLayer(Answer):
    kind: LandKind
    features: int
    left_out: int = Field(
        description="Rows of the file that are of another shape than the kind has, or lie elsewhere."
    )


class ContoursWanted(Body):
    interval_m: float | None = Field(
        None, ge=1, le=1000, description="Between lines; absent: one that suits the hills."
    )
