"""The FastAPI application: `create_app` puts together what the other modules define."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from fieldwatch_cloud.api import openapi, problems, site
from fieldwatch_cloud.api.attempts import Attempts
from fieldwatch_cloud.api.auth import SignedIn
from fieldwatch_cloud.api.compress import Compressed
from fieldwatch_cloud.api.live import Live
from fieldwatch_cloud.api.ogc import routes as ogc
from fieldwatch_cloud.api.routes import (
    admin_password,
    admin_people,
    admin_places,
    admin_retention,
    admin_sources,
    alerts,
    basemap,
    cap,
    clocks,
    counts,
    datasets,
    devices,
    drills,
    effort,
    enrolment,
    estimates,
    exchange,
    exports,
    field_pictures,
    fires,
    fleet,
    fleet_node,
    fleet_rollouts,
    flights,
    health,
    hotspots,
    labels,
    line,
    live_view,
    maintenance,
    masks,
    node_deployments,
    node_session,
    nodes,
    overview,
    people,
    places,
    power,
    push,
    readings,
    records,
    reports,
    reserve_reports,
    roster,
    sensitive,
    series,
    species,
    stream,
    tiles,
    tracks,
    uploads,
    weather,
)
from fieldwatch_cloud.api.security import BodyLimit, SecurityHeaders
from fieldwatch_cloud.api.services import Operations, Services
from fieldwatch_cloud.authority.keys import Authority
from fieldwatch_cloud.db.pool import Database
from fieldwatch_cloud.estimates.workers import Workers
from fieldwatch_cloud.live_view.shelf import Shelf
from fieldwatch_cloud.media.store import MediaStore
from fieldwatch_cloud.media.thumbnails import Thumbnails
from fieldwatch_cloud.settings import CloudSettings
from fieldwatch_cloud.tiles.service import Tiles
from fieldwatch_shared import cards

PREFIX = "/api/v1"
LOGIN_FAILURES = 10
LOGIN_FAILURES_OF_PLACE = 100
"""Of all addresses together: many people may share a place, but not so many fail."""
LOGIN_WINDOW_S = 15 * 60.0
RECEIPT_FAILURES = 300
"""A village's phones may come by one address, some with receipts that nobody knows. They try again."""
LIVE_VIEWS = 10
"""That one account may ask for within a minute: each wakes a modem in the field."""
TILE_BYTES = 64 * 1024**2
"""Tiles that an API process keeps: some ten thousand."""


def create_app(
    settings: CloudSettings, *, operations: Operations, media: MediaStore, web: Path = site.WEB
) -> FastAPI:
    """The application over the database of `settings`; its pool and LISTEN connection live in the lifespan.

    Args:
        operations: what lies outside of the API; see `services.Operations`.
        web: the folder of the built web app.
    """
    live = Live()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        sizes, limits = settings.database, settings.counts
        workers = Workers(processes=limits.processes, waiting=limits.waiting, limit_s=limits.time_limit_s)
        with Database(settings.database_url, size=sizes.pool_size, wait_s=sizes.pool_wait_s) as database:
            tiles_kept = Tiles(database, TILE_BYTES)
            live.on_news(tiles_kept.heard)
            app.state.services = Services(
                settings=settings,
                database=database,
                operations=operations,
                media=media,
                thumbnails=Thumbnails(
                    media,
                    settings.media_dir / "thumbnails",
                    most_bytes=settings.media.thumbnail_bytes,
                ),
                live=live,
                attempts=Attempts(LOGIN_FAILURES, LOGIN_WINDOW_S),
                place_attempts=Attempts(LOGIN_FAILURES_OF_PLACE, LOGIN_WINDOW_S),
                detectors=cards.measured(settings.counts.model_folders),
                workers=workers,
                authority=cache(lambda: Authority(settings.state)),
                node_attempts=Attempts(LOGIN_FAILURES, LOGIN_WINDOW_S),
                receipt_attempts=Attempts(RECEIPT_FAILURES, LOGIN_WINDOW_S),
                live_views=Shelf(settings.live_dir),
                live_view_attempts=Attempts(LIVE_VIEWS, 60.0),
                tiles=tiles_kept,
            )
            listening = asyncio.create_task(live.run(settings.database_url), name="live")
            try:
                yield
            finally:
                workers.close()
                live.close()
                listening.cancel()
                with suppress(asyncio.CancelledError):
                    await listening

    app = _application(lifespan)
    app.state.live = live
    site.mount(app, web)
    return app


def describe() -> FastAPI:
    """The application without anything behind it: for its OpenAPI document."""
    return _application(None)


def _application(lifespan: Any) -> FastAPI:
    app = FastAPI(
        title="Fieldwatch",
        lifespan=lifespan,
        routes=list(_routes()),
        # FastAPI's own pages load scripts from a CDN and would be open to all.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    problems.install(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(Compressed)
    app.add_middleware(SecurityHeaders)  # Added last, so outermost: refusals carry the headers too.
    app.openapi = lambda: openapi.finish(app)  # type: ignore[method-assign]
    return app


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """What every application answers. Once per process: FastAPI reads the signature of each handler, which
    takes longer than most requests.
    """
    api = APIRouter(prefix=PREFIX)
    for module in (
        tiles,  # Asked most, and routes are looked at in this order.
        people,
        admin_password,
        admin_people,
        places,
        admin_places,
        admin_retention,
        admin_sources,
        records,
        labels,
        clocks,
        exchange,
        exports,
        hotspots,
        reports,
        reserve_reports,
        weather,
        readings,
        power,
        counts,
        series,
        estimates,
        effort,
        fires,
        field_pictures,
        fleet,
        fleet_rollouts,
        flights,
        fleet_node,
        maintenance,
        live_view,
        masks,
        node_deployments,
        nodes,
        enrolment,
        node_session,
        cap,
        push,
        devices,
        roster,
        alerts,
        drills,
        stream,
        datasets,
        sensitive,
        overview,
        species,
        tracks,
        basemap,
        uploads,
        line,
        health,
    ):
        api.include_router(module.router)

    @api.get("/openapi.json", include_in_schema=False)
    def get_openapi(request: Request, _: SignedIn) -> JSONResponse:
        return JSONResponse(request.app.openapi())

    every = APIRouter(generate_unique_id_function=_operation_id)
    every.include_router(api)
    every.include_router(ogc.router)
    return tuple(every.routes)


def _operation_id(route: APIRoute) -> str:
    """The handler's name: what a generated client calls the method."""
    return route.name
