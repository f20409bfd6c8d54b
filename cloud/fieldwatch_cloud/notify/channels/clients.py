"""What the channels share: settings, connections that stay open, and our key."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Self

import httpx2
import structlog

from fieldwatch_cloud.db import keys
from fieldwatch_cloud.errors import SettingsError
from fieldwatch_cloud.notify.keys import Vapid

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.settings import CloudSettings, NotifySettings

log = structlog.get_logger(__name__)
CONNECT_S, READ_S = 5.0, 10.0
"""Together with what an answer may take (`channels.http`) less than a worker's lease (`notify.worker`)."""
CONNECTIONS = 100
IDLE_S = 120.0
"""A push service closes idle connections after minutes; one that is open saves a fire its handshake."""


def trusted(settings: NotifySettings) -> ssl.SSLContext:
    """What servers must show.

    Raises:
        SettingsError: the file of authorities cannot be read.
    """
    tls = ssl.create_default_context()
    if settings.ca_file is not None:
        try:
            tls.load_verify_locations(settings.ca_file)
        except OSError as error:  # ssl.SSLError is one.
            raise SettingsError(
                f"FIELDWATCH_NOTIFY_CA_FILE: cannot read certificates from {settings.ca_file}: "
                f"{error.strerror or error}"
            ) from error
    return tls


class Clients:
    """One per process, for all of its threads; a context manager.

    with Clients(settings, vapid, picture=store_picture) as clients:
        send(device, message, clients)
    """

    def __init__(
        self,
        settings: NotifySettings,
        vapid: Vapid,
        picture: Callable[[UUID], bytes | None] = lambda _: None,
        report: Callable[[UUID], tuple[str, bytes] | None] = lambda _: None,
    ) -> None:
        """
        Args:
            picture: a small JPEG of a media id, or None where there is none; goes into e-mails.
            report: file name and PDF of a report's id, or None where its file is lost.

        Raises:
            SettingsError: the file of authorities cannot be read.
        """
        self.settings = settings
        self.vapid = vapid
        self.picture = picture
        self.report = report
        self.tls = trusted(settings)
        self.http = httpx2.Client(
            verify=self.tls,
            timeout=httpx2.Timeout(READ_S, connect=CONNECT_S, write=CONNECT_S, pool=CONNECT_S),
            limits=httpx2.Limits(
                max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS, keepalive_expiry=IDLE_S
            ),
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "Fieldwatch"},
        )

    @classmethod
    def of(
        cls,
        settings: CloudSettings,
        conn: Connection,
        picture: Callable[[UUID], bytes | None] = lambda _: None,
        report: Callable[[UUID], tuple[str, bytes] | None] = lambda _: None,
    ) -> Self:
        """With the key that the database keeps; `conn` is not kept."""
        if settings.push_contact is None:
            log.warning("push.no_contact", hint="Apple refuses us: set FIELDWATCH_NOTIFY_VAPID_SUBJECT")
        return cls(settings.notify, Vapid(keys.push_key(conn), settings.push_contact), picture, report)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()
