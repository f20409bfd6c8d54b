"""What leaves a node for people far away: the end of its log and bundles, and nothing that must not."""

from __future__ import annotations

import io
import json
import logging
import threading
import zipfile
from typing import TYPE_CHECKING

import pytest
from tests.integration.edge_world import make_models, make_pictures, write_config
from tests.integration.http_server import Answer, Local
from tests.unit.edge.camera import wait_until

from fieldwatch_edge.errors import ConfigError, RefusedError, UnreachableError
from fieldwatch_edge.identity import one_time
from fieldwatch_edge.node import OUTBOX_FILE, Node
from fieldwatch_edge.outbox import Outbox
from fieldwatch_edge.settings import CloudSettings, NodeSettings
from fieldwatch_edge.support.bundle import bundle
from fieldwatch_edge.support.clean import cleaned
from fieldwatch_edge.support.log import FILE_BYTES, FILES, kept, tail
from fieldwatch_edge.support.sender import Support
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import Command, SendLog

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SECRETS = (
    "pass-of-the-camera",
    "pass-of-the-broker",
    "FW1-7K3M-Q0XV-9TPA-2HRC-5D",
    "MIIEvQIBADANBgkq",
    "tok_en123456789",
    "ss-of-the-camera",
)
PEM = f"-----BEGIN PRIVATE KEY-----\n{SECRETS[3]}\n-----END PRIVATE KEY-----"
PAPERS = {"log.jsonl", "settings.json", "findings.json", "outbox.json", "versions.json", "kernel.txt"}
FINDING = {"what": "clock", "status": "ok", "finding": "ntp"}
TOKEN = f"{SECRETS[4]}abc"
LOG = logging.getLogger("fieldwatch_edge.somewhere")


@pytest.fixture(autouse=True)
def _log_all():
    LOG.setLevel(logging.INFO)
    yield
    LOG.setLevel(logging.NOTSET)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("rtsp://admin:pass-of-the-camera@10.0.0.9/s", "rtsp://[login]@10.0.0.9/s"),
        ('{"password": "pass-of-the-broker", "n": 1}', '{"password": "[secret]", "n": 1}'),
        ("Authorization: Bearer tok_en123456789", 'Authorization: "[secret]" [token]'),
        ("bearer tok_en123456789 was refused", "bearer [token] was refused"),
        ("code FW1-7K3M-Q0XV-9TPA-2HRC-5D is used", "code [one-time code] is used"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n-----END PRIVATE KEY-----", "[key or certificate]"),
        ("-----BEGIN EC PRIVATE KEY-----\nMIIEvQIBADANBgkq", "[key or certificate]"),
        ('{"event": "link.connected", "host": "a@b"}', '{"event": "link.connected", "host": "a@b"}'),
        ("rtsp://admin:p@ss-of-the-camera@10.0.0.9/s", "rtsp://[login]@10.0.0.9/s"),
        ("http://cam/s?usr=u&pwd=pass-of-the-camera", "http://cam/s?usr=u&pwd=[secret]"),
        ("rtsp://cam/user=u_password=pass-of-the-camera_channel=1", "rtsp://cam/user=u_password=[secret]"),
        ('{"mqtt_password": "pass-of-the-broker"}', '{"mqtt_password": "[secret]"}'),
        (r'{"e": "\"token\": \"tok_en123456789\" no"}', r'{"e": "\"token\": \"[secret]\" no"}'),
        ("fwn_tok_en123456789abcdef", "[token]"),
    ],
)
def test_what_must_not_leave_is_taken_out_and_the_rest_stays(text: str, left: str) -> None:
    found = cleaned(text)
    assert not any(secret in found for secret in SECRETS)
    if not text.startswith("Auth"):
        assert found == left


def test_the_log_keeps_its_end_within_bounds(tmp_path: Path) -> None:
    with kept(tmp_path):
        for n in range(15_000):
            LOG.info("line %d %s", n, "x" * 300)
        LOG.error("the last one")
        lines = [json.loads(line) for line in tail(tmp_path, 5, 2**20).splitlines()]
    assert [line["event"][:10] for line in lines[:4]] == [f"line 1499{n}" for n in (6, 7, 8, 9)]
    assert (lines[-1]["event"], lines[-1]["level"]) == ("the last one", "error")
    sizes = [path.stat().st_size for path in (tmp_path / "log").iterdir()]
    assert len(sizes) == FILES
    assert sum(sizes) < FILES * (FILE_BYTES + 64 * 1024)
    assert len(tail(tmp_path, 20_000, 10_000)) <= 10_000


def test_a_line_of_structlog_is_one_object_with_its_fields(tmp_path: Path) -> None:
    with kept(tmp_path):
        LOG.info({"event": "camera.failed", "deployment": "d"})
        found = tail(tmp_path, 1, 2**20)
    assert "camera.failed" in found


@pytest.fixture
def settings(tmp_path: Path) -> NodeSettings:
    make_models(tmp_path / "models")
    make_pictures(tmp_path / "pictures", 1)
    config = write_config(tmp_path)
    text = config.read_text().replace(
        "[outbox]", f'password = "{SECRETS[1]}"\n[cloud]\nurl = "http://localhost:1"\n[outbox]'
    )
    config.write_text(text)
    return NodeSettings.read(config)


def test_a_bundle_has_findings_and_neither_pictures_nor_secrets(settings: NodeSettings) -> None:
    state_dir = settings.node.state_dir
    with kept(state_dir):
        Node(settings, search_path=[state_dir.parent / "models"], offline=True).run()
        LOG.warning("rtsp://admin:%s@10.0.0.9 token=%s", SECRETS[0], SECRETS[4])
        (state_dir / "key.pem").write_text(PEM)
        outbox = Outbox(state_dir / OUTBOX_FILE, 2**31)
        packed = bundle(
            settings,
            findings=[FINDING],
            outbox=outbox,
            max_bytes=2**21,
        )
        outbox.close()
    assert len(packed) <= 2**21
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        texts = {name: archive.read(name) for name in archive.namelist()}
    assert {
        "log.jsonl",
        "settings.json",
        "findings.json",
        "outbox.json",
        "versions.json",
        "kernel.txt",
    } <= set(texts)
    assert json.loads(texts["outbox.json"])["records"]["media"] > 0  # there are pictures, and none is in it
    assert json.loads(texts["findings.json"])[0]["finding"] == "ntp"
    whole = b"".join(texts.values())
    assert not any(secret.encode() in whole for secret in SECRETS)
    assert b"\xff\xd8\xff" not in whole
    assert b"PRIVATE KEY" not in whole


class Cloud(Local):
    """Takes what is put, after the statuses in `says`."""

    def __init__(self, *says: int) -> None:
        super().__init__()
        self.says, self.got = list(says), []

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.got.append((path, headers["authorization"], body))
        return Answer(self.says.pop(0) if self.says else 204)


def test_an_upload_goes_to_the_own_cloud_alone_and_says_what_became_of_it(tmp_path: Path) -> None:
    with Cloud(204, 503, 410) as cloud, Cloud() as stranger:
        own = CloudSettings(url=f"http://localhost:{cloud.port}")

        def put(url: str) -> None:
            one_time.put(own, f"{url}/api/v1/node-logs/1", TOKEN, b"log" * 9000)

        put(own.url)
        assert cloud.got == [("/api/v1/node-logs/1", f"Bearer {TOKEN}", b"log" * 9000)]
        with pytest.raises(UnreachableError):
            put(own.url)
        with pytest.raises(RefusedError):
            put(own.url)
        for url in (
            f"http://localhost:{stranger.port}",
            "https://evil.example",
            f"http://x@localhost:{cloud.port}",
        ):
            with pytest.raises(ConfigError):
                put(url)
        assert not stranger.got


def test_the_end_of_the_log_is_sent_once_when_it_is_asked_for(settings: NodeSettings) -> None:
    with Cloud() as cloud, kept(settings.node.state_dir):
        LOG.warning("something with password=%s", SECRETS[1])
        url = f"http://localhost:{cloud.port}"
        asked = SendLog(id=uuid7(), lines=10, upload_url=f"{url}/api/v1/node-logs/7", token=TOKEN)
        settings = settings.model_copy(update={"cloud": CloudSettings(url=url)})
        outbox = Outbox(settings.node.state_dir / OUTBOX_FILE, 2**31)
        support = Support(settings, outbox, lambda _stopping: [])
        thread = threading.Thread(target=support.run)
        thread.start()
        for _ in range(2):
            support.command(Command(command=asked).model_dump_json().encode())
        support.command(b'{"command": {"kind": "dance"}}')
        wait_until(lambda: cloud.got)
        support.stop()
        thread.join(60)
        outbox.close()
    assert len(cloud.got) == 1
    path, token, body = cloud.got[0]
    assert (path, token) == ("/api/v1/node-logs/7", f"Bearer {TOKEN}")
    assert b"something with" in body
    assert SECRETS[1].encode() not in body
