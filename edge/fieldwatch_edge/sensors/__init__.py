"""Environmental sensors of a node: weather and water. Readings go through the outbox, each once."""

from fieldwatch_edge.sensors.companion import Sensors

__all__ = ["Sensors"]
