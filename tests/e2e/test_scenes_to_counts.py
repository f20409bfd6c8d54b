"""Scenes in, counts out: real detectors, real broker, real PostGIS, and both killed on the way.

What the cloud answers is compared with what the very same nodes make of the very same pictures when no cloud
is in reach (their outbox), exactly; and with the scenes' truth, within what the detectors are good for.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.field import LATER, NOON, Cloud, Cut, eventually, node_config, run_offline, start_node

from fieldwatch.demo import pictures, reserve
from fieldwatch.demo.scenes import plan_animals, plan_fire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fieldwatch_cloud.services.process import ManagedProcess

pytestmark = pytest.mark.timeout(3600)  # the first waits for three nodes at work, twice
PATIENCE_S = 900

SECONDS, IGNITION_S = 60.0, 20.0
SPEED = 3.0
"""Times as fast as the cameras took them: slow enough to be in the middle when things are killed."""
ZONES = {zone["properties"]["name"]: zone["geometry"] for zone in reserve.zones()["features"]}
CAMERAS_IN = {"Larch Ridge": {"Larch meadow", "Stone slope"}, "River Flats": {"River flats", "Ridge mast"}}
Taxon = str


class Run:
    """All that was seen and said in one run; made once for all tests here."""

    def __init__(self, cloud: Cloud, cuts: list[Cut], folder: Path) -> None:
        self.cloud, self.cuts = cloud, cuts
        nodes = ([cuts[0]], [cuts[1], cuts[2]], [cuts[3]])
        self.configs, self.hurried = (
            [node_config(folder / pace, node, cloud.made, cloud.broker_url, speed) for node in nodes]
            for pace, speed in (("paced", SPEED), ("hurried", 0))
        )
        self.outbox = [entry for config in self.hurried for entry in run_offline(config)]
        self.running_at_kills: list[int] = []
        self._go()
        self.observations = cloud.observations()

    def sent(self, kind: str) -> list[dict[str, Any]]:
        return [entry["record"] for entry in self.outbox if entry["kind"] == kind]

    def deployments(self, names: set[str]) -> set[str]:
        return {str(self.cloud.made.sites[name].deployment_id) for name in names}

    def _go(self) -> None:
        nodes = [start_node(config) for config in self.configs]
        try:
            self._when(2, nodes)
            self.cloud.kill(self.cloud.broker_pid)
            self._when(4, nodes)
            self.cloud.kill(self.cloud.ingest_pid)
            # A node ends by itself once the cloud has given a receipt for everything.
            eventually(lambda: all(node.exit_code is not None for node in nodes), "all delivered", PATIENCE_S)
            assert [node.exit_code for node in nodes] == [0, 0, 0]
        finally:
            for node, config in zip(nodes, self.configs, strict=True):
                node.stop()
                print((config.parent / "node.log").read_text()[-3000:])  # shown only where a test fails

    def _when(self, observations: int, nodes: list[ManagedProcess]) -> None:
        def committed() -> bool:
            assert all(node.exit_code in (None, 0) for node in nodes), "a node has failed"
            return len(self.cloud.observations()) >= observations

        eventually(committed, f"{observations} committed", PATIENCE_S)
        self.running_at_kills.append(sum(node.exit_code is None for node in nodes))


@pytest.fixture(scope="module")
def run(short_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("field")
    cuts = [Cut.make(replace(camera, scene=_shortened(camera)), folder, NOON) for camera in reserve.cameras()]
    cloud = Cloud(short_dir / "e2e")
    try:
        yield Run(cloud, cuts, folder)
    finally:
        cloud.stop()


def test_it_was_killed_in_the_middle(run):
    """Else the others would prove nothing about kills."""
    assert len(run.running_at_kills) == 2
    assert all(running >= 1 for running in run.running_at_kills)


def test_every_observation_arrived_once_and_as_it_was_seen(run):
    sent = {record["id"]: record for record in run.sent("observations")}
    assert len(run.observations) == len(sent) >= 6
    assert {observation["id"] for observation in run.observations} == sent.keys()
    for observation in run.observations:
        record = sent[observation["id"]]
        for key in (
            "deployment_id",
            "scientific_name",
            "observation_type",
            "count",
            "frames",
            "media_id",
            "model",
        ):
            assert observation[key] == record[key]
        for key in ("observed_at", "ended_at"):
            assert datetime.fromisoformat(observation[key]) == datetime.fromisoformat(record[key])
        assert observation["confidence"] == pytest.approx(record["confidence"], abs=1e-6)


def test_every_picture_arrived_and_is_the_one_that_was_sent(run):
    pictures_sent = {record["id"]: record for record in run.sent("media")}
    assert {record["media_id"] for record in run.sent("observations")} <= pictures_sent.keys() | {None}
    clips = 0
    for id_, record in pictures_sent.items():
        begins = run.cloud.raw(f"/media/{id_}")[:3]
        assert begins == (b"RIF" if record["mime"] == "image/webp" else b"\xff\xd8\xff")
        clips += begins == b"RIF"
    suspicions = run.sent("suspicions")
    for suspicion in suspicions:
        shown = {suspicion[name] for name in ("media_id", "before_media_id", "clip_media_id")}
        assert shown <= pictures_sent.keys()
    assert clips == len(suspicions) > 0


@pytest.mark.parametrize("zone", ZONES)
def test_counts_in_a_polygon_are_those_of_the_cameras_in_it(run, zone):
    counts = run.cloud.counts(ZONES[zone], NOON - LATER, NOON + LATER)
    inside = run.deployments(CAMERAS_IN[zone])
    seen = [record for record in run.sent("observations") if record["deployment_id"] in inside]
    assert counts["status"] == "observed"
    assert counts["deployments"] == {"in_area": len(inside), "looked": len(inside)}
    assert {one["scientific_name"]: one["observations"] for one in counts["species"]} == Counter(
        record["scientific_name"] for record in seen
    )
    # All of a camera's scene lies within 30 minutes: one event of each taxon at each camera.
    assert {one["scientific_name"]: one["individuals"] for one in counts["species"]} == _at_once(seen)
    assert {one["scientific_name"]: one["events"] for one in counts["species"]} == Counter(
        taxon for _, taxon in {(record["deployment_id"], record["scientific_name"]) for record in seen}
    )


def test_effort_is_the_time_that_the_scenes_last(run):
    counts = run.cloud.counts(None, NOON - LATER, NOON + LATER)
    assert {one["deployment_id"] for one in counts["effort"]["by_deployment"]} == run.deployments(
        {cut.camera.name for cut in run.cuts}
    )
    for one in counts["effort"]["by_deployment"]:
        assert one["camera_days"] * 86400 == pytest.approx(SECONDS, abs=3)


def test_a_span_in_which_nobody_looked_is_no_zero(run):
    counts = run.cloud.counts(None, NOON - 3 * LATER, NOON - 2 * LATER)
    assert counts["status"] == "not_observed"
    assert counts["species"] is None


def test_counts_come_near_the_truth(run):
    """The detectors were chosen by measurement to know these animals; a fifth may be off, by either sign."""
    counts = run.cloud.counts(None, NOON - LATER, NOON + LATER)
    counted = {one["scientific_name"]: one["individuals"] for one in counts["species"]}
    true: Counter[Taxon] = Counter()
    for cut in run.cuts:
        most: Counter[Taxon] = Counter()
        for frame in cut.truth["frames"]:
            now = Counter(animal["taxon"] for animal in frame["animals"] if animal["visible"] > 0.5)
            most |= now
        true += most
    off = sum(abs(counted.get(taxon, 0) - true[taxon]) for taxon in counted.keys() | true.keys())
    assert off <= 0.2 * sum(true.values()), f"counted {counted}, true {dict(true)}"


def test_one_fire_after_the_ignition_and_none_before(run):
    # A plume that the wind bends may be suspected at its foot and, once more, where it is thick: one fire.
    suspicions = run.sent("suspicions")
    assert 1 <= len(suspicions) <= 2
    incidents = run.cloud.get(f"/reserves/{reserve.SLUG}/incidents")["items"]
    assert len(incidents) == 1
    detail = run.cloud.get(f"/incidents/{incidents[0]['id']}")
    assert {one["id"] for one in detail["suspicions"]} == {one["id"] for one in suspicions}
    for one in detail["suspicions"]:
        assert IGNITION_S < (datetime.fromisoformat(one["observed_at"]) - NOON).total_seconds() <= SECONDS
        assert run.cloud.raw(f"/media/{one['media_id']}")[:3] == b"\xff\xd8\xff"


def test_a_node_that_lost_its_memory_counts_nothing_twice(run):
    before = run.cloud.counts(None, NOON - LATER, NOON + LATER)
    again = start_node(run.hurried[1])
    try:
        eventually(lambda: again.exit_code is not None, "the node has sent it all again", PATIENCE_S)
        assert again.exit_code == 0
    finally:
        again.stop()
    assert run.cloud.counts(None, NOON - LATER, NOON + LATER) == before
    assert len(run.cloud.observations()) == len(run.observations)


def _shortened(camera: reserve.DemoCamera) -> Any:
    place, seed = camera.scene.place, camera.scene.seed
    if place is pictures.RIDGE:
        return plan_fire(place, seed, SECONDS, IGNITION_S)
    return plan_animals(place, seed, SECONDS)


def _at_once(records: list[dict[str, Any]]) -> dict[Taxon, int]:
    """The largest number in view at one instant, summed over cameras: by brute force."""
    total: Counter[Taxon] = Counter()
    for camera, taxon in {(record["deployment_id"], record["scientific_name"]) for record in records}:
        spans = [
            (record["observed_at"], record["ended_at"], record["count"])
            for record in records
            if (record["deployment_id"], record["scientific_name"]) == (camera, taxon)
        ]
        total[taxon] += max(
            sum(count for start, end, count in spans if start <= instant <= end) for instant, _, _ in spans
        )
    return dict(total)
