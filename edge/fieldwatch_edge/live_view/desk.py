"""Takes the cloud's commands, begins and ends live views, and refuses what the settings do not allow."""

from __future__ import annotations

import ssl
import threading
from collections import deque
from importlib.util import find_spec
from typing import TYPE_CHECKING

import structlog
from pydantic import ValidationError

from fieldwatch_edge.errors import ConfigError
from fieldwatch_edge.live_view.budget import BUDGET_FILE, DayBudget
from fieldwatch_shared.messages import Command, LiveView, StopLiveView

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    import httpx2

    from fieldwatch_edge.live_view.handover import Handover
    from fieldwatch_edge.live_view.show import Show
    from fieldwatch_edge.settings import NodeSettings

log = structlog.get_logger(__name__)

REMEMBERED = 100


class LiveViews:
    """All live views of a node. `offer` may be called from any thread, and returns at once."""

    def __init__(
        self,
        settings: NodeSettings,
        handovers: Mapping[UUID, Handover],
        *,
        fires_wait: Callable[[], bool],
        may_spend: Callable[[], str | None] = lambda: None,
        line_left: Callable[[], str | None] = lambda: None,
        spent: Callable[[int], None] = lambda _: None,
    ) -> None:
        """
        Args:
            handovers: of each camera, by its deployment.
            fires_wait: whether the link has a fire to send, which everything waits for.
            may_spend: why there is no power for it now, in words; None: there is.
            line_left: why the line has no room for it now; as `may_spend`.
            spent: told of the bytes that go over the line.

        Raises:
            ConfigError: the CA file cannot be read.
        """
        self._settings, self._broker, self._cloud = settings.live_view, settings.broker, settings.cloud
        self._handovers, self._fires_wait, self._may_spend = handovers, fires_wait, may_spend
        self._line_left = line_left
        self._budget = DayBudget(
            settings.node.state_dir / BUDGET_FILE, self._settings.bytes_per_day, spent=spent
        )
        if self._settings.ca_file is not None:
            try:
                ssl.create_default_context(cafile=self._settings.ca_file)
            except OSError as error:
                raise ConfigError(f"cannot use the CA file {self._settings.ca_file}: {error}") from error
        self._http: httpx2.Client | None = None
        self._lock = threading.Lock()
        self._shows: dict[UUID, Show] = {}
        """By deployment."""
        self._known: deque[UUID] = deque(maxlen=REMEMBERED)
        """A command that comes twice begins nothing twice."""
        self._refusals: list[threading.Thread] = []
        """Under way."""
        self._closed = False

    def offer(self, payload: bytes) -> None:
        """Do what a command says. One that cannot be read changes nothing: a newer node may know it."""
        try:
            command = Command.model_validate_json(payload).command
        except ValidationError as error:
            log.warning("live_view.command_unknown", bytes=len(payload), error=str(error))
            return
        with self._lock:
            if self._closed:
                return
            if isinstance(command, StopLiveView):
                self._stop(command.id)
            elif isinstance(command, LiveView) and command.id not in self._known:
                self._known.append(command.id)
                self._begin(command)

    def close(self) -> None:
        """End all of them, and wait for a moment that they can say so."""
        with self._lock:
            self._closed = True
            shows = list(self._shows.values())
        for show in shows:
            show.stop("node_stopped")
        for thread in [*shows, *self._refusals]:
            thread.join(timeout=5)
        if self._http is not None and not any(thread.is_alive() for thread in [*shows, *self._refusals]):
            self._http.close()

    def _stop(self, id_: UUID) -> None:
        for show in self._shows.values():
            if show.wanted.id == id_:
                show.stop(known=True)

    def _begin(self, wanted: LiveView) -> None:
        # Encoder and HTTP client take 30 MB, which a node that nobody asks has a better use for.
        from fieldwatch_edge.live_view.upload import Target, client, refusal, tell_end

        why = refusal(wanted.upload_url, self._settings, self._broker, self._cloud)
        if why is not None:
            # Not told to whom: a message would go to that very address.
            log.error("live_view.address_refused", reason=why)
            return
        http = self._http = self._http or client(self._settings, self._cloud)
        refused = self._refused(wanted)
        if refused is not None:
            reason, detail = refused
            log.info("live_view.not_begun", id=str(wanted.id), reason=reason, detail=detail)
            target = Target(wanted.upload_url, wanted.token)
            telling = threading.Thread(
                target=tell_end, args=(http, target, reason, detail), name="live-view-no", daemon=True
            )
            self._refusals = [thread for thread in self._refusals if thread.is_alive()] + [telling]
            telling.start()
            return
        from fieldwatch_edge.live_view.show import Show  # not sooner: a lean node has no encoder

        show = Show(
            wanted,
            self._settings,
            self._handovers[wanted.deployment_id],
            self._budget,
            http,
            fires_wait=self._fires_wait,
            may_spend=self._may_spend,
            line_left=self._line_left,
            before=self._shows.get(wanted.deployment_id),
        )
        self._shows[wanted.deployment_id] = show
        show.start()

    def _refused(self, wanted: LiveView) -> tuple[str, str | None] | None:
        """Reason and details, where it cannot be."""
        if not self._settings.enabled:
            return "disabled", None
        if find_spec("av") is None:
            return "disabled", "this node has no encoder: pip install 'fieldwatch[live]'"
        if wanted.deployment_id not in self._handovers:
            return "unknown_camera", None
        others = sum(
            show.is_alive() for deployment, show in self._shows.items() if deployment != wanted.deployment_id
        )
        if others >= self._settings.at_once:
            return "busy", f"{others} cameras are shown already"
        if not self._budget.left:
            return "day_budget", f"{self._settings.bytes_per_day} bytes of today are used up"
        for reason, ask in (("power", self._may_spend), ("day_budget", self._line_left)):
            why = ask()
            if why is not None:
                return reason, why
        return None
