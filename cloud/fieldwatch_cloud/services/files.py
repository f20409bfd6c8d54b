"""Folders of the embedded services: each its user's alone."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from fieldwatch_cloud.errors import ServiceError
from fieldwatch_cloud.private import private_directory

if TYPE_CHECKING:
    from fieldwatch_cloud.services.programs import ServiceUser

log = structlog.get_logger(__name__)


def make_state_directory(state: Path) -> None:
    """Make the state directory: ours alone, but for root its services' users may pass through it.

    Raises:
        ServiceError: it cannot be made.
    """
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.geteuid() == 0:
            state.chmod(0o711)
    except OSError as error:
        raise ServiceError(f"cannot make the state directory {state}: {error.strerror}") from error


def service_home(state: Path, service: str, user: ServiceUser) -> Path:
    """The private folder of one service: `state/<service>`.

    Where root's state directory is closed to `user`, it is a folder under /var/lib/fieldwatch that
    `state/<service>` points at: we do not open other people's folders for it.
    """
    make_state_directory(state)
    home = state / service
    if not home.is_symlink() and not user.reaches(state):
        name = hashlib.sha256(str(home).encode()).hexdigest()[:16]
        elsewhere = Path("/var/lib/fieldwatch/elsewhere") / name
        elsewhere.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        private_directory(elsewhere, user)
        home.symlink_to(elsewhere)
        log.warning(
            "service.elsewhere", service=service, state=str(state), data=str(elsewhere), user=user.name
        )
    return private_directory(home.resolve(), user)
