"""What mosquitto reads: its configuration, its password file and its access list (mosquitto.conf(5))."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import TYPE_CHECKING

from fieldwatch_shared.topics import ROOT, Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from fieldwatch_cloud.db.nodes import Access

CLOUD_USERS = "_ingest_"
"""Ingest worker n logs in as `_ingest_n`, `_ingest_n_urgent`, `_ingest_n_pictures` and `_ingest_n_downlink`,
one per connection.
No node can be called so: a slug has no underscore."""
LANES = ("", "_urgent", "_pictures", "_downlink")

ITERATIONS = 101
"""mosquitto_passwd's own default. The passwords are 256 random bits: there is nothing to guess."""


def cloud_users(workers: int) -> list[str]:
    return [f"{CLOUD_USERS}{slot}{lane}" for slot in range(workers) for lane in LANES]


def hash_password(password: str, *, salt: bytes | None = None) -> str:
    """mosquitto's `$7$` format: PBKDF2 with SHA-512, as mosquitto_passwd of 2.0 writes it."""
    salt = salt or secrets.token_bytes(12)
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS, 64)
    return f"$7${ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"


def passwords(
    nodes: Iterable[Access], cloud_password: str, workers: int, *, also: Mapping[str, str] | None = None
) -> str:
    """The password file: a line for each user of the cloud and each node that has a password.

    Args:
        also: further users, each with a password.
    """
    lines = [f"{user}:{hash_password(cloud_password)}" for user in cloud_users(workers)]
    lines += [f"{node.node}:{node.password_hash}" for node in nodes if node.password_hash is not None]
    lines += [f"{user}:{hash_password(password)}" for user, password in (also or {}).items()]
    return "\n".join(lines) + "\n"


def access_list(nodes: Iterable[Access], workers: int) -> str:
    """The access list: the cloud reads what goes up and writes what goes down; a node the reverse, and only
    in its own branch."""
    lines: list[str] = []
    for user in cloud_users(workers):
        lines.append(f"user {user}")
        lines += [f"topic {'read' if kind.goes_up else 'write'} {ROOT}/+/+/{kind}" for kind in Kind]
        lines.append("")
    for node in nodes:
        lines.append(f"user {node.node}")
        lines += [
            f"topic {'write' if kind.goes_up else 'read'} {Topic(node.reserve, node.node, kind)}"
            for kind in Kind
        ]
        lines.append("")
    return "\n".join(lines) + "\n"


def node_listener(home: Path, host: str, port: int, connections: int) -> str:
    """The part of mosquitto.conf for nodes that hold a certificate: its name is who they are, and no password
    is looked at. 2.0 reads certificate, key and list of revocations again on SIGHUP.

    Args:
        connections: at once; also those count that have shown no certificate yet, so that nobody who reaches
            the port can use up the broker's open files, and keep out the cloud itself. 2.0.11 counts each end
            of a connection twice, so there the bound grows with every one that ended (measured; issue 1460
            of mosquitto): what holds is a firewall's limit for each address (docs/guides/node-security.md).
    """
    return f"""
listener {port} {host}
max_connections {connections}
tls_version tlsv1.3
cafile {home}/ca.pem
certfile {home}/server.pem
keyfile {home}/server.key
crlfile {home}/crl.pem
require_certificate true
use_identity_as_username true
use_username_as_clientid true
"""


def configuration(home: Path, port: int, for_nodes: str = "") -> str:
    """mosquitto.conf for a broker that keeps its files in `home` and listens on 127.0.0.1.

    Args:
        for_nodes: of `node_listener`; empty: nobody reaches it from outside.
    """
    return f"""# Written by Fieldwatch at each start; changes here are lost.
per_listener_settings false
listener {port} 127.0.0.1
# The client id is the user's name: else a node could take over another client's session by naming its id.
use_username_as_clientid true
{for_nodes}
# For all listeners.
allow_anonymous false
password_file {home}/passwords
acl_file {home}/access

# Everything waits on disk for a cloud that is away. A broker that is killed loses what came after the last
# save; nodes keep their records until the cloud's receipt, so the interval only decides what is sent again.
persistence true
persistence_location {home}/
autosave_interval 5

# Bound bytes, not messages: the default of 1000 is minutes of an outage, and overflow is dropped silently.
# Not 0, its word for "no bound": 2.0.11 then throws out a client of which it refuses two messages in one
# read, for ever, since the client sends them again: one refused topic would hold back all the others.
max_queued_messages 100000000
max_queued_bytes 1073741824
max_inflight_messages 2000
max_packet_size 2097152

# A fire's few bytes must not wait for more to fill a packet.
set_tcp_nodelay true

pid_file {home}/mosquitto.pid
log_dest stdout
log_timestamp_format %Y-%m-%dT%H:%M:%S
connection_messages true
"""
