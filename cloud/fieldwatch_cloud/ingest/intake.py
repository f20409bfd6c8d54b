"""A batch of messages into the database, in one transaction; what does not belong there into quarantine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import structlog

from fieldwatch_cloud.alarms import wildlife
from fieldwatch_cloud.alarms.evidence import lock_reserves, record_suspicion
from fieldwatch_cloud.db import (
    desired,
    fleet,
    flights,
    heartbeats,
    masks,
    media,
    node_power,
    nodes,
    quarantine,
    readings,
    retention,
    staging,
)
from fieldwatch_cloud.db.live import News
from fieldwatch_cloud.db.pool import translated
from fieldwatch_cloud.deployment_news import health, health_changes
from fieldwatch_cloud.errors import CloudError, DatabaseUnavailableError, InvalidMessageError, MediaError
from fieldwatch_cloud.ingest import announce, quota
from fieldwatch_cloud.ingest.belonging import not_its_own, until_the_end
from fieldwatch_cloud.ingest.parse import Incoming, Message, Observations, Picture
from fieldwatch_shared.messages import EffortSpan, Heartbeat, NodeState, ReadingBatch, Suspicion, utc_now

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.media.store import MediaStore

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Refused:
    """A message for quarantine."""

    incoming: Incoming
    reason: str


Item: TypeAlias = Message | Refused


class Intake:
    """Writes batches over one connection, which must be in autocommit mode and nobody else's."""

    def __init__(self, conn: Connection, store: MediaStore, limits: quota.Limits | None = None) -> None:
        """`limits`: what each node may bring in a day; None: a person brings it, and knows."""
        self._conn = conn
        self._store = store
        self._limits = limits
        with translated():
            staging.prepare(conn)

    def accept(self, batch: Sequence[Item]) -> list[Item]:
        """Commit the batch. Afterwards each message is in the tables or in quarantine, and on disk.

        A message that the database refuses is found by halving the batch, so that it alone goes to
        quarantine. The same messages again change nothing.

        Returns:
            those that not even quarantine could hold, and what is beyond a node's limits: nothing of them is
            kept here, so that their nodes must keep them.

        Raises:
            DatabaseUnavailableError, MediaError: nothing can be kept now; nothing of the rest is committed.
        """
        fires = [item for item in batch if _is_fire(item)]
        if fires and len(fires) < len(batch):
            # By themselves: what else came with them may wait for a node that somebody else holds.
            return self.accept(fires) + self.accept([item for item in batch if not _is_fire(item)])
        try:
            return self._commit(batch)
        except (DatabaseUnavailableError, MediaError):
            raise
        except Exception as error:
            # Whatever it is, one message must not stop all others: it would come again after each restart.
            if len(batch) > 1:
                middle = len(batch) // 2
                return self.accept(batch[:middle]) + self.accept(batch[middle:])
            (item,) = batch
            if isinstance(item, Refused):
                log.exception("ingest.given_up", topic=item.incoming.topic[:200], reason=item.reason)
                return [item]
            if not isinstance(error, CloudError):
                log.exception("ingest.failed", topic=item.incoming.topic)
            return self.accept([Refused(item.incoming, f"{type(error).__name__}: {error}")])

    def accept_one(self, message: Message) -> None:
        """Commit one message, or say why not; quarantine is left alone.

        Raises:
            InvalidMessageError: its deployments are not its node's, or have ended before.
            DatabaseError, MediaError: see `accept`.
        """
        for item in self._check([message]):
            if isinstance(item, Refused):
                raise InvalidMessageError(item.reason)
        self._commit([message])

    def _commit(self, batch: Sequence[Item]) -> list[Item]:
        """Returns what its nodes may not bring today any more."""
        with translated():
            items, over = self._check(batch), list[Item]()
            count = None
            if self._limits is not None:
                count = quota.Count(self._conn, self._limits, items, utc_now())
                checked, items = items, []
                for item in checked:
                    (items if count.admits(item) else over).append(item)
            for item in items:
                # The picture first: a row must never point at a file that is not there.
                if isinstance(item, Message) and isinstance(item.content, Picture):
                    self._keep(item.content)
            news = News()
            with self._conn.transaction():
                for item in items:
                    if isinstance(item, Refused):
                        log.warning("ingest.quarantined", topic=item.incoming.topic, reason=item.reason)
                        quarantine.add(self._conn, *_held(item.incoming), item.reason)
                self._write([item for item in items if isinstance(item, Message)], news)
                news.announce(self._conn)
                if count is not None:
                    count.keep()
        return over

    def _keep(self, picture: Picture) -> None:
        if isinstance(picture.content, bytes):
            self._store.put(picture.record.sha256, picture.content)
        else:
            self._store.put_file(picture.record.sha256, picture.content)

    def _check(self, batch: Sequence[Item]) -> list[Item]:
        """Refuse what speaks of deployments that are not its node's own, and what was seen after their end.

        A message of which only a part is refused is there twice: refused as it came, and without that part.
        """
        messages = [item for item in batch if isinstance(item, Message)]
        wanted = frozenset().union(*(message.deployments for message in messages))
        deployments = nodes.known(self._conn, wanted) if wanted else {}
        nodes_seen: dict[tuple[str, str], bool] = {}
        checked: list[Item] = []
        for item in batch:
            if isinstance(item, Refused):
                checked.append(item)
                continue
            reason = not_its_own(item, deployments)
            if reason is None and not item.deployments:
                source = (item.topic.node, item.topic.reserve)
                if source not in nodes_seen:
                    nodes_seen[source] = nodes.exists(self._conn, *source)
                if not nodes_seen[source]:
                    reason = f"there is no node {source[0]!r} in reserve {source[1]!r}"
            if reason is not None:
                checked.append(Refused(item.incoming, reason))
                continue
            kept, reason = until_the_end(item, deployments)
            if kept is not None:
                checked.append(kept)
            if reason is not None:
                checked.append(Refused(item.incoming, reason))
        return checked

    def _write(self, messages: Sequence[Message], news: News) -> None:
        seen = [message for message in messages if isinstance(message.content, Observations)]
        self._write_observations(seen, news)
        flights.place_all(self._conn, [one for message in seen for one in message.places])
        lock_reserves(self._conn, {m.topic.reserve for m in messages if isinstance(m.content, Suspicion)})
        # As they came, two workers would lock two nodes in opposite orders, and a roll-out that tells them
        # both in one of these. Not those of heartbeats, of which a batch has many, and a person who tells a
        # node something would wait for all of them: these come sorted, after the rest.
        states = [m.topic.node for m in messages if isinstance(m.content, NodeState)]
        masks.lock_nodes(self._conn, states)
        effort: list[EffortSpan] = []
        beats: list[tuple[str, Heartbeat]] = []
        for message in _heartbeats_last(messages):
            reserve, node = message.topic.reserve, message.topic.node
            match message.content:
                case Suspicion() as suspicion:
                    record_suspicion(self._conn, reserve, suspicion, news)
                case Picture(record) as picture:
                    if media.insert(self._conn, record, picture.size):
                        announce.media(news, reserve, record)
                    else:
                        retention.came_again(self._conn, record.id)
                    flights.place_all(self._conn, message.places)
                case Heartbeat() as heartbeat:
                    effort += heartbeat.effort
                    before = health(self._conn, node, utc_now())
                    if heartbeats.insert(self._conn, node, heartbeat):
                        beats.append((node, heartbeat))
                        node_power.add(self._conn, node, heartbeat, utc_now())
                        health_changes(self._conn, news, reserve, node, before, utc_now())
                case ReadingBatch(readings=brought):
                    readings.insert(self._conn, node, brought)
                case NodeState(online=online, desired_version=version):
                    if version is not None:
                        desired.reported(self._conn, node, version)
                    before = health(self._conn, node, utc_now())
                    if nodes.set_online(self._conn, node, reserve, online=online):
                        health_changes(self._conn, news, reserve, node, before, utc_now())
        self._write_fleet(beats)
        heartbeats.insert_effort(self._conn, effort)

    def _write_fleet(self, beats: Sequence[tuple[str, Heartbeat]]) -> None:
        if not beats:
            return
        try:
            with translated(), self._conn.transaction():
                fleet.heard(self._conn, beats, utc_now())
        except DatabaseUnavailableError:
            raise
        except Exception:
            # What we make of heartbeats must not cost them, nor the effort that they carry.
            log.exception("ingest.fleet_failed")

    def _write_observations(self, messages: Sequence[Message], news: News) -> None:
        rows: list[staging.Row] = []
        reserve_of: dict[UUID, str] = {}
        for message in messages:
            assert isinstance(message.content, Observations)  # noqa: S101  The caller has sorted them out.
            rows += message.content.rows
            for deployment in message.content.deployments:
                reserve_of[deployment] = message.topic.reserve
        new, ids = staging.insert(self._conn, rows)
        if not new:
            return
        try:
            with translated(), self._conn.transaction():
                wildlife.judge(self._conn, reserve_of, rows, utc_now())
        except DatabaseUnavailableError:
            raise
        except Exception:
            # A rule that we fail over must not cost the counts.
            log.exception("ingest.rules_failed")
        if ids is None:
            for reserve in set(reserve_of.values()):
                news.too_many(reserve)
        else:
            announce.observations(news, reserve_of, rows, ids, utc_now())


def _heartbeats_last(messages: Sequence[Message]) -> list[Message]:
    """As they came; of heartbeats only those of one node, and their nodes sorted."""
    beats = [message for message in messages if isinstance(message.content, Heartbeat)]
    rest = [message for message in messages if not isinstance(message.content, Heartbeat)]
    return rest + sorted(beats, key=lambda message: message.topic.node)


def _is_fire(item: Item) -> bool:
    return isinstance(item, Message) and isinstance(item.content, Suspicion)


def _held(incoming: Incoming) -> tuple[str, bytes, dict[str, str]]:
    return incoming.topic, incoming.payload, dict(incoming.properties)
