from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta

import cv2
import pytest
from tests.unit.edge.pictures import number_in, numbered

from fieldwatch_edge.capture import open_source
from fieldwatch_edge.errors import SourceError
from fieldwatch_edge.settings import VideoSource
from fieldwatch_edge.vision import Capture
from fieldwatch_shared.messages import ClockQuality

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
FRAMES, RATE = 60, 10


@pytest.fixture(params=["clip.mp4", "clip.avi"], ids=["MPEG-4, between key frames", "MJPEG, key frames only"])
def clip(request, tmp_path):
    path = tmp_path / request.param
    codec = cv2.VideoWriter.fourcc(*("mp4v" if path.suffix == ".mp4" else "MJPG"))
    writer = cv2.VideoWriter(str(path), codec, RATE, (320, 240))
    for number in range(FRAMES):
        writer.write(numbered(number))
    writer.release()
    return path


def shown(config: VideoSource, resume_after: str | None = None, last_at: datetime | None = None):
    """(position, seconds from the start, the number in the picture) of each frame."""
    with open_source(config, resume_after, last_at) as source:
        return [(f.position, (f.at - START).total_seconds(), number_in(f.image)) for f in source]


def test_every_frame_with_its_time_and_position(clip):
    config = VideoSource(kind="video", path=clip, start=START, clock=ClockQuality.NTP)
    expected = [(f"{clip.name}#{i}", i / RATE, i) for i in range(FRAMES)]
    assert shown(config) == expected


def test_a_frame_each_so_many_seconds(clip):
    config = VideoSource(kind="video", path=clip, start=START, every_s=0.5)
    assert [number for _, _, number in shown(config)] == list(range(0, FRAMES, 5))


@pytest.mark.parametrize("last", [0, 1, 7, 13, 30, 58, 59])
@pytest.mark.parametrize("every_s", [0, 0.3])
def test_resumed_it_shows_what_an_uninterrupted_run_shows(clip, last, every_s):
    config = VideoSource(kind="video", path=clip, start=START, every_s=every_s)
    whole = shown(config)
    assert shown(config, resume_after=f"{clip.name}#{last}") == [f for f in whole if f[2] > last]


@pytest.mark.parametrize("off", [-4, 4], ids=["before", "behind"])
def test_a_seek_that_misses_shows_no_other_frames(clip, monkeypatch, off):
    seek = Capture.seek
    monkeypatch.setattr(Capture, "seek", lambda self, index: seek(self, index + off))
    config = VideoSource(kind="video", path=clip, start=START)
    resumed = shown(config, resume_after=f"{clip.name}#30")
    assert resumed == [(f"{clip.name}#{i}", i / RATE, i) for i in range(31, FRAMES)]


@pytest.mark.parametrize("position", ["other.mp4#7", "clip", "#x"])
def test_an_unknown_resume_point_means_from_the_start(clip, position):
    config = VideoSource(kind="video", path=clip, start=START)
    assert len(shown(config, resume_after=position)) == FRAMES


def test_another_recording_under_the_same_name_is_shown_whole(clip):
    config = VideoSource(kind="video", path=clip, start=START)
    at = START + timedelta(seconds=30 / RATE)
    assert len(shown(config, f"{clip.name}#30", at)) == FRAMES - 31
    assert len(shown(config, f"{clip.name}#30", at - timedelta(days=1))) == FRAMES
    assert len(shown(config, f"{clip.name}#30", at + timedelta(days=1))) == FRAMES


def test_without_a_start_the_files_own_time_counts(clip):
    os.utime(clip, (0, START.timestamp()))
    assert shown(VideoSource(kind="video", path=clip))[20][1] == pytest.approx(2)


def test_a_video_of_a_clock_that_lost_its_time_is_an_error(clip):
    os.utime(clip, (0, 0))
    with pytest.raises(SourceError, match="1970-01-01"):
        open_source(VideoSource(kind="video", path=clip))


def test_a_video_that_is_cut_off_shows_what_it_has_and_says_so(clip):
    if clip.suffix == ".mp4":  # without its end it has no index
        clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
        with pytest.raises(SourceError, match="is not a video"):
            open_source(VideoSource(kind="video", path=clip, start=START))
        return
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    with open_source(VideoSource(kind="video", path=clip, start=START)) as source:
        numbers = [number_in(frame.image) for frame in source]
    assert 20 < len(numbers) < 40
    assert numbers == list(range(len(numbers)))
    assert "ends after frame" in source.status.problem


def test_what_is_no_video_is_an_error(tmp_path, capfd):
    with pytest.raises(SourceError, match="there is no video"):
        open_source(VideoSource(kind="video", path=tmp_path / "none.mp4"))
    (tmp_path / "text.mp4").write_text("hello")
    with pytest.raises(SourceError, match="is not a video"):
        open_source(VideoSource(kind="video", path=tmp_path / "text.mp4"))
    assert capfd.readouterr().err == "", "FFmpeg keeps quiet"


def test_replay_keeps_the_pace_of_capture(clip):
    config = VideoSource(kind="video", path=clip, start=START, every_s=1, replay_speed=10)
    began = time.monotonic()
    assert len(shown(config)) == 6
    assert time.monotonic() - began >= 0.5


def test_closing_ends_it(clip):
    source = open_source(VideoSource(kind="video", path=clip, start=START))
    seen = 0
    for _ in source:
        seen += 1
        if seen == 3:
            source.close()
    assert seen == 3
    assert source.status.last_frame_at == START + timedelta(seconds=2 / RATE)
    assert source.status.problem is None


@pytest.mark.parametrize("index", [0, 7, 31, FRAMES - 1])
def test_a_frame_can_be_had_again(clip, index):
    config = VideoSource(kind="video", path=clip, start=START)
    at = START + timedelta(seconds=index / RATE)
    with open_source(config) as source:
        again = source.again(f"{clip.name}#{index}", at)
        assert again is not None
        assert (number_in(again.image), again.at, again.position) == (index, at, f"{clip.name}#{index}")
        assert [number_in(frame.image) for frame in source] == list(range(FRAMES)), "as if nobody had asked"


def test_a_frame_of_another_recording_is_not_had_again(clip):
    with open_source(VideoSource(kind="video", path=clip, start=START)) as source:
        assert source.again(f"{clip.name}#3", START) is None
        assert source.again("other.mp4#0", START) is None
        assert source.again(clip.name, START) is None
        assert source.again(f"{clip.name}#{FRAMES}", START + timedelta(seconds=FRAMES / RATE)) is None
