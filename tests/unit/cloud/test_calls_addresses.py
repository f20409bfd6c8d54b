"""Addresses that we send to, and those that we must not."""

from __future__ import annotations

import base64
import ipaddress
from typing import Any

import pytest

from fieldwatch_cloud.calls.addresses import checked, is_public, shown

POINT = base64.urlsafe_b64encode(b"\x04" + bytes(64)).decode()
AUTH = base64.urlsafe_b64encode(bytes(16)).decode()


def subscription(endpoint: str = "https://fcm.googleapis.com/fcm/send/abc", **keys: str) -> dict[str, Any]:
    return {"endpoint": endpoint, "expirationTime": None, "keys": {"p256dh": POINT, "auth": AUTH} | keys}


def test_what_is_kept() -> None:
    assert checked("web_push", subscription()) == {
        "endpoint": "https://fcm.googleapis.com/fcm/send/abc",
        "keys": {"p256dh": POINT.rstrip("="), "auth": AUTH.rstrip("=")},
    }
    assert checked("sms", {"phone": "+86 138-0013 8000"}) == {"phone": "+8613800138000"}
    assert checked("voice", {"phone": "+49 (30) 1234567"}) == {"phone": "+49301234567"}
    assert checked("email", {"email": " li@baohuqu.cn ", "x": 1}) == {"email": "li@baohuqu.cn"}
    assert checked("email", {"email": "li.wei+fire@mail.baohuqu.com.cn"})["email"].startswith("li.wei+")
    assert checked("webhook", {"url": "https://fire.example.org:8443/in?x=1"}) == {
        "url": "https://fire.example.org:8443/in?x=1"
    }


@pytest.mark.parametrize(
    ("channel", "address", "words"),
    [
        ("sms", {"phone": "13800138000"}, "country's code"),
        ("sms", {"phone": "+0123456789"}, "country's code"),
        ("sms", {"phone": "+86"}, "country's code"),
        ("sms", {}, "missing"),
        ("sms", {"phone": 86138}, "missing"),
        ("email", {"email": "li"}, "not an e-mail"),
        ("email", {"email": "li@x"}, "not an e-mail"),
        ("email", {"email": "li@x.cn\nBcc: a@b.cn"}, "not an e-mail"),
        ("email", {"email": "l\x00i@x.cn"}, "not an e-mail"),
        ("email", {"email": "l\x01i@x.cn"}, "not an e-mail"),
        ("email", {"email": "li(home)@x.cn"}, "not an e-mail"),
        ("email", {"email": "li@[127.0.0.1].cn"}, "not an e-mail"),
        ("email", {"email": "li@x..cn"}, "not an e-mail"),
        ("email", {"email": ".li@x.cn"}, "not an e-mail"),
        ("email", {"email": "l" * 65 + "@x.cn"}, "not an e-mail"),
        ("web_push", {"endpoint": "https://x.example/"}, "p256dh is missing"),
        ("web_push", subscription(p256dh=AUTH), "p256dh is not"),
        ("web_push", subscription(auth="!"), "auth is not"),
        ("web_push", subscription("http://fcm.googleapis.com/x"), "https"),
        ("fax", {}, "no such channel"),
    ],
)
def test_what_is_none(channel: str, address: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        checked(channel, address)


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/x",
        "https://127.0.0.1:5432/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://10.1.2.3/",
        "https://192.168.1.1/admin",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://127.1/",
        "https://router/",
        "https://db.internal/",
        "https://nas.local./",
        "https://[fd00::1]/",
        "https://[64:ff9b:1::1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://224.0.0.1/",
    ],
)
def test_no_address_leads_inside(url: str) -> None:
    with pytest.raises(ValueError, match="private network"):
        checked("webhook", {"url": url})
    assert checked("webhook", {"url": url}, private_networks=True) == {"url": url}


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("http://fire.example.org/", False),
        ("http://fire.example.org/", True),
        ("http://127.0.0.1:9/", False),
        ("ftp://fire.example.org/", True),
        ("file:///etc/passwd", True),
        ("https://user:password@fire.example.org/", False),
        ("https://fire.example.org/#x", False),
        ("https://fire.example.org:99999/", False),
        ("https://fire.example.org/a b", False),
        ("https:///x", False),
        ("https://fire.example.org/" + "x" * 2000, False),
    ],
)
def test_other_urls(url: str, private: bool) -> None:
    with pytest.raises(ValueError, match="URL"):
        checked("webhook", {"url": url}, private_networks=private)


def test_a_system_on_this_machine_needs_no_certificate_but_a_push_service_does() -> None:
    checked("webhook", {"url": "http://127.0.0.1:8099/in"}, private_networks=True)
    checked("web_push", subscription("https://localhost:8099/push/1"), private_networks=True)
    with pytest.raises(ValueError, match="https"):
        checked("web_push", subscription("http://127.0.0.1:8099/push/1"), private_networks=True)


@pytest.mark.parametrize(
    ("number", "public"),
    [("8.8.8.8", True), ("2606:4700::1111", True), ("::ffff:127.0.0.1", False), ("2002:7f00:1::", False)],
)
def test_public_numbers(number: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(number)) is public


def test_secrets_are_not_shown() -> None:
    assert shown("web_push", subscription()) == "fcm.googleapis.com"
    assert (
        shown("webhook", {"url": "https://fire.example.org/secret-path", "secret": "s"}) == "fire.example.org"
    )
    assert shown("sms", {"phone": "+8613800138000"}) == "+8613800138000"
