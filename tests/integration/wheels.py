"""Wheels of this checkout under another version, good or broken, as `pip` takes them."""

from __future__ import annotations

import zipfile
from importlib.metadata import distribution
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "fieldwatch_edge": ROOT / "edge/fieldwatch_edge",
    "fieldwatch_shared": ROOT / "shared/fieldwatch_shared",
    "fieldwatch": ROOT / "deploy/fieldwatch",
}


def make_wheel(file: Path, version: str, **changed: str) -> Path:
    """A wheel of what a node runs.

    Args:
        changed: text of a module put in place of the checkout's, by its name with "__" for "/":
            `fieldwatch_edge__lives="raise SystemExit"`.
    """
    instead = {f"{name.replace('__', '/')}.py": text for name, text in changed.items()}
    requires = "".join(f"Requires-Dist: {each}\n" for each in distribution("fieldwatch").requires or ())
    extras = "".join(f"Provides-Extra: {each}\n" for each in ("edge", "cloud", "models", "dev"))
    info = f"fieldwatch-{version}.dist-info"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as wheel:
        names = []
        for package, folder in PACKAGES.items():
            for path in sorted(folder.rglob("*")):
                name = f"{package}/{path.relative_to(folder)}"
                if not path.is_file() or "__pycache__" in name:
                    continue
                wheel.writestr(name, instead.get(name, path.read_bytes()))
                names.append(name)
        papers = {
            "METADATA": f"Metadata-Version: 2.4\nName: fieldwatch\nVersion: {version}\n{extras}{requires}",
            "WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            "entry_points.txt": "[console_scripts]\nfieldwatch = fieldwatch.cli:main\n",
        }
        for name, text in papers.items():
            wheel.writestr(f"{info}/{name}", text)
        names += [f"{info}/{name}" for name in (*papers, "RECORD")]
        wheel.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in names))
    return file
