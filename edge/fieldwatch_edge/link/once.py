"""Commands count once, and while they last: what the broker kept, or sends again, is refused.

A signature says who gave a command, not when: whoever holds the broker can send an old one again. So each
bears, under the signature, an id, when it was given and until when it holds (`messages.Once`). The node's own
clock may be wrong, and is asked last:

1. What had ended when the newest command was given is over, whatever the time is here.
2. What has not, and came before, is known by its id. Ids are kept until (1) covers them, in a file: a restart
   forgets nothing.
3. Where GNSS or NTP vouch for the clock, it is asked as well: a command may have been held back until now.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from fieldwatch_edge import whole
from fieldwatch_shared.messages import Once, Utc

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

log = structlog.get_logger(__name__)

COMMANDS_FILE = "commands.json"
REMEMBERED = 500
LATE = timedelta(minutes=2)
"""The cloud's clock and ours may differ by so much where both are in step."""


class _Given(BaseModel):
    model_config = ConfigDict(frozen=True)

    at: Utc
    until: Utc


class _Heard(BaseModel):
    model_config = ConfigDict(frozen=True)

    newest: Utc | None = None
    """When the newest command was given; None: none that says so came yet."""
    forgotten: Utc | None = None
    """What was given until then, and is not known, is refused: there was no room to remember it."""
    known: dict[UUID, _Given] = {}


class OnlyOnce:
    """Passes each command that is new and holds on to `then`. For one thread, the link's."""

    def __init__(
        self, path: Path, then: Callable[[bytes], None], *, vouched_time: Callable[[], datetime | None]
    ) -> None:
        """
        Args:
            path: where is kept what was heard; made at the first command.
            vouched_time: what time it is; None: nobody vouches for the clock.
        """
        self._path, self._then, self._vouched_time = path, then, vouched_time
        self._heard = _Heard()
        try:
            self._heard = _Heard.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            pass
        except (OSError, ValidationError) as error:
            log.error("commands.unreadable", path=str(path), error=str(error))  # noqa: TRY400  # a sentence

    def __call__(self, payload: bytes) -> None:
        """A command, JSON, whose signature is right. One of a kind that we do not know is passed on too."""
        try:
            command = Once.model_validate_json(payload)
        except ValidationError as error:
            log.warning("commands.malformed", bytes=len(payload), error=str(error))
            return
        flaw = self._flaw(command)
        if flaw is not None:
            log.warning("commands.refused", id=str(command.id), reason=flaw)
            return
        # Before it is done: a power cut in between costs a command, which whoever gave it can give again.
        self._note(command)
        self._then(payload)

    def _flaw(self, command: Once) -> str | None:
        heard = self._heard
        if command.id is None or command.issued_at is None or command.expires_at is None:
            # From a cloud of an earlier version; one that we heard better of does not go back.
            return None if heard.newest is None else "it has no id, though this cloud gives them one"
        if command.id in heard.known:
            return "it came before"
        if heard.newest is not None and command.expires_at <= heard.newest:
            return f"it ended at {command.expires_at}, before the newest one was given, at {heard.newest}"
        if heard.forgotten is not None and command.issued_at <= heard.forgotten:
            return f"it was given at {command.issued_at}, among more than {REMEMBERED} others"
        now = self._vouched_time()
        if now is not None and command.expires_at + LATE <= now:
            return (
                f"it ended at {command.expires_at}, and it is {now}: held back, or the cloud's clock is wrong"
            )
        if now is not None and command.issued_at - LATE > now:
            # Taken, it would be the newest for as long, and keep out all that is right.
            return f"it was given at {command.issued_at}, and it is {now}: the cloud's clock is wrong"
        return None

    def _note(self, command: Once) -> None:
        if command.id is None or command.issued_at is None or command.expires_at is None:
            return
        heard = self._heard
        newest = max(heard.newest or command.issued_at, command.issued_at)
        known = {id_: given for id_, given in heard.known.items() if given.until > newest}
        known[command.id] = _Given(at=command.issued_at, until=command.expires_at)
        forgotten = heard.forgotten
        while len(known) > REMEMBERED:
            oldest = min(known, key=lambda id_: known[id_].at)
            forgotten = known.pop(oldest).at
        self._heard = _Heard(newest=newest, forgotten=forgotten, known=known)
        try:
            whole.write(self._path, self._heard.model_dump_json())
        except OSError as error:
            # A full disk must not make a node deaf: until it starts anew, it knows all the same.
            log.error("commands.not_kept", path=str(self._path), error=str(error))  # noqa: TRY400
