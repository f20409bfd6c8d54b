"""Topic names: `fieldwatch/v1/{reserve}/{node}/{kind}`.

A broker's access list keeps each node to its own branch; the cloud subscribes across all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

ROOT = "fieldwatch/v1"
_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class Kind(StrEnum):
    """What a topic carries, and in which direction."""

    OBSERVATIONS = "observations"
    SUSPICIONS = "suspicions"
    MEDIA = "media"
    HEARTBEAT = "heartbeat"
    READINGS = "readings"
    """Of the node's own sensors: weather, water."""
    STATE = "state"
    RECEIPT = "receipt"
    DESIRED = "desired"
    """Retained: what the node is to do (messages.DesiredState)."""
    COMMAND = "command"
    """Now or never (messages.Command): not retained, and it expires on its way to a node that is away."""

    @property
    def goes_up(self) -> bool:
        """From the node to the cloud."""
        return self not in (Kind.RECEIPT, Kind.DESIRED, Kind.COMMAND)


@dataclass(frozen=True, slots=True)
class Topic:
    reserve: str
    node: str
    kind: Kind

    def __str__(self) -> str:
        return f"{ROOT}/{self.reserve}/{self.node}/{self.kind}"

    @classmethod
    def parse(cls, name: str) -> Topic:
        """Read a topic name.

        Raises:
            ValueError: it is not a Fieldwatch topic; the message says in which part.
        """
        parts = _parts(name)
        if parts is None:
            raise ValueError(f"topic {name!r} is not {ROOT}/<reserve>/<node>/<kind>")
        reserve, node, kind = parts
        for part in (reserve, node):
            if not _SLUG.fullmatch(part):
                raise ValueError(f"topic {name!r}: {part!r} is not a lower-case name of letters, digits, '-'")
        if kind not in tuple(Kind):
            raise ValueError(f"topic {name!r}: unknown kind {kind!r}")
        return cls(reserve, node, Kind(kind))


def node_in(name: str) -> str | None:
    """The node that a topic names, though it or what is beside it may be none that we know; None: it names
    none."""
    parts = _parts(name)
    return None if parts is None else parts[1]


def every(kind: Kind) -> str:
    """The subscription for `kind` from all nodes of all reserves."""
    return f"{ROOT}/+/+/{kind}"


def _parts(name: str) -> tuple[str, str, str] | None:
    """Reserve, node and kind, as they stand there; None: it has another shape."""
    prefix, _, rest = name.partition(ROOT + "/")
    parts = rest.split("/")
    return None if prefix or len(parts) != 3 else (parts[0], parts[1], parts[2])
