"""The link to the broker: publishes what the outbox holds, and has it forgotten when the cloud says so."""

from fieldwatch_edge.link.link import Link
from fieldwatch_edge.link.trial import Trial, try_out

__all__ = ["Link", "Trial", "try_out"]
