"""Key and certificate on the disk: never one beside another's, whatever is cut when."""

from __future__ import annotations

import os
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from fieldwatch_edge.errors import ConfigError, IdentityError
from fieldwatch_edge.identity import Identity, files, keys, tls
from fieldwatch_edge.identity.files import Store

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def certificate(key: keys.Key, node: str = "node-1") -> str:
    """Signed by itself: who signed it is not what these tests are about."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, node)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=90))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


def installed(store: Store, purpose: str = "enrolment") -> Identity:
    key = store.waiting_key(purpose)
    identity = store.install(key, certificate(key), "authority\n", ["key one\n", "key two"])
    store.settled(purpose)
    return identity


def test_a_waiting_key_stays_the_same_until_it_is_settled(tmp_path: Path) -> None:
    store = Store(tmp_path / "identity")
    first = keys.to_pem(store.waiting_key("enrolment"))
    assert keys.to_pem(store.waiting_key("enrolment")) == first
    assert keys.to_pem(store.waiting_key("renewal")) != first
    store.settled("enrolment")
    assert keys.to_pem(store.waiting_key("enrolment")) != first
    for path in (store.folder, *store.folder.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_all_of_it_is_there_and_the_one_before_stays_for_who_reads_it_now(tmp_path: Path) -> None:
    store = Store(tmp_path / "identity")
    identity = installed(store)
    assert (store.current / "signing.pem").read_text() == "key one\nkey two\n"
    assert identity.load().expires_at == NOW + timedelta(days=90)
    before = identity.paths()
    installed(store, "renewal")
    assert identity.paths() != before
    assert all(path.exists() for path in before)
    installed(store, "renewal")
    assert not any(path.exists() for path in before)
    assert len([path for path in store.folder.iterdir() if path.is_dir()]) == 3  # two, and the link to one


class _Cut(BaseException):
    """The power goes."""


@pytest.mark.parametrize("purpose", ["enrolment", "renewal"])
def test_cut_at_any_step_the_old_one_or_the_new_one_is_whole(
    purpose: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every call that touches the disk is, in turn, the last one."""
    steps_of_one = _steps(tmp_path / "counted", purpose, monkeypatch, cut_at=None)
    assert steps_of_one > 15
    for cut_at in range(steps_of_one):
        folder = tmp_path / f"{cut_at}"
        _steps(folder, purpose, monkeypatch, cut_at=cut_at)
        store = Store(folder)
        identity = Identity("node-1", store.current / files.CERTIFICATE, store.current / files.KEY)
        identity.load()  # raises where one does not fit the other
        installed(store, purpose)  # the same once more finishes it
        identity.load()
        assert {p.name for p in store.folder.iterdir() if p.suffix in (".pem", ".part")} == set()


def _steps(folder: Path, purpose: str, monkeypatch: pytest.MonkeyPatch, *, cut_at: int | None) -> int:
    """Install once, then again with the power cut at step `cut_at`; how many steps there were."""
    store = Store(folder)
    installed(store)
    done = 0
    with monkeypatch.context() as patch:

        def counted(module: object, name: str) -> None:
            real = getattr(module, name)

            def step(*arguments: object, **options: object) -> object:
                nonlocal done
                if done == cut_at:
                    raise _Cut
                done += 1
                return real(*arguments, **options)

            patch.setattr(module, name, step)

        for module, name in (
            (os, "fsync"),
            (os, "open"),
            (Path, "mkdir"),
            (Path, "replace"),
            (Path, "symlink_to"),
            (Path, "unlink"),
            (files.shutil, "rmtree"),  # type: ignore[attr-defined]
        ):
            counted(module, name)
        try:
            installed(store, purpose)
        except _Cut:
            assert cut_at is not None
    return done


def test_a_reader_sees_fitting_pairs_while_they_are_renewed(tmp_path: Path) -> None:
    store = Store(tmp_path / "identity")
    identity = installed(store)
    failures: list[Exception] = []
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            try:
                identity.load()
            except Exception as error:  # noqa: BLE001
                failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(20):
        installed(store, "renewal")
    ended.set()
    reader.join()
    assert failures == []


def test_what_is_damaged_or_does_not_fit_is_told_without_the_key(tmp_path: Path) -> None:
    store = Store(tmp_path / "identity")
    identity = installed(store)
    cert_file, key_file = identity.paths()
    other = keys.to_pem(keys.new_key())
    key_file.write_bytes(other)
    with pytest.raises(IdentityError, match="another key"):
        identity.load()
    with pytest.raises(ConfigError, match="with its key"):
        tls.context(None, identity)
    key_file.write_bytes(other[:80])
    with pytest.raises(IdentityError, match="damaged") as told:
        identity.load()
    assert other.splitlines()[1].decode()[:20] not in str(told.value)
    cert_file.unlink()
    assert identity.expires_at() is None
    with pytest.raises(IdentityError, match="edge enrol"):
        identity.load()
    assert isinstance(keys.new_key().curve, ec.SECP256R1)
