"""Time cut into bins: how long each site looked in each, how often something happened in it.

The same as `methods.detection_history` says of datetimes, over arrays of a million spans.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class Pieces:
    """(p,) each: spans cut at the edges; what lies outside of all bins is left out."""

    span: NDArray[np.int64]
    """Index of the span that it was cut from."""
    bin: NDArray[np.int64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]


def cut(start: ArrayLike, end: ArrayLike, edges: ArrayLike) -> Pieces:
    """Cut spans where they cross an edge.

    Args:
        start, end: (m,) s, `end` not before `start`.
        edges: (b+1,) s, rising: bin k is [edges[k], edges[k+1]).
    """
    starts, ends, at = (np.asarray(each, dtype=np.float64) for each in (start, end, edges))
    first = np.clip(np.searchsorted(at, starts, side="right") - 1, 0, len(at) - 2)
    last = np.clip(np.searchsorted(at, ends, side="left") - 1, 0, len(at) - 2)
    number = np.maximum(last - first + 1, 0)
    span = np.repeat(np.arange(len(starts)), number)
    bin_ = first[span] + np.arange(len(span)) - np.repeat(np.cumsum(number) - number, number)
    lower, upper = np.maximum(starts[span], at[bin_]), np.minimum(ends[span], at[bin_ + 1])
    kept = upper > lower
    return Pieces(span[kept], bin_[kept], lower[kept], upper[kept])


def effort(
    site: ArrayLike, start: ArrayLike, end: ArrayLike, edges: ArrayLike, *, sites: int
) -> NDArray[np.float64]:
    """(sites, bins) seconds in which each site looked.

    Args:
        site: (m,) index of the site of each span.
        start, end: (m,) s; the spans of one site are disjoint.
    """
    pieces = cut(start, end, edges)
    total = np.zeros((sites, len(np.asarray(edges)) - 1))
    np.add.at(total, (np.asarray(site)[pieces.span], pieces.bin), pieces.end - pieces.start)
    return total


def tally(
    site: ArrayLike, at: ArrayLike, edges: ArrayLike, *, sites: int, weight: ArrayLike | None = None
) -> NDArray[np.float64]:
    """(sites, bins) how many instants fall into each, or the sum of their weights.

    Args:
        site: (n,) index of the site of each instant.
        at: (n,) s.
        weight: (n,); 1 each where none are given.
    """
    instants, borders = np.asarray(at, dtype=np.float64), np.asarray(edges, dtype=np.float64)
    bin_ = np.searchsorted(borders, instants, side="right") - 1
    inside = (bin_ >= 0) & (instants < borders[-1])
    weights = np.ones(len(instants)) if weight is None else np.asarray(weight, dtype=np.float64)
    total = np.zeros((sites, len(borders) - 1))
    np.add.at(total, (np.asarray(site)[inside], bin_[inside]), weights[inside])
    return total


def union(
    site: NDArray[np.int64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """The spans of each site without overlaps, in order of site and time: what two cameras saw of one place
    at a time was looked at once."""
    if not len(start):
        return site, start, end
    order = np.lexsort((end, start, site))
    site, start, end = site[order], start[order], end[order]
    # The latest end so far at the site: sites lie far apart on one axis, so one running maximum serves all.
    apart = (end.max() - start.min() + 1) * site
    reached = np.maximum.accumulate(end + apart) - apart
    opens = np.ones(len(start), dtype=bool)
    opens[1:] = (site[1:] != site[:-1]) | (start[1:] > reached[:-1])
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(start)) - 1
    return site[first], start[first], reached[last]
