"""Addresses of phones, mailboxes and systems: checked before anything is ever sent to them.

The service itself opens connections to what people enter, from inside the reserve's network: an address must
not lead it to the database or to a neighbour's router (server-side request forgery). Names are looked up when
something is sent (`notify.reach`).
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_URL = 2000
_ATOM = r"[^@\s<>()\[\],;:.\"\\\x00-\x1f\x7f-\x9f]"
_EMAIL = re.compile(rf"{_ATOM}+(?:\.{_ATOM}+)*@(?:{_ATOM}+\.)+{_ATOM}{{2,}}")
"""What a mail's To takes as it is: whoever enters something else is never reached, and does not know it."""
_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_PHONE_NOISE = re.compile(r"[\s().-]")
_P256_POINT, _AUTH_SECRET = 65, 16
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NAT64_OF_ITS_OWN = ipaddress.IPv6Network("64:ff9b:1::/48")
"""RFC 6052 and 8215: IPv4 addresses, as a network with IPv6 alone writes them."""
_INSIDE = ("localhost", ".localhost", ".local", ".internal", ".lan", ".home.arpa")


def checked(channel: str, address: Mapping[str, Any], *, private_networks: bool = False) -> dict[str, Any]:
    """The address as it is kept; what does not belong to it is left out.

    Args:
        address: web_push: {endpoint, keys: {p256dh, auth}} as a browser gives it; email: {email}; sms, voice:
            {phone}; webhook: {url}.
        private_networks: URLs may lead into them; and to this machine without TLS.

    Raises:
        ValueError: says what is wrong.
    """
    match channel:
        case "web_push":
            keys = address.get("keys")
            keys = keys if isinstance(keys, dict) else {}
            endpoint = url(_text(address, "endpoint"), private_networks=private_networks)
            if not endpoint.startswith("https://"):
                raise ValueError("a push service is reached by https:// alone")
            return {
                "endpoint": endpoint,
                "keys": {
                    "p256dh": _key(_text(keys, "p256dh"), _P256_POINT, "p256dh"),
                    "auth": _key(_text(keys, "auth"), _AUTH_SECRET, "auth"),
                },
            }
        case "email":
            email = _text(address, "email").strip()
            if len(email) > 254 or email.find("@") > 64 or not _EMAIL.fullmatch(email):
                raise ValueError(f"{email[:80]!r} is not an e-mail address")
            return {"email": email}
        case "sms" | "voice":
            phone = _PHONE_NOISE.sub("", _text(address, "phone"))
            if not _PHONE.fullmatch(phone):
                raise ValueError("a phone number begins with + and the country's code, as +86 138 0013 8000")
            return {"phone": phone}
        case "webhook":
            return {"url": url(_text(address, "url"), private_networks=private_networks)}
    raise ValueError(f"no such channel: {channel!r}")


def url(text: str, *, private_networks: bool) -> str:
    """`text`, if it is a URL that we may send to.

    Raises:
        ValueError: no https, no host, credentials within, or an address inside.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or len(text) > LONGEST_URL or any(c.isspace() or not c.isprintable() for c in text):
        raise ValueError("this is not a URL")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a URL must not hold a user or password")
    if parts.fragment:
        raise ValueError("a URL must not have a part after #")
    inside = is_inside(host)
    if parts.scheme != "https" and not (parts.scheme == "http" and private_networks and is_loopback(host)):
        raise ValueError("the URL must begin with https://")
    if inside and not private_networks:
        raise ValueError(
            "the URL leads into a private network; FIELDWATCH_NOTIFY_PRIVATE_NETWORKS allows that"
        )
    return text


def is_inside(host: str) -> bool:
    """Whether a host, by its name or number alone, is none of the public internet."""
    host = host.lower().rstrip(".")
    number = _number(host)
    if number is not None:
        return not is_public(number)
    # 2130706433 and 0x7f000001 are 127.0.0.1 to some libraries; no public host is written so.
    numeric = re.fullmatch(r"[\d.]+|0x[\da-f.x]+", host) is not None
    return (
        numeric or "." not in host or any(host == name.lstrip(".") or host.endswith(name) for name in _INSIDE)
    )


def is_loopback(host: str) -> bool:
    number = _number(host)
    return host == "localhost" or (number is not None and number.is_loopback)


def is_public(number: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(number, ipaddress.IPv6Address):
        within = number.ipv4_mapped or number.sixtofour or (number.teredo[1] if number.teredo else None)
        if number in _NAT64:
            within = ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
        if within is not None:
            return is_public(within)
        if number in _NAT64_OF_ITS_OWN:
            return False
    return number.is_global and not number.is_multicast


def shown(channel: str, address: Mapping[str, Any]) -> str:
    """Short, for its owner's eye: a push endpoint and a webhook's path are as good as a password."""
    if channel == "web_push":
        return urlsplit(str(address.get("endpoint"))).hostname or ""
    if channel == "webhook":
        return urlsplit(str(address.get("url"))).hostname or ""
    return str(address.get("email") or address.get("phone") or "")


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is missing")
    return value


def _key(text: str, size: int, name: str) -> str:
    """base64url with or without padding, of so many bytes."""
    try:
        decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        decoded = b""
    if len(decoded) != size or (size == _P256_POINT and decoded[0] != 4):
        raise ValueError(f"{name} is not the key of a push subscription")
    return text.rstrip("=")
