"""`model.sig`: what a maker says of a model folder, as far as it needs no cryptography to read.

The node checks it before it loads a model (fieldwatch_edge.detect.signature), the cloud before it sends one
to any node (fieldwatch_cloud.rollouts.artifacts).
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

SIGNATURE = "model.sig"
KEY_SUFFIX = ".pub"

# No line break may get into the message that is signed.
_OneLine = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f\x85\u2028\u2029]+$", max_length=200)]
_FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class SignatureFile(BaseModel):
    """All that the file says; `signature` is Ed25519, base64, over `message`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    signer: _OneLine
    key: _OneLine
    signed_at: AwareDatetime
    signature: str
    files: dict[_FileName, _Sha256]

    @property
    def message(self) -> bytes:
        """What is signed: all that the file says, in one way of writing it only."""
        lines = [
            f"fieldwatch model signature {self.format}",
            f"signer {self.signer}",
            f"key {self.key}",
            f"signed at {self.signed_at.isoformat()}",
            *(f"{digest}  {name}" for name, digest in sorted(self.files.items())),
        ]
        return "\n".join(lines).encode() + b"\n"


def fingerprint(openssh_line: bytes) -> str:
    """Of a public key `ssh-ed25519 AAAA… name`: what `ssh-keygen -l` prints."""
    digest = hashlib.sha256(base64.b64decode(openssh_line.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def shipped_key_files() -> list[Path]:
    """Public keys of the project, as they come with the installed package, or with the checkout."""
    here = Path(__file__).resolve().parent
    folders = (here / "keys", here.parents[1] / "models/keys")
    return [path for folder in folders for path in sorted(folder.glob(f"*{KEY_SUFFIX}"))]
