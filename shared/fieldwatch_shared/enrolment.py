"""How a node is let in: the one-time code that a person carries from the cloud to it, and what the two say to
each other over HTTPS (`/api/v1/enrolment`, `/api/v1/node-session`, `/api/v1/node/certificate`).

    FW1-7K3M-Q0XV-9TPA-2HRC-5D                                   the cloud's HTTPS certificate is a public one
    FW1-7K3M-Q0XV-9TPA-2HRC-W4E8-ZB61-NJ0F-S3YG-QK               it is signed by the reserve's own authority

Sixteen characters are 80 random bits; sixteen more, where they are, the first 80 bits of the SHA-256 of the
authority's certificate, so that the node knows whom it talks to before it sends anything. The last two check
the others: the number that they make, modulo the prime 1021, so that one wrong character or two neighbours
that changed places are always found. Letters are Crockford's base 32 (https://www.crockford.com/base32.html):
no I, L, O and U; small letters, and I or L for 1, O for 0, are understood.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID  # noqa: TC003  Pydantic reads it.

from pydantic import Field, PlainSerializer, SecretStr

from fieldwatch_shared.messages import Slug, Utc, Wire

PREFIX = "FW1"
SECRET_BYTES = FINGERPRINT_BYTES = 10
CERTIFICATE_DAYS = 90
"""How long a node's certificate holds, if nobody says otherwise."""
LARGEST_PEM = 16 * 1024
"""Characters; a request or a chain of P-256 has some 2,000."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("ILO", "110")
_CHECK_MODULUS = 1021
_CHARACTERS = 8 * SECRET_BYTES // 5
_LINK = re.compile(r"https?://[^\s#]+#.+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, repr=False)
class Code:
    """A one-time code. Its text is asked for by name, so that it does not slip into a log."""

    secret: bytes
    """80 bits; the cloud keeps `hash` alone."""
    authority: bytes | None = None
    """First 80 bits of the SHA-256 of the certificate (DER) of the authority that signed the cloud's HTTPS
    certificate; None: a public authority did."""

    def __post_init__(self) -> None:
        if len(self.secret) != SECRET_BYTES or len(self.authority or bytes(10)) != FINGERPRINT_BYTES:
            raise ValueError(f"a code has {SECRET_BYTES} bytes, and a fingerprint {FINGERPRINT_BYTES}")

    @classmethod
    def make(cls, authority_der: bytes | None = None) -> Code:
        """A new one.

        Args:
            authority_der: certificate of the authority behind the cloud's HTTPS, where that is the reserve's.
        """
        return cls(secrets.token_bytes(SECRET_BYTES), fingerprint(authority_der) if authority_der else None)

    @classmethod
    def parse(cls, text: str) -> Code:
        """Read what a person typed or a QR code held: a code, or the link that ends in one.

        Raises:
            ValueError: it is none; says what is wrong with it, and never repeats it.
        """
        if _LINK.fullmatch(text.strip()):
            text = text.strip().partition("#")[2]
        plain = re.sub(r"[\s\-–—]", "", text).upper().translate(_READ_AS)
        if not plain.startswith(PREFIX):
            raise ValueError(f"a code begins with {PREFIX}-")
        digits = plain[len(PREFIX) :]
        if strange := set(digits) - set(_ALPHABET):
            raise ValueError(f"a code has no {' '.join(sorted(strange))}: only digits and letters without U")
        if len(digits) not in (_CHARACTERS + 2, 2 * _CHARACTERS + 2):
            raise ValueError(
                f"after {PREFIX}- a code has {_CHARACTERS + 2} or {2 * _CHARACTERS + 2} characters, "
                f"this one has {len(digits)}"
            )
        body, check = digits[:-2], digits[-2:]
        if _check(body) != check:
            raise ValueError("the code has a slip of the pen in it: compare it with the page once more")
        raw = _number(body).to_bytes(len(body) * 5 // 8, "big")
        return cls(raw[:SECRET_BYTES], raw[SECRET_BYTES:] or None)

    @property
    def text(self) -> str:
        """As people read it, in groups of four."""
        raw = self.secret + (self.authority or b"")
        body = _letters(int.from_bytes(raw, "big"), len(raw) * 8 // 5)
        groups = [body[at : at + 4] for at in range(0, len(body), 4)]
        return "-".join([PREFIX, *groups, _check(body)])

    @property
    def hash(self) -> bytes:
        """SHA-256; what the cloud keeps. Of 80 random bits: there is nothing to guess."""
        return hashlib.sha256(b"fieldwatch-enrolment:" + self.secret).digest()

    def link(self, cloud_url: str) -> str:
        """What the QR code holds. The code stands behind '#', which no client sends to a server."""
        return f"{cloud_url.rstrip('/')}/enrol#{self.text}"

    def vouches_for(self, authority_der: bytes) -> bool:
        """Whether this is the certificate of the authority that the code names."""
        return self.authority is not None and secrets.compare_digest(
            self.authority, fingerprint(authority_der)
        )

    def __repr__(self) -> str:
        return "Code(...)"

    __str__ = __repr__


def link_origin(text: str) -> str | None:
    """The cloud's address in the link of a QR code, `https://host[:port]`; None: `text` is no link."""
    if not _LINK.fullmatch(text.strip()):
        return None
    parts = urlsplit(text.strip())
    return f"{parts.scheme.lower()}://{parts.netloc}{parts.path.rpartition('/enrol')[0]}"


def fingerprint(certificate_der: bytes) -> bytes:
    """The first 80 bits of a certificate's SHA-256."""
    return hashlib.sha256(certificate_der).digest()[:FINGERPRINT_BYTES]


def session_proof(nonce: str) -> bytes:
    """What a node signs (ECDSA P-256 with SHA-256, DER) to begin a session."""
    return b"fieldwatch-node-session:" + nonce.encode("ascii")


def _letters(number: int, length: int) -> str:
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(length)))


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number << 5 | _ALPHABET.index(letter)
    return number


def _check(body: str) -> str:
    return _letters(_number(body) % _CHECK_MODULUS, 2)


# What is said over HTTPS ---------------------------------------------------------------------------

Pem = Annotated[str, Field(max_length=LARGEST_PEM, pattern=r"^\s*-----BEGIN [A-Z0-9 ]+-----")]
Nonce = Annotated[str, Field(min_length=16, max_length=400, pattern=r"^[A-Za-z0-9_\-.]+$")]


Told = Annotated[SecretStr, PlainSerializer(SecretStr.get_secret_value, return_type=str, when_used="json")]
"""A secret that is hidden wherever it is shown, but for the JSON that carries it to its owner."""


class EnrolmentRequest(Wire):
    """A node asks to be let in. Of `csr` only the public key counts (EC P-256): the name is the code's."""

    code: Told = Field(description="The one-time code, `FW1-...`.", max_length=100)
    csr: Pem = Field(description="PKCS #10 request, PEM, signed by the node's own key.")
    hardware: dict[Annotated[str, Field(max_length=50)], Annotated[str, Field(max_length=200)]] = Field(
        default_factory=dict, max_length=32, description="What the box says of itself: model, serial, memory."
    )


class EnrolledDeployment(Wire):
    """A camera of the node's that stands now: what node.toml needs of it."""

    id: UUID
    name: str
    lon: float
    lat: float
    heading_deg: float | None = None
    tilt_deg: float | None = None
    field_of_view_deg: float | None = None
    height_m: float | None = None
    detection_distance_m: float | None = None
    started_at: Utc


class Enrolled(Wire):
    """What a node needs from now on."""

    node: Slug
    reserve: Slug
    name: str = Field(description="The node's name for people.")
    certificate: str = Field(description="PEM chain: the node's own first, then the authority's.")
    authority: str = Field(description="PEM certificate of the reserve's authority: for the broker.")
    signing_keys: list[str] = Field(description="PEM public keys (Ed25519) of who says what nodes are to do.")
    broker_url: str = Field(description="mqtts://host:port; TLS 1.3 with the certificate.")
    cloud_url: str = Field(description="https://host[:port], without /api/v1.")
    deployments: list[EnrolledDeployment]
    server_time: Utc


class ChallengeRequest(Wire):
    node: Slug


class Challenge(Wire):
    nonce: Nonce = Field(description="To be signed within five minutes, once.")


class SessionRequest(Wire):
    """The node shows that it holds the key of its certificate."""

    node: Slug
    nonce: Nonce
    certificate: Pem = Field(description="PEM, the node's own.")
    signature: str = Field(
        max_length=200, description="Base64 of the DER signature (ECDSA P-256, SHA-256) over `session_proof`."
    )


class SessionToken(Wire):
    """For `Authorization: Bearer` in all that a node asks of the cloud."""

    token: Told
    lasts_s: int = Field(description="Seconds from the answer; revoking the node ends it sooner.")


class CertificateRequest(Wire):
    csr: Pem = Field(description="PKCS #10 request; the key may be a new one.")


class IssuedCertificate(Wire):
    certificate: str = Field(description="PEM chain: the node's own first, then the authority's.")
    authority: str
    signing_keys: list[str]
    server_time: Utc
