"""Time zones that every reader knows: Python, PostgreSQL and browsers."""

from __future__ import annotations

from zoneinfo import available_timezones

_OF_THIS_MACHINE = frozenset({"localtime", "Factory"})
"""Listed as zones, but they say what some machine is set to; browsers refuse them."""


def known_zone(name: str) -> str:
    """`name`, if it is an IANA time zone.

    Raises:
        ValueError: it is none; says what one looks like.
    """
    if name in _OF_THIS_MACHINE or name not in available_timezones():
        raise ValueError(f"no such IANA time zone: {name!r} (for example Asia/Shanghai)")
    return name
