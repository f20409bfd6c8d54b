"""Devices, roster and call plan: who is called, and on what."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from fieldwatch_cloud.api.models.common import Answer, Body, Instant
from fieldwatch_cloud.api.models.places import Name

Channel = Literal["web_push", "email", "sms", "voice", "webhook"]
Language = Literal["en", "zh"]
Whom = Literal["duty", "next", "managers", "all"]


class NewDevice(Body):
    channel: Literal["web_push", "email", "sms", "voice"]
    name: Name = Field(examples=["Android · Chrome"])
    address: dict[str, Any] = Field(
        description="web_push: {endpoint, keys: {p256dh, auth}}, as `PushSubscription.toJSON()` gives it; "
        "email: {email}; sms and voice: {phone}, with + and the country's code.",
        examples=[{"phone": "+86 138 0013 8000"}],
    )
    language: Language


class Device(Answer):
    id: UUID
    channel: Channel
    name: str
    address: str = Field(description="Shortened for the eye: of a push subscription only its service.")
    language: Language
    created_at: Instant
    disabled_at: Instant | None = Field(description="It is called no more since.")
    disabled_reason: str | None


class Devices(Answer):
    items: list[Device]


class TestCall(Answer):
    delivery: UUID
    state: str


class ReachDevice(Answer):
    id: UUID
    channel: Channel
    name: str
    disabled_reason: str | None = Field(description="Why it cannot be called; null: it can.")


class PersonReach(Answer):
    """How a member can be called; their addresses are their own."""

    account_id: UUID
    account: str
    role: str
    devices: list[ReachDevice] = Field(description="Empty: nobody can call this person.")


class NewWebhook(Body):
    name: Name
    url: Annotated[str, Field(max_length=2000, examples=["https://fire.province.example/fieldwatch"])]
    language: Language = "en"


class Webhook(Answer):
    """A system that hears of every fire in the reserve."""

    id: UUID
    name: str
    url: str
    language: Language
    disabled_reason: str | None


class IssuedWebhook(Webhook):
    secret: str = Field(
        description="Shown this once. Signs each message: Standard Webhooks, `webhook-signature`."
    )


class ReserveDevices(Answer):
    items: list[PersonReach] = Field(description="By name.")
    webhooks: list[Webhook]


class Receipt(Body):
    """What a device says about a message that it got."""

    secret: Annotated[str, Field(max_length=200, description="Came with the message, and vouches for this.")]
    event: Literal["delivered", "opened"]
    at: Instant = Field(description="By the device's clock.")


class NewShift(Body):
    id: UUID | None = Field(None, description="Made by the client: the same once more changes nothing.")
    zone_id: UUID | None = Field(None, description="null: the whole reserve.")
    account_id: UUID
    place: Annotated[int, Field(ge=1, le=20)] = Field(
        1, description="1: on duty; 2, 3, ...: called next, in this order."
    )
    starts_at: Instant
    ends_at: Instant
    repeats: Literal["never", "daily", "weekly"] = Field(
        "never", description="At the same local time of the reserve, also over the change to summer time."
    )
    until: Instant | None = Field(None, description="No repetition begins at or after this.")


class Shift(Answer):
    id: UUID
    zone_id: UUID | None
    account_id: UUID
    account: str
    place: int
    starts_at: Instant
    ends_at: Instant
    repeats: Literal["never", "daily", "weekly"]
    until: Instant | None


class Shifts(Answer):
    items: list[Shift]


class CallStep(Body):
    after_s: Annotated[int, Field(ge=0)] = Field(description="Seconds since the incident called first.")
    whom: Whom = Field(
        description="Who is on duty; who is next in the roster; the reserve's managers; everybody."
    )


class NewCallPlan(Body):
    steps: list[CallStep]


class CallPlan(Answer):
    """If nobody of a step can be reached, the next comes at once. After the last step everybody is called
    every 15 minutes until somebody answers."""

    steps: list[CallStep]
    default: bool = Field(description="The reserve has no plan of its own.")


class OnDutyPerson(Answer):
    account_id: UUID
    account: str
    place: int = Field(description="In calling order, from 1; those with the same are called together.")
    reachable: bool = Field(description="A member with a device that works.")


class ZoneOnDuty(Answer):
    zone_id: UUID | None = Field(description="null: where the fire is in no zone, or nobody knows in which.")
    people: list[OnDutyPerson] = Field(
        description="Shifts of the zone, its permanent chief, then shifts of the whole reserve."
    )


class OnDuty(Answer):
    at: Instant
    zones: list[ZoneOnDuty]
