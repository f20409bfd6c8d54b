"""A tree of files as the kernel shows its chips, with links as they are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def chip(root: Path, folder: str, name: str, place: str, **files: object) -> Path:
    """A chip of hwmon: `folder` below `root`, with a `device` link to where it hangs."""
    (device := root.parent / "bus" / place).mkdir(parents=True, exist_ok=True)
    (made := root / folder).mkdir(parents=True)
    (made / "device").symlink_to(device)
    (made / "name").write_text(f"{name}\n")
    for file, value in files.items():
        (made / file).write_text(f"{value}\n")
    return made
