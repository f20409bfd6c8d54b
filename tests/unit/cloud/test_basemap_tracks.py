"""Files of tracks that are none: each is told, and none is a failure of ours."""

import json
from typing import Any

import pytest

from fieldwatch_cloud.basemap.tracks import read
from fieldwatch_cloud.errors import DataFileError

LINE = {"type": "LineString", "coordinates": [[107.5, 33.6], [107.6, 33.7]]}


def feature(**properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": LINE}


@pytest.mark.parametrize(
    "document",
    [
        {"type": "LineString", "coordinates": [[10**400, 1], [2, 2]]},
        {"type": "FeatureCollection", "features": [1]},
        {"type": "Feature", "properties": [1], "geometry": LINE},
        {"type": "Feature", "properties": {}, "geometry": [1]},
    ],
)
def test_what_is_no_track_is_told(document: Any) -> None:
    with pytest.raises(DataFileError, match=r"cannot be read"):
        read("x.geojson", json.dumps(document).encode())


@pytest.mark.parametrize("time", [1e300, 1e20, 10**400, -1e300, "9999-12-31T23:59:59-14:00", "", True])
def test_a_time_that_is_none_leaves_the_place(time: Any) -> None:
    (track,) = read("x.geojson", json.dumps(feature(coordTimes=[time, time])).encode())
    assert track.times == []
    assert len(track.parts[0]) == 2


@pytest.mark.parametrize(
    ("name", "kept"), [("a\u0000b", "ab"), ("\ud800ridge", "ridge"), ("山脊 🐼", "山脊 🐼"), ("\u0000", None)]
)
def test_a_name_can_be_kept(name: str, kept: str | None) -> None:
    (track,) = read("x.geojson", json.dumps(feature(name=name)).encode())
    assert track.name == kept
