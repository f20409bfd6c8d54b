"""A clock that was wrong: found, told, and known of each record once the right time comes."""

from fieldwatch_edge.clockwork.companion import Clockwork
from fieldwatch_edge.clockwork.eras import Eras, Wrong

__all__ = ["Clockwork", "Eras", "Wrong"]
