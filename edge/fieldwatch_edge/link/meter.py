"""What one connection costs, as the kernel counts it: also TLS, what was sent twice, and every header."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

_BYTES_RECEIVED = struct.Struct("=128xQII")  # then segments out, segments in
_BYTES_SENT = struct.Struct("=200xQ")  # with what was sent twice; since Linux 4.19
_HEADERS = {socket.AF_INET: 20 + 32, socket.AF_INET6: 40 + 32}
"""Bytes of IP and TCP before each segment: TCP's with time stamps, as Linux sends it."""
CLOSING_BYTES = 4 * 52 + 2 * 24
"""FIN, its acknowledgement, and TLS' goodbyes, both ways: they come when nobody can ask any more."""
FAILED_BYTES = 400
"""An attempt that came to no connection: a name looked up, SYN again and again."""
FAILED_HANDSHAKE_BYTES = 6000
"""One that ended within TLS: certificates went both ways by then."""


class Meter:
    """Of one TCP socket of Linux."""

    def __init__(self, sock: socket.socket | ssl.SSLSocket) -> None:
        self._sock = sock
        self._header = _HEADERS.get(sock.family, 72)
        self._read = 0

    def read(self) -> int:
        """Bytes since it was read last, both directions; 0 where the kernel does not say."""
        try:
            info = self._sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
            (sent,) = _BYTES_SENT.unpack_from(info)
            received, segments_out, segments_in = _BYTES_RECEIVED.unpack_from(info)
        except (OSError, ValueError, struct.error):  # closed, or another system
            return 0
        total = sent + received + (segments_out + segments_in) * self._header
        new, self._read = total - self._read, total
        return int(new)
