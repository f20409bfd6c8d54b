"""What may be sent to nodes: model folders, zipped and signed; a wheel of fieldwatch, or a zip of wheels.

Looked at before it is kept: a node would refuse it too, but then a roll-out has begun. A model must bear the
signature of the project, or of a key that this service is told to trust; a wheel is trusted by who uploads it
(admins alone), and by the signature under what nodes are to do, which names its hash.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import tomllib
import zipfile
from dataclasses import dataclass
from email.parser import HeaderParser
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from pydantic import ValidationError

from fieldwatch_cloud.errors import DataFileError
from fieldwatch_cloud.media.store import DiskStore
from fieldwatch_shared.model_signature import SIGNATURE, SignatureFile, fingerprint, shipped_key_files

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Kind = Literal["model", "software"]
CARD = "model.toml"
MOST_BYTES = 256 * 1024**2
"""Of a file as it comes."""
MOST_UNPACKED = 1024**3
MOST_FILES = 200
MOST_PAPER = 1024**2
_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,98}[a-z0-9])?")
_CHUNK = 1024**2


@dataclass(frozen=True, slots=True)
class Found:
    """What a file is."""

    kind: Kind
    name: str
    version: str
    sha256: str
    bytes: int
    signer: str | None


def store(media_dir: Path) -> DiskStore:
    """By content, as pictures are; apart from them, because a reserve's retention is not theirs."""
    return DiskStore(media_dir / "artifacts")


def read(file: BinaryIO, trusted: Iterable[Path] = ()) -> Found:
    """What `file` is, checked.

    Args:
        trusted: public keys, in OpenSSH's format, whose models are taken beside the project's own.

    Raises:
        DataFileError: it is neither a model folder nor a wheel, or is not signed as it must be; says why.
    """
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    sha256 = digest.hexdigest()
    size = file.seek(0, 2)
    if size > MOST_BYTES:
        raise DataFileError(f"it has {size} bytes: at most {MOST_BYTES} are taken")
    try:
        with zipfile.ZipFile(file) as packed:
            files = _files(packed)
            metadata = [name for name in files if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)]
            if metadata:
                name, version = _wheel(packed, metadata)
                return Found("software", name, version, sha256, size, None)
            wheels = [name for name in files if re.fullmatch(r"([^/]+/)?fieldwatch-[^/]+\.whl", name)]
            if wheels:
                version = _wheel_within(packed, wheels)
                return Found("software", "fieldwatch", version, sha256, size, None)
            name, version, signer = _model(packed, files, trusted)
            return Found("model", name, version, sha256, size, signer)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise DataFileError(f"it is no zip file that can be read: {error}") from error


def _files(packed: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    members = [one for one in packed.infolist() if not one.is_dir()]
    if sum(one.file_size for one in members) > MOST_UNPACKED:
        raise DataFileError(f"unpacked, it has more than {MOST_UNPACKED} bytes")
    for one in members:
        if one.filename.startswith("/") or "\\" in one.filename or ".." in one.filename.split("/"):
            raise DataFileError(f"it names a file outside its folder: {one.filename!r}")
    found = {one.filename: one for one in members}
    if len(found) < len(members):
        raise DataFileError("it holds two files of one name")
    return found


def _wheel(packed: zipfile.ZipFile, metadata: list[str]) -> tuple[str, str]:
    if len(metadata) != 1:
        raise DataFileError("it is no wheel of one package")
    headers = HeaderParser().parsestr(_paper(packed, metadata[0]).decode("utf-8", "replace"))
    name, version = headers.get("Name"), headers.get("Version")
    if name != "fieldwatch" or not version:
        raise DataFileError(f"it is a wheel of {name!r}: nodes take wheels of fieldwatch alone")
    return name, version


def _wheel_within(packed: zipfile.ZipFile, wheels: list[str]) -> str:
    """Version of the one wheel of fieldwatch in a zip that also brings wheels that it needs."""
    if len(wheels) > 1:
        raise DataFileError("it holds more than one wheel of fieldwatch")
    if packed.getinfo(wheels[0]).file_size > MOST_BYTES:
        raise DataFileError(f"{wheels[0]} is larger than any wheel of fieldwatch")
    with zipfile.ZipFile(io.BytesIO(packed.read(wheels[0]))) as wheel:
        names = _files(wheel)
        return _wheel(wheel, [one for one in names if re.fullmatch(r"[^/]+\.dist-info/METADATA", one)])[1]


def _model(
    packed: zipfile.ZipFile, files: dict[str, zipfile.ZipInfo], trusted: Iterable[Path]
) -> tuple[str, str, str]:
    """Name, version and signer of a model folder; it may lie in one folder within the zip."""
    if len(files) > MOST_FILES:
        raise DataFileError(f"it holds {len(files)} files: a model folder has at most {MOST_FILES}")
    cards = [name for name in files if name == CARD or name.endswith(f"/{CARD}")]
    if len(cards) != 1 or cards[0].count("/") > 1:
        raise DataFileError(
            f"it is neither a wheel nor a model folder: {len(cards)} files are called {CARD}. "
            "Zip one folder such as models/wildlife"
        )
    folder = cards[0].removesuffix(CARD)
    card_bytes = _paper(packed, cards[0])
    card = _toml(card_bytes, CARD)
    try:
        name, version, digest = str(card["name"]), str(card["version"]), str(card["sha256"])
        file = str(card.get("file", "model.onnx"))
        classes = card["classes"]
    except KeyError as error:
        raise DataFileError(f"{CARD} says nothing of {error}") from error
    if not _NAME.fullmatch(name) or not version or not classes:
        raise DataFileError(f"{CARD} names no model that nodes could ask for: {name!r} {version!r}")
    if folder + file not in files:
        raise DataFileError(
            f"the zip has no {file}, which {CARD} describes; a model in a folder of its own is not sent"
        )
    if _digest(packed, folder + file) != digest:
        raise DataFileError(f"{file} is not the file that {CARD} describes: its SHA-256 is another")
    if folder + SIGNATURE not in files:
        raise DataFileError(
            f"it is not signed: `fieldwatch models sign FOLDER --key YOUR.key` makes {SIGNATURE}"
        )
    signed = {CARD: hashlib.sha256(card_bytes).hexdigest(), file: digest}
    return name, version, _signer(_paper(packed, folder + SIGNATURE), signed, trusted)


def _signer(paper: bytes, files: dict[str, str], trusted: Iterable[Path]) -> str:
    try:
        said = SignatureFile.model_validate(_toml(paper, SIGNATURE))
    except ValidationError as error:
        raise DataFileError(f"{SIGNATURE} is damaged: {str(error).splitlines()[0]}") from error
    key = _keys([*shipped_key_files(), *trusted]).get(said.key)
    if key is None:
        raise DataFileError(
            f"it is signed by {said.signer!r} with the key {said.key}, which this service does not trust: "
            "name the public key in FIELDWATCH_FLEET_TRUSTED_KEYS, and in the nodes' settings"
        )
    try:
        key.verify(base64.b64decode(said.signature, validate=True), said.message)
    except (InvalidSignature, ValueError) as error:
        raise DataFileError(f"{SIGNATURE} is forged or damaged: it does not fit the signer's key") from error
    changed = [name for name, digest in files.items() if said.files.get(name) != digest]
    if changed:
        raise DataFileError(f"{' and '.join(changed)} changed after {said.signer!r} signed it")
    return said.signer


def _keys(paths: Iterable[Path]) -> dict[str, Ed25519PublicKey]:
    found = {}
    for path in paths:
        try:
            line = path.read_bytes().strip()
            key = load_ssh_public_key(line)
        except (OSError, ValueError, UnsupportedAlgorithm) as error:
            raise DataFileError(
                f"{path} is no public key that models could be checked with: {error}"
            ) from error
        if isinstance(key, Ed25519PublicKey):
            found[fingerprint(line)] = key
    return found


def _toml(paper: bytes, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(paper.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataFileError(f"{name} is not valid TOML: {error}") from error


def _paper(packed: zipfile.ZipFile, name: str) -> bytes:
    with packed.open(name) as file:
        found = file.read(MOST_PAPER + 1)
    if len(found) > MOST_PAPER:
        raise DataFileError(f"{name} is larger than any such paper")
    return found


def _digest(packed: zipfile.ZipFile, name: str) -> str:
    """Of what it really holds: what the zip's header says of its size is anybody's word."""
    digest, left = hashlib.sha256(), MOST_UNPACKED
    with packed.open(name) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            left -= len(chunk)
            if left < 0:
                raise DataFileError(f"unpacked, {name} is larger than any model")
    return digest.hexdigest()
