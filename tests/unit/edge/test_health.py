from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from tests.unit.edge.records import CLOCK, DEPLOYMENT, START

from fieldwatch_edge import vision
from fieldwatch_edge.domain import Frame
from fieldwatch_edge.health import CameraMonitor, EffortMeter, GivenUpLately, cpu_celsius, heartbeat
from fieldwatch_edge.outbox import Statistics
from fieldwatch_shared.topics import Kind

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_edge.domain import Image
    from fieldwatch_shared.messages import EffortSpan

NOISE = np.random.default_rng(1)


def seconds(spans: list[EffortSpan]) -> list[tuple[float, float, int]]:
    return [
        ((s.started_at - START).total_seconds(), (s.ended_at - START).total_seconds(), s.frames)
        for s in spans
    ]


def meter(*at: float) -> EffortMeter:
    effort = EffortMeter("mast-1", DEPLOYMENT, max_gap_s=120)
    for second in at:
        effort.seen(START + timedelta(seconds=second))
    return effort


def test_a_gap_ends_a_span() -> None:
    assert seconds(meter(0, 60, 180, 301, 302).pending()) == [(0, 180, 3), (301, 302, 2)]


def test_a_clock_that_is_set_back_begins_a_new_span() -> None:
    assert seconds(meter(4000, 4010, 400, 410).pending()) == [(4000, 4010, 2), (400, 410, 2)]


def test_pictures_out_of_order_are_one_span() -> None:
    assert seconds(meter(60, 0, 180, 120, 125, 300, 240).pending()) == [(0, 300, 7)]


def test_a_span_that_grew_backwards_while_it_was_reported_loses_nothing() -> None:
    effort = meter(60, 120)
    first = effort.pending()
    effort.seen(START)
    effort.reported(first)
    assert seconds(effort.pending()) == [(0, 120, 3)]


def test_each_span_is_reported_once_and_a_growing_one_goes_on_without_a_hole() -> None:
    effort = meter(0, 10, 300, 310)
    first = effort.pending()
    effort.seen(START + timedelta(seconds=320))  # a frame comes while the heartbeat is written
    effort.reported(first)
    assert seconds(effort.pending()) == [(310, 320, 1)]
    effort.reported(effort.pending())
    assert effort.pending() == []
    effort.seen(START + timedelta(seconds=330))
    assert seconds(effort.pending()) == [(320, 330, 1)]


def test_what_was_not_reported_is_there_again_after_a_restart_with_the_same_ids() -> None:
    effort = meter(0, 10, 300)
    again = meter()
    again.restore(effort.state)
    assert again.pending() == effort.pending()


def frame(second: float, image: Image) -> Frame:
    return Frame(image, START + timedelta(seconds=second), CLOCK, str(second))


def scene() -> Image:
    return NOISE.integers(0, 255, (120, 160, 3), np.uint8)


def monitor(*, live: bool = True) -> CameraMonitor:
    return CameraMonitor("mast-1", DEPLOYMENT, max_gap_s=120, live=live)


def feed(camera: CameraMonitor, images: list[Image], start: float = 0) -> None:
    for number, image in enumerate(images):
        camera.saw(frame(start + number, image), vision.thumbnail(image))


def test_a_picture_that_stops_changing_is_frozen_and_nobody_looks() -> None:
    camera = monitor()
    feed(camera, [scene() for _ in range(5)])
    assert not camera.health().frozen
    feed(camera, [scene()] * 20, start=5)
    assert camera.health().frozen
    assert seconds(camera.pending()) == [(0, 8, 9)]
    feed(camera, [scene()], start=25)
    assert not camera.health().frozen


def test_archived_pictures_may_repeat() -> None:
    camera = monitor(live=False)
    feed(camera, [scene()] * 20)
    assert not camera.health().frozen
    assert seconds(camera.pending()) == [(0, 19, 20)]


def test_dark_and_blurred_are_told_apart() -> None:
    night = monitor()
    feed(night, [np.zeros((120, 160, 3), np.uint8)])
    assert (night.health().dark, night.health().blurred) == (True, False)
    fog = monitor()
    feed(fog, [np.full((120, 160, 3), 180, np.uint8)])
    assert (fog.health().dark, fog.health().blurred) == (False, True)
    day = monitor()
    feed(day, [scene()])
    assert (day.health().dark, day.health().blurred) == (False, False)


def test_frames_count_from_the_last_heartbeat_that_is_safe() -> None:
    camera = monitor()
    feed(camera, [scene() for _ in range(3)])
    first, spans = camera.health(), camera.pending()
    assert first.frames == 3
    assert camera.health().frames == 3, "asking reports nothing"
    feed(camera, [scene()], start=3)
    camera.reported(first, spans)
    assert camera.health().frames == 1
    assert seconds(camera.pending()) == [(2, 3, 1)]


def test_a_heartbeat_sums_up(tmp_path: Path) -> None:
    camera = monitor()
    camera.problem = "x" * 600
    beat = heartbeat(
        clock=CLOCK,
        cameras=[camera.health()],
        effort=[],
        outbox=Statistics({Kind.MEDIA: 2, Kind.OBSERVATIONS: 3}, 1, 4096, {Kind.MEDIA: 7}),
        state_dir=tmp_path,
        uptime_s=12.34,
        next_within_s=60,
    )
    assert (beat.outbox_records, beat.outbox_bytes, beat.given_up) == (5, 4096, 7)
    assert beat.disk_free_bytes
    assert beat.id == beat.message_id
    assert beat.software.startswith("fieldwatch")
    assert beat.cameras[0].problem == "x" * 500


def test_the_hottest_zone_counts_and_a_broken_one_does_not(tmp_path: Path) -> None:
    assert cpu_celsius(tmp_path) is None
    for zone, value in enumerate(("41500", "63000", "")):
        (tmp_path / f"thermal_zone{zone}").mkdir()
        (tmp_path / f"thermal_zone{zone}" / "temp").write_text(value)
    assert cpu_celsius(tmp_path) == 63.0


def test_a_pause_ends_a_span_however_short_it_is_and_a_restart_knows_of_it() -> None:
    effort = meter(0, 10)
    effort.pause()
    kept = effort.state
    again = EffortMeter("mast-1", DEPLOYMENT, max_gap_s=120)
    again.restore(kept)
    for each in (effort, again):
        each.seen(START + timedelta(seconds=30))
        each.seen(START + timedelta(seconds=40))
        assert seconds(each.pending()) == [(0, 10, 2), (30, 40, 2)]


def test_a_camera_that_is_tried_again_brings_back_no_effort_that_was_reported() -> None:
    kept = meter(0, 10).state
    monitor = CameraMonitor("mast-1", DEPLOYMENT, max_gap_s=120, live=True)
    monitor.restore(kept)
    monitor.reported(monitor.health(), monitor.pending())
    monitor.restore(kept)
    assert monitor.pending() == []


def test_what_was_given_up_is_news_for_a_day() -> None:
    """The count itself never goes back, unless the outbox is a new one."""
    hour = 3600.0
    steps = [
        (0, 5, 0),  # what was there was told by the process before
        (1, 5, 0),
        (2, 8, 3),
        (20, 10, 5),
        (25.9, 10, 5),
        (26, 10, 2),  # those of hour 2 were told for a day
        (43.9, 10, 2),
        (44, 10, 0),
        (50, 2, 2),  # a new outbox
        (60, 3, 3),
        (75, 3, 1),
        (90, 3, 0),
    ]
    now = 0.0
    lately = GivenUpLately(lambda: now)
    for at, total, news in steps:
        now = at * hour
        assert lately.of(total) == news, f"after {at} hours"
