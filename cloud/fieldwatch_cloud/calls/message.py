"""What one person is told on one device, in words and as data. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.calls.facts import Kind
    from fieldwatch_cloud.words import Language

MessageKind: TypeAlias = "Kind | Literal['report']"
"""A report is no call, but goes the same way: queued, tried again, on record."""


@dataclass(frozen=True, slots=True)
class Message:
    """One delivery's content; every channel takes from it what it can carry."""

    delivery_id: UUID
    """Also the idempotency key of every channel that knows one: the same delivery sent twice is the same."""
    secret: str
    """Vouches for the device's receipts; only the device itself may see it."""
    kind: MessageKind
    drill: bool
    language: Language
    title: str
    body: str
    short: str
    """For SMS: at most 160 characters of GSM-7 or 70 of UCS-2, with the link where it fits."""
    spoken: str
    """For voice: whole sentences without links, coordinates or abbreviations."""
    path: str
    """Opens it in the web app, for example `/#incident/<id>`."""
    base_url: str
    """Of the web app as phones reach it, without a slash at its end; empty: nobody said."""
    at: datetime
    """When the thing was seen, not when this was written."""
    tag: UUID
    """Incident or alert: what is newer about the same thing replaces what is older."""
    incident_id: UUID | None = None
    media_id: UUID | None = None
    report_id: UUID | None = None
    """Its PDF travels along, where the channel can carry it."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """The facts, JSON-ready: for webhooks."""

    @property
    def link(self) -> str:
        """For whoever reads it outside of the web app; empty where nobody knows the address."""
        return self.base_url + self.path if self.base_url else ""

    @property
    def urgent(self) -> bool:
        """Whether a phone must wake for it."""
        return self.kind in ("fire", "escalation", "undelivered")
