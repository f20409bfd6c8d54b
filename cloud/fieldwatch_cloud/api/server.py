"""Runs the application under uvicorn."""

import socket
from collections.abc import Callable
from pathlib import Path

import structlog
import uvicorn
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

log = structlog.get_logger(__name__)
Certificate = Callable[[], tuple[Path, Path]]
LOOK_EVERY_TICKS = 36_000
"""An hour."""
GRACE_S = 5
"""For requests that are being answered when the process is told to stop."""


class Server(uvicorn.Server):
    """uvicorn waits at shutdown for all responses to end; event streams never do, so they are ended first."""

    def __init__(self, config: uvicorn.Config, certificate: Certificate | None = None) -> None:
        super().__init__(config)
        self._certificate = certificate

    async def on_tick(self, counter: int) -> bool:
        # Ten times a second. New connections get the new certificate, open ones keep the old.
        if self._certificate is not None and counter % LOOK_EVERY_TICKS == LOOK_EVERY_TICKS - 1:
            await run_in_threadpool(self._renew)
        return await super().on_tick(counter)

    def _renew(self) -> None:
        assert self._certificate is not None  # noqa: S101
        assert self.config.ssl is not None  # noqa: S101
        try:
            self.config.ssl.load_cert_chain(*self._certificate())
        except OSError as error:
            log.exception("api.certificate_not_renewed", reason=str(error))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.app.state.live.close()  # type: ignore[union-attr]
        await super().shutdown(sockets)


def server(app: FastAPI, *, host: str, port: int, certificate: Certificate | None = None) -> Server:
    """A server for an app of `create_app`; `.run()` blocks until SIGTERM or SIGINT.

    Args:
        certificate: gives the files of certificate and key for HTTPS, each time the newest; None: HTTP.

    Addresses of clients are taken from a proxy's `X-Forwarded-For` only if the proxy runs on this machine
    (uvicorn's default).
    """
    files = certificate() if certificate else None
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,  # Ours is configured by the command line.
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        lifespan="on",
        ssl_certfile=files[0] if files else None,
        ssl_keyfile=files[1] if files else None,
    )
    return Server(config, certificate)
