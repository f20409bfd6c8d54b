"""What heartbeats say of the line: what it cost, what may still be spent, what waits, how strong it is."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from fieldwatch_edge.errors import OutboxError
from fieldwatch_edge.link.signal import signal_dbm
from fieldwatch_shared.messages import LinkReport

if TYPE_CHECKING:
    from collections.abc import Callable

    from fieldwatch_edge.link.dispatch import Dispatch
    from fieldwatch_edge.link.ledger import Ledger
    from fieldwatch_edge.outbox import Outbox
    from fieldwatch_edge.settings import LinkSettings

SIGNAL_EVERY_S = 300.0


class LineWatch:
    """A companion (fieldwatch_edge.companions)."""

    name = "line"

    def __init__(
        self,
        settings: LinkSettings,
        ledger: Ledger,
        dispatch: Dispatch,
        outbox: Outbox,
        signal: Callable[[str], float | None] = signal_dbm,
    ) -> None:
        self._settings, self._ledger, self._dispatch, self._outbox = settings, ledger, dispatch, outbox
        self._signal = signal
        self._signal_dbm: float | None = None
        self._stopping = threading.Event()

    def run(self) -> None:
        while True:
            self._signal_dbm = self._signal(self._settings.kind)
            if self._stopping.wait(SIGNAL_EVERY_S):
                return

    def stop(self) -> None:
        self._stopping.set()

    def report(self) -> dict[str, Any]:
        spent, limits = self._ledger.spent, self._ledger.limits
        try:
            held_back = self._outbox.held_back(self._dispatch.affordable())
        except OutboxError:
            held_back = 0  # there is worse to be told of then
        report = LinkReport(
            kind=self._settings.kind,
            signal_dbm=self._signal_dbm,
            sent_today=spent.day,
            sent_this_month=spent.month,
            bytes_per_day=limits.day,
            bytes_per_month=limits.month,
            held_back=held_back,
        )
        return {"link": report}
