"""Who on this machine can read what is nobody else's business; and the node's certificate."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fieldwatch_edge.doctor.check import Check
from fieldwatch_edge.errors import IdentityError
from fieldwatch_edge.identity import Identity
from fieldwatch_edge.settings import RtspSource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fieldwatch_edge.settings import NodeSettings

LATE = 0.75
"""Share of its life after which a certificate should have been renewed."""


def modes(settings: NodeSettings, config: Path | None) -> Iterator[Check]:
    """Of files that hold secrets."""
    file = settings.broker.password_file
    # Not the group: an installed one belongs to root and is read by the node's group.
    if file is not None and _others_may(file, stat.S_IROTH):
        yield Check("password file", "warn", f"{file} can be read by everyone", f"chmod o-r {file}")
    if config is not None and _holds_secrets(settings) and _others_may(config, stat.S_IROTH):
        finding = f"{config} holds a password and can be read by everyone"
        yield Check("settings file", "warn", finding, f"chmod o-r {config}")
    folder = settings.node.state_dir
    if _others_may(folder, stat.S_IROTH | stat.S_IXOTH):
        finding = f"{folder} holds pictures and can be read by everyone"
        yield Check("state files", "warn", finding, f"chmod 700 {folder}")


def certificate(settings: NodeSettings, now: datetime | None = None) -> Iterator[Check]:
    """Of a node that was enrolled: until when it holds, and whether its key is its own."""
    identity = Identity.of(settings.node.id, settings.broker)
    if identity is None:
        finding = "none: this node was not enrolled, and is known by its password"
        yield Check("certificate", "ok", finding, "fieldwatch edge enrol gives it one")
        return
    try:
        held = identity.load()
    except IdentityError as error:
        yield Check(
            "certificate", "fail", str(error), "fieldwatch edge enrol, with a new code, makes both anew"
        )
        return
    now = now or datetime.now(UTC)
    until = f"until {held.expires_at:%Y-%m-%d}"
    if now < held.begins_at:
        advice = "set the clock; the node connects all the same"
        yield Check("certificate", "warn", f"{until}; this clock says it has not begun", advice)
    elif now > held.expires_at:
        advice = (
            "the node renews it by itself once it reaches the cloud by HTTPS; if it was revoked, enrol anew"
        )
        yield Check("certificate", "fail", f"{until}: it has ended", advice)
    elif now > held.begins_at + LATE * (held.expires_at - held.begins_at):
        advice = "it should be renewed by now: does the node run, and reach the cloud by HTTPS?"
        yield Check("certificate", "warn", f"{until}, {_days(held.expires_at - now)} left", advice)
    else:
        yield Check("certificate", "ok", f"{until}, {_days(held.expires_at - now)} left")
    key_file = identity.paths()[1]
    if key_file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        finding = f"{key_file} can be read by others than its owner"
        yield Check(
            "private key", "fail", finding, f"chmod 600 {identity.key_file}, and enrol anew if in doubt"
        )


def _days(left: timedelta) -> str:
    return f"{left.days} days"


def _holds_secrets(settings: NodeSettings) -> bool:
    with_passwords = any(
        isinstance(camera.source, RtspSource) and "@" in camera.source.url for camera in settings.cameras
    )
    return settings.broker.password is not None or with_passwords


def _others_may(path: Path, what: int) -> bool:
    try:
        return bool(path.stat().st_mode & what)
    except OSError:  # who needs the file says so
        return False
