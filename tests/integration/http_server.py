"""A real HTTP or HTTPS server on this machine that a test can stop, start again on its port, and let hang."""

from __future__ import annotations

import contextlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from types import TracebackType


class Answer(NamedTuple):
    status: int | None
    """None: never answer."""
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Local:
    """Serves POSTs and GETs by `answer(path, headers, body)`, which runs in one thread for each connection.

    Names of headers are lower case. `stop` is as rude as a crash: open connections end without an answer.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self.port = 0
        self.connections = 0
        """How many were ever accepted."""

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        raise NotImplementedError

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://localhost:{self.port}"

    def start(self) -> None:
        """On a free port the first time, on the same one later."""
        local = self
        self._stopping.clear()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 600

            def setup(self) -> None:
                if local._tls is not None:
                    # Here, in the connection's own thread: a slow handshake holds up nobody else.
                    self.request = local._tls.wrap_socket(self.request, server_side=True)
                with local._lock:
                    local.connections += 1
                    local._connections.add(self.request)
                super().setup()

            def finish(self) -> None:
                with local._lock:
                    local._connections.discard(self.request)
                with contextlib.suppress(OSError):
                    super().finish()
                self.request.close()

            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length", "0"))
                body = self.rfile.read(size)
                if len(body) < size:  # Whoever sent it died within.
                    self.close_connection = True
                    return
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = local.answer(self.path, headers, body)
                if answer.status is None:
                    local._stopping.wait(600)
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def do_GET(self) -> None:
                self.do_POST()

            def do_PUT(self) -> None:
                self.do_POST()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 128

            def handle_error(self, request: object, client_address: object) -> None:
                pass  # A client that goes away, or does not trust us, is what some tests are about.

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = self._thread = None
        with self._lock:
            open_now = list(self._connections)
        for connection in open_now:
            with contextlib.suppress(OSError):
                # Not SSLSocket's own: that forgets the key, and a reader would take what is still coming in,
                # encrypted, for the request.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
