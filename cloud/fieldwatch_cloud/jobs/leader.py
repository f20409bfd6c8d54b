"""The scheduler, run by whichever process holds the lead."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor  # type: ignore[import-untyped]
from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.interval import IntervalTrigger  # type: ignore[import-untyped]

from fieldwatch_cloud.alarms import firms_feed
from fieldwatch_cloud.db import jobs, sources
from fieldwatch_cloud.db.pool import Connection, Database, connection
from fieldwatch_cloud.errors import DatabaseUnavailableError, FeedError, MediaError
from fieldwatch_cloud.jobs import tasks
from fieldwatch_cloud.live_view.shelf import Shelf
from fieldwatch_cloud.uploads.parts import Parts
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from fieldwatch_cloud.settings import CloudSettings

log = structlog.get_logger(__name__)

ASK_AGAIN_S = 5.0
NODE_WEATHER_EVERY_S = 300.0
BASEMAPS_EVERY_S = 5.0
"""Whoever has loaded a river waits before the map for it; asking costs a query of one small table."""
LIVE_VIEW_EVERY_S = 10.0
NODE_LOGS_EVERY_S = 60.0
UPLOADS_EVERY_S = 3600.0
REPORTS_EVERY_S = 2.0
"""Who has asked for one waits before the page; asking costs two queries of small tables."""


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    every_s: float
    task: Callable[[Connection, datetime | None, datetime], int]


@dataclass(frozen=True, slots=True)
class LongJob:
    """A job that waits for others, or works in pieces: it makes its own transactions."""

    name: str
    every_s: float
    task: Callable[[Database, datetime], int]


def all_jobs(settings: CloudSettings) -> list[Job | LongJob]:
    wanted: list[Job | LongJob] = [
        Job("silence", settings.jobs.silence_every_s, tasks.find_silence),
        Job("clean_up", settings.jobs.cleanup_every_s, tasks.clean_up),
        LongJob("roll_up", settings.jobs.rollup_every_s, tasks.roll_up),
        LongJob("node_weather", NODE_WEATHER_EVERY_S, tasks.node_weather),
        LongJob("basemaps", BASEMAPS_EVERY_S, tasks.build_basemaps(settings.media_dir)),
        LongJob("live_view", LIVE_VIEW_EVERY_S, tasks.end_live_views(Shelf(settings.live_dir))),
        LongJob("reports", REPORTS_EVERY_S, tasks.make_reports(settings)),
        LongJob("rollouts", settings.fleet.rollouts_every_s, tasks.carry_on_rollouts),
        LongJob("node_logs", NODE_LOGS_EVERY_S, tasks.sweep_node_logs(settings)),
        LongJob("uploads", UPLOADS_EVERY_S, tasks.sweep_uploads(Parts(settings.uploads_dir))),
        LongJob("retention", settings.jobs.retention_every_s, tasks.remove_pictures(settings)),
    ]
    if settings.firms.map_key:
        wanted.append(LongJob(firms_feed.JOB, settings.firms.every_s, tasks.fetch_hotspots(settings.firms)))
    return wanted


def run_job(db: Database, job: Job | LongJob) -> None:
    """Run it once, in one transaction with the record of having run."""
    now = utc_now()
    if isinstance(job, LongJob):
        try:
            done = job.task(db, now)
        except (FeedError, MediaError) as error:
            # Not noted as finished: whoever asks sees how old the news is, and why.
            log.error("job.failed", job=job.name, reason=str(error))  # noqa: TRY400  The reason says it all.
            with db.transaction() as conn:
                sources.note_failure(conn, job.name, now, str(error))
            return
        with db.transaction() as conn:
            jobs.note_finished(conn, job.name, now)
            sources.forget_failure(conn, job.name)
    else:
        with db.transaction() as conn:
            done = job.task(conn, jobs.last_finished(conn, job.name), now)
            jobs.note_finished(conn, job.name, now)
    log.debug("job.finished", job=job.name, done=done)


def run(settings: CloudSettings, stopping: threading.Event) -> None:
    """Lead, or wait to lead, until `stopping` is set."""
    wanted = all_jobs(settings)
    with Database(settings.database_url, size=settings.database.pool_size) as db:
        while not stopping.is_set():
            try:
                with connection(settings.database_url) as conn:
                    if jobs.try_lead(conn):
                        _lead(conn, db, wanted, stopping)
            except DatabaseUnavailableError as error:
                log.warning("jobs.waiting", reason=str(error))
            stopping.wait(ASK_AGAIN_S)


def _lead(conn: Connection, db: Database, wanted: Sequence[Job | LongJob], stopping: threading.Event) -> None:
    # That a job still runs when it is due again is no news (a report takes longer than two seconds): once is
    # enough, and the next turn comes.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    scheduler = BackgroundScheduler(executors={"default": ThreadPoolExecutor(4)}, timezone="UTC")
    now = utc_now()
    for job in wanted:
        last = jobs.last_finished(conn, job.name)
        due = now if last is None else max(now, last + timedelta(seconds=job.every_s))
        scheduler.add_job(
            run_job,
            IntervalTrigger(seconds=job.every_s),
            (db, job),
            id=job.name,
            next_run_time=due,
            misfire_grace_time=None,  # Late is better than never...
            coalesce=True,  # ...and once is enough.
            max_instances=1,
        )
    scheduler.start()
    log.info("jobs.leading", jobs=[job.name for job in wanted])
    try:
        while not stopping.wait(ASK_AGAIN_S):
            jobs.still_connected(conn)
    finally:
        scheduler.shutdown(wait=True)
