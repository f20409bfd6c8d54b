"""One upload to the node's cloud with a token that is for this upload alone, from the cloud's command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2

from fieldwatch_edge.errors import ConfigError, RefusedError, UnreachableError
from fieldwatch_edge.identity import tls
from fieldwatch_edge.identity.session import detail_of, origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fieldwatch_edge.settings import CloudSettings

_TIMEOUT = httpx2.Timeout(60, connect=10)
_CHUNK = 16 * 1024


class _HeldUpError(Exception):
    """A fire came meanwhile."""


def put(
    cloud: CloudSettings, url: str, token: str, content: bytes, may_go_on: Callable[[], bool] = lambda: True
) -> None:
    """PUT `content` to `url`, which is the cloud's own: whoever sent the command must not lead it elsewhere.

    Args:
        may_go_on: asked before each chunk; False ends it, as a cut line does.

    Raises:
        ConfigError: the address is not that of the cloud that the node was enrolled at.
        UnreachableError: no connection, it was cut, or the cloud says "later".
        RefusedError: it said no.
    """
    if origin(url) != origin(cloud.url):
        raise ConfigError(f"{origin(url)} is not the cloud that this node was enrolled at")

    def chunks() -> Iterator[bytes]:
        for start in range(0, len(content), _CHUNK):
            if not may_go_on():
                raise _HeldUpError
            yield content[start : start + _CHUNK]

    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/octet-stream",
        "Content-Length": str(len(content)),
    }
    context = tls.context(cloud.ca_file)
    try:
        with httpx2.Client(timeout=_TIMEOUT, verify=context, follow_redirects=False) as http:
            answer = http.put(url, content=chunks(), headers=headers)
    except _HeldUpError as error:
        raise UnreachableError("a fire has the line") from error
    except httpx2.HTTPError as error:
        raise UnreachableError(f"{origin(url)} was not reached: {error or type(error).__name__}") from error
    if answer.status_code == 429 or answer.status_code >= 500:
        raise UnreachableError(f"the cloud says later ({answer.status_code})")
    if answer.status_code >= 400:
        detail = detail_of(answer)
        raise RefusedError(
            f"the cloud refuses it: {detail} ({answer.status_code})", answer.status_code, detail
        )
