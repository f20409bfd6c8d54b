"""What is desired of this node, and each command, must bear its own cloud's signature.

The broker carries what the cloud says; it must not be able to say anything itself.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from fieldwatch_edge.errors import ConfigError
from fieldwatch_shared.signing import KEY_ID, SIGNATURE, key_id, signed_bytes
from fieldwatch_shared.topics import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from fieldwatch_edge.settings import NodeSettings

_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Seal:
    """What is said on `topic` counts only with a signature by one of the keys in `files`. They are read at
    each use, which is rare: they come anew with each certificate."""

    topic: str
    files: Sequence[Path]

    @classmethod
    def of(cls, settings: NodeSettings, kind: Kind = Kind.DESIRED) -> Seal | None:
        """For what comes down as `kind`; None where the settings name no signing keys: then any counts.

        Raises:
            ConfigError: a key cannot be read, or is none.
        """
        if settings.cloud is None or not settings.cloud.signing_keys:
            return None
        topic = str(Topic(settings.node.reserve, settings.node.id, kind))
        seal = cls(topic, settings.cloud.signing_keys)
        seal.keys()
        return seal

    def keys(self) -> Mapping[str, Ed25519PublicKey]:
        """By their ids. Raises ConfigError as `of`."""
        keys = [key for path in self.files for key in _read(path)]
        return {key_id(key.public_bytes_raw()): key for key in keys}

    def flaw(self, payload: bytes, beside: Mapping[str, str]) -> str | None:
        """Why `payload` does not count; None: it does.

        Args:
            beside: what came with it, `signature` and `key-id`.
        """
        if SIGNATURE not in beside:
            return "it is not signed"
        try:
            key = self.keys().get(beside.get(KEY_ID, ""))
        except ConfigError as error:
            return str(error)
        if key is None:
            return "its key is none of those that this node was enrolled with"
        try:
            key.verify(base64.b64decode(beside[SIGNATURE], validate=True), signed_bytes(self.topic, payload))
        except (InvalidSignature, binascii.Error):
            return "its signature is wrong: it was changed on its way, or is meant for another node"
        return None


def _read(path: Path) -> Sequence[Ed25519PublicKey]:
    try:
        pems = _PEM.findall(path.read_bytes())
        keys = [load_pem_public_key(pem) for pem in pems]
    except OSError as error:
        raise ConfigError(f"cannot read the cloud's signing keys {path}: {error.strerror}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"{path} holds no public keys: enrol the node again") from error
    good = [key for key in keys if isinstance(key, Ed25519PublicKey)]
    if not good:
        raise ConfigError(f"{path} holds no public key of the kind Ed25519: enrol the node again")
    return good
