"""The companion that takes on what is desired of the node, one thing at a time, and gives up what fails.

Settings first, then models, then software. What is under way is on the disk (`ledger.py`), so a restart,
which is how settings and models come into force, goes on where it was.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import structlog

from fieldwatch_edge.errors import EdgeError
from fieldwatch_edge.fleet import models, trial
from fieldwatch_edge.fleet.fetching import Fetching
from fieldwatch_edge.fleet.ledger import Choice, Ledger, Trial
from fieldwatch_edge.fleet.means import NAME
from fieldwatch_edge.fleet.report import Reporter
from fieldwatch_shared import node_settings
from fieldwatch_shared.messages import RolloutState

if TYPE_CHECKING:
    from fieldwatch_edge.fleet.means import Means
    from fieldwatch_shared.messages import DesiredArtifact, DesiredState, Heartbeat

log = structlog.get_logger(__name__)

DISK_AGAIN_S = 5.0


class FleetAgent:
    name = NAME

    def __init__(self, means: Means) -> None:
        self._means, self._pace = means, means.settings.fleet
        self._book = means.book
        self._stopping = threading.Event()
        self._began = self._looked_at = self._kept_at = time.monotonic()
        self._silence = trial.Silence()
        self._fetching = Fetching(means, self._stopping.is_set)
        self._reporter = Reporter(means)

    def run(self) -> None:
        state = self._means.desired.state
        models.prune(self._book, [each.sha256 for each in state.models] if state else [])
        while not self._stopping.wait(self._pace.look_s):
            try:
                self._look()
            except OSError as error:  # the disk: what is there goes on, and it is tried again
                log.error("fleet.disk", error=str(error))  # noqa: TRY400  # a sentence
                self._stopping.wait(DISK_AGAIN_S)

    def stop(self) -> None:
        self._stopping.set()

    def report(self) -> dict[str, Any]:
        return {"fleet": self._reporter.report()}

    def reported(self, heartbeat: Heartbeat) -> None:
        """What was said is safe in the outbox."""
        if heartbeat.fleet is not None:
            self._reporter.reported(heartbeat.fleet)

    def _look(self) -> None:
        self._means.stay_awake(None)
        now = time.monotonic()
        passed, self._looked_at = now - self._looked_at, now
        if self._book.now.trial is not None:
            self._means.stay_awake(f"{self._book.now.trial.kind} {self._book.now.trial.name} on trial")
            self._watch(self._book.now.trial, passed)
        elif self._means.software.on_trial:
            self._means.stay_awake("software on trial")
            self._means.software.watch(passed)
        elif now - self._began >= self._pace.settle_s:
            state = self._means.desired.state
            if state is not None:
                self._take_on(state)

    # What is on trial

    def _watch(self, running: Trial, passed: float) -> None:
        now = self._means.witness.fared(self._means.frames_seen())
        running = running.model_copy(update={"ran_s": running.ran_s + passed})
        looks, silent_s = self._means.witness.looks, self._silence.seconds(now.frames)
        reason = trial.failure(running, now, looks, self._means.settings, silent_s)
        if reason is not None:
            log.error("fleet.rolled_back", what=running.kind, name=running.name, reason=reason)
            self._means.notice(f"{running.kind} {running.name}: back to the former one: {reason}"[:300])
            self._begin_anew(self._book.now.given_up(reason))
        elif running.ran_s >= running.lasts_s and not self._waits_for_frames(running, silent_s):
            log.info("fleet.applied", what=running.kind, name=running.name, digest=running.digest)
            self._book.write(self._book.now.proven())
            models.prune(self._book, [])
        else:
            self._keep(running)

    def _waits_for_frames(self, running: Trial, silent_s: float) -> bool:
        """Whether one should have come by now: then the trial is not over before it does, or fails."""
        pause = running.before.seconds_per_frame
        return pause is not None and silent_s > max(trial.PAUSES * pause, 1)

    def _keep(self, running: Trial) -> None:
        """How far the trial has come, on the disk now and then: a restart may cost it some of its time."""
        now = time.monotonic()
        steady = running.starts > 0 and now - self._began >= min(trial.STEADY_S, running.lasts_s / 2)
        if steady:
            running = running.model_copy(update={"starts": 0})
        ledger = self._book.now.model_copy(update={"trial": running})
        if steady or now - self._kept_at >= max(running.lasts_s / 10, 10):
            self._kept_at = now
            self._book.write(ledger)
        else:
            self._book.now = ledger

    def _begin_anew(self, ledger: Ledger) -> None:
        self._book.write(ledger)
        self._means.restart()
        self._stopping.wait()

    # What is desired

    def _take_on(self, state: DesiredState) -> None:
        if self._settings(state):
            return
        for artifact in state.models:
            if self._model(artifact):
                return
        wanted = {artifact.name for artifact in state.models}
        for name in self._book.now.choice.models:
            if name not in wanted:
                self._own_model(name)
                return
        if state.software is not None:
            self._software(state.software)

    def _settings(self, state: DesiredState) -> bool:
        """Whether something was begun."""
        ledger, patch, rollout = self._book.now, state.settings, state.settings_rollout_id
        if patch == ledger.choice.patch:
            # A problem that is there in spite of that came with this start: node.toml was changed meanwhile.
            self._book.write(ledger.said(rollout, RolloutState.APPLIED))
            return False
        digest = node_settings.digest(patch)
        if (known := ledger.refusal(digest, rollout)) is not None:
            self._book.write(ledger.model_copy(update={"settings_problem": known.reason[:500]}))
            return False
        try:
            node_settings.check(patch)
            settings = self._means.origin.settings(patch)
        except (node_settings.PatchError, EdgeError) as error:
            log.error("fleet.settings_refused", error=str(error))  # noqa: TRY400  # a sentence
            self._book.write(ledger.refused(digest, rollout, f"refused: {error}", settings=True))
            return False
        choice = Choice(patch=patch, models=ledger.choice.models)
        if settings == self._means.settings:  # the same by another way of saying it
            update = {"choice": choice, "settings_problem": None}
            self._book.write(ledger.model_copy(update=update).said(rollout, RolloutState.APPLIED))
            return False
        log.info("fleet.settings_on_trial", digest=digest, lasts_s=state.settings_trial_s)
        self._try("settings", "settings", digest, choice, rollout, state.settings_trial_s)
        return True

    def _try(self, kind: Any, name: str, digest: str, choice: Choice, rollout: Any, lasts_s: float) -> None:
        before = self._means.witness.fared(self._means.frames_seen())
        running = Trial(
            kind=kind,
            name=name,
            digest=digest,
            choice=choice,
            rollout_id=rollout,
            lasts_s=lasts_s,
            before=before,
        )
        self._begin_anew(self._book.now.trying(running))

    def _model(self, artifact: DesiredArtifact) -> bool:
        """Whether something was begun, or is under way."""
        ledger, rollout = self._book.now, artifact.rollout_id
        if ledger.choice.models.get(artifact.name) == artifact.sha256:
            self._book.write(ledger.said(rollout, RolloutState.APPLIED))
            return False
        if (known := ledger.refusal(artifact.sha256, rollout)) is not None:
            self._book.write(ledger.said(rollout, self._known_state(rollout), known.reason))
            return False
        try:
            models.check_asked_for(self._means.settings, artifact.name)
            if not self._here(artifact):
                self._book.write(self._book.now.said(rollout, RolloutState.FETCHING))
                return False  # what else is wanted need not wait for it
            pictures = self._means.witness.pictures(artifact.name)
            old = self._means.origin.search_path(self._book, ledger.choice.models)
            if not models.stands(
                self._book, artifact, self._means.settings, old, pictures, self._stopping.is_set
            ):
                return True
        except models.NotTakenError as error:
            log.error("fleet.model_refused", model=artifact.name, version=artifact.version, error=str(error))  # noqa: TRY400
            self._book.write(self._book.now.refused(artifact.sha256, rollout, str(error)))
            models.prune(self._book, [])
            return True
        chosen = {**ledger.choice.models, artifact.name: artifact.sha256}
        choice = Choice(patch=ledger.choice.patch, models=chosen)
        self._try("model", artifact.name, artifact.sha256, choice, rollout, artifact.trial_s)
        return True

    def _known_state(self, rollout: Any) -> RolloutState:
        """As it was said of that rollout; it was refused, where that is forgotten."""
        said = (o.state for o in self._book.now.outcomes if o.rollout_id == rollout)
        found = next(said, RolloutState.REFUSED)
        return found if found is RolloutState.ROLLED_BACK else RolloutState.REFUSED

    def _own_model(self, name: str) -> None:
        """Nothing is wanted in place of the node's own model any more: back to it. It has proven itself
        before, so nothing is tried."""
        ledger = self._book.now
        own = {n: sha for n, sha in ledger.choice.models.items() if n != name}
        log.info("fleet.own_model", model=name)
        former = {**ledger.former, name: ledger.choice.models[name]}
        choice = Choice(patch=ledger.choice.patch, models=own)
        self._begin_anew(ledger.model_copy(update={"choice": choice, "former": former}))

    def _here(self, artifact: DesiredArtifact) -> bool:
        """Whether the model's folder is on the disk."""
        folder = self._book.model_folder(artifact.sha256)
        if folder.is_dir():
            return True
        zipped = folder.with_name(f"{artifact.sha256}.zip")
        if not self._fetching.fetched(artifact, zipped):
            return False
        models.unpack(self._book, artifact, zipped)
        zipped.unlink()
        return True

    def _software(self, artifact: DesiredArtifact) -> None:
        self._means.software.take_on(artifact, self._fetching.fetched, self._stopping.is_set)
