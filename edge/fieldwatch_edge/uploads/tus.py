"""A large picture's way to the cloud by tus 1.0 (https://tus.io/protocols/resumable-upload): core, creation.

The cloud is the one who knows how far it is. Nothing of an upload is remembered here: after a restart, a
picture is announced anew by its id, and the answer says where to go on.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from fieldwatch_edge.errors import EdgeError, RefusedError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx2

    from fieldwatch_edge.identity.session import CloudSession
    from fieldwatch_edge.outbox.records import Large

PATH = "/node/uploads"
RECEIPT = "Fieldwatch-Receipt"
"""Header of the answer that says that the cloud has it all: the id of the picture's message."""
CHUNK_BYTES = 8 * 1024
"""Between two of them, a fire that came meanwhile gets the line."""
_TUS = {"Tus-Resumable": "1.0.0"}
_CONFLICT, _LOCKED = 409, 423
_GONE = (404, 410)


class FireFirstError(EdgeError):
    """A fire came while a part was being sent."""


@dataclass(slots=True)
class Upload:
    """Of one picture."""

    session: CloudSession
    large: Large
    location: str
    offset: int
    receipt: UUID | None = None
    """Set once the cloud has all of it."""

    @classmethod
    def begin(cls, session: CloudSession, large: Large) -> Upload:
        """Announce the picture, or find where its upload was left.

        Raises:
            RefusedError: the cloud does not want it, whenever it is asked.
            UnreachableError: later, perhaps.
        """
        record = base64.b64encode(large.body.encode()).decode("ascii")
        answer = session.post(
            PATH,
            headers={**_TUS, "Upload-Length": str(large.bytes), "Upload-Metadata": f"record {record}"},
        )
        upload = cls(session, large, answer.headers.get("Location", ""), 0)
        upload._learn(answer)
        return upload

    def send(self, part: bytes, fire: Callable[[], bool]) -> None:
        """Send one part from `offset` on. It may be empty: the cloud has all parts, but had no room for the
        whole.

        Args:
            fire: whether the line belongs to a fire; asked every few kilobytes.

        Raises:
            FireFirstError: it did. The cloud keeps what it has got.
            RefusedError, UnreachableError: as `begin`; where the upload is gone, with the status 404 or 410.
        """

        def chunks() -> Iterator[bytes]:
            for at in range(0, len(part), CHUNK_BYTES):
                if fire():
                    raise FireFirstError("a fire goes first")
                yield part[at : at + CHUNK_BYTES]

        headers = {
            **_TUS,
            "Upload-Offset": str(self.offset),
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(len(part)),
        }
        try:
            self._learn(self.session.patch(self.location, headers=headers, content=chunks()))
        except RefusedError as error:
            if error.status == _LOCKED:  # the cloud has not seen yet that our last connection was cut
                raise UnreachableError(str(error), 2.0) from error
            if error.status not in (401, _CONFLICT):
                raise
            self.look()  # the session was over, or the cloud is elsewhere than we thought

    def look(self) -> None:
        """Ask how far the cloud is. Raises as `send`."""
        self._learn(self.session.head(self.location, headers=_TUS))

    def _learn(self, answer: httpx2.Response) -> None:
        try:
            self.offset = int(answer.headers["Upload-Offset"])
            receipt = answer.headers.get(RECEIPT)
            self.receipt = None if receipt is None else UUID(receipt)
        except (KeyError, ValueError) as error:
            raise UnreachableError("the cloud's answer to an upload is not one of tus") from error


def is_gone(error: RefusedError) -> bool:
    """Whether the cloud has forgotten the upload: it expired."""
    return error.status in _GONE
