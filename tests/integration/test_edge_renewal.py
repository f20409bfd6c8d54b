"""Certificates that renew themselves, against the real cloud and its broker's door for nodes."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from structlog.testing import capture_logs

from fieldwatch_cloud.authority.keys import key_sha256
from fieldwatch_cloud.db import certificates
from fieldwatch_edge.identity import keys
from fieldwatch_edge.identity.files import FOLDER, Store
from fieldwatch_edge.identity.session import CloudSession
from fieldwatch_edge.link import Link
from fieldwatch_edge.link import link as link_module
from fieldwatch_edge.outbox import Entry, Outbox
from fieldwatch_edge.renewal import LOOK_EVERY_S, Renewal
from fieldwatch_shared.messages import Clock, ClockQuality, utc_now

from .cloud_field import eventually, working
from .enrolment_world import Reserve, reserve_world
from .threads import started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_edge.identity import Identity

    from .enrolment_world import Box

NTP, UNKNOWN = Clock(quality=ClockQuality.NTP), Clock(quality=ClockQuality.UNSYNCHRONISED)
LOST_ITS_TIME = datetime(1970, 1, 1, 0, 3, tzinfo=UTC)


@pytest.fixture
def reserve(db: Database, database_url: str, state_dir: Path) -> Iterator[Reserve]:
    with reserve_world(db, database_url, state_dir) as world:
        yield world


def renewal(box: Box, notices: list[str], now: datetime, clock: Clock = NTP) -> Renewal:
    return Renewal(box.settings(), box.identity, notices.append, lambda: clock, lambda: now)


def key_of(identity: Identity) -> bytes:
    return identity.load().key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def aged(reserve: Reserve, box: Box, begun_days_ago: int, ends_in_days: int) -> None:
    """Give the node a certificate as it would hold one after so long: the cloud knows it, and it is whole."""
    store = Store(box.folder / FOLDER)
    key = store.waiting_key("renewal")
    now = datetime.now(UTC).replace(microsecond=0)
    ends = now + timedelta(days=ends_in_days)
    made = reserve.authority._signed(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "node-1")]),
        key.public_key(),
        starts=now - timedelta(days=begun_days_ago),
        ends=ends,
        may=ExtendedKeyUsageOID.CLIENT_AUTH,
        names=[],
    )
    pem = made.public_bytes(Encoding.PEM).decode()
    with reserve.db.transaction() as conn:
        certificates.keep(
            conn,
            "node-1",
            serial=f"{made.serial_number:x}",
            key_sha256=key_sha256(key.public_key()),
            pem=pem,
            not_after=ends,
            valid_days=90,
        )
    authority = reserve.authority
    chain = pem + authority.certificate_pem
    store.install(key, chain, authority.certificate_pem, authority.signing_keys)
    store.settled("renewal")


@contextmanager
def linked(box: Box, folder: Path) -> Iterator[Outbox]:
    """The node's link, as it runs."""
    settings = box.settings()
    settings.node.state_dir.mkdir(exist_ok=True)
    outbox = Outbox(folder / "outbox.sqlite", 64 * 1024**2)
    link = Link(settings.node, settings.broker, settings.outbox, outbox)
    try:
        with started(link):
            yield outbox
    finally:
        outbox.close()


def test_at_two_thirds_of_its_life_it_is_renewed_and_the_link_comes_back_with_the_new_one(
    reserve: Reserve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "LOOK_AT_CERTIFICATE_S", 0.05)
    box = reserve.enrolled(tmp_path / "box")
    held, notices = box.identity.load(), list[str]()
    young = held.begins_at + timedelta(days=50)
    assert renewal(box, notices, young).step() > LOOK_EVERY_S / 3
    assert box.identity.load().certificate == held.certificate
    with capture_logs() as said, working(reserve.settings), linked(box, tmp_path) as outbox:
        at = reserve.field.observation(1)
        eventually(lambda: "link.connected" in [line["event"] for line in said])
        key = key_of(box.identity)
        renewal(box, notices, held.begins_at + timedelta(days=65)).step()
        assert key_of(box.identity) != key
        assert box.identity.load().expires_at >= held.expires_at
        # Something must be under way for the link to look up: it sleeps for a minute else.
        outbox.write(ready=[Entry.of(at)])
        eventually(lambda: [line["event"] for line in said].count("link.connected") >= 2)
        eventually(lambda: outbox.empty)
    assert "link.certificate_renewed" in [line["event"] for line in said]
    assert reserve.field.count("observation") == 1
    assert notices == []
    names = [path.name for path in (box.folder / FOLDER).iterdir()]
    assert len(names) == 3, names  # the new one, the one before, and the link


def test_a_clock_that_has_lost_its_time_is_not_asked(reserve: Reserve, tmp_path: Path) -> None:
    box = reserve.enrolled(tmp_path)
    key = key_of(box.identity)
    renewal(box, [], LOST_ITS_TIME, UNKNOWN).step()
    assert key_of(box.identity) == key  # the cloud says that it is young
    aged(reserve, box, begun_days_ago=70, ends_in_days=20)
    key = key_of(box.identity)
    renewal(box, [], LOST_ITS_TIME, UNKNOWN).step()
    assert key_of(box.identity) != key
    assert box.identity.load().expires_at > utc_now() + timedelta(days=80)


def test_a_node_that_was_away_for_half_a_year_comes_back_by_itself(reserve: Reserve, tmp_path: Path) -> None:
    box = reserve.enrolled(tmp_path / "box")
    aged(reserve, box, begun_days_ago=180, ends_in_days=-90)
    with capture_logs() as said, working(reserve.settings), linked(box, tmp_path) as outbox:
        outbox.write(ready=[Entry.of(reserve.field.observation(1))])
        eventually(lambda: "link.retrying" in [line["event"] for line in said])
        assert "link.connected" not in [line["event"] for line in said]  # the broker does not take it
        renewal(box, [], utc_now()).step()
        eventually(lambda: outbox.empty)  # the link waits longer after each failure
    assert box.identity.load().expires_at > utc_now()


def test_a_renewal_whose_answer_was_lost_ends_with_the_same_key(reserve: Reserve, tmp_path: Path) -> None:
    box = reserve.enrolled(tmp_path)
    waiting = Store(box.folder / FOLDER).waiting_key("renewal")
    with CloudSession.of(box.settings()) as session:
        session.post(
            "/node/certificate", json={"csr": keys.request(waiting, "node-1")}
        )  # and the line is cut
    renewal(box, [], utc_now() + timedelta(days=70)).step()
    assert keys.fits(waiting, box.identity.load().certificate)
    assert reserve.field.count("node_certificate") == 2


def test_what_fails_is_tried_ever_more_seldom_and_people_hear_of_it_in_time(
    reserve: Reserve, tmp_path: Path
) -> None:
    box = reserve.enrolled(tmp_path)
    ends, notices = box.identity.load().expires_at, list[str]()
    reserve.revoke()
    now = ends - timedelta(days=5)
    companion = Renewal(box.settings(), box.identity, notices.append, lambda: NTP, lambda: now)
    waits = [companion.step() for _ in range(4)]
    assert waits[3] > 2 * waits[0]
    assert len(notices) == 1
    assert f"ends on {ends:%Y-%m-%d}" in notices[0]
    assert "revoked" in notices[0]
    now += timedelta(days=1)
    companion.step()
    assert len(notices) == 2


def test_the_reserves_own_authority_is_believed_whatever_the_date_but_only_for_its_host(
    reserve: Reserve, tmp_path: Path
) -> None:
    """A node in 1970 sees certificates of the future, one in 2099 such that have ended."""
    box = reserve.enrolled(tmp_path)
    context = box_context(box)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*ended(reserve, tmp_path))
    assert shaken(context, server, "localhost") == "TLSv1.3"
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        shaken(context, server, "elsewhere.example")
    server.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError, match="unsupported protocol"):
        shaken(context, server, "localhost")
    server.maximum_version = ssl.TLSVersion.TLSv1_3
    with pytest.raises(ssl.SSLCertVerificationError):  # nor by the system's authorities
        shaken(ssl.create_default_context(), server, "localhost")


def box_context(box: Box) -> ssl.SSLContext:
    from fieldwatch_edge.link.client import encryption

    context = encryption(box.settings().broker)
    assert context is not None
    return context


def ended(reserve: Reserve, folder: Path) -> tuple[Path, Path]:
    """Files of a server's certificate that ended a year ago, and its key."""
    key = keys.new_key()
    now = datetime.now(UTC)
    made = reserve.authority._signed(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
        key.public_key(),
        starts=now - timedelta(days=730),
        ends=now - timedelta(days=365),
        may=ExtendedKeyUsageOID.SERVER_AUTH,
        names=[x509.DNSName("localhost")],
    )
    (folder / "old.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "old.key").write_bytes(keys.to_pem(key))
    return folder / "old.pem", folder / "old.key"


def shaken(client: ssl.SSLContext, server: ssl.SSLContext, host: str) -> str | None:
    """Hands, in memory; the version that was agreed on."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=host)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(5):
        for side in (ours, theirs):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return ours.version()
