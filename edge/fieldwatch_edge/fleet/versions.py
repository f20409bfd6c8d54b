"""The node's end of what it shares with `deploy/systemd/fieldwatch-edge-start`, which takes versions back.

The folder `software`, whose files both read and write (the script's head lists them): which version runs,
what is on trial, why it is to be left, what became of it. Each step can be cut off by a power cut: the
starter finds a trial or none, and a version or none.
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import sys
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from fieldwatch_edge import whole
from fieldwatch_edge.fleet.ledger import Fared

FOLDER_VARIABLE = "FIELDWATCH_SOFTWARE"
READABLE = 0o644
"""Of the files that the starter reads too."""
GRACE_S = 60.0
"""After the trial's end, before the starter ends a version that says nothing: it takes time to begin, on a
slow machine more than a short trial lasts."""


class Running(BaseModel):
    """The trial, as `trial/about.json` keeps it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    rollout_id: UUID
    sha256: str
    lasts_s: float
    before: Fared = Fared()
    ran_s: float = 0


class Versions:
    """Those that came from afar: the one that runs, the one before, and the trial between them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._current, self._trial, self._back = folder / "current", folder / "trial", folder / "rolled-back"

    @property
    def on_trial(self) -> bool:
        return (self._trial / "to").exists() and not self.to_be_left

    @property
    def to_be_left(self) -> bool:
        """Whether the next process is of another version: this one begins nothing more."""
        return _to_be_left(self.folder)

    def runs(self, sha256: str) -> bool:
        """Whether this process is of the version that was installed from that artefact."""
        if not self._current.is_symlink():
            return False
        return artifact_of(self._current) == sha256 and not self.to_be_left

    def steady(self) -> None:
        """The starter counts the starts of a proven version too."""
        (self.folder / "starts").unlink(missing_ok=True)

    # A trial, from its beginning to its end

    def begin_trial(self, target: str, about: Running) -> None:
        """From here on the starter takes `target` back, unless it proves itself."""
        part = self.folder / "trial.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700)
        former = str(self._current.readlink()) if self._current.is_symlink() else ""
        whole.write(part / "to", target, READABLE)
        whole.write(part / "former", former, READABLE)
        whole.write(part / "seconds", str(math.ceil(about.lasts_s + GRACE_S)), READABLE)
        whole.write(part / "about.json", about.model_dump_json(), READABLE)
        part.rename(self._trial)
        whole.flush_folder(self.folder)
        link = self.folder / "current.part"
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        link.replace(self._current)
        whole.flush_folder(self.folder)

    def about(self) -> Running | None:
        """What is on trial; None where that cannot be read."""
        return _about(self._trial)

    def steady_on_trial(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            (self._trial / "starts").unlink()

    def prove(self) -> None:
        """What was on trial stays."""
        done = self.folder / "trial.done"
        shutil.rmtree(done, ignore_errors=True)
        self._trial.rename(done)  # in one step: the starter finds a trial or none
        whole.flush_folder(self.folder)
        shutil.rmtree(done, ignore_errors=True)

    def leave(self, reason: str) -> None:
        """The starter goes back, since `reason` is there, once this process ends."""
        whole.write(self._trial / "reason", " ".join(reason.split())[:500], READABLE)

    def taken_back(self) -> tuple[Running, str] | None:
        """What the starter has to tell: which version it took back, and why."""
        about = _about(self._back)
        return None if about is None else (about, _text(self._back / "reason") or "it failed")

    def was_told(self) -> None:
        """That is known now, and cleared away with the version."""
        if self._back.exists():
            shutil.rmtree(self._back, ignore_errors=True)
            self.prune()

    def prune(self) -> None:
        """Delete versions that neither run nor did just before."""
        keep = {Path(sys.prefix).name}
        if self._current.is_symlink():
            keep.add(self._current.readlink().name)
        keep |= {Path(_text(self._trial / name) or "-").name for name in ("to", "former")}
        for root in (self.folder / "versions", self.folder / "fetched"):
            for path in root.iterdir() if root.is_dir() else ():
                if path.name not in keep:
                    shutil.rmtree(path, ignore_errors=True)
                    with contextlib.suppress(OSError):
                        path.unlink(missing_ok=True)


def named_folder() -> Path | None:
    """As the starter names it; None where this node was not started by it."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else None


def artifact_of(version: Path) -> str | None:
    """SHA-256 of the artefact that was installed there; None where it is not whole."""
    return _text(version / "artifact.sha256")


def to_be_left() -> bool:
    """Whether this process is to end, so that `fieldwatch-edge-start` begins another version."""
    named = os.environ.get(FOLDER_VARIABLE)
    return named is not None and _to_be_left(Path(named))


def _to_be_left(folder: Path) -> bool:
    trial = folder / "trial"
    if (trial / "reason").exists():
        return True
    if not (trial / "to").exists():
        return False
    return Path(sys.prefix).resolve() != (folder / "current").resolve()


def _about(folder: Path) -> Running | None:
    try:
        return Running.model_validate_json((folder / "about.json").read_bytes())
    except (OSError, ValidationError):
        return None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace").strip() or None
    except OSError:
        return None
