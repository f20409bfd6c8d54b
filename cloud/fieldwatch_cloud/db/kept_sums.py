"""Events and effort of deployments within a time span: by kept sums, and by records where these do not hold.

Each function asks the database, and gives what reads its answer: within a pipeline the database goes on with
what is asked next, while Python adds up. Markers (`db.rollups`) say where sums do not hold.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from fieldwatch_cloud.counts.packed import Sums, unpacked, unpacked_events
from fieldwatch_cloud.counts.pieces import pieces, without
from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from numpy.typing import NDArray

    from fieldwatch_cloud.counts.events import Rule, TaxonKey
    from fieldwatch_cloud.counts.pieces import Form
    from fieldwatch_cloud.db.pool import Connection, Rows

    Counted = tuple[Sums, Callable[[], dict[int, TaxonKey]]]
    """Sums of taxa by number, and what gives their names."""

SQL = statements("kept_sums")


@dataclass(frozen=True, slots=True)
class Marked:
    """Deployments with markers: where sums may not hold."""

    counts: list[UUID]
    effort: list[UUID]


def marked(conn: Connection, deployments: Sequence[UUID]) -> Marked:
    # Mostly there are none, and planning the statement that says where takes longer than the answer.
    ((counts, effort),) = ask(conn, SQL["marked"], {"deployments": array(deployments)}).fetchall()
    return Marked(counts, effort)


def effort(
    conn: Connection, deployments: Sequence[UUID], since: datetime, until: datetime, marks: Marked
) -> Callable[[], NDArray[np.float64]]:
    """Gives (deployments,) camera-days of each; see `counts.effort.camera_days`."""
    cuts = _Cuts.around(deployments, since, until, _stale(conn, "stale_effort", marks.effort, since, until))
    edges = [
        (n, at.astimezone(UTC).date(), at, sign)
        for n, *span in cuts.sure
        for at, sign in zip(span, (-1, 1), strict=True)
    ]
    edged = cuts.asked | _columns(("edge_of", "edge_day", "edge_at", "edge_sign"), edges)
    asked = [ask(conn, SQL["effort"], edged)]
    if cuts.unsure:
        asked.append(ask(conn, SQL["effort_of_stale"], cuts.stale, prepare=False))

    def answer() -> NDArray[np.float64]:
        days = np.zeros(len(deployments))
        for cursor in asked:
            for place, seconds in cursor.fetchall():
                days[place] += seconds / 86400
        return days

    return answer


def events(
    conn: Connection, deployments: Sequence[UUID], since: datetime, until: datetime, marks: Marked
) -> Callable[[], Counted]:
    """Gives the sums of events by the default interval and rule that start in [since, until)."""
    cuts = _Cuts.around(deployments, since, until, _stale(conn, "stale", marks.counts, since, until))
    cut = [(n, one.form, one.first, one.last) for n, *span in cuts.sure for one in pieces(*span)]
    rows: list[tuple[int, bytes | None, bytes]] = []
    if cut:
        named = cuts.asked | _columns(("piece_of", "form", "first", "last"), cut)
        rows = ask(conn, _from_sums(tuple(sorted({form for _, form, *_ in cut}))), named).fetchall()
    stale = ask(conn, SQL["from_stale"], cuts.stale, prepare=False).fetchall() if cuts.unsure else []

    def answer() -> Counted:
        days = [(place, packed) for place, packed, _ in rows if packed]
        sums = unpacked([place for place, _, _ in rows], [each for _, _, each in rows])
        sums += unpacked_events([place for place, _ in days], [each for _, each in days], since, until)
        asked = ask(conn, SQL["taxa"], {"numbers": np.unique(sums.taxa).tolist()})
        if not stale:
            return sums, lambda: _names(asked)
        names = _names(asked)
        return sums + _numbered(stale, names), lambda: names

    return answer


def events_of_records(
    conn: Connection,
    deployments: Sequence[UUID],
    since: datetime,
    until: datetime,
    interval: timedelta,
    rule: Rule,
    min_confidence: float,
) -> Callable[[], Counted]:
    """The same by another interval or rule, or above a confidence: no sums are kept of these."""
    named = {
        "deployments": array(deployments),
        "since": since,
        "until": until,
        "interval": interval,
        "rule": rule,
        "min_confidence": min_confidence,
    }
    rows = ask(conn, SQL["from_records"], named, prepare=False).fetchall()

    def answer() -> Counted:
        names: dict[int, TaxonKey] = {}
        return _numbered(rows, names), lambda: names

    return answer


def ask(conn: Connection, statement: bytes, named: dict[str, Any], *, prepare: bool = True) -> Rows:
    """Args:
    prepare: planning takes as long as some statements; false where its parameters decide on the best plan.
    """
    return conn.execute(statement, named, prepare=prepare, binary=True)


def array(ids: Iterable[UUID]) -> str:
    """As PostgreSQL writes it: psycopg takes a millisecond for hundreds of UUIDs in a list."""
    return "{" + ",".join([id_.hex for id_ in ids]) + "}"


def _names(asked: Rows) -> dict[int, TaxonKey]:
    return {number: (name, kind) for number, name, kind in asked.fetchall()}


def _numbered(rows: list[tuple[Any, ...]], names: dict[int, TaxonKey]) -> Sums:
    """Rows of place, name, type and figures, by the numbers of `names`; new names are added there."""
    numbers = {taxon: number for number, taxon in names.items()}
    at, figures = [], []
    for place, name, kind, *counted in rows:
        number = numbers.setdefault((name, kind), max(names, default=0) + 1)
        names[number] = (name, kind)
        at.append((place, number))
        figures.append(counted)
    columns = np.hstack([np.array(at, np.int64).reshape(-1, 2), np.array(figures, np.int64).reshape(-1, 5)])
    return Sums(*columns.T)


def _stale(
    conn: Connection, statement: str, deployments: list[UUID], since: datetime, until: datetime
) -> dict[UUID, list[tuple[datetime, datetime]]]:
    """Where sums do not hold, by deployment, in order."""
    found: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
    if deployments:
        named = {"deployments": deployments, "since": since, "until": until}
        # Not prepared: how many markers there are, and how wide, differs too much for one plan.
        for id_, start, end in conn.execute(SQL[statement], named, prepare=False):
            found[id_].append((start, end))
    return found


@dataclass(frozen=True, slots=True)
class _Cuts:
    """Where sums answer, and where records have to: one cut for all deployments without markers, and one for
    each of the others."""

    asked: dict[str, Any]
    """`deployments` and the number of each one's cut."""
    sure: list[tuple[int, datetime, datetime]]
    """(cut, since, until)"""
    unsure: list[tuple[int, UUID, datetime, datetime]]
    """(place of the deployment, deployment, since, until)"""

    @classmethod
    def around(
        cls,
        deployments: Sequence[UUID],
        since: datetime,
        until: datetime,
        stale: dict[UUID, list[tuple[datetime, datetime]]],
    ) -> _Cuts:
        numbers = ["0"] * len(deployments)
        sure: list[tuple[int, datetime, datetime]] = [(0, since, until)]
        unsure: list[tuple[int, UUID, datetime, datetime]] = []
        places = {id_: n for n, id_ in enumerate(deployments)} if stale else {}
        for number, (id_, spans) in enumerate(stale.items(), start=1):
            numbers[places[id_]] = str(number)
            holding, others = without(since, until, spans)
            sure += [(number, *span) for span in holding]
            unsure += [(places[id_], id_, *span) for span in others]
        return cls({"deployments": array(deployments), "cuts": "{" + ",".join(numbers) + "}"}, sure, unsure)

    @property
    def stale(self) -> dict[str, list[Any]]:
        return _columns(("stale_at", "stale_of", "stale_from", "stale_to"), self.unsure)


@cache
def _from_sums(forms: tuple[Form, ...]) -> bytes:
    return SQL["from_sums"] + b"\nUNION ALL\n".join(SQL[form] for form in forms)


def _columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {name: [row[n] for row in rows] for n, name in enumerate(names)}
