"""Key pairs of the service: made once, shared by all of its processes, never changed."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import DatabaseError

if TYPE_CHECKING:
    from fieldwatch_cloud.db.pool import Connection

SQL = statements("keys")
VAPID = "vapid"
SEAL = "seal"


def push_key(conn: Connection) -> ec.EllipticCurvePrivateKey:
    """The key (P-256) that phones subscribe with; made the first time that anybody asks.

    A subscription holds for this key alone (RFC 8292 §4.2): losing it means asking every phone again.

    Raises:
        DatabaseError: what the database holds is no such key.
    """
    row = conn.execute(SQL["private"], {"name": VAPID}).fetchone()
    if row is None:
        # Of several processes that start at once, one is first; the others wait for its commit and read.
        conn.execute(SQL["keep"], {"name": VAPID, "private": _pem(ec.generate_private_key(ec.SECP256R1()))})
        row = conn.execute(SQL["private"], {"name": VAPID}).fetchone()
    assert row is not None  # noqa: S101  Kept by us or by another.
    try:
        key = serialization.load_pem_private_key(row[0].encode(), password=None)
    except ValueError as error:
        raise DatabaseError("service_key: 'vapid' holds no private key") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise DatabaseError("service_key: 'vapid' is no P-256 key")
    return key


def seal(conn: Connection) -> bytes:
    """What the cloud seals with that it gives away and wants to know again: challenges to nodes.

    256 bits; made the first time that anybody asks.
    """
    row = conn.execute(SQL["private"], {"name": SEAL}).fetchone()
    if row is None:
        conn.execute(SQL["keep"], {"name": SEAL, "private": secrets.token_hex(32)})
        row = conn.execute(SQL["private"], {"name": SEAL}).fetchone()
    assert row is not None  # noqa: S101  Kept by us or by another.
    return bytes.fromhex(row[0])


def public_point(key: ec.EllipticCurvePrivateKey) -> str:
    """The public half as browsers take it: the uncompressed point (65 bytes), base64url without padding."""
    point = key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
