"""One version of Fieldwatch from afar, laid out beside the installed one: an environment of its own.

Dependencies are those of the installed version, seen through a `.pth` file, and not fetched again over a line
that is paid by the byte; a zip of wheels brings those that have changed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from email.parser import HeaderParser
from pathlib import Path
from typing import TYPE_CHECKING

from fieldwatch_edge import whole
from fieldwatch_edge.fleet import archive
from fieldwatch_edge.fleet.models import NotTakenError
from fieldwatch_edge.fleet.versions import READABLE, artifact_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fieldwatch_shared.messages import DesiredArtifact

PACKAGED_VARIABLE = "FIELDWATCH_PACKAGED"
INSTALL_S = 900.0


def installed(
    folder: Path, artifact: DesiredArtifact, file: Path, stopping: Callable[[], bool]
) -> str | None:
    """The version's folder, relative to `folder`, whole; None where `stopping` came first.

    Args:
        file: the artefact, a wheel or a zip of wheels; gone when the version is there.

    Raises:
        NotTakenError: it is no such version, or cannot be installed.
    """
    safe = "".join(c if c.isalnum() or c in ".-" else "-" for c in artifact.version)[:60]
    name = f"versions/{safe}-{artifact.sha256[:12]}"
    target = folder / name
    if artifact_of(target) == artifact.sha256:
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
        if not _run([*install, *options, *where, wanted], INSTALL_S, stopping):
            return None
    finally:
        shutil.rmtree(wheels, ignore_errors=True)
    os.sync()
    whole.write(target / "artifact.sha256", artifact.sha256, READABLE)
    file.unlink()
    return name


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


def _run(command: Sequence[str], timeout_s: float, stopping: Callable[[], bool]) -> bool:
    """Whether it is done; not where `stopping` came first.

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
                        return False
                    raise NotTakenError(f"it was not installed within {timeout_s:.0f} s") from None
    if process.returncode:
        lines = [line for line in err.strip().splitlines() if line.strip()]
        raise NotTakenError(f"it cannot be installed: {' '.join(lines[-2:])[:400]}")
    return True


def _nice() -> None:
    with contextlib.suppress(OSError):  # a service that may not change its niceness
        os.nice(10)
