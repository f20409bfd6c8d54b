"""Where the pieces of live views lie while somebody looks: a bounded folder, nothing of which is kept."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING
from uuid import UUID

from fieldwatch_cloud.errors import MediaError, NotFoundError
from fieldwatch_cloud.live_view.playlist import SHOWN, Piece

if TYPE_CHECKING:
    from pathlib import Path

KEPT = SHOWN + 4
"""Pieces of one view: those in the playlist, and some that a slow player was promised a moment ago."""
INIT_NUMBER = 0


class Shelf:
    """Files `<id>/<number>.<milliseconds>.m4s` below `root`: all that a playlist needs is in their names, so
    any process that sees the folder can answer."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, view: UUID, number: int, milliseconds: int, content: bytes) -> None:
        """Keep a piece, or the initialisation section (number 0); the oldest pieces beyond `KEPT` go.

        Raises:
            MediaError: it cannot be kept: the disk is full, say.
        """
        folder = self._root / str(view)
        path = folder / f"{number}.{milliseconds}.m4s"
        part = folder / f".{number}.part"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(content)
            part.rename(path)  # whole or not at all: a player may ask for it while it is written
            for other in folder.glob(f"{number}.*.m4s"):
                if other != path:  # sent again, and said to play for another time
                    other.unlink(missing_ok=True)
            for piece in self.pieces(view)[:-KEPT]:
                self._path(view, piece).unlink(missing_ok=True)
        except OSError as error:
            raise MediaError(f"cannot keep a piece of a live view in {folder}: {error.strerror}") from error

    def pieces(self, view: UUID) -> list[Piece]:
        """Those that are there, in order; none before the initialisation section is."""
        found = {}
        for path in (self._root / str(view)).glob("*.m4s"):
            number, milliseconds, _ = path.name.split(".")
            found[int(number)] = Piece(int(number), int(milliseconds))
        if found.pop(INIT_NUMBER, None) is None:
            return []
        return [found[number] for number in sorted(found)]

    def read(self, view: UUID, number: int) -> bytes:
        """Raises:
        NotFoundError: it is not there, or not any more.
        """
        for path in (self._root / str(view)).glob(f"{number}.*.m4s"):
            try:
                return path.read_bytes()
            except FileNotFoundError:
                break
        raise NotFoundError(f"no such piece of this live view: {number}")

    def views(self) -> set[UUID]:
        """Those of which anything is there."""
        if not self._root.is_dir():
            return set()
        return {UUID(folder.name) for folder in self._root.iterdir() if folder.is_dir()}

    def clear(self, view: UUID) -> None:
        """Delete all pieces of a view."""
        shutil.rmtree(self._root / str(view), ignore_errors=True)

    def _path(self, view: UUID, piece: Piece) -> Path:
        return self._root / str(view) / f"{piece.number}.{piece.milliseconds}.m4s"
