"""The outbox: the only way out of the node, and the node's memory across restarts."""

from fieldwatch_edge.outbox.lock import locked
from fieldwatch_edge.outbox.records import Checkpoint, Entry, Message, Priority, Statistics
from fieldwatch_edge.outbox.refuge import Settling, memory_folder, open_outbox
from fieldwatch_edge.outbox.renew import note_damage, open_or_renew
from fieldwatch_edge.outbox.salvage import Salvaging
from fieldwatch_edge.outbox.store import Outbox

__all__ = [
    "Checkpoint",
    "Entry",
    "Message",
    "Outbox",
    "Priority",
    "Salvaging",
    "Settling",
    "Statistics",
    "locked",
    "memory_folder",
    "note_damage",
    "open_or_renew",
    "open_outbox",
]
