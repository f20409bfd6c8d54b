"""What nodes are to do, to the broker: their desired state, retained there, so that a node gets it whenever
it comes online; and commands, which a node hears now or never."""

from __future__ import annotations

import math
import ssl
import threading
from typing import TYPE_CHECKING, Any

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from fieldwatch_cloud.authority.keys import Authority
from fieldwatch_cloud.db import commands, desired, node_logs
from fieldwatch_cloud.db.listen import waking
from fieldwatch_cloud.db.pool import connection
from fieldwatch_cloud.errors import AuthorityError, DatabaseUnavailableError
from fieldwatch_cloud.ingest.subscriber import KEEPALIVE_S, Address
from fieldwatch_cloud.live_view import sessions
from fieldwatch_shared.messages import SCHEMA_VERSION, Command, DesiredState, utc_now
from fieldwatch_shared.topics import Kind, Topic

if TYPE_CHECKING:
    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.settings import CloudSettings

log = structlog.get_logger(__name__)

LOOK_UP_S = 1.0
PUBACK_WITHIN_S = 20.0
FIRST_RETRY_S, LONGEST_RETRY_S = 0.1, 5.0
_NO_MATCHING_SUBSCRIBERS = 0x10


class Downlink:
    """Publishes each new version once the database has it, and notes it as published once the broker has it.

    Whatever a broker had before it was away may be lost with its disk: at each connection, everything goes to
    it again. A node that works by a version already leaves it at that.

    A command goes once, and is forgotten as soon as the broker has it. Where that says that nobody listens,
    the node is of a version that knows no commands, and who waits for it is told.
    """

    def __init__(self, settings: CloudSettings, slot: int) -> None:
        self._settings = settings
        self.name = f"ingest_{slot}_downlink"
        self._stopping = threading.Event()
        self._connected = threading.Event()
        self._fresh = threading.Event()
        """A connection to which nothing was published yet."""
        self._unheard: set[int] = set()
        """Publications for which the broker knew no subscriber."""
        self._reasons: dict[int, Any] = {}
        """Of publications that the broker refused, by their number."""
        self._refused: set[tuple[str, int]] = set()
        """(node, version) that it refused on this connection: asking again every second changes nothing."""
        self._authority: Authority | None = None
        self._address = address = Address.parse(settings.mqtt_url, f"{slot}_downlink")
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"fieldwatch_{self.name}",
            protocol=MQTTProtocolVersion.MQTTv5,
        )
        client.username, client.password = address.username, address.password
        if address.tls:
            client.tls_set_context(ssl.create_default_context(cafile=settings.mqtt.ca_file))
        client.reconnect_delay_set(min_delay=1, max_delay=15)
        client.on_connect = self._on_connect
        client.on_disconnect = lambda *_: self._connected.clear()
        client.on_publish = self._on_publish
        self._client = client

    def stop(self) -> None:
        """Have `run` return."""
        self._stopping.set()

    def run(self) -> None:
        """Work until `stop`. Without database or broker it waits: nothing is lost."""
        self._client.connect_async(self._address.host, self._address.port, keepalive=KEEPALIVE_S)
        self._client.loop_start()
        retry_s = FIRST_RETRY_S
        try:
            while not self._stopping.is_set():
                try:
                    url = self._settings.database_url
                    with connection(url) as conn:
                        for _ in waking(url, desired.CHANNEL, look_up_s=LOOK_UP_S):
                            if self._stopping.is_set():
                                return
                            self._publish_commands(conn)
                            self._publish_waiting(conn)
                            retry_s = FIRST_RETRY_S
                except (DatabaseUnavailableError, AuthorityError) as error:
                    log.warning("downlink.waiting", reason=str(error), retry_s=retry_s)
                    self._stopping.wait(retry_s)
                    retry_s = min(2 * retry_s, LONGEST_RETRY_S)
        finally:
            self._client.disconnect()
            self._client.loop_stop()

    def _publish_waiting(self, conn: Connection) -> None:
        if not self._connected.is_set():
            return
        everything = self._fresh.is_set()
        if everything:
            self._fresh.clear()
            self._refused.clear()
        waiting = [
            state
            for state in desired.waiting(conn, everything=everything)
            if (state.node, state.version) not in self._refused
        ]
        sent = [(state, self._send(state)) for state in waiting]
        for state, info in sent:
            if not self._await(info):
                log.warning("downlink.unanswered", node=state.node, version=state.version)
                if everything:
                    self._fresh.set()
                return
            reason = self._reasons.pop(info.mid, None)
            if reason is not None:
                self._refused.add((state.node, state.version))
                log.error("downlink.refused", node=state.node, version=state.version, reason=str(reason))
                continue
            desired.published(conn, state.node, state.version)
            log.info("downlink.published", node=state.node, version=state.version)

    def _send(self, state: desired.Waiting) -> paho.MQTTMessageInfo:
        payload = DesiredState.model_validate(state.body).model_dump_json()
        topic = str(Topic(state.reserve, state.node, Kind.DESIRED))
        properties = self._properties(topic, payload)
        return self._client.publish(topic, payload, qos=1, retain=True, properties=properties)

    def _publish_commands(self, conn: Connection) -> None:
        if not self._connected.is_set():
            return
        now = utc_now()
        for command in commands.waiting(conn, now):
            topic = str(Topic(command.reserve, command.node, Kind.COMMAND))
            payload = Command.model_validate(command.body).model_dump_json()
            properties = self._properties(topic, payload)
            properties.MessageExpiryInterval = max(1, math.floor((command.expires_at - now).total_seconds()))
            info = self._client.publish(topic, payload, qos=1, properties=properties)
            if not self._await(info):
                log.warning("downlink.unanswered", node=command.node, command=str(command.id))
                return  # it is tried again, until it expires
            reason = self._reasons.pop(info.mid, None)
            commands.gone(conn, command.id)
            if reason is not None or info.mid in self._unheard:
                log.warning("downlink.unheard", node=command.node, reason=str(reason))
                if command.session_id is not None:
                    sessions.unheard(conn, command.session_id, utc_now())
                if command.log_id is not None:
                    node_logs.unheard(conn, command.log_id)
            else:
                log.info("downlink.commanded", node=command.node, command=str(command.id))
            self._unheard.discard(info.mid)

    def _properties(self, topic: str, payload: str) -> Properties:
        """With our signature: a node that was enrolled does nothing without it, whatever its broker says."""
        if self._authority is None:
            self._authority = Authority(self._settings.state)
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = "application/json"
        properties.UserProperty = [
            ("schema-version", SCHEMA_VERSION),
            *self._authority.sign_for(topic, payload.encode()),
        ]
        return properties

    def _await(self, info: paho.MQTTMessageInfo) -> bool:
        waited = 0.0
        while waited < PUBACK_WITHIN_S and self._connected.is_set() and not self._stopping.is_set():
            try:
                info.wait_for_publish(LOOK_UP_S)
            except (RuntimeError, ValueError) as error:
                log.warning("downlink.unsent", reason=str(error))
                return False
            if info.is_published():
                return True
            waited += LOOK_UP_S
        return False

    def _on_connect(
        self, _client: paho.Client, _data: Any, _flags: Any, reason: Any, _props: Properties | None
    ) -> None:
        if reason.is_failure:
            log.error("downlink.not_let_in", reason=str(reason), host=self._address.host)
            return
        self._fresh.set()
        self._connected.set()

    def _on_publish(
        self, _client: paho.Client, _data: Any, mid: int, reason: Any, _props: Properties | None
    ) -> None:
        if reason.is_failure:
            self._reasons[mid] = reason
        elif reason.value == _NO_MATCHING_SUBSCRIBERS:
            self._unheard.add(mid)
