"""Sign a model folder, so that nodes that trust the key will run it. They check it in ``detect.signature``.

A key is a pair of files: ``NAME.key`` signs and stays with its owner, ``NAME.pub`` checks and goes around.
"""

from __future__ import annotations

import base64
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from pydantic import ValidationError

from fieldwatch_edge.detect.model_folder import CARD, ModelFolder, sha256_of
from fieldwatch_edge.detect.signature import PAPERS, Signature, TrustedKey, key_id, verify
from fieldwatch_edge.errors import EdgeError
from fieldwatch_models.errors import SignatureError
from fieldwatch_shared.model_signature import SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HEADER = """\
# Who made this model, and of what. Nodes check it before they load the model; so can you:
# fieldwatch models verify FOLDER
"""


def make_key(folder: Path, name: str, signer: str) -> tuple[Path, Path]:
    """Make ``folder/name.key``, readable by its owner alone, and ``folder/name.pub``, which names ``signer``.

    Raises:
        SignatureError: one of them is there already, or cannot be written.
    """
    if not signer.isprintable() or not signer.strip():
        raise SignatureError("the signer's name must be one line of text")
    private, public = folder / f"{name}.key", folder / f"{name}.pub"
    taken = [str(path) for path in (private, public) if path.exists()]
    if taken:
        raise SignatureError(f"{' and '.join(taken)} exists: give another --name, or move it away")
    key = Ed25519PrivateKey.generate()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Never readable by others, not even for a moment; O_EXCL: never over another key.
        with os.fdopen(os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        line = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
        public.write_text(f"{line} {signer}\n", "utf-8")
    except OSError as error:
        raise SignatureError(f"cannot write the key to {folder}: {error.strerror}") from error
    return private, public


def sign(folder: Path, key: Path, signer: str | None = None) -> Signature:
    """Sign the model in ``folder`` with the private ``key`` and write ``folder/model.sig``.

    ``signer`` is the name in the signature; without it, the one in the ``.pub`` file beside ``key``.

    Raises:
        SignatureError: the folder is not a whole model, or the key cannot be used.
    """
    private = _private_key(key)
    identifier = key_id(private.public_key())
    try:
        model = ModelFolder.open(folder)  # what does not fit its card is not signed
        beside = key.with_suffix(".pub")
        if signer is None and beside.exists():
            signer = TrustedKey.read(beside).name
        signer = signer or key.stem
        papers = {paper: sha256_of(folder / paper) for paper in PAPERS if (folder / paper).exists()}
        files = {CARD: model.card_sha256, model.card.file: model.card.sha256} | papers
        facts = Signature(
            signer=signer,
            key=identifier,
            signed_at=datetime.now(UTC).replace(microsecond=0),
            signature="",
            files=dict(sorted(files.items())),
        )
    except EdgeError as error:
        raise SignatureError(str(error)) from error
    except ValidationError as error:
        raise SignatureError(f"cannot sign {folder}: {error}") from error
    signature = facts.model_copy(
        update={"signature": base64.b64encode(private.sign(facts.message)).decode("ascii")}
    )
    _write(signature, folder / SIGNATURE)
    own = TrustedKey(key, signer, private.public_key())
    return check(folder, [own])[0]


def check(folder: Path, keys: Sequence[TrustedKey]) -> tuple[Signature, list[str]]:
    """Who signed ``folder``, and which of its papers (CARD.md, metrics.json) are not the signed ones.

    Raises:
        SignatureError: not the holder of one of ``keys``, or what a node runs has changed since.
    """
    try:
        signature = verify(ModelFolder.open(folder), keys)
    except EdgeError as error:
        raise SignatureError(str(error)) from error
    return signature, signature.changed_papers(folder)


def _private_key(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise SignatureError(f"cannot read the key {path}: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SignatureError(
            f"{path} is no private key that this can use: {error}. `fieldwatch models key` makes one"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SignatureError(f"{path} is not an Ed25519 key. `fieldwatch models key` makes one")
    return key


def _write(signature: Signature, path: Path) -> None:
    lines = [
        HEADER,
        f"format = {signature.format}",
        f'signer = "{_escaped(signature.signer)}"',
        f'key = "{signature.key}"',
        f"signed_at = {signature.signed_at:%Y-%m-%dT%H:%M:%SZ}",
        f'signature = "{signature.signature}"',
        "",
        "[files]",
        *(f'"{name}" = "{digest}"' for name, digest in signature.files.items()),
    ]
    # Aside and then moved there: a signature that was cut off would keep nodes from starting.
    aside = path.with_name(path.name + ".new")
    aside.write_text("\n".join(lines) + "\n", "utf-8")
    aside.replace(path)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
