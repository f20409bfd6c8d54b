"""A node's line to the cloud: what it may cost, the link, live views, and who hears the cloud's commands."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from fieldwatch_edge.capture import system_clock
from fieldwatch_edge.fires_first import fires_wait
from fieldwatch_edge.identity.seal import Seal
from fieldwatch_edge.link import Link
from fieldwatch_edge.link.dispatch import Dispatch
from fieldwatch_edge.link.ledger import LEDGER_FILE, Ledger
from fieldwatch_edge.link.once import COMMANDS_FILE, OnlyOnce
from fieldwatch_edge.live_view import LiveViews
from fieldwatch_edge.uploads import goes_in_parts
from fieldwatch_shared.messages import utc_now
from fieldwatch_shared.topics import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_edge.desired import Desired
    from fieldwatch_edge.live_view import Handover
    from fieldwatch_edge.outbox import Outbox
    from fieldwatch_edge.power.pace import Pacer
    from fieldwatch_edge.settings import NodeSettings

LIVE_BYTES = 500_000
"""A live view of half a minute: with less on the line's budget, none begins."""


class CloudLine:
    """From `start` to `close`, in threads of its own; offline, it is the ledger alone."""

    def __init__(
        self,
        settings: NodeSettings,
        outbox: Outbox,
        desired: Desired,
        pacer: Pacer,
        handovers: Mapping[UUID, Handover],
        *,
        offline: bool,
        on_receipt: Callable[[], None],
        on_command: Callable[[bytes], None],
        time_unknown: Callable[[], bool],
    ) -> None:
        """
        Args:
            handovers: what live views are taken from, by deployment.
            on_receipt: the cloud has something; quickly, in the link's thread.
            on_command: of the cloud's commands, each once; the same.
            time_unknown: whether what is seen now has a time that cannot be.

        Raises:
            ConfigError: the broker's settings are wrong.
        """
        state_dir = settings.node.state_dir
        self._on_command = on_command
        self.ledger = ledger = Ledger(state_dir / LEDGER_FILE, settings.link, synchronised=_synchronised)
        self._link: Link | None = None
        self._live_views: LiveViews | None = None
        self._thread: threading.Thread | None = None
        if offline:
            return
        self._live_views = LiveViews(
            settings,
            handovers,
            fires_wait=partial(fires_wait, outbox),
            may_spend=pacer.may_spend,
            line_left=partial(Dispatch(settings.link, ledger).line_left, LIVE_BYTES),
            spent=ledger.count,
        )
        self._link = Link(
            settings.node,
            settings.broker,
            settings.outbox,
            outbox,
            on_receipt,
            desired,
            OnlyOnce(state_dir / COMMANDS_FILE, self._commanded, vouched_time=_vouched_time),
            line=settings.link,
            ledger=ledger,
            in_parts=goes_in_parts(settings),
            seal=Seal.of(settings, Kind.COMMAND),
            time_unknown=time_unknown,
        )
        self._thread = threading.Thread(target=self._link.run, name="link")

    @property
    def has_ended(self) -> bool:
        """Whether it works no more, though it should: between `start` and `close`."""
        return self._thread is not None and not self._thread.is_alive()

    def start(self) -> None:
        if self._thread is not None:
            self._thread.start()

    def close_views(self) -> None:
        """Before the cameras are: nobody looks at them any more."""
        if self._live_views is not None:
            self._live_views.close()

    def close(self) -> None:
        """After the cameras: what they saw last may still go out."""
        if self._link is not None and self._thread is not None:
            self._link.stop()
            self._thread.join()
        self.ledger.close()

    def _commanded(self, payload: bytes) -> None:
        if self._live_views is not None:
            self._live_views.offer(payload)
        self._on_command(payload)


def _synchronised() -> bool:
    return system_clock().quality.vouched


def _vouched_time() -> datetime | None:
    return utc_now() if _synchronised() else None
