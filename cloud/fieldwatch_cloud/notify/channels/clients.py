"""What the channels share: settings, connections that stay open, and our key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import httpx2

if TYPE_CHECKING:
    from types import TracebackType

CONNECT_S, READ_S = 5.0, 10.0


class Clients:
    """One per process; a context manager. Its HTTP connections are kept, so that a push needs no handshake."""

    def __init__(self) -> None:
        self.http = httpx2.Client(
            timeout=httpx2.Timeout(READ_S, connect=CONNECT_S), follow_redirects=False, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()
