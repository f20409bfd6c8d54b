"""Runs the application under uvicorn."""

import socket

import uvicorn
from fastapi import FastAPI

GRACE_S = 5
"""For requests that are being answered when the process is told to stop."""


class Server(uvicorn.Server):
    """uvicorn waits at shutdown for all responses to end; event streams never do, so they are ended first."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.app.state.live.close()  # type: ignore[union-attr]
        await super().shutdown(sockets)


def server(app: FastAPI, *, host: str, port: int) -> Server:
    """A server for an app of `create_app`; `.run()` blocks until SIGTERM or SIGINT.

    Addresses of clients are taken from a proxy's `X-Forwarded-For` only if the proxy runs on this machine
    (uvicorn's default).
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,  # Ours is configured by the command line.
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        lifespan="on",
    )
    return Server(config)
