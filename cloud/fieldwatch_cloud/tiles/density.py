"""How often a taxon was met, by cell: events per 100 camera-days with an interval, as counts give them.

    Question ─▶ Field (each camera: effort, events) ─▶ Figures of each cell ─▶ tile

The field is read once for a question, by the functions that answer counts; a tile only adds up. A cell's
figures come from all cameras of the cell, also those beyond the tile's edge: both sides say the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from fieldwatch_cloud.basemap.mercator import project
from fieldwatch_cloud.counts.methods import rate as rates
from fieldwatch_cloud.counts.periods import midnight
from fieldwatch_cloud.db import counts, tiles

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from numpy.typing import NDArray

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.sensitive import Sensitive
    from fieldwatch_cloud.tiles.cells import Lattice

MARGIN_UNITS = 64
"""A tile carries so much beyond its edges (4096 units wide), that outlines are not seen along them."""


@dataclass(frozen=True, slots=True)
class Question:
    reserve_id: UUID
    taxon: str | None
    """Scientific name; None: all animals together."""
    since: date
    until: date
    """First days of months by the reserve's own time; the last one is excluded."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one cell. Without effort nothing but who stood there: nobody looked, and that is not zero."""

    deployments: int
    camera_days: float
    events: int | None = None
    rate: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def status(self) -> str:
        return "not_observed" if self.rate is None else "observed"


@dataclass(slots=True)
class Field:
    """What the cameras say that stood in the reserve in the span: (cameras,) each."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    """Metres in web mercator."""
    camera_days: NDArray[np.float64]
    events: NDArray[np.float64]
    _gridded: dict[Lattice, Gridded] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """About, with all that is worked out of it."""
        return 4096 + 100 * self.x.nbytes

    def gridded(self, lattice: Lattice) -> Gridded:
        found = self._gridded.get(lattice)
        if found is None:
            cells, number = np.unique(lattice.cell_of(self.x, self.y), axis=0, return_inverse=True)
            found = self._gridded[lattice] = Gridded(self, lattice, cells, number.reshape(-1))
        return found


@dataclass(slots=True)
class Gridded:
    of: Field
    lattice: Lattice
    cells: NDArray[np.int64]
    """(cells, 2): column and row of each in which a camera stood."""
    number: NDArray[np.int64]
    """(cameras,): place of its cell among them."""
    _figures: dict[int, Figures] = field(default_factory=dict)

    def within(self, west: float, south: float, east: float, north: float) -> list[tuple[int, int, Figures]]:
        """(column, row, figures) of the cells that may reach into a box."""
        x, y = self.lattice.middle(self.cells)
        reach = self.lattice.reach_m
        chosen = (x > west - reach) & (x < east + reach) & (y > south - reach) & (y < north + reach)
        return [
            (int(self.cells[n, 0]), int(self.cells[n, 1]), self.figures(n))
            for n in np.flatnonzero(chosen).tolist()
        ]

    def figures(self, n: int) -> Figures:
        found = self._figures.get(n)
        if found is None:
            here = self.number == n
            found = self._figures[n] = _figures(self.of.camera_days[here], self.of.events[here])
        return found


def read(conn: Connection, question: Question, hidden: Sensitive) -> Field:
    """Ask for everything that the tiles of a question need; to be called first in a transaction.

    Args:
        hidden: species that the asker may not see in any part of the reserve: left out.

    Raises:
        NotFoundError: there is no such reserve any more.
    """
    counts.one_snapshot(conn)
    zone = ZoneInfo(tiles.timezone(conn, question.reserve_id))
    since, until = midnight(question.since, zone), midnight(question.until, zone)
    stood = tiles.stood(conn, question.reserve_id, since, until)
    ids = [one.id for one in stood]
    days = counts.effort_by_deployment(conn, ids, since, until)
    taxa = None if question.taxon is None else [question.taxon]
    asked = counts.Query(question.reserve_id, None, since, until, taxa=taxa)
    events = np.zeros(len(ids))
    for tally in counts.events_by_taxon(conn, ids, asked):
        if hidden.blur_m(tally.scientific_name) is None and (taxa or tally.observation_type == "animal"):
            events[list(tally.events_at)] += list(tally.events_at.values())
    camera_days = np.array([days.get(id_, 0.0) for id_ in ids])
    # Whoever reported effort stood there, whatever the dates say; the others by their dates.
    kept = np.array([one.in_span for one in stood], dtype=bool) | (camera_days > 0)
    x, y = project(np.array([one.lon for one in stood]), np.array([one.lat for one in stood]))
    # Events at cameras that report no effort belong to no rate, as in counts.
    events[camera_days == 0] = 0
    return Field(x[kept], y[kept], camera_days[kept], events[kept])


def _figures(camera_days: NDArray[np.float64], events: NDArray[np.float64]) -> Figures:
    total = float(camera_days.sum())
    if total == 0:
        return Figures(len(camera_days), 0.0)
    estimate = rates.rate(events, camera_days).estimates[0]
    return Figures(
        len(camera_days),
        round(total, 2),
        int(events.sum()),
        estimate.value,
        estimate.low,
        estimate.high,
    )
