"""Web Push, against a real push service on this machine: what arrives, and what each answer means."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.integration.push_receiver import PushService

from fieldwatch_cloud.calls.message import Message
from fieldwatch_cloud.notify.channels import send
from fieldwatch_cloud.notify.channels.clients import Clients
from fieldwatch_cloud.notify.device import Device, Failed, Gone, Retry
from fieldwatch_cloud.notify.keys import Vapid
from fieldwatch_cloud.settings import NotifySettings
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.push_receiver import Phone

SUBJECT = "mailto:fire@reserve.example"
INCIDENT = UUID("0197aaaa-0000-7000-8000-00000000f17e")


def message(**changes: object) -> Message:
    given = Message(
        delivery_id=uuid7(),
        secret="s3cret",
        kind="fire",
        drill=False,
        language="zh",
        title="烟雾：佛坪",
        body="在山脊塔 245°（西南偏西）方向",
        short="烟雾",
        spoken="烟雾。",
        path=f"/#incident/{INCIDENT}",
        base_url="https://fire.reserve.example",
        at=utc_now(),
        tag=INCIDENT,
        incident_id=INCIDENT,
    )
    return replace(given, **changes)


def device(phone: Phone, **changes: object) -> Device:
    return Device(uuid7(), "web_push", "phone", {**phone.address, **changes}, "zh")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[PushService]:
    with PushService(tmp_path) as service:
        yield service


@pytest.fixture
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def clients(service: PushService, key: ec.EllipticCurvePrivateKey) -> Iterator[Clients]:
    settings = NotifySettings(ca_file=service.ca_file)
    with Clients(settings, Vapid(key, SUBJECT)) as clients:
        clients.http.timeout = 120  # A machine that is busy is no service that does not answer.
        yield clients


@pytest.fixture
def phone(service: PushService, clients: Clients) -> Phone:
    return service.subscribe(clients.vapid.public_key)


def test_the_phone_reads_what_was_sent(service: PushService, clients: Clients, phone: Phone) -> None:
    sent = message()
    send(device(phone), sent, clients)
    (push,) = phone.received
    assert push.payload == {
        "v": 1,
        "kind": "fire",
        "drill": False,
        "delivery": str(sent.delivery_id),
        "secret": "s3cret",
        "incident": str(INCIDENT),
        "title": sent.title,
        "body": sent.body,
        "url": sent.path,
        "urgent": True,
        "at": sent.at.isoformat().replace("+00:00", "Z"),
        "lang": "zh",
        "tag": str(INCIDENT),
    }
    assert (push.urgency, push.ttl, push.topic) == ("high", 4 * 3600, INCIDENT.hex)
    assert push.claims["aud"] == service.url
    assert push.claims["sub"] == SUBJECT


@pytest.mark.parametrize(
    ("kind", "urgency", "ttl"),
    [
        ("escalation", "high", 14400),
        ("undelivered", "high", 14400),
        ("update", "normal", 14400),
        ("wildlife", "normal", 1800),
        ("test", "normal", 300),
    ],
)
def test_only_what_cannot_wait_wakes_a_phone(
    clients: Clients, phone: Phone, kind: str, urgency: str, ttl: int
) -> None:
    send(device(phone), message(kind=kind), clients)
    assert (phone.received[0].urgency, phone.received[0].ttl) == (urgency, ttl)


def test_one_connection_and_one_token_serve_many_messages(
    service: PushService, clients: Clients, phone: Phone
) -> None:
    for _ in range(5):
        send(device(phone), message(), clients)
    assert service.connections == 1
    assert len({push.claims["exp"] for push in phone.received}) == 1


@pytest.mark.parametrize(
    ("status", "retry_after", "error", "said", "wait"),
    [
        (404, None, Gone, "knows this device no more", None),
        (410, None, Gone, "knows this device no more", None),
        (400, None, Failed, "answered 400", None),
        (401, None, Failed, "refuses our key", None),
        (403, None, Failed, "refuses our key", None),
        (413, None, Failed, "too large", None),
        (301, None, Failed, "it has moved", None),
        (429, 7, Retry, "answered 429", 7),
        (429, "soon", Retry, "answered 429", None),
        (500, None, Retry, "answered 500", None),
        (503, 999_999, Retry, "answered 503", 3600),
    ],
)
def test_what_an_answer_means(
    clients: Clients,
    phone: Phone,
    status: int,
    retry_after: object,
    error: type[Exception],
    said: str,
    wait: float | None,
) -> None:
    phone.answer(status, retry_after=retry_after)
    with pytest.raises(error, match=said) as caught:
        send(device(phone), message(), clients)
    if isinstance(caught.value, Retry):
        assert caught.value.after_s == wait
    assert phone.path not in str(caught.value)  # Who knows a subscription's address can write to the phone.
    send(device(phone), message(), clients)
    assert len(phone.received) == 1


@pytest.mark.parametrize("status", [200, 201, 202])
def test_taken_is_taken(clients: Clients, phone: Phone, status: int) -> None:
    phone.answer(status)
    assert str(status) in (send(device(phone), message(), clients).detail or "")


def test_a_service_that_never_answers_is_tried_again(clients: Clients, phone: Phone) -> None:
    send(device(phone), message(), clients)  # The connection is there: it is the answer that does not come.
    clients.http.timeout = 0.2
    phone.answer(None)
    with pytest.raises(Retry, match="did not answer in time"):
        send(device(phone), message(), clients)


def test_a_service_that_fell_and_came_back(service: PushService, clients: Clients, phone: Phone) -> None:
    send(device(phone), message(), clients)
    service.stop()
    with pytest.raises(Retry):
        send(device(phone), message(), clients)
    service.start()
    send(device(phone), message(), clients)
    assert len(phone.received) == 2
    assert service.refused == []


def test_a_newer_message_takes_the_place_of_one_that_waits(clients: Clients, phone: Phone) -> None:
    phone.offline()
    send(device(phone), message(), clients)
    send(device(phone), message(tag=uuid7(), body="another fire"), clients)
    send(device(phone), message(kind="update", body="contained"), clients)
    phone.online()
    assert [push.payload["body"] for push in phone.received] == ["another fire", "contained"]


def test_another_key_than_the_phone_knows_is_told_so(
    service: PushService, phone: Phone, clients: Clients
) -> None:
    stranger = Vapid(ec.generate_private_key(ec.SECP256R1()), SUBJECT)
    with Clients(clients.settings, stranger) as others, pytest.raises(Failed, match="refuses our key"):
        send(device(phone), message(), others)
    assert service.refused == ["another key than the one that this phone subscribed with"]


def test_a_service_that_nobody_vouches_for_gets_nothing(service: PushService, clients: Clients) -> None:
    phone = service.subscribe(clients.vapid.public_key)
    with (
        Clients(NotifySettings(), clients.vapid) as strict,
        pytest.raises(Retry, match="certificate that this server does not trust"),
    ):
        send(device(phone), message(), strict)
    assert service.requests == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint": "http://localhost/push"},
        {"endpoint": "file:///etc/passwd"},
        {"endpoint": "https://"},
        {"keys": None},
        {"keys": {"p256dh": "", "auth": ""}},
        {"keys": {"p256dh": "A" * 87, "auth": "A" * 22}},  # Not a point on the curve.
    ],
)
def test_a_damaged_subscription_is_given_up(
    clients: Clients, phone: Phone, changes: dict[str, object]
) -> None:
    with pytest.raises(Gone, match="subscription"):
        send(device(phone, **changes), message(), clients)
