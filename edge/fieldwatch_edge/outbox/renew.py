"""A damaged outbox is set aside, so that the node goes on: what it will see outweighs what it had kept.

Damage is found when the file is opened, or by any later reading or writing; then the node ends, having noted
it beside the file, and begins anew when it is started again. What the damaged one held is saved while the
node already watches (`salvage`); only where the cameras stood is asked for at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from fieldwatch_edge.errors import CorruptOutboxError, OutboxError
from fieldwatch_edge.outbox import salvage
from fieldwatch_edge.outbox.store import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

log = structlog.get_logger(__name__)


def open_or_renew(
    path: Path, max_bytes: int, make: Callable[[Path, int], Outbox] = Outbox
) -> tuple[Outbox, str | None]:
    """The outbox at `path`, in place of a damaged one if need be, and a sentence that says so.

    Args:
        make: opens one at a path, within so many bytes.

    Raises:
        OutboxError: it cannot be opened for another reason, such as a full disk.
    """
    try:
        strays = salvage.strays(path)
        if not _note(path).exists() and not _cut_off(path):
            try:
                return _with(strays, make(path, max_bytes)), None
            except CorruptOutboxError as corrupt:
                log.error("outbox.corrupt", error=str(corrupt))  # noqa: TRY400
        kept = salvage.set_aside(path) if path.exists() else None
        _note(path).unlink(missing_ok=True)
        outbox = _with(strays, make(path, max_bytes))
        if kept is not None:
            for camera, checkpoint in salvage.checkpoints(kept).items():
                outbox.write(camera, checkpoint=checkpoint)
    except OSError as refused:
        raise OutboxError(
            f"the outbox {path} was found damaged, and cannot be set aside: {refused}"
        ) from refused
    log.error("outbox.begun_anew", kept_as=kept.name if kept is not None else None)
    return outbox, "the outbox was found damaged and begun anew; what it held is being saved"


def note_damage(path: Path) -> None:
    """Have the next `open_or_renew` begin anew: most of a damaged file can be opened."""
    _note(path).touch()


def _note(path: Path) -> Path:
    return path.with_name(f"{path.name}.damaged")


def _cut_off(path: Path) -> bool:
    """Whether the file is empty though its log is not: SQLite would throw the log away."""
    wal = path.with_name(path.name + "-wal")
    return path.exists() and path.stat().st_size < 512 and wal.exists() and wal.stat().st_size > 0


def _with(strays: list[salvage.Found], outbox: Outbox) -> Outbox:
    """What a power cut, or damage, left behind a break in the log: SQLite does not see it."""
    if strays:
        log.warning("outbox.strays", records=len(strays))
        outbox.write(ready=[each.entry for each in strays if each.camera is None])
        for each in strays:
            if each.camera is not None:
                outbox.write(each.camera, open_tracks=[each.entry])
    return outbox
