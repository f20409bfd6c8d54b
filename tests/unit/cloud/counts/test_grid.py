"""Grids: cells cover the area without overlap, squares have one size, and every camera stands in its cell."""

import h3
import numpy as np
import pytest
import shapely
from pyproj import Geod

from fieldwatch_cloud.counts.grid import MAX_CELLS, h3_grid, square_grid

FOPING = shapely.Polygon([(107.50, 33.60), (107.61, 33.58), (107.66, 33.70), (107.52, 33.71)])
PLACES = [(107.55, 33.62), (107.551, 33.621), (107.60, 33.69)]


def test_hexagons_cover_the_area_and_hold_the_cameras() -> None:
    grid = h3_grid(FOPING, 7, PLACES)
    assert {h3.get_resolution(cell.id) for cell in grid.cells} == {7}
    cells = {cell.id: cell.geometry for cell in grid.cells}
    assert all(cell.intersects(FOPING) for cell in cells.values())
    # Edges are straight on the globe and in the area straight in degrees: a few metres may stay uncovered.
    assert shapely.union_all(list(cells.values())).buffer(1e-4).covers(FOPING)
    for place, at in zip(PLACES, grid.at, strict=True):
        assert cells[at].covers(shapely.Point(place))
    assert grid.at[0] == grid.at[1]


def test_squares_have_one_size_and_cover_the_area() -> None:
    grid = square_grid(FOPING, 1000, PLACES)
    geod = Geod(ellps="WGS84")
    areas = [abs(geod.geometry_area_perimeter(cell.geometry)[0]) for cell in grid.cells]
    assert areas == pytest.approx([1e6] * len(areas), rel=1e-3)
    cells = {cell.id: cell.geometry for cell in grid.cells}
    assert shapely.union_all(list(cells.values())).buffer(1e-6).covers(FOPING)
    inner = [cell for cell in cells.values() if cell.intersects(FOPING)]
    assert len(inner) == len(cells)
    for place, at in zip(PLACES, grid.at, strict=True):
        assert cells[at].buffer(1e-9).covers(shapely.Point(place))


def test_areas_beside_each_other_share_one_grid() -> None:
    west, east = (shapely.box(lon, 33.6, lon + 0.05, 33.65) for lon in (107.55, 107.60))
    one, other = ({cell.id for cell in square_grid(area, 500, []).cells} for area in (west, east))
    both = {cell.id for cell in square_grid(shapely.box(107.55, 33.6, 107.65, 33.65), 500, []).cells}
    assert one | other == both


def test_a_camera_at_the_border_is_never_left_without_a_cell() -> None:
    corners = list(FOPING.exterior.coords)
    for grid in (h3_grid(FOPING, 9, corners), square_grid(FOPING, 200, corners)):
        assert set(grid.at) <= {cell.id for cell in grid.cells}


def test_too_many_cells_are_refused_with_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"take resolution (\d+)") as refused:
        h3_grid(FOPING, 12, [])
    instead = int(refused.value.args[0].split("resolution ")[1].split()[0])
    assert len(h3_grid(FOPING, instead, []).cells) <= MAX_CELLS
    with pytest.raises(ValueError, match=r"at least (\d+) m") as too_small:
        square_grid(FOPING, 50, [])
    larger = int(too_small.value.args[0].split("at least ")[1].split()[0])
    assert 50 < len(square_grid(FOPING, larger, []).cells) <= MAX_CELLS
    with pytest.raises(ValueError, match="cells"):
        square_grid(shapely.box(-170, -80, 170, 80), 1000, [])


def test_across_the_antimeridian_cells_come_in_two_halves() -> None:
    fiji = shapely.MultiPolygon([shapely.box(179.9, -17, 180, -16.9), shapely.box(-180, -17, -179.9, -16.9)])
    grid = h3_grid(fiji, 5, [(179.99, -16.95)])
    bounds = np.array([part.bounds for cell in grid.cells for part in shapely.get_parts(cell.geometry)])
    assert (bounds[:, 2] - bounds[:, 0] < 1).all()
    assert any(cell.geometry.geom_type == "MultiPolygon" for cell in grid.cells)


def test_several_parts_and_holes() -> None:
    ring = FOPING.difference(FOPING.centroid.buffer(0.03))
    whole, holed = (len(square_grid(area, 500, []).cells) for area in (FOPING, ring))
    assert holed < whole
    assert len(h3_grid(ring, 9, []).cells) < len(h3_grid(FOPING, 9, []).cells)
