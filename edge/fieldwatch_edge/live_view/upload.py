"""Pieces go to the cloud by HTTPS: one after the other, behind every fire, and none that is old.

Live is live: what cannot be sent soon is dropped, and the next piece goes instead.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx2
import structlog
from pydantic import BaseModel, ValidationError

from fieldwatch_edge.identity.tls import context, strange
from fieldwatch_shared.messages import Utc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fieldwatch_edge.live_view.budget import DayBudget
    from fieldwatch_edge.live_view.encoder import Piece
    from fieldwatch_edge.settings import Broker, CloudSettings, LiveViewSettings

log = structlog.get_logger(__name__)

HELD = 3
"""Pieces that wait at most; the oldest goes."""
GIVE_UP_S = 30.0
"""The cloud has taken nothing for so long: there is no use in filming on."""
RETRY_FIRST_S, RETRY_LONGEST_S = 0.3, 3.0
CHUNK = 8 * 1024
"""Between two of them, a fire that came meanwhile has the line to itself."""
OVERHEAD = 1000
"""Bytes of a request beside what it carries: headers, TLS, acknowledgements."""
_TIMEOUT = httpx2.Timeout(10, connect=5)


class GoOn(BaseModel):
    """The cloud's answer to a piece."""

    until: Utc
    lasts_s: float
    max_bytes: int


class _FireFirstError(Exception):
    """A fire came while a piece was being sent."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where pieces go, and what vouches for them."""

    url: str
    token: str = field(repr=False)


def refusal(
    url: str, settings: LiveViewSettings, broker: Broker, cloud: CloudSettings | None = None
) -> str | None:
    """Why nothing is sent to this address; None: it is.

    The command came through the broker: its word must not lead pictures out on a weaker way than it came.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and broker.url.startswith("mqtts:"):
        return f"{parts.scheme}://{parts.hostname} is not encrypted, while the broker's address is"
    if settings.hosts:
        known = parts.hostname in settings.hosts
        return None if known else f"{parts.hostname} is not among `hosts` of [live_view]"
    return strange(url, cloud)


def client(settings: LiveViewSettings, cloud: CloudSettings | None = None) -> httpx2.Client:
    """Raises:
    OSError: the CA file cannot be read.
    """
    if settings.ca_file is None and cloud is not None:
        verify = context(cloud.ca_file)
    else:
        verify = ssl.create_default_context(cafile=settings.ca_file)
    return httpx2.Client(timeout=_TIMEOUT, verify=verify, follow_redirects=False, trust_env=True)


class Uploader:
    """Sends the pieces of one live view, in a thread of its own (`run`)."""

    def __init__(
        self,
        http: httpx2.Client,
        target: Target,
        budget: DayBudget,
        *,
        max_bytes: int,
        oldest_s: float,
        fires_wait: Callable[[], bool],
        on_answer: Callable[[GoOn], None],
        on_end: Callable[[str, str | None, bool], None],
    ) -> None:
        """
        Args:
            max_bytes: of all pieces; the cloud may raise it.
            oldest_s: a piece that has waited for so long is dropped.
            fires_wait: whether the line belongs to a fire.
            on_answer: called with each word of the cloud's.
            on_end: called once when nothing more can be sent: reason, details, whether the cloud knows it.
        """
        self._http, self._target, self._budget = http, target, budget
        self._max_bytes, self._oldest_s = max_bytes, oldest_s
        self._fires_wait, self._on_answer, self._on_end = fires_wait, on_answer, on_end
        self._beginning: Piece | None = None
        self._waiting: deque[tuple[float, Piece]] = deque()
        self._news = threading.Condition()
        self._finished = False
        self._sent_at = time.monotonic()
        self.bytes, self.pieces, self.dropped = 0, 0, 0

    def offer(self, piece: Piece) -> None:
        """Have it sent; what has waited longest goes if there are too many."""
        with self._news:
            if piece.number == 0:
                self._beginning = piece
            else:
                self._waiting.append((time.monotonic(), piece))
                if len(self._waiting) > HELD:
                    self._waiting.popleft()
                    self.dropped += 1
            self._news.notify_all()

    def finish(self) -> None:
        """Send what waits, and no more."""
        with self._news:
            self._finished = True
            self._news.notify_all()

    def run(self) -> None:
        try:
            self._run()
        except Exception as error:
            log.exception("live_view.upload_crashed")
            self._on_end("failed", f"{type(error).__name__}: {error}", False)

    def _run(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._beginning or self._waiting or self._finished, timeout=0.5)
                piece, came = self._beginning, time.monotonic()
                if piece is None and self._waiting:
                    came, piece = self._waiting.popleft()
                if piece is None and self._finished:
                    return
            if time.monotonic() - self._sent_at > GIVE_UP_S:
                self._on_end("failed", f"the cloud was not reached for {GIVE_UP_S:.0f} s", False)
                return
            if piece is not None and not self._send(piece, came):
                return

    def _send(self, piece: Piece, came: float) -> bool:
        """Whether to go on with the next one."""
        wait_s = RETRY_FIRST_S
        while True:
            if self._is_old(piece, came):
                self.dropped += 1
                return True
            if self._fires_wait():
                time.sleep(0.2)
                continue
            if self.bytes + len(piece.content) > self._max_bytes:
                self._on_end("byte_budget", None, False)
                return False
            if not self._budget.take(len(piece.content) + OVERHEAD):
                self._on_end("day_budget", None, False)
                return False
            answer = self._put(piece)
            if answer is None:
                if self._finished:
                    return True
                time.sleep(wait_s)
                wait_s = min(2 * wait_s, RETRY_LONGEST_S)
                continue
            return self._took(piece, answer)

    def _is_old(self, piece: Piece, came: float) -> bool:
        if piece.number == 0:  # without it, nothing that follows can be read
            return time.monotonic() - self._sent_at > GIVE_UP_S
        return time.monotonic() - came > self._oldest_s

    def _put(self, piece: Piece) -> httpx2.Response | None:
        """The cloud's answer; None where it is worth another try."""
        try:
            answer = self._http.put(
                f"{self._target.url}/segments/{piece.number}",
                params={"ms": piece.milliseconds, "left": self._budget.left},
                content=self._in_chunks(piece.content),
                headers={
                    "Authorization": f"Bearer {self._target.token}",
                    "Content-Type": "video/mp4",
                    "Content-Length": str(len(piece.content)),
                },
            )
        except _FireFirstError:
            log.info("live_view.yields", piece=piece.number)
            return None
        except httpx2.HTTPError as error:
            log.info("live_view.not_sent", piece=piece.number, error=str(error) or type(error).__name__)
            return None
        if answer.status_code == 429 or answer.status_code >= 500:
            log.info("live_view.not_taken", piece=piece.number, status=answer.status_code)
            return None
        return answer

    def _in_chunks(self, content: bytes) -> Iterator[bytes]:
        for start in range(0, len(content), CHUNK):
            if start and self._fires_wait():
                raise _FireFirstError
            yield content[start : start + CHUNK]

    def _took(self, piece: Piece, answer: httpx2.Response) -> bool:
        self._sent_at = time.monotonic()
        if answer.status_code == 200:
            self.bytes += len(piece.content)
            self.pieces += piece.number > 0
            with self._news:
                if piece.number == 0:
                    self._beginning = None
            try:
                word = GoOn.model_validate_json(answer.content)
            except ValidationError as error:
                log.warning("live_view.answer_unreadable", error=str(error))
                return True
            self._max_bytes = word.max_bytes
            self._on_answer(word)
            return True
        # 410: nobody looks any more, somebody stopped it, or its time is up. Else: it knows nothing of us.
        said = answer.text[:200]
        log.info("live_view.refused", piece=piece.number, status=answer.status_code, answer=said)
        self._on_end("stopped" if answer.status_code == 410 else "failed", said, answer.status_code == 410)
        return False


def tell_end(http: httpx2.Client, target: Target, reason: str, detail: str | None) -> None:
    """Tell the cloud why no more will come. Where it cannot be reached, it finds out by itself."""
    for wait_s in (0.5, 1.5, None):
        try:
            answer = http.post(
                f"{target.url}/ended",
                json={"reason": reason, "detail": detail[:300] if detail else None},
                headers={"Authorization": f"Bearer {target.token}"},
            )
            if answer.status_code < 500:
                return
        except httpx2.HTTPError as error:
            log.info("live_view.end_not_told", error=str(error) or type(error).__name__)
        if wait_s is not None:
            time.sleep(wait_s)
