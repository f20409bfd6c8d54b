"""Whether a URL that somebody entered may be opened, looked up at the moment of sending."""

from __future__ import annotations

import ipaddress
import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fieldwatch_cloud.calls.addresses import is_inside, is_public
from fieldwatch_cloud.notify.device import Failed, Retry

if TYPE_CHECKING:
    from fieldwatch_cloud.notify.device import Device

_REMEMBERED_S = 60.0
_public_until: dict[str, float] = {}
"""Hosts that were found to be public, and for how long that is believed: a push must not wait for a name that
was just looked up."""


def check(device: Device, *, private_networks: bool) -> None:
    """A name that was public when it was entered may lead inside now.

    Raises:
        Failed: it leads into a private network.
        Retry: nobody knows the name at the moment.
    """
    if private_networks or device.channel not in ("web_push", "webhook"):
        return
    url = device.address.get("endpoint") or device.address.get("url")
    parts = urlsplit(str(url))
    host = parts.hostname or ""
    if is_inside(host):
        raise Failed("its address leads into a private network")
    if _public_until.get(host, 0.0) > time.monotonic():
        return
    try:
        found = socket.getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Retry(
            f"the name of {device.channel}'s server cannot be resolved: {type(error).__name__}"
        ) from None
    if any(not is_public(ipaddress.ip_address(str(entry[4][0]).partition("%")[0])) for entry in found):
        raise Failed("its address leads into a private network")
    _public_until[host] = time.monotonic() + _REMEMBERED_S
