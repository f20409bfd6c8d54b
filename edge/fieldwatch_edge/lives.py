"""A node's lives in one process: each begins with settings and models read again, and ends for a newer
choice, or for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from fieldwatch_edge.errors import ConfigError, InUseError
from fieldwatch_edge.fleet.versions import to_be_left
from fieldwatch_edge.node import Node

if TYPE_CHECKING:
    from collections.abc import Callable

    from fieldwatch_edge.fleet.origin import Origin

log = structlog.get_logger(__name__)


def live(
    origin: Origin,
    born: Callable[[Node], bool],
    *,
    offline: bool = False,
    drain_timeout_s: float | None = None,
) -> tuple[Node, bool]:
    """Run node after node until one ends that does not begin anew.

    Args:
        born: told of each node before it runs, to be able to stop it; False: it need not run at all.
        drain_timeout_s: as of `Node.run`.

    Returns:
        The last node, and what its `run` returned.

    Raises:
        EdgeError: as `Node.run`; what can be mended by giving up what is on trial does not get here.
    """
    while True:
        beginning = origin.begin()
        node = Node(
            beginning.settings,
            search_path=beginning.search_path,
            offline=offline,
            origin=origin,
            notices=beginning.notices,
        )
        if not born(node):
            return node, False
        try:
            complete = node.run(drain_timeout_s)
        except InUseError:
            raise
        except ConfigError as error:
            if not beginning.on_trial or not origin.give_up(str(error)):
                raise
            log.error("node.begins_anew", why=str(error))  # noqa: TRY400  # a sentence
            continue
        # A thread that hangs in a driver holds its camera: only a new process gets it back.
        if not node.restarting or node.stuck is not None or to_be_left():
            return node, complete
        log.info("node.begins_anew")
