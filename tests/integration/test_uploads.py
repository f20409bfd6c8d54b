"""Large pictures in parts: an enrolled node, the cloud over HTTPS; cuts and kills. Each arrives once."""

from __future__ import annotations

import base64
import random
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from fieldwatch_cloud.errors import BusyError
from fieldwatch_cloud.uploads import desk
from fieldwatch_cloud.uploads.parts import Parts
from fieldwatch_edge.domain import Picture
from fieldwatch_edge.errors import RefusedError, UnreachableError
from fieldwatch_edge.identity.session import CloudSession
from fieldwatch_edge.link.dispatch import Dispatch
from fieldwatch_edge.link.ledger import Ledger
from fieldwatch_edge.outbox import Entry, Outbox, Priority
from fieldwatch_edge.settings import LinkSettings
from fieldwatch_edge.uploads import Uploads
from fieldwatch_edge.uploads import companion as companion_module
from fieldwatch_edge.uploads.tus import FireFirstError, Upload
from fieldwatch_shared.messages import utc_now

from ..unit.edge.records import suspicion
from .cloud_field import eventually
from .enrolment_world import reserve_world
from .threads import started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_shared.messages import Media

    from .enrolment_world import Box, Reserve

SIZE = 700_000


@pytest.fixture
def reserve(db: Database, database_url: str, tmp_path: Path) -> Iterator[Reserve]:
    with reserve_world(db, database_url, tmp_path / "cloud") as world:
        yield world


class Node:
    """An enrolled box with an outbox."""

    def __init__(self, reserve: Reserve, folder: Path) -> None:
        self.reserve = reserve
        self.box: Box = reserve.enrolled(folder)
        self.settings = self.box.settings()
        self.outbox = Outbox(folder / "outbox.sqlite", 2**30)
        # Its clock stands: a day of the budget does not end in the middle of a test.
        now = utc_now().replace(hour=12)
        self.ledger = Ledger(
            folder / "ledger.json", self.settings.link, clock=lambda: now, uptime=lambda: 1000.0
        )

    def picture(self, seed: int = 1, size: int = SIZE, **fields: Any) -> Picture:
        content = random.Random(seed).randbytes(size)
        record = self.reserve.field.media(content, **fields)
        # As the edge makes it: the message bears the record's own id.
        return Picture(record.model_copy(update={"message_id": record.id}), content)

    def uploads(self, **link: Any) -> Uploads:
        settings = self.settings.model_copy(update={"link": LinkSettings(kind="lte", **link)})
        dispatch = Dispatch(settings.link, self.ledger, in_parts=True)
        return Uploads(settings, self.outbox, self.ledger, dispatch)

    def session(self) -> CloudSession:
        return CloudSession.of(self.settings)

    def kept(self, picture: Picture) -> bool:
        """Whether the cloud has it once, whole."""
        with self.reserve.db.transaction() as conn:
            rows = conn.execute(
                "SELECT sha256, bytes FROM media WHERE id = %s", (picture.media.id,)
            ).fetchall()
        path = self.reserve.settings.media_dir / picture.media.sha256[:2] / picture.media.sha256
        return rows == [(picture.media.sha256, len(picture.encoded))] and path.read_bytes() == picture.encoded


@pytest.fixture
def node(reserve: Reserve, tmp_path: Path) -> Iterator[Node]:
    node = Node(reserve, tmp_path / "box")
    yield node
    node.outbox.close()


def test_a_large_picture_goes_in_parts_behind_a_fire_and_within_the_budget(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(companion_module, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(companion_module, "AGAIN_FIRST_S", 0.05)
    picture, small = node.picture(), node.picture(2, 1000)
    node.outbox.write(ready=[Entry.of(suspicion(1)), Entry.of(picture), Entry.of(small)])
    with started(node.uploads()):
        fire = node.outbox.take(0, 100, {Priority.SUSPICION: 10**6})
        assert fire is not None
        eventually(lambda: node.kept(picture))
        node.outbox.forget([fire.id])
        left = [entry.id for entry in node.outbox]
        eventually(lambda: [entry.id for entry in node.outbox] == [str(small.media.id)])
        assert str(small.media.id) in left, "the link's"
    assert node.ledger.spent.day > SIZE
    parts = node.reserve.settings.uploads_dir
    assert list(parts.iterdir()) == []

    other = node.picture(3)
    node.outbox.write(ready=[Entry.of(other)])
    node.ledger.change(LinkSettings(bytes_per_day=node.ledger.spent.day + 1000))
    with started(node.uploads()):
        assert not threading.Event().wait(0.4)
    assert node.reserve.field.count("upload", "finished_at IS NULL") == 0
    node.ledger.change(LinkSettings())
    with started(node.uploads()):
        eventually(lambda: node.kept(other))


def test_a_part_that_is_cut_anywhere_costs_that_part_at_most(node: Node) -> None:
    """A fire cuts the connection as an outage would; the cloud keeps what it had read by then."""
    picture, chance = node.picture(), random.Random(7)
    node.outbox.write(ready=[Entry.of(picture)])
    large = node.outbox.large({Priority.PICTURE: 1})
    assert large is not None
    assert not node.outbox.part(replace(large, seq=10_000), 0, 10), "given up meanwhile"
    parts = Parts(node.reserve.settings.uploads_dir)
    with node.session() as session:
        upload = Upload.begin(session, large)
        offsets = []
        while upload.receipt is None:
            part = node.outbox.part(large, upload.offset, 256 * 1024)
            cut_after, asked = chance.randrange(1, 45), iter(range(1000))
            try:
                upload.send(part, lambda asked=asked, after=cut_after: next(asked) >= after)
            except (FireFirstError, UnreachableError):  # 423: the cloud is still at what was cut
                eventually(lambda: not parts.is_held(large.id))
                upload.look()
            if upload.offset < large.bytes:
                # What a killed server wrote and did not note is nobody's.
                with parts.path(large.id).open("ab") as file:
                    file.write(b"torn")
            offsets.append(upload.offset)
    assert len(offsets) > 3
    assert offsets == sorted(offsets)
    assert upload.receipt == picture.media.message_id
    assert node.kept(picture)


def test_a_node_brings_no_more_in_parts_than_its_share_of_a_day(node: Node) -> None:
    first, second = node.picture(1, 2000).media, node.picture(2, 2000).media

    def begin(record: Media, at: datetime) -> int:
        upload = desk.begin(
            node.reserve.db, node.reserve.settings.uploads, "node-1", record, 2000, at, day_bytes=3000
        )
        assert upload is not None
        return upload.received

    today = datetime(2026, 6, 1, 23, tzinfo=UTC)
    assert begin(first, today) == begin(first, today) == 0, "announced again, it is no other one"
    with pytest.raises(BusyError, match="today"):
        begin(second, today)
    assert node.reserve.field.rows("SELECT share, messages, bytes, refused FROM node_intake") == [
        ("pictures", 1, 2000, 1)
    ]
    assert begin(second, today + timedelta(hours=2)) == 0


def test_what_is_not_the_nodes_or_too_large_or_too_much_is_refused(node: Node) -> None:
    field = node.reserve.field
    stranger = node.picture(1, deployment_id=field.deployments["node-2"][0])
    good = [node.picture(seed, 2000) for seed in range(2, 8)]
    with node.session() as session:

        def begin(picture: Picture, length: int | None = None, record: str | None = None) -> Any:
            body = record if record is not None else picture.media.model_dump_json()
            return session.post(
                "/node/uploads",
                headers={
                    "Tus-Resumable": "1.0.0",
                    "Upload-Length": str(length or len(picture.encoded)),
                    "Upload-Metadata": f"record {base64.b64encode(body.encode()).decode()}",
                },
            )

        for arguments, why in (
            ((stranger,), "not this node's"),
            ((good[0], 2**40), "allowed"),
            ((good[0], None, "{}"), "record"),
            ((good[0], None, good[0].media.model_dump_json().replace("jpeg", "svg+xml")), "kept"),
        ):
            with pytest.raises(RefusedError, match=why) as caught:
                begin(*arguments)
            assert caught.value.status == 422
        for picture in good[:4]:
            begin(picture)
        begin(good[0])  # again changes nothing
        with pytest.raises(UnreachableError, match="later"):
            begin(good[4])

        # The wrong bytes: refused whole, forgotten, and begun anew.
        where = f"/node/uploads/{good[0].media.id}"
        tus = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
        with pytest.raises(RefusedError) as conflict:
            session.patch(where, headers={**tus, "Upload-Offset": "7"}, content=b"x")
        assert conflict.value.status == 409
        with pytest.raises(RefusedError, match="beyond") as beyond:
            session.patch(where, headers={**tus, "Upload-Offset": "0"}, content=bytes(2001))
        assert beyond.value.status == 413
        with pytest.raises(RefusedError, match="SHA-256") as wrong:
            session.patch(where, headers={**tus, "Upload-Offset": "0"}, content=bytes(2000))
        assert wrong.value.status == 422
        with pytest.raises(RefusedError) as gone:
            session.head(where, headers=tus)
        assert gone.value.status == 404
        answer = begin(good[0])
        assert answer.headers["Upload-Offset"] == "0"
        done = session.patch(where, headers={**tus, "Upload-Offset": "0"}, content=good[0].encoded)
        assert done.headers["Fieldwatch-Receipt"] == str(good[0].media.message_id)
        # An answer that was lost: whoever asks again, by whatever way, hears it.
        for again in (session.head(where, headers=tus), begin(good[0])):
            assert again.headers["Fieldwatch-Receipt"] == str(good[0].media.message_id)
        offered = session.request("OPTIONS", "/node/uploads")
        assert offered.headers["Tus-Extension"] == "creation,expiration"

    parts = Parts(node.reserve.settings.uploads_dir)
    assert desk.sweep(node.reserve.db, parts, utc_now() + timedelta(days=6)) == 0
    assert desk.sweep(node.reserve.db, parts, utc_now() + timedelta(days=8)) == 4
    assert node.reserve.field.count("upload") == 0
    assert node.reserve.field.count("media") == 1

    with httpx2.Client(base_url=node.reserve.url, verify=False) as stranger:
        for method, path in (
            ("OPTIONS", "/api/v1/node/uploads"),
            ("POST", "/api/v1/node/uploads"),
            ("PATCH", "/api/v1/node/uploads/0198c0de-0000-7000-8000-000000000001"),
            ("HEAD", "/api/v1/node/uploads/0198c0de-0000-7000-8000-000000000001"),
        ):
            headers = {
                "Tus-Resumable": "1.0.0",
                "Upload-Length": "1",
                "Upload-Metadata": "record e30=",
                "Upload-Offset": "0",
            }
            assert stranger.request(method, path, headers=headers).status_code == 401
