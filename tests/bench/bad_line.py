"""A bad line between two network namespaces: loss, delay, a slow rate and outages, on real IP packets.

What `tc netem` does in kernels that have it, in user space: each namespace has a TUN device, and this process
carries packets from the one to the other, or does not. Needs root and /dev/net/tun.
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import itertools
import os
import random
import select
import struct
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_CLONE_NEWNET = 0x40000000
_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
MTU = 1400
QUEUE_BYTES = 32 * 1024
"""Of each direction; what comes on top is dropped, as by a modem."""


class Namespace:
    """A network namespace that a thread of this process holds: what that thread begins lives in it."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self.call(_leave_the_network)
        self.call(subprocess.run, ["ip", "link", "set", "lo", "up"], check=True)

    def call(self, what: Callable[..., T], *arguments: Any, **options: Any) -> T:
        """Call it in the namespace. Threads and processes that it begins stay there."""
        return self._thread.submit(what, *arguments, **options).result()

    def tun(self, address: str) -> int:
        """A TUN device with that address (such as 10.77.0.1/24); its descriptor is open to all threads."""
        return self.call(_tun, address)

    def close(self) -> None:
        self._thread.shutdown()


def _leave_the_network() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "cannot make a network namespace (root is needed)")


def _tun(address: str) -> int:
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", b"line", _IFF_TUN | _IFF_NO_PI))
    for command in (
        ["ip", "address", "add", address, "dev", "line"],
        ["ip", "link", "set", "line", "mtu", str(MTU), "up"],
    ):
        subprocess.run(command, check=True)
    return device


@dataclass(frozen=True)
class Quality:
    """Of the line, the same in both directions."""

    loss: float = 0.0
    """Share of packets that vanish."""
    delay_s: float = 0.0
    jitter_s: float = 0.0
    """On top of the delay, evenly from 0 to this; packets stay in order."""
    kbit_s: float | None = None


@dataclass
class _Direction:
    to: int
    free_at: float = 0.0
    last_due: float = 0.0
    queued: int = 0
    carried: int = 0
    """Bytes of IP packets that came through."""
    offered: int = 0


@dataclass
class Line:
    """Carries packets between two TUN devices from `start` to `close`."""

    left: int
    right: int
    quality: Quality
    up: bool = True
    """Set to False for an outage: all packets vanish, those on the way too."""
    _stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._chance = random.Random(1)
        self._directions = {self.left: _Direction(self.right), self.right: _Direction(self.left)}
        self._thread = threading.Thread(target=self._run, name="line")

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        self._thread.join()
        for device in self._directions:
            os.close(device)

    def offered(self, device: int) -> int:
        """Bytes of IP packets that the side of `device` has sent, lost ones too: what it would pay for."""
        return self._directions[device].offered

    def _run(self) -> None:
        on_the_way: list[tuple[float, int, int, bytes]] = []
        number = itertools.count()
        while not self._stopping.is_set():
            now = time.monotonic()
            while on_the_way and on_the_way[0][0] <= now:
                _, _, device, packet = heapq.heappop(on_the_way)
                direction = self._directions[device]
                direction.queued -= len(packet)
                if self.up:
                    direction.carried += len(packet)
                    os.write(direction.to, packet)
            wait_s = min(on_the_way[0][0] - now if on_the_way else 0.1, 0.1)
            readable, _, _ = select.select(list(self._directions), [], [], max(wait_s, 0))
            for device in readable:
                packet = os.read(device, 65536)
                due = self._due(self._directions[device], len(packet))
                if due is not None:
                    heapq.heappush(on_the_way, (due, next(number), device, packet))

    def _due(self, direction: _Direction, size: int) -> float | None:
        """When a packet comes out at the other end; None: never."""
        direction.offered += size
        if not self.up or self._chance.random() < self.quality.loss:
            return None
        if direction.queued + size > QUEUE_BYTES:
            return None
        now, quality = time.monotonic(), self.quality
        leaves = max(now, direction.free_at)
        if quality.kbit_s is not None:
            leaves += size * 8 / (quality.kbit_s * 1000)
        direction.free_at = leaves
        due = leaves + quality.delay_s + self._chance.uniform(0, quality.jitter_s)
        direction.last_due = due = max(due, direction.last_due)
        direction.queued += size
        return due
