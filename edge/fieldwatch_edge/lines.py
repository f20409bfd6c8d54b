"""What is known of each kind of line, in one table: how it is held open, and what travels over it.

The reasons for the figures stand in docs/guides/links.md; what the settings say (`[link] media`,
`heartbeat_s`) wins over them.
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
    200 bytes with TLS."""
    gather_s: float
    """After observations were sent, others gather for so long, and go together. Fires never wait."""
    media: bool
    """Whether pictures other than a fire's go over it unless the settings say so."""
    heartbeat_s: float
    answer_s: float
    """The broker must have answered within so long."""
    backoff_longest_s: float
    """Between two attempts to connect, where each costs something and no fire waits."""
    ahead_bytes: int
    """So much may be handed to the network without an acknowledgement before all but fires wait, at most: a
    fire stands behind that, and one message more. A line that turns out to be slow is given less."""
    part_bytes: int
    """Large media go in parts of this size: what a cut may cost, and what a fire may have to wait for."""

    @property
    def fire_answer_s(self) -> float:
        """The broker must have acknowledged a fire within so long, else another connection is tried."""
        return self.answer_s / 2


_KB = 1024
LINES = {
    # stays, keepalive, gather, media, heartbeat, answer, backoff, ahead, part
    "wired": Line(True, 30, 0, True, 60, 20, 60, 512 * _KB, 1024 * _KB),
    "wifi": Line(True, 30, 0, True, 60, 20, 60, 512 * _KB, 512 * _KB),
    "5g": Line(True, 30, 0, True, 60, 20, 60, 512 * _KB, 256 * _KB),
    "lte": Line(True, 120, 10, True, 60, 30, 120, 128 * _KB, 128 * _KB),
    "satellite": Line(False, 300, 900, False, 900, 60, 1800, 16 * _KB, 32 * _KB),
}
