"""The gate that nodes come in by: the real API, the real authority, a real broker with its door for nodes,
and boxes that enrol themselves there as `fieldwatch edge enrol` does."""

from __future__ import annotations

import base64
import json
import ssl
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import paho.mqtt.client as paho
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from fieldwatch_cloud.authority.keys import Authority
from fieldwatch_cloud.operations import CloudOperations, node_access, revoked
from fieldwatch_cloud.services.files import make_state_directory
from fieldwatch_cloud.services.mosquitto import EmbeddedMosquitto, NodeDoor
from fieldwatch_cloud.services.mosquitto_files import hash_password
from fieldwatch_shared.enrolment import session_proof
from fieldwatch_shared.topics import Kind, Topic

from .api_world import Peopled
from .cloud_field import eventually
from .edge_broker import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.settings import CloudSettings

PASSWORD = "not-a-secret"


class Gate(Peopled):
    """Nodes `n1` (foping) and `n9` (elsewhere) have passwords; boxes come in by code."""

    desk: Any

    def __init__(
        self,
        database_url: str,
        db: Database,
        state: Path,
        *,
        with_broker: bool = True,
        connections: int = 100,
    ) -> None:
        make_state_directory(state)
        super().__init__(database_url, db, state)
        with db.transaction() as conn:
            conn.execute("UPDATE node SET mqtt_password_hash = %s", (hash_password(PASSWORD),))
        self.port = free_port()
        self.settings = self.with_mqtt(nodes_port=self.port, nodes_names=("localhost",))
        self.broker = EmbeddedMosquitto(
            state, for_nodes=NodeDoor("127.0.0.1", self.port, self.settings.node_names, connections)
        )
        if with_broker:
            self.broker.start(lambda: node_access(database_url), lambda: revoked(database_url))
        self.settings = self.settings.with_urls(database_url, self.broker.url)
        self.desk = CloudOperations(self.settings, self.store)

    def authority(self) -> Authority:
        return Authority(self.settings.state)

    def with_mqtt(self, **mqtt: Any) -> CloudSettings:
        """The settings, with others for the broker."""
        return replace(self.settings, mqtt=self.settings.mqtt.model_copy(update=mqtt))

    @contextmanager
    def open(self) -> Iterator[TestClient]:
        """The API, to a technician."""
        with self.client("technician") as client:
            yield client

    def box(self, client: TestClient, node: str, **made: Any) -> Box:
        """A new node, enrolled."""
        answer = client.post(
            "/api/v1/reserves/foping/nodes",
            json={"id": node, "name": f"Box {node}", "log_in": "certificate", **made},
        )
        assert answer.status_code == 201, answer.text
        box = Box(self, client)
        answer = box.enrol(answer.json()["enrolment"]["code"])
        assert answer.status_code == 200, answer.text
        return box


class Box:
    """A computer in the field: its key, and once it was enrolled, its certificate."""

    def __init__(self, gate: Gate, client: TestClient) -> None:
        self.gate, self._client = gate, client
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.node = self.reserve = self.certificate = self.authority = ""
        self.token: str | None = None

    def request(self, name: str = "whoever", *extensions: x509.ExtensionType) -> str:
        builder = x509.CertificateSigningRequestBuilder().subject_name(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    def enrol(self, code: str, csr: str | None = None) -> Any:
        """The answer of the API, which nobody but the code has let in."""
        answer = self._client.post(
            "/api/v1/enrolment",
            json={"code": code, "csr": csr or self.request(), "hardware": {"model": "a box"}},
            headers={"Authorization": ""},
        )
        if answer.status_code == 200:
            said = answer.json()
            self.node, self.reserve = said["node"], said["reserve"]
            self.certificate, self.authority = said["certificate"], said["authority"]
        return answer

    def log_in(self, *, node: str | None = None, nonce: str | None = None, key: Any = None) -> Any:
        node = node or self.node
        if nonce is None:
            nonce = self._client.post("/api/v1/node-session/challenge", json={"node": node}).json()["nonce"]
        signature = (key or self.key).sign(session_proof(nonce), ec.ECDSA(hashes.SHA256()))
        answer = self._client.post(
            "/api/v1/node-session",
            json={
                "node": node,
                "nonce": nonce,
                "certificate": self.certificate,
                "signature": base64.b64encode(signature).decode(),
            },
            headers={"Authorization": ""},
        )
        if answer.status_code == 200:
            self.token = answer.json()["token"]
        return answer

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """As the node, with its session."""
        return self._client.request(
            method, f"/api/v1{path}", headers={"Authorization": f"Bearer {self.token}"}, **options
        )

    def topic(self, kind: Kind, *, node: str | None = None, reserve: str | None = None) -> str:
        return str(Topic(reserve or self.reserve, node or self.node, kind))

    def context(self, folder: Path, chain: str | None = None, key: Any = None) -> ssl.SSLContext:
        """Trusts the reserve's authority, and shows `chain`; as a node does, TLS 1.3 alone."""
        context = ssl.create_default_context(cadata=self.authority)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        file = folder / f"{self.node}-{time.monotonic_ns()}.pem"
        private = (key or self.key).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(private + (chain or self.certificate).encode())
        context.load_cert_chain(file)
        return context


class Line:
    """An MQTT 5 connection that does nothing by itself, and remembers all that happened on it."""

    def __init__(
        self,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        user: str | None = None,
        password: str | None = None,
        client_id: str = "",
        will: tuple[str, bytes] | None = None,
        session_s: int = 0,
    ) -> None:
        self.received: dict[str, list[bytes]] = defaultdict(list)
        self.events: list[tuple[str, str]] = []
        self.connected, self.ended = threading.Event(), threading.Event()
        self._codes: dict[int, Any] = {}
        client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv5)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_message = lambda _c, _d, message: self.received[message.topic].append(
            bytes(message.payload)
        )
        client.on_publish = lambda _c, _d, mid, reason, _p: self._codes.update({mid: reason})
        client.on_subscribe = lambda _c, _d, mid, reasons, _p: self._codes.update({mid: reasons[0]})
        client.reconnect_delay_set(1, 1)
        client.connect_timeout = 60
        if tls is not None:
            client.tls_set_context(tls)
        if user is not None:
            client.username_pw_set(user, password)
        if will is not None:
            client.will_set(will[0], will[1], qos=1, retain=True)
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = session_s
        # Nobody in these tests shall come in at a second attempt that was refused at the first.
        self._client = client
        try:
            client.connect("localhost", port, clean_start=not session_s, properties=properties)
        except (OSError, ValueError) as error:
            self.events.append(("refused", f"{error}"))
            self.ended.set()
            return
        client.loop_start()

    def publish(self, topic: str, payload: bytes = b"{}", *, retain: bool = False) -> Any:
        """The broker's answer: its reason code."""
        mid = self._client.publish(topic, payload, qos=1, retain=retain).mid
        return eventually(lambda: self._codes.get(mid))

    def subscribe(self, topic: str) -> Any:
        """The broker's answer: its reason code."""
        mid = self._client.subscribe(topic, qos=1)[1]
        return eventually(lambda: self._codes.get(mid))

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def drop(self) -> None:
        """Without a goodbye: the broker sends the will."""
        self._client.loop_stop()
        if (sock := self._client.socket()) is not None:
            sock.close()

    def _on_connect(self, _c: paho.Client, _d: Any, _flags: Any, reason: Any, _p: Any) -> None:
        self.events.append(("connected" if not reason.is_failure else "refused", str(reason)))
        (self.ended if reason.is_failure else self.connected).set()

    def _on_disconnect(self, _c: paho.Client, _d: Any, _flags: Any, reason: Any, _p: Any) -> None:
        self.events.append(("ended", str(reason)))
        self.ended.set()


def record(**values: Any) -> bytes:
    return json.dumps(values).encode()
