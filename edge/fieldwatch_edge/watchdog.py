"""systemd's watchdog is fed only while the node lives. Its protocol (sd_notify(3)): datagrams to a socket."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 30.0


@dataclass(frozen=True, slots=True)
class Manager:
    """The service manager that started us."""

    address: str
    """Of its socket; `@` first: an abstract one."""
    within_s: float | None
    """It ends us where it hears nothing for so long; None: it does not."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Manager | None:
        """None: nobody manages us, or nobody who listens."""
        address = environment.get("NOTIFY_SOCKET", "")
        if not address.startswith(("/", "@")):
            return None
        microseconds = environment.get("WATCHDOG_USEC", "")
        within_s = int(microseconds) / 1e6 if microseconds.isdecimal() and int(microseconds) else None
        return cls(address, within_s)

    def tell(self, *lines: str) -> None:
        """Such as `READY=1`. What cannot be told is logged: a node needs nobody to watch."""
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
                to.settimeout(5)
                to.sendto("\n".join(lines).encode(), address)
        except OSError as error:
            log.warning("watchdog.not_told", error=str(error))


class Watchdog:
    """The companion that says how the node is."""

    name = "watchdog"

    def __init__(self, manager: Manager, complaints: Callable[[], Sequence[str]]) -> None:
        """`complaints`: what of the node does not live, in words; while there are any, nothing is fed, and
        the manager starts the node again. What is on disk is safe at any instant."""
        self._manager, self._complaints = manager, complaints
        self._stop = threading.Event()
        within_s = manager.within_s
        self._every_s = min(LOOK_EVERY_S, within_s / 4) if within_s is not None else LOOK_EVERY_S

    def stop(self) -> None:
        self._stop.set()

    def report(self) -> dict[str, Any]:
        return {}

    def run(self) -> None:
        self._manager.tell("READY=1", "STATUS=watching")
        said: list[str] = []
        while True:
            complaints = list(self._complaints())
            if complaints != said:
                said = complaints
                self._manager.tell("STATUS=" + ("; ".join(complaints) or "watching"))
                if complaints:
                    log.error("watchdog.complains", complaints=complaints)
            if not complaints:
                self._manager.tell("WATCHDOG=1")
            if self._stop.wait(self._every_s):
                # Not STOPPING=1: in the same process, another life with newer settings may begin.
                self._manager.tell("STATUS=ending")
                return
