"""An ingest worker: three lanes, each a broker connection, a queue and a database connection of its own; and
in the first worker, the way down to the nodes (`downlink`).

Fires and nodes' states have the urgent lane: after an outage a hundred thousand observations may be waiting
in the broker, and a fire must not stand in that line. Pictures have theirs: with the disk for them full they
wait, but nothing that fits into the database does.
"""

from __future__ import annotations

import gc
import threading
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from fieldwatch_cloud.db.pool import connection
from fieldwatch_cloud.errors import CloudError, DatabaseUnavailableError, InvalidMessageError, MediaError
from fieldwatch_cloud.ingest.downlink import Downlink
from fieldwatch_cloud.ingest.inbox import Delivery, Inbox, Token
from fieldwatch_cloud.ingest.intake import Intake, Item, Refused
from fieldwatch_cloud.ingest.parse import Incoming, message_id, parse
from fieldwatch_cloud.ingest.quota import limits
from fieldwatch_cloud.ingest.subscriber import Address, Subscriber
from fieldwatch_shared.messages import utc_now
from fieldwatch_shared.topics import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from fieldwatch_cloud.media.store import MediaStore
    from fieldwatch_cloud.settings import CloudSettings

log = structlog.get_logger(__name__)

FIRST_RETRY_S, LONGEST_RETRY_S = 0.1, 5.0
SESSION_EXPIRY_S = 7 * 24 * 3600
EXTRA_SESSION_EXPIRY_S = 600
"""For workers beyond the first: a broker gives a vanished worker its share until its session has ended."""


@dataclass(frozen=True, slots=True)
class LaneKinds:
    name: str
    shared: tuple[Kind, ...]
    plain: tuple[Kind, ...]
    receive_maximum: int = 65535
    """Where it is smaller than that of the settings: messages in memory, not yet committed."""
    batch_messages: int = 65535
    """Where it is smaller than that of the settings: messages in one transaction."""


# Few at once: the first fire of a backlog calls when its batch is committed, and no ranger's answer gets at
# the reserve's incidents before that.
URGENT = LaneKinds("urgent", (Kind.SUSPICIONS,), (Kind.STATE,), batch_messages=20)
BULK = LaneKinds("bulk", (Kind.OBSERVATIONS, Kind.HEARTBEAT, Kind.READINGS), ())
PICTURES = LaneKinds("pictures", (Kind.MEDIA,), (), receive_maximum=100)
LANES = (URGENT, BULK, PICTURES)


class Lane:
    """Takes what the broker sends, commits it, then acknowledges it and sends receipts."""

    def __init__(self, settings: CloudSettings, store: MediaStore, slot: int, kinds: LaneKinds) -> None:
        self._settings = settings
        self._store = store
        self._inbox = Inbox()
        self._batch_messages = min(settings.ingest.batch_messages, kinds.batch_messages)
        self._stopping = threading.Event()
        name = str(slot) if kinds is BULK else f"{slot}_{kinds.name}"
        self.name = f"ingest_{name}"
        self._subscriber = Subscriber(
            Address.parse(settings.mqtt_url, name),
            client_id=f"fieldwatch_ingest_{name}",
            shared=kinds.shared,
            plain=kinds.plain,
            on_message=self._receive,
            on_disconnect=self._inbox.connection_ended,
            receive_maximum=min(settings.ingest.receive_maximum, kinds.receive_maximum),
            session_expiry_s=EXTRA_SESSION_EXPIRY_S if slot else SESSION_EXPIRY_S,
            ca_file=settings.mqtt.ca_file,
        )

    @property
    def ready(self) -> threading.Event:
        """Set once messages can come."""
        return self._subscriber.subscribed

    def stop(self) -> None:
        """Have `run` finish the batch in hand and return."""
        self._stopping.set()
        self._inbox.close()

    def run(self) -> None:
        """Work until `stop`. Without the database it waits, and acknowledges nothing."""
        self._subscriber.start()
        try:
            self._run()
        finally:
            self._subscriber.stop()

    def _run(self) -> None:
        batch: list[Delivery] = []
        retry_s = FIRST_RETRY_S
        while not self._stopping.is_set():
            try:
                with connection(self._settings.database_url) as conn:
                    intake = Intake(conn, self._store, limits(self._settings.ingest))
                    while not self._stopping.is_set():
                        batch = batch or self._inbox.take(
                            messages=self._batch_messages,
                            size=self._settings.ingest.batch_bytes,
                        )
                        if batch:
                            given_up = intake.accept([delivery.item for delivery in batch])
                            self._confirm(batch, given_up)
                            batch = []
                            retry_s = FIRST_RETRY_S
            except (DatabaseUnavailableError, MediaError) as error:
                log.warning("ingest.waiting", lane=self.name, reason=str(error), retry_s=retry_s)
                self._stopping.wait(retry_s)
                retry_s = min(2 * retry_s, LONGEST_RETRY_S)

    def _confirm(self, batch: Sequence[Delivery], given_up: Sequence[Item]) -> None:
        """The broker may forget the whole batch; a node keeps what was given up, and sends it again later."""
        self._subscriber.acknowledge([delivery.token for delivery in batch])
        receipts: dict[tuple[str, str], list[UUID]] = defaultdict(list)
        for delivery in batch:
            source = _source(delivery.item)
            kept = not any(delivery.item.incoming is item.incoming for item in given_up)
            if delivery.receipt_id is not None and source is not None and kept:
                receipts[source].append(delivery.receipt_id)
        for (reserve, node), ids in receipts.items():
            self._subscriber.send_receipt(reserve, node, ids)
        log.debug("ingest.committed", lane=self.name, messages=len(batch))

    def _receive(self, incoming: Incoming, token: Token) -> None:
        """In the network thread: parsing there overlaps with the worker's waiting for PostgreSQL."""
        item: Item
        try:
            item = parse(incoming, utc_now(), largest_picture=self._settings.media.max_bytes)
            id_ = item.id
        except InvalidMessageError as error:
            item, id_ = Refused(incoming, str(error)), message_id(incoming)
        except Exception as error:
            # An exception here would end paho's thread, and with it all that comes after this message.
            log.exception("ingest.parse_failed", topic=incoming.topic)
            item, id_ = Refused(incoming, f"{type(error).__name__}: {error}"), message_id(incoming)
        self._inbox.put(Delivery(item, token, id_))


def _source(item: Item) -> tuple[str, str] | None:
    """(reserve, node) of the topic it came by; None where that is no topic of ours."""
    try:
        topic = item.topic if not isinstance(item, Refused) else Topic.parse(item.incoming.topic)
    except ValueError:
        return None
    return topic.reserve, topic.node


def run(
    settings: CloudSettings,
    store: MediaStore,
    slot: int,
    stopping: threading.Event,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Run worker `slot` until `stopping` is set; `ready` is called once it is subscribed to everything.

    Raises:
        CloudError: a lane failed; the worker must be started anew.
    """
    lanes = [Lane(settings, store, slot, kinds) for kinds in LANES]
    # One worker tells the nodes what to do: there is little to tell, and an older word must not come last.
    downlinks = [Downlink(settings, slot)] if slot == 0 else []
    failures: list[BaseException] = []

    def work(lane: Lane | Downlink) -> None:
        try:
            lane.run()
        except BaseException as error:
            log.exception("ingest.lane_failed", lane=lane.name)
            failures.append(error)
        finally:
            stopping.set()

    parts: list[Lane | Downlink] = [*lanes, *downlinks]
    threads = [threading.Thread(target=work, args=(part,), name=part.name) for part in parts]
    for thread in threads:
        thread.start()
    while not (stopping.is_set() or all(lane.ready.is_set() for lane in lanes)):
        stopping.wait(0.05)
    if not stopping.is_set():
        log.info("ingest.ready", slot=slot)
        ready()
    stopping.wait()
    for part in parts:
        part.stop()
    for thread in threads:
        thread.join()
    if failures:
        raise CloudError(f"ingest failed: {failures[0]}") from failures[0]


def tune_collector() -> None:
    """For a process that does nothing but ingest. A batch holds ten thousands of small objects, all of which
    live until the commit: with the default thresholds the collector walks through them again and again."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
