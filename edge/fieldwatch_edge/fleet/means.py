"""What the agent works with, and where it comes from: the node that it is to change, its line, its power."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from fieldwatch_edge.fires_first import fires_wait
from fieldwatch_edge.fleet.ledger import Book
from fieldwatch_edge.fleet.software import Software
from fieldwatch_edge.link.budget import Lane

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fieldwatch_edge.desired import Desired
    from fieldwatch_edge.fleet.origin import Fetch, Origin
    from fieldwatch_edge.fleet.witness import Witness
    from fieldwatch_edge.link.ledger import Ledger as LineLedger
    from fieldwatch_edge.outbox import Outbox
    from fieldwatch_edge.power.pace import Pacer
    from fieldwatch_edge.settings import NodeSettings
    from fieldwatch_shared.messages import DesiredArtifact

NAME = "fleet"
"""Of the companion, and of its reason to keep the node awake."""
LEAST_ROOM = 64 * 1024
"""Of the line's budget, to go on with a download."""


@dataclass(frozen=True, slots=True)
class Roots:
    """What the agent has from who runs the node."""

    origin: Origin
    witness: Witness
    receipts: Callable[[], int]
    """How many the cloud has given since the node began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What it works with."""

    settings: NodeSettings
    """Those that the node works by now."""
    origin: Origin
    book: Book
    desired: Desired
    witness: Witness
    software: Software
    fetch: Fetch
    may_spend: Callable[[], str | None]
    """Why there is neither power nor line for a download now, in words; None: there is."""
    stay_awake: Callable[[str | None], None]
    """With a reason, the node does not sleep; None: it may again."""
    fires_wait: Callable[[], bool]
    frames_seen: Callable[[], int]
    restart: Callable[[], None]
    notice: Callable[[str], None]


def means(
    settings: NodeSettings,
    roots: Roots,
    *,
    desired: Desired,
    outbox: Outbox,
    pacer: Pacer,
    line: LineLedger | None,
    frames_seen: Callable[[], int],
    restart: Callable[[], None],
    notice: Callable[[str], None],
) -> Means:
    """Those of this node."""

    def fetch(artifact: DesiredArtifact, to: Path, may_go_on: Callable[[], bool]) -> bool:
        # Not at the top: it brings the HTTP client, and most nodes fetch something twice a year.
        from fieldwatch_edge.identity.session import CloudSession

        spent = (lambda _: None) if line is None else line.count
        with CloudSession.of(settings, spent=spent) as session:
            path = f"/node/artifacts/{artifact.sha256}"
            return session.download(path, to, artifact.sha256, artifact.bytes, lambda _: None, may_go_on)

    def may_spend() -> str | None:
        if line is not None and line.room(Lane.MEDIA) < LEAST_ROOM:
            return "the line's budget leaves no room now"
        return pacer.may_spend()

    software = Software(
        roots.origin,
        settings,
        roots.witness,
        frames_seen=frames_seen,
        receipts=roots.receipts,
        restart=restart,
        notice=notice,
    )
    return Means(
        settings=settings,
        origin=roots.origin,
        book=Book(settings.node.state_dir),
        desired=desired,
        witness=roots.witness,
        software=software,
        fetch=roots.origin.fetch or fetch,
        may_spend=may_spend,
        stay_awake=partial(pacer.stay_awake, NAME),
        fires_wait=partial(fires_wait, outbox),
        frames_seen=frames_seen,
        restart=restart,
        notice=notice,
    )
