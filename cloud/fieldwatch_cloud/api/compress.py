"""Answers packed by gzip, where the client takes them and packing them is right."""

import re

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

LEAST_BYTES = 1024
LEVEL = 5
"""A megabyte of deployments becomes 70 kB in 15 ms; level 9 takes twice as long for 3 kB less."""
# Pictures and video are packed as they are; the base map is read by ranges of its own bytes; files to be
# saved say how long they are; the web app's files come packed from the build; a stream's events must leave at
# once.
_AS_THEY_ARE = re.compile(
    r"(?!/api/).*|/api/v1/media/.*|.*\.(pmtiles|ts|m4s|mp4|jpg|png|pdf|zip|gpkg|parquet)"
    r"|.*/(stream|export|pictures/[^/]+|exports/[^/]+)"
)


class Compressed:
    """ASGI middleware: gzip for the API's JSON, GeoJSON and vector tiles."""

    def __init__(self, app: ASGIApp) -> None:
        self._plain = app
        self._packed = GZipMiddleware(app, minimum_size=LEAST_BYTES, compresslevel=LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        as_it_is = scope["type"] != "http" or _AS_THEY_ARE.fullmatch(scope["path"])
        await (self._plain if as_it_is else self._packed)(scope, receive, send)
