"""Species pooled by taxonomy: counts of a genus, a family, an order.

An observation is pooled before events are made, never after: two species of one genus that come together are
one event of the genus with the sum in view, not two; and an animal named only to its genus joins the genus
and no species, so that nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fieldwatch_cloud.counts.events import Record

Rank = Literal["species", "genus", "family", "order", "class"]
Taxonomy = Mapping[str, Mapping[Rank, str]]
"""What a scientific name belongs to: `{"Panthera uncia": {"family": "Felidae", "order": "Carnivora"}}`. An
entry of a genus holds for its species; a family may have one too (`"Felidae": {"order": "Carnivora"}`)."""

_ABOVE_GENUS: tuple[Rank, ...] = ("family", "order", "class")


def pooled(name: str | None, rank: Rank, taxonomy: Taxonomy) -> str | None:
    """What a scientific name counts as at a rank; None where that is unknown, or the name stands above it.

    A binomial's first word is its genus (International Code of Zoological Nomenclature, article 5.1), a
    trinomial's first two are its species; above the genus only the table knows.
    """
    if not name:
        return None
    words = name.split()
    if place := taxonomy.get(name, {}).get(rank):
        return place
    if any(entry.get(rank) == name for entry in taxonomy.values()):
        return name
    if any(entry.get(above) == name for entry in taxonomy.values() for above in _ABOVE_GENUS):
        return None
    if rank == "species":
        return " ".join(words[:2]) if len(words) > 1 else None
    if rank == "genus":
        return words[0]
    species, genus = " ".join(words[:2]), words[0]
    return taxonomy.get(species, {}).get(rank) or taxonomy.get(genus, {}).get(rank)


def pool(records: Iterable[Record], rank: Rank, taxonomy: Taxonomy) -> tuple[list[Record], int]:
    """Records renamed to the rank, for `events.independent_events`.

    Returns:
        The records that have a place at the rank, each once; and how many animals' records have none, so
        that an answer can say what it leaves out. What is no animal (`human`, `vehicle`) stays as it is.
    """
    group_of = cache(lambda name: pooled(name, rank, taxonomy))
    kept, left_out = [], 0
    for record in records:
        name, kind = record.taxon
        group = group_of(name) if kind == "animal" else name
        if group is None and kind == "animal":
            left_out += 1
        else:
            kept.append(replace(record, taxon=(group, kind)))
    return kept, left_out


def members(group: str, rank: Rank, names: Iterable[str], taxonomy: Taxonomy) -> list[str]:
    """Those of `names` that count as `group` at the rank, in order: for a query by names."""
    return sorted(name for name in set(names) if pooled(name, rank, taxonomy) == group)
