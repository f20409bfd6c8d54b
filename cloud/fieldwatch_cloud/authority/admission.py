"""Letting nodes in and putting them out: codes, enrolments, renewals, sessions. All of it in the database, in
the caller's transaction; that the broker hears of it is its caller's part (operations.py)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from fieldwatch_cloud.authority import proof
from fieldwatch_cloud.authority.keys import key_sha256
from fieldwatch_cloud.authority.requests import certificate_of, requested_key
from fieldwatch_cloud.db import admin_log, certificates, enrolment
from fieldwatch_cloud.errors import BusyError, NotAdmittedError
from fieldwatch_shared.enrolment import Code

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.authority.keys import Authority, Issued
    from fieldwatch_cloud.db.pool import Connection

log = structlog.get_logger(__name__)
CODE_LASTS = timedelta(days=7)
RENEWALS, RENEWALS_WITHIN = 20, timedelta(days=1)
"""More of them no box needs; each one that is revoked stands in the broker's list until its end."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A box that has become a node."""

    code: enrolment.Code
    chain: str
    superseded: bool
    """Another box was this node before: it must be put out at the broker."""
    again: bool
    """The same box had asked before: nothing has changed."""


def new_code(
    conn: Connection, node: str, *, by: UUID | None, valid_days: int, authority_der: bytes | None
) -> tuple[Code, datetime]:
    """A one-time code for the node and when it ends; a former one is good no more.

    Args:
        authority_der: of the authority behind the cloud's HTTPS, where that is the reserve's own.
    """
    code = Code.make(authority_der)
    ends = enrolment.put_code(conn, node, code.hash, by=by, lasts=CODE_LASTS, valid_days=valid_days)
    return code, ends


def command(cloud_url: str) -> str:
    """What is typed on the node. The code is not in it: other users of the machine can read commands."""
    return f"sudo fieldwatch edge enrol {cloud_url} --config /etc/fieldwatch/node.toml"


def enrol(
    conn: Connection, authority: Authority, code: Code, csr: str, hardware: Mapping[str, str]
) -> Admitted | NotAdmittedError:
    """Make a box the node that the code names. Boxes that were this node before are it no more.

    Returns:
        the refusal, where there is one, rather than raising it: what it wrote must be committed.

    Raises:
        QuestionError: `csr` is no request that could be certified.
    """
    key = requested_key(csr)
    hashed = key_sha256(key)
    found = enrolment.code(conn, code.hash)
    if found is None:
        return NotAdmittedError(
            "this code is not, or no longer, known: make a new one in the web app, under Administration, or "
            "with `fieldwatch cloud node code`"
        )
    if found.used_at is not None:
        return _again(conn, authority, found, hashed)
    if found.expired:
        return NotAdmittedError(f"this code ended {found.expires_at:%Y-%m-%d %H:%M} UTC: make a new one")
    superseded = certificates.revoke(conn, found.node, "superseded")
    enrolment.end_sessions(conn, found.node)
    enrolment.use_code(conn, found.node, hashed)
    enrolment.admit(conn, found.node, hardware)
    issued = authority.certify_node(found.node, key, days=found.valid_days)
    _keep(conn, found.node, issued, found.valid_days)
    _note(conn, found, "node.enrolled", {"serial": issued.serial, "until": issued.not_after.isoformat()})
    log.info("node.enrolled", node=found.node, serial=issued.serial)
    return Admitted(found, issued.chain, superseded=bool(superseded), again=False)


def renew(conn: Connection, authority: Authority, node: str, serial: str, csr: str) -> str:
    """A new certificate (PEM chain) for a node that shows an old one, which holds on until its own end.

    For a key that was certified within the last hour it is the same one: the answer may have been lost.

    Raises:
        QuestionError: `csr` is no request that could be certified.
        NotAdmittedError: the node was put out since it was let in to ask.
        BusyError: it has asked for far more than it can need.
    """
    key = requested_key(csr)
    # Who is about to be put out may ask without a pause: no certificate may slip past the revocation.
    certificates.lock(conn, node)
    former = certificates.get(conn, serial)
    if former is None or former.revoked:
        raise NotAdmittedError("this node was revoked: enrol it again with a new code")
    known = certificates.of_key(conn, node, key_sha256(key), within=enrolment.AGAIN)
    if known is not None and known.new:
        return known.pem + authority.certificate_pem
    if certificates.issued(conn, node, within=RENEWALS_WITHIN) >= RENEWALS:
        raise BusyError(f"{node} was given {RENEWALS} certificates within a day: later")
    issued = authority.certify_node(node, key, days=former.valid_days)
    _keep(conn, node, issued, former.valid_days)
    log.info("node.certified", node=node, serial=issued.serial)
    return issued.chain


def revoke(conn: Connection, node: str) -> list[str]:
    """Put the node out: certificates, password, sessions, code. Returns the serials that held until now."""
    certificates.lock(conn, node)
    serials = certificates.revoke(conn, node, "revoked")
    enrolment.put_out(conn, node)
    log.warning("node.revoked", node=node, serials=serials)
    return serials


def open_session(
    conn: Connection,
    authority: Authority,
    *,
    node: str,
    nonce: str,
    certificate: str,
    signature: str,
    seal: bytes,
    now: float,
) -> str:
    """The token of a session for a node that has proven who it is.

    A certificate that has ended is good here, where revocation is known at once: a node that was switched off
    for a winter renews it, and nobody has to climb the mast.

    Raises:
        NotAdmittedError: it has not; says why.
        QuestionError: `certificate` is none.
    """
    shown = certificate_of(certificate)
    if not proof.fresh(nonce, node, seal=seal, now=now):
        raise NotAdmittedError("the challenge is none of ours for this node, or too old: ask for another one")
    if not authority.issued(shown) or not proof.proven(shown, nonce, signature):
        raise NotAdmittedError("the certificate is not this authority's, or its key did not sign this")
    serial = f"{shown.serial_number:x}"
    known = certificates.get(conn, serial)
    if known is None or known.node != node:
        raise NotAdmittedError("the certificate is not this node's")
    if known.revoked:
        raise NotAdmittedError("this node was revoked: enrol it again with a new code")
    token = enrolment.open_session(conn, node, serial, nonce)
    if token is None:
        raise NotAdmittedError("the challenge was used: ask for another one")
    return token


def _again(
    conn: Connection, authority: Authority, found: enrolment.Code, key: bytes
) -> Admitted | NotAdmittedError:
    """A used code, shown once more."""
    assert found.used_at is not None  # noqa: S101  Else nobody would come here.
    at = f"{found.used_at:%Y-%m-%d %H:%M} UTC"
    if key != found.used_key:
        enrolment.refuse_code(conn, found.node)
        _note(conn, found, "node.code_refused", {"used_at": found.used_at.isoformat()})
        log.warning("node.code_refused", node=found.node)
        return NotAdmittedError(
            f"this code was used {at} by another box: if that was not yours, revoke {found.node}, and make a "
            "new one"
        )
    known = certificates.of_key(conn, found.node, key, within=enrolment.AGAIN)
    if found.used_long_ago or known is None:
        return NotAdmittedError(f"this code was used {at}: make a new one")
    return Admitted(found, known.pem + authority.certificate_pem, superseded=False, again=True)


def _keep(conn: Connection, node: str, issued: Issued, valid_days: int) -> None:
    certificates.keep(
        conn,
        node,
        serial=issued.serial,
        key_sha256=issued.key_sha256,
        pem=issued.pem,
        not_after=issued.not_after,
        valid_days=valid_days,
    )


def _note(conn: Connection, found: enrolment.Code, action: str, after: dict[str, str]) -> None:
    admin_log.note(
        conn,
        by=None,
        reserve_id=found.reserve_id,
        action=action,
        subject=found.node,
        name=found.name,
        after=after,
    )
