"""Where people are reached, and what their devices say about the messages that they got."""

import secrets
from base64 import b64encode
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response

from fieldwatch_cloud.alarms import trial
from fieldwatch_cloud.api.attempts import attempt
from fieldwatch_cloud.api.auth import Manager, SignedIn, check_role
from fieldwatch_cloud.api.models.calls import (
    Device,
    Devices,
    IssuedWebhook,
    NewDevice,
    NewWebhook,
    PersonReach,
    ReachDevice,
    Receipt,
    ReserveDevices,
    TestCall,
    Webhook,
)
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.people import Role
from fieldwatch_cloud.api.services import Db, Wired
from fieldwatch_cloud.calls import addresses
from fieldwatch_cloud.db import calls, deliveries, devices
from fieldwatch_cloud.errors import NotFoundError, RowRefusedError
from fieldwatch_shared.messages import utc_now

router = APIRouter(tags=["calls"])
RANK = [role.value for role in (Role.ADMIN, Role.MANAGER, Role.RANGER, Role.TECHNICIAN, Role.RESEARCHER)]
"""Of somebody's roles the one that says most about when they are called."""


@router.get("/devices", summary="My devices", responses=problems(401))
def list_devices(caller: SignedIn, db: Db) -> Devices:
    """Also those that are called no more because their address turned out to be dead."""
    with db.transaction() as conn:
        return Devices(items=[_device(row) for row in devices.of_account(conn, caller.account.id)])


@router.post(
    "/devices",
    summary="Be called on a device",
    status_code=201,
    responses={
        200: {"model": Device, "description": "It is known: the same device, by its newest name."},
        **problems(401, 403, 422),
    },
)
def create_device(body: NewDevice, caller: SignedIn, services: Wired, response: Response) -> Device:
    """The same address again is the same device (200). A browser's subscription has one owner: whoever
    registers it last."""
    address = _checked(body.channel, body.address, services)
    with services.database.transaction() as conn:
        id_, new = devices.register(
            conn,
            channel=body.channel,
            name=body.name,
            address=address,
            language=body.language,
            account_id=caller.account.id,
        )
        if not new:
            response.status_code = HTTPStatus.OK
        return _device(devices.get(conn, id_))


@router.delete(
    "/devices/{device_id}",
    summary="Be called on it no more",
    status_code=204,
    responses=problems(401, 403, 404),
)
def delete_device(device_id: UUID, caller: SignedIn, db: Db) -> None:
    """One's own, or, for managers, a webhook of the reserve. The ledger keeps what was sent to it."""
    with db.transaction() as conn:
        _own(devices.get(conn, device_id), caller)
        devices.remove(conn, device_id)


@router.post(
    "/devices/{device_id}/test",
    summary="Call it, to see whether that works",
    status_code=202,
    responses=problems(401, 403, 404, 422, 429),
)
def try_device(device_id: UUID, caller: SignedIn, db: Db) -> TestCall:
    """At most five times within ten minutes, on all devices of that channel together."""
    with db.transaction() as conn:
        _own(devices.get(conn, device_id), caller)
        return TestCall(delivery=trial.call(conn, device_id, utc_now()), state="queued")


@router.get(
    "/reserves/{slug}/devices", summary="Who can be called, and how", responses=problems(401, 403, 404)
)
def list_reserve_devices(member: Manager, db: Db) -> ReserveDevices:
    """For managers. Addresses are nobody's but their owners'."""
    with db.transaction() as conn:
        people = calls.people(conn, member.reserve_id)
        reach = devices.of_reserve(conn, member.reserve_id)
        webhooks = devices.webhooks(conn, member.reserve_id)
    return ReserveDevices(
        items=[
            PersonReach(
                account_id=person.id,
                account=person.name,
                role=next((role for role in RANK if role in person.roles), "none"),
                devices=[
                    ReachDevice(id=d.id, channel=d.channel, name=d.name, disabled_reason=d.disabled_reason)
                    for d in reach
                    if d.account_id == person.id
                ],
            )
            for person in people
        ],
        webhooks=[_webhook(row) for row in webhooks],
    )


@router.post(
    "/reserves/{slug}/webhooks",
    summary="Tell another system of every fire",
    status_code=201,
    responses=problems(401, 403, 404, 422),
)
def create_webhook(body: NewWebhook, member: Manager, services: Wired) -> IssuedWebhook:
    """For managers. It hears of every incident at once, but counts as nobody: people are called all the same.
    Its secret is shown this once."""
    url = _checked("webhook", {"url": body.url}, services)["url"]
    secret = f"whsec_{_base64(32)}"
    with services.database.transaction() as conn:
        id_, _ = devices.register(
            conn,
            channel="webhook",
            name=body.name,
            address={"url": url, "secret": secret},
            language=body.language,
            reserve_id=member.reserve_id,
        )
    return IssuedWebhook(
        id=id_, name=body.name, url=url, language=body.language, disabled_reason=None, secret=secret
    )


@router.post(
    "/deliveries/{delivery_id}/receipts",
    summary="A device got the message, or somebody opened it",
    status_code=204,
    responses=problems(404, 422, 429),
)
def create_receipt(delivery_id: UUID, body: Receipt, services: Wired, request: Request) -> None:
    """Without a log-in: the secret that came with the message vouches. The same again changes nothing, and
    the order does not matter: whoever opened it has got it. Whoever guesses has to wait; a phone keeps its
    receipt meanwhile."""
    guessing = attempt(services.receipt_attempts, request, "receipt", NotFoundError)
    with guessing, services.database.transaction() as conn:
        deliveries.confirm(conn, delivery_id, body.secret, body.event, body.at)


def _own(device: devices.Owned, caller: SignedIn) -> None:
    """Raises:
    NotFoundError: it is neither the caller's nor of a reserve of theirs.
    HTTPException: 403, it is a reserve's, and the caller no manager there.
    """
    if device.account_id == caller.account.id:
        return
    roles = caller.roles_in(device.slug) if device.slug is not None else frozenset[str]()
    if not roles:
        raise NotFoundError(f"no such device: {device.id}")
    check_role(roles, (Role.MANAGER,))


def _checked(channel: str, address: dict[str, object], services: Wired) -> dict[str, object]:
    private = services.settings.notify.private_networks
    try:
        return addresses.checked(channel, address, private_networks=private)
    except ValueError as error:
        raise RowRefusedError(f"address: {error}") from error


def _device(row: devices.Device) -> Device:
    return Device(
        id=row.id,
        channel=row.channel,
        name=row.name,
        address=addresses.shown(row.channel, row.address),
        language=row.language,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        disabled_reason=row.disabled_reason,
    )


def _webhook(row: devices.Webhook) -> Webhook:
    return Webhook(
        id=row.id,
        name=row.name,
        url=row.address["url"],
        language=row.language,
        disabled_reason=row.disabled_reason,
    )


def _base64(size: int) -> str:
    return b64encode(secrets.token_bytes(size)).decode()
