"""A network camera that shows given pictures: Motion JPEG over HTTP, as many real cameras speak it."""

from __future__ import annotations

import itertools
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BOUNDARY = "picture"


class MjpegCamera:
    """Shows the pictures of `show`, one after the other and over again, at `per_second`."""

    def __init__(self, pictures: Sequence[bytes], per_second: float) -> None:
        self._per_second = per_second
        self._pictures: Iterator[bytes] = itertools.cycle(pictures)
        self._closed = threading.Event()
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", f"multipart/x-mixed-replace;boundary={_BOUNDARY}")
                self.end_headers()
                try:
                    for picture in camera.due():
                        head = (
                            f"--{_BOUNDARY}",
                            "Content-Type: image/jpeg",
                            f"Content-Length: {len(picture)}",
                        )
                        self.wfile.write("\r\n".join((*head, "", "")).encode() + picture + b"\r\n")
                except OSError:  # whoever looked has gone
                    return

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/camera.mjpeg"

    def show(self, pictures: Sequence[bytes]) -> None:
        """From the next picture on, show these."""
        self._pictures = itertools.cycle(pictures)

    def due(self) -> Iterator[bytes]:
        """The next picture whenever it is time for it."""
        while not self._closed.wait(1 / self._per_second - time.monotonic() % (1 / self._per_second)):
            yield next(self._pictures)

    def close(self) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
