"""The HTTP server of the page: the standard library's, for one phone, on one address, for an hour at most.

Plain HTTP, on a Wi-Fi that has its own encryption: no authority signs certificates for 192.168.4.1, and a
warning that everybody learns to click away protects nobody. What can be done without is: nobody is let in
without a PIN or the QR code, by one cookie; no page of others can ask (Host, Origin, content type, no CORS).
"""

from __future__ import annotations

import ipaddress
import json
import socket
import threading
from collections import Counter
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import structlog
from pydantic import ValidationError

from fieldwatch_edge.aim import asked
from fieldwatch_edge.aim.access import PauseError
from fieldwatch_edge.aiming.solve import AimingError
from fieldwatch_edge.errors import EdgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fieldwatch_edge.aim.access import Access
    from fieldwatch_edge.aim.desk import Desk

log = structlog.get_logger(__name__)

COOKIE = "fieldwatch_aim"
MOST_BODY = 64 * 1024
AT_ONCE = 16
FROM_ONE = 8
"""Connections from one address: a browser opens six, and nobody else's phone shall take them all."""
PAGES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    **{
        f"/{name}": (name, "text/javascript; charset=utf-8")
        for name in ("aim.js", "picture.js", "words.js", "places.js")
    },
    "/aim.css": ("aim.css", "text/css; charset=utf-8"),
}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}


class AimServer(ThreadingHTTPServer):
    """`serve_forever` until `shutdown`."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self, address: tuple[str, int], desk: Desk, access: Access, done: Callable[[], None]
    ) -> None:
        """`done`: the technician has closed the page for good."""
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self.desk, self.access, self.done = desk, access, done
        self._guests: Counter[str] = Counter()
        self._counting = threading.Lock()
        self.names = frozenset(
            {"localhost", socket.gethostname().lower(), f"{socket.gethostname().lower()}.local"}
        )
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._counting:
            full = self._guests.total() >= AT_ONCE or self._guests[client_address[0]] >= FROM_ONE
            if not full:
                self._guests[client_address[0]] += 1
        if full:
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._counting:
                self._guests[client_address[0]] -= 1
                self._guests += Counter()  # without those who are gone

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A phone that goes out of reach in the middle is no news."""
        del request
        log.info("aim.connection_failed", address=client_address[0])


class _Handler(BaseHTTPRequestHandler):
    server: AimServer
    protocol_version = "HTTP/1.1"
    timeout = 20
    """Seconds that a connection may say nothing."""
    server_version, sys_version = "fieldwatch", ""

    def do_GET(self) -> None:
        self._guarded(self._get)

    def do_POST(self) -> None:
        self._guarded(self._post)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class says so
        log.debug("aim.asked", what=format % args)

    # What protects every answer

    def _guarded(self, answer: Callable[[str, dict[str, str]], None]) -> None:
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        if not self._by_own_name():
            self._problem(HTTPStatus.MISDIRECTED_REQUEST, "host", "ask this node by its address")
            return
        try:
            answer(url.path, query)
        except PauseError:
            self._problem(HTTPStatus.TOO_MANY_REQUESTS, "pause", "too many wrong codes: wait half a minute")
        except ValidationError as error:
            where = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
            self._problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", where)
        except AimingError as error:
            self._problem(HTTPStatus.UNPROCESSABLE_ENTITY, error.code, str(error))
        except EdgeError as error:
            self._problem(HTTPStatus.CONFLICT, "failed", str(error))
        except OSError:  # the phone is gone
            raise
        except Exception as error:
            log.exception("aim.crashed", path=url.path)
            self._problem(HTTPStatus.INTERNAL_SERVER_ERROR, "crashed", f"internal error: {error!r}")

    def _by_own_name(self) -> bool:
        """Whether the Host is an address or this machine's name: a name of somebody else's that was made to
        point here (DNS rebinding) is none."""
        name = urlsplit(f"//{self.headers.get('Host', '')}").hostname or ""
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name in self.server.names
        return True

    def _from_own_page(self) -> bool:
        origin = self.headers.get("Origin")
        if origin is not None and origin != f"http://{self.headers.get('Host', '')}":
            return False
        return self.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")

    def _is_in(self) -> bool:
        try:
            cookie = SimpleCookie(self.headers.get("Cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and self.server.access.knows(cookie.value)

    # Questions

    def _get(self, path: str, query: dict[str, str]) -> None:
        if path in PAGES:
            name, kind = PAGES[path]
            self._answer((files("fieldwatch_edge.aim") / "page" / name).read_bytes(), kind)
            return
        if not self._is_in():
            self._problem(HTTPStatus.UNAUTHORIZED, "code", "give the PIN first")
            return
        desk = self.server.desk
        questions: Mapping[str, Callable[[], Any]] = {
            "/api/state": desk.state,
            "/api/horizon": desk.horizon,
            "/api/place": desk.place,
            "/api/walk": desk.walk,
            "/api/checks": desk.checks,
        }
        if path == "/api/picture":
            focus = (_number(query, "x", 0.5), _number(query, "y", 0.5))
            jpeg, info = desk.picture(
                int(_number(query, "after", 0)), int(_number(query, "width", 720)), focus
            )
            self._picture(jpeg, info)
        elif path == "/api/closer":
            size = (int(_number(query, "width", 360)), int(_number(query, "height", 240)))
            jpeg = desk.closer(_number(query, "x", 0.5), _number(query, "y", 0.5), *size)
            self._picture(jpeg, {})
        elif path in questions:
            self._json(questions[path]())
        else:
            self._problem(HTTPStatus.NOT_FOUND, "unknown", "there is nothing here")

    def _post(self, path: str, _query: dict[str, str]) -> None:
        body = self._body()
        if body is None:
            return
        if not self._from_own_page():
            self._problem(HTTPStatus.FORBIDDEN, "origin", "this does not come from the page itself")
            return
        if path == "/api/enter":
            self._enter(asked.Entering.model_validate_json(body).code)
            return
        if not self._is_in():
            self._problem(HTTPStatus.UNAUTHORIZED, "code", "give the PIN first")
            return
        desk = self.server.desk
        wishes: Mapping[str, tuple[type[asked.Asked], Callable[[Any], Any]]] = {
            "/api/camera": (asked.Choosing, desk.choose),
            "/api/solve": (asked.Solving, desk.solve),
            "/api/level": (asked.Horizon, desk.leveled),
            "/api/declination": (asked.Where, desk.declination),
            "/api/walk/mark": (asked.Marking, lambda one: desk.mark(one.distance_m)),
            "/api/walk/drop": (asked.Dropping, lambda one: desk.drop(one.distance_m)),
            "/api/check": (asked.Asked, lambda _: desk.check()),
            "/api/deployment": (asked.Writing, desk.write),
            "/api/done": (asked.Asked, lambda _: {}),
        }
        if path not in wishes:
            self._problem(HTTPStatus.NOT_FOUND, "unknown", "there is nothing here")
            return
        kind, wish = wishes[path]
        self._json(wish(kind.model_validate_json(body)))
        if path == "/api/done":
            self.server.done()

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or len(length) > len(str(MOST_BODY)) or int(length) > MOST_BODY:
            self.close_connection = True
            self._problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", "this is too much")
            return None
        body = self.rfile.read(int(length))
        if self.headers.get_content_type() != "application/json":
            self._problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "type", "send application/json")
            return None
        return body

    def _enter(self, code: str) -> None:
        session = self.server.access.enter(code)
        if session is None:
            log.warning("aim.wrong_code", address=self.client_address[0])
            self._problem(HTTPStatus.UNAUTHORIZED, "wrong_code", "this is not the code in the terminal")
            return
        log.info("aim.entered", address=self.client_address[0])
        self._json({}, {"Set-Cookie": f"{COOKIE}={session}; HttpOnly; SameSite=Strict; Path=/"})

    # Answers

    def _picture(self, jpeg: bytes | None, info: Mapping[str, Any]) -> None:
        # Latin-1 at most: JSON escapes the rest.
        header = {"X-Picture": json.dumps(info, default=asked.as_json)}
        if jpeg is None:
            self._answer(b"", "image/jpeg", header, HTTPStatus.NO_CONTENT)
        else:
            self._answer(jpeg, "image/jpeg", header)

    def _json(self, content: Any, headers: Mapping[str, str] | None = None) -> None:
        self._answer(json.dumps(content, default=asked.as_json).encode(), "application/json", headers)

    def _problem(self, status: HTTPStatus, code: str, sentence: str) -> None:
        body = json.dumps({"code": code, "detail": sentence}).encode()
        self._answer(body, "application/json", None, status)

    def _answer(
        self,
        body: bytes,
        kind: str,
        headers: Mapping[str, str] | None = None,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> None:
        self.send_response(status)
        for key, value in {**HEADERS, **(headers or {}), "Content-Type": kind}.items():
            self.send_header(key, value)
        if status is not HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _number(query: Mapping[str, str], key: str, default: float) -> float:
    try:
        number = float(query.get(key, default))
    except ValueError as error:
        raise AimingError("invalid", f"{key} is no number") from error
    if not abs(number) < 1e12:
        raise AimingError("invalid", f"{key} is no number")
    return number


def serve(server: AimServer, minutes: float) -> bool:
    """Until the time is up or `server.shutdown`; whether the time was up."""
    up = threading.Event()

    def end() -> None:
        up.set()
        server.shutdown()

    timer = threading.Timer(minutes * 60, end)
    timer.daemon = True
    timer.start()
    try:
        server.serve_forever(poll_interval=0.2)
    finally:
        timer.cancel()
        server.server_close()
    return up.is_set()
