"""A small RTSP camera for tests (RFC 2326): one MPEG-TS video over RTP (RFC 2250), interleaved in TCP."""

from __future__ import annotations

import base64
import contextlib
import socketserver
import struct
import threading
import time
from typing import TYPE_CHECKING, ClassVar

import cv2
from tests.unit.edge.pictures import numbered

if TYPE_CHECKING:
    from pathlib import Path

RATE = 25
PACKET = 188
SDP = """v=0
o=- 0 0 IN IP4 127.0.0.1
s=camera
t=0 0
m=video 0 RTP/AVP 33
a=rtpmap:33 MP2T/90000
a=control:track1
"""


def transport_stream(path: Path, frames: int) -> bytes:
    """A video of numbered pictures as an MPEG transport stream."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), RATE, (320, 240))
    for number in range(frames):
        writer.write(numbered(number))
    writer.release()
    return path.read_bytes()


class Handler(socketserver.StreamRequestHandler):
    server: RtspCamera

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            for method, headers in iter(self._request, None):
                self._answer(method, headers)
                if method == "PLAY":
                    return  # and so hang up

    def _request(self) -> tuple[str, dict[str, str]] | None:
        line = self.rfile.readline().decode()
        headers = {}
        while (header := self.rfile.readline().decode().strip()) != "":
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        return (line.split()[0], headers) if line else None

    def _answer(self, method: str, headers: dict[str, str]) -> None:
        self.server.asked.append((method, headers.get("transport", "")))
        expected = "Basic " + base64.b64encode(self.server.login.encode()).decode()
        if method != "OPTIONS" and headers.get("authorization") != expected:
            self._reply("401 Unauthorized", headers, 'WWW-Authenticate: Basic realm="camera"')
        elif method == "OPTIONS":
            self._reply("200 OK", headers, "Public: DESCRIBE, SETUP, PLAY, TEARDOWN")
        elif method == "DESCRIBE":
            self._reply("200 OK", headers, "Content-Type: application/sdp", body=SDP)
        elif method == "SETUP":
            if "TCP" not in headers["transport"]:
                self._reply("461 Unsupported Transport", headers)
            else:
                self._reply("200 OK", headers, f"Transport: {headers['transport']}", "Session: 1")
        elif method == "PLAY":
            self._reply("200 OK", headers, "Session: 1", "RTP-Info: url=track1;seq=0;rtptime=0")
            self._play()
        else:
            self._reply("200 OK", headers, "Session: 1")

    def _reply(self, status: str, asked: dict[str, str], *headers: str, body: str = "") -> None:
        lines = [f"RTSP/1.0 {status}", f"CSeq: {asked['cseq']}", *headers, f"Content-Length: {len(body)}"]
        self.wfile.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def _play(self) -> None:
        stream, began = self.server.stream, time.monotonic()
        duration = self.server.frames / RATE
        packets = range(0, len(stream), 7 * PACKET)
        for sequence, begin in enumerate(packets):
            due = began + duration * begin / len(stream)
            if self.server.stopped.wait(max(0, due - time.monotonic())):
                return
            self.server.shown = self.server.frames * begin // len(stream)
            payload = stream[begin : begin + 7 * PACKET]
            stamp = int(90_000 * (time.monotonic() - began)) & 0xFFFFFFFF
            rtp = struct.pack("!BBHII", 0x80, 33, sequence & 0xFFFF, stamp, 1) + payload
            self.wfile.write(struct.pack("!BBH", 0x24, 0, len(rtp)) + rtp)


class RtspCamera(socketserver.ThreadingTCPServer):
    """Plays its video to each who asks, then hangs up. `with` it, or `stop` it."""

    allow_reuse_address: ClassVar[bool] = True
    daemon_threads = True

    def __init__(self, stream: bytes, frames: int, login: str, port: int = 0) -> None:
        self.stream, self.frames, self.login = stream, frames, login
        self.shown = 0
        """The number of the picture that goes out now."""
        self.stopped = threading.Event()
        self.asked: list[tuple[str, str]] = []
        super().__init__(("127.0.0.1", port), Handler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self) -> int:
        return self.server_address[1]

    def __exit__(self, *args: object) -> None:
        self.stop()

    def stop(self) -> None:
        self.stopped.set()
        self.shutdown()
        self.server_close()
