"""With which settings and models a life of the node begins: node.toml, and what was taken on from afar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from fieldwatch_edge.detect import model_search_path
from fieldwatch_edge.detect.model_folder import ModelFolder
from fieldwatch_edge.errors import EdgeError
from fieldwatch_edge.fleet.ledger import MOST_STARTS, MOST_STARTS_IN_ALL, Book, Choice, Ledger
from fieldwatch_edge.outbox import locked
from fieldwatch_edge.settings import NodeSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from fieldwatch_shared.messages import DesiredArtifact

log = structlog.get_logger(__name__)


class Fetch(Protocol):
    """Where artefacts come from."""

    def __call__(self, artifact: DesiredArtifact, to: Path, may_go_on: Callable[[], bool]) -> bool:
        """Have it at `to`, its hash checked; False where `may_go_on` said no. As `CloudSession.download`."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """Of one life of the node."""

    settings: NodeSettings
    search_path: tuple[Path, ...]
    on_trial: bool
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a node's settings and models come from before anything comes from afar."""

    config: Path
    state_dir: Path | None = None
    """Instead of the one in the settings."""
    models: str | None = None
    """As `model_search_path` takes it."""
    fetch: Fetch | None = None
    """Instead of the cloud that the node was enrolled at."""

    def settings(self, patch: Mapping[str, Any] | None = None) -> NodeSettings:
        """Raises ConfigError where node.toml, or node.toml with `patch`, cannot be."""
        settings = NodeSettings.read(self.config, patch)
        if self.state_dir is None:
            return settings
        node = settings.node.model_copy(update={"state_dir": self.state_dir.absolute()})
        return settings.model_copy(update={"node": node})

    def search_path(self, book: Book, models: Mapping[str, str]) -> tuple[Path, ...]:
        """Models from afar come first."""
        return (*(book.model_folder(sha) for sha in models.values()), *model_search_path(self.models))

    @property
    def arguments(self) -> list[str]:
        """Of `fieldwatch edge ...`, to speak of the same node."""
        found = ["--config", str(self.config.absolute())]
        if self.state_dir is not None:
            found += ["--state-dir", str(self.state_dir.absolute())]
        if self.models is not None:
            found += ["--models", self.models]
        return found

    def begin(self) -> Beginning:
        """Settings and models for a life that begins now.

        What is on trial and does not stay up is given up here; what was taken on and does not fit any more
        (node.toml was changed, a model's folder is damaged) is passed over: a node begins.

        Raises:
            ConfigError: node.toml itself is wrong, or another node runs in the state directory.
        """
        own = self.settings()
        with locked(own.node.state_dir):  # not beside a node that runs: its starts are not ours to count
            book = Book(own.node.state_dir)
            notices = [book.problem] if book.problem else []
            _count_start(book)
            settings = own
            if patch := book.now.works_by.patch:
                try:
                    settings = self.settings(patch)
                except EdgeError as error:
                    reason = f"with the settings from afar: {error}"
                    notices.append(f"works by its own settings alone: {reason}"[:500])
                    settings = self._without(book, reason, own)
            models = _whole_models(book, notices)
            return Beginning(
                settings, self.search_path(book, models), book.now.trial is not None, tuple(notices)
            )

    def give_up(self, reason: str) -> bool:
        """Give up what is on trial, if anything is; whether something was."""
        state_dir = self.settings().node.state_dir
        with locked(state_dir):
            return _give_up(Book(state_dir), reason)

    def _without(self, book: Book, reason: str, own: NodeSettings) -> NodeSettings:
        """The settings before those that cannot be: of before the trial, or node.toml's own."""
        if book.now.trial is not None and book.now.trial.kind == "settings":
            _give_up(book, reason)
            try:
                return self.settings(book.now.works_by.patch)
            except EdgeError as error:
                reason = str(error)
        _write(book, book.now.model_copy(update={"settings_problem": reason[:500]}))
        return own


def _write(book: Book, ledger: Ledger) -> None:
    """A full or read-only disk must not keep the node from watching: what cannot be kept holds for now."""
    try:
        book.write(ledger)
    except OSError as error:
        log.error("fleet.not_kept", error=str(error))  # noqa: TRY400  # a sentence
        book.now = ledger


def _count_start(book: Book) -> None:
    trial = book.now.trial
    if trial is None:
        return
    if trial.starts >= MOST_STARTS or trial.starts_in_all >= MOST_STARTS_IN_ALL:
        _give_up(book, f"the node did not stay up with it: begun {trial.starts_in_all} times")
        return
    counted = trial.model_copy(update={"starts": trial.starts + 1, "starts_in_all": trial.starts_in_all + 1})
    _write(book, book.now.model_copy(update={"trial": counted}))


def _give_up(book: Book, reason: str) -> bool:
    if book.now.trial is None:
        return False
    log.error("fleet.rolled_back", what=book.now.trial.kind, name=book.now.trial.name, reason=reason)
    _write(book, book.now.given_up(reason))
    return True


def _whole_models(book: Book, notices: list[str]) -> dict[str, str]:
    """Of the chosen models, those whose folders are as they were unpacked."""
    for name, sha in dict(book.now.works_by.models).items():
        try:
            ModelFolder.open(book.model_folder(sha) / name)
        except EdgeError as error:
            notices.append(f"model {name} from afar is damaged: the former one watches"[:500])
            if not _give_up(book, str(error)):
                _drop(book, name)
            return _whole_models(book, notices)
    return dict(book.now.works_by.models)


def _drop(book: Book, name: str) -> None:
    """A model that was taken on for good and is damaged now: the one before it, where it is there."""
    models = {n: sha for n, sha in book.now.choice.models.items() if n != name}
    former = dict(book.now.former)
    if name in former:
        models[name] = former.pop(name)
    choice = Choice(patch=book.now.choice.patch, models=models)
    _write(book, book.now.model_copy(update={"choice": choice, "former": former}))
