"""The node's identity on disk, whole or not at all, also in a power cut.

    identity/
        current -> 20261122T021500Z-3f9c      one symbolic link, replaced in one step
        20261122T021500Z-3f9c/
            key.pem             0600, made here, never sent
            certificate.pem     the node's, and those above it
            authority.pem       whom the node believes to be its cloud, where that is the reserve's own
            signing-1.pem ...   whose signature what is desired must bear
        applied/                a key that waits for its certificate

node.toml names `identity/current/...`, and nobody ever sees a key beside the certificate of another: readers
resolve the link once, then read both files from the folder that it led to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from fieldwatch_edge.errors import IdentityError
from fieldwatch_edge.identity import keys

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from cryptography import x509

    from fieldwatch_edge.settings import Broker

FOLDER = "identity"
CURRENT = "current"
KEY, CERTIFICATE, AUTHORITY = "key.pem", "certificate.pem", "authority.pem"
APPLIED = "applied"


@dataclass(frozen=True, slots=True)
class Held:
    """A key and the certificate that fits it, read in one moment."""

    key: keys.Key = field(repr=False)
    certificate: x509.Certificate
    chain_pem: str

    @property
    def expires_at(self) -> datetime:
        return self.certificate.not_valid_after_utc

    @property
    def life_s(self) -> float:
        """From its beginning to its end, in seconds."""
        return (self.expires_at - self.certificate.not_valid_before_utc).total_seconds()

    def sign(self, message: bytes) -> bytes:
        """ECDSA, P-256 and SHA-256, in DER."""
        return self.key.sign(message, ec.ECDSA(hashes.SHA256()))


@dataclass(frozen=True, slots=True)
class Identity:
    """Where the node's key and certificate lie. Read anew at each use: they are renewed meanwhile."""

    node: str
    cert_file: Path
    key_file: Path

    @classmethod
    def of(cls, node: str, broker: Broker) -> Identity | None:
        """As node.toml says; None where the node has not been enrolled."""
        if broker.cert_file is None or broker.key_file is None:
            return None
        return cls(node, broker.cert_file, broker.key_file)

    def paths(self) -> tuple[Path, Path]:
        """Certificate and key of one moment: both behind the same link, resolved once."""
        folder = self.cert_file.parent
        if folder != self.key_file.parent:
            return self.cert_file, self.key_file
        folder = folder.resolve()
        return folder / self.cert_file.name, folder / self.key_file.name

    def load(self) -> Held:
        """Raises IdentityError where one is missing, damaged, or does not fit the other."""
        cert_file, key_file = self.paths()
        try:
            chain, key = cert_file.read_bytes(), keys.from_pem(key_file.read_bytes())
        except OSError as error:
            raise IdentityError(
                f"cannot read {error.filename}: {error.strerror}. `fieldwatch edge enrol` makes it"
            ) from error
        certificate = keys.certificates(chain)[0]
        if not keys.fits(key, certificate):
            raise IdentityError(f"{cert_file} is a certificate for another key than {key_file}")
        return Held(key, certificate, chain.decode("ascii"))
