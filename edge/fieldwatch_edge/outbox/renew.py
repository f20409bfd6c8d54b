"""A damaged outbox is set aside, so that the node goes on: what it will see outweighs what it had kept.

Damage is found when the file is opened, or by any later reading or writing; then the node ends, having noted
it beside the file, and begins anew when it is started again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from fieldwatch_edge.errors import CorruptOutboxError, OutboxError
from fieldwatch_edge.outbox.store import Outbox

if TYPE_CHECKING:
    from pathlib import Path

log = structlog.get_logger(__name__)


def open_or_renew(path: Path, max_bytes: int) -> tuple[Outbox, str | None]:
    """The outbox at `path`, in place of a damaged one if need be, and a sentence that says so.

    Raises:
        OutboxError: it cannot be opened for another reason, such as a full disk.
    """
    error = f"the outbox {path} was found damaged"
    if not _note(path).exists():
        try:
            return Outbox(path, max_bytes), None
        except CorruptOutboxError as corrupt:
            error = str(corrupt)
    try:
        kept = _set_aside(path)
    except OSError as refused:
        raise OutboxError(f"{error}, and cannot be set aside: {refused}") from refused
    log.error("outbox.corrupt", error=error, kept_as=str(kept))
    return Outbox(path, max_bytes), f"the outbox was damaged, begun anew, the old one kept as {kept.name}"


def note_damage(path: Path) -> None:
    """Have the next `open_or_renew` begin anew: most of a damaged file can be opened."""
    _note(path).touch()


def _note(path: Path) -> Path:
    return path.with_name(f"{path.name}.damaged")


def _set_aside(path: Path) -> Path:
    kept = path.with_name(f"{path.name}.corrupt-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    # The write-ahead log first: a new file must never meet it.
    for suffix in ("-wal", "-shm", ""):
        file = path.with_name(path.name + suffix)
        if file.exists():
            file.rename(kept.with_name(kept.name + suffix))
    _note(path).unlink(missing_ok=True)
    return kept
