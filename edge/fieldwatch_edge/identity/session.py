"""The cloud over HTTPS, as this node: logged in by its certificate, and in again where the session ended.

Nothing in it depends on the node's clock. The token lives in memory alone.
"""

from __future__ import annotations

import base64
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import httpx2
import structlog
from pydantic import BaseModel, ValidationError

from fieldwatch_edge.errors import ConfigError, RefusedError, UnreachableError
from fieldwatch_edge.identity import download, tls
from fieldwatch_edge.identity.files import Identity
from fieldwatch_shared.enrolment import Challenge, SessionToken, session_proof

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fieldwatch_edge.settings import CloudSettings, NodeSettings

log = structlog.get_logger(__name__)

API = "/api/v1"
CHALLENGE = "/node-session/challenge"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_TIMEOUT = httpx2.Timeout(30, connect=10)


_Answer = TypeVar("_Answer", bound=BaseModel)


class CloudSession:
    """Requests to the cloud's API as this node. From any thread; `close` it, or use it in a `with`.

    Paths are below /api/v1, such as "/node/certificate", or whole addresses that the cloud gave, of itself
    alone. Each answer has a status below 400 (`httpx2.Response`: status_code, headers, json(), content).

    Raises:
        UnreachableError: no connection, it was cut, or the cloud says "later" (429, 5xx).
        RefusedError: it said no; with `status` and `detail`.
        IdentityError: key or certificate cannot be read.
    """

    def __init__(
        self, cloud: CloudSettings, identity: Identity, *, spent: Callable[[int], None] = lambda _: None
    ) -> None:
        """`spent` is told how many bytes each request took, there and back, roughly.

        Raises:
            ConfigError: the cloud's address is not encrypted, or the CA file cannot be read.
        """
        self.url = cloud.url.rstrip("/")
        self._origin = origin(self.url)
        self._identity, self._spent = identity, spent
        self._http = httpx2.Client(
            timeout=_TIMEOUT, verify=tls.context(cloud.ca_file), follow_redirects=False, trust_env=True
        )
        self._lock = threading.Lock()
        self._token: str | None = None
        self.clock_offset_s: float | None = None
        """This node's clock minus the cloud's, in seconds, to about one second; None: no answer came yet."""

    @classmethod
    def of(cls, settings: NodeSettings, *, spent: Callable[[int], None] = lambda _: None) -> CloudSession:
        """Raises ConfigError where the node has not been enrolled."""
        identity = Identity.of(settings.node.id, settings.broker)
        if settings.cloud is None or identity is None:
            raise ConfigError(
                "this node has not been enrolled: `fieldwatch edge enrol` writes [cloud] and its certificate"
            )
        return cls(settings.cloud, identity, spent=spent)

    def __enter__(self) -> CloudSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, **options: Any) -> httpx2.Response:
        """Options, here and below: params, headers, json, content (bytes or an iterator), timeout."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx2.Response:
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> httpx2.Response:
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> httpx2.Response:
        return self.request("PATCH", path, **options)

    def head(self, path: str, **options: Any) -> httpx2.Response:
        return self.request("HEAD", path, **options)

    def delete(self, path: str, **options: Any) -> httpx2.Response:
        return self.request("DELETE", path, **options)

    def request(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """One request, read to its end. Content that is an iterator can be sent once: where the session ended
        (RefusedError 401), send it again from where the cloud is."""
        with self.stream(method, path, **options) as answer:
            return answer

    @contextmanager
    def stream(
        self, method: str, path: str, *, read: bool = True, **options: Any
    ) -> Iterator[httpx2.Response]:
        """One request, whose answer is read here (`read`) or by the caller, chunk by chunk."""
        token = self._logged_in()
        with self._sent(method, path, token, options, read=read) as answer:
            if answer.status_code != 401:
                yield judged(answer, method, path)
                return
            if not _can_be_repeated(options):
                self._forget(token)
                judged(answer, method, path)
        # Its time was up, or the cloud has lost its sessions. A second no is meant.
        token = self._logged_in(instead_of=token)
        with self._sent(method, path, token, options, read=read) as answer:
            yield judged(answer, method, path)

    def open(self) -> None:
        """Log in now, rather than with the first request. Raises as any request does."""
        self._logged_in()

    def round_trip(self, size: int = 0) -> datetime | None:
        """Ask the cloud anything, with `size` bytes to carry; answers what time it is there."""
        body = {"node": self._identity.node, "ballast": "." * size}
        with self._sent("POST", CHALLENGE, None, {"json": body}, read=True) as answer:
            judged(answer, "POST", CHALLENGE)
            return _date(answer)

    def download(
        self,
        path: str,
        to: Path,
        sha256: str,
        size: int,
        progress: Callable[[int], None] = lambda _: None,
        may_go_on: Callable[[], bool] = lambda: True,
    ) -> bool:
        """Fetch a file, going on after cuts, also those of the power: see `download.fetch`."""
        return download.fetch(self, path, to, sha256, size, progress, may_go_on)

    def _logged_in(self, instead_of: str | None = None) -> str:
        """A token; a new one where there is none, or only this one, which is of no more use."""
        with self._lock:
            if self._token is None or self._token == instead_of:
                self._token = None
                self._token = self._log_in()
            return self._token

    def _forget(self, token: str) -> None:
        with self._lock:
            if self._token == token:
                self._token = None

    def _log_in(self) -> str:
        held = self._identity.load()
        node = self._identity.node
        challenge = self._asked(CHALLENGE, Challenge, {"node": node})
        signature = held.sign(session_proof(challenge.nonce))
        session = self._asked(
            "/node-session",
            SessionToken,
            {
                "node": node,
                "nonce": challenge.nonce,
                "certificate": held.certificate_pem,
                "signature": base64.b64encode(signature).decode("ascii"),
            },
        )
        log.debug("session.opened", lasts_s=session.lasts_s)
        return session.token.get_secret_value()

    def _asked(self, path: str, model: type[_Answer], body: dict[str, Any]) -> _Answer:
        with self._sent("POST", path, None, {"json": body}, read=True) as answer:
            judged(answer, "POST", path)
            try:
                return model.model_validate_json(answer.content)
            except ValidationError:
                # Not with the cause, which shows what came: it may hold a token.
                raise UnreachableError(
                    f"{self.url} gives answers that are not those of Fieldwatch's cloud"
                ) from None

    @contextmanager
    def _sent(
        self, method: str, path: str, token: str | None, options: dict[str, Any], *, read: bool
    ) -> Iterator[httpx2.Response]:
        headers = dict(options.get("headers") or {})
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        asked_at = datetime.now(UTC)
        try:
            with self._http.stream(method, self._address(path), **{**options, "headers": headers}) as answer:
                self._set_offset(answer, asked_at)
                if read or answer.status_code >= 400:
                    answer.read()
                try:
                    yield answer
                finally:
                    self._spent(_bytes(answer))
        except httpx2.HTTPError as error:
            if tls.distrusted(error):
                raise UnreachableError(
                    f"{self.url} cannot prove that it is the cloud: {said_of(error)}"
                ) from error
            raise UnreachableError(f"{self.url} was not reached: {said_of(error)}") from error

    def _address(self, path: str) -> str:
        if path.startswith("/"):
            return self.url + (path if path.startswith(API + "/") else API + path)
        if origin(path) != self._origin:
            raise ConfigError(f"{origin(path)} is not the cloud that this node was enrolled at")
        return path

    def _set_offset(self, answer: httpx2.Response, asked_at: datetime) -> None:
        theirs = _date(answer)
        if theirs is not None:
            ours = asked_at + (datetime.now(UTC) - asked_at) / 2
            # The header has whole seconds: on average it is half a second behind.
            self.clock_offset_s = (ours - theirs).total_seconds() - 0.5


def origin(url: str) -> str:
    """Scheme, host and port of an address, as it is sent to.

    Raises:
        ConfigError: it is no address, or would send secrets over a line that others can read.
    """
    parts = urlsplit(url)
    try:
        port = parts.port or {"https": 443, "http": 80}[parts.scheme]
    except (ValueError, KeyError) as error:
        raise ConfigError(
            f"{parts.scheme}://{parts.hostname} is no address of a cloud: https://..."
        ) from error
    if not parts.hostname or parts.username is not None:
        raise ConfigError("the cloud's address is https://, its host, and nothing before it")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ConfigError(
            f"http://{parts.hostname} is not encrypted: the cloud's address must begin with https://"
        )
    return f"{parts.scheme}://{parts.hostname}:{port}"


def judged(answer: httpx2.Response, method: str, path: str) -> httpx2.Response:
    """The answer, where its status is below 400. Raises UnreachableError or RefusedError else."""
    status = answer.status_code
    if status < 400:
        return answer
    detail = detail_of(answer)
    what = f"{method} {urlsplit(path).path}: {detail or answer.reason_phrase} ({status})"
    if status == 429 or status >= 500:
        raise UnreachableError(f"the cloud says later: {what}", _retry_after_s(answer))
    raise RefusedError(f"the cloud refuses {what}", status, detail)


def detail_of(answer: httpx2.Response) -> str:
    """What the cloud says in words, of an answer that was read."""
    try:
        said = answer.json()
    except ValueError:
        return ""
    detail = said.get("detail") if isinstance(said, dict) else None
    return detail[:500] if isinstance(detail, str) else ""


def _date(answer: httpx2.Response) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers["Date"])
    except (KeyError, ValueError):
        return None


def _retry_after_s(answer: httpx2.Response) -> float | None:
    try:
        return max(float(answer.headers["Retry-After"]), 0)
    except (KeyError, ValueError):
        return None


def _can_be_repeated(options: dict[str, Any]) -> bool:
    return isinstance(options.get("content"), bytes | str | None)


def _bytes(answer: httpx2.Response) -> int:
    """Of a request and its answer, with the headers of both; TLS and TCP take a little more."""
    headers = sum(len(k) + len(v) + 4 for k, v in (*answer.request.headers.raw, *answer.headers.raw))
    sent = int(answer.request.headers.get("Content-Length", 0))
    return headers + sent + answer.num_bytes_downloaded


def said_of(error: httpx2.HTTPError) -> str:
    """httpx2 says nothing at all of some timeouts."""
    return str(error) or type(error).__name__
