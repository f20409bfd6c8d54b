"""Surveys made by hand, for what adapters make of them."""

from collections.abc import Mapping
from uuid import UUID

import numpy as np

from fieldwatch_cloud.estimates.survey import NOTHING_SAID, Happenings, Said, Site, Survey
from fieldwatch_shared.cards import Measured

DAY = 86_400.0
SINCE = 20_000 * DAY
"""Midnight in UTC."""


def site(number: int, lon: float | None = None, lat: float = 33.6) -> Site:
    east = 107.0 + 0.01 * number if lon is None else lon
    return Site((UUID(int=number),), f"site {number}", east, lat, 10.0, 50.0, 1.0)


def happenings(rows: list[tuple[int, float, float, int]], taxon: int = 0) -> Happenings:
    """Rows of (site, day at which it starts, seconds it lasts, count)."""
    at = np.array([row[0] for row in rows], dtype=np.int64)
    start = np.array([SINCE + row[1] * DAY for row in rows])
    lasts = np.array([row[2] for row in rows], dtype=np.float64)
    count = np.array([row[3] for row in rows], dtype=np.int64)
    order = np.lexsort((start, at))
    return Happenings(
        at[order], np.full(len(rows), taxon), start[order], (start + lasts)[order], count[order]
    )


def survey(
    days: float,
    looked: list[tuple[int, float, float]],
    rows: list[tuple[int, float, float, int]],
    *,
    sites: tuple[Site, ...] | None = None,
    timezone: str = "UTC",
    taxa: tuple[str, ...] = ("Cervidae",),
    said: Said = NOTHING_SAID,
    detectors: Mapping[str, Measured] | None = None,
) -> Survey:
    """Of so many days; `looked` are (site, day from, day to)."""
    places = sites or tuple(site(number) for number in range(max(row[0] for row in looked) + 1))
    seen = happenings(rows)
    return Survey(
        since=SINCE,
        until=SINCE + days * DAY,
        timezone=timezone,
        taxa=taxa,
        sites=places,
        site=np.array([row[0] for row in looked], dtype=np.int64),
        start=np.array([SINCE + row[1] * DAY for row in looked]),
        end=np.array([SINCE + row[2] * DAY for row in looked]),
        events=seen,
        records=seen,
        said=said,
        labelled={},
        asked=True,
        elevation_m=None,
        detectors=detectors or {},
    )
