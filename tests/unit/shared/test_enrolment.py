"""One-time codes: what people mistype is found, and nothing shows them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldwatch_shared.enrolment import Code, EnrolmentRequest, SessionToken, link_origin
from fieldwatch_shared.signing import signed_bytes

CODES = st.builds(Code, st.binary(min_size=10, max_size=10), st.none() | st.binary(min_size=10, max_size=10))
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@given(CODES)
def test_what_is_read_is_what_was_written(code: Code) -> None:
    assert Code.parse(code.text) == code
    assert Code.parse(f"  {code.text.lower().replace('-', ' ')} ") == code
    assert Code.parse(code.text.replace("1", "l").replace("0", "O")) == code
    assert Code.parse(code.link("https://cloud.example:8443/")) == code


@given(CODES, st.data())
def test_one_wrong_character_is_found(code: Code, data: st.DataObject) -> None:
    places = [at for at, letter in enumerate(code.text) if letter != "-"][3:]
    at = data.draw(st.sampled_from(places))
    other = data.draw(st.sampled_from([letter for letter in LETTERS if letter != code.text[at]]))
    with pytest.raises(ValueError, match="slip of the pen"):
        Code.parse(code.text[:at] + other + code.text[at + 1 :])


@given(CODES, st.data())
def test_two_neighbours_that_changed_places_are_found(code: Code, data: st.DataObject) -> None:
    plain = code.text.replace("-", "")
    at = data.draw(st.integers(3, len(plain) - 2))
    first, second = plain[at], plain[at + 1]
    changed = plain[:at] + second + first + plain[at + 2 :]
    if first == second:
        assert Code.parse(changed) == code
    else:
        with pytest.raises(ValueError, match="slip of the pen"):
            Code.parse(changed)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "begins with FW1-"),
        ("FW2-0000-0000-0000-0000-00", "begins with FW1-"),
        ("FW1-0000-0000-0000-0000", "18 or 34 characters, this one has 16"),
        ("FW1-0000-0000-0000-000U-00", "no U"),
        ("https://cloud.example/enrol#nothing", "begins with FW1-"),
    ],
)
def test_what_is_no_code_is_told_so(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Code.parse(text)


def test_the_error_does_not_repeat_the_code() -> None:
    text = Code.make().text
    wrong = text[:-1] + ("0" if text[-1] != "0" else "1")
    with pytest.raises(ValueError, match="slip") as caught:
        Code.parse(wrong)
    assert text[4:12] not in str(caught.value)


def test_a_code_names_the_authority_of_its_cloud() -> None:
    code = Code.parse(Code.make(b"a certificate").text)
    assert code.vouches_for(b"a certificate")
    assert not code.vouches_for(b"another certificate")
    assert not Code.make().vouches_for(b"a certificate")


def test_codes_differ_and_their_hash_does_not_hang_on_the_authority() -> None:
    assert len({Code.make().hash for _ in range(100)}) == 100
    code = Code.make()
    assert Code(code.secret, b"0123456789").hash == code.hash


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://cloud.example/enrol#FW1-0", "https://cloud.example"),
        ("HTTPS://cloud.example:8443/field/enrol#FW1-0", "https://cloud.example:8443/field"),
        ("https://cloud.example/", None),
        ("FW1-0000-0000-0000-0000-00", None),
    ],
)
def test_the_clouds_address_is_read_from_the_link(text: str, origin: str | None) -> None:
    assert link_origin(text) == origin


def test_secrets_are_shown_to_nobody_but_told_to_their_owner() -> None:
    code = Code.make()
    asked = EnrolmentRequest(code=code.text, csr="-----BEGIN CERTIFICATE REQUEST-----")
    told = SessionToken(token="fwn_secret", lasts_s=1)
    for shown in (repr(code), str(code), f"{code}", repr(asked), repr(told), str(told.model_dump())):
        assert code.text not in shown
        assert "fwn_secret" not in shown
    assert code.text in asked.model_dump_json()
    assert "fwn_secret" in told.model_dump_json()


def test_what_is_signed_for_one_topic_is_signed_for_no_other() -> None:
    assert signed_bytes("a/b", b"c") != signed_bytes("a", b"/bc")
