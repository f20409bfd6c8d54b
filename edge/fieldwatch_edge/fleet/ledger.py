"""What a node works by beyond its node.toml, in one file that is replaced whole: `fleet/ledger.json`.

A model's folder is named by the hash of what it came in and never changes, so this file alone decides which
one runs: whichever instant the power goes in, the next start finds the old choice or the new one.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import structlog
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from fieldwatch_edge import whole
from fieldwatch_shared.messages import RolloutReport, RolloutState, utc_now

if TYPE_CHECKING:
    from pathlib import Path

log = structlog.get_logger(__name__)

FOLDER = "fleet"
LEDGER = "ledger.json"
KEPT_OUTCOMES, KEPT_REFUSALS = 20, 50
MOST_STARTS = 3
"""Of a trial, one after the other without a steady minute: then it is what is on trial that fails."""
MOST_STARTS_IN_ALL = 12
"""Of a trial, however steady: it cannot be told from what crashes now and then."""


class _Kept(BaseModel):
    # A ledger of a newer version that was rolled back may know more than this one does.
    model_config = ConfigDict(extra="ignore", frozen=True)


class Choice(_Kept):
    """What there is beyond node.toml."""

    patch: dict[str, JsonValue] = {}
    """Settings from afar: see `fieldwatch_shared.node_settings`."""
    models: dict[str, str] = {}
    """Hash of the artefact, by the name under which settings ask for the model."""


class Fared(_Kept):
    """How a node did for a while."""

    seconds: float = 0
    frames: int = 0
    rss_bytes: int = 0
    ms_by_model: dict[str, float] = {}
    """Of one picture, by the name under which settings ask for the model."""
    seen_by_model: dict[str, tuple[int, int]] = {}
    """Pictures looked at, and those of them in which it found something."""

    @property
    def seconds_per_frame(self) -> float | None:
        """None where no frame came."""
        return self.seconds / self.frames if self.frames else None


class Trial(_Kept):
    """One thing that is being tried. It is given up where it fails, and kept when its time is over."""

    kind: Literal["settings", "model"]
    name: str
    """The model's; `settings`."""
    digest: str
    """Of the artefact, or of the patch: what is refused if it fails."""
    choice: Choice
    rollout_id: UUID | None = None
    lasts_s: float
    before: Fared = Fared()
    ran_s: float = 0
    """Of the node at work with it, over all its starts: neither sleep nor a wrong clock counts."""
    starts: int = 0
    """Since it was last steady."""
    starts_in_all: int = 0


class Refusal(_Kept):
    """What is not tried again before somebody rolls it out anew."""

    digest: str
    rollout_id: UUID | None = None
    reason: str


class Ledger(_Kept):
    choice: Choice = Choice()
    former: dict[str, str] = {}
    """Models that were replaced, by name: kept on the disk, in case that they are wanted back."""
    trial: Trial | None = None
    outcomes: list[RolloutReport] = []
    refusals: list[Refusal] = []
    settings_problem: str | None = None
    """Why the node does not work by the settings that are wanted of it."""

    @property
    def works_by(self) -> Choice:
        return self.trial.choice if self.trial is not None else self.choice

    def refusal(self, digest: str, rollout_id: UUID | None) -> Refusal | None:
        return next((r for r in self.refusals if (r.digest, r.rollout_id) == (digest, rollout_id)), None)

    def said(self, rollout_id: UUID | None, state: RolloutState, reason: str | None = None) -> Ledger:
        """With this to be told of a rollout; the latest word on each is kept."""
        if rollout_id is None:
            return self
        known = next((o for o in self.outcomes if o.rollout_id == rollout_id), None)
        reason = reason[:500] if reason else None
        if known is not None and (known.state, known.reason) == (state, reason):
            return self
        word = RolloutReport(rollout_id=rollout_id, state=state, at=utc_now(), reason=reason)
        others = [o for o in self.outcomes if o.rollout_id != rollout_id]
        return self.model_copy(update={"outcomes": [*others, word][-KEPT_OUTCOMES:]})

    def refused(
        self,
        digest: str,
        rollout_id: UUID | None,
        reason: str,
        state: RolloutState = RolloutState.REFUSED,
        *,
        settings: bool = False,
    ) -> Ledger:
        refusals = [
            *(r for r in self.refusals if r.digest != digest),
            Refusal(digest=digest, rollout_id=rollout_id, reason=reason),
        ]
        update: dict[str, Any] = {"refusals": refusals[-KEPT_REFUSALS:]}
        if settings:
            update["settings_problem"] = reason[:500]
        return self.model_copy(update=update).said(rollout_id, state, reason)

    def trying(self, trial: Trial) -> Ledger:
        return self.model_copy(update={"trial": trial}).said(trial.rollout_id, RolloutState.ON_TRIAL)

    def given_up(self, reason: str) -> Ledger:
        """Back to what was before the trial."""
        trial = self.trial
        if trial is None:
            return self
        return self.model_copy(update={"trial": None}).refused(
            trial.digest,
            trial.rollout_id,
            reason,
            RolloutState.ROLLED_BACK,
            settings=trial.kind == "settings",
        )

    def proven(self) -> Ledger:
        """What was on trial stays."""
        trial = self.trial
        if trial is None:
            return self
        update: dict[str, Any] = {"trial": None, "choice": trial.choice}
        if trial.kind == "settings":
            update["settings_problem"] = None
        else:
            before = self.choice.models.get(trial.name)
            if before is not None:
                update["former"] = {**self.former, trial.name: before}
        return self.model_copy(update=update).said(trial.rollout_id, RolloutState.APPLIED)


class Book:
    """The ledger on disk. One process writes it, the one that holds the state directory; from any thread."""

    def __init__(self, state_dir: Path) -> None:
        """A ledger that cannot be read is set aside, and the node works by node.toml alone: what the cloud
        wants comes again from there."""
        self.folder = state_dir / FOLDER
        self._path = self.folder / LEDGER
        self._lock = threading.Lock()
        self.problem: str | None = None
        self.now = Ledger()
        try:
            self.now = Ledger.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            pass
        except (OSError, ValidationError) as error:
            self.problem = "the ledger of settings and models from afar cannot be read: begun anew"
            log.error("fleet.ledger_unreadable", path=str(self._path), error=str(error))  # noqa: TRY400

    def write(self, ledger: Ledger) -> None:
        """Raises OSError where the disk does not take it; the old one holds then."""
        with self._lock:
            if ledger == self.now:
                return
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            whole.write(self._path, ledger.model_dump_json())
            self.now = ledger

    def model_folder(self, digest: str) -> Path:
        """Holds one folder, named as settings ask for the model."""
        return self.folder / "models" / digest


def on_trial(state_dir: Path) -> str | None:
    """What is on trial there, in words; None: nothing. For whoever might send the node to sleep."""
    trial = Book(state_dir).now.trial
    return None if trial is None else f"{trial.kind} {trial.name}"
