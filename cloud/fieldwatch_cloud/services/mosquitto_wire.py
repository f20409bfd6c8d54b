"""A few bytes of MQTT 3.1.1 to a broker on this machine: whether it is ours; how a client is thrown out."""

from __future__ import annotations

import socket
import time

from fieldwatch_cloud.errors import ServiceError

READ_AGAIN_S = 10.0
"""Within which a broker that was told has read its files again: milliseconds, unless the machine swaps."""
_LET_IN = b"\x20\x02\x00\x00"
_DISCONNECT = b"\xe0\x00"


def lets_in(port: int, user: str, password: str) -> bool:
    """Log in as `user`, which ends that client's other connection and its session, and log out: whether the
    broker at `port` knows that password.

    A port that accepts is not enough to know that our broker is up: it may be another's, and mosquitto
    listens a moment before it knows SIGHUP, which in that moment ends it.
    """
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.sendall(_connect(user, password))
            if connection.recv(4) != _LET_IN:
                return False
            connection.sendall(_DISCONNECT)
    except OSError:
        return False
    return True


def take_over(port: int, user: str, password: str) -> None:
    """`lets_in`, as soon as the broker has read its files again.

    Raises:
        ServiceError: the broker does not let us in within `READ_AGAIN_S`.
    """
    deadline = time.monotonic() + READ_AGAIN_S
    while not lets_in(port, user, password):
        if time.monotonic() > deadline:
            raise ServiceError(
                f"the broker has not let us end the connection of {user} in {READ_AGAIN_S:g} s"
            )
        time.sleep(0.01)


def is_free(port: int) -> bool:
    """Whether a broker could listen on it now. A moment later another program may."""
    with socket.socket() as probe:
        # As mosquitto does: a port whose last connections are still closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def any_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _connect(user: str, password: str) -> bytes:
    """CONNECT: a clean session, the user's name as client id, user and password, no will (section 3.1)."""
    fields = [b"MQTT", b"\x04\xc2\x00\x3c", user.encode(), user.encode(), password.encode()]
    body = b"".join(
        field if index == 1 else len(field).to_bytes(2, "big") + field for index, field in enumerate(fields)
    )
    size = len(body)
    length = bytes([size]) if size < 128 else bytes([size % 128 | 128, size // 128])
    return b"\x10" + length + body
