"""Which pictures a folder holds, and which are new since the last look."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp")

_GRAIN_NS = 2_000_000_000
"""A folder that changed within so long may change again without its time telling (FAT: two seconds)."""


class Listing:
    """All pictures below a folder. A later look reads only the folders that have changed, so that watching
    a season's hundred thousand pictures costs next to nothing."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[tuple[int, str], set[str]] = {}
        """By device and folder: the pictures in it at the last look. The device, since a card that is not
        mounted looks like an empty folder; when it is back, its pictures are no new ones."""
        self._settled: dict[str, tuple[int, list[str]]] = {}
        """By folder: its time of change, and the folders in it."""

    def new_names(self) -> list[str]:
        """Paths relative to the folder, with slashes, in order; of pictures that the last look did not find.

        Names with a leading dot are left out: upload programs use them for what is not complete. Links to
        folders are not followed: one to a folder above would show all pictures again and again.

        Raises:
            OSError: the folder itself cannot be read.
        """
        device = self._root.stat().st_dev  # os.walk would pass over a folder that is gone in silence
        found: list[str] = []
        looked_at: set[tuple[int, str]] = set()
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            try:
                key, subfolders, names = self._read(folder)
            except (FileNotFoundError, NotADirectoryError):  # it was removed meanwhile
                self._settled.pop(folder, None)
                continue
            except OSError:  # unreadable for a while: what was in it is no news afterwards
                below = f"{folder}/" if folder else ""
                looked_at |= {key for key in self._known if key[1] == folder or key[1].startswith(below)}
                self._settled.pop(folder, None)
                continue
            looked_at.add(key)
            waiting += subfolders
            found += names
        for key in self._known.keys() - looked_at:
            if key[0] == device:
                del self._known[key]
        return sorted(found)

    def _read(self, folder: str) -> tuple[tuple[int, str], list[str], list[str]]:
        """Device and name of one folder, its subfolders, and the new pictures in it."""
        path = self._root / folder
        now = path.stat()
        key, changed = (now.st_dev, folder), now.st_mtime_ns
        if folder in self._settled and self._settled[folder][0] == changed and key in self._known:
            return key, self._settled[folder][1], []
        subfolders, names = [], set()
        with os.scandir(path) as entries:
            for entry in entries:
                name = f"{folder}/{entry.name}" if folder else entry.name
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    if not entry.is_symlink():
                        subfolders.append(name)
                elif entry.name.lower().endswith(SUFFIXES):
                    names.add(name)
        new = names - self._known.get(key, set())
        self._known[key] = names
        if time.time_ns() - changed > _GRAIN_NS:
            self._settled[folder] = (changed, subfolders)
        return key, subfolders, list(new)
