"""What handlers need beside their request: made once in the app's lifespan, reached by dependency."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, Protocol
from uuid import UUID

from fastapi import Depends, Request

from fieldwatch_cloud.api.attempts import Attempts
from fieldwatch_cloud.api.live import Live
from fieldwatch_cloud.authority.keys import Authority
from fieldwatch_cloud.db.pool import Database
from fieldwatch_cloud.estimates.workers import Workers
from fieldwatch_cloud.live_view.shelf import Shelf
from fieldwatch_cloud.media.store import MediaStore
from fieldwatch_cloud.media.thumbnails import Thumbnails
from fieldwatch_cloud.settings import CloudSettings
from fieldwatch_cloud.tiles.service import Tiles
from fieldwatch_shared.cards import Measured
from fieldwatch_shared.messages import Media


class Operations(Protocol):
    """What the API asks of parts that it must not know: the broker's accounts and ingest. Wired by the
    command line."""

    def add_node(self, node: str, *, reserve: str, name: str) -> str:
        """Create a node of the reserve and let it into the broker; returns its MQTT password.

        Raises:
            NotFoundError: no such reserve.
            AlreadyExistsError: the node's name is taken, in whatever reserve.
            ServiceError: the node was created, but the broker does not know it; says what to do.
        """

    def renew_password(self, node: str) -> str:
        """A new MQTT password for a node; the old one ends at once.

        Raises:
            NotFoundError: no such node.
            ServiceError: the broker could not be told; says what to do.
        """

    def admit_node(self, node: str, *, instead: bool) -> None:
        """Let a node that was enrolled into the broker.

        Args:
            instead: another box was this node before: its connection ends.

        Raises:
            ServiceError: the broker could not be told; says what to do.
        """

    def revoke_node(self, node: str, *, by: UUID | None) -> list[str]:
        """Put a node out at once; returns the serials of the certificates that held until now.

        Raises:
            NotFoundError: no such node.
            ServiceError: the broker could not be told; says what to do.
        """

    def mail(self, email: str, language: Literal["en", "zh"], subject: str, text: str) -> str | None:
        """Send a mail that cannot wait for the outbox, because what it holds is kept nowhere.

        Returns:
            why it could not be sent; None: the mail server has taken it.
        """

    def take_in(self, reserve: str, node: str, record: Media, file: Path) -> None:
        """Take in a large picture that came in parts, as one that came over MQTT; the file stays.

        Raises:
            InvalidMessageError: its deployment is not the node's.
            DatabaseUnavailableError, MediaError: nothing can be kept now.
        """

    def replay(self, quarantine_id: UUID) -> None:
        """Try a quarantined message again.

        Raises:
            NotFoundError: nothing in quarantine has this id.
            InvalidMessageError: it was refused again; says why.
        """


@dataclass(frozen=True, slots=True)
class Services:
    settings: CloudSettings
    database: Database
    operations: Operations
    media: MediaStore
    thumbnails: Thumbnails
    live: Live
    attempts: Attempts
    """To log in, by address and place."""
    place_attempts: Attempts
    """To log in, by place: trying one password on many addresses is guessing too."""
    detectors: Mapping[str, Measured]
    """What was measured of the models that observations come from, by `name@version`."""
    workers: Workers
    """Processes for estimates."""
    authority: Callable[[], Authority]
    """The reserve's own; its keys are made the first time that anybody asks."""
    node_attempts: Attempts
    """To enrol, or to log in as a node, by place."""
    receipt_attempts: Attempts
    """To confirm a delivery, by place."""
    live_views: Shelf
    live_view_attempts: Attempts
    """To see a camera live, by account."""
    tiles: Tiles
    """Of the map, kept in memory."""
    reserve_ids: dict[str, UUID] = field(default_factory=dict)
    """By slug, those that were asked for: no reserve is ever removed, or called by another slug."""


# Coroutines, though they wait for nothing: functions FastAPI would call on a thread each, which takes longer.
async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def _database(request: Request) -> Database:
    return (await _services(request)).database


Wired = Annotated[Services, Depends(_services)]
Db = Annotated[Database, Depends(_database)]
