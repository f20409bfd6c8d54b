"""What runs beside the cameras: each companion has a thread of its own, and may have a say in heartbeats.

None of them is worth a camera: one that fails is logged, reported as a notice, and begun again after a while.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import structlog

from fieldwatch_edge.aiming.sending import DeploymentsTold
from fieldwatch_edge.aiming.window import Window
from fieldwatch_edge.capture.clock import system_clock
from fieldwatch_edge.errors import OutboxError
from fieldwatch_edge.fires_first import fires_wait
from fieldwatch_edge.fleet.agent import FleetAgent
from fieldwatch_edge.fleet.means import means
from fieldwatch_edge.identity import Identity
from fieldwatch_edge.link.dispatch import Dispatch
from fieldwatch_edge.link.watch import LineWatch
from fieldwatch_edge.outbox import Salvaging, Settling
from fieldwatch_edge.power.keeper import PowerKeeper
from fieldwatch_edge.power.pace import Pacer
from fieldwatch_edge.renewal import Renewal
from fieldwatch_edge.sensors import Sensors
from fieldwatch_edge.support.findings import findings
from fieldwatch_edge.support.sender import Support
from fieldwatch_edge.uploads import Uploads, goes_in_parts
from fieldwatch_edge.watchdog import Manager, Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_edge.clockwork import Clockwork
    from fieldwatch_edge.desired import Desired
    from fieldwatch_edge.fleet.means import Roots
    from fieldwatch_edge.link.ledger import Ledger
    from fieldwatch_edge.live_view import Handover
    from fieldwatch_edge.outbox import Outbox
    from fieldwatch_edge.settings import NodeSettings
    from fieldwatch_shared.messages import Heartbeat

log = structlog.get_logger(__name__)

BEGIN_AGAIN_S = 60.0


class Companion(Protocol):
    """One of them."""

    @property
    def name(self) -> str: ...

    def run(self) -> None:
        """Work until `stop`; in a thread of its own."""

    def stop(self) -> None:
        """Have `run` return soon. From any thread, also before or after `run`."""

    def report(self) -> dict[str, Any]:
        """Fields of the next Heartbeat, such as {"power": PowerReport(...)}; quickly, from any thread."""


@runtime_checkable
class Counting(Protocol):
    """A companion that wants to know which of its reports is safe."""

    def reported(self, heartbeat: Heartbeat) -> None:
        """This heartbeat, which holds its last report, is in the outbox; quickly, from any thread."""


@runtime_checkable
class Commanded(Protocol):
    """A companion that the cloud may tell to do something once."""

    def command(self, payload: bytes) -> None:
        """A `Command`, JSON; one of another kind is passed over. Returns at once: fires wait for it."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What companions are made of."""

    settings: NodeSettings
    outbox: Outbox
    outbox_path: Path
    """Where it should lie: while the disk takes nothing, it may lie elsewhere."""
    desired: Desired
    search_path: Sequence[Path]
    offline: bool
    notice: Callable[[str], None]
    """Say something of the node itself in the next heartbeat, for people."""
    restart: Callable[[], None]
    """Have the node begin anew, with settings and models read again: `Node.run` returns, and who called it
    runs a new one."""
    frames_seen: Callable[[], int]
    """Of all cameras, since the node began."""
    views: Mapping[UUID, Handover] = field(default_factory=dict)
    """What cameras see, by deployment: for whoever stands before them."""
    pacer: Pacer = field(default_factory=Pacer)
    """How much cameras may look, and what keeps the node awake."""
    ledger: Ledger | None = None
    """What the line has cost. Who sends or fetches anything beside the link counts it there (`count`), and
    asks before (`room`)."""
    roots: Roots | None = None
    """Where settings and models came from; None: nothing is taken on from afar."""

    clockwork: Clockwork | None = None
    complaints: Callable[[], Sequence[str]] = tuple
    """What of the node does not live, in words."""


def companions(around: Surroundings) -> list[Companion]:
    """Those that these settings ask for."""
    settings = around.settings
    awake = partial(around.pacer.stay_awake, "aim")
    made: list[Companion] = [Window(settings.node.state_dir, around.views, around.restart, awake)]
    if not around.offline:
        made.append(DeploymentsTold(settings, around.outbox, around.notice))
    if around.ledger is not None and not around.offline:
        dispatch = Dispatch(settings.link, around.ledger, in_parts=goes_in_parts(settings))
        made.append(LineWatch(settings.link, around.ledger, dispatch, around.outbox))
        if goes_in_parts(settings):
            made.append(Uploads(settings, around.outbox, around.ledger, dispatch, around.pacer.may_spend))
    if (manager := Manager.of(os.environ)) is not None:
        made.append(Watchdog(manager, around.complaints))
    if around.clockwork is not None:
        made.append(around.clockwork)
    made.append(Settling(around.outbox, around.outbox_path, around.notice, around.restart))
    made.append(Salvaging(around.outbox, settings.live_deployments, around.notice))
    if around.roots is not None:
        made.append(
            FleetAgent(
                means(
                    settings,
                    around.roots,
                    desired=around.desired,
                    outbox=around.outbox,
                    pacer=around.pacer,
                    line=around.ledger,
                    frames_seen=around.frames_seen,
                    restart=around.restart,
                    notice=around.notice,
                )
            )
        )
        if not around.offline:
            arguments = around.roots.origin.arguments
            made.append(Support(settings, around.outbox, partial(findings, arguments)))
    identity = Identity.of(settings.node.id, settings.broker)
    if identity is not None and settings.cloud is not None and not around.offline:
        spent = around.ledger.count if around.ledger is not None else lambda _: None
        made.append(Renewal(settings, identity, around.notice, system_clock, spent=spent))
    if settings.power is not None:
        made.append(_power(around))
    if settings.sensors:
        made.append(Sensors(settings.sensors, around.outbox, around.notice))
    return made


def _power(around: Surroundings) -> PowerKeeper:
    outbox = around.outbox

    def all_sent() -> bool:
        try:
            return around.offline or outbox.empty
        except OutboxError:
            return True  # nothing will ever be sent from it: no reason to stay awake

    return PowerKeeper(
        around.settings, around.pacer, fires_wait=partial(fires_wait, outbox), all_sent=all_sent
    )


@dataclass(slots=True)
class Beside:
    """Runs companions from `start` to `close`."""

    companions: Sequence[Companion]
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        self._threads = [
            threading.Thread(target=self._keep, args=(each,), name=each.name) for each in self.companions
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self._stopping.set()
        for each in self.companions:
            each.stop()
        for thread in self._threads:
            thread.join()

    def report(self) -> dict[str, Any]:
        """What they have to say in the next heartbeat."""
        said: dict[str, Any] = {}
        for each in self.companions:
            try:
                new = each.report()
                notices = [*said.get("notices", []), *new.get("notices", [])]
                said |= new
                if notices:
                    said["notices"] = notices
            except Exception:  # a heartbeat carries the effort: it must not fail for this
                log.exception("companion.report_failed", companion=each.name)
        return said

    def command(self, payload: bytes) -> None:
        """A command of the cloud, JSON, for whichever of them knows its kind. Returns at once."""
        for each in self.companions:
            if isinstance(each, Commanded):
                each.command(payload)

    def reported(self, heartbeat: Heartbeat) -> None:
        """A heartbeat with what they said is safe in the outbox."""
        for each in self.companions:
            if isinstance(each, Counting):
                try:
                    each.reported(heartbeat)
                except Exception:
                    log.exception("companion.reported_failed", companion=each.name)

    def _keep(self, companion: Companion) -> None:
        while not self._stopping.is_set():
            try:
                companion.run()
            except Exception:
                log.exception("companion.crashed", companion=companion.name, again_s=BEGIN_AGAIN_S)
            self._stopping.wait(BEGIN_AGAIN_S)
