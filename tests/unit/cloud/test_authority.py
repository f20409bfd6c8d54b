"""The reserve's own authority: what it signs, for how long, and who may read its keys."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fieldwatch_cloud.authority import proof, servers
from fieldwatch_cloud.authority.keys import EVER, Authority
from fieldwatch_cloud.authority.requests import requested_key
from fieldwatch_cloud.db.certificates import Revoked
from fieldwatch_cloud.errors import AuthorityError, QuestionError
from fieldwatch_shared.enrolment import session_proof
from fieldwatch_shared.signing import key_id, signed_bytes

if TYPE_CHECKING:
    from pathlib import Path

SEAL = b"s" * 32


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def request(key, name: str = "somebody", *extensions: x509.ExtensionType) -> str:
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def test_its_keys_are_made_once_and_are_nobody_elses(tmp_path: Path) -> None:
    first, again = Authority(tmp_path), Authority(tmp_path)
    assert first.certificate == again.certificate
    assert first.signing_keys == again.signing_keys
    folder = tmp_path / "authority"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def _fingerprint(state: Path) -> str:
    return Authority(state).certificate_pem + Authority(state).signing_keys[0]


def test_of_several_at_once_one_makes_the_keys(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:  # Each opens the lock file anew, as a process does.
        assert len(set(pool.map(_fingerprint, [tmp_path] * 8))) == 1


def test_keys_that_are_gone_are_not_made_anew(tmp_path: Path) -> None:
    """With new ones, every node would be a stranger."""
    Authority(tmp_path)
    (tmp_path / "authority" / "ca.key").unlink()
    with pytest.raises(AuthorityError, match="bring them back from your copy"):
        Authority(tmp_path)


def test_cut_off_between_key_and_certificate_it_goes_on(tmp_path: Path) -> None:
    before = Authority(tmp_path).certificate.public_key()
    (tmp_path / "authority" / "ca.pem").unlink()
    assert Authority(tmp_path).certificate.public_key() == before


def test_a_nodes_certificate_is_for_that_node_and_to_log_in_alone(authority: Authority, key) -> None:
    issued = authority.certify_node("ridge-01", key.public_key(), days=90)
    certificate, root = x509.load_pem_x509_certificates(issued.chain.encode())
    assert root == authority.certificate
    assert authority.issued(certificate)
    assert certificate.subject.rfc4514_string() == "CN=ridge-01"
    assert f"{certificate.serial_number:x}" == issued.serial
    extensions = certificate.extensions
    assert list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.CLIENT_AUTH
    ]
    assert not extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert not extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    left = certificate.not_valid_after_utc - datetime.now(UTC)
    assert timedelta(days=89.9) < left <= timedelta(days=90)


def test_of_a_request_the_key_alone_counts(authority: Authority, key) -> None:
    """Neither the name, nor to be an authority, nor another name beside it."""
    csr = request(
        key,
        "_ingest_0",
        x509.BasicConstraints(ca=True, path_length=None),
        x509.SubjectAlternativeName([x509.DNSName("cloud.example")]),
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),
    )
    issued = authority.certify_node("ridge-01", requested_key(csr), days=1)
    certificate = x509.load_pem_x509_certificate(issued.pem.encode())
    assert certificate.subject.rfc4514_string() == "CN=ridge-01"
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    with pytest.raises(x509.ExtensionNotFound):
        certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)


def test_requests_that_are_refused(key) -> None:
    other = ec.generate_private_key(ec.SECP384R1())
    weak = rsa.generate_private_key(65537, 2048)
    good = request(key)
    lines = good.splitlines()
    body = bytearray(base64.b64decode("".join(lines[1:-1])))
    body[-1] ^= 1
    forged = "\n".join([lines[0], base64.b64encode(body).decode(), lines[-1]])
    for csr, why in (
        (request(other), "P-256"),
        (request(weak), "P-256"),
        ("-----BEGIN CERTIFICATE REQUEST-----\nx\n-----END CERTIFICATE REQUEST-----", "PKCS #10"),
        (forged, "not signed with its own key"),
    ):
        with pytest.raises(QuestionError, match=why):
            requested_key(csr)
    assert requested_key(good) == key.public_key()


def test_servers_are_who_they_are_whatever_a_nodes_clock_says(authority: Authority, tmp_path: Path) -> None:
    names = ("cloud.example", "192.0.2.7", "2001:db8::7")
    file, key_file = servers.kept(authority, tmp_path / "https", names)
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    assert certificate.not_valid_before_utc == authority.certificate.not_valid_before_utc == EVER
    hosts = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(host.value) for host in hosts} == set(names)
    assert list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.SERVER_AUTH
    ]
    before = file.read_bytes()
    assert servers.kept(authority, tmp_path / "https", names)[0].read_bytes() == before, "long to go"
    servers.kept(authority, tmp_path / "https", (*names, "another.example"))
    assert file.read_bytes() != before, "a new name"
    another = Authority(tmp_path / "other")
    assert not servers.holds(file, another, (*names, "another.example")), "of another authority"


def test_each_list_of_revocations_is_younger_than_the_last_and_never_ends(authority: Authority) -> None:
    """Of two of one second, mosquitto goes on with the old one; once a list has ended, it refuses
    everybody."""
    at = datetime(2026, 5, 4, 12, tzinfo=UTC)
    lists = [
        x509.load_pem_x509_crl(authority.revocations([Revoked(f"{n + 1:x}", at)] * (n > 0)).encode())
        for n in range(4)
    ]
    ages = [one.last_update_utc for one in lists]
    assert ages == sorted(set(ages))
    assert ages[-1] < datetime.now(UTC), "not yet begun would be refused, too"
    for one in lists:
        assert one.next_update_utc is not None
        assert one.next_update_utc.year > 2090
        assert one.is_signature_valid(authority.certificate.public_key())
    assert lists[0].get_revoked_certificate_by_serial_number(3) is None
    assert lists[2].get_revoked_certificate_by_serial_number(3) is not None


def test_what_nodes_are_to_do_is_signed_for_one_topic(authority: Authority) -> None:
    properties = dict(authority.sign_for("fieldwatch/v1/r/n/desired", b"payload"))
    public = serialization.load_pem_public_key(authority.signing_keys[0].encode())
    assert isinstance(public, ed25519.Ed25519PublicKey)
    assert properties["key-id"] == key_id(public.public_bytes_raw())
    signature = base64.b64decode(properties["signature"])
    public.verify(signature, signed_bytes("fieldwatch/v1/r/n/desired", b"payload"))
    with pytest.raises(InvalidSignature):
        public.verify(signature, signed_bytes("fieldwatch/v1/r/m/desired", b"payload"))


def test_challenges_are_for_one_node_and_a_short_time() -> None:
    nonce = proof.challenge("n1", seal=SEAL, now=1000.0)
    assert proof.fresh(nonce, "n1", seal=SEAL, now=1000.0 + proof.CHALLENGE_S)
    assert not proof.fresh(nonce, "n1", seal=SEAL, now=1002.0 + proof.CHALLENGE_S)
    assert not proof.fresh(nonce, "n2", seal=SEAL, now=1000.0)
    assert not proof.fresh(nonce, "n1", seal=b"t" * 32, now=1000.0)
    body, end, mark = nonce.split(".")
    assert not proof.fresh(f"{body}.{int(end) + 1}.{mark}", "n1", seal=SEAL, now=1000.0)
    assert not proof.fresh("0123456789abcdef", "n1", seal=SEAL, now=1000.0)
    assert proof.challenge("n1", seal=SEAL, now=1000.0) != nonce


def test_only_the_key_of_the_certificate_proves_it(authority: Authority, key) -> None:
    certificate = x509.load_pem_x509_certificate(
        authority.certify_node("n1", key.public_key(), days=1).pem.encode()
    )
    other = ec.generate_private_key(ec.SECP256R1())
    for holder, text, good in ((key, "nonce", True), (other, "nonce", False), (key, "another", False)):
        signature = holder.sign(session_proof(text), ec.ECDSA(hashes.SHA256()))
        assert proof.proven(certificate, "nonce", base64.b64encode(signature).decode()) is good
    assert not proof.proven(certificate, "nonce", "not base64!")
