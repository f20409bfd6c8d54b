"""Shapes of files: mended where they are broken, and in no long time."""

import json

import numpy as np
import shapely

from fieldwatch_cloud.basemap.land import read_upload

BOUNDS = (107.0, 33.0, 108.0, 34.0)


def test_an_area_that_crosses_itself_hundreds_of_times_is_mended_at_once() -> None:
    places = np.random.default_rng(1).random((300, 2)) + BOUNDS[:2]
    scribble = shapely.Polygon(places)
    feature = {"type": "Feature", "properties": {}, "geometry": scribble.__geo_interface__}
    (lake,) = read_upload("lake", "lakes.geojson", json.dumps(feature).encode(), BOUNDS).features
    assert lake.geometry.is_valid
    assert shapely.convex_hull(scribble).covers(lake.geometry)
