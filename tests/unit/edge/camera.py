"""A network camera for tests: MJPEG over HTTP, as many have it beside RTSP."""

from __future__ import annotations

import contextlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.unit.edge.pictures import encoded, numbered


class Camera:
    """Serves numbered pictures; the number counts on from the first start of this object."""

    def __init__(self, every_s: float = 0.04):
        self.every_s = every_s
        self.number = 0
        self.hangs = threading.Event()
        self._server: ThreadingHTTPServer | None = None
        self._stop = threading.Event()
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://ranger:s3cret@127.0.0.1:{self._port}/stream?password=s3cret"

    def start(self) -> None:
        camera = self
        self._stop.clear()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                with contextlib.suppress(OSError):
                    camera._send(self.wfile)

            def log_message(self, *args):
                pass

        ThreadingHTTPServer.allow_reuse_address = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._server.daemon_threads = False  # so that stop() waits for the open streams
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def _send(self, file) -> None:
        while not self._stop.wait(self.every_s):
            if self.hangs.is_set():
                continue
            self.number = (self.number + 1) % 4096
            data = encoded(numbered(self.number))
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
            file.write(head.encode() + data + b"\r\n")
            file.flush()

    def stop(self) -> None:
        self._stop.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def wait_until(condition, timeout_s: float = 150) -> bool:
    until = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
