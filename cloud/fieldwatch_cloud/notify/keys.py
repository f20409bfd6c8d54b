"""Who we are, to push services (VAPID, RFC 8292): a token signed by our key, for each service its own."""

from __future__ import annotations

import base64
import json
import time
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from fieldwatch_cloud.db.keys import public_point

if TYPE_CHECKING:
    from collections.abc import Callable

LIFE_S = 12 * 3600
"""RFC 8292 §2 allows 24 h; half of that leaves room for clocks that are wrong."""
RENEW_S = 3600
"""A token that ends sooner is made anew."""
_DEFAULT_PORTS = {"https": 443, "http": 80}


class Vapid:
    """Signs for the push services. Safe to use from several threads."""

    def __init__(
        self,
        key: ec.EllipticCurvePrivateKey,
        subject: str | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """
        Args:
            subject: whom a push service writes to if we misbehave: a mailto: or https: address.
            clock: seconds since 1970.
        """
        self._key = key
        self._subject = subject
        self._clock = clock
        self._tokens: dict[str, tuple[float, str]] = {}
        self._lock = Lock()
        self.public_key = public_point(key)
        """What phones subscribe with: base64url, uncompressed point."""

    def authorization(self, endpoint: str) -> str:
        """The Authorization header for a message to `endpoint`."""
        audience = origin(endpoint)
        now = self._clock()
        with self._lock:
            ends, token = self._tokens.get(audience, (0.0, ""))
            # Also one from the future: the clock was set back, and the service would refuse it.
            if not RENEW_S < ends - now <= LIFE_S:
                ends = now + LIFE_S
                token = self._sign(audience, int(ends))
                self._tokens[audience] = (ends, token)
        return f"vapid t={token}, k={self.public_key}"

    def _sign(self, audience: str, expires: int) -> str:
        claims: dict[str, object] = {"aud": audience, "exp": expires}
        if self._subject is not None:
            claims["sub"] = self._subject
        signed = f"{_segment({'typ': 'JWT', 'alg': 'ES256'})}.{_segment(claims)}"
        # JOSE wants r and s as two numbers of 32 bytes (RFC 7518 §3.4), not DER.
        r, s = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{_base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def origin(url: str) -> str:
    """Scheme, host and port as RFC 6454 §6.2 writes them: without the scheme's own port."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _segment(content: dict[str, object]) -> str:
    return _base64url(json.dumps(content, separators=(",", ":")).encode())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
