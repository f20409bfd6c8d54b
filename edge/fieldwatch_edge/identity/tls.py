"""Whom the node believes to be its cloud."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fieldwatch_edge.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_edge.identity.files import Identity
    from fieldwatch_edge.settings import CloudSettings

_NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which Python's ssl has no name for."""


def context(
    ca_file: Path | None, identity: Identity | None = None, *, authority: str | None = None
) -> ssl.SSLContext:
    """TLS 1.3 or nothing where `ca_file` names the reserve's own authority, else TLS 1.2 or better and the
    system's authorities; with the node's certificate where there is one. `authority`: the reserve's own, PEM,
    before it has a file.

    Dates are not asked for where the authority is the reserve's own: a node whose clock lost its time would
    not reach the cloud that could set it right, and nobody would hear of its fires. Who could show it an
    outdated certificate could set its clock as well: NTP is not signed.

    Raises:
        ConfigError: a file cannot be read, or holds no certificate or key.
    """
    try:
        made = ssl.create_default_context(cafile=ca_file, cadata=authority)
    except OSError as error:  # also the parent of ssl.SSLError
        raise ConfigError(f"cannot use the CA file {ca_file}: {error}") from error
    if ca_file is not None or authority is not None:
        made.minimum_version = ssl.TLSVersion.TLSv1_3
        made.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
    if identity is not None:
        made.minimum_version = ssl.TLSVersion.TLSv1_3
        cert_file, key_file = identity.paths()
        try:
            made.load_cert_chain(cert_file, key_file)
        except OSError as error:
            raise ConfigError(f"cannot use the certificate {cert_file} with its key: {error}") from error
    return made


def unverified() -> ssl.SSLContext:
    """Believes anybody. To ask for the authority's certificate alone, which is then held against what a
    person carried here, before a secret is sent to anybody."""
    made = ssl.create_default_context()
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


def distrusted(error: BaseException | None) -> bool:
    """Whether a connection failed because we did not believe the other side's certificate."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def strange(url: str, cloud: CloudSettings | None) -> str | None:
    """Why nothing of this node's may be sent to `url`, which a command named; None: it may.

    The command came through the broker, whose word alone must not lead pictures and logs elsewhere: they go
    to the host that the node was enrolled at, and as safely. A node that was not enrolled has none.
    """
    if cloud is None:
        return None
    here, there = urlsplit(cloud.url), urlsplit(url)
    if there.hostname != here.hostname:
        return f"{there.hostname} is not the cloud that this node was enrolled at ({here.hostname})"
    if there.scheme != "https" and here.scheme == "https":
        return f"{there.scheme}://{there.hostname} is not encrypted, while the cloud's address is"
    return None
