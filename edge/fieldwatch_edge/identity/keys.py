"""The node's key pair (EC P-256), and the request by which it asks for a certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from fieldwatch_edge.errors import IdentityError

if TYPE_CHECKING:
    from collections.abc import Sequence

Key = ec.EllipticCurvePrivateKey


def new_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def to_pem(key: Key) -> bytes:
    """PKCS #8, unencrypted: the file's mode and the disk's encryption guard it (docs/decisions/0036)."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def from_pem(pem: bytes) -> Key:
    """Raises IdentityError where `pem` is no EC private key."""
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise IdentityError("the node's key cannot be read: it is damaged, or no key") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise IdentityError("the node's key is of another kind than EC P-256")
    return key


def request(key: Key, name: str) -> str:
    """A certificate signing request (PEM) for `key`. The cloud gives the certificate the name that it knows
    the node by, whatever stands here."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signed = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return signed.public_bytes(Encoding.PEM).decode("ascii")


def certificates(pem: bytes) -> Sequence[x509.Certificate]:
    """The node's own first, then those above it. Raises IdentityError where there is none."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise IdentityError("the node's certificate cannot be read: it is damaged, or none") from error


def fits(key: Key, certificate: x509.Certificate) -> bool:
    """Whether `certificate` is about this key."""
    return _public(key.public_key()) == _public(certificate.public_key())


def _public(key: object) -> bytes:
    encode = getattr(key, "public_bytes")  # noqa: B009  # each kind of public key has it, their union does not
    data: bytes = encode(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return data
