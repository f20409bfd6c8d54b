"""That a node holds the key of its certificate: it signs a challenge of ours.

A challenge is not kept anywhere until it has opened a session: whoever asks for a million of them costs us
nothing but the asking. It carries its own end and a seal; used ones are kept with the sessions that they
opened, which last longer than it.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from fieldwatch_shared.enrolment import session_proof

if TYPE_CHECKING:
    from cryptography import x509

CHALLENGE_S = 300
"""A node far away has a slow line; a signature of its chip takes a second."""


def challenge(node: str, *, seal: bytes, now: float) -> str:
    """A nonce for `node`.

    Args:
        seal: a secret of all processes of the cloud.
        now: seconds since the epoch, on the cloud's clock, like that of `fresh`: the node's does not matter.
    """
    body = f"{secrets.token_urlsafe(16)}.{int(now) + CHALLENGE_S}"
    return f"{body}.{_seal(node, body, seal)}"


def fresh(nonce: str, node: str, *, seal: bytes, now: float) -> bool:
    """Whether we gave this challenge to that node, and not too long ago."""
    body, _, mark = nonce.rpartition(".")
    if not hmac.compare_digest(mark.encode(), _seal(node, body, seal).encode()):
        return False
    return now <= int(body.rpartition(".")[2])


def proven(certificate: x509.Certificate, nonce: str, signature: str) -> bool:
    """Whether the holder of the certificate's key signed the challenge."""
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    try:
        raw = base64.b64decode(signature, validate=True)
        key.verify(raw, session_proof(nonce), ec.ECDSA(hashes.SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return True


def _seal(node: str, body: str, seal: bytes) -> str:
    mark = hmac.new(seal, f"{node}\n{body}".encode(), sha256).digest()
    return base64.urlsafe_b64encode(mark).rstrip(b"=").decode()
