"""Certificates of our own servers, which are made anew long before they end, or when their names change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509

from fieldwatch_cloud.authority.keys import SERVER_DAYS
from fieldwatch_cloud.private import locked, private_directory, write_private

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fieldwatch_cloud.authority.keys import Authority

RENEWED_WITH_LEFT = timedelta(days=SERVER_DAYS) / 3


def kept(authority: Authority, folder: Path, names: Sequence[str]) -> tuple[Path, Path]:
    """(certificate with its chain, key) of a server of ours in `folder`, made anew where it does not hold."""
    private_directory(folder)
    with locked(folder / "lock"):
        if not holds(folder / "server.pem", authority, names):
            key, chain = authority.certify_server(names)
            write_private(folder / "server.key", key)
            write_private(folder / "server.pem", chain)
    return folder / "server.pem", folder / "server.key"


def holds(file: Path, authority: Authority, names: Sequence[str]) -> bool:
    """Whether the certificate in `file` is of this authority, for these names, and has long to go."""
    try:
        held = x509.load_pem_x509_certificate(file.read_bytes())
        hosts = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    return (
        authority.issued(held)
        and held.not_valid_after_utc - datetime.now(UTC) > RENEWED_WITH_LEFT
        and {str(name.value) for name in hosts} == {name.strip("[]") for name in names}
    )
