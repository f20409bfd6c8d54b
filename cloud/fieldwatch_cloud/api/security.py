"""What protects every answer: headers, request size, and the origin of unsafe requests."""

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fieldwatch_cloud.api.problems import problem

MAX_BODY_BYTES = 1024**2
"""A polygon of `geojson.MAX_VERTICES` fits."""
MAX_FILE_BYTES = 32 * 1024**2
"""A file of labels of some 50,000 boxes fits, or a day of the whole world's hotspots."""
MAX_AREAS_BYTES = 5 * 1024**2
MAX_DATASET_BYTES = 256 * 1024**2
_FILES = (
    (re.compile(r"/api/v1/reserves/[^/]+/(labels|hotspots)/import"), MAX_FILE_BYTES),
    (re.compile(r"/api/v1/reserves/[^/]+/(tracks|basemap/[a-z]+)"), MAX_FILE_BYTES),
    (re.compile(r"/api/v1/(areas|reserves/[^/]+(/zones)?|zones/[^/]+)"), MAX_AREAS_BYTES),
    (re.compile(r"/api/v1/reserves/[^/]+/(datasets|fleet/artifacts)"), MAX_DATASET_BYTES),
    (re.compile(r"/api/v1/node-logs/[^/]+"), MAX_FILE_BYTES),
)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

# MapLibre GL starts its worker from a blob and draws sprites from data: and blob: pictures; a live view plays
# from a blob that the page fills.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; media-src 'self' blob:; worker-src 'self' blob:; child-src 'self' blob:; "
    "manifest-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
PICTURE_POLICY = "default-src 'none'; sandbox"
"""For what came from a node: even an SVG opened in a tab of its own runs nothing."""
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self)",
}


class SecurityHeaders:
    """ASGI middleware. Written as one because Starlette's helper for functions buffers streams."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
                if scope["path"].startswith("/api/"):
                    # What one account may see must not come out of a cache for the next.
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, send_with_headers)


class BodyLimit:
    """ASGI middleware: refuses bodies above `MAX_BODY_BYTES`, announced (Content-Length) or not (chunked).

    A route that takes files may carry more; it reads them only once it knows who sends them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        larger = (most for path, most in _FILES if path.fullmatch(scope["path"]))
        most = next(larger, MAX_BODY_BYTES)
        too_large = f"a request may carry at most {most} bytes"
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdigit() or int(announced) > most:
            await problem(413, too_large, headers={"Connection": "close"})(scope, receive, send)
            return
        received = 0

        async def receive_limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise HTTPException(413, too_large, {"Connection": "close"})
            return message

        await self.app(scope, receive_limited, send)


def same_origin(headers: Headers, public_url: str | None) -> bool:
    """Whether a browser says that this request was made by a page of ours (CSRF, beside SameSite=Strict).

    `Sec-Fetch-Site` is the browser's own word and cannot be set by a page; older ones send `Origin` with
    every unsafe request, which is compared with the address that they asked, or with `public_url` where a
    proxy changes the host. Neither: refused, for a cookie comes from a browser.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = urlsplit(headers.get("origin", ""))
    if not origin.netloc:
        return False
    own = {headers.get("host"), urlsplit(public_url).netloc if public_url else None}
    return origin.netloc in own
