"""A version of Fieldwatch from afar: beside the one that runs, on trial, and taken back where it fails.

What vouches for it: the desired state is signed by the cloud that this node was enrolled at, and names the
SHA-256 of the wheel. So no signature of its own is asked for; but without signing keys in node.toml there is
none at all, and no software is taken on.

It goes below the state directory, which the node's user may write to anyway; the installed version belongs
to root, is never touched, and is what `deploy/systemd/fieldwatch-edge-start` comes back to, which counts
starts (`versions`).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from pydantic import ValidationError

from fieldwatch_edge import whole
from fieldwatch_edge.fleet.install import installed
from fieldwatch_edge.fleet.ledger import Ledger, Trial
from fieldwatch_edge.fleet.models import NotTakenError
from fieldwatch_edge.fleet.trial import STEADY_S, Silence, failure
from fieldwatch_edge.fleet.versions import FOLDER_VARIABLE, Running, Versions, named_folder
from fieldwatch_edge.support.findings import DOCTOR, findings
from fieldwatch_shared.messages import RolloutReport, RolloutState

if TYPE_CHECKING:
    from collections.abc import Callable

    from fieldwatch_edge.fleet.origin import Origin
    from fieldwatch_edge.fleet.witness import Witness
    from fieldwatch_edge.settings import NodeSettings
    from fieldwatch_shared.messages import DesiredArtifact

log = structlog.get_logger(__name__)


class Software:
    """Of one node: what is installed from afar, on trial, refused."""

    def __init__(
        self,
        origin: Origin,
        settings: NodeSettings,
        witness: Witness,
        *,
        frames_seen: Callable[[], int],
        receipts: Callable[[], int],
        restart: Callable[[], None],
        notice: Callable[[str], None],
        folder: Path | None = None,
    ) -> None:
        """
        Args:
            receipts: how many the cloud has given since the process began.
            restart: ends the node; `versions.to_be_left` then says that the process is to end too.
            folder: as the starter names it; default: from its environment variable, None without it.
        """
        self._origin, self._settings, self._witness = origin, settings, witness
        self._frames_seen, self._receipts = frames_seen, receipts
        self._restart, self._notice = restart, notice
        folder = folder or named_folder()
        self._versions = None if folder is None else Versions(folder)
        self._ledger = Ledger()
        self._seconds = 0.0
        self._silence = Silence()
        self._steady = False
        if self._versions is not None:
            self._read(self._versions)

    @property
    def outcomes(self) -> list[RolloutReport]:
        return self._ledger.outcomes

    @property
    def on_trial(self) -> bool:
        if self._versions is None:
            return False
        if not self._steady and self._witness.fared(0).seconds >= STEADY_S:
            self._steady = True
            self._versions.steady()
        return self._versions.on_trial

    # Taking on

    def take_on(
        self,
        artifact: DesiredArtifact,
        fetched: Callable[[DesiredArtifact, Path], bool],
        stopping: Callable[[], bool],
    ) -> None:
        """One step further with what is wanted; nothing where it runs already, or was refused."""
        if self._versions is not None and self._versions.to_be_left:
            return  # it would fetch anew what it has just installed
        if self._versions is not None and self._versions.runs(artifact.sha256):
            self._write(self._ledger.said(artifact.rollout_id, RolloutState.APPLIED))
            return
        if self._ledger.refusal(artifact.sha256, artifact.rollout_id) is not None:
            return
        try:
            versions = self._may()
            shelf = versions.folder / "fetched"
            shelf.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = shelf / artifact.sha256
            if not fetched(artifact, file):
                self._write(self._ledger.said(artifact.rollout_id, RolloutState.FETCHING))
                return
            target = installed(versions.folder, artifact, file, stopping)
            if target is None:
                return
            self._self_test(versions.folder / target, stopping)
        except NotTakenError as error:
            if stopping():
                return  # it may have been cut off: the next start tries it again
            log.error("fleet.software_refused", version=artifact.version, error=str(error))  # noqa: TRY400
            self._write(self._ledger.refused(artifact.sha256, artifact.rollout_id, str(error)))
            if self._versions is not None:
                self._versions.prune()
            return
        self._switch(versions, target, artifact)

    def _may(self) -> Versions:
        if self._versions is None:
            raise NotTakenError(
                "this node is not started by fieldwatch-edge-start, so nobody could take a version back"
            )
        if self._settings.cloud is None or not self._settings.cloud.signing_keys:
            raise NotTakenError("node.toml names no [cloud] signing_keys: nobody vouches for software")
        return self._versions

    def _self_test(self, target: Path, stopping: Callable[[], bool]) -> None:
        """The new version's `edge doctor` finds nothing wrong that this one does not find too."""
        wrong = self._wrong(stopping, str(target / "bin/fieldwatch"))
        if wrong and not stopping():
            ours = self._wrong(stopping)
            wrong = {what: finding for what, finding in wrong.items() if what not in ours or what == DOCTOR}
        if wrong:
            said = "; ".join(f"{what}: {finding}" for what, finding in wrong.items())
            raise NotTakenError(f"its self-test finds what this version does not: {said}"[:500])

    def _wrong(self, stopping: Callable[[], bool], *program: str) -> dict[str, str]:
        found = findings(self._origin.arguments, stopping, program)
        return {each["what"]: each["finding"] for each in found if each["status"] == "fail"}

    def _switch(self, versions: Versions, target: str, artifact: DesiredArtifact) -> None:
        self._write(self._ledger.said(artifact.rollout_id, RolloutState.ON_TRIAL))
        before = self._witness.fared(self._frames_seen())
        about = Running(
            rollout_id=artifact.rollout_id, sha256=artifact.sha256, lasts_s=artifact.trial_s, before=before
        )
        versions.begin_trial(target, about)
        log.info("fleet.software_on_trial", version=artifact.version, lasts_s=artifact.trial_s)
        self._restart()

    # On trial

    def watch(self, passed: float) -> None:
        """One look at the version that runs, on trial; `passed` seconds since the last one."""
        assert self._versions is not None  # noqa: S101
        about = self._versions.about()
        if about is None:
            self._fail(self._versions, "what is known of its trial cannot be read")
            return
        self._seconds += passed
        now = self._witness.fared(self._frames_seen())
        trial = Trial(
            kind="settings",
            name="software",
            digest=about.sha256,
            choice=Ledger().choice,
            lasts_s=about.lasts_s,
            before=about.before,
        )
        silent_s = self._silence.seconds(now.frames)
        reason = failure(trial, now, self._witness.looks, self._settings, silent_s)
        over = self._seconds >= about.lasts_s
        if reason is None and over and not self._receipts():
            reason = f"the cloud has not confirmed anything of it for {self._seconds:.0f} s"
        if reason is not None:
            self._fail(self._versions, reason)
        elif over:
            self._write(self._ledger.said(about.rollout_id, RolloutState.APPLIED))
            self._versions.prove()
            log.info("fleet.software_applied", sha256=about.sha256)
            self._versions.prune()
        elif self._seconds >= min(STEADY_S, about.lasts_s / 2):
            self._versions.steady_on_trial()

    def _fail(self, versions: Versions, reason: str) -> None:
        """The starter goes back; and this process ends."""
        log.error("fleet.rolled_back", what="software", reason=reason)
        versions.leave(reason)
        self._notice(f"software: back to the former version: {reason}"[:300])
        self._restart()

    # Within

    def _read(self, versions: Versions) -> None:
        """What is known; and what the starter has to tell."""
        try:
            self._ledger = Ledger.model_validate_json((versions.folder / "ledger.json").read_bytes())
        except FileNotFoundError:
            pass
        except (OSError, ValidationError) as error:
            log.error("fleet.ledger_unreadable", path=str(versions.folder), error=str(error))  # noqa: TRY400
        told = versions.taken_back()
        if told is not None:
            about, reason = told
            self._notice(f"software: back to the former version: {reason}"[:300])
            self._write(
                self._ledger.refused(about.sha256, about.rollout_id, reason, RolloutState.ROLLED_BACK)
            )
        versions.was_told()

    def _write(self, ledger: Ledger) -> None:
        """In memory where it cannot be kept: it is told at least until the next start."""
        if ledger == self._ledger:
            return
        self._ledger = ledger
        if self._versions is not None:
            try:
                self._versions.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                whole.write(self._versions.folder / "ledger.json", ledger.model_dump_json())
            except OSError as error:
                log.error("fleet.not_kept", error=str(error))  # noqa: TRY400


def outcomes_in(state_dir: Path) -> list[RolloutReport]:
    """What became of versions from afar, as the running node has written it."""
    folder = Path(os.environ.get(FOLDER_VARIABLE) or state_dir / "software")
    try:
        return Ledger.model_validate_json((folder / "ledger.json").read_bytes()).outcomes
    except (OSError, ValidationError):
        return []
