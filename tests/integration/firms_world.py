"""FIRMS' files as a test makes them, and a FIRMS that answers as told: a real HTTP server."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VIIRS = (
    "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,"
    "bright_ti5,frp,daynight"
)
MODIS = (
    "latitude,longitude,brightness,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,"
    "bright_t31,frp,daynight"
)
KEY = "0123456789abcdef0123456789abcdef"


def ago(hours: float) -> datetime:
    """An overpass so long ago, to the minute."""
    return (utc_now() - timedelta(hours=hours)).replace(second=0, microsecond=0)


def viirs(
    lon: float,
    lat: float,
    at: datetime,
    *,
    confidence: str = "n",
    satellite: str = "N20",
    version: str = "2.0NRT",
) -> str:
    """A row; its time unpadded, as FIRMS writes it."""
    return (
        f"{lat:.5f},{lon:.5f},331.5,0.45,0.39,{at:%Y-%m-%d},{at.hour * 100 + at.minute},{satellite},VIIRS,"
        f"{confidence},{version},289.1,12.7,D"
    )


def modis(lon: float, lat: float, at: datetime, *, confidence: int = 64, satellite: str = "Terra") -> str:
    return (
        f"{lat:.4f},{lon:.4f},318.2,1.1,1.0,{at:%Y-%m-%d},{at.hour * 100 + at.minute},{satellite},MODIS,"
        f"{confidence},6.1NRT,291.0,20.1,D"
    )


def table(header: str, *rows: str) -> bytes:
    return "\r\n".join([header, *rows, ""]).encode()


@dataclass
class Firms:
    """Answers each product with what `answers` says: bytes, or a status and bytes, or something to do with
    the request's handler. A product that is not there has seen no fire."""

    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Paths."""

    def products(self) -> list[str]:
        return [path.split("/")[5] for path in self.asked]


@contextmanager
def serving() -> Iterator[Firms]:
    firms = Firms()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            firms.asked.append(self.path)
            answer = firms.answers.get(self.path.split("/")[5], table(VIIRS))
            if callable(answer):
                act: Callable[[BaseHTTPRequestHandler], None] = answer
                act(self)
                return
            status, body = answer if isinstance(answer, tuple) else (200, answer)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    firms.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield firms
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
