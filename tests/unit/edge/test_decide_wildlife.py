from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from fieldwatch_edge.decide import WildlifeWatch
from fieldwatch_edge.domain import DetectedClass, Detections, Frame, Picture, TrackedDetections
from fieldwatch_edge.settings import WildlifeSettings
from fieldwatch_shared.messages import Clock, ClockQuality, Media, Observation, ObservationType

START = datetime(2026, 5, 1, tzinfo=UTC)
DEPLOYMENT = UUID("0198c0de-0000-7000-8000-000000000001")
CLASSES = (
    DetectedClass("deer", "animal", "Cervidae"),
    DetectedClass("person", "human"),
    DetectedClass("car", "vehicle"),
    DetectedClass("smoke", "smoke"),
    DetectedClass("animal", "animal", "Animalia", unknown=True),
)
Seen = tuple[int, float, int, tuple[float, float, float, float]]
"""Track, score, class, box."""
HERE, THERE = (10.0, 10.0, 30.0, 30.0), (60.0, 10.0, 90.0, 50.0)


def frame(second: float) -> Frame:
    return Frame(
        np.zeros((100, 200, 3), np.uint8),
        START + timedelta(seconds=second),
        Clock(quality=ClockQuality.NTP),
        f"{second}.jpg",
    )


def tracked(*seen: Seen) -> TrackedDetections:
    return TrackedDetections(
        Detections(
            np.array([s[3] for s in seen], np.float32).reshape(-1, 4),
            np.array([s[1] for s in seen], np.float32),
            np.array([s[2] for s in seen], np.int64),
        ),
        np.array([s[0] for s in seen], np.int64),
    )


class Keeper:
    def __init__(self) -> None:
        self.kept: list[str] = []

    def __call__(self, frame: Frame) -> Picture:
        self.kept.append(frame.position)
        id_ = UUID(bytes=hashlib.md5(frame.position.encode()).digest())  # noqa: S324
        media = Media(
            id=id_,
            message_id=id_,
            deployment_id=DEPLOYMENT,
            observed_at=frame.at,
            clock=frame.clock,
            mime="image/jpeg",
            sha256="0" * 64,
            width=200,
            height=100,
        )
        return Picture(media, frame.position.encode())


def watch(keep: Keeper | None = None, **settings: float) -> WildlifeWatch:
    return WildlifeWatch(
        "mast-1",
        DEPLOYMENT,
        WildlifeSettings.model_validate(settings),
        model="wildlife@1",
        classes=CLASSES,
        keep=keep or Keeper(),
    )


def observations(records: list[Observation | Picture]) -> list[Observation]:
    return [record for record in records if isinstance(record, Observation)]


def test_a_track_is_one_observation_over_its_time() -> None:
    animals = watch()
    for second in range(4):
        assert animals.see(frame(second), tracked((7, 0.5 + second / 10, 0, HERE))) == []
    assert not animals.quiet
    assert observations(animals.see(frame(8), tracked())) == []
    picture, observation = animals.see(frame(9), tracked())
    assert animals.quiet
    assert isinstance(observation, Observation)
    assert isinstance(picture, Picture)
    assert (observation.observed_at, observation.ended_at) == (START, START + timedelta(seconds=3))
    assert (observation.frames, observation.count, observation.confidence) == (4, 1, 0.8)
    assert observation.observation_type is ObservationType.ANIMAL
    assert observation.scientific_name == "Cervidae"
    assert observation.media_id == picture.media.id
    assert picture.encoded == b"3.jpg", "the best frame"
    box = observation.box
    assert box is not None
    assert (box.x, box.y, box.width, box.height) == (0.05, 0.1, 0.1, 0.2)


def test_what_was_seen_too_seldom_is_not_reported() -> None:
    animals = watch(min_frames=2)
    animals.see(frame(0), tracked((1, 0.9, 0, HERE)))
    assert animals.open() == []
    assert animals.end() == []


def test_a_gap_in_the_frames_ends_a_track_even_if_the_tracker_goes_on() -> None:
    animals = watch(min_frames=1)
    animals.see(frame(0), tracked((1, 0.9, 0, HERE)))
    first = observations(animals.see(frame(60), tracked((1, 0.9, 0, HERE))))
    second = observations(animals.end())
    assert [o.observed_at for o in first + second] == [START, START + timedelta(seconds=60)]
    assert first[0].id != second[0].id


def test_the_class_is_that_of_the_largest_summed_confidence() -> None:
    animals = watch()
    for second, (score, class_) in enumerate([(0.9, 2), (0.5, 0), (0.5, 0)]):
        animals.see(frame(second), tracked((1, score, class_, HERE)))
    (observation,) = observations(animals.end())
    assert observation.scientific_name == "Cervidae"
    assert observation.confidence == 0.9


@pytest.mark.parametrize(
    ("named", "nameless", "name", "confidence"),
    [
        pytest.param(2, 9, "Cervidae", 0.5, id="two frames with a name"),
        pytest.param(1, 9, "Animalia", 0.9, id="one is too few"),
        pytest.param(0, 2, "Animalia", 0.9, id="none"),
    ],
)
def test_an_animal_that_had_a_name_often_enough_is_reported_under_it(
    named: int, nameless: int, name: str, confidence: float
) -> None:
    animals = watch(min_frames=2, lost_s=60)
    for second in range(named + nameless):
        score, class_ = (0.5, 0) if second < named else (0.9, 4)
        animals.see(frame(second), tracked((1, score, class_, HERE)))
    (observation,) = observations(animals.end())
    assert observation.scientific_name == name
    assert observation.confidence == confidence, "how sure the name is, not how sure that it is an animal"


def test_people_and_vehicles_have_their_own_types_and_smoke_is_not_counted() -> None:
    animals = watch(min_frames=1)
    animals.see(
        frame(0),
        tracked((1, 0.9, 1, HERE), (2, 0.9, 2, THERE), (3, 0.9, 3, (0.0, 0.0, 5.0, 5.0))),
    )
    found = {o.observation_type: o.scientific_name for o in observations(animals.end())}
    assert found == {ObservationType.HUMAN: "Homo sapiens", ObservationType.VEHICLE: None}


def test_one_picture_serves_all_that_it_shows() -> None:
    animals = watch(min_frames=1)
    animals.see(frame(0), tracked((1, 0.9, 0, HERE), (2, 0.8, 0, THERE)))
    records = animals.end()
    pictures = [record for record in records if isinstance(record, Picture)]
    assert len(pictures) == 1
    assert {o.media_id for o in observations(records)} == {pictures[0].media.id}
    assert len({o.id for o in observations(records)}) == 2


def test_a_slightly_better_frame_is_not_worth_another_picture() -> None:
    keep = Keeper()
    animals = watch(keep)
    for second in range(5):
        animals.see(frame(second), tracked((1, 0.80 + second / 100, 0, HERE)))
    assert keep.kept == ["0.jpg"]


def test_the_picture_shows_the_whole_animal_if_any_frame_does() -> None:
    keep = Keeper()
    watching = watch(keep)
    entering, inside, leaving = (0.0, 10.0, 30.0, 60.0), (50.0, 10.0, 90.0, 60.0), (170.0, 10.0, 200.0, 60.0)
    for second, box, score in [(0, entering, 0.9), (1, inside, 0.7), (2, leaving, 0.95)]:
        watching.see(frame(second), tracked((1, score, 0, box)))
    picture, observation = watching.end()
    assert isinstance(picture, Picture)
    assert picture.encoded == b"1.jpg"
    assert isinstance(observation, Observation)
    assert observation.box is not None
    assert observation.box.x == 50 / 200
    assert observation.confidence == 0.95


def test_pictures_rest_where_wished() -> None:
    animals = watch(min_frames=1, picture_every_s=100, lost_s=1)
    found = []
    for second in (0, 50, 99, 101, 150):
        found += animals.see(frame(second), tracked((second, 0.9, 0, HERE)))
    found += animals.end()
    assert [o.media_id is not None for o in observations(found)] == [True, False, False, True, False]


def test_the_same_evidence_gives_the_same_records_whatever_the_tracker_calls_it() -> None:
    def run(first_track: int) -> list[Observation]:
        animals = watch()
        for second in range(3):
            animals.see(frame(second), tracked((first_track, 0.9, 0, HERE), (first_track + 1, 0.7, 0, THERE)))
        return observations(animals.end())

    assert run(0) == run(40)


def test_open_tracks_are_what_they_would_be_but_for_the_picture() -> None:
    animals = watch()
    for second in range(3):
        animals.see(frame(second), tracked((1, 0.9, 0, HERE)))
    (now,) = animals.open()
    (later,) = observations(animals.end())
    assert now == later.model_copy(update={"media_id": None})
