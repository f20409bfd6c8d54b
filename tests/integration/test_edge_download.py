"""A large file over a line that is cut, from a server that may end in the middle, and a node that does."""

from __future__ import annotations

import hashlib
import random
import re
from typing import TYPE_CHECKING

import pytest
from tests.unit.edge.identity.test_files import installed

from fieldwatch_edge.errors import ConfigError, RefusedError, UnreachableError
from fieldwatch_edge.identity.download import CHUNK, DamagedError
from fieldwatch_edge.identity.files import Store
from fieldwatch_edge.identity.session import CloudSession
from fieldwatch_edge.settings import CloudSettings
from fieldwatch_shared.enrolment import Challenge

from .http_server import Answer, Local

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

WHOLE = random.Random(7).randbytes(600 * CHUNK + 123)  # more than the line's buffers hold
SHA256 = hashlib.sha256(WHOLE).hexdigest()


class Shelf(Local):
    """Gives whoever logs in the file, from where it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str | None] = []
        self.content, self.knows_ranges, self.later = WHOLE, True, False

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if path.endswith("/challenge"):
            return Answer(200, {}, Challenge(nonce="n" * 20).model_dump_json().encode())
        if path.endswith("/node-session"):
            return Answer(200, {}, b'{"token": "fwn_0123456789abcdef", "lasts_s": 3600}')
        if self.later:
            return Answer(503, {"Retry-After": "7"}, b'{"detail": "moving house"}')
        if path != "/api/v1/node/artifacts/x":
            return Answer(404, {}, b'{"detail": "nothing of yours"}')
        self.asked.append(headers.get("range"))
        begins = re.fullmatch(r"bytes=(\d+)-", headers.get("range", ""))
        if begins is None or not self.knows_ranges:
            return Answer(200, {}, self.content)
        at, size = int(begins[1]), len(self.content)
        return Answer(206, {"Content-Range": f"bytes {at}-{size - 1}/{size}"}, self.content[at:])


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with Shelf() as shelf:
        yield shelf


@pytest.fixture
def session(shelf: Shelf, tmp_path: Path) -> Iterator[CloudSession]:
    identity = installed(Store(tmp_path / "identity"))
    with CloudSession(CloudSettings(url=shelf.url), identity) as session:
        yield session


def fetch(session: CloudSession, to: Path, until: int = len(WHOLE)) -> bool:
    """Stops by itself once `until` bytes are here."""
    here = [0]

    def note(size: int) -> None:
        here[0] = size

    return session.download(
        "/node/artifacts/x", to, SHA256, len(WHOLE), note, lambda: here[0] < until or until == len(WHOLE)
    )


def test_a_download_goes_on_where_it_was_after_a_stop_and_a_cut(
    shelf: Shelf, session: CloudSession, tmp_path: Path
) -> None:
    to = tmp_path / "model.zip"
    part = tmp_path / f"{SHA256}.part"
    assert not fetch(session, to, until=10 * CHUNK)
    had = part.stat().st_size
    assert 10 * CHUNK <= had < 14 * CHUNK
    assert not to.exists()

    def cut(size: int) -> None:
        if size > 20 * CHUNK:
            shelf.stop()

    with pytest.raises(UnreachableError):
        session.download("/node/artifacts/x", to, SHA256, len(WHOLE), cut)
    after_cut = part.stat().st_size
    assert 20 * CHUNK < after_cut < len(WHOLE)
    shelf.start()
    assert fetch(session, to)
    assert to.read_bytes() == WHOLE
    assert not part.exists()
    assert shelf.asked[0] is None
    assert shelf.asked[1] == f"bytes={had}-"
    assert shelf.asked[-1] == f"bytes={after_cut}-"


def test_a_server_that_knows_no_ranges_begins_anew(
    shelf: Shelf, session: CloudSession, tmp_path: Path
) -> None:
    shelf.knows_ranges = False
    assert not fetch(session, tmp_path / "x", until=5 * CHUNK)
    assert fetch(session, tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == WHOLE


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(WHOLE[:-1] + b"?", id="another byte"),
        pytest.param(WHOLE + b"?", id="one too many"),
    ],
)
def test_what_was_not_announced_is_not_taken(
    content: bytes, shelf: Shelf, session: CloudSession, tmp_path: Path
) -> None:
    shelf.content = content
    with pytest.raises(DamagedError):
        fetch(session, tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_refusals_and_delays_are_told_apart(shelf: Shelf, session: CloudSession, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="nothing of yours") as refused:
        session.get("/node/artifacts/y")
    assert refused.value.status == 404
    shelf.later = True
    with pytest.raises(UnreachableError, match="moving house") as later:
        session.get("/node/artifacts/x")
    assert later.value.retry_after_s == 7
    with pytest.raises(ConfigError, match="enrolled at"):
        session.get("https://elsewhere.example/api/v1/node/artifacts/x")
    with pytest.raises(ConfigError, match="not encrypted"):
        CloudSession(CloudSettings(url="http://cloud.example"), installed(Store(tmp_path / "identity")))
    shelf.stop()
    with pytest.raises(UnreachableError, match="not reached"):
        session.get("/node/artifacts/x")
    assert "fwn_" not in repr(vars(later.value)) + str(later.value)
