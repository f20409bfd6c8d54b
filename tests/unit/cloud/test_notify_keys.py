"""VAPID tokens and Web Push encryption, against the RFCs' own examples where they have some."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import http_ece
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from fieldwatch_cloud.notify.channels.http import retry_after
from fieldwatch_cloud.notify.keys import LIFE_S, RENEW_S, Vapid, origin

if TYPE_CHECKING:
    from typing import Any


class Clock:
    def __init__(self) -> None:
        self.now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vapid(clock: Clock) -> Vapid:
    return Vapid(ec.generate_private_key(ec.SECP256R1()), "mailto:fire@reserve.example", clock)


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def claims(authorization: str) -> dict[str, Any]:
    token = authorization.removeprefix("vapid t=").partition(",")[0]
    content: dict[str, Any] = json.loads(decoded(token.split(".")[1]))
    return content


def test_a_token_says_who_for_whom_and_how_long(vapid: Vapid, clock: Clock) -> None:
    assert claims(vapid.authorization("https://push.example/send/abc")) == {
        "aud": "https://push.example",
        "exp": int(clock.now + LIFE_S),
        "sub": "mailto:fire@reserve.example",
    }


def test_without_a_contact_no_subject_is_claimed(clock: Clock) -> None:
    vapid = Vapid(ec.generate_private_key(ec.SECP256R1()), None, clock)
    assert "sub" not in claims(vapid.authorization("https://push.example/x"))


def test_the_signature_holds_for_our_public_key_only(vapid: Vapid) -> None:
    authorization = vapid.authorization("https://push.example/x")
    signed, _, signature = authorization.removeprefix("vapid t=").partition(",")[0].rpartition(".")
    raw = decoded(signature)
    assert len(raw) == 64
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    point = decoded(authorization.rpartition("k=")[2])
    assert len(point) == 65
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    key.verify(der, signed.encode(), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        key.verify(der, signed.encode() + b"x", ec.ECDSA(hashes.SHA256()))


def test_one_token_serves_a_service_until_shortly_before_its_end(vapid: Vapid, clock: Clock) -> None:
    first = vapid.authorization("https://push.example/a")
    assert vapid.authorization("https://push.example/b") == first
    assert vapid.authorization("https://other.example/a") != first
    clock.now += LIFE_S - RENEW_S - 1
    assert vapid.authorization("https://push.example/c") == first
    clock.now += 2
    assert claims(vapid.authorization("https://push.example/c"))["exp"] == int(clock.now + LIFE_S)


def test_a_clock_that_was_set_back_makes_a_new_token(vapid: Vapid, clock: Clock) -> None:
    vapid.authorization("https://push.example/a")
    clock.now -= 3 * 86400
    assert claims(vapid.authorization("https://push.example/a"))["exp"] <= clock.now + 24 * 3600


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc:def", "https://fcm.googleapis.com"),
        ("https://Push.Example:443/x", "https://push.example"),
        ("https://push.example:8443/x?y=1", "https://push.example:8443"),
        ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443"),
    ],
)
def test_origin(url: str, wanted: str) -> None:
    assert origin(url) == wanted


def test_the_receiver_of_the_tests_reads_the_example_of_rfc_8291() -> None:
    """Appendix A: what our receiver decrypts with is held against the standard, not against ourselves."""
    receiver = ec.derive_private_key(
        int.from_bytes(decoded("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big"), ec.SECP256R1()
    )
    body = decoded(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
        "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
        "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    auth = decoded("BTBZMqHH6r4Tts7J_aSIgg")
    clear = http_ece.decrypt(body, private_key=receiver, auth_secret=auth, version="aes128gcm")
    assert clear == b"When I grow up, I want to be a watermelon"


NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("120", 120),
        ("0", 0),
        (" 7 ", 7),
        ("99999", 3600),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0),
        ("Sat, 21 Nov 2026 12:00:30 -0000", None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


def test_retry_after_of_a_date_is_read_from_now() -> None:
    assert retry_after("Sat, 21 Nov 2026 12:00:30 GMT", NOW + timedelta(seconds=10)) == 20
