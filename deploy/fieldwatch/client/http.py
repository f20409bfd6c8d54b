"""Requests: signed with a token, tried again where that is harmless, problems as errors."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx2

from fieldwatch.client.errors import ClientError, Refused, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TRIES = 4
WAIT_S = 0.5
"""Before the second try; then twice as long each time, or as long as the service asks."""
LONGEST_WAIT_S = 30.0
_AGAIN = frozenset({429, 502, 503, 504})


class Http:
    """Everything that this client sends asks and changes nothing, so all of it may be sent again."""

    def __init__(self, url: str | None, token: str | None, *, language: str | None, timeout_s: float) -> None:
        address = url or os.environ.get("FIELDWATCH_URL")
        secret = token or os.environ.get("FIELDWATCH_TOKEN")
        if not address:
            raise ClientError("where is the service? Give url=, or set FIELDWATCH_URL")
        if not secret:
            raise ClientError(
                'give token=, or set FIELDWATCH_TOKEN: make one on the research page, under "Take along"'
            )
        self.url = address.rstrip("/")
        self._language = {} if language is None else {"language": language}
        self._client = httpx2.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {secret}"},
            timeout=httpx2.Timeout(timeout_s, connect=10),
        )

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        return self._json("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._json("POST", path, query=self._language, body=body)

    def _json(self, method: str, path: str, **asked: Any) -> Any:
        with self.stream(method, path, **asked) as response:
            response.read()
            return response.json()

    @contextmanager
    def stream(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Iterator[httpx2.Response]:
        """An answer whose body is still to be read.

        Raises:
            Refused: the service says no, and why.
            Unreachable: no answer, also after `TRIES`.
        """
        given = {key: value for key, value in (query or {}).items() if value is not None}
        wait, reason = WAIT_S, ""
        for attempt in range(TRIES):
            if attempt:
                time.sleep(wait)
                wait *= 2
            request = self._client.build_request(method, path, params=given or None, json=body)
            try:
                response = self._client.send(request, stream=True)
            except httpx2.TransportError as error:
                reason = str(error) or type(error).__name__
                continue
            try:
                if response.status_code in _AGAIN and attempt + 1 < TRIES:
                    asked = response.headers.get("retry-after", "")
                    wait = min(float(asked), LONGEST_WAIT_S) if asked.isdecimal() else wait
                    continue
                if response.is_redirect:
                    # Followed by nobody: the token is for the address that was given.
                    raise Refused(
                        response.status_code, f"look at the address: {self.url} sends elsewhere", {}
                    )
                if response.status_code >= 400:
                    response.read()
                    raise _refusal(response)
                yield response
            finally:
                response.close()
            return
        raise Unreachable(f"{self.url} does not answer: {reason}")


def _refusal(response: httpx2.Response) -> Refused:
    try:
        problem = response.json()
        fields = {one["field"]: one["message"] for one in problem.get("errors") or ()}
        return Refused(response.status_code, str(problem["detail"]), fields)
    except (ValueError, KeyError, TypeError):
        return Refused(response.status_code, response.text[:200] or response.reason_phrase, {})
