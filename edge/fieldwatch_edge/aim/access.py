"""Who may look: one PIN or QR code for each phone, and few attempts."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ATTEMPTS = 5
"""Wrong ones, then there is a new PIN and a pause: of an hour's 600 guesses one in 1,600 hits."""
PAUSE_S = 30.0
PHONES = 4


class PauseError(Exception):
    """Too many wrong ones: nobody is let in for a while."""


class Access:
    """From any thread."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        """`changed`: there is a new PIN to be shown."""
        self._changed = changed
        self._lock = threading.Lock()
        self._sessions: list[str] = []
        self._wrong, self._closed_until = 0, float("-inf")
        self._pin, self._token = _new_pin(), _new_token()

    @property
    def pin(self) -> str:
        return self._pin

    @property
    def token(self) -> str:
        """For the QR code."""
        return self._token

    def enter(self, code: str) -> str | None:
        """The session of whoever gives the PIN or the token; it is used up then. None: wrong.

        Raises:
            PauseError: too many were wrong. The token is good all the same: there is nothing to guess in it,
                and a stranger who gives wrong PINs without end keeps nobody on a ladder out.
        """
        given = code.strip().replace(" ", "").encode()
        with self._lock:
            if not hmac.compare_digest(given, self._token.encode()):
                if time.monotonic() < self._closed_until:
                    raise PauseError
                if not hmac.compare_digest(given, self._pin.encode()):
                    self._wrong += 1
                    if self._wrong >= ATTEMPTS:
                        self._wrong, self._closed_until = 0, time.monotonic() + PAUSE_S
                        self._pin = _new_pin()
                        self._changed()
                    return None
            session = secrets.token_urlsafe(24)
            self._sessions = [*self._sessions, session][-PHONES:]
            self._wrong = 0
            self._pin, self._token = _new_pin(), _new_token()
        self._changed()
        return session

    def knows(self, session: str) -> bool:
        with self._lock:
            return any(hmac.compare_digest(session.encode(), each.encode()) for each in self._sessions)


def _new_pin() -> str:
    return f"{secrets.randbelow(10**6):06}"


def _new_token() -> str:
    return secrets.token_urlsafe(16)
