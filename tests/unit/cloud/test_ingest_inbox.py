"""Natural batching: whatever is there, within bounds, and nobody waits for more."""

from __future__ import annotations

import threading

from fieldwatch_cloud.ingest.inbox import Delivery, Inbox, Token
from fieldwatch_cloud.ingest.intake import Refused
from fieldwatch_cloud.ingest.parse import Incoming


def _delivery(size: int, qos: int = 1) -> Delivery:
    return Delivery(Refused(Incoming("t", b"x" * size, {}), "test"), Token(0, 1, qos), None)


def _filled(*sizes: int) -> Inbox:
    inbox = Inbox()
    for size in sizes:
        inbox.put(_delivery(size))
    return inbox


def _sizes(inbox: Inbox, messages: int, size: int) -> list[int]:
    return [delivery.size for delivery in inbox.take(messages=messages, size=size)]


def test_takes_all_that_is_there_in_order() -> None:
    assert _sizes(_filled(3, 1, 2), 10, 100) == [3, 1, 2]


def test_keeps_to_the_bounds_and_leaves_the_rest() -> None:
    inbox = _filled(3, 3, 3, 3)
    assert _sizes(inbox, 2, 100) == [3, 3]
    assert _sizes(inbox, 10, 5) == [3]
    assert _sizes(inbox, 10, 5) == [3]


def test_a_message_larger_than_the_bound_goes_alone() -> None:
    inbox = _filled(50, 1)
    assert _sizes(inbox, 10, 5) == [50]
    assert _sizes(inbox, 10, 5) == [1]


def test_waits_for_the_first_and_returns_at_once() -> None:
    inbox = Inbox()
    threading.Timer(0.05, inbox.put, [_delivery(7)]).start()
    assert _sizes(inbox, 10, 100) == [7]


def test_closing_ends_the_wait() -> None:
    inbox = Inbox()
    threading.Timer(0.05, inbox.close).start()
    assert inbox.take(messages=1, size=1) == []
    inbox.put(_delivery(1))
    assert inbox.take(messages=1, size=1) == []


def test_a_connection_that_ended_leaves_only_what_nobody_sends_again() -> None:
    inbox = _filled(3, 1)
    inbox.put(_delivery(2, qos=0))
    inbox.connection_ended()
    inbox.put(_delivery(4))
    assert _sizes(inbox, 10, 100) == [2, 4]
