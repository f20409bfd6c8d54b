"""What is desired of a node, and its commands, count only as its cloud signed them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from structlog.testing import capture_logs

from fieldwatch_edge.desired import Desired
from fieldwatch_edge.errors import ConfigError
from fieldwatch_edge.identity.seal import Seal
from fieldwatch_shared.messages import DesiredState
from fieldwatch_shared.signing import KEY_ID, SIGNATURE, key_id, signed_bytes

if TYPE_CHECKING:
    from pathlib import Path

OURS, THEIRS = "fieldwatch/v1/ridge/node-1/desired", "fieldwatch/v1/ridge/node-2/desired"
CLOUD, OTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()


def signed(payload: bytes, topic: str = OURS, key: Ed25519PrivateKey = CLOUD) -> dict[str, str]:
    signature = base64.b64encode(key.sign(signed_bytes(topic, payload))).decode()
    return {SIGNATURE: signature, KEY_ID: key_id(key.public_key().public_bytes_raw())}


def state(version: int) -> bytes:
    return DesiredState(version=version).model_dump_json().encode()


@pytest.fixture
def seal(tmp_path: Path) -> Seal:
    keys = [
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        for key in (Ed25519PrivateKey.generate(), CLOUD)  # an older key of the cloud's, and the one of now
    ]
    (tmp_path / "signing.pem").write_bytes(b"".join(keys))
    return Seal(OURS, [tmp_path / "signing.pem"])


FORGERIES = [
    pytest.param(state(9), {}, "not signed", id="not signed"),
    pytest.param(state(9), signed(state(8)), "changed on its way", id="another payload"),
    pytest.param(state(9), signed(state(9), THEIRS), "another node", id="meant for another node"),
    pytest.param(state(9), signed(state(9), key=OTHER), "none of those", id="a key of somebody's"),
    pytest.param(
        state(9),
        signed(state(9), key=OTHER) | {KEY_ID: signed(b"")[KEY_ID]},
        "changed",
        id="with our key's id",
    ),
    pytest.param(state(9), {**signed(state(9)), SIGNATURE: "%%%"}, "changed", id="no Base64"),
    pytest.param(state(9), {**signed(state(9)), SIGNATURE: "AAAA"}, "changed", id="no signature"),
]


@pytest.mark.parametrize(("payload", "beside", "why"), FORGERIES)
def test_what_the_cloud_did_not_sign_is_refused_told_once_and_the_old_one_goes_on(
    payload: bytes, beside: dict[str, str], why: str, seal: Seal, tmp_path: Path
) -> None:
    notices: list[str] = []
    desired = Desired(tmp_path / "desired.json", seal, notices.append)
    assert desired.offer(state(5), signed(state(5)))
    before = (tmp_path / "desired.json").read_bytes()
    for _ in range(2):  # the broker repeats it at each connection
        assert not desired.offer(payload, beside)
    assert desired.version == 5
    assert (tmp_path / "desired.json").read_bytes() == before
    assert len(notices) == 1
    assert why in notices[0]
    assert not desired.offer(state(4), signed(state(4)))  # an older one, with the signature of its day
    assert desired.offer(state(6), signed(state(6)))
    assert Desired(tmp_path / "desired.json", seal).version == 6


@pytest.mark.parametrize(
    "tampered",
    [
        pytest.param(lambda text: text.replace('\\"version\\":5', '\\"version\\":7'), id="a value"),
        pytest.param(lambda _: state(7).decode(), id="without its signature"),
        pytest.param(lambda text: text[: len(text) // 2], id="half of it"),
    ],
)
def test_what_was_changed_on_the_disk_is_passed_over_and_the_brokers_taken_again(
    tampered: object, seal: Seal, tmp_path: Path
) -> None:
    file = tmp_path / "desired.json"
    Desired(file, seal).offer(state(5), signed(state(5)))
    changed = tampered(file.read_text())  # type: ignore[operator]
    assert changed != file.read_text()
    file.write_text(changed)
    notices: list[str] = []
    with capture_logs() as said:
        desired = Desired(file, seal, notices.append)
    assert [line["event"] for line in said] == ["desired.tampered"]
    assert desired.version is None
    assert "kept on its disk" in notices[0]
    assert desired.offer(state(5), signed(state(5)))


def test_without_keys_what_was_signed_is_taken_and_kept_to_the_byte(tmp_path: Path, seal: Seal) -> None:
    payload = b'{ "version": 3, "of_tomorrow": [1.50] }'
    assert Desired(tmp_path / "desired.json").offer(payload, signed(payload))
    assert Desired(tmp_path / "desired.json").version == 3
    assert Desired(tmp_path / "desired.json", seal).version == 3  # enrolled meanwhile: it still fits


def test_keys_that_cannot_be_read_let_nothing_through(seal: Seal) -> None:
    payload, beside = state(1), signed(state(1))
    assert seal.flaw(payload, beside) is None
    seal.files[0].write_text("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
    assert "enrol the node again" in (seal.flaw(payload, beside) or "")
    seal.files[0].unlink()
    assert "cannot read" in (seal.flaw(payload, beside) or "")
    with pytest.raises(ConfigError, match="cannot read"):
        seal.keys()
