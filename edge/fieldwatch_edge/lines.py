"""What is known of each kind of line, in one table: how it is held open, and what travels over it.

The reasons for the figures stand in docs/guides/links.md; what the settings say (`[link] media`, `[outbox]
batch`, `heartbeat_s`) wins over them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of line."""

    stays: bool
    """Whether the connection is held open. Where not, the node calls: at once for a fire, else each
    `gather_s`; it sends what may be sent, waits for the receipts, and hangs up."""
    keepalive_s: int
    """Silence after which a held connection is asked whether it lives. A question and its answer cost some
    250 bytes with TLS."""
    batch: int
    """Observations in one message at most."""
    gather_s: float
    """After observations were sent, others gather for so long, and go together. Fires never wait."""
    media: bool
    """Whether pictures other than a fire's go over it unless the settings say so."""
    heartbeat_s: float
    answer_s: float
    """The broker must have answered within so long."""
    backoff_longest_s: float
    """Between two attempts to connect, where each costs something and no fire waits."""
    part_bytes: int
    """Large media go in parts of this size: what a cut may cost, and what a fire may have to wait for."""


LINES = {
    "wired": Line(True, 30, 100, 0, True, 60, 20, 60, 1024 * 1024),
    "wifi": Line(True, 30, 100, 0, True, 60, 20, 60, 512 * 1024),
    "5g": Line(True, 30, 100, 0, True, 60, 20, 60, 256 * 1024),
    "lte": Line(True, 120, 100, 10, True, 60, 30, 120, 128 * 1024),
    "satellite": Line(False, 300, 200, 900, False, 900, 60, 1800, 32 * 1024),
}
