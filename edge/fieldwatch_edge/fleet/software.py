"""A version of Fieldwatch from afar: beside the one that runs, on trial, and taken back where it fails.

What vouches for it: the desired state is signed by the cloud that this node was enrolled at, and names the
SHA-256 of the wheel. So no signature of its own is asked for; but without signing keys in node.toml there is
none at all, and no software is taken on.

It goes below the state directory, which the node's user may write to anyway; the installed version belongs
to root, is never touched, and is what `deploy/systemd/fieldwatch-edge-start` comes back to, which counts
starts and holds the other end of the files named there. Dependencies are those of the installed version,
seen through a `.pth` file, and not fetched again over a line that is paid by the byte; a zip of wheels brings
those that have changed.
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from email.parser import HeaderParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from fieldwatch_edge import whole
from fieldwatch_edge.fleet import archive
from fieldwatch_edge.fleet.ledger import Fared, Ledger, Trial
from fieldwatch_edge.fleet.models import NotTakenError
from fieldwatch_edge.fleet.trial import Silence, failure
from fieldwatch_edge.support.findings import DOCTOR, findings
from fieldwatch_shared.messages import RolloutReport, RolloutState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fieldwatch_edge.fleet.origin import Origin
    from fieldwatch_edge.fleet.witness import Witness
    from fieldwatch_edge.settings import NodeSettings
    from fieldwatch_shared.messages import DesiredArtifact

log = structlog.get_logger(__name__)

FOLDER_VARIABLE, PACKAGED_VARIABLE = "FIELDWATCH_SOFTWARE", "FIELDWATCH_PACKAGED"
READABLE = 0o644
"""Of the files that the starter reads too."""
STEADY_S = 60.0
INSTALL_S = 900.0
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
            restart: ends the node; `to_be_left` then says that the process is to end too.
            folder: as the starter names it; default: from its environment variable, None without it.
        """
        self._origin, self._settings, self._witness = origin, settings, witness
        self._frames_seen, self._receipts = frames_seen, receipts
        self._restart, self._notice = restart, notice
        named = os.environ.get(FOLDER_VARIABLE)
        self.folder = folder or (Path(named) if named else None)
        self._ledger = Ledger()
        self._seconds = 0.0
        self._silence = Silence()
        self._steady = False
        if self.folder is not None:
            self._read()

    @property
    def outcomes(self) -> list[RolloutReport]:
        return self._ledger.outcomes

    @property
    def refusals(self) -> Ledger:
        return self._ledger

    @property
    def on_trial(self) -> bool:
        self._stay_steady()
        return self._trial is not None and (self._trial / "to").exists() and not _to_be_left(self.folder)

    def _stay_steady(self) -> None:
        """The starter counts the starts of a proven version too."""
        if self.folder is None or self._steady or self._witness.fared(0).seconds < STEADY_S:
            return
        self._steady = True
        (self.folder / "starts").unlink(missing_ok=True)

    # Taking on

    def take_on(
        self,
        artifact: DesiredArtifact,
        fetched: Callable[[DesiredArtifact, Path], bool],
        stopping: Callable[[], bool],
    ) -> None:
        """One step further with what is wanted; nothing where it runs already, or was refused."""
        if self._runs(artifact):
            self._write(self._ledger.said(artifact.rollout_id, RolloutState.APPLIED))
            return
        if self._ledger.refusal(artifact.sha256, artifact.rollout_id) is not None:
            return
        try:
            folder = self._may()
            (folder / "fetched").mkdir(mode=0o700, parents=True, exist_ok=True)
            file = folder / "fetched" / artifact.sha256
            if not fetched(artifact, file):
                self._write(self._ledger.said(artifact.rollout_id, RolloutState.FETCHING))
                return
            target = self._installed(folder, artifact, file, stopping)
            if target is None:
                return
            self._self_test(folder / target, stopping)
        except NotTakenError as error:
            if stopping():
                return  # it may have been cut off: the next start tries it again
            log.error("fleet.software_refused", version=artifact.version, error=str(error))  # noqa: TRY400
            self._write(self._ledger.refused(artifact.sha256, artifact.rollout_id, str(error)))
            self._prune()
            return
        self._switch(folder, target, artifact)

    def _may(self) -> Path:
        if self.folder is None:
            raise NotTakenError(
                "this node is not started by fieldwatch-edge-start, so nobody could take a version back"
            )
        if self._settings.cloud is None or not self._settings.cloud.signing_keys:
            raise NotTakenError("node.toml names no [cloud] signing_keys: nobody vouches for software")
        return self.folder

    def _runs(self, artifact: DesiredArtifact) -> bool:
        if self.folder is None or not (self.folder / "current").is_symlink():
            return False
        return _hash_of(self.folder / "current") == artifact.sha256 and not _to_be_left(self.folder)

    def _installed(
        self, folder: Path, artifact: DesiredArtifact, file: Path, stopping: Callable[[], bool]
    ) -> str | None:
        """The version's folder, relative to `folder`, whole; None where `stopping` came first."""
        safe = "".join(c if c.isalnum() or c in ".-" else "-" for c in artifact.version)[:60]
        name = f"versions/{safe}-{artifact.sha256[:12]}"
        target = folder / name
        if _hash_of(target) == artifact.sha256:
            return name
        # Scripts of a virtual environment know where they lie, so it is made in its place; what says that it
        # is whole comes last.
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        wheels = folder / "wheels"
        shutil.rmtree(wheels, ignore_errors=True)
        try:
            _lay_out(file, wheels, artifact)
            _run([sys.executable, "-m", "venv", "--without-pip", str(target)], INSTALL_S, stopping)
            _see_through(target, _site_of_installed())
            install = [sys.executable, "-m", "pip", "--python", str(target / "bin/python"), "install"]
            options = ["--no-index", "--only-binary", ":all:", "--disable-pip-version-check", "--quiet"]
            where = ["--find-links", str(wheels), "--no-cache-dir", "--no-compile"]
            wanted = f"fieldwatch[edge]=={artifact.version}"
            if _run([*install, *options, *where, wanted], INSTALL_S, stopping) is None:
                return None
        finally:
            shutil.rmtree(wheels, ignore_errors=True)
        os.sync()
        whole.write(target / "artifact.sha256", artifact.sha256, READABLE)
        file.unlink()
        return name

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

    def _switch(self, folder: Path, target: str, artifact: DesiredArtifact) -> None:
        """From here on the starter takes it back, unless it proves itself."""
        self._write(self._ledger.said(artifact.rollout_id, RolloutState.ON_TRIAL))
        before = self._witness.fared(self._frames_seen())
        about = Running(
            rollout_id=artifact.rollout_id, sha256=artifact.sha256, lasts_s=artifact.trial_s, before=before
        )
        part = folder / "trial.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700)
        current = folder / "current"
        former = str(current.readlink()) if current.is_symlink() else ""
        whole.write(part / "to", target, READABLE)
        whole.write(part / "former", former, READABLE)
        whole.write(part / "seconds", str(math.ceil(artifact.trial_s + GRACE_S)), READABLE)
        whole.write(part / "about.json", about.model_dump_json(), READABLE)
        part.rename(folder / "trial")
        whole.flush_folder(folder)
        link = folder / "current.part"
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        link.replace(current)
        whole.flush_folder(folder)
        log.info("fleet.software_on_trial", version=artifact.version, lasts_s=artifact.trial_s)
        self._restart()

    # On trial

    def watch(self, passed: float) -> None:
        """One look at the version that runs, on trial; `passed` seconds since the last one."""
        assert self._trial is not None  # noqa: S101
        about = self._about()
        if about is None:
            self._fail("what is known of its trial cannot be read")
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
            self._fail(reason)
        elif over:
            self._prove(about)
        elif self._seconds >= min(STEADY_S, about.lasts_s / 2):
            with contextlib.suppress(FileNotFoundError):
                (self._trial / "starts").unlink()

    def _prove(self, about: Running) -> None:
        assert self.folder is not None  # noqa: S101
        assert self._trial is not None  # noqa: S101
        self._write(self._ledger.said(about.rollout_id, RolloutState.APPLIED))
        done = self.folder / "trial.done"
        shutil.rmtree(done, ignore_errors=True)
        self._trial.rename(done)  # in one step: the starter finds a trial or none
        whole.flush_folder(self.folder)
        shutil.rmtree(done, ignore_errors=True)
        log.info("fleet.software_applied", sha256=about.sha256)
        self._prune()

    def _fail(self, reason: str) -> None:
        """The starter goes back, since `reason` is there; and this process ends."""
        assert self._trial is not None  # noqa: S101
        log.error("fleet.rolled_back", what="software", reason=reason)
        whole.write(self._trial / "reason", " ".join(reason.split())[:500], READABLE)
        self._notice(f"software: back to the former version: {reason}"[:300])
        self._restart()

    # Within

    @property
    def _trial(self) -> Path | None:
        return None if self.folder is None else self.folder / "trial"

    def _about(self, folder: Path | None = None) -> Running | None:
        try:
            return Running.model_validate_json(
                ((folder or self._trial or Path()) / "about.json").read_bytes()
            )
        except (OSError, ValidationError):
            return None

    def _read(self) -> None:
        """What is known; and what the starter has to tell."""
        assert self.folder is not None  # noqa: S101
        try:
            self._ledger = Ledger.model_validate_json((self.folder / "ledger.json").read_bytes())
        except FileNotFoundError:
            pass
        except (OSError, ValidationError) as error:
            log.error("fleet.ledger_unreadable", path=str(self.folder), error=str(error))  # noqa: TRY400
        back = self.folder / "rolled-back"
        about = self._about(back)
        if about is not None:
            reason = _text(back / "reason") or "it failed"
            self._notice(f"software: back to the former version: {reason}"[:300])
            self._write(
                self._ledger.refused(about.sha256, about.rollout_id, reason, RolloutState.ROLLED_BACK)
            )
        if back.exists():
            shutil.rmtree(back, ignore_errors=True)
            self._prune()

    def _write(self, ledger: Ledger) -> None:
        """In memory where it cannot be kept: it is told at least until the next start."""
        if ledger == self._ledger:
            return
        self._ledger = ledger
        if self.folder is not None:
            try:
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                whole.write(self.folder / "ledger.json", ledger.model_dump_json())
            except OSError as error:
                log.error("fleet.not_kept", error=str(error))  # noqa: TRY400

    def _prune(self) -> None:
        """Delete versions that neither run nor did just before."""
        assert self.folder is not None  # noqa: S101
        keep = {Path(sys.prefix).name}
        current = self.folder / "current"
        if current.is_symlink():
            keep.add(current.readlink().name)
        keep |= {Path(_text(self.folder / "trial" / name) or "-").name for name in ("to", "former")}
        for root in (self.folder / "versions", self.folder / "fetched"):
            for path in root.iterdir() if root.is_dir() else ():
                if path.name not in keep:
                    shutil.rmtree(path, ignore_errors=True)
                    with contextlib.suppress(OSError):
                        path.unlink(missing_ok=True)


def outcomes_in(state_dir: Path) -> list[RolloutReport]:
    """What became of versions from afar, as the running node has written it."""
    folder = Path(os.environ.get(FOLDER_VARIABLE) or state_dir / "software")
    try:
        return Ledger.model_validate_json((folder / "ledger.json").read_bytes()).outcomes
    except (OSError, ValidationError):
        return []


def to_be_left() -> bool:
    """Whether this process is to end, so that `fieldwatch-edge-start` begins another version."""
    named = os.environ.get(FOLDER_VARIABLE)
    return named is not None and _to_be_left(Path(named))


def _to_be_left(folder: Path | None) -> bool:
    if folder is None:
        return False
    trial = folder / "trial"
    if (trial / "reason").exists():
        return True
    if not (trial / "to").exists():
        return False
    return Path(sys.prefix).resolve() != (folder / "current").resolve()


def _text(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace").strip() or None
    except OSError:
        return None


def _hash_of(version: Path) -> str | None:
    """Of the artefact that was installed there; None where it is not whole."""
    return _text(version / "artifact.sha256")


def _lay_out(file: Path, wheels: Path, artifact: DesiredArtifact) -> None:
    """The wheel, or the wheels of a zip, in the folder `wheels`, under the names that pip goes by.

    Raises:
        NotTakenError: it is neither, or another version.
    """
    try:
        with zipfile.ZipFile(file) as opened:
            is_wheel = any(name.endswith(".dist-info/WHEEL") for name in opened.namelist())
            if is_wheel:
                name = _wheel_name(opened)
                wheels.mkdir(mode=0o700)
                shutil.copyfile(file, wheels / name)
        if not is_wheel:
            archive.unpack(file, wheels)
        mine = list(wheels.glob("fieldwatch-*.whl"))
        if [path.name.split("-")[1] for path in mine] != [artifact.version]:
            raise NotTakenError(f"it does not hold fieldwatch {artifact.version}")
        with zipfile.ZipFile(mine[0]) as opened:
            if _wheel_name(opened) != mine[0].name:
                raise NotTakenError(f"it is {_wheel_name(opened)}, not {mine[0].name}")
    except (zipfile.BadZipFile, archive.ArchiveError, KeyError, ValueError) as error:
        raise NotTakenError(f"it is no wheel, and no zip of wheels: {error}") from error


def _wheel_name(opened: zipfile.ZipFile) -> str:
    """`fieldwatch-0.2.0-py3-none-any.whl`, from what the wheel says of itself."""
    info = next(name for name in opened.namelist() if name.endswith(".dist-info/WHEEL"))
    metadata = HeaderParser().parsestr(opened.read(info.replace("/WHEEL", "/METADATA")).decode())
    wheel = HeaderParser().parsestr(opened.read(info).decode())
    name = f"{metadata['Name']}".replace("-", "_").lower()
    if name != "fieldwatch":
        raise ValueError(f"it is a wheel of {metadata['Name']}")
    tags = sorted(set(wheel.get_all("Tag", [])))
    file = f"{name}-{metadata['Version']}-{tags[0] if tags else 'py3-none-any'}.whl"
    if "/" in file or file != Path(file).name:
        raise ValueError("its version or tag is no name")
    return file


def _see_through(target: Path, site: Path) -> None:
    """Have the environment at `target` see the packages in `site`, behind its own."""
    own = sysconfig.get_path("purelib", "venv", vars={"base": str(target), "platbase": str(target)})
    line = f"import site; site.addsitedir({str(site)!r})\n"
    (Path(own) / "fieldwatch-installed.pth").write_text(line, encoding="utf-8")


def _site_of_installed() -> Path:
    """Where the packages of the installed version lie."""
    packaged = os.environ.get(PACKAGED_VARIABLE)
    python = Path(packaged).resolve().with_name("python") if packaged else None
    if python is not None and python.exists():
        asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
        try:
            done = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=True, cwd="/")
            return Path(done.stdout.strip())
        except (OSError, subprocess.SubprocessError) as error:
            raise NotTakenError(f"the installed version does not tell its packages: {error}") from error
    return Path(sysconfig.get_path("purelib"))


def _run(command: Sequence[str], timeout_s: float, stopping: Callable[[], bool]) -> Any:
    """True when it is done; None where `stopping` came first.

    Raises:
        NotTakenError: it failed; with the last that it said.
    """
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd="/", preexec_fn=_nice
    ) as process:
        waited = 0.0
        while True:
            try:
                _, err = process.communicate(timeout=0.5)
                break
            except subprocess.TimeoutExpired:
                waited += 0.5
                if stopping() or waited > timeout_s:
                    process.kill()
                    process.communicate()
                    if stopping():
                        return None
                    raise NotTakenError(f"it was not installed within {timeout_s:.0f} s") from None
    if process.returncode:
        lines = [line for line in err.strip().splitlines() if line.strip()]
        raise NotTakenError(f"it cannot be installed: {' '.join(lines[-2:])[:400]}")
    return True


def _nice() -> None:
    with contextlib.suppress(OSError):  # a service that may not change its niceness
        os.nice(10)
