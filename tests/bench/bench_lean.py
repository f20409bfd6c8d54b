"""What a node takes on its disk: `fieldwatch[edge]` at the pinned versions in an environment of its own,
without PyTorch; and whether every wheel is there for 64-bit Arm, so that nothing is compiled on a node.

    python -m tests.bench.bench_lean [--no-arm]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST_MB = 400
ARM = ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64")
_UV = [sys.executable, "-m", "uv"]
_ENVIRONMENT = {"UV_SYSTEM_CERTS": "1"} | os.environ


def megabytes(path: Path) -> float:
    """On disk; what has several names counts once."""
    seen: dict[tuple[int, int], int] = {}
    for file in [path, *path.rglob("*")]:
        found = file.lstat()
        seen[found.st_dev, found.st_ino] = found.st_blocks * 512
    return sum(seen.values()) / 1e6


def install(folder: Path, extras: str) -> Path:
    """An environment in `folder` with the wheel of this checkout."""
    subprocess.run([*_UV, "venv", "--quiet", folder], check=True, env=_ENVIRONMENT)
    wheels = folder.parent / "wheels"
    if not wheels.exists():
        command = [*_UV, "build", "--quiet", "--wheel", "--out-dir", wheels, ROOT]
        subprocess.run(command, check=True, env=_ENVIRONMENT)
    (wheel,) = wheels.glob("*.whl")
    # By name: uv run from within an environment would else take that one.
    command = [
        *_UV,
        "pip",
        "install",
        "--quiet",
        "--link-mode",
        "copy",
        "--python",
        folder / "bin" / "python",
    ]
    command += ["-c", ROOT / "constraints.txt", f"fieldwatch[{extras}] @ {wheel.as_uri()}"]
    subprocess.run(command, check=True, env=_ENVIRONMENT)
    subprocess.run([folder / "bin" / "fieldwatch", "edge", "--help"], check=True, stdout=subprocess.DEVNULL)
    return folder


def packages(environment: Path) -> list[tuple[float, str]]:
    """MB by package with its libraries, the largest first."""
    (site,) = environment.glob("lib/python*/site-packages")
    sizes: dict[str, float] = {}
    for each in site.iterdir():
        name = each.name.partition("-")[0].removesuffix(".libs").removesuffix(".py").lstrip("_").lower()
        name = {"cv2": "opencv_python_headless", "pil": "pillow"}.get(name, name)
        sizes[name] = sizes.get(name, 0) + megabytes(each)
    return sorted(((size, name) for name, size in sizes.items()), reverse=True)


def missing_on_arm() -> str:
    """What pip says is not there for 64-bit Arm; empty: all is."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["edge"]]
    wanted += project["optional-dependencies"]["live"]
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--ignore-installed"]
    command += ["--only-binary=:all:", "--target", "/nonexistent", "--python-version", "3.11"]
    command += [word for platform in ARM for word in ("--platform", platform)]
    done = subprocess.run(
        [*command, "-c", str(ROOT / "constraints.txt"), *wanted], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stderr.strip()[-500:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-arm", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        lean = install(Path(name) / "lean", "edge")
        size = megabytes(lean)
        for each, package in packages(lean)[:14]:
            print(f"{package:30} {each:7.1f} MB")
        print(f"{'fieldwatch[edge], all of it':30} {size:7.1f} MB", flush=True)
        assert not list(lean.glob("lib/python*/site-packages/torch*"))
        shutil.rmtree(lean)
        live = install(Path(name) / "live", "edge,live")
        print(f"{'fieldwatch[edge,live]':30} {megabytes(live):7.1f} MB", flush=True)
    absent = "" if options.no_arm else missing_on_arm()
    if not options.no_arm:
        print("64-bit Arm: " + (absent or "a wheel of each"))
    sys.exit(size >= MOST_MB or bool(absent))


@pytest.mark.bench
def test_lean(tmp_path: Path) -> None:
    assert megabytes(install(tmp_path / "lean", "edge")) < MOST_MB


if __name__ == "__main__":
    main()
