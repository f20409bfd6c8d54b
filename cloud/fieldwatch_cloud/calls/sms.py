"""What fits into one SMS. Pure.

160 characters of the GSM 7-bit alphabet (3GPP TS 23.038 §6.2.1; those of its extension table count twice),
or, where one character is not in it, 70 units of UCS-2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

GSM_UNITS, UCS2_UNITS = 160, 70
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")


def fits(text: str) -> bool:
    """Whether `text` goes out as one SMS."""
    if all(c in _BASIC or c in _EXTENSION for c in text):
        return len(text) + sum(c in _EXTENSION for c in text) <= GSM_UNITS
    return len(text.encode("utf-16-be")) // 2 <= UCS2_UNITS


def put_together(first: str, others: Sequence[tuple[int, str]], *, between: str) -> str:
    """`first`, cut if it must be, and of `others` what still fits, in their order.

    Args:
        others: (rank, text): the lowest rank is worth most and is taken first; empty texts are left out.
    """
    text = first
    while not fits(text):
        # Without what was cut last: an ellipsis is not in the GSM alphabet.
        text = text.removesuffix("..")[:-1] + ".."
    taken: list[int] = []
    for index in sorted(range(len(others)), key=lambda i: others[i][0]):
        chosen = sorted([*taken, index])
        if others[index][1] and fits(between.join([text, *(others[i][1] for i in chosen)])):
            taken = chosen
    return between.join([text, *(others[i][1] for i in taken)])
