"""The notify process: hears of new calls, sends them, and carries on the incidents that nobody answers.

PostgreSQL NOTIFY ─▶ listener ─▶ lanes (worker.py) ─▶ channels ─▶ phones
                     ticker (escalation.py) ─▶ next steps, retries that are due
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import structlog

from fieldwatch_cloud.db import deliveries, pictures, reporting
from fieldwatch_cloud.db.listen import waking
from fieldwatch_cloud.db.pool import Database
from fieldwatch_cloud.errors import DatabaseUnavailableError, MediaError, NotFoundError
from fieldwatch_cloud.media.thumbnails import Thumbnails
from fieldwatch_cloud.notify import compose, reach
from fieldwatch_cloud.notify.channels import send
from fieldwatch_cloud.notify.channels.clients import Clients
from fieldwatch_cloud.notify.escalation import Ticker
from fieldwatch_cloud.notify.worker import WORKERS, Lanes
from fieldwatch_cloud.reporting import files

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from fieldwatch_cloud.calls.message import Message
    from fieldwatch_cloud.media.store import MediaStore
    from fieldwatch_cloud.notify.device import Device, Sent
    from fieldwatch_cloud.settings import CloudSettings

log = structlog.get_logger(__name__)
LOOK_UP_S = 0.5
RETRY_S = 0.5
WAIT_S = 2.0
"""For a connection. Nobody here waits for another's, so this is how long a lost database is waited for before
it is asked for anew."""
PICTURE_PX = 640
"""Width of the picture in an e-mail."""


def run(
    settings: CloudSettings,
    store: MediaStore,
    stopping: threading.Event,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Work until `stopping` is set; several may, on several machines. Without the database it waits.

    Args:
        ready: called once it listens and works.

    Raises:
        SettingsError: a channel is set up wrongly.
    """
    base_url = (settings.http.public_url or "").rstrip("/")
    # A connection for each worker: one that records a result must not wait for those that look for work.
    with Database(settings.database_url, size=sum(WORKERS.values()) + 2, wait_s=WAIT_S) as db:
        clients = _clients(settings, db, store, stopping)
        if clients is None:
            return
        with clients:
            ticker: Ticker
            lanes = Lanes(
                db,
                lambda conn, claimed: compose.message(conn, claimed, base_url),
                lambda device, message: _send(device, message, clients),
                lease_s=settings.notify.lease_s,
                on_failure=lambda: ticker.wake(),
            )
            ticker = Ticker(db, lanes.wake)
            listener = threading.Thread(
                target=_listen, args=(settings.database_url, lanes, stopping, ready), name="notify listener"
            )
            lanes.start()
            ticker.start()
            listener.start()
            stopping.wait()
            listener.join()
            ticker.stop()
            lanes.stop()


def _send(device: Device, message: Message, clients: Clients) -> Sent:
    reach.check(device, private_networks=clients.settings.private_networks)
    return send(device, message, clients)


def _clients(
    settings: CloudSettings, db: Database, store: MediaStore, stopping: threading.Event
) -> Clients | None:
    """None: told to stop before the database was there."""
    thumbnails = Thumbnails(
        store, settings.media_dir / "thumbnails", most_bytes=settings.media.thumbnail_bytes
    )

    def picture(media_id: UUID) -> bytes | None:
        try:
            with db.transaction() as conn:
                found = pictures.picture(conn, media_id)
            return thumbnails.jpeg(found.sha256, PICTURE_PX)
        except (NotFoundError, MediaError) as error:
            log.warning("notify.no_picture", media_id=str(media_id), reason=str(error))
            return None

    def report(report_id: UUID) -> tuple[str, bytes] | None:
        try:
            with db.transaction() as conn:
                found = reporting.report(conn, report_id)
            if found.pdf_sha256 is None:
                return None
            return f"{files.name(found)}.pdf", files.store(settings.media_dir).read(found.pdf_sha256)
        except (NotFoundError, MediaError) as error:
            log.warning("notify.no_report", report_id=str(report_id), reason=str(error))
            return None

    while not stopping.is_set():
        try:
            with db.transaction() as conn:
                return Clients.of(settings, conn, picture, report)
        except DatabaseUnavailableError as error:
            log.warning("notify.waiting", reason=str(error))
            stopping.wait(RETRY_S)
    return None


def _listen(url: str, lanes: Lanes, stopping: threading.Event, ready: Callable[[], None]) -> None:
    """Wake the lanes of what is notified. The ticker finds within a second what this misses."""
    said = False
    while not stopping.is_set():
        try:
            for channels in waking(url, deliveries.CHANNEL, look_up_s=LOOK_UP_S):
                if stopping.is_set():
                    return
                if channels is not None:
                    lanes.wake(channels)
                elif not said:
                    said = True
                    lanes.wake()
                    log.info("notify.ready")
                    ready()
        except DatabaseUnavailableError as error:
            log.warning("notify.deaf", reason=str(error))
        except Exception:
            log.exception("notify.listener_failed")
        stopping.wait(RETRY_S)
