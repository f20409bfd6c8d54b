"""How long a suspicion suspends the power budget.

While something is suspected a camera looks as often as without a budget, and the node does not sleep; but not
for ever, or a chimney would empty the battery, and nobody would see the next fire.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

SUSPECT_AT_MOST = timedelta(minutes=15)
"""So long does one suspicion, or a fire that was told, suspend the power budget."""


class Vigil:
    """Of one camera."""

    def __init__(self) -> None:
        self._since: datetime | None = None
        """Capture time of what was suspected; None: the budget holds."""
        self._calm_at: datetime | None = None
        """From when `SUSPECT_AT_MOST` counts. It outlasts `_since`: no frame of a chimney begins it anew."""
        self._watched_at = time.monotonic()

    @property
    def lasts(self) -> bool:
        return self._since is not None

    def resume(self, at: datetime | None) -> None:
        """What a restart cut off is looked at as closely as before it."""
        self._since = self._calm_at = at

    def saw(self, at: datetime, *, suspects: bool, alarmed: bool) -> None:
        """A frame of this capture time was looked at.

        Args:
            suspects: whether something is suspected and not yet told.
            alarmed: whether this frame told a fire.
        """
        self._watched_at = time.monotonic()
        if not suspects and not alarmed:
            self._since = self._calm_at = None
        elif self._calm_at is None or alarmed:
            self._since = self._calm_at = at
        elif abs(at - self._calm_at) > SUSPECT_AT_MOST:
            self._since = None

    def given_up(self) -> bool:
        """Whether it ends now because no frame comes: a camera that is gone sees no fire, and must not empty
        the battery of those that do."""
        unwatched = time.monotonic() - self._watched_at > SUSPECT_AT_MOST.total_seconds()
        if self._since is None or not unwatched:
            return False
        self._since = None
        return True
