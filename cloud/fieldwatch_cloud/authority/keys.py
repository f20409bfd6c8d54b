"""The authority's keys: made at first need, kept in `state/authority`, 0600, and never anywhere else.

    ca.key, ca.pem             EC P-256: signs certificates of nodes, of the broker, and what was revoked
    signing.key, signing.pem   Ed25519: signs what nodes are to do (fieldwatch_shared.signing)

Whoever has this folder is every node and every broker of the reserve: keep a copy offline, and nowhere else.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fieldwatch_cloud.errors import AuthorityError
from fieldwatch_cloud.private import locked, private_directory, write_private
from fieldwatch_shared import signing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from fieldwatch_cloud.db.certificates import Revoked

EVER = datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
"""Since when the authority and the broker are who they are. A node whose clock has lost its battery wakes up
in 1970, or at the build date of its system, and must reach the cloud all the same."""
AUTHORITY_ENDS = datetime(2099, 12, 31, tzinfo=UTC)
"""Nodes are forgotten for years; an authority that ends would put all of them out at once."""
SERVER_DAYS = 365
EARLIER = timedelta(hours=1)
"""A node's certificate holds from so long before it was made: the broker's clock may be another machine's."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A node's certificate."""

    serial: str
    """Hexadecimal digits."""
    pem: str
    chain: str
    """PEM: the certificate, then the authority's."""
    key_sha256: bytes
    """Of the public key (DER)."""
    not_after: datetime


class Authority:
    """Opened by any process of the cloud; of several at once, one makes the keys, the others read them."""

    def __init__(self, state: Path) -> None:
        """Raises:
        AuthorityError: the keys can neither be read nor made.
        """
        self._folder = state / "authority"
        try:
            private_directory(self._folder)
            with locked(self._folder / "lock"):
                self._key, self.certificate = self._root()
                self._signing = self._signing_key()
        except (OSError, ValueError) as error:
            raise AuthorityError(
                f"the authority's keys in {self._folder} cannot be read ({error}): bring them back from your "
                "copy; with new ones every node must be enrolled again"
            ) from error

    @property
    def certificate_pem(self) -> str:
        return _pem(self.certificate)

    @property
    def certificate_der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def signing_keys(self) -> list[str]:
        """PEM, newest first: what nodes trust to say what they are to do."""
        public = self._signing.public_key()
        return [
            public.public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            ).decode()
        ]

    def sign(self, payload: bytes) -> tuple[str, str]:
        """(base64 of the Ed25519 signature, id of the key)."""
        raw = self._signing.public_key().public_bytes_raw()
        return base64.b64encode(self._signing.sign(payload)).decode(), signing.key_id(raw)

    def sign_for(self, topic: str, payload: bytes) -> list[tuple[str, str]]:
        """The MQTT user properties of a message to a node: signature and key id."""
        signature, key_id = self.sign(signing.signed_bytes(topic, payload))
        return [(signing.SIGNATURE, signature), (signing.KEY_ID, key_id)]

    def certify_node(self, node: str, key: ec.EllipticCurvePublicKey, *, days: int) -> Issued:
        """A certificate that says of who holds `key` that it is `node`: to log in with, for nothing else."""
        now = datetime.now(UTC).replace(microsecond=0)
        not_after = now + timedelta(days=days)
        certificate = self._signed(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, node)]),
            key,
            starts=now - EARLIER,
            ends=not_after,
            may=ExtendedKeyUsageOID.CLIENT_AUTH,
            names=[],
        )
        pem = _pem(certificate)
        return Issued(
            serial=f"{certificate.serial_number:x}",
            pem=pem,
            chain=pem + self.certificate_pem,
            key_sha256=key_sha256(key),
            not_after=not_after,
        )

    def certify_server(self, names: Iterable[str]) -> tuple[str, str]:
        """A key of its own and a certificate for a server that is reached by any of `names` (hosts and IP
        addresses); both PEM, the certificate with the authority's after it."""
        names = list(names)
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._signed(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])]),
            key.public_key(),
            starts=EVER,
            ends=datetime.now(UTC).replace(microsecond=0) + timedelta(days=SERVER_DAYS),
            may=ExtendedKeyUsageOID.SERVER_AUTH,
            names=[_general_name(name) for name in names],
        )
        return _private_pem(key), _pem(certificate) + self.certificate_pem

    def revocations(self, revoked: Iterable[Revoked]) -> str:
        """The list of certificates that hold no more, PEM.

        It never ends: where a list has ended, OpenSSL refuses everybody. And each is a second younger than
        the last: of two of one second, a broker that reads its files again would go on with the old one.
        """
        with locked(self._folder / "lock"):
            newest = self._folder / "crl.newest"
            last = int(newest.read_text()) if newest.exists() else 0
            made = max(int((datetime.now(UTC) - EARLIER).timestamp()), last + 1)
            write_private(newest, f"{made}\n")
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(datetime.fromtimestamp(made, UTC))
            .next_update(AUTHORITY_ENDS)
            .add_extension(x509.CRLNumber(made), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
        )
        for one in revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(int(one.serial, 16))
                .revocation_date(one.at.replace(microsecond=0))
                .build()
            )
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    def issued(self, certificate: x509.Certificate) -> bool:
        """Whether this certificate is of ours; says nothing about whether it still holds."""
        try:
            certificate.verify_directly_issued_by(self.certificate)
        except Exception:  # noqa: BLE001  Which error it is depends on what is wrong with it.
            return False
        return True

    def _signed(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        *,
        starts: datetime,
        ends: datetime,
        may: x509.ObjectIdentifier,
        names: list[x509.GeneralName],
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.certificate.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(starts)
            .not_valid_after(ends)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([may]), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def _root(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        key_file, file = self._folder / "ca.key", self._folder / "ca.pem"
        if not key_file.exists() and not file.exists():
            write_private(key_file, _private_pem(ec.generate_private_key(ec.SECP256R1())))
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
        if not file.exists() and isinstance(key, ec.EllipticCurvePrivateKey):
            write_private(file, _pem(_self_signed(key)))
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise ValueError("ca.key is not the key of ca.pem")
        return key, certificate

    def _signing_key(self) -> ed25519.Ed25519PrivateKey:
        file = self._folder / "signing.key"
        if not file.exists():
            made = ed25519.Ed25519PrivateKey.generate()
            write_private(file, _private_pem(made))
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
        if not isinstance(key, ed25519.Ed25519PrivateKey):
            raise ValueError("signing.key is no Ed25519 key")  # noqa: TRY004  Of a file, not an argument.
        return key


def key_sha256(key: ec.EllipticCurvePublicKey) -> bytes:
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).digest()


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    # A name of its own for each: two authorities of one name are told apart by nobody who reads a log.
    id_ = key_sha256(key.public_key())[:4].hex()
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Fieldwatch"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Fieldwatch authority {id_}"),
        ]
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(EVER)
        .not_valid_after(AUTHORITY_ENDS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _private_pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
