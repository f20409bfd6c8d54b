"""Web Push: a message to one browser, through the push service that the browser chose.

RFC 8030 (the request), RFC 8291 (only that browser can read it), RFC 8292 (who we are).
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec

from fieldwatch_cloud.notify.channels.http import post
from fieldwatch_cloud.notify.device import Failed, Gone

if TYPE_CHECKING:
    from fieldwatch_cloud.calls.message import Message
    from fieldwatch_cloud.notify.channels.clients import Clients
    from fieldwatch_cloud.notify.device import Device, Sent

LARGEST = 3000
"""Bytes before encryption. RFC 8030 §7.2 promises 4096 encrypted; some services allow less."""
TTL_S = {
    # A phone that was in a dead valley for hours must still learn of the fire. It never learns of one that is
    # over: the update, with the same Topic, takes the place of what waits.
    "fire": 4 * 3600,
    "escalation": 4 * 3600,
    "update": 4 * 3600,
    "undelivered": 4 * 3600,
    "wildlife": 1800,
    "test": 300,
}


def send(device: Device, message: Message, clients: Clients) -> Sent:
    """Raises:
    Retry, Gone, Failed: see `channels.http`; Gone also where the subscription is none.
    """
    endpoint, p256dh, auth = _subscription(device)
    body = _encrypted(payload(message), p256dh, auth)
    headers = {
        "Authorization": clients.vapid.authorization(endpoint),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(TTL_S[message.kind]),
        # `normal` waits for minutes on an Android phone that lies still.
        "Urgency": "high" if message.urgent else "normal",
        # At most 32 characters of base64url (RFC 8030 §5.4): a UUID's digits are just that.
        "Topic": message.tag.hex,
    }
    return post(clients.http, endpoint, body, headers, who="the push service", gone=(404, 410))


def payload(message: Message) -> bytes:
    """What the service worker reads: JSON of at most `LARGEST` bytes; a long body is cut, nothing else.

    Raises:
        Failed: it is larger even without its body.
    """
    content: dict[str, Any] = {
        "v": 1,
        "kind": message.kind,
        "drill": message.drill,
        "delivery": str(message.delivery_id),
        "secret": message.secret,
        "incident": str(message.incident_id) if message.incident_id else None,
        "title": message.title,
        "body": message.body,
        "url": message.path,
        "urgent": message.urgent,
        "at": message.at.isoformat().replace("+00:00", "Z"),
        "lang": message.language,
        "tag": str(message.tag),
    }
    encoded = _json(content)
    if len(encoded) > LARGEST:
        room = LARGEST - len(_json(content | {"body": "…"}))
        if room < 0:
            raise Failed("the message is too large for Web Push even without its body")
        content["body"] = _within(message.body, room) + "…"
        encoded = _json(content)
    return encoded


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _within(text: str, room: int) -> str:
    """As much of `text` as takes `room` bytes as JSON."""
    while len(json.dumps(text, ensure_ascii=False).encode()) - 2 > room:
        text = text[: min(len(text) - 1, room)]
    return text


def _subscription(device: Device) -> tuple[str, bytes, bytes]:
    """Endpoint, the browser's public key, and the secret that it shares with us.

    Raises:
        Gone: it is no subscription.
    """
    try:
        endpoint = str(device.address["endpoint"])
        keys = device.address["keys"]
        p256dh, auth = _decoded(keys["p256dh"]), _decoded(keys["auth"])
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), p256dh)
        parts = urlsplit(endpoint)
    except (KeyError, TypeError, ValueError):
        raise Gone("the browser's subscription is damaged") from None
    if len(auth) != 16:
        raise Gone("the browser's subscription is damaged")
    # Our server asks this address, which a browser gave us: a certificate in its name is the least.
    if parts.scheme != "https" or not parts.hostname:
        raise Gone("the browser's subscription names no https address")
    return endpoint, p256dh, auth


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError("not base64url") from error


def _encrypted(content: bytes, p256dh: bytes, auth: bytes) -> bytes:
    encrypted: bytes = http_ece.encrypt(
        content,
        private_key=ec.generate_private_key(ec.SECP256R1()),  # Of this one message (RFC 8291 §3.1).
        dh=p256dh,
        auth_secret=auth,
        version="aes128gcm",
    )
    return encrypted
