"""The first contact: a one-time code for a certificate.

1. A key is made and put on the disk. It never leaves this machine.
2. Where the code names the reserve's own authority, whoever answers shows the authority's certificate, and it
   is held against the code. Only then is anything said to the cloud that not everybody may hear.
3. Code and request go to the cloud; the certificate comes back, and all of it is put in place in one step.

Cut at any point, by the line or the power, the same command goes on: the cloud gives whoever shows the same
code and the same key the same answer for an hour.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx2
import structlog
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import ValidationError

from fieldwatch_edge.errors import IdentityError, RefusedError, UnreachableError
from fieldwatch_edge.identity import keys, tls
from fieldwatch_edge.identity.session import API, judged, origin, said_of
from fieldwatch_shared.enrolment import Enrolled

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    from fieldwatch_edge.identity.files import Identity, Store
    from fieldwatch_shared.enrolment import Code

log = structlog.get_logger(__name__)

PURPOSE = "enrolment"
TRY_AGAIN_AFTER_S = (1.0, 3.0, 9.0)
_TIMEOUT = httpx2.Timeout(30, connect=10)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the cloud said, and where it lies."""

    answer: Enrolled
    identity: Identity
    own_authority: bool
    """Whether the cloud's HTTPS, too, is to be believed on the reserve's own authority's word alone."""


def enrol(
    code: Code,
    cloud_url: str,
    store: Store,
    hardware: Mapping[str, str],
    *,
    expect: Callable[[Enrolled], None] = lambda _: None,
    wait: Callable[[float], None] = time.sleep,
) -> Outcome:
    """Enrol this machine. The waiting key stays until `Store.settled(PURPOSE)`: call that once all else that
    belongs to it is written, too.

    Args:
        cloud_url: https://host[:port].
        expect: called with the answer before anything is put in place; raises where it will not do.

    Raises:
        UnreachableError: the cloud was not reached, or says "later". The same again goes on where it was.
        RefusedError: the code is unknown, used, or too old.
        IdentityError: whoever answers is not the cloud that the code is for, or key and certificate cannot be
            kept.
        ConfigError: the address is wrong.
    """
    url = cloud_url.rstrip("/")
    origin(url)
    key = store.key_by(code.hash) or store.waiting_key(PURPOSE)
    authority = None if code.authority is None else _first_contact(url, code)
    # The name is the code's: the cloud does not read this one.
    body = {"code": code.text, "csr": keys.request(key, "fieldwatch-node"), "hardware": dict(hardware)}
    for wait_s in (*TRY_AGAIN_AFTER_S, None):
        try:
            answer = _asked(url, body, tls.context(None, authority=authority))
            break
        except UnreachableError as error:
            if wait_s is None:
                raise
            log.info("enrolment.again", wait_s=wait_s, error=str(error))
            wait(wait_s)
    _check(answer, code)
    expect(answer)
    identity = store.install(key, answer.certificate, answer.authority, answer.signing_keys, code.hash)
    log.info("enrolment.done", node=answer.node, reserve=answer.reserve, cloud=answer.cloud_url)
    return Outcome(answer, identity, own_authority=code.authority is not None)


def _first_contact(url: str, code: Code) -> str:
    """The certificate (PEM) of the authority that the code names, from whoever answers at `url`."""
    certificate = None
    try:
        with httpx2.Client(timeout=_TIMEOUT, verify=tls.unverified(), follow_redirects=False) as http:
            answer = http.get(f"{url}{API}/enrolment/authority")
        certificate = x509.load_pem_x509_certificate(judged(answer, "GET", "/enrolment/authority").content)
    except httpx2.HTTPError as error:
        raise UnreachableError(f"{url} was not reached: {said_of(error)}") from error
    except (ValueError, RefusedError) as error:
        raise IdentityError(f"{url} is not the cloud that this code is for: it shows no authority") from error
    if not code.vouches_for(certificate.public_bytes(Encoding.DER)):
        raise IdentityError(
            f"{url} is not the cloud that this code is for: its authority is another. Is the address right?"
            " If it is, somebody sits between you and the cloud; nothing was sent"
        )
    return certificate.public_bytes(Encoding.PEM).decode("ascii")


def _asked(url: str, body: Mapping[str, object], context: ssl.SSLContext) -> Enrolled:
    try:
        with httpx2.Client(timeout=_TIMEOUT, verify=context, follow_redirects=False) as http:
            answer = judged(http.post(f"{url}{API}/enrolment", json=body), "POST", "/enrolment")
            return Enrolled.model_validate_json(answer.content)
    except httpx2.HTTPError as error:
        if tls.distrusted(error):
            raise IdentityError(
                f"{url} cannot prove that it is the cloud ({said_of(error)}); nothing was sent to it"
            ) from error
        raise UnreachableError(f"{url} was not reached: {said_of(error)}") from error
    except ValidationError as error:
        raise IdentityError(f"{url} gives answers that are not those of Fieldwatch's cloud") from error
    except RefusedError as error:
        raise RefusedError(
            f"the cloud does not let this node in: {error.detail or error}", error.status, error.detail
        ) from error


def _check(answer: Enrolled, code: Code) -> None:
    """That the answer holds together."""
    authority = keys.certificates(answer.authority.encode())[0]
    try:
        keys.certificates(answer.certificate.encode())[0].verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError, TypeError) as error:
        raise IdentityError("the certificate is not of the authority that came with it") from error
    if code.authority is not None and not code.vouches_for(authority.public_bytes(Encoding.DER)):
        raise IdentityError("the cloud names another authority than the code does")
    if not answer.broker_url.startswith("mqtts://"):
        raise IdentityError(
            "the cloud has no broker for nodes: its manager must set FIELDWATCH_MQTT_NODES_HOST and _PORT"
        )
    origin(answer.cloud_url)
