"""Decide: what was tracked becomes observations, what keeps burning becomes a suspicion.

Nothing here knows the wall clock: time is the time of capture, so that archived footage and a live camera
give the same records.
"""

from fieldwatch_edge.decide.fire import FireWatch
from fieldwatch_edge.decide.wildlife import WildlifeWatch

__all__ = ["FireWatch", "WildlifeWatch"]
