"""The way out: interface, route, names, packet size; and the cloud over HTTPS."""

from __future__ import annotations

import ipaddress
import socket
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fieldwatch_edge.doctor.check import Check
from fieldwatch_edge.errors import ConfigError, EdgeError, RefusedError, UnreachableError
from fieldwatch_edge.identity import Identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fieldwatch_edge.identity.session import CloudSession
    from fieldwatch_edge.settings import NodeSettings

SLOW_NAME_S = 2.0
LEAST_MTU = 1280
"""Of IPv6, and of every mobile line worth the name; below it, packets are cut in pieces that get lost."""
CLOCK_OFF_S = 60.0
ROUNDS = 3
SAMPLE_BYTES = 64 * 1024
_IP_MTU = 14
"""linux/in.h; Python's socket has no name for it."""


@dataclass(frozen=True, slots=True)
class Route:
    """The default route of IPv4, or of IPv6."""

    interface: str
    metric: int


def network(settings: NodeSettings) -> Iterator[Check]:
    """Nothing of it is asked of a node whose broker is this very machine."""
    url = settings.cloud.url if settings.cloud is not None else settings.broker.url
    host, port = urlsplit(url).hostname or "", urlsplit(url).port or 443
    if _is_here(host):
        return
    route = default_route()
    if route is None:
        advice = "is the SIM's contract active, the cable in, the Wi-Fi known? `ip route` shows what there is"
        yield Check("route", "fail", "there is no way out of this machine", advice)
        return
    mtu = _number(Path("/sys/class/net") / route.interface / "mtu")
    finding = f"over {route.interface}" + (f", packets of {mtu} bytes" if mtu else "")
    if mtu is not None and mtu < LEAST_MTU:
        yield Check("route", "warn", finding, f"ip link set {route.interface} mtu 1400, or ask the operator")
    else:
        yield Check("route", "ok", finding)
    yield _name(host, port)


def _name(host: str, port: int) -> Check:
    started = time.monotonic()
    try:
        addresses = {entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as error:
        advice = "is a name server set? resolvectl status; or write the address as a number"
        return Check("name", "fail", f"{host} is not found: {error.strerror or error}", advice)
    took_s = time.monotonic() - started
    finding = f"{host} found after {took_s * 1000:.0f} ms: {', '.join(sorted(map(str, addresses)))[:120]}"
    if took_s > SLOW_NAME_S:
        return Check("name", "warn", finding, "the name server is slow: set another (resolvectl dns)")
    return Check("name", "ok", finding)


def default_route(proc: Path = Path("/proc/net")) -> Route | None:
    """The one that packets take: the least metric, of IPv4 before IPv6."""
    found = []
    for line in _lines(proc / "route")[1:]:
        interface, destination, _, _, _, _, metric, mask, *_ = line.split()
        if destination == mask == "00000000":
            found.append(Route(interface, int(metric)))
    if not found:
        for line in _lines(proc / "ipv6_route"):
            fields = line.split()
            if fields[0] == "0" * 32 and fields[1] == "00" and fields[-1] != "lo":
                found.append(Route(fields[-1], int(fields[5], 16)))
    return min(found, key=lambda route: route.metric, default=None)


def path_mtu(host: str, port: int) -> int | None:
    """What the kernel knows of the largest packet to there, once some went."""
    try:
        with socket.create_connection((host, port), timeout=5) as sock:
            return sock.getsockopt(socket.IPPROTO_IP, _IP_MTU) if sock.family == socket.AF_INET else None
    except OSError:
        return None


def cloud(settings: NodeSettings) -> Iterator[Check]:
    """HTTPS, the session, and how fast the line is."""
    if settings.cloud is None or Identity.of(settings.node.id, settings.broker) is None:
        return
    from fieldwatch_edge.identity.session import CloudSession  # 30 MB, which few checks need

    url = settings.cloud.url
    try:
        with CloudSession.of(settings) as session:
            session.open()
            yield Check("https", "ok", f"{url}: logged in by the certificate")
            if session.clock_offset_s is not None and abs(session.clock_offset_s) > CLOCK_OFF_S:
                finding = f"{session.clock_offset_s:+.0f} s off the cloud's"
                yield Check(
                    "time there", "warn", finding, "set the clock: chrony, GNSS or timedatectl set-time"
                )
            rounds = [_took_s(session, 0) for _ in range(ROUNDS)]
            round_s = statistics.median(rounds)
            upload_s = max(_took_s(session, SAMPLE_BYTES) - round_s, 1e-3)
            rate = f"{SAMPLE_BYTES * 8 / upload_s / 1e6:.1f} Mbit/s up, roughly"
            yield Check("line", "ok", f"round trip {1000 * round_s:.0f} ms, {rate}")
    except RefusedError as error:
        advice = "was this node revoked? its manager sees it under Administration; a new code enrols it anew"
        yield Check("https", "fail", f"{url}: {error}", advice)
    except UnreachableError as error:
        parts = urlsplit(url)
        mtu = path_mtu(parts.hostname or "", parts.port or 443)
        small = f" (packets of {mtu} bytes at most: mtu)" if mtu is not None and mtu < LEAST_MTU else ""
        yield Check("https", "fail", f"{error}{small}", "check address, name server, firewall and the line")
    except (ConfigError, EdgeError) as error:
        yield Check("https", "fail", str(error), "fieldwatch edge enrol, with a new code, sets it right")


def _took_s(session: CloudSession, size: int) -> float:
    started = time.monotonic()
    session.round_trip(size)
    return time.monotonic() - started


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
