"""A camera under a power budget: what it looks at, and what it claims to have looked at."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.unit.edge.test_pipeline import Live, Recorded, frames, pipeline_over, records, world

from fieldwatch_edge.outbox import Outbox
from fieldwatch_edge.power.pace import Pace, Pacer
from fieldwatch_shared.topics import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fieldwatch_edge.domain import Frame

__all__ = ["frames", "world"]


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    outbox = Outbox(tmp_path / "o", 64 * 1024**2)
    yield outbox
    outbox.close()


def kinds(outbox: Outbox) -> list[Kind]:
    return [kind for kind, _, _ in records(outbox).values()]


def test_at_the_floor_fire_is_still_seen_and_animals_are_no_effort(
    world: Path, frames: list[Frame], outbox: Outbox
) -> None:
    pacer = Pacer()
    pacer.set(Pace("floor", 15.0, 0.0))
    pipeline = pipeline_over(world, outbox, live=True, pacer=pacer)
    pipeline.run(Live(frames, None, len(frames)), finite=True)
    assert kinds(outbox).count(Kind.SUSPICIONS) == 1
    assert Kind.OBSERVATIONS not in kinds(outbox)
    assert pipeline._monitor.pending() == []
    assert pipeline._monitor.health().frames == len(frames), "its eyes are open: this is no fault"


def test_what_is_suspected_is_looked_at_as_often_as_without_a_budget(
    world: Path, frames: list[Frame], outbox: Outbox
) -> None:
    """By the budget alone it would look each 40 s: too few of the frames with smoke to confirm it in the
    world's time. From the first sign on it looks as its own settings say, and stays awake."""
    pacer = Pacer()
    pacer.set(Pace("floor", 40.0, 0.0))
    pipeline = pipeline_over(world, outbox, live=True, pacer=pacer)
    assert pipeline._fire is not None
    looked, awake = [], []
    detector = pipeline._fire.detector
    original = detector.detect

    def detect(image: object) -> object:
        looked.append(current)
        return original(image)  # type: ignore[arg-type]

    detector.detect = detect  # type: ignore[method-assign,assignment]
    for current in frames:
        pipeline._take(current)
        awake.append(pacer.awake)
    gaps = [(b.at - a.at).total_seconds() for a, b in itertools.pairwise(looked)]
    assert max(gaps) >= 36
    assert min(gaps) == 5, "as its own settings say"
    assert any(awake)
    assert kinds(outbox).count(Kind.SUSPICIONS) == 1


def test_a_restart_while_something_is_suspected_does_not_wait_for_the_budget(
    world: Path, frames: list[Frame], outbox: Outbox
) -> None:
    """New settings or software begin a new process, whenever: what was half confirmed is looked at as closely
    as before, from its first frame on."""
    pacer = Pacer()
    pacer.set(Pace("floor", 40.0, 0.0))
    pipeline = pipeline_over(world, outbox, live=True, pacer=pacer)
    assert pipeline._fire is not None
    rest = iter(frames)
    for frame in rest:
        pipeline._take(frame)
        if pipeline._fire.watch.suspects:
            break
    pipeline._save([], force=True)
    again = pipeline_over(world, outbox, live=True, pacer=pacer)
    assert again._fire is not None
    assert again._fire.watch.suspects, "the window is kept"
    looked = []
    original = again._fire.detector.detect
    again._fire.detector.detect = lambda image: (looked.append(current.at), original(image))[1]  # type: ignore[method-assign,assignment]
    for current in itertools.islice(rest, 12):
        again._take(current)
    assert (looked[0] - frame.at).total_seconds() == 5, "as its own settings say"


def test_a_camera_that_goes_while_it_suspects_keeps_nobody_awake_for_ever(
    world: Path, frames: list[Frame], outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fieldwatch_edge.pipeline import vigil as module

    pacer = Pacer()
    pipeline = pipeline_over(world, outbox, live=True, pacer=pacer)
    for frame in frames:
        pipeline._take(frame)
        if pacer.awake:
            break
    pipeline._idle()
    assert pacer.awake, "it may be back at once"
    later = module.time.monotonic() + module.SUSPECT_AT_MOST.total_seconds() + 1
    monkeypatch.setattr(module.time, "monotonic", lambda: later)
    pipeline._idle()
    assert pacer.awake is None


def test_effort_is_the_stretches_in_which_animals_were_looked_for(
    world: Path, frames: list[Frame], outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fieldwatch_edge.power import pace as module

    monkeypatch.setattr(module, "CYCLE_S", 60.0)
    pacer = Pacer()
    pacer.set(Pace("saving", 0.0, 0.5))
    pipeline = pipeline_over(world, outbox, live=True, pacer=pacer)
    pipeline.run(Live(frames, None, len(frames)), finite=True)
    spans = pipeline._monitor.pending()
    looked = [frame for frame in frames if frame.at.timestamp() % 60 < 30]
    assert sum(span.frames for span in spans) == len(looked)
    assert len(spans) >= 2, "though the gap between them is shorter than max_gap_s"
    for span in spans:
        assert span.ended_at - span.started_at <= timedelta(seconds=30)
    seen = {frame.at for frame in looked}
    from fieldwatch_shared.messages import Observation

    bodies = [body for kind, body, _ in records(outbox).values() if kind is Kind.OBSERVATIONS]
    assert bodies
    for body in bodies:
        one = Observation.model_validate_json(body)
        assert {one.observed_at, one.ended_at} <= seen


def test_pictures_of_an_archive_are_all_looked_at_whatever_the_battery_holds(
    world: Path, frames: list[Frame], outbox: Outbox, tmp_path: Path
) -> None:
    whole = Outbox(tmp_path / "whole", 64 * 1024**2)
    pipeline_over(world, whole).run(Recorded(frames, None, len(frames)), finite=True)
    pacer = Pacer()
    pacer.set(Pace("floor", 60.0, 0.0))
    pipeline = pipeline_over(world, outbox, pacer=pacer)
    pipeline.run(Recorded(frames, None, len(frames)), finite=True)
    assert records(outbox) == records(whole)
    whole.close()


@pytest.mark.parametrize(("boot", "offsets"), [("first", [3600.0]), ("second", [None, 3600.0])])
def test_the_error_of_this_boots_clock_is_that_of_no_effort_before_it(
    boot: str, offsets: list[float | None], world: Path, frames: list[Frame], outbox: Outbox
) -> None:
    """A clock without a battery begins at the same time in each boot: both have seen the same times."""
    before = pipeline_over(world, outbox, live=True, boot="first")
    for frame in frames[:12]:
        before._take(frame)
    before._save([], force=True)
    # The power is cut, or the process killed; no heartbeat has carried it.
    again = pipeline_over(world, outbox, live=True, boot=boot)
    for frame in frames[12:24]:
        again._take(frame)
    again._monitor.clock_was_wrong(lambda _: True, 3600.0)
    spans = again._monitor.pending()
    assert [span.clock_offset_s for span in spans] == offsets
    assert sum(span.frames for span in spans) == 24


def test_what_ends_with_a_frame_that_fails_is_kept(
    world: Path, frames: list[Frame], outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    pacer = Pacer()
    pipeline = pipeline_over(world, outbox, live=True, pacer=pacer)
    for frame in frames[:12]:  # an animal is in view
        pipeline._take(frame)
    assert Kind.OBSERVATIONS not in kinds(outbox)

    def fail(*_: object, **__: object) -> None:
        raise ValueError("nobody thought of this")

    monkeypatch.setattr(pipeline._monitor, "saw", fail)
    pacer.set(Pace("floor", 15.0, 0.0))  # from now on, nobody looks for animals: its track ends
    pipeline._take(frames[12])
    assert Kind.OBSERVATIONS in kinds(outbox)
