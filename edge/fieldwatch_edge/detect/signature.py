"""Who made a model folder: `model.sig`, checked before a node loads the model. Alone imports cryptography.

A checksum in the card proves that the file is the card's. It does not prove that the card is anybody's: who
can replace the file can replace the card too. So the maker signs both, and a node loads only what was signed
with a key that it trusts: the project's, which comes with the package, or one that node.toml names.

    signer = "Fieldwatch project"
    key = "SHA256:…"                     what `ssh-keygen -lf fieldwatch.pub` prints of the key
    signed_at = 2026-11-21T12:00:00Z
    signature = "…"                      Ed25519, base64, over `Signature.message`

    [files]
    "model.onnx" = "<SHA-256>"
    "model.toml" = "<SHA-256>"

The card and the model file must be among the files. The card for people and the figures are there too, where
the folder has them; a node runs on neither, so it does not refuse a model over them, but `doctor` and
`fieldwatch models verify` do say so.
"""

from __future__ import annotations

import base64
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_public_key
from pydantic import ValidationError

from fieldwatch_edge.detect.model_folder import CARD, sha256_of
from fieldwatch_edge.errors import SignatureError
from fieldwatch_shared.model_signature import SIGNATURE, SignatureFile, fingerprint, shipped_key_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from fieldwatch_edge.detect.model_folder import ModelFolder

PAPERS = ("CARD.md", "metrics.json")
"""Signed where a folder has them; for people, and no part of what a node runs."""


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """The public half of a key, from a file in OpenSSH's format: `ssh-ed25519 AAAA… Name of the signer`."""

    path: Path
    name: str
    key: Ed25519PublicKey

    @property
    def id(self) -> str:
        return key_id(self.key)

    @classmethod
    def read(cls, path: Path) -> TrustedKey:
        """Raises SignatureError where `path` is no public Ed25519 key."""
        try:
            line = path.read_text("utf-8").strip()
            key = load_ssh_public_key(line.encode())
        except OSError as error:
            raise SignatureError(f"cannot read the key {path}: {error.strerror}") from error
        except (ValueError, UnsupportedAlgorithm) as error:
            raise SignatureError(f"{path} is no public key: {error}. {_MAKE_ONE}") from error
        if not isinstance(key, Ed25519PublicKey):
            raise SignatureError(f"{path} is a key of another kind than ssh-ed25519. {_MAKE_ONE}")
        return cls(path, line.split(maxsplit=2)[2] if line.count(" ") > 1 else path.stem, key)


_MAKE_ONE = "`fieldwatch models key` makes a pair"


class Signature(SignatureFile):
    """`model.sig` in a model folder."""

    @classmethod
    def read(cls, folder: Path) -> Signature | None:
        """The signature in `folder`, or None where it has none.

        Raises:
            SignatureError: there is one, but it cannot be read.
        """
        path = folder / SIGNATURE
        try:
            return cls.model_validate(tomllib.loads(path.read_text("utf-8")))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SignatureError(f"cannot read {path}: {error.strerror}. {_ANEW}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as error:
            raise SignatureError(f"{path} is damaged: {str(error).splitlines()[0]}. {_ANEW}") from error

    def changed_papers(self, folder: Path) -> list[str]:
        """The card for people and the figures, as far as they are gone, or not the ones that were signed."""
        return [name for name in PAPERS if _digest(folder / name) != self.files.get(name)]


def _digest(path: Path) -> str | None:
    """None where there is no such file."""
    try:
        return sha256_of(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SignatureError(f"cannot read {path}: {error.strerror}") from error


_ANEW = "Copy the whole model folder anew"


def key_id(key: Ed25519PublicKey) -> str:
    """The fingerprint that `ssh-keygen -l` prints."""
    return fingerprint(key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH))


def shipped_keys() -> tuple[TrustedKey, ...]:
    """The keys that come with the installed package, or with the checkout."""
    return trusted_keys(shipped_key_files())


def trusted_keys(paths: Iterable[Path]) -> tuple[TrustedKey, ...]:
    """Raises SignatureError where one of `paths` is no public key."""
    return tuple(TrustedKey.read(path) for path in paths)


def verify(folder: ModelFolder, keys: Sequence[TrustedKey]) -> Signature:
    """Check that a holder of one of `keys` signed what a node runs of `folder`: its card and its model file.

    Raises:
        SignatureError: nobody did; says why, and what to do.
    """
    signature = Signature.read(folder.path)
    if signature is None:
        raise SignatureError(f"{folder.path} is not signed: it has no {SIGNATURE}. {_ways_out(folder)}")
    key = next((key for key in keys if key.id == signature.key), None)
    if key is None:
        trusted = ", ".join(f"{key.name} ({key.id})" for key in keys) or "no key at all"
        raise SignatureError(
            f"{folder.path} is signed by {signature.signer!r} with the key {signature.key}, which this node "
            f"does not trust; it trusts {trusted}. If you know the signer, name the public key in node.toml: "
            'trusted_keys = ["signer.pub"] beside the detector\'s model'
        )
    try:
        key.key.verify(base64.b64decode(signature.signature, validate=True), signature.message)
    except (InvalidSignature, ValueError) as error:  # no base64: ValueError
        raise SignatureError(
            f"{folder.path / SIGNATURE} is forged or damaged: it does not fit the key of {key.name!r}. "
            f"{_ANEW} from its maker"
        ) from error
    # Of what was read and will be loaded, not of what lies there now: it may be swapped meanwhile.
    used = {CARD: folder.card_sha256, folder.card.file: folder.card.sha256}
    changed = [name for name, digest in used.items() if signature.files.get(name) != digest]
    if changed:
        raise SignatureError(
            f"{' and '.join(changed)} in {folder.path} changed after {signature.signer!r} signed "
            f"it on {signature.signed_at:%Y-%m-%d}. {_ANEW}, or, if you changed it yourself, sign it with "
            f"your own key: fieldwatch models sign {folder.path} --key YOUR.key"
        )
    return signature


def _ways_out(folder: ModelFolder) -> str:
    return (
        f"Sign it: fieldwatch models sign {folder.path} --key YOUR.key, and name YOUR.pub in node.toml: "
        'trusted_keys = ["YOUR.pub"] beside the detector\'s model. Or let it run as it is, on your own risk: '
        "allow_unsigned = true there"
    )
