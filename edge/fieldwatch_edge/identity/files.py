"""The node's identity on disk, whole or not at all, also in a power cut.

    identity/
        current -> 20261122T021500Z-3f9c      one symbolic link, replaced in one step
        20261122T021500Z-3f9c/
            key.pem             0600, made here, never sent
            certificate.pem     the node's, and those above it
            authority.pem       whom the node believes to be its cloud, where that is the reserve's own
            signing.pem         public keys: what is desired must bear the signature of one of them
            code.sha256         of the code that it was enrolled by; not after a renewal
        enrolment.pem, renewal.pem      0600, a key that waits for its certificate: the cloud answers whoever
                                asks again with the same key, so the line may be cut, and the power

node.toml names `identity/current/...`, and nobody ever sees a key beside the certificate of another: readers
resolve the link once, then read both files from the folder that it led to.
"""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from fieldwatch_edge import whole
from fieldwatch_edge.errors import IdentityError
from fieldwatch_edge.identity import keys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cryptography import x509

    from fieldwatch_edge.settings import Broker

FOLDER = "identity"
CURRENT = "current"
KEY, CERTIFICATE, AUTHORITY = "key.pem", "certificate.pem", "authority.pem"
SIGNING_KEYS, CODE = "signing.pem", "code.sha256"


@dataclass(frozen=True, slots=True)
class Held:
    """A key and the certificate that fits it, read in one moment."""

    key: keys.Key = field(repr=False)
    certificate: x509.Certificate

    @property
    def certificate_pem(self) -> str:
        """Without those above it."""
        return self.certificate.public_bytes(Encoding.PEM).decode("ascii")

    @property
    def expires_at(self) -> datetime:
        return self.certificate.not_valid_after_utc

    @property
    def begins_at(self) -> datetime:
        return self.certificate.not_valid_before_utc

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

    def expires_at(self) -> datetime | None:
        """When the certificate ends; None where it cannot be read."""
        try:
            return self.load().expires_at
        except IdentityError:
            return None

    def load(self) -> Held:
        """Raises IdentityError where one is missing, damaged, or does not fit the other."""
        cert_file, key_file = self.paths()
        try:
            chain, key = cert_file.read_bytes(), keys.from_pem(key_file.read_bytes())
        except PermissionError as error:
            raise IdentityError(
                f"{error.filename} is the node's alone: run this as its user, with sudo -u"
            ) from error
        except OSError as error:
            raise IdentityError(
                f"cannot read {error.filename}: {error.strerror}. `fieldwatch edge enrol` makes it"
            ) from error
        certificate = keys.certificates(chain)[0]
        if not keys.fits(key, certificate):
            raise IdentityError(f"{cert_file} is a certificate for another key than {key_file}")
        return Held(key, certificate)


class Store:
    """The folder `identity`, for whoever writes to it: enrolment and renewal."""

    def __init__(self, folder: Path) -> None:
        """`folder`: beside node.toml; made at the first writing."""
        self.folder = folder

    @classmethod
    def behind(cls, identity: Identity) -> Store | None:
        """The one that `identity` lies in; None where somebody has laid its files out otherwise."""
        current = identity.cert_file.parent
        return cls(current.parent) if current.name == CURRENT and current.is_symlink() else None

    @property
    def current(self) -> Path:
        return self.folder / CURRENT

    def waiting_key(self, purpose: str) -> keys.Key:
        """The key that waits for its certificate; made, and on the disk, before anybody hears of it. The same
        at each call, until `settled`.

        Args:
            purpose: `enrolment` or `renewal`, which may go on at the same time.

        Raises:
            IdentityError: it cannot be kept, or the one that is there is damaged.
        """
        path = self.folder / f"{purpose}.pem"
        try:
            if path.exists():
                return keys.from_pem(path.read_bytes())
            key = keys.new_key()
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            whole.write(path, keys.to_pem(key))
        except OSError as error:
            raise IdentityError(f"cannot keep the node's key in {self.folder}: {error.strerror}") from error
        return key

    def key_by(self, code_hash: bytes) -> keys.Key | None:
        """The current key, where it was enrolled by the code of that hash: who repeats the command is no
        other box. Raises IdentityError where it is damaged."""
        try:
            known = (self.current / CODE).read_text() == code_hash.hex()
            return keys.from_pem((self.current / KEY).read_bytes()) if known else None
        except OSError:
            return None

    def install(
        self,
        key: keys.Key,
        chain: str,
        authority: str,
        signing_keys: Sequence[str],
        code_hash: bytes | None = None,
    ) -> Identity:
        """Begin to use a key with what came for it.

        Args:
            chain: PEM, the node's own certificate first.
            authority: PEM, of who signed the broker's certificate.
            signing_keys: PEM.
            code_hash: of the code that it was enrolled by.

        Raises:
            IdentityError: the certificate is for another key, or the disk does not take it.
        """
        certificate = keys.certificates(chain.encode())[0]
        if not keys.fits(key, certificate):
            raise IdentityError("the cloud's certificate is for another key than the one that was sent")
        files = {
            KEY: keys.to_pem(key),
            CERTIFICATE: chain.encode("ascii"),
            AUTHORITY: authority.encode("ascii"),
            SIGNING_KEYS: "".join(pem.rstrip("\n") + "\n" for pem in signing_keys).encode("ascii"),
        }
        if code_hash is not None:
            files[CODE] = code_hash.hex().encode("ascii")
        try:
            self._put(files)
        except OSError as error:
            raise IdentityError(f"cannot keep the certificate in {self.folder}: {error.strerror}") from error
        return Identity(name_of(certificate), self.current / CERTIFICATE, self.current / KEY)

    def settled(self, purpose: str) -> None:
        """All is done with the waiting key: the next one will be new."""
        try:
            (self.folder / f"{purpose}.pem").unlink(missing_ok=True)
        except OSError as error:
            raise IdentityError(f"cannot clear away the key in {self.folder}: {error.strerror}") from error

    def belongs_to(self, uid: int, gid: int) -> None:
        """Give all of it to the user that the node runs as; for root, who enrolled it."""
        folder = self.folder.resolve()  # it may lie on an encrypted disk, and be a link here
        for path in (folder, *folder.rglob("*")):
            os.chown(path, uid, gid, follow_symlinks=False)

    def _put(self, files: Mapping[str, bytes]) -> None:
        """A folder of its own for them, whole and on the disk before the link leads to it."""
        before = self.current.resolve().name if self.current.is_symlink() else None
        # The time is for people: this clock may be wrong, and it would not be the first of that second.
        folder = self.folder / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        folder.mkdir(mode=0o700)
        for name, content in files.items():
            whole.write(folder / name, content)
        link = self.folder / f"{CURRENT}.part"
        link.unlink(missing_ok=True)
        link.symlink_to(folder.name)
        whole.flush_folder(self.folder)
        link.replace(self.current)
        whole.flush_folder(self.folder)
        # The one before stays: somebody may have resolved the link a moment ago.
        for old in self.folder.iterdir():
            if old.is_dir() and not old.is_symlink() and old.name not in (folder.name, before):
                shutil.rmtree(old)


def name_of(certificate: x509.Certificate) -> str:
    """Common name: the node's id. Raises IdentityError where there is none."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if not names:
        raise IdentityError("the certificate names no node")
    return str(names[0].value)
