"""How to cite an export: inside every file, whatever its format.

The text follows DataCite's recommended form: creator (year): title [data set]; version; publisher; query;
date of access (DataCite Metadata Working Group 2024, DataCite Metadata Schema 4.6).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from fieldwatch_cloud.exports.order import Order


@dataclass(frozen=True, slots=True)
class Licence:
    id: str
    """SPDX."""
    title: str
    url: str


LICENCES = {
    licence.id: licence
    for licence in (
        Licence(
            "CC-BY-4.0",
            "Creative Commons Attribution 4.0 International",
            "https://creativecommons.org/licenses/by/4.0/",
        ),
        Licence(
            "CC-BY-NC-4.0",
            "Creative Commons Attribution-NonCommercial 4.0 International",
            "https://creativecommons.org/licenses/by-nc/4.0/",
        ),
        Licence("CC0-1.0", "CC0 1.0 Universal", "https://creativecommons.org/publicdomain/zero/1.0/"),
    )
}
"""Those under which GBIF takes records: what is exported under another could not be published there."""


@dataclass(frozen=True, slots=True)
class Citation:
    title: str
    text: str
    """One line, to be pasted into a list of references."""
    licence: Licence
    query: str
    """JSON of the question; see `Order.query`."""
    accessed_at: datetime
    software: str
    """`fieldwatch 0.1.0`"""
    publisher: str
    """Who holds the records: the reserve, unless it says otherwise."""
    reserve: str
    """Slug."""

    def fields(self) -> dict[str, str]:
        """All of it by name, as formats that keep pairs write it."""
        return {
            "title": self.title,
            "citation": self.text,
            "licence": self.licence.id,
            "licence_url": self.licence.url,
            "publisher": self.publisher,
            "query": self.query,
            "accessed_at": self.accessed_at.isoformat(),
            "software": self.software,
        }

    def json(self) -> str:
        return json.dumps(self.fields(), ensure_ascii=False)


def cite(
    order: Order,
    *,
    name: str,
    accessed_at: datetime,
    licence: str = "CC-BY-4.0",
    publisher: str | None = None,
) -> Citation:
    """The citation of what `order` gives.

    Args:
        name: of the reserve.
        accessed_at: when it was exported: records still arrive late, so the same may later give more.
        licence: one of `LICENCES`.
        publisher: who holds the records; None: the reserve.

    Raises:
        KeyError: no such licence.
    """
    of = LICENCES[licence]
    held_by = publisher or name
    software = f"fieldwatch {version('fieldwatch')}"
    since = f"{order.since:%Y-%m-%d}" if order.since else "the beginning"
    until = f"{order.until:%Y-%m-%d}" if order.until else f"{accessed_at:%Y-%m-%d}"
    title = f"Camera records of {name}, {since} to {until}"
    if order.taxa:
        title += ": " + ", ".join(order.taxa)
    query = json.dumps(order.query(), ensure_ascii=False, sort_keys=True)
    text = (
        f"{held_by} ({accessed_at:%Y}): {title} [data set]. {software}. Query {query}. "
        f"Accessed {accessed_at:%Y-%m-%dT%H:%MZ}. Licence {of.id} ({of.url})."
    )
    return Citation(title, text, of, query, accessed_at, software, held_by, order.reserve)
