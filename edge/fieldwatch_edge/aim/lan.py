"""The node's own address in the Wi-Fi or network before which the technician stands."""

from __future__ import annotations

import fcntl
import ipaddress
import socket
import struct

from fieldwatch_edge.errors import ConfigError

SIOCGIFADDR = 0x8915
"""Linux: the IPv4 address of an interface (netdevice(7))."""
AWAY = ("lo", "wwan", "ppp", "rmnet", "usbmodem", "tun", "tap", "wg", "tailscale", "docker", "veth", "br-")
"""Interfaces behind which strangers are, or nobody: modems, tunnels, containers."""
NEAR = ("ap", "wl", "uap", "eth", "en", "usb")
"""Nearer first."""


def own_address() -> str:
    """Raises ConfigError where there is none that a phone nearby could reach, and no stranger."""
    found = [
        (_rank(name), address)
        for _, name in socket.if_nameindex()
        if not name.startswith(AWAY) and (address := _address(name)) is not None
    ]
    near = sorted((rank, address) for rank, address in found if ipaddress.ip_address(address).is_private)
    if not near:
        raise ConfigError(
            "this node has no address in a Wi-Fi or local network: open its own access point or plug in the"
            " cable, or name an address by --listen (127.0.0.1: only this machine)"
        )
    return near[0][1]


def _rank(name: str) -> int:
    return next((n for n, begin in enumerate(NEAR) if name.startswith(begin)), len(NEAR))


def _address(name: str) -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            answer = fcntl.ioctl(asking.fileno(), SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
        except OSError:  # it has none
            return None
    return socket.inet_ntoa(answer[20:24])
