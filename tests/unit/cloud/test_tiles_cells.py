"""Tiles of the world and cells in it: where they lie, and that every place is in one."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from fieldwatch_cloud.basemap.mercator import HALF_M, TileId, finest_zoom, project, tile_at, tiles_within
from fieldwatch_cloud.tiles.cells import Kind, Lattice

KINDS: tuple[Kind, ...] = ("hexagon", "square")


def test_tiles_lie_where_others_have_them() -> None:
    # https://wiki.openstreetmap.org/wiki/Slippy_map_tilenames
    assert tile_at(139.7006793, 35.6590699, 18) == TileId(18, 232798, 103246)
    assert TileId(0, 0, 0).bounds == pytest.approx((-HALF_M, -HALF_M, HALF_M, HALF_M))
    west, _, _, north = TileId(1, 1, 1).bounds
    assert (west, north) == pytest.approx((0, 0))


@pytest.mark.parametrize("place", [(-180.0, 90.0), (180.0, -90.0), (0.0, 0.0), (179.9999, 85.06)])
def test_the_ends_of_the_world_are_in_a_tile(place: tuple[float, float]) -> None:
    tile = tile_at(*place, 5)
    (x,), (y,) = project(np.array([place[0]]), np.array([place[1]]))
    west, south, east, north = tile.bounds
    assert west - 1 <= x <= east + 1
    assert south - 1 <= y <= north + 1


@pytest.mark.parametrize("at", [(21, 0, 0), (-1, 0, 0), (3, 8, 0), (3, 0, -1)])
def test_there_is_no_other_tile(at: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="no tile"):
        TileId(*at)


def test_a_large_reserve_gets_fewer_zooms() -> None:
    small, large = (107.0, 33.0, 107.6, 33.4), (80.0, 27.0, 100.0, 37.0)
    assert finest_zoom(small, 14, 20_000) == 14
    zoom = finest_zoom(large, 14, 20_000)
    assert sum(len(tiles_within(large, z)) for z in range(zoom + 1)) <= 20_000
    assert sum(len(tiles_within(large, z)) for z in range(zoom + 2)) > 20_000


@pytest.mark.parametrize("kind", KINDS)
def test_every_place_is_in_the_cell_that_it_is_given(kind: Kind) -> None:
    lattice = Lattice.at_zoom(kind, 10)
    rng = np.random.default_rng(1)
    x, y = rng.uniform(-HALF_M, HALF_M, (2, 2000))
    cells = lattice.cell_of(x, y)
    middle_x, middle_y = lattice.middle(cells)
    for n in range(200):
        outline = _outline(lattice, middle_x[n], middle_y[n])
        assert outline.buffer(0.01).contains(shapely.Point(x[n], y[n]))
        assert outline.hausdorff_distance(shapely.Point(middle_x[n], middle_y[n])) <= lattice.reach_m + 0.01
    # The middle of a cell is in that cell.
    assert (lattice.cell_of(middle_x, middle_y) == cells).all()


def _outline(lattice: Lattice, x: float, y: float) -> shapely.Polygon:
    if lattice.kind == "square":
        half = lattice.size_m / 2
        return shapely.box(x - half, y - half, x + half, y + half)
    return shapely.Polygon(
        [
            (x + lattice.size_m * math.cos(a), y + lattice.size_m * math.sin(a))
            for a in np.arange(6) * math.pi / 3
        ]
    )


def test_cells_halve_with_each_zoom_until_they_would_hold_one_camera_each() -> None:
    sizes = [Lattice.at_zoom("hexagon", z).size_m for z in range(21)]
    assert sizes[9] == pytest.approx(2 * sizes[10])
    assert sizes[13:] == [sizes[13]] * 8
    assert sizes[:5] == [sizes[4]] * 5
