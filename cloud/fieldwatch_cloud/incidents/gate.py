"""The gate: how sure a camera must be, at this fire danger, before a suspicion calls people.

Off unless a manager sets it for a deployment. What it holds back is an incident all the same: stored, in the
log and in the list, and a person may let it call. It never holds back for want of knowledge: without weather,
or for a class that was given no least confidence, every suspicion calls.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from fieldwatch_cloud.incidents.domain import Spot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fieldwatch_cloud.incidents.domain import Evidence

MOST_AT_ONCE, FLOOD_WITHIN = 5, timedelta(minutes=10)
"""Fires of one camera that begin to call people within that time before somebody answers one."""
OVERPASS = timedelta(minutes=20)
"""Hotspots that lie so near in time are of one look from above; the next satellite comes later."""


def held_back(confidence: float, least: Mapping[str, float] | None, danger_class: str | None) -> str | None:
    """Why a suspicion of this confidence (0 to 1) calls nobody, or None: it calls.

    Args:
        least: danger class (`danger.CLASSES`) to least confidence; None: the deployment has no gate.
        danger_class: today's; None: no weather is known.

    Returns:
        a reason in English, for the record: "confidence 0.21 under 0.3 for low danger".
    """
    if least is None or danger_class is None:
        return None
    wanted = least.get(danger_class, 0.0)
    if confidence >= wanted:
        return None
    # Four digits: 0.2996 must not be told as "0.30 under 0.30".
    return f"confidence {confidence:.4g} under {wanted:.4g} for {danger_class.replace('_', ' ')} danger"


def flooded(calling: int) -> str | None:
    """Why one more fire of a camera calls nobody by itself, or None: it calls.

    A camera that is broken, or was knocked askew, sees fires everywhere, and five hundred calls in a minute
    reach nobody. Its people are being called; what more it sees is in their list, and calls once somebody has
    answered, or after a while, if the camera still sees it, and at once if another one does.

    Args:
        calling: fires that this camera saw, for which people are called since `FLOOD_WITHIN`, unanswered.
    """
    if calling < MOST_AT_ONCE:
        return None
    return f"{calling} other fires of this camera call people already, and nobody has answered"


def hotspot_held_back(confidence: str) -> str | None:
    """Why a satellite's hotspot that nothing else bears out calls nobody, or None: it calls.

    Low confidence is sun glint, hot bare ground and doubtful contrast by the algorithm's own word. A surer
    hotspot, another overpass, a camera or a person who sees the fire too lets the incident call.

    Args:
        confidence: `low`, `nominal` or `high`.
    """
    return "a hotspot of low confidence, and nothing else has seen it" if confidence == "low" else None


def seen_by_another(new: Evidence, others: Iterable[Evidence]) -> bool:
    """Whether somebody or something else than what brings `new` has seen the fire too. One camera is one
    witness however often it looks, and so is one overpass: a patch of glint fills many pixels."""
    return any(not _same_look(new, other) for other in others)


def _same_look(one: Evidence, other: Evidence) -> bool:
    if one.source == other.source:
        return True
    if not isinstance(one, Spot) or not isinstance(other, Spot):
        return False
    from_above = one.method == other.method == "hotspot"
    return from_above and abs(one.observed_at - other.observed_at) <= OVERPASS
