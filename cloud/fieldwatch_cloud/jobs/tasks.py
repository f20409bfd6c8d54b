"""The jobs themselves. Each gets a connection in a transaction, the time of its last run, and now; one that
waits for another service gets the database instead."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from fieldwatch_cloud import node_logs
from fieldwatch_cloud.alarms import firms_feed
from fieldwatch_cloud.alarms import node_weather as of_nodes
from fieldwatch_cloud.basemap.build import build_due
from fieldwatch_cloud.db import heartbeats, jobs, node_intake, rollups
from fieldwatch_cloud.db.live import News
from fieldwatch_cloud.deployment_news import as_json, health
from fieldwatch_cloud.fleet.health import SILENCE_FACTOR
from fieldwatch_cloud.live_view import sessions
from fieldwatch_cloud.media.store import DiskStore
from fieldwatch_cloud.media.thumbnails import Thumbnails
from fieldwatch_cloud.reporting import make
from fieldwatch_cloud.retention.sweep import sweep
from fieldwatch_cloud.rollouts import run as rollouts
from fieldwatch_cloud.uploads import desk

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Connection, Database
    from fieldwatch_cloud.live_view.shelf import Shelf
    from fieldwatch_cloud.settings import CloudSettings, FirmsSettings
    from fieldwatch_cloud.uploads.parts import Parts

log = structlog.get_logger(__name__)

INTAKE_KEPT = timedelta(days=90)


def find_silence(conn: Connection, last: datetime | None, now: datetime) -> int:
    """Tell the live stream of each node that fell silent since the last run; returns how many.

    By the time at which the silence became one, not by what this process remembers: so each silence is told
    once, whoever leads, and one that began while nobody led is told late.
    """
    fell_silent = 0
    news = News()
    for node, reserve, heard in heartbeats.newest_of_all(conn):
        silent_at = heard.at + SILENCE_FACTOR * timedelta(seconds=heard.heartbeat.next_within_s)
        if silent_at > now or (last is not None and silent_at <= last):
            continue
        fell_silent += 1
        log.warning("node.silent", node=node, reserve=reserve, last_heard=heard.at.isoformat())
        for deployment, judged in health(conn, node, now).items():
            news.add(reserve, "deployment", {"id": str(deployment), "health": as_json(judged)})
    news.announce(conn)
    return fell_silent


def clean_up(conn: Connection, _last: datetime | None, now: datetime) -> int:
    """Delete sessions that have ended, and what nodes brought on days long past; returns how many."""
    return jobs.delete_ended_sessions(conn) + node_intake.forget(conn, (now - INTAKE_KEPT).date())


def roll_up(database: Database, _now: datetime) -> int:
    """Bring kept sums of counts up to date; returns for how many deployments."""
    return rollups.roll_up(database)


def remove_pictures(settings: CloudSettings) -> Callable[[Database, datetime], int]:
    """The job that removes pictures by the reserves' rules; returns how many."""

    def remove(database: Database, now: datetime) -> int:
        store = DiskStore(settings.media_dir)
        small = Thumbnails(
            store, settings.media_dir / "thumbnails", most_bytes=settings.media.thumbnail_bytes
        )
        return sweep(database, store, small, now)

    return remove


def end_live_views(shelf: Shelf) -> Callable[[Database, datetime], int]:
    """The job that ends live views that hang, and deletes what they leave; returns how many it ended."""

    def end(database: Database, now: datetime) -> int:
        return sessions.sweep(database, shelf, now)

    return end


def sweep_uploads(parts: Parts) -> Callable[[Database, datetime], int]:
    """The job that deletes uploads of large media that nothing came for; returns how many."""

    def swept(database: Database, now: datetime) -> int:
        return desk.sweep(database, parts, now)

    return swept


def build_basemaps(media_dir: Path) -> Callable[[Database, datetime], int]:
    """The job that builds the base maps of which something has changed; returns how many."""

    def build(database: Database, _now: datetime) -> int:
        return build_due(database, media_dir)

    return build


def node_weather(database: Database, now: datetime) -> int:
    """Make weather and fire danger of what nodes' own sensors measured; returns how many hours."""
    return of_nodes.run(database, now)


def fetch_hotspots(settings: FirmsSettings) -> Callable[[Database, datetime], int]:
    """The job that asks FIRMS for new hotspots; returns how many there were."""

    def fetch(database: Database, now: datetime) -> int:
        return firms_feed.fetch(database, settings, now).new

    return fetch


def carry_on_rollouts(database: Database, now: datetime) -> int:
    """Have roll-outs that are under way go on, or stop; returns how many there are."""
    return rollouts.advance_all(database, now)


def sweep_node_logs(settings: CloudSettings) -> Callable[[Database, datetime], int]:
    """The job that forgets logs of nodes that were kept long enough; returns how many."""

    def work(database: Database, now: datetime) -> int:
        return node_logs.sweep(database, settings, now)

    return work


def make_reports(settings: CloudSettings) -> Callable[[Database, datetime], int]:
    """The job that makes reports, those that are due and those that somebody waits for; returns how many."""

    def work(database: Database, now: datetime) -> int:
        return make.run(database, settings, now)

    return work
