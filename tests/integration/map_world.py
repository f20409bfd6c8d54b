"""Reading vector tiles as other programs do (GDAL), and asking for them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np

from fieldwatch_cloud.basemap.mercator import TileId, project, tile_at

if TYPE_CHECKING:
    from .api_world import World

URL = "/api/v1/reserves/foping"
RIDGE, LICK, RIVER = (107.55, 33.62), (107.56, 33.63), (107.80, 33.80)
"""Where the deployments of `api_world` stand."""


def decoded(content: bytes, tile: TileId) -> dict[str, Any]:
    """GeoDataFrames by layer, in web mercator: GDAL takes the place from the file's name."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / str(tile.z) / str(tile.x) / f"{tile.y}.mvt"
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
        return {name: geopandas.read_file(file, layer=name) for name in geopandas.list_layers(file)["name"]}


def tile_url(layer: str, tile: TileId, **query: Any) -> str:
    asked = "&".join(f"{name.removesuffix('_')}={value}" for name, value in query.items())
    return f"{URL}/tiles/{layer}/{tile.z}/{tile.x}/{tile.y}.mvt?{asked}"


def get(client: Any, layer: str, tile: TileId, **query: Any) -> Any:
    """The features of a tile; None where nothing is."""
    answer = client.get(tile_url(layer, tile, **query))
    if answer.status_code == 204:
        assert answer.content == b""
        return None
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    layers = decoded(answer.content, tile)
    assert list(layers) == [layer]
    return layers[layer]


def metres(lon: float, lat: float) -> tuple[float, float]:
    (x,), (y,) = project(np.array([lon]), np.array([lat]))
    return float(x), float(y)


def around(place: tuple[float, float], z: int) -> TileId:
    return tile_at(*place, z)


def sensitive(world: World, name: str) -> None:
    with world.db.transaction() as conn:
        conn.execute(
            "INSERT INTO sensitive_species (reserve_id, scientific_name, blur_m) VALUES (%s, %s, 10000)",
            (world.foping, name),
        )
