"""Webhook: another system's address gets the facts as JSON, signed with the secret that it was given.

Headers and signature are those of Standard Webhooks (https://www.standardwebhooks.com), for which receivers
find libraries in every language: `webhook-id` (the delivery; the same again is the same), `webhook-timestamp`
(seconds since 1970) and `webhook-signature`: `v1,` and base64 of the HMAC-SHA256 over `id.timestamp.body`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import TYPE_CHECKING

from fieldwatch_cloud.notify.channels.http import post
from fieldwatch_cloud.notify.device import Failed
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from fieldwatch_cloud.calls.message import Message
    from fieldwatch_cloud.notify.channels.clients import Clients
    from fieldwatch_cloud.notify.device import Device, Sent


def send(device: Device, message: Message, clients: Clients) -> Sent:
    """Raises:
    Retry, Gone, Failed: see `channels.http`; Gone only for 410.
    """
    url, secret = device.address.get("url"), device.address.get("secret")
    if not isinstance(url, str) or not isinstance(secret, str) or not secret:
        raise Failed("the webhook has no address or no secret")
    body = payload(message)
    stamp = str(int(utc_now().timestamp()))
    id_ = str(message.delivery_id)
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": id_,
        "webhook-id": id_,
        "webhook-timestamp": stamp,
        "webhook-signature": signature(secret, id_, stamp, body),
    }
    return post(clients.http, url, body, headers, who="the webhook", gone=(410,))


def payload(message: Message) -> bytes:
    content = {
        "v": 1,
        "kind": message.kind,
        "drill": message.drill,
        "delivery": str(message.delivery_id),
        "urgent": message.urgent,
        "lang": message.language,
        "title": message.title,
        "body": message.body,
        "url": message.link or None,
        **message.data,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def signature(secret: str, id_: str, stamp: str, body: bytes) -> str:
    """Args:
    secret: `whsec_` and base64, as the standard has it; any other text is taken as it is.
    """
    key = secret.encode()
    if secret.startswith("whsec_"):
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            raise Failed("the webhook's secret begins with whsec_ but is not base64") from None
    signed = hmac.new(key, f"{id_}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()
