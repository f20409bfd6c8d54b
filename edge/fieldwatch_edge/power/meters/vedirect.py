"""VE.Direct, Victron's serial line: 19200 baud, 8N1, text, a block each second ("VE.Direct Protocol").

A field is `\\r\\n` label `\\t` value; a block ends with `Checksum \\t` and one byte that makes the sum of all
its bytes 0 (mod 256). Between them may lie messages of the HEX protocol, `:` to `\\n`, which count for
nothing.
"""

from __future__ import annotations

BAUD = 19200
LONGEST = 4096
"""Bytes of a block; more is noise."""


class Blocks:
    """Takes in bytes as they come, and gives whole blocks whose sum is right."""

    def __init__(self) -> None:
        self._frame = bytearray()
        self._in_hex = False
        self.damaged = 0
        """Blocks whose sum was wrong."""

    def feed(self, data: bytes) -> list[dict[str, str]]:
        """The blocks that end in `data`, in order. What it breaks off in is kept for the next call."""
        found = []
        for byte in data:
            if self._in_hex:
                self._in_hex = byte != 0x0A
                continue
            # Within a block no label begins with a colon; the checksum itself may be one.
            if byte == 0x3A and not self._at_checksum():
                self._in_hex = True
                continue
            at_checksum = self._at_checksum()
            self._frame.append(byte)
            if at_checksum:
                if (block := self._block()) is not None:
                    found.append(block)
                self._frame.clear()
            elif len(self._frame) > LONGEST:
                self._frame.clear()
        return found

    def _at_checksum(self) -> bool:
        return self._frame.endswith(b"Checksum\t")

    def _block(self) -> dict[str, str] | None:
        if sum(self._frame) % 256:
            self.damaged += 1
            return None
        lines = self._frame[: -len(b"Checksum\t") - 1].decode("latin-1").split("\r\n")
        return {label: value for label, tab, value in (line.partition("\t") for line in lines) if tab}


def number(block: dict[str, str], label: str) -> float | None:
    """A field as a number; None: it is not there, or is `---` (not known)."""
    try:
        return float(block[label])
    except (KeyError, ValueError):
        return None
