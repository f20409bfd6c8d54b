"""How the parts of one Fieldwatch find each other: `services.json` in the state directory, for us alone."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ValidationError

from fieldwatch_cloud.db.migrate import migrate
from fieldwatch_cloud.errors import SettingsError, StateInUseError
from fieldwatch_cloud.private import is_locked, locked, write_private
from fieldwatch_cloud.services.files import make_state_directory
from fieldwatch_cloud.services.postgres import EmbeddedPostgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fieldwatch_cloud.settings import CloudSettings

START_S = 120.0
"""A supervisor that holds the state directory must have its services up within this time."""
TAKE_S = 0.2
"""Who only asks whether the lock is held holds it for that instant."""


class Running(BaseModel):
    """What a running supervisor offers. `mqtt_url` is the cloud's own; nodes have their own passwords."""

    pid: int
    database_url: str
    mqtt_url: str
    mqtt_host: str
    mqtt_port: int
    http_url: str
    nodes_url: str | None = None
    """Where nodes with certificates reach the broker."""
    public_url: str | None = None
    http_tls: Literal["none", "own"] = "none"


def path(state: Path) -> Path:
    return state / "services.json"


def announce(state: Path, running: Running) -> None:
    write_private(path(state), running.model_dump_json(indent=2) + "\n")


def withdraw(state: Path) -> None:
    path(state).unlink(missing_ok=True)


def running(state: Path) -> Running | None:
    """What runs on this state directory; None if nothing does."""
    try:
        found = Running.model_validate_json(path(state).read_bytes())
    except (OSError, ValidationError):
        return None
    # A killed supervisor leaves its file behind, and another process may have its number by now.
    return found if is_locked(_lock(state)) else None


def connected(settings: CloudSettings) -> CloudSettings:
    """The settings with both addresses: as configured, else those of the running supervisor.

    Raises:
        SettingsError: neither is known; says what to do.
    """
    if settings.database.url is not None and settings.mqtt.url is not None:
        return settings
    found = running(settings.state)
    if found is None:
        raise SettingsError(
            f"nothing runs on {settings.state}: start `fieldwatch cloud run`, "
            "or set FIELDWATCH_DATABASE_URL and FIELDWATCH_MQTT_URL"
        )
    database_url = settings.database_url if settings.database.url else found.database_url
    return settings.with_urls(database_url, settings.mqtt_url if settings.mqtt.url else found.mqtt_url)


@contextlib.contextmanager
def held(state: Path) -> Iterator[None]:
    """Be the only one that runs services on this state directory; the lock ends with the process.

    Raises:
        StateInUseError: another does.
    """
    make_state_directory(state)
    with contextlib.ExitStack() as stack:
        _take(state, stack)
        withdraw(state)  # What a killed supervisor announced runs no more.
        yield


def _take(state: Path, stack: contextlib.ExitStack) -> None:
    deadline = time.monotonic() + TAKE_S
    while True:
        try:
            stack.enter_context(locked(_lock(state), wait=False))
        except BlockingIOError as error:
            if time.monotonic() < deadline:
                time.sleep(0.02)
                continue
            other = running(state)
            who = f"process {other.pid}" if other else "another process"
            raise StateInUseError(
                f"{who} already runs Fieldwatch on {state}; stop it, or give another --state"
            ) from error
        return


def _lock(state: Path) -> Path:
    return state / "lock"


@contextlib.contextmanager
def database(settings: CloudSettings) -> Iterator[CloudSettings]:
    """For one-shot commands: settings with the address of a migrated database.

    The configured one, or the running supervisor's; if none runs, the embedded PostgreSQL is started for as
    long as the command takes, so that a reserve can be set up before the first run.
    """
    if settings.database.url is not None:
        yield settings
        return
    deadline = time.monotonic() + START_S
    while True:
        found = running(settings.state)
        if found is not None:
            told = settings.with_urls(found.database_url, found.mqtt_url)
            yield told.with_addresses(found.public_url, found.nodes_url, found.http_tls)
            return
        try:
            with held(settings.state):
                server = EmbeddedPostgres(settings.state)
                server.start()
                try:
                    migrate(server.url)
                    yield settings.with_urls(server.url, None)
                finally:
                    server.stop()
                return
        except StateInUseError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)  # A supervisor is just starting, or another such command runs.
