"""Footage: files as a camera would leave them, drawn once, dropped at their moments."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from PIL import Image

from fieldwatch.demo import footage
from fieldwatch.demo.feed import Feed, Reel
from fieldwatch.demo.pictures import MEADOW
from fieldwatch.demo.reserve import boundary, cameras, zones
from fieldwatch.demo.scenes import plan_animals
from fieldwatch_edge.capture.times import capture_time
from fieldwatch_edge.settings import Times

START = datetime(2026, 3, 1, 8, 30, 15, 250_000, tzinfo=UTC)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rendered") / "meadow"
    footage.render(plan_animals(MEADOW, 2, 30), folder, every_s=5.0)
    return folder


def test_the_edge_reads_the_time_to_the_millisecond(rendered, tmp_path):
    footage.write_camera_folder(rendered, tmp_path, START)
    times = [capture_time(file, 0, Times()) for file in sorted(tmp_path.iterdir())]
    assert times == [START + timedelta(seconds=5 * number) for number in range(6)]


def test_a_time_in_another_zone_is_the_same_moment(rendered):
    jpeg = (rendered / "00000.jpg").read_bytes()
    elsewhere = START.astimezone(timezone(timedelta(hours=8)))
    assert footage.with_capture_time(jpeg, elsewhere) == footage.with_capture_time(jpeg, START)


def test_pixels_are_untouched(rendered):
    jpeg = (rendered / "00001.jpg").read_bytes()
    dated = footage.with_capture_time(jpeg, START)
    one, other = (np.asarray(Image.open(io.BytesIO(data))) for data in (jpeg, dated))
    assert np.array_equal(one, other)


def test_truth_names_every_frame_with_its_animals(rendered):
    truth = json.loads((rendered / footage.TRUTH).read_text())
    assert [frame["file"] for frame in truth["frames"]] == sorted(
        file.name for file in rendered.glob("*.jpg")
    )
    assert [frame["at_s"] for frame in truth["frames"]] == [0, 5, 10, 15, 20, 25]
    assert any(animal["taxon"] == "Cervidae" for frame in truth["frames"] for animal in frame["animals"])


def test_the_same_scene_is_not_drawn_twice_and_another_one_is(tmp_path):
    def drawn(seed: int) -> int:
        footage.render(plan_animals(MEADOW, seed, 4), tmp_path, every_s=2.0)
        return (tmp_path / "00000.jpg").stat().st_mtime_ns

    first = drawn(1)
    assert drawn(1) == first
    assert drawn(2) != first


def test_half_a_rendering_is_done_again(tmp_path):
    footage.render(plan_animals(MEADOW, 1, 4), tmp_path, every_s=2.0)
    (tmp_path / footage.TRUTH).unlink()
    (tmp_path / "00001.jpg").write_bytes(b"")
    footage.render(plan_animals(MEADOW, 1, 4), tmp_path, every_s=2.0)
    Image.open(tmp_path / "00001.jpg").load()


def test_footage_goes_on_for_ever_from_where_it_loops(rendered, tmp_path):
    reel = Reel(rendered, tmp_path, loop_from_s=20)
    assert [int(reel.frame(number).stem) for number in range(11)] == [0, 1, 2, 3, 4, 5, 4, 5, 4, 5, 4]


def test_the_feed_catches_up_at_once_and_then_keeps_pace(rendered, tmp_path):
    reel = Reel(rendered, tmp_path)
    reel.every_s = 0.2
    feed = Feed([reel], datetime.now(UTC) - timedelta(seconds=2))
    feed.start()
    try:
        deadline = datetime.now(UTC) + timedelta(seconds=60)
        while len(list(tmp_path.glob("*.jpg"))) < 14 and datetime.now(UTC) < deadline:
            pass
    finally:
        feed.stop()
    assert feed.failure is None
    files = sorted(tmp_path.glob("*.jpg"))
    times = [capture_time(file, 0, Times()) for file in files]
    gaps = np.diff([at.timestamp() for at in times])
    assert np.allclose(gaps, 0.2, atol=0.002)
    assert times[-1] <= datetime.now(UTC), "a picture cannot be older than its moment"
    assert not list(tmp_path.glob(".*")), "nothing unfinished lies about"


def test_a_feed_begins_with_an_empty_card(rendered, tmp_path):
    (tmp_path / "IMG_of_the_last_run.jpg").write_bytes(b"old")
    feed = Feed([Reel(rendered, tmp_path)], datetime.now(UTC))
    feed.start()
    while not list(tmp_path.glob("IMG_2*.jpg")):
        pass
    feed.stop()
    assert not (tmp_path / "IMG_of_the_last_run.jpg").exists()


def test_zones_and_cameras_lie_in_the_reserve():
    shapely = pytest.importorskip("shapely.geometry")
    reserve = shapely.shape(boundary())
    assert reserve.is_valid
    for zone in zones()["features"]:
        area = shapely.shape(zone["geometry"])
        assert area.is_valid
        assert area.difference(reserve).area < 0.02 * area.area
    assert all(reserve.contains(shapely.Point(camera.lon_lat)) for camera in cameras())
