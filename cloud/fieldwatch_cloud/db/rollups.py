"""Sums kept right: what the markers in `stale` touch is derived anew, a few deployments a transaction.

    stale ─▶ events anew ─▶ event ─▶ count_day, count_sum by month ─▶ count_month, count_sum by year
    stale_effort ─▶ effort_until ─▶ effort_sum by month and year

A transaction sees one state: the markers of that state, and the records that they speak of. It takes away
these markers and no others. So it may be interrupted, repeated, or run beside ingest at any time: what came
meanwhile left a marker that is still there. Two that take the same markers at once cannot both commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection, Database

log = structlog.get_logger(__name__)
SQL = statements("rollups")

DEPLOYMENTS_AT_ONCE = 50
"""In one transaction: the first run after years of records came at once takes seconds each, not an hour."""
TOLD_FROM = 10 * DEPLOYMENTS_AT_ONCE
"""A backlog of more deployments than this is worth a line now and then."""

_PACKED = (
    ("month", "days_of_months", "put_days", "delete_days"),
    ("year", "months_of_years", "put_months", "delete_months"),
)
"""How sums of the tier come about: from which parts, and where those go, packed with what is around them."""


def roll_up(database: Database, *, at_once: int = DEPLOYMENTS_AT_ONCE) -> int:
    """Go once through all deployments with markers, in their order; returns how many there were.

    Raises:
        DatabaseUnavailableError: another process takes the same markers; nothing is lost.
    """
    return _through(database, at_once, "next_stale", _counts, "counts") + _through(
        database, at_once, "next_stale_effort", _effort, "effort"
    )


def _through(
    database: Database, at_once: int, next_: str, derive: Callable[[Connection, list[UUID]], None], what: str
) -> int:
    done, after = 0, None
    while True:
        with database.transaction() as conn:
            conn.execute(SQL["one_instant"])
            conn.execute(SQL["room_to_sort"])
            found = conn.execute(SQL[next_], {"after": after, "limit": at_once}, prepare=False)
            deployments = [id_ for (id_,) in found]
            if deployments:
                conn.execute(SQL["prepare"])
                derive(conn, deployments)
        done += len(deployments)
        if done > TOLD_FROM:
            log.info("rollups.working_off", what=what, deployments=done)
        if len(deployments) < at_once:
            return done
        after = deployments[-1]


def _counts(conn: Connection, deployments: list[UUID]) -> None:
    named = {"deployments": deployments}
    # Never prepared: how many markers there are, and how wide, differs too much for one plan.
    conn.execute(SQL["derive"], named, prepare=False)
    conn.execute(SQL["replace_events"], named, prepare=False)
    conn.execute(SQL["insert_events"], prepare=False)
    conn.execute(SQL["number_taxa"], prepare=False)
    for tier, parts, put, delete in _PACKED:
        conn.execute(SQL["forget_parts"])
        conn.execute(SQL[parts], prepare=False)
        conn.execute(SQL["by_hash"])
        conn.execute(SQL["put_around"], prepare=False)
        conn.execute(SQL["by_index"])
        conn.execute(SQL["delete_sums"], {"tier": tier}, prepare=False)
        conn.execute(SQL[delete], prepare=False)
        conn.execute(SQL["as_planned"])
        conn.execute(SQL["insert_sums"], {"tier": tier}, prepare=False)
        conn.execute(SQL[put], prepare=False)
    conn.execute(SQL["take_markers"], named, prepare=False)


def _effort(conn: Connection, deployments: list[UUID]) -> None:
    named = {"deployments": deployments}
    conn.execute(SQL["stale_effort"], named, prepare=False)
    conn.execute(SQL["by_index"])
    conn.execute(SQL["delete_effort_days"], prepare=False)
    conn.execute(SQL["insert_effort_days"], prepare=False)
    conn.execute(SQL["move_effort_after"], prepare=False)
    for tier in ("month", "year"):
        conn.execute(SQL["delete_effort"], {"tier": tier}, prepare=False)
        conn.execute(SQL["insert_effort"], {"tier": tier}, prepare=False)
    conn.execute(SQL["take_effort_markers"], named, prepare=False)
