"""A node that lives takes on settings and models, and comes back from bad ones by itself."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

import pytest
from tests.integration.edge_world import DEPLOYMENT
from tests.unit.edge.fleet.world import World, artifact, zipped

from fieldwatch_edge.fleet import models, proof, trial
from fieldwatch_edge.fleet.ledger import Book
from fieldwatch_edge.fleet.report import effective
from fieldwatch_edge.outbox import Outbox
from fieldwatch_shared import node_settings
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import Heartbeat, RolloutState
from fieldwatch_shared.topics import Kind

if TYPE_CHECKING:
    from pathlib import Path


# Nodes that load their models anew, some of them three times.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is busy shows no frame for seconds, and looks at one for as long."""
    monkeypatch.setattr(trial, "PAUSES", 600.0)
    for module in (trial, proof):
        monkeypatch.setattr(module, "FAST_MS", 60_000.0)


def heartbeats(world: World) -> list[Heartbeat]:
    outbox = Outbox(world.state_dir / "outbox.sqlite", 2**31)
    found = [Heartbeat.model_validate_json(entry.body) for entry in outbox if entry.kind is Kind.HEARTBEAT]
    outbox.close()
    return found


def test_settings_are_tried_kept_and_told(world: World) -> None:
    patch = {"heartbeat_s": 0.4, "cameras": {DEPLOYMENT: {"fire": {"k": 2}}}}
    wanted = world.desire(
        settings=patch | {"heartbeat_s": 1.0}, settings_rollout_id=uuid7(), settings_trial_s=0.5
    )
    with world.running():
        assert world.eventually(wanted.settings_rollout_id) == (RolloutState.APPLIED, "")
    assert len(world.lives) == 2
    settings = world.origin.settings(world.ledger.choice.patch)
    assert (settings.heartbeat_s, settings.cameras[0].fire.k) == (1.0, 2)
    told = [beat.fleet for beat in heartbeats(world) if beat.fleet is not None and beat.fleet.settings]
    assert told[0].settings["heartbeat_s"] == 0.5
    assert told[-1].settings["cameras"][DEPLOYMENT]["fire"]["k"] == 2
    assert told[-1].settings_sha256 == node_settings.digest(effective(settings))
    assert told[-1].rollouts[-1].state is RolloutState.APPLIED
    assert list(node_settings.differences(wanted.settings, told[-1].settings)) == []
    assert [path for path, *_ in node_settings.differences(wanted.settings, told[0].settings)] == [
        "heartbeat_s",
        f"cameras.{DEPLOYMENT}.fire.k",
    ]


@pytest.mark.parametrize(
    ("patch", "why"),
    [
        ({"broker": {"url": "mqtt://evil:1883"}}, "broker: cannot be changed from afar"),
        ({"cloud": {"signing_keys": []}}, "cloud: cannot be changed from afar"),
        ({"node": {"id": "another"}}, "node: cannot be changed from afar"),
        (
            {"cameras": {DEPLOYMENT: {"fire": {"detector": {"allow_unsigned": True}}}}},
            "allow_unsigned: cannot be changed from afar",
        ),
        ({"cameras": {DEPLOYMENT: {"fire": {"every_s": 86400}}}}, "less than or equal to 300"),
        ({"cameras": {DEPLOYMENT: {"fire": {"k": 9}}}}, "k = 9 of n = 5 frames can never be reached"),
        ({"cameras": {str(uuid7()): {"max_gap_s": 60.0}}}, "cameras that this node does not have"),
        ({"power": {"reserve": 0.5}}, "power.latitude: Field required"),
    ],
)
def test_settings_that_may_not_be_are_refused_and_the_old_ones_go_on(
    world: World, patch: dict[str, object], why: str
) -> None:
    wanted = world.desire(settings=patch, settings_rollout_id=uuid7())
    with world.running():
        state, reason = world.eventually(wanted.settings_rollout_id)
    assert (state, len(world.lives)) == (RolloutState.REFUSED, 1)
    assert why in reason
    assert why in str(world.ledger.settings_problem)
    assert world.ledger.works_by.patch == {}


def test_settings_under_which_no_picture_comes_any_more_are_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "PAUSES", 5.0)
    world.config.write_text(world.config.read_text().replace("settle_s = 0.3", "settle_s = 2"))
    wanted = world.desire(settings={"heartbeat_s": 2.0}, settings_rollout_id=uuid7(), settings_trial_s=20)
    with world.running(every_s=0.3):  # few lie there when the trial begins
        world.wait(lambda: world.ledger.trial is not None)
        world.fed.clear()  # as of a camera that does not bear what is asked of it
        state, reason = world.eventually(wanted.settings_rollout_id)
        world.fed.set()
    assert state is RolloutState.ROLLED_BACK
    assert "no frame came" in reason
    assert world.ledger.choice.patch == {}


def test_a_better_model_is_proven_tried_and_kept(world: World) -> None:
    better = world.model("2")
    world.desire(models=[better])
    with world.running():
        assert world.eventually(better.rollout_id) == (RolloutState.APPLIED, "")
    assert heartbeats(world)[-1].fleet.models == {"plume": "plume@2"}
    assert world.ledger.choice.models == {"plume": better.sha256}
    world.desire()  # nothing is wanted any more: back to the node's own
    lives = len(world.lives)
    with world.running():
        world.wait(lambda: len(world.lives) == lives + 2 and world.lives[-1].workers)
    assert world.ledger.choice.models == {}
    assert heartbeats(world)[-1].fleet.models == {"plume": "plume@1"}


def test_a_blind_model_never_watches(world: World) -> None:
    with world.running():  # the album fills
        world.wait(lambda: list(world.state_dir.glob("fleet/album/plume-sure-*.jpg")))
    for n in range(3):
        first = next(world.state_dir.glob("fleet/album/plume-sure-*.jpg"))
        first.with_name(f"plume-sure-{n + 3}.jpg").write_bytes(first.read_bytes())
    blind = world.model("3", sees=0)
    world.desire(models=[blind])
    with world.running():
        state, reason = world.eventually(blind.rollout_id)
    assert state is RolloutState.REFUSED
    assert "finds only 0 of" in reason
    assert len(world.lives) == 2  # one for each block: no restart
    assert {beat.fleet.models["plume"] for beat in heartbeats(world) if beat.fleet} == {"plume@1"}


def test_a_model_that_fails_in_the_field_is_given_up_and_not_tried_again(world: World) -> None:
    bad = world.model("4", trial_s=60, fails_on_green=True)
    world.desire(models=[bad])
    with world.running():
        world.wait(lambda: world.ledger.trial is not None)
        world.green.set()
        state, reason = world.eventually(bad.rollout_id)
        lives = len(world.lives)
        # The old one watches on, also what the new one failed at.
        world.wait(lambda: sum(worker.monitor.frames for worker in world.lives[-1].workers) > 10)
    assert state is RolloutState.ROLLED_BACK
    assert "plume fails on" in reason
    assert lives <= 3
    assert world.ledger.works_by.models == {}


def _no_zip(world: World, _: Path) -> bytes:
    return b"PK no zip at all"


def _slipped(world: World, good: Path) -> bytes:
    with zipfile.ZipFile(good, "a") as archive:
        archive.writestr("../../node.toml", "[node]")
    return good.read_bytes()


def _bomb(world: World, good: Path) -> bytes:
    with zipfile.ZipFile(good, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("weights.bin", bytes(64 * 1024**2))
    return good.read_bytes()


def _link(world: World, good: Path) -> bytes:
    with zipfile.ZipFile(good, "a") as archive:
        link = zipfile.ZipInfo("CARD.md")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return good.read_bytes()


def _weights_changed(world: World, good: Path) -> bytes:
    folder = world.folder / "made-5"
    data = bytearray((folder / "model.onnx").read_bytes())
    data[-1] ^= 1
    (folder / "model.onnx").write_bytes(data)
    return zipped(folder, good).read_bytes()


def _another_class(world: World, good: Path) -> bytes:
    folder = world.folder / "made-5"
    card = (folder / "model.toml").read_text()
    (folder / "model.toml").write_text(card.replace('kind = "smoke"', 'kind = "animal"'))
    return zipped(folder, good).read_bytes()


def _one_class_more(world: World, good: Path) -> bytes:
    folder = world.folder / "made-5"
    card = (folder / "model.toml").read_text()
    (folder / "model.toml").write_text(card + '[[classes]]\nname = "fire"\nkind = "fire"\n')
    return zipped(folder, good).read_bytes()


def _another_version(world: World, good: Path) -> bytes:
    folder = world.folder / "made-5"
    card = (folder / "model.toml").read_text()
    (folder / "model.toml").write_text(card.replace('version = "5"', 'version = "4.9"'))
    return zipped(folder, good).read_bytes()


def _unsigned(world: World, good: Path) -> bytes:
    world.config.write_text(
        world.config.read_text().replace("allow_unsigned = true", "allow_unsigned = false")
    )
    return good.read_bytes()


@pytest.mark.parametrize(
    ("tamper", "why"),
    [
        (_no_zip, "cannot be unpacked"),
        (_slipped, "names a file outside its folder"),
        (_bomb, "a bomb"),
        (_link, "is a link or device"),
        (_weights_changed, "is not the file that"),
        (_another_class, "knows neither smoke nor fire"),
        (_one_class_more, "tells 1 classes apart, but"),
        (_another_version, "its card says plume@4.9"),
        (_unsigned, "is not signed"),
    ],
)
def test_a_tampered_model_is_refused(world: World, tamper, why: str) -> None:
    world.model("5")
    file = world.folder / "5.zip"
    file.write_bytes(tamper(world, file))
    wanted, book, settings = artifact(file, "plume", "5"), Book(world.state_dir), world.origin.settings()
    before = world.origin.search_path(book, {})

    def prove() -> None:
        models.unpack(book, wanted, file)
        models.stands(book, wanted, settings, before, (), lambda: False)

    with pytest.raises(models.NotTakenError, match=re.escape(why)):
        prove()
    models.prune(book, [])
    assert not list(world.state_dir.glob("fleet/models/*"))


def test_the_old_model_goes_on_where_a_new_one_is_refused(world: World) -> None:
    world.model("5")
    file = world.folder / "5.zip"
    file.write_bytes(_slipped(world, file))
    wanted = world.put(file, "plume", "5")
    world.desire(models=[wanted])
    with world.running():
        state, reason = world.eventually(wanted.rollout_id)
        frames = world.lives[0].workers[0].monitor.frames
        world.wait(lambda: world.lives[0].workers[0].monitor.frames > frames)
    assert (state, "names a file outside its folder" in reason) == (RolloutState.REFUSED, True)
    assert world.ledger.works_by.models == {}
    assert not list(world.state_dir.glob("fleet/models/*"))
    assert len(world.lives) == 1


def test_a_model_that_nobody_asks_for_is_refused(world: World) -> None:
    good = world.model("6")
    wanted = good.model_copy(update={"name": "birds", "rollout_id": uuid7()})
    world.desire(models=[wanted])
    with world.running():
        state, reason = world.eventually(wanted.rollout_id)
    assert (state, "no camera of this node asks for a model birds" in reason) == (RolloutState.REFUSED, True)


def test_what_arrives_with_another_hash_is_not_taken(world: World) -> None:
    good = world.model("7")
    other = artifact(world.config, "plume", "7")
    (world.shelf / good.sha256).rename(world.shelf / other.sha256)
    world.desire(models=[other])
    with world.running():
        state, reason = world.eventually(other.rollout_id)
    assert (state, "another SHA-256" in reason) == (RolloutState.REFUSED, True)
    assert not list(world.state_dir.glob("fleet/models/*"))
