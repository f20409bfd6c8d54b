"""Devices, receipts, roster, call plan, wildlife rules and drills over the API."""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from fieldwatch_cloud.api.app import RECEIPT_FAILURES
from fieldwatch_cloud.db import deliveries, devices, geography
from fieldwatch_shared.messages import utc_now

from .api_world import SQUARE, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from fieldwatch_cloud.db.pool import Database

API = "/api/v1"
SUBSCRIPTION = {
    "endpoint": "https://fcm.googleapis.com/fcm/send/abc",
    "expirationTime": None,
    "keys": {
        "p256dh": base64.urlsafe_b64encode(b"\x04" + bytes(64)).decode(),
        "auth": base64.urlsafe_b64encode(bytes(16)).decode(),
    },
}
PHONE = {"channel": "sms", "name": "phone", "address": {"phone": "+86 138 0013 8000"}, "language": "zh"}
RULE = {
    "name": "Leopard",
    "scientific_names": ["Panthera pardus"],
    "quiet_from": "22:00",
    "quiet_to": "06:30",
}


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> World:
    return World(database_url, db, tmp_path)


@contextmanager
def several(world: World, *who: str) -> Iterator[list[tuple[TestClient, UUID]]]:
    """Each one's client and account, over one application."""
    clients = []
    with world.client() as plain:
        for name in who:
            headers = {"Authorization": f"Bearer {world.token(name)}"}
            one = type(plain)(
                plain.app, base_url="http://testserver", headers=headers, raise_server_exceptions=False
            )
            clients.append((one, UUID(one.get(API + "/me").json()["id"])))
        yield clients


def test_my_devices(world: World) -> None:
    with several(world, "ranger", "manager") as ((ranger, ranger_id), (manager, _)):
        assert ranger.get(API + "/devices").json() == {"items": []}
        made = ranger.post(API + "/devices", json=PHONE)
        assert made.status_code == 201
        device = made.json()
        assert device["address"] == "+8613800138000"
        again = ranger.post(API + "/devices", json={**PHONE, "name": "my phone"})
        assert (again.status_code, again.json()["id"], again.json()["name"]) == (
            200,
            device["id"],
            "my phone",
        )
        push = {"channel": "web_push", "name": "Chrome", "address": SUBSCRIPTION, "language": "en"}
        pushed = ranger.post(API + "/devices", json=push).json()
        assert pushed["address"] == "fcm.googleapis.com"
        assert len(ranger.get(API + "/devices").json()["items"]) == 2
        # The browser changes hands: it has one owner.
        assert manager.post(API + "/devices", json=push).status_code == 201
        mine = {d["id"]: d["disabled_reason"] for d in ranger.get(API + "/devices").json()["items"]}
        assert mine == {device["id"]: None, pushed["id"]: "registered anew"}
        # Somebody else's device is none of mine.
        assert manager.delete(f"{API}/devices/{device['id']}").status_code == 404
        assert manager.post(f"{API}/devices/{device['id']}/test").status_code == 404
        # The manager sees who can be reached, but no address.
        reach = manager.get(API + "/reserves/foping/devices")
        (found,) = (p for p in reach.json()["items"] if p["account_id"] == str(ranger_id))
        assert found["role"] == "ranger"
        assert [d["channel"] for d in found["devices"]] == ["sms", "web_push"]
        assert "13800138000" not in reach.text
        assert ranger.get(API + "/reserves/foping/devices").status_code == 403
        assert ranger.delete(f"{API}/devices/{device['id']}").status_code == 204
        assert [d["id"] for d in ranger.get(API + "/devices").json()["items"]] == [pushed["id"]]
        # Registered once more, it is the same device, and is called again.
        assert ranger.post(API + "/devices", json=PHONE).json()["id"] == device["id"]


@pytest.mark.parametrize(
    "body",
    [
        {**PHONE, "address": {"phone": "13800138000"}},
        {**PHONE, "address": {}},
        {**PHONE, "channel": "webhook", "address": {"url": "https://example.org"}},
        {**PHONE, "language": "fr"},
        {**PHONE, "name": " "},
        {**PHONE, "channel": "web_push", "address": {**SUBSCRIPTION, "endpoint": "https://127.0.0.1:5432/"}},
        {
            **PHONE,
            "channel": "web_push",
            "address": {**SUBSCRIPTION, "endpoint": "http://fcm.googleapis.com/"},
        },
    ],
)
def test_what_is_no_device(world: World, body: dict[str, Any]) -> None:
    with world.client("ranger") as client:
        answer = client.post(API + "/devices", json=body)
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"


def test_nobody_has_devices_without_end(world: World) -> None:
    with world.client("ranger") as client:
        for n in range(devices.MOST + 1):
            body = {**PHONE, "address": {"phone": f"+86138001380{n:02}"}}
            status = client.post(API + "/devices", json=body).status_code
            assert status == (201 if n < devices.MOST else 422)


def test_a_test_call_and_its_receipts(world: World) -> None:
    with world.client("ranger") as client:
        device = client.post(API + "/devices", json=PHONE).json()["id"]
        tried = client.post(f"{API}/devices/{device}/test", json={})
        assert tried.status_code == 202
        delivery = tried.json()["delivery"]
        with world.db.transaction() as conn:
            ((secret, kind),) = conn.execute(
                "SELECT d.secret, n.kind FROM delivery d JOIN notification n ON n.id = d.notification_id"
            ).fetchall()
        assert kind == "test"
        receipts = f"{API}/deliveries/{delivery}/receipts"
        at = utc_now().isoformat()
        # No log-in here: a service worker's session may have ended.
        client.headers.pop("Authorization")
        right = {"secret": secret, "event": "opened", "at": at}
        assert client.post(receipts, json={**right, "secret": "x"}).status_code == 404
        assert client.post(f"{API}/deliveries/{uuid4()}/receipts", json=right).status_code == 404
        assert client.post(receipts, json={**right, "event": "answered"}).status_code == 422
        assert client.post(receipts, json={**right, "at": "2026-05-04T06:00:00"}).status_code == 422
        assert [client.post(receipts, json=right).status_code for _ in range(2)] == [204, 204]
        with world.db.transaction() as conn:
            assert devices.delivery_state(conn, UUID(delivery)) == ("opened", None)


def test_who_guesses_receipts_has_to_wait_and_phones_have_not(world: World) -> None:
    guess = {"secret": "x", "event": "opened", "at": utc_now().isoformat()}
    with world.client("ranger") as client:
        device = client.post(API + "/devices", json=PHONE).json()["id"]
        delivery = client.post(f"{API}/devices/{device}/test", json={}).json()["delivery"]
        with world.db.transaction() as conn:
            ((secret,),) = conn.execute("SELECT secret FROM delivery").fetchall()
        client.headers.pop("Authorization")
        path = f"{API}/deliveries/{delivery}/receipts"
        guesses = [client.post(path, json=guess).status_code for _ in range(RECEIPT_FAILURES - 1)]
        assert set(guesses) == {404}
        # What is right takes none of the attempts.
        assert {client.post(path, json={**guess, "secret": secret}).status_code for _ in range(3)} == {204}
        assert client.post(path, json=guess).status_code == 404
        refused = client.post(path, json=guess)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


def test_tests_are_few(world: World) -> None:
    with world.client("ranger") as client:
        device = client.post(API + "/devices", json=PHONE).json()["id"]
        statuses = [client.post(f"{API}/devices/{device}/test").status_code for _ in range(6)]
    assert statuses == [202] * 5 + [429]


def test_nobody_has_one_number_after_the_other_called(world: World) -> None:
    """Each SMS costs money, and a number may be a stranger's."""
    with world.client("ranger") as client:
        statuses = []
        for n in range(6):
            body = {**PHONE, "address": {"phone": f"+8613800138{n:03}"}}
            device = client.post(API + "/devices", json=body).json()["id"]
            statuses.append(client.post(f"{API}/devices/{device}/test").status_code)
            client.delete(f"{API}/devices/{device}")
        assert statuses == [202] * 5 + [429]
        mail = {**PHONE, "channel": "email", "address": {"email": "li@example.org"}}
        device = client.post(API + "/devices", json=mail).json()["id"]
        assert client.post(f"{API}/devices/{device}/test").status_code == 202


def test_webhooks_of_a_reserve(world: World) -> None:
    with several(world, "manager", "stranger") as ((manager, _), (stranger, _)):
        body = {"name": "province", "url": "https://fire.example.org/in", "language": "zh"}
        assert stranger.post(API + "/reserves/foping/webhooks", json=body).status_code == 404
        inside = {**body, "url": "https://192.168.1.1/"}
        assert manager.post(API + "/reserves/foping/webhooks", json=inside).status_code == 422
        first = manager.post(API + "/reserves/foping/webhooks", json=body).json()
        second = manager.post(API + "/reserves/foping/webhooks", json=body).json()
        assert first["secret"].startswith("whsec_")
        assert first["secret"] != second["secret"]
        listed = manager.get(API + "/reserves/foping/devices")
        assert [w["id"] for w in listed.json()["webhooks"]] == [second["id"]]
        assert second["secret"] not in listed.text
        assert stranger.delete(f"{API}/devices/{second['id']}").status_code == 404
        assert manager.delete(f"{API}/devices/{second['id']}").status_code == 204
        assert manager.get(API + "/reserves/foping/devices").json()["webhooks"] == []


def test_roster_and_who_is_on_duty(world: World) -> None:
    with several(world, "manager", "ranger", "stranger") as (
        (manager, _),
        (ranger, ranger_id),
        (stranger, stranger_id),
    ):
        with world.db.transaction() as conn:
            area = json.dumps(SQUARE)
            zone = str(geography.add_zone(conn, reserve=world.foping, name="North", area=area))
        shift = {
            "id": str(uuid4()),
            "zone_id": zone,
            "account_id": str(ranger_id),
            "starts_at": "2026-05-04T08:00:00+08:00",
            "ends_at": "2026-05-04T16:00:00+08:00",
            "repeats": "daily",
        }
        url = API + "/reserves/foping/shifts"
        assert ranger.post(url, json=shift).status_code == 403
        made = manager.post(url, json=shift)
        assert made.status_code == 201
        assert made.json()["account"] == "Ranger"
        assert made.json()["starts_at"] == "2026-05-04T00:00:00Z"
        assert manager.post(url, json=shift).json() == made.json()
        for wrong in (
            {"account_id": str(stranger_id)},
            {"ends_at": shift["starts_at"]},
            {"ends_at": "2026-05-06T08:00:00+08:00"},
            {"place": 0},
            {"until": "2026-05-01T00:00:00Z"},
        ):
            answer = manager.post(url, json={**shift, "id": None, **wrong})
            assert answer.status_code == 422, (wrong, answer.text)
        assert manager.post(url, json={**shift, "id": None, "zone_id": str(uuid4())}).status_code == 404
        assert len(ranger.get(url).json()["items"]) == 1

        far = ranger.get(API + "/reserves/foping/on-duty", params={"at": "9999-12-31T23:00:00Z"})
        assert far.status_code == 422

        def on_duty(at: str) -> Any:
            return ranger.get(API + "/reserves/foping/on-duty", params={"at": at}).json()["zones"]

        day = on_duty("2026-06-01T15:59:00+08:00")
        assert day == [
            {
                "zone_id": zone,
                "people": [
                    {"account_id": str(ranger_id), "account": "Ranger", "place": 1, "reachable": False}
                ],
            },
            {"zone_id": None, "people": []},
        ]
        ranger.post(API + "/devices", json=PHONE)
        assert on_duty("2026-06-01T15:59:00+08:00")[0]["people"][0]["reachable"] is True
        assert on_duty("2026-06-01T16:00:00+08:00")[0]["people"] == []
        assert stranger.delete(f"{API}/shifts/{shift['id']}").status_code == 404
        assert ranger.delete(f"{API}/shifts/{shift['id']}").status_code == 403
        assert manager.delete(f"{API}/shifts/{shift['id']}").status_code == 204
        assert manager.delete(f"{API}/shifts/{shift['id']}").status_code == 404


def test_call_plan(world: World) -> None:
    url = API + "/reserves/foping/call-plan"
    with several(world, "manager", "ranger") as ((manager, _), (ranger, _)):
        first = ranger.get(url).json()
        assert first["default"] is True
        assert [step["after_s"] for step in first["steps"]] == [0, 120, 300, 600]
        own = {"steps": [{"after_s": 0, "whom": "duty"}, {"after_s": 60, "whom": "all"}]}
        assert ranger.put(url, json=own).status_code == 403
        assert manager.put(url, json=own).json() == {**own, "default": False}
        assert ranger.get(url).json() == {**own, "default": False}
        bad = {"steps": [{"after_s": 0, "whom": "duty"}]}
        refused = manager.put(url, json=bad)
        assert refused.status_code == 422
        assert "last step" in refused.json()["detail"]
        assert ranger.get(url).json()["steps"] == own["steps"]


def test_alert_rules(world: World) -> None:
    url = API + "/reserves/foping/alert-rules"
    with several(world, "manager", "ranger", "stranger") as ((manager, _), (ranger, _), (stranger, _)):
        assert ranger.post(url, json=RULE).status_code == 403
        made = manager.post(url, json={**RULE, "area": SQUARE})
        assert made.status_code == 201
        rule = made.json()
        assert (rule["quiet_from"], rule["quiet_to"]) == ("22:00", "06:30")
        assert rule["area"]["type"] == "MultiPolygon"
        assert ranger.get(url).json()["items"] == [rule]
        one = f"{API}/alert-rules/{rule['id']}"
        assert stranger.put(one, json=RULE).status_code == 404
        assert ranger.put(one, json=RULE).status_code == 403
        changed = manager.put(
            one, json={**RULE, "enabled": False, "quiet_from": None, "quiet_to": None}
        ).json()
        assert (changed["enabled"], changed["area"], changed["quiet_from"]) == (False, None, None)
        for wrong in ({"quiet_to": None}, {"least_confidence": 2}, {"whom": "x"}, {"nmae": "x"}):
            assert manager.post(url, json={**RULE, **wrong}).status_code == 422
        assert ranger.get(API + "/reserves/foping/alerts").json() == {"items": []}
        assert manager.delete(one).status_code == 204
        assert ranger.get(url).json() == {"items": []}


def test_drill(world: World) -> None:
    with several(world, "manager", "ranger", "stranger") as (
        (manager, _),
        (ranger, ranger_id),
        (stranger, _),
    ):
        ranger.post(API + "/devices", json=PHONE)
        now = datetime.now(UTC)
        shift = {
            "account_id": str(ranger_id),
            "starts_at": (now - timedelta(hours=1)).isoformat(),
            "ends_at": (now + timedelta(hours=1)).isoformat(),
        }
        assert manager.post(API + "/reserves/foping/shifts", json=shift).status_code == 201
        url = API + "/reserves/foping/drills"
        body = {"deployment_id": str(world.ridge), "note": "spring"}
        assert ranger.post(url, json=body).status_code == 403
        assert manager.post(url, json={**body, "deployment_id": str(world.abroad)}).status_code == 404
        made = manager.post(url, json=body)
        assert made.status_code == 201, made.text
        drill = made.json()
        assert (drill["started_by"], drill["state"], drill["note"]) == ("Manager", "new", "spring")
        assert manager.post(url, json=body).status_code == 409
        incident = ranger.get(f"{API}/incidents/{drill['incident_id']}").json()
        assert incident["drill"] is True
        assert [d["account"] for d in incident["deliveries"]] == ["Ranger"]
        with world.db.transaction() as conn:
            ((id_, secret),) = conn.execute("SELECT id, secret FROM delivery").fetchall()
            deliveries.confirm(conn, id_, secret, "delivered", utc_now())
        report = ranger.get(f"{API}/drills/{drill['id']}").json()
        assert report["steps"][0]["on_time"] is True
        (call,) = report["calls"]
        assert (call["account"], call["step"], call["state"]) == ("Ranger", 1, "delivered")
        assert 0 <= call["delivered_s"] < 60
        assert report["not_reached"] == []
        one = f"{API}/drills/{drill['id']}"
        assert stranger.get(one).status_code == 404
        assert ranger.post(one + "/end", json={}).status_code == 403
        ended = manager.post(one + "/end", json={}).json()
        assert ended["ended_at"] is not None
        assert ended["state"] == "closed"
        assert manager.post(one + "/end").json()["ended_at"] == ended["ended_at"]
        assert [d["id"] for d in ranger.get(url).json()["items"]] == [drill["id"]]
        assert manager.post(url, json=body).status_code == 201
