from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs
from tests.unit.edge.camera import wait_until
from tests.unit.edge.pictures import encoded, landscape

from fieldwatch_edge.capture import open_source
from fieldwatch_edge.capture.listing import Listing
from fieldwatch_edge.errors import SourceError
from fieldwatch_edge.settings import FolderSource, Times
from fieldwatch_shared.messages import Clock, ClockQuality

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
BY_NAME = Times(kind="name", pattern="%Y%m%d_%H%M%S", clock=ClockQuality.GNSS)
PICTURE = encoded(landscape(64, 48))


def utc(*parts: int) -> datetime:
    return datetime(2026, *parts, tzinfo=UTC)


def name(seconds: int) -> str:
    return f"{START + timedelta(seconds=seconds):%Y%m%d_%H%M%S}.jpg"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for seconds in range(5):
        (folder / name(seconds)).write_bytes(PICTURE)
    return folder


def positions(config: FolderSource, *resume) -> list[str]:
    with open_source(config, *resume) as source:
        return [frame.position for frame in source]


def test_frames_carry_time_clock_position_and_the_original_bytes(folder):
    with open_source(FolderSource(kind="folder", path=folder, times=BY_NAME)) as source:
        assert source.replayable
        frames = list(source)
    assert [frame.position for frame in frames] == [name(i) for i in range(5)]
    assert [frame.at for frame in frames] == [START + timedelta(seconds=i) for i in range(5)]
    assert frames[0].clock == Clock(quality=ClockQuality.GNSS)
    assert frames[0].encoded == PICTURE
    assert frames[0].image.shape == (48, 64, 3)
    assert source.status.last_frame_at == START + timedelta(seconds=4)
    assert source.status.problem is None


def test_pictures_are_sorted_by_capture_time_not_by_name(tmp_path):
    for i, (file, second) in enumerate([("a", 5), ("b", 1), ("c", 5), ("d", 3)]):
        time_ = f"2026:05:01 12:00:0{second}"
        (tmp_path / f"{file}.jpg").write_bytes(encoded(landscape(seed=i), DateTimeOriginal=time_))
    assert positions(FolderSource(kind="folder", path=tmp_path)) == ["b.jpg", "d.jpg", "a.jpg", "c.jpg"]


def test_subfolders_count_and_other_files_do_not(folder):
    (folder / "100MEDIA").mkdir()
    (folder / "100MEDIA" / name(2)).write_bytes(PICTURE)
    (folder / "labels.txt").write_text("0 0.5 0.5 0.1 0.1")
    (folder / f".{name(9)}").write_bytes(PICTURE[:100])
    expected = [name(0), name(1), f"100MEDIA/{name(2)}", name(2), name(3), name(4)]
    config = FolderSource(kind="folder", path=folder, times=BY_NAME)
    assert positions(config) == expected, "of one second: by name"


@pytest.mark.parametrize("seconds", range(5))
def test_it_goes_on_behind_the_resume_point(folder, seconds):
    config = FolderSource(kind="folder", path=folder, times=BY_NAME)
    assert positions(config, name(seconds)) == [name(i) for i in range(seconds + 1, 5)]


def test_a_resume_point_that_is_gone_means_from_the_start(folder):
    config = FolderSource(kind="folder", path=folder, times=BY_NAME)
    assert positions(config, name(77)) == [name(i) for i in range(5)]


def test_a_new_card_with_the_same_names_is_shown_whole(tmp_path):
    for i in range(4):
        exif = {"DateTimeOriginal": f"2026:05:02 12:00:0{i}"}
        (tmp_path / f"IMG_000{i}.jpg").write_bytes(encoded(landscape(seed=i), **exif))
    config = FolderSource(kind="folder", path=tmp_path)
    yesterday, now = utc(5, 1, 12, 0, 2), utc(5, 2, 12, 0, 2)
    assert positions(config, "IMG_0002.jpg", yesterday) == [f"IMG_000{i}.jpg" for i in range(4)]
    assert positions(config, "IMG_0002.jpg", now) == ["IMG_0003.jpg"]


def test_a_resume_point_that_was_cleaned_away_is_still_one(folder):
    config = FolderSource(kind="folder", path=folder, times=BY_NAME)
    (folder / name(2)).unlink()
    assert positions(config, name(2), START + timedelta(seconds=2)) == [name(3), name(4)]


def test_what_arrived_late_while_nobody_looked_is_shown(folder):
    config = FolderSource(kind="folder", path=folder, times=BY_NAME)
    with open_source(config) as source:
        seen = [(frame.position, frame.at, source.arrived_until) for frame in source]
    time.sleep(0.05)
    (folder / name(-9)).write_bytes(PICTURE)
    assert positions(config, *seen[2]) == [name(-9), name(3), name(4)]
    with open_source(config, *seen[2]) as source:
        next(iter(source))
        assert source.arrived_until == seen[2][2], "cut off here, the late one is shown again"
    with open_source(config, *seen[2]) as source:
        last = [(frame.position, frame.at, source.arrived_until) for frame in source][-1]
    assert positions(config, *last) == []


@pytest.mark.parametrize(
    "corrupt",
    [b"", PICTURE[:700], b"\xff\xd8 this is no JPEG \xff\xd9"],
    ids=["empty", "cut off", "nonsense"],
)
def test_a_corrupt_picture_is_counted_and_passed_over(folder, corrupt):
    (folder / name(2)).write_bytes(corrupt)
    with open_source(FolderSource(kind="folder", path=folder, times=BY_NAME)) as source:
        assert [frame.position for frame in source] == [name(i) for i in (0, 1, 3, 4)]
    assert source.status.skipped == 1
    assert source.status.problem is None, "frames came since"


def test_a_picture_without_a_time_is_counted_and_passed_over(folder):
    (folder / "holiday.jpg").write_bytes(PICTURE)
    with open_source(FolderSource(kind="folder", path=folder, times=BY_NAME)) as source:
        assert len(list(source)) == 5
    assert source.status.skipped == 1


def test_a_picture_that_vanishes_is_counted_and_passed_over(folder):
    with open_source(FolderSource(kind="folder", path=folder, times=BY_NAME)) as source:
        (folder / name(3)).unlink()
        assert [frame.position for frame in source] == [name(i) for i in (0, 1, 2, 4)]
    assert source.status.skipped == 1


def test_a_folder_that_can_give_nothing_is_an_error_that_says_why(folder, tmp_path):
    with pytest.raises(SourceError, match="is not a folder"):
        open_source(FolderSource(kind="folder", path=tmp_path / "nowhere"))
    with pytest.raises(SourceError, match=r"no picture with a time; the first, .*no EXIF DateTimeOriginal"):
        open_source(FolderSource(kind="folder", path=folder))


def test_a_png_has_no_original_jpeg(tmp_path):
    (tmp_path / "a.png").write_bytes(encoded(landscape(64, 48), "PNG"))
    with open_source(FolderSource(kind="folder", path=tmp_path, times=Times(kind="mtime"))) as source:
        assert next(iter(source)).encoded is None


@pytest.mark.parametrize(("speed", "expected_s"), [(0, 0.0), (20, 0.2), (4, 1.0)])
def test_replay_keeps_the_pace_of_capture(folder, speed, expected_s):
    config = FolderSource(kind="folder", path=folder, times=BY_NAME, replay_speed=speed)
    began = time.monotonic()
    assert len(positions(config)) == 5
    assert time.monotonic() - began >= expected_s


def test_waiting_ticks_and_ends_when_closed(folder):
    config = FolderSource(kind="folder", path=folder, times=BY_NAME, replay_speed=0.001)
    source = open_source(config)
    frames = source.frames(idle_s=0.1)
    assert next(frames).position == name(0)
    assert next(frames) is None, "a tick while the second one is not due"
    threading.Timer(0.3, source.close).start()
    assert set(frames) <= {None}, "ticks, then the end"


def test_only_folders_that_changed_are_read_again(folder):
    os.utime(folder, (0, 1_000_000_000))
    listing = Listing(folder)
    assert listing.new_names() == [name(i) for i in range(5)]
    (folder / name(6)).write_bytes(PICTURE)
    os.utime(folder, (0, 1_000_000_000))
    assert listing.new_names() == [], "as its time says"
    os.utime(folder, (0, 1_000_000_001))
    assert listing.new_names() == [name(6)]
    assert listing.new_names() == []


def test_a_folder_that_changes_twice_within_the_clocks_grain_is_read_again(folder):
    listing = Listing(folder)
    changed = folder.stat().st_mtime_ns
    assert len(listing.new_names()) == 5
    (folder / name(6)).write_bytes(PICTURE)
    os.utime(folder, ns=(changed, changed))
    assert listing.new_names() == [name(6)]


def test_a_link_to_a_folder_is_not_followed(folder):
    (folder / "latest").symlink_to(folder)
    assert Listing(folder).new_names() == [name(i) for i in range(5)]


def test_a_name_that_is_used_again_is_new_again(folder):
    (folder / "100MEDIA").mkdir()
    (folder / "100MEDIA" / name(9)).write_bytes(PICTURE)
    listing = Listing(folder)
    assert len(listing.new_names()) == 6
    (folder / name(2)).unlink()
    away = (folder / "100MEDIA").rename(folder.with_name("away"))
    assert listing.new_names() == []
    (folder / name(2)).write_bytes(PICTURE)
    away.rename(folder / "100MEDIA")
    assert listing.new_names() == [f"100MEDIA/{name(9)}", name(2)]
    assert listing.new_names() == []


class Followed:
    """A followed folder, read in a thread of its own."""

    def __init__(self, folder, *resume, reorder_s=0.1):
        config = FolderSource(kind="folder", path=folder, times=BY_NAME, follow=True, reorder_s=reorder_s)
        self.source = open_source(config, *resume)
        self.seen: list[str] = []
        self.ticks = 0
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self):
        for frame in self.source.frames(idle_s=0.2):
            if frame is None:
                self.ticks += 1
            else:
                self.seen.append(frame.position)

    def wait_for(self, count: int, timeout_s: float = 150) -> list[str]:
        until = time.monotonic() + timeout_s
        while len(self.seen) < count and time.monotonic() < until:
            time.sleep(0.02)
        return self.seen

    def close(self):
        self.source.close()
        self._thread.join(60)
        assert not self._thread.is_alive()


@pytest.fixture
def follow(folder):
    followed = []

    def start(*resume, **options):
        followed.append(Followed(folder, *resume, **options))
        return followed[-1]

    yield start
    for one in followed:
        one.close()


def test_a_followed_folder_shows_what_arrives(folder, follow):
    followed = follow()
    assert len(followed.wait_for(5)) == 5
    (folder / "sub").mkdir()
    (folder / "sub" / name(6)).write_bytes(PICTURE)
    (folder / name(7)).write_bytes(PICTURE)
    assert followed.wait_for(7)[5:] == [f"sub/{name(6)}", name(7)]
    (folder / "sub" / name(8)).write_bytes(PICTURE)
    assert followed.wait_for(8)[7] == f"sub/{name(8)}"
    assert wait_until(lambda: followed.ticks > 0)


class Looked:
    """A followed folder, looked into once at each `look`, by a clock that goes on by half a second."""

    def __init__(self, folder, monkeypatch, reorder_s):
        self.now = time.monotonic()
        clock = SimpleNamespace(monotonic=lambda: self.now, time=time.time)
        monkeypatch.setattr("fieldwatch_edge.capture.folder.time", clock)
        config = FolderSource(kind="folder", path=folder, times=BY_NAME, follow=True, reorder_s=reorder_s)
        self.source = open_source(config)
        self._frames = self.source.frames(idle_s=0)
        assert [next(self._frames).position for _ in range(5)] == [name(i) for i in range(5)]

    def look(self, times: int = 1) -> list[str]:
        """What was shown meanwhile."""
        shown = []
        for _ in range(times):
            self.now += 0.5
            while (frame := next(self._frames)) is not None:
                shown.append(frame.position)
        return shown


def test_newest_first_arrivals_are_shown_oldest_first(folder, monkeypatch):
    looked = Looked(folder, monkeypatch, reorder_s=2)
    for seconds in (9, 8, 7, 6):
        (folder / name(seconds)).write_bytes(PICTURE)
        assert looked.look(2) == []
    assert looked.look(20) == [name(6), name(7), name(8), name(9)]


def test_an_upload_that_began_before_is_waited_for(folder, monkeypatch):
    looked = Looked(folder, monkeypatch, reorder_s=1)
    (folder / name(6)).write_bytes(PICTURE[:100])
    assert looked.look() == []
    (folder / name(7)).write_bytes(PICTURE)
    for size in (200, 300, len(PICTURE)):
        assert looked.look() == []
        (folder / name(6)).write_bytes(PICTURE[:size])
    assert looked.look(10) == [name(6), name(7)]


def test_what_comes_too_late_is_shown_and_told(folder, follow):
    with capture_logs() as logs:
        followed = follow()
        followed.wait_for(5)
        (folder / name(-5)).write_bytes(PICTURE)
        assert followed.wait_for(6)[5:] == [name(-5)]
    told = [entry for entry in logs if entry["event"] == "folder.out_of_order"]
    assert [(entry["position"], entry["late_s"]) for entry in told] == [(name(-5), 9.0)]


def test_a_followed_folder_waits_until_a_picture_is_complete(folder, monkeypatch):
    looked = Looked(folder, monkeypatch, reorder_s=0.1)
    for size in range(100, len(PICTURE), len(PICTURE) // 4):
        (folder / name(9)).write_bytes(PICTURE[:size])
        assert looked.look(4) == []
    (folder / name(9)).write_bytes(PICTURE)
    assert looked.look(4) == [name(9)]
    assert looked.source.status.skipped == 0


def test_a_picture_in_transit_when_it_starts_is_waited_for(folder, follow):
    (folder / name(5)).write_bytes(PICTURE[:800])
    followed = follow()
    assert len(followed.wait_for(5)) == 5
    (folder / name(5)).write_bytes(PICTURE)
    assert followed.wait_for(6)[5:] == [name(5)]
    assert followed.source.status.skipped == 0


def test_a_corrupt_arrival_is_given_up_after_a_while(folder, follow, monkeypatch):
    monkeypatch.setattr("fieldwatch_edge.capture.folder._PATIENCE_S", 0.8)
    followed = follow()
    followed.wait_for(5)
    (folder / name(6)).write_bytes(PICTURE[:500])
    time.sleep(1.2)
    (folder / name(7)).write_bytes(PICTURE)
    assert followed.wait_for(6)[5:] == [name(7)]
    until = time.monotonic() + 60
    while followed.source.status.skipped == 0 and time.monotonic() < until:
        time.sleep(0.05)
    assert followed.source.status.skipped == 1


def test_a_followed_folder_resumes(folder, follow):
    followed = follow(name(3))
    assert followed.wait_for(1) == [name(4)]


def test_a_followed_folder_may_be_empty_at_first(folder, follow):
    for path in folder.iterdir():
        path.unlink()
    followed = follow()
    (folder / name(1)).write_bytes(PICTURE)
    assert followed.wait_for(1) == [name(1)]


def test_a_followed_folder_that_goes_away_is_a_problem_and_may_come_back(folder, follow):
    followed = follow()
    followed.wait_for(5)
    away = folder.rename(folder.with_name("away"))
    until = time.monotonic() + 60
    while followed.source.status.problem is None and time.monotonic() < until:
        time.sleep(0.05)
    assert str(folder) in followed.source.status.problem
    away.rename(folder)
    (folder / name(8)).write_bytes(PICTURE)
    assert followed.wait_for(6)[5:] == [name(8)]
    assert followed.source.status.problem is None
