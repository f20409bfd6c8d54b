"""The client's requests, against a server that answers oddly."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

pytest.importorskip("httpx2")
from fieldwatch.client.errors import Refused
from fieldwatch.client.http import Http


class Elsewhere(BaseHTTPRequestHandler):
    asked: list[str | None]

    def do_GET(self) -> None:
        self.asked.append(self.headers["Authorization"])
        self.send_response(301)
        self.send_header("Location", f"http://localhost:{self.server.server_address[1]}/other")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_token_goes_nowhere_but_where_it_was_sent() -> None:
    Elsewhere.asked = []
    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        http = Http(f"http://127.0.0.1:{server.server_port}", "fwt_secret", language=None, timeout_s=5)
        try:
            with pytest.raises(Refused, match=r"sends elsewhere \(301\)") as told:
                http.get("/api/v1/reserves")
        finally:
            http.close()
            server.shutdown()
            thread.join()
    assert Elsewhere.asked == ["Bearer fwt_secret"]
    assert "fwt_secret" not in str(told.value)
