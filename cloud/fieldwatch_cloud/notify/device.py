"""Where somebody is reached, and how sending to it can end.

    send(device, message, clients) -> Sent
DeliveryError
├── Retry    not now: a time-out, a busy or broken service; try again
├── Gone     the address is dead: disable the device
└── Failed   this message will never go through to this device; the next one may

Their texts go into the ledger, which managers read: no password, token, key or address is in them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from fieldwatch_cloud.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from fieldwatch_cloud.words import Language

Channel = Literal["web_push", "email", "sms", "voice", "webhook"]


@dataclass(frozen=True, slots=True)
class Device:
    """Where a person (or a reserve's own system) is reached: a row of `device`."""

    id: UUID
    channel: Channel
    name: str
    address: Mapping[str, Any] = field(repr=False)
    """By channel: {endpoint, keys: {p256dh, auth}} | {email} | {phone} | {url, secret}. Never logged."""
    language: Language


@dataclass(frozen=True, slots=True)
class Sent:
    """The service on the way to the device has taken it."""

    detail: str | None = None
    """What the service calls it, for an operator who asks there."""


class DeliveryError(CloudError):
    """Its text is the ledger's `failure`."""


class Retry(DeliveryError):  # noqa: N818  Said as the worker reads it.
    def __init__(self, why: str, after_s: float | None = None) -> None:
        super().__init__(why)
        self.after_s = after_s
        """What the service asked for; None: the worker's own backoff."""


class Gone(DeliveryError):  # noqa: N818
    pass


class Failed(DeliveryError):  # noqa: N818
    pass
