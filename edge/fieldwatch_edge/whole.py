"""Files that are there whole or not at all, also in a power cut."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, content: bytes | str, mode: int = 0o600) -> None:
    """Write or replace a file; through a link, what it leads to. One that is there keeps owner and rights;
    a new one gets `mode`, and, from root, the owner of its folder.

    Raises:
        OSError: it cannot be written; the old file is still there.
    """
    target = path.resolve()
    was = target.stat() if target.exists() else None
    owner = was or target.parent.stat()
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)  # of a power cut
    # EXCL: root, in a folder of the node's user, follows no link that somebody put there meanwhile.
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        if os.geteuid() == 0:
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
        os.fchmod(file.fileno(), was.st_mode & 0o7777 if was else mode)
        os.fsync(file.fileno())
    part.replace(target)
    flush_folder(target.parent)


def flush_folder(folder: Path) -> None:
    """Have the names in it on the disk: of what was made, renamed or deleted there.

    Raises:
        OSError: the disk refuses.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
