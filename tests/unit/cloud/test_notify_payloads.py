"""What goes to phones and other systems: its size, its shape, its signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldwatch_cloud.calls.message import Message
from fieldwatch_cloud.notify.channels import web_push, webhook
from fieldwatch_cloud.notify.device import Failed

ID = UUID("0197aaaa-0000-7000-8000-00000000f17e")
MESSAGE = Message(
    delivery_id=ID,
    secret="s" * 43,
    kind="fire",
    drill=False,
    language="zh",
    title="北坡发现烟雾",
    body="14:04由山脊塔发现。",
    short="北坡发现烟雾",
    spoken="北坡发现烟雾。",
    path=f"/#incident/{ID}",
    base_url="https://fire.reserve.example",
    at=datetime(2026, 11, 21, 6, 4, tzinfo=UTC),
    tag=ID,
    incident_id=ID,
    data={"reserve": "foping", "place": None},
)


def test_a_usual_push_is_small() -> None:
    assert len(web_push.payload(MESSAGE)) < 600


@settings(deadline=None)
@given(body=st.text(st.characters(exclude_categories=["Cs"]), max_size=9000))
def test_a_push_never_is_too_large_and_always_is_json(body: str) -> None:
    encoded = web_push.payload(replace(MESSAGE, body=body))
    assert len(encoded) <= web_push.LARGEST
    content = json.loads(encoded)
    assert content["title"] == MESSAGE.title
    assert content["body"] == body or (
        content["body"].endswith("…") and body.startswith(content["body"][:-1])
    )


@pytest.mark.parametrize("sign", ["火", "a", '"', "\n", "\U0001f525"])
def test_a_long_body_is_cut_no_more_than_it_must(sign: str) -> None:
    encoded = web_push.payload(replace(MESSAGE, body=sign * 9000))
    size_of_one = len(json.dumps(sign, ensure_ascii=False).encode()) - 2
    assert web_push.LARGEST - size_of_one < len(encoded) <= web_push.LARGEST


def test_a_title_that_alone_is_too_long_is_refused() -> None:
    with pytest.raises(Failed, match="too large"):
        web_push.payload(replace(MESSAGE, title="火" * 1000))


def test_a_webhook_carries_the_facts_and_not_the_secret() -> None:
    content = json.loads(webhook.payload(MESSAGE))
    assert content == {
        "v": 1,
        "kind": "fire",
        "drill": False,
        "delivery": str(ID),
        "urgent": True,
        "lang": "zh",
        "title": MESSAGE.title,
        "body": MESSAGE.body,
        "url": f"https://fire.reserve.example/#incident/{ID}",
        "reserve": "foping",
        "place": None,
    }


def test_a_signature_as_standard_webhooks_gives_it() -> None:
    """The example of the standard's own libraries: same secret, id, time and body, same signature."""
    given = webhook.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        b'{"test": 2432232314}',
    )
    assert given == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_any_text_may_be_a_webhooks_secret() -> None:
    mac = hmac.new(b"plain secret", b"id.7.body", hashlib.sha256).digest()
    assert webhook.signature("plain secret", "id", "7", b"body") == "v1," + base64.b64encode(mac).decode()
    with pytest.raises(Failed, match="not base64"):
        webhook.signature("whsec_!", "id", "7", b"body")
