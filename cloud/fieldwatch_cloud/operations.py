"""What changes more than one part at once: wired here, for the command line and the API alike."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Literal

import structlog

from fieldwatch_cloud.authority import admission
from fieldwatch_cloud.db import admin_log, certificates, geography, nodes, places
from fieldwatch_cloud.db.live import read_again
from fieldwatch_cloud.db.pool import connection
from fieldwatch_cloud.errors import CloudError, ServiceError
from fieldwatch_cloud.ingest.replay import replay
from fieldwatch_cloud.ingest.uploaded import take_in
from fieldwatch_cloud.notify.channels.email import plain
from fieldwatch_cloud.notify.device import DeliveryError
from fieldwatch_cloud.services.mosquitto import EmbeddedMosquitto
from fieldwatch_cloud.services.mosquitto_files import hash_password

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_cloud.media.store import MediaStore
    from fieldwatch_cloud.settings import CloudSettings
    from fieldwatch_shared.messages import Media

log = structlog.get_logger(__name__)


class CloudOperations:
    """Over the database of `settings`, which must hold its address."""

    def __init__(self, settings: CloudSettings, store: MediaStore) -> None:
        self._settings = settings
        self._store = store

    def add_node(self, node: str, *, reserve: str, name: str) -> str:
        """Create a node of the reserve and let it into the broker; returns its MQTT password.

        Raises:
            NotFoundError: no such reserve.
            AlreadyExistsError: the node's name is taken, in whatever reserve.
            RowRefusedError: the name is none for a topic.
            ServiceError: the node was created, but the broker does not know it; says what to do.
        """
        password = secrets.token_urlsafe(32)
        with connection(self._settings.database_url) as conn:
            reserve_id = geography.reserve_id(conn, reserve)
            nodes.add(conn, node, reserve_id=reserve_id, name=name, password_hash=hash_password(password))
        try:
            self._refresh_broker()
        except (OSError, CloudError) as error:
            raise ServiceError(
                f"node {node} was added, but the broker could not be told ({error}): when that is repaired, "
                f"run `fieldwatch cloud node password {node}`, which makes and prints a password"
            ) from error
        return password

    def renew_password(self, node: str) -> str:
        """A new MQTT password for a node; the old one ends at once.

        Raises:
            NotFoundError: no such node.
        """
        password = secrets.token_urlsafe(32)
        with connection(self._settings.database_url) as conn:
            nodes.set_password(conn, node, hash_password(password))
        try:
            self._refresh_broker()
        except (OSError, CloudError) as error:
            raise ServiceError(
                f"the password of {node} was changed, but the broker could not be told ({error}): when that "
                "is repaired, make another one"
            ) from error
        return password

    def admit_node(self, node: str, *, instead: bool) -> None:
        """Let a node that was enrolled into the broker.

        Args:
            instead: another box was this node before: its connection ends.

        Raises:
            ServiceError: the broker could not be told.
        """
        try:
            self._refresh_broker(throw_out=node if instead else None)
        except (OSError, CloudError) as error:
            raise ServiceError(
                f"node {node} was enrolled, but the broker could not be told ({error}): when that is "
                "repaired, enrol it again with the same code, within an hour"
            ) from error

    def revoke_node(self, node: str, *, by: UUID | None) -> list[str]:
        """Put a node out at once, at HTTPS and at the broker, where its open connection ends too.

        Args:
            by: the account that does so; None: the command line.

        Returns:
            the serials of the certificates that held until now.

        Raises:
            NotFoundError: no such node.
            ServiceError: it is out at HTTPS, but the broker could not be told; says what to do.
        """
        with connection(self._settings.database_url) as conn, conn.transaction():
            slug, reserve_id, name = places.node_reserve(conn, node)
            serials = admission.revoke(conn, node)
            admin_log.note(
                conn,
                by=by,
                reserve_id=reserve_id,
                action="node.revoked",
                subject=node,
                name=name,
                after={"serials": serials},
            )
            read_again(conn, slug)
        try:
            self._refresh_broker(throw_out=node)
        except (OSError, CloudError) as error:
            raise ServiceError(
                f"{node} was revoked, but the broker could not be told ({error}): when that is repaired, "
                "revoke it again"
            ) from error
        return serials

    def mail(self, email: str, language: Literal["en", "zh"], subject: str, text: str) -> str | None:
        """Send a mail that cannot wait for the outbox, because what it holds is kept nowhere: a link by which
        somebody sets a password.

        Returns:
            why it could not be sent; None: the mail server has taken it.
        """
        try:
            plain(self._settings.notify, email, subject, text)
        except DeliveryError as error:
            log.warning("mail.not_sent", language=language, reason=str(error))
            return str(error)
        return None

    def replay(self, quarantine_id: UUID) -> None:
        """Try a quarantined message again.

        Raises:
            NotFoundError: nothing in quarantine has this id.
            InvalidMessageError: it was refused again; says why.
        """
        largest = self._settings.media.max_bytes
        replay(self._settings.database_url, self._store, quarantine_id, largest_picture=largest)

    def take_in(self, reserve: str, node: str, record: Media, file: Path) -> None:
        """Take in a large picture that came in parts, as one that came over MQTT; the file stays.

        Raises:
            InvalidMessageError: its deployment is not the node's.
            DatabaseUnavailableError, MediaError: nothing can be kept now.
        """
        take_in(self._settings.database_url, self._store, reserve, node, record, file)

    def knows_the_broker(self) -> bool:
        """Whether the broker is the embedded one, which is told of what changes; one of your own is not."""
        url = self._settings.mqtt.url
        return url is None or EmbeddedMosquitto(self._settings.state).is_it(url.get_secret_value())

    def _refresh_broker(self, *, throw_out: str | None = None) -> None:
        """A broker of one's own keeps its own list of users; the embedded one is told.

        Args:
            throw_out: the node whose open connection ends.
        """
        if not self.knows_the_broker():
            return
        broker = EmbeddedMosquitto(self._settings.state)
        database_url = self._settings.database_url
        if throw_out is None:
            broker.refresh_access(lambda: node_access(database_url), lambda: revoked(database_url))
        else:
            broker.throw_out(throw_out, lambda: node_access(database_url), lambda: revoked(database_url))


def node_access(database_url: str) -> list[nodes.Access]:
    """Who may log in to the broker, now."""
    with connection(database_url) as conn:
        return nodes.access(conn)


def revoked(database_url: str) -> list[certificates.Revoked]:
    """Certificates of nodes that hold no more, now."""
    with connection(database_url) as conn:
        return certificates.revoked(conn)
