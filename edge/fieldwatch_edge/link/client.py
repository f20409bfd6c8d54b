"""Who we are to the broker, and a client that has not connected yet."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from fieldwatch_edge.errors import ConfigError
from fieldwatch_edge.identity import Identity, tls
from fieldwatch_shared import packing
from fieldwatch_shared.messages import SCHEMA_VERSION

if TYPE_CHECKING:
    import ssl

    from fieldwatch_edge.settings import Broker, NodeIdentity


def new_client(broker: Broker, client_id: str, login: tuple[str | None, str | None]) -> mqtt.Client:
    """A client that is not yet connected and never reconnects by itself.

    Raises:
        ConfigError: the CA file, certificate or key cannot be read.
    """
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5, reconnect_on_failure=False
    )
    client.connect_timeout = 10.0
    client.on_socket_open = send_at_once
    client.username_pw_set(*login)
    context = encryption(broker)
    if context is not None:
        client.tls_set_context(context)
    return client


def encryption(broker: Broker) -> ssl.SSLContext | None:
    """How to know the broker by its certificate, and how it is to know us by ours, as the files stand now;
    None where its address asks for no encryption. TLS 1.3 wherever the reserve's own authority is behind it.

    Raises:
        ConfigError: a file cannot be read, or holds no certificate or key.
    """
    if not broker.url.startswith("mqtts:"):
        return None
    return tls.context(broker.ca_file, Identity.of("", broker))


def send_at_once(_client: mqtt.Client, _data: Any, sock: Any) -> None:
    """Nagle's algorithm would hold back a small packet, a fire too, until the last one is acknowledged."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def address(broker: Broker) -> tuple[str, int]:
    """Host and port of the broker.

    Raises:
        ConfigError: the address is wrong.
    """
    parts = urlsplit(broker.url)
    try:
        port = parts.port or (8883 if parts.scheme == "mqtts" else 1883)
    except ValueError as error:
        raise ConfigError(f"broker address {broker.url}: {error}") from error
    if not parts.hostname:
        raise ConfigError(f"broker address {broker.url} names no host")
    return parts.hostname, port


def credentials(node: NodeIdentity, broker: Broker) -> tuple[str | None, str | None]:
    """User name and password; neither where the certificate says who we are.

    Raises:
        ConfigError: the password file cannot be read.
    """
    password = broker.password.get_secret_value() if broker.password is not None else None
    if broker.password_file is not None:
        try:
            password = broker.password_file.read_text(encoding="utf-8-sig").strip()
        except UnicodeDecodeError as error:
            raise ConfigError(
                f"the password file {broker.password_file} is not UTF-8: save it as UTF-8"
            ) from error
        except OSError as error:
            raise ConfigError(
                f"cannot read the password file {broker.password_file}: {error.strerror}"
            ) from error
    if broker.cert_file is not None and password is None:
        return broker.username, None
    return broker.username or node.id, password


def publish_properties(content_type: str, media: str | None = None, *, packed: bool = False) -> Properties:
    """What travels beside a payload; `media`: the record of a picture, JSON; `packed`: by shared.packing."""
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.ContentType = content_type
    properties.UserProperty = [("schema-version", SCHEMA_VERSION)]
    if packed:
        properties.UserProperty = (packing.PROPERTY, packing.ENCODING)
    if media is not None:
        properties.UserProperty = ("media", media)  # assigning appends
    return properties
