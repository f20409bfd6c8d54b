"""Versions of Fieldwatch from afar, in a temporary root: real wheels, a real environment, the real starter,
and a loop in place of systemd that starts it again whenever it ends."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.integration.edge_broker import eventually
from tests.integration.wheels import make_wheel
from tests.unit.edge.fleet.world import World, artifact

from fieldwatch_edge.desired import DESIRED_FILE, Desired
from fieldwatch_edge.fleet.ledger import Ledger
from fieldwatch_edge.identity.seal import Seal
from fieldwatch_shared.messages import DesiredState, RolloutState
from fieldwatch_shared.signing import KEY_ID, SIGNATURE, key_id, signed_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.edge_broker import Cloud, Mosquitto

    from fieldwatch_shared.messages import DesiredArtifact

STARTER = Path(__file__).parents[2] / "deploy/systemd/fieldwatch-edge-start"
PACKAGED = Path(sys.executable).with_name("fieldwatch")
TRIAL_S = 20
"""In which it must be heard by the cloud: on a slow machine, not at once."""
PICTURE_EACH_S = 3
"""It must show a frame within five times as long."""
_RUN = "def run(self) -> None:"


class Service:
    """Starts the node's starter again and again, as `Restart=always` does."""

    def __init__(self, folder: Path, broker: Mosquitto) -> None:
        self.signing = Ed25519PrivateKey.generate()
        key = folder / "signing.pem"
        key.write_bytes(
            self.signing.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
        more = '[cloud]\nurl = "https://cloud.invalid"\nsigning_keys = ["../signing.pem"]\n'
        self.world = World(folder / "node", url=broker.url, more=more)
        self.software = self.world.state_dir / "software"
        self.starts = 0
        self._wheels: dict[str, Path] = {}
        self._ended = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._log = (folder / "log.txt").open("wb")
        self._threads = [threading.Thread(target=self._keep), threading.Thread(target=self._feed)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self._ended.set()
        until = time.monotonic() + 150
        for thread in self._threads:
            while thread.is_alive():
                # Again and again: one may just have begun, and another not yet know the signal.
                if self._process is not None:
                    self._process.send_signal(signal.SIGTERM if time.monotonic() < until else signal.SIGKILL)
                thread.join(1)
        self._log.close()

    def want(self, wheel: Path, version: str) -> DesiredArtifact:
        """As if it had been fetched: the way over HTTPS has tests of its own."""
        wanted = artifact(wheel, "fieldwatch", version, trial_s=TRIAL_S)
        self._wheels[wanted.sha256] = wheel
        self._fetch(wanted)
        settings = self.world.origin.settings()
        payload = DesiredState(version=time.monotonic_ns(), software=wanted).model_dump_json().encode()
        seal = Seal.of(settings)
        assert seal is not None
        public = self.signing.public_key().public_bytes_raw()
        signature = self.signing.sign(signed_bytes(seal.topic, payload))
        beside = {SIGNATURE: base64.b64encode(signature).decode(), KEY_ID: key_id(public)}
        assert Desired(self.world.state_dir / DESIRED_FILE, seal).offer(payload, beside)
        return wanted

    def _fetch(self, wanted: DesiredArtifact) -> None:
        fetched = self.software / "fetched" / wanted.sha256
        if not fetched.exists():
            fetched.parent.mkdir(parents=True, exist_ok=True)
            part = self.software / "fetched.part"  # half a file would be taken for a damaged one
            shutil.copyfile(self._wheels[wanted.sha256], part)
            part.replace(fetched)

    def outcome(self, wanted: DesiredArtifact, within_s: float = 500) -> tuple[RolloutState, str]:
        until = time.monotonic() + within_s
        while True:
            try:
                ledger = Ledger.model_validate_json((self.software / "ledger.json").read_bytes())
            except FileNotFoundError:
                ledger = Ledger()
            for each in ledger.outcomes:
                if each.rollout_id != wanted.rollout_id or each.state is RolloutState.ON_TRIAL:
                    continue
                if each.state is not RolloutState.FETCHING:
                    return each.state, each.reason or ""
                self._fetch(wanted)  # cleared away with what a former version left
            assert time.monotonic() < until, f"no outcome: {ledger}"
            time.sleep(0.1)

    def stop_once(self) -> None:
        """It begins anew, as after a power cut that it saw coming."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    def _keep(self) -> None:
        command = [str(STARTER), str(PACKAGED), "--log-json", "edge", "run", *self.world.origin.arguments]
        environment = {**os.environ, "STATE_DIRECTORY": str(self.world.state_dir)}
        while not self._ended.is_set():
            self.starts += 1
            self._process = subprocess.Popen(command, env=environment, stderr=self._log, cwd="/")
            self._process.wait()
            self._ended.wait(0.1)

    def _feed(self) -> None:
        self.world.shoot()
        while not self._ended.wait(PICTURE_EACH_S):
            self.world.shoot()


@pytest.fixture
def service(tmp_path: Path, broker: Mosquitto, cloud: Cloud) -> Iterator[Service]:
    made = Service(tmp_path, broker)
    try:
        yield made
    finally:
        made.close()


@pytest.mark.timeout(1800)  # Three environments are made: a minute, on a busy machine ten.
def test_a_good_version_stays_and_those_that_fail_are_taken_back(
    service: Service, cloud: Cloud, tmp_path: Path
) -> None:
    good = service.want(make_wheel(tmp_path / "good.whl", "9.1"), "9.1")
    service.start()
    assert service.outcome(good) == (RolloutState.APPLIED, "")
    current = service.software / "current"
    kept = current.readlink()
    assert kept.name.startswith("9.1-")
    # Its first receipt may be for what the version before it had left.
    eventually(lambda: "fieldwatch 9.1" in {beat.software for beat in list(cloud.heartbeats.values())})

    # Passes its self-test, and ends as soon as it is to work.
    broken = make_wheel(tmp_path / "broken.whl", "9.2", fieldwatch_edge__lives="import os\nos._exit(1)\n")
    service_wants_anew(service, broken, "9.2", RolloutState.ROLLED_BACK, "did not stay up")
    assert current.readlink() == kept

    # Works, and nobody hears of it: its link says nothing.
    source = Path(__file__).parents[2] / "edge/fieldwatch_edge/link/link.py"
    mute = source.read_text().replace(_RUN, f"{_RUN}\n        return\n\n    def _unused(self) -> None:", 1)
    silent = make_wheel(tmp_path / "silent.whl", "9.3", fieldwatch_edge__link__link=mute)
    why = "the cloud has not confirmed anything"
    service_wants_anew(service, silent, "9.3", RolloutState.ROLLED_BACK, why)
    assert current.readlink() == kept
    assert not (service.software / "trial").exists()
    versions = service.software / "versions"
    # What became of it is written down first, and cleared away after that.
    eventually(lambda: {path.name for path in versions.iterdir()} == {kept.name}, what="one version alone")


@pytest.mark.timeout(900)
def test_what_cannot_be_a_version_is_refused(service: Service, tmp_path: Path) -> None:
    other = make_wheel(tmp_path / "other.whl", "9.4")
    wanted = service.want(other, "9.5")
    service.start()
    state, reason = service.outcome(wanted)
    assert (state, "does not hold fieldwatch 9.5" in reason) == (RolloutState.REFUSED, True)
    assert not (service.software / "current").exists()
    assert service.starts == 1


def service_wants_anew(service: Service, wheel: Path, version: str, state: RolloutState, why: str) -> None:
    """The node hears of it with its next start, as without a broker."""
    wanted = service.want(wheel, version)
    service.stop_once()
    found, reason = service.outcome(wanted)
    assert (found, why in reason) == (state, True), reason
