"""Phones with a real push service, the real notify process, and the API that takes their receipts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx2
from tests.integration.api_world import running

from fieldwatch_cloud.api.app import create_app
from fieldwatch_cloud.db import keys
from fieldwatch_cloud.media.store import DiskStore
from fieldwatch_cloud.notify import process
from fieldwatch_cloud.notify.keys import Vapid
from fieldwatch_cloud.settings import CloudSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from uuid import UUID

    import pytest
    from tests.integration.push_receiver import Phone, Push, PushService

    from fieldwatch_cloud.db.pool import Database


def eventually(what: Callable[[], Any], *, within_s: float = 150, why: Callable[[], Any] = lambda: "") -> Any:
    """The first true value of `what()`; fails the test when it takes too long."""
    deadline = time.monotonic() + within_s
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < deadline, f"waited in vain: {why()}"
        time.sleep(0.02)


def notify_environment(pushes: PushService, lease_s: float = 600) -> dict[str, str]:
    """`lease_s`: a worker that its machine keeps waiting is not dead."""
    return {
        "FIELDWATCH_NOTIFY_CA_FILE": str(pushes.ca_file),
        "FIELDWATCH_NOTIFY_VAPID_SUBJECT": "mailto:fire@reserve.example",
        "FIELDWATCH_NOTIFY_PRIVATE_NETWORKS": "true",
        "FIELDWATCH_NOTIFY_LEASE_S": str(lease_s),
    }


def notify_settings(
    folder: Path, database_url: str, pushes: PushService, monkeypatch: pytest.MonkeyPatch, **more: str
) -> CloudSettings:
    for name, value in {**notify_environment(pushes), **more}.items():
        monkeypatch.setenv(name, value)
    for patience in ("CONNECT_S", "READ_S"):  # A machine that is busy is no service that does not answer.
        monkeypatch.setattr(f"fieldwatch_cloud.notify.channels.clients.{patience}", 120.0)
    return CloudSettings.load(folder).with_urls(database_url, None)


def public_key(db: Database) -> str:
    """As `GET /push/key` gives it."""
    with db.transaction() as conn:
        return Vapid(keys.push_key(conn), None).public_key


@contextmanager
def notifying(settings: CloudSettings) -> Iterator[None]:
    """The notify process in a thread of this one."""
    stopping, ready = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            process.run(settings, DiskStore(settings.media_dir), stopping, ready.set)
        except BaseException as error:  # noqa: BLE001  It is raised again below.
            failures.append(error)
            ready.set()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert ready.wait(150)
        assert not failures, failures
        yield
    finally:
        stopping.set()
        thread.join(150)
        assert not thread.is_alive()
        assert not failures, failures


class NotifyProcess:
    """`fieldwatch cloud notify` as a process of its own, to be killed."""

    def __init__(self, settings: CloudSettings) -> None:
        environment = {
            **os.environ,
            "FIELDWATCH_STATE": str(settings.state),
            "FIELDWATCH_DATABASE_URL": settings.database_url,
            "FIELDWATCH_MQTT_URL": "mqtt://nobody@127.0.0.1:1",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from fieldwatch_cloud.cli import app; app()", "notify"],
            env=environment,
            stdout=subprocess.DEVNULL,
        )

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(120)


class _Served:
    """What `api_world.running` runs: the API over any database."""

    def __init__(self, settings: CloudSettings, folder: Path) -> None:
        self._settings, self._folder = settings, folder

    def app(self) -> Any:
        desk: Any = None  # The API's other operations are no part of this.
        store = DiskStore(self._folder / "media")
        return create_app(self._settings, operations=desk, media=store, web=self._folder / "web")


@contextmanager
def api(settings: CloudSettings, folder: Path) -> Iterator[str]:
    """The API's address, ending in /api/v1."""
    served: Any = _Served(settings, folder)
    with running(served) as run:
        yield run.url + "/api/v1"


@dataclass
class Confirming:
    """A phone that confirms each message, and goes on trying, as the service worker does."""

    phone: Phone
    api_url: str
    got: list[tuple[float, str]] = field(default_factory=list)
    """(when, delivery) of each message that came."""
    confirmed: dict[str, float] = field(default_factory=dict)
    """When the cloud took the confirmation of each delivery."""
    events: tuple[str, ...] = ("delivered",)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.phone.on_push = self._take

    def _take(self, push: Push) -> None:
        delivery = push.payload["delivery"]
        self.got.append((push.received_at, delivery))
        for event in self.events:
            while not self.stopping.is_set():
                try:
                    if self.phone.confirm(push, self.api_url, event).status_code == 204:
                        break
                except httpx2.HTTPError:
                    pass
                self.stopping.wait(0.2)
        self.confirmed.setdefault(delivery, time.time())


def add_phone(db: Database, pushes: PushService, key: str, account: UUID, device_id: UUID) -> Phone:
    """A phone of that account, as `POST /devices` would make it."""
    phone = pushes.subscribe(key)
    with db.transaction() as conn:
        conn.execute(
            "INSERT INTO device (id, account_id, channel, name, address, language)"
            " VALUES (%s, %s, 'web_push', 'phone', %s, 'en')",
            (device_id, account, json.dumps(phone.address)),
        )
    return phone
