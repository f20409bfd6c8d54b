"""The pipeline over a small world, with real ONNX models: cut off anywhere, it goes on the same."""

from __future__ import annotations

import io
import shutil
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest
from PIL import Image
from tests.integration.edge_world import animals, make_models, make_pictures, write_config

from fieldwatch_edge.capture import Source, SourceStatus, open_source
from fieldwatch_edge.errors import OutboxError
from fieldwatch_edge.health import CameraMonitor
from fieldwatch_edge.live_view import Handover
from fieldwatch_edge.outbox import Entry, Outbox
from fieldwatch_edge.pipeline import Pipeline
from fieldwatch_edge.pipeline import loop as module
from fieldwatch_edge.settings import NodeSettings, RtspSource
from fieldwatch_shared.messages import Media, Suspicion
from fieldwatch_shared.topics import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from fieldwatch_edge.domain import Frame, Picture
    from fieldwatch_edge.power.pace import Pacer
    from fieldwatch_shared.messages import Observation

MINUTES = 3


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    make_models(folder / "models")
    make_pictures(folder / "pictures", MINUTES)
    write_config(folder)
    return folder


@pytest.fixture(scope="module")
def frames(world: Path) -> list[Frame]:
    with open_source(NodeSettings.read(world / "node.toml").cameras[0].source) as source:
        return list(source)


class Recorded(Source):
    """Frames that were read before, cut off where the process is to die."""

    replayable: ClassVar[bool] = True

    def __init__(self, frames: list[Frame], after: str | None, until: int) -> None:
        positions = [frame.position for frame in frames]
        first = positions.index(after) + 1 if after is not None else 0
        self._frames = frames[first:until]
        self._all = {frame.position: frame for frame in frames}

    def frames(self, idle_s: float = 1.0) -> Iterator[Frame | None]:
        yield from self._frames

    def again(self, position: str, at: datetime) -> Frame | None:
        return self._all[position] if self.replayable else None

    @property
    def status(self) -> SourceStatus:
        return SourceStatus()

    def close(self) -> None:
        pass


class Live(Recorded):
    replayable: ClassVar[bool] = False


def pipeline_over(
    world: Path,
    outbox: Outbox,
    *,
    live: bool = False,
    masks: Any = tuple,
    onlooker: Any = None,
    pacer: Pacer | None = None,
    boot: str | None = None,
) -> Pipeline:
    camera = NodeSettings.read(world / "node.toml").cameras[0]
    if live:
        camera = camera.model_copy(update={"source": RtspSource(kind="rtsp", url="rtsp://camera")})
    monitor = CameraMonitor("mast-1", camera.deployment_id, max_gap_s=camera.max_gap_s, live=live)
    return Pipeline(
        "mast-1",
        camera,
        outbox,
        monitor,
        search_path=[world / "models"],
        stop=threading.Event(),
        masks=masks,
        onlooker=onlooker,
        pacer=pacer,
        boot=boot,
    )


def run_until(pipeline: Pipeline, frames: list[Frame], until: int) -> None:
    """Take in frames and drop dead: nothing is ended or saved as it would be at a clean stop."""
    for frame in Recorded(frames, pipeline.position, until):
        pipeline._take(frame)


def records(outbox: Outbox) -> dict[str, tuple[Kind, str, bytes | None]]:
    return {entry.id: (entry.kind, entry.body, entry.attachment) for entry in outbox}


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint after each frame where one is allowed."""
    monkeypatch.setattr(module, "SAVE_EVERY_S", 0.0)


def undisturbed(world: Path, frames: list[Frame], path: Path) -> dict[str, tuple[Kind, str, bytes | None]]:
    outbox = Outbox(path, 64 * 1024**2)
    pipeline_over(world, outbox).run(Recorded(frames, None, len(frames)), finite=True)
    found = records(outbox)
    outbox.close()
    return found


def test_the_world_is_seen_as_it_is(world: Path, frames: list[Frame], tmp_path: Path) -> None:
    kinds = [kind for kind, _, _ in undisturbed(world, frames, tmp_path / "o").values()]
    assert kinds.count(Kind.OBSERVATIONS) == animals(MINUTES)
    assert kinds.count(Kind.SUSPICIONS) == 1


def test_to_be_looked_at_live_changes_nothing_of_what_is_seen(
    world: Path, frames: list[Frame], tmp_path: Path
) -> None:
    handover = Handover()
    handover.open(width=160, fps=1e6)
    outbox = Outbox(tmp_path / "looked-at", 64 * 1024**2)
    pipeline_over(world, outbox, onlooker=handover).run(Recorded(frames, None, len(frames)), finite=True)
    assert records(outbox) == undisturbed(world, frames, tmp_path / "o")
    newest = handover.newest(after=0, within_s=0)
    assert newest is not None
    assert newest.image.shape[1] == 160
    outbox.close()


@pytest.mark.usefixtures("eager")
def test_cut_off_after_any_frame_it_goes_on_the_same(
    world: Path, frames: list[Frame], tmp_path: Path
) -> None:
    expected = undisturbed(world, frames, tmp_path / "undisturbed")
    # Before, while and after animals walk, one ends while another is followed, and smoke is (un)confirmed.
    for cut in (1, 8, 14, 22, 24, 35, 62, 124, 131, 150):
        outbox = Outbox(tmp_path / f"cut-{cut}", 64 * 1024**2)
        run_until(pipeline_over(world, outbox), frames, cut)
        second = pipeline_over(world, outbox)
        second.run(Recorded(frames, second.position, len(frames)), finite=True)
        assert records(outbox) == expected, f"cut off after {cut} frames"
        assert outbox.statistics().open_tracks == 0
        outbox.close()


@pytest.mark.usefixtures("eager")
def test_what_a_live_camera_followed_survives_a_crash(
    world: Path, frames: list[Frame], tmp_path: Path
) -> None:
    outbox = Outbox(tmp_path / "o", 64 * 1024**2)
    run_until(pipeline_over(world, outbox, live=True), frames, 14)  # two animals are walking
    assert outbox.empty
    assert outbox.statistics().open_tracks == 2
    second = pipeline_over(world, outbox, live=True)
    assert second.position is None
    assert second._monitor.effort_state()[0].frames == 14
    second.run(Live(frames, None, 0), finite=False)
    assert outbox.statistics().records == {Kind.OBSERVATIONS: 2}
    outbox.close()


def test_a_stop_leaves_open_what_a_replay_will_see_end(
    world: Path, frames: list[Frame], tmp_path: Path
) -> None:
    outbox = Outbox(tmp_path / "o", 64 * 1024**2)
    pipeline = pipeline_over(world, outbox)

    class Stopped(Recorded):
        def frames(self, idle_s: float = 1.0) -> Iterator[Frame | None]:
            yield from self._frames[:14]
            pipeline._stop.set()
            yield self._frames[14]

    pipeline.run(Stopped(frames, None, len(frames)), finite=True)
    assert outbox.empty
    assert outbox.statistics().open_tracks == 2
    outbox.close()


def test_a_sequence_gap_ends_what_was_followed(world: Path, frames: list[Frame], tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o", 64 * 1024**2)
    pipeline = pipeline_over(world, outbox)
    for frame in [*frames[:12], replace(frames[60])]:  # the animal is in view when the next minute begins
        pipeline._take(frame)
    assert outbox.statistics().records[Kind.OBSERVATIONS] == 2
    outbox.close()


def test_while_the_disk_refuses_nothing_is_skipped(
    world: Path, frames: list[Frame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = undisturbed(world, frames, tmp_path / "undisturbed")
    outbox = Outbox(tmp_path / "o", 64 * 1024**2)
    pipeline = pipeline_over(world, outbox)
    problems: list[str | None] = []

    def wait(seconds: float) -> bool:
        """The disk is full until somebody waited for it."""
        problems.append(pipeline._monitor.problem)
        outbox._writer.execute("PRAGMA max_page_count = 1000000")
        return False

    monkeypatch.setattr(pipeline._stop, "wait", wait)
    outbox._writer.execute("PRAGMA max_page_count = 1")  # as small as it is
    pipeline.run(Recorded(frames, None, len(frames)), finite=True)
    assert problems
    assert "full" in str(problems[0])
    assert records(outbox) == expected
    outbox.close()


def test_a_full_disk_ends_a_run_that_is_to_stop(world: Path, frames: list[Frame], tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o", 64 * 1024**2)
    pipeline = pipeline_over(world, outbox)
    outbox._writer.execute("PRAGMA max_page_count = 1")
    pipeline._stop.set()
    with pytest.raises(OutboxError):
        pipeline._write(lambda: outbox.write(ready=[Entry("x", Kind.MEDIA, 4, "{}", bytes(100_000))]))
    outbox.close()


def spoiled(frames: list[Frame], *numbers: int) -> list[Frame]:
    """The frames, some of them without a single pixel: no stage can work on them."""
    return [
        replace(frame, image=np.zeros((0, 0, 3), np.uint8)) if number in numbers else frame
        for number, frame in enumerate(frames)
    ]


@pytest.mark.usefixtures("eager")
def test_one_bad_frame_holds_up_nothing_and_is_told(world: Path, frames: list[Frame], tmp_path: Path) -> None:
    expected = undisturbed(world, frames, tmp_path / "undisturbed")
    outbox = Outbox(tmp_path / "o", 64 * 1024**2)
    pipeline = pipeline_over(world, outbox)
    bad = spoiled(frames, 25, 26)
    pipeline.run(Recorded(bad, None, len(frames)), finite=True)
    assert records(outbox) == expected
    assert pipeline.position == frames[-1].position
    assert "could not be taken in: 2" in str(pipeline._monitor.problem)
    assert frames[26].position in str(pipeline._monitor.problem)
    outbox.close()


@pytest.mark.usefixtures("eager")
def test_where_every_frame_fails_it_is_the_cameras_problem_and_none_is_lost(
    world: Path, frames: list[Frame], tmp_path: Path
) -> None:
    expected = undisturbed(world, frames, tmp_path / "undisturbed")
    outbox = Outbox(tmp_path / "o", 64 * 1024**2)
    pipeline = pipeline_over(world, outbox)
    with pytest.raises(ZeroDivisionError):
        pipeline.run(Recorded(spoiled(frames, *range(85, 180)), None, len(frames)), finite=True)
    second = pipeline_over(world, outbox)
    assert second.position == frames[84].position
    second.run(Recorded(frames, second.position, len(frames)), finite=True)
    assert records(outbox) == expected
    outbox.close()


@pytest.mark.usefixtures("eager")
def test_a_late_picture_counts_as_shown_only_once_it_was_taken_in(
    world: Path, frames: list[Frame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Counting(Recorded):
        shown = 0

        def frames(self, idle_s: float = 1.0) -> Iterator[Frame | None]:
            for frame in self._frames:
                self.shown += 1
                yield frame

        @property
        def arrived_until(self) -> int:
            return self.shown

    outbox = Outbox(tmp_path / "o", 64 * 1024**2)
    pipeline = pipeline_over(world, outbox)
    look = pipeline._look

    def die_at_the_late_one(frame: Frame, ended: list[Observation | Picture]) -> None:
        if frame is frames[1]:
            raise KeyboardInterrupt
        look(frame, ended)

    monkeypatch.setattr(pipeline, "_look", die_at_the_late_one)
    with pytest.raises(KeyboardInterrupt):
        pipeline.run(Counting([frames[0], frames[2], frames[1]], None, 3), finite=True)
    second = pipeline_over(world, outbox)
    assert (second.position, second.arrived_until) == (frames[2].position, 2)
    outbox.close()


def test_pictures_that_came_late_while_the_node_was_down_are_taken_in_once(
    world: Path, frames: list[Frame], tmp_path: Path
) -> None:
    expected = undisturbed(world, frames[:120], tmp_path / "undisturbed")
    folder = tmp_path / "pictures"
    folder.mkdir()
    config = NodeSettings.read(world / "node.toml").cameras[0].source.model_copy(update={"path": folder})
    outbox = Outbox(tmp_path / "o", 64 * 1024**2)
    shown = []
    # The second minute comes first.
    for arriving in (frames[60:120], frames[:60], []):
        for frame in arriving:
            shutil.copyfile(world / "pictures" / frame.position, folder / frame.position)
        pipeline = pipeline_over(world, outbox)
        resume = (pipeline.position, pipeline.reached_at, pipeline.arrived_until)
        with open_source(config, *resume) as source:
            pipeline.run(source, finite=True)
        shown.append(pipeline._monitor.frames)
    assert shown == [60, 60, 0]
    assert records(outbox).keys() == expected.keys()
    outbox.close()


def test_a_suspicion_goes_first_and_alone_then_its_pictures_and_none_is_missing(
    world: Path, frames: list[Frame], tmp_path: Path
) -> None:
    outbox = Outbox(tmp_path / "o", 64 * 1024**2)
    written: list[list[Kind]] = []
    write = outbox.write

    def note(camera: str = "", *, ready: Iterable[Entry] = (), **more: Any) -> None:
        ready = list(ready)
        written.append([entry.kind for entry in ready])
        write(camera, ready=ready, **more)

    outbox.write = note  # type: ignore[method-assign]
    pipeline_over(world, outbox).run(Recorded(frames, None, len(frames)), finite=True)
    at = written.index([Kind.SUSPICIONS])
    assert written[at : at + 4] == [[Kind.SUSPICIONS], [Kind.MEDIA], [Kind.MEDIA], [Kind.MEDIA]]
    entries = {entry.id: entry for entry in outbox}
    (suspicion,) = (
        Suspicion.model_validate_json(entry.body)
        for entry in entries.values()
        if entry.kind is Kind.SUSPICIONS
    )
    still, before, clip = (
        entries[str(id_)] for id_ in (suspicion.media_id, suspicion.before_media_id, suspicion.clip_media_id)
    )
    assert [entry.priority for entry in (still, before, clip)] == [1, 2, 2]
    assert Media.model_validate_json(before.body).observed_at < suspicion.first_seen_at
    assert Media.model_validate_json(clip.body).mime == "image/webp"
    assert clip.attachment is not None
    # The view before, then the three frames that confirmed.
    assert Image.open(io.BytesIO(clip.attachment)).n_frames == 4
    outbox.close()


def test_a_mask_that_comes_while_the_pipeline_runs_holds_at_once(
    world: Path, frames: list[Frame], tmp_path: Path
) -> None:
    """Smoke stands in minute 2 at 256, 64 of 320 x 192; the mask comes after its second frame of three."""
    wanted: list[tuple[tuple[tuple[float, float], ...], ...]] = [()]
    outbox = Outbox(tmp_path / "o", 64 * 1024**2)
    pipeline = pipeline_over(world, outbox, masks=lambda: wanted[0])
    for number, frame in enumerate(frames):
        if number == 2 * 60 + 7:
            wanted[0] = (((0.7, 0.3), (1.0, 0.3), (1.0, 0.6), (0.7, 0.6)),)
        pipeline._take(frame)
    assert Kind.SUSPICIONS not in outbox.statistics().records
    assert pipeline._fire is not None
    assert pipeline._fire.watch.verdicts["masked"] > 5
    outbox.close()
