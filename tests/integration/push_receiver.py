"""A push service and the phones behind it: what Google, Mozilla and Apple run, on this machine.

    with PushService(tmp_path) as service:
        phone = service.subscribe(public_key)         # public_key: of GET /api/v1/push/key
        ... POST /api/v1/devices with address=phone.address, start API and notify process with
            FIELDWATCH_NOTIFY_CA_FILE=service.ca_file, FIELDWATCH_NOTIFY_PRIVATE_NETWORKS=true and
            FIELDWATCH_NOTIFY_VAPID_SUBJECT=mailto:fire@reserve.example ...
        push = phone.wait(1)[0]                       # decrypted, its VAPID token verified
        phone.confirm(push, api_url)                  # what the service worker does: the receipt

It is strict where the real ones are: a request without TTL, with another key than the phone subscribed with,
with a token that is forged, too old, for another origin, or without a proper subject, or that cannot be
decrypted, is refused, and what was wrong is kept in `service.refused`.

It can be told to fail: `phone.answer(503, times=2, retry_after=7)`, `phone.answer(None)` (never answers),
`service.stop()` and `service.start()` (as a crash; same port), `phone.offline()` (messages wait, a newer one
of the same Topic takes the older one's place) and `phone.online()`.
"""

from __future__ import annotations

import base64
import json
import threading
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import http_ece
import httpx2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from tests.integration.certificates import Certificates
from tests.integration.http_server import Answer, Local

from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

MAX_BODY = 4096
MAX_TOKEN_S = 24 * 3600
LEEWAY_S = 5


@dataclass(frozen=True, slots=True)
class Push:
    """One message as the phone got it."""

    received_at: float
    """time.time() when the last byte of the request was here, before anything was verified."""
    payload: dict[str, Any]
    ttl: int
    urgency: str
    topic: str | None
    claims: dict[str, Any]
    bytes: int
    """Of the encrypted body."""


class RefusedError(Exception):
    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Phone:
    """One browser's subscription. Every method may be called while messages arrive."""

    def __init__(self, service: PushService, public_key: str) -> None:
        self._service = service
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = uuid.uuid4().bytes
        self._changed = threading.Condition()
        self._script: list[Answer] = []
        self._held: list[Push] | None = None
        self._received: list[Push] = []
        self.public_key = public_key
        self.path = f"/push/{uuid.uuid4().hex}"
        self.on_push: Callable[[Push], None] | None = None
        """Called in a thread of its own for each message that the phone gets."""

    @property
    def address(self) -> dict[str, Any]:
        """As `PushSubscription.toJSON()` gives it, less `expirationTime`."""
        point = self._key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return {
            "endpoint": self._service.url + self.path,
            "keys": {"p256dh": _base64url(point), "auth": _base64url(self._auth)},
        }

    @property
    def received(self) -> list[Push]:
        with self._changed:
            return list(self._received)

    def wait(self, count: int, within_s: float = 150) -> list[Push]:
        """All messages so far, as soon as there are `count`."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._received) >= count, within_s):
                raise TimeoutError(f"{len(self._received)} of {count} messages within {within_s} s")
            return list(self._received)

    def answer(self, status: int | None, *, times: int = 1, retry_after: str | float | None = None) -> None:
        """Answer the next requests so, whatever they are; None never answers."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        with self._changed:
            self._script += [Answer(status, headers)] * times

    def offline(self) -> None:
        with self._changed:
            self._held = []

    def online(self) -> None:
        with self._changed:
            held, self._held = self._held or [], None
        for push in held:
            self._show(push)

    def confirm(
        self, push: Push, api_url: str, event: str = "delivered", http: httpx2.Client | None = None
    ) -> httpx2.Response:
        """The service worker's receipt (`opened`: the ranger tapped on it). `api_url` ends in /api/v1."""
        url = f"{api_url}/deliveries/{push.payload['delivery']}/receipts"
        body = {"secret": push.payload["secret"], "event": event, "at": utc_now().isoformat()}
        return http.post(url, json=body) if http is not None else httpx2.post(url, json=body, timeout=150)

    def _scripted(self) -> Answer | None:
        with self._changed:
            return self._script.pop(0) if self._script else None

    def _take(self, push: Push) -> None:
        with self._changed:
            if self._held is not None:
                self._held = [p for p in self._held if p.topic is None or p.topic != push.topic]
                self._held.append(push)
                return
        self._show(push)

    def _show(self, push: Push) -> None:
        with self._changed:
            self._received.append(push)
            self._changed.notify_all()
        if self.on_push is not None:
            threading.Thread(target=self.on_push, args=(push,), daemon=True).start()

    def _decrypt(self, body: bytes) -> dict[str, Any]:
        try:
            clear = http_ece.decrypt(body, private_key=self._key, auth_secret=self._auth, version="aes128gcm")
        except (http_ece.ECEException, ValueError) as error:
            start = f"{len(body)} bytes, beginning with {body[:24].hex()}"
            raise RefusedError(400, f"cannot be decrypted: {error} ({start})") from error
        content = json.loads(clear)
        assert isinstance(content, dict)
        return content


class PushService(Local):
    """The service. `ca_file` is the authority that its certificate is from; subscriptions outlive `stop`."""

    def __init__(self, folder: Path) -> None:
        certificates = Certificates(folder / "push-service")
        super().__init__(certificates.server_context())
        self.ca_file = certificates.ca_file
        self.requests = 0
        self.refused: list[str] = []
        self._phones: dict[str, Phone] = {}

    def subscribe(self, public_key: str) -> Phone:
        """A new phone, whose subscription only the holder of `public_key` may use (RFC 8292 §4)."""
        phone = Phone(self, public_key)
        self._phones[phone.path] = phone
        return phone

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        now = time.time()
        self.requests += 1
        try:
            phone = self._phone(path)
            if (scripted := phone._scripted()) is not None:
                return scripted
            push = self._accept(phone, headers, body, now)
        except RefusedError as error:
            self.refused.append(str(error))
            return Answer(error.status, body=str(error).encode())
        phone._take(push)
        return Answer(201, {"Location": f"{self.url}/message/{uuid.uuid4().hex}"})

    def _phone(self, path: str) -> Phone:
        if path not in self._phones:
            raise RefusedError(404, "no such subscription")
        return self._phones[path]

    def _accept(self, phone: Phone, headers: Mapping[str, str], body: bytes, now: float) -> Push:
        ttl = headers.get("ttl", "")
        if not ttl.isdecimal():
            raise RefusedError(400, "TTL is missing (RFC 8030 §5.2)")
        urgency = headers.get("urgency", "normal")
        if urgency not in ("very-low", "low", "normal", "high"):
            raise RefusedError(400, f"no such urgency: {urgency}")
        topic = headers.get("topic")
        if topic is not None and (len(topic) > 32 or not topic.replace("-", "").replace("_", "").isalnum()):
            raise RefusedError(400, f"no such topic: {topic} (RFC 8030 §5.4)")
        if headers.get("content-encoding") != "aes128gcm":
            raise RefusedError(415, "Content-Encoding must be aes128gcm (RFC 8291 §4)")
        if len(body) > MAX_BODY:
            raise RefusedError(413, f"{len(body)} bytes")
        claims = verify_vapid(headers.get("authorization", ""), phone.public_key, self.url, now)
        payload = phone._decrypt(body)
        return Push(now, payload, int(ttl), urgency, topic, claims, len(body))


def verify_vapid(authorization: str, public_key: str, origin: str, now: float) -> dict[str, Any]:
    """The claims of a token that is in order (RFC 8292).

    Raises:
        RefusedError: it is not; with the status that push services use.
    """
    scheme, _, rest = authorization.partition(" ")
    fields = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
    if scheme != "vapid" or not {"t", "k"} <= fields.keys():
        raise RefusedError(401, "no VAPID token")
    if fields["k"] != public_key:
        raise RefusedError(403, "another key than the one that this phone subscribed with")
    signed, _, signature = fields["t"].rpartition(".")
    header, claims = (json.loads(_decoded(part)) for part in signed.split("."))
    if header != {"typ": "JWT", "alg": "ES256"}:
        raise RefusedError(401, f"a token of another kind: {header}")
    raw = _decoded(signature)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decoded(fields["k"]))
    try:
        der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        key.verify(der, signed.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise RefusedError(403, "the token's signature is wrong") from error
    if len(raw) != 64:
        raise RefusedError(403, "the token's signature is not of 64 bytes")
    if claims.get("aud") != origin:
        raise RefusedError(403, f"the token is for {claims.get('aud')}, we are {origin}")
    if not now - LEEWAY_S < claims.get("exp", 0) <= now + MAX_TOKEN_S:
        raise RefusedError(403, "the token has ended, or lasts longer than 24 h")
    subject = str(claims.get("sub", ""))
    # As Apple: a real address, no space, not localhost.
    mailed = subject.startswith("mailto:") and "@" in subject and " " not in subject
    if not (mailed or urlsplit(subject).scheme == "https") or "localhost" in subject:
        raise RefusedError(403, f"BadJwtToken: subject {subject!r}")
    return claims


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
