"""From a box to a node, against the real cloud: HTTPS by its own authority, its broker's door for nodes."""

from __future__ import annotations

import json
import os
import pwd
import stat
from functools import partial
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from typer.testing import CliRunner

from fieldwatch_cloud.db import certificates
from fieldwatch_edge.cli import app
from fieldwatch_edge.doctor import broker
from fieldwatch_edge.errors import IdentityError, RefusedError
from fieldwatch_edge.identity import enrolment, keys
from fieldwatch_edge.identity.files import FOLDER, Store
from fieldwatch_edge.identity.session import CloudSession
from fieldwatch_edge.link import try_out
from fieldwatch_shared.enrolment import Code
from fieldwatch_shared.messages import utc_now

from .certificates import Certificates
from .cloud_field import working
from .enrolment_world import Box, Reserve, reserve_world
from .http_server import Answer, Local

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_shared.enrolment import Enrolled


@pytest.fixture
def reserve(db: Database, database_url: str, state_dir: Path) -> Iterator[Reserve]:
    with reserve_world(db, database_url, state_dir) as world:
        yield world


def public(key: keys.Key) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def serials(reserve: Reserve) -> list[str]:
    """Of all certificates that the cloud ever made for node-1."""
    return [row[0] for row in reserve.field.rows("SELECT serial FROM node_certificate ORDER BY serial")]


def examined(box: Box) -> tuple[dict[str, dict[str, str]], int]:
    """What the doctor finds, and its exit code. Not of the camera: it would wait for a first picture."""
    box.config.write_text(box.config.read_text().replace("/pictures", "/none"))
    with pytest.MonkeyPatch.context() as patch:
        # A busy machine takes longer than a technician would wait.
        patch.setattr(broker, "try_out", partial(try_out, timeout_s=150))
        done = CliRunner().invoke(app, ["doctor", "--json", "-c", str(box.config)])
    printed = done.stdout[done.stdout.index("\n[\n") if not done.stdout.startswith("[") else 0 :]
    return {check["what"]: check for check in json.loads(printed)}, done.exit_code


def test_from_box_to_data_and_out_again(reserve: Reserve, tmp_path: Path) -> None:
    box = Box(tmp_path / "box")
    known = reserve.field.deployments["node-1"][1]
    done = box.enrol(reserve.url, reserve.code(), "--deployment", str(known))
    assert done.exit_code == 0, done.output
    assert "fieldwatch edge aim" in done.stdout

    settings = box.settings()
    assert (settings.node.id, settings.node.reserve) == ("node-1", "ridge")
    assert settings.cameras[0].deployment_id == known
    assert settings.cameras[0].heading_deg == 0  # as the cloud knows it
    held = box.identity.load()
    assert keys.fits(held.key, held.certificate)
    for path in (box.folder / FOLDER, *(box.folder / FOLDER).rglob("*")):
        if not path.is_symlink():
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert sorted(p.name for p in (box.folder / FOLDER).iterdir() if not p.is_dir()) == []

    with working(reserve.settings):  # the doctor goes the whole way, TLS 1.3 and the cloud's receipt with it
        found, _ = examined(box)
    for what in ("certificate", "https", "line", "broker", "cloud"):
        assert found[what]["status"] == "ok", found[what]
    assert "connected" in found["broker"]["finding"]
    assert "Mbit/s up" in found["line"]["finding"]

    reserve.revoke()
    found, exit_code = examined(box)
    assert exit_code == 1
    assert found["https"]["status"] == found["broker"]["status"] == "fail"
    assert "revoked" in found["https"]["finding"]
    assert "new code" in found["https"]["advice"]


def test_the_address_behind_the_qr_code_is_enough_and_settings_of_ones_own_stay(
    reserve: Reserve, tmp_path: Path
) -> None:
    box = Box(tmp_path)
    box.config.write_text(
        '# mine\nheartbeat_s = 30 # slow\n[node]\nid = "node-1"\nreserve = "ridge"\nstate_dir = "s"\n'
        '[broker]\nurl = "mqtt://127.0.0.1:1"\npassword_file = "old"\n'
        '[[camera]] # the east one\ndeployment_id = "0198c0de-0000-7000-8000-000000000001"\n'
        'source = { kind = "v4l2" }\n[camera.fire]\nk = 4\n'
    )
    done = box.enrol(reserve.code().link(reserve.url), None)
    assert done.exit_code == 0, done.output
    text = box.config.read_text()
    assert text.startswith("# mine\nheartbeat_s = 30 # slow\n")
    assert "[[camera]] # the east one\n" in text
    assert "password_file" not in text
    settings = box.settings()
    assert settings.broker.url.startswith("mqtts://")
    assert settings.cameras[0].fire is not None
    assert settings.cameras[0].fire.k == 4
    with CloudSession.of(settings) as session:
        session.open()


def test_an_answer_that_was_lost_is_asked_for_again_with_the_same_key(
    reserve: Reserve, tmp_path: Path
) -> None:
    """Cut between the cloud's work and the node's: it has a certificate, of which the node never heard."""
    box, code = Box(tmp_path), reserve.code()
    store = Store(tmp_path / FOLDER)

    def cut(_answer: Enrolled) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        enrolment.enrol(code, reserve.url, store, {}, expect=cut)
    assert not store.current.exists()
    first = public(store.waiting_key(enrolment.PURPOSE))
    assert len(serials(reserve)) == 1

    done = box.enrol(reserve.url, code)
    assert done.exit_code == 0, done.output
    assert public(box.identity.load().key) == first
    assert len(serials(reserve)) == 1


def test_a_cut_between_certificate_and_settings_is_mended_by_the_same_command(
    reserve: Reserve, tmp_path: Path
) -> None:
    box, code = Box(tmp_path), reserve.code()
    outcome = enrolment.enrol(code, reserve.url, Store(tmp_path / FOLDER), {})  # and no node.toml
    first = public(outcome.identity.load().key)
    done = box.enrol(reserve.url, code)
    assert done.exit_code == 0, done.output
    assert public(box.identity.load().key) == first
    with CloudSession.of(box.settings()) as session:
        session.open()
    done = box.enrol(reserve.url, code)  # who repeats what is done is no other box
    assert done.exit_code == 0, done.output
    assert public(box.identity.load().key) == first
    assert reserve.field.count("admin_log", "action = 'node.code_refused'") == 0
    again = public(Store(tmp_path / FOLDER).waiting_key(enrolment.PURPOSE))
    assert again != first  # the next enrolment has a key of its own


def test_a_code_is_good_for_one_box_and_refusals_say_why_without_it(reserve: Reserve, tmp_path: Path) -> None:
    code = reserve.code()
    assert Box(tmp_path / "first").enrol(reserve.url, code).exit_code == 0
    other = Box(tmp_path / "other")
    done = other.enrol(reserve.url, code)
    assert done.exit_code == 1
    assert "another box" in done.output
    assert not other.config.exists()
    assert code.text not in done.output
    slip = code.text[:-1] + ("0" if code.text[-1] != "0" else "1")
    wrong = CliRunner().invoke(app, other.arguments(reserve.url), input=slip + "\n")
    assert wrong.exit_code == 1
    assert "slip" in wrong.output
    assert slip not in wrong.output


def test_settings_of_another_node_are_not_taken_over_unasked(reserve: Reserve, tmp_path: Path) -> None:
    box = reserve.enrolled(tmp_path, "node-1")
    before, code = box.config.read_text(), reserve.code("node-2")
    done = box.enrol(reserve.url, code)
    assert done.exit_code == 1
    assert "--replace" in done.output
    assert box.config.read_text() == before
    assert box.identity.load().certificate.subject.rfc4514_string() == "CN=node-1"
    assert box.enrol(reserve.url, code, "--replace").exit_code == 0
    assert box.settings().node.id == "node-2"
    assert box.identity.load().certificate.subject.rfc4514_string() == "CN=node-2"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_what_root_enrols_belongs_to_the_user_that_the_node_runs_as(reserve: Reserve, tmp_path: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    (tmp_path / "state").mkdir()
    os.chown(tmp_path / "state", nobody.pw_uid, nobody.pw_gid)
    box = reserve.enrolled(tmp_path)
    for path in (tmp_path / FOLDER, *(tmp_path / FOLDER).rglob("*")):
        assert path.lstat().st_uid == nobody.pw_uid, path
    assert (box.config.stat().st_uid, box.config.stat().st_gid) == (0, nobody.pw_gid)
    assert stat.S_IMODE(box.config.stat().st_mode) == 0o640


class Impostor(Local):
    """Has the address, and an authority of its own."""

    def __init__(self, certificates: Certificates, shows: bytes) -> None:
        super().__init__(certificates.server_context())
        self._shows = shows
        self.heard: list[bytes] = []

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.heard.append(body)
        return Answer(200, {}, self._shows)


@pytest.mark.parametrize("shown", [pytest.param(True, id="its own"), pytest.param(False, id="the true one")])
def test_whoever_has_the_address_but_not_the_authority_hears_no_code(*, shown: bool, tmp_path: Path) -> None:
    """It may even show the true authority's certificate, which is no secret: its own is not signed by it."""
    true = Certificates(tmp_path / "true")
    false = Certificates(tmp_path / "false")
    certificate = x509.load_pem_x509_certificate(true.ca_file.read_bytes())
    code = Code.make(certificate.public_bytes(Encoding.DER))
    shows = (false if shown else true).ca_file.read_bytes()
    with Impostor(false, shows) as impostor:
        done = Box(tmp_path / "box").enrol(impostor.url, code)
    assert done.exit_code == 1
    assert ("its authority is another" if shown else "cannot prove that it is the cloud") in done.output
    assert impostor.heard == [b""]  # the question for its authority
    assert not (tmp_path / "box/node.toml").exists()


def test_a_session_ends_and_begins_again_but_not_of_a_revoked_node(reserve: Reserve, tmp_path: Path) -> None:
    box = reserve.enrolled(tmp_path)
    with CloudSession.of(box.settings()) as session:
        request = keys.request(keys.new_key(), "node-1")
        session.post("/node/certificate", json={"csr": request})
        assert session.clock_offset_s is not None
        assert abs(session.clock_offset_s) < 60  # one clock, and half of what the question took
        with reserve.db.transaction() as conn:
            ended = conn.execute("DELETE FROM node_session")
        assert ended.rowcount == 1
        session.post("/node/certificate", json={"csr": request})
        with pytest.raises(RefusedError, match="csr") as refused:
            session.post("/node/certificate", json={"csr": "none"})
        assert refused.value.status == 422
        reserve.revoke()
        with pytest.raises(RefusedError, match="revoked"):
            session.post("/node/certificate", json={"csr": request})


def test_a_certificate_for_another_key_is_not_put_in_place(reserve: Reserve, tmp_path: Path) -> None:
    box = reserve.enrolled(tmp_path)
    store = Store(tmp_path / FOLDER)
    before = store.current.resolve()
    key = store.waiting_key("renewal")
    with reserve.db.transaction() as conn:
        known = certificates.get(conn, serials(reserve)[0])
    assert known is not None
    with pytest.raises(IdentityError, match="another key"):
        store.install(key, box.identity.load().certificate_pem, reserve.authority.certificate_pem, [])
    assert store.current.resolve() == before
    assert utc_now() < box.identity.load().expires_at
