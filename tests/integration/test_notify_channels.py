"""E-mail, gateways and webhooks against real servers on this machine; what each failure means."""

from __future__ import annotations

import asyncio
import base64
import email
import hashlib
import hmac
import json
import queue
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email.policy import default
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr
from tests.integration.certificates import Certificates
from tests.integration.http_server import Answer, Local

from fieldwatch_cloud.calls.message import Message
from fieldwatch_cloud.notify.channels import email as mail_channel
from fieldwatch_cloud.notify.channels import send
from fieldwatch_cloud.notify.channels.clients import Clients
from fieldwatch_cloud.notify.device import Device, Failed, Gone, Retry
from fieldwatch_cloud.notify.keys import Vapid
from fieldwatch_cloud.settings import NotifySettings

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping
    from email.message import EmailMessage
    from pathlib import Path

ID = UUID("0197aaaa-0000-7000-8000-0000000de11e")
INCIDENT = UUID("0197aaaa-0000-7000-8000-00000000f17e")
MEDIA = UUID("0197aaaa-0000-7000-8000-00000000fade")
MESSAGE = Message(
    delivery_id=ID,
    secret="s3cret",
    kind="fire",
    drill=False,
    language="zh",
    title="北坡发现烟雾",
    body="14:04由山脊塔发现。<b>",
    short="北坡发现烟雾，14:04",
    spoken="北坡发现烟雾。",
    path=f"/#incident/{INCIDENT}",
    base_url="https://fire.reserve.example",
    at=datetime(2026, 11, 21, 6, 4, tzinfo=UTC),
    tag=INCIDENT,
    incident_id=INCIDENT,
    media_id=MEDIA,
    data={"reserve": "foping"},
)
JPEG = b"\xff\xd8\xff\xe0" + bytes(5000) + b"\xff\xd9"
USER, PASSWORD = "fire@reserve.example", "p@ss:word/1"


def device(channel: str, **address: object) -> Device:
    return Device(UUID(int=1), channel, "a device", address, "zh")  # type: ignore[arg-type]


def clients(picture: bytes | None = None, **settings: Any) -> Clients:
    vapid = Vapid(ec.generate_private_key(ec.SECP256R1()), None)
    return Clients(NotifySettings(**settings), vapid, lambda _: picture)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is busy is no server that does not answer."""
    for name in ("clients.CONNECT_S", "clients.READ_S", "email.STEP_S", "email.ALL_S"):
        monkeypatch.setattr(f"fieldwatch_cloud.notify.channels.{name}", 120.0)


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path / "certificates")


# E-mail -----------------------------------------------------------------------------------------------


class Mailbox:
    """Takes mail for everybody, except as its address says: `550-5.1.1@...` is answered so at RCPT."""

    def __init__(self) -> None:
        self.mails: queue.Queue[EmailMessage] = queue.Queue()
        self.at_data = "250 OK"
        self.tls = False

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: object
    ) -> str:
        local = address.partition("@")[0]
        if local[:1].isdecimal():
            return local.replace("-", " ") + f" {address} refused"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.tls = session.ssl is not None
        if self.at_data.startswith("250"):
            self.mails.put(email.message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        return self.at_data


def authenticator(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    right = data.login == USER.encode() and data.password == PASSWORD.encode()
    return AuthResult(success=right, handled=False)  # The server says no in its own words.


@contextmanager
def mail_server(mailbox: Mailbox, *, tls: ssl.SSLContext | None = None, **options: Any) -> Iterator[int]:
    """aiosmtpd in a thread, on a free port (its own controller cannot); gives the port."""
    loop = asyncio.new_event_loop()
    serving = loop.run_until_complete(
        loop.create_server(lambda: SMTP(mailbox, loop=loop, **options), "127.0.0.1", 0, ssl=tls)
    )
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield serving.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_ended(serving), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(150)
        loop.close()


async def _ended(serving: asyncio.Server) -> None:
    serving.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def relay(mailbox: Mailbox) -> Iterator[str]:
    with mail_server(mailbox) as port:
        yield f"smtp+insecure://localhost:{port}"


@pytest.fixture
def submission(mailbox: Mailbox, certificates: Certificates) -> Iterator[int]:
    """A server that demands STARTTLS and a log-in, as those of providers do; its port."""
    with mail_server(
        mailbox,
        tls_context=certificates.server_context(),
        require_starttls=True,
        auth_required=True,
        authenticator=authenticator,
    ) as port:
        yield port


def with_user(scheme: str, port: int, password: str = quote(PASSWORD, safe="")) -> SecretStr:
    return SecretStr(f"{scheme}://fire%40reserve.example:{password}@localhost:{port}")


def test_a_mail_is_read_by_every_mail_program(mailbox: Mailbox, relay: str) -> None:
    with clients(JPEG, smtp_url=relay, mail_from=USER) as ready:
        send(device("email", email="li@example.org"), MESSAGE, ready)
    mail = mailbox.mails.get_nowait()
    assert mail["To"] == "li@example.org"
    assert mail["From"] == "Fieldwatch <fire@reserve.example>"
    assert mail["Subject"] == "北坡发现烟雾"
    assert mail["Message-ID"] == f"<{ID}@reserve.example>"
    assert mail["References"] == f"<{INCIDENT}@reserve.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Importance"] == "high"
    assert mail["Date"].datetime.tzinfo is not None
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert "14:04由山脊塔发现。<b>" in plain.get_content()
    assert f"https://fire.reserve.example/#incident/{INCIDENT}" in plain.get_content()
    html = mail.get_body(("related", "html"))
    assert html is not None
    picture = next(part for part in mail.walk() if part.get_content_type() == "image/jpeg")
    assert picture.get_payload(decode=True) == JPEG
    text = next(part for part in mail.walk() if part.get_content_type() == "text/html").get_content()
    assert f"cid:{picture['Content-ID'].strip('<>')}" in text
    assert "&lt;b&gt;" in text  # Whatever a zone is called, it does not become markup.
    assert 'lang="zh-CN"' in text


def test_a_large_picture_stays_behind_the_link(mailbox: Mailbox, relay: str) -> None:
    large = JPEG + bytes(mail_channel.LARGEST_PICTURE)
    with clients(large, smtp_url=relay, mail_from=USER) as ready:
        send(device("email", email="li@example.org"), MESSAGE, ready)
    mail = mailbox.mails.get_nowait()
    assert [p.get_content_type() for p in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert "cid:" not in mail.as_string()


def test_nothing_in_a_title_becomes_a_header(mailbox: Mailbox, relay: str) -> None:
    with clients(smtp_url=relay, mail_from=USER) as ready:
        send(device("email", email="li@example.org"), replace(MESSAGE, title="a\r\nBcc: x@y.example"), ready)
    mail = mailbox.mails.get_nowait()
    assert mail["Subject"] == "a Bcc: x@y.example"
    assert mail["Bcc"] is None


def test_with_tls_and_password(mailbox: Mailbox, submission: int, certificates: Certificates) -> None:
    with clients(smtp_url=with_user("smtp", submission), ca_file=certificates.ca_file) as ready:
        send(device("email", email="li@example.org"), MESSAGE, ready)
    assert mailbox.tls
    assert mailbox.mails.get_nowait()["From"] == "Fieldwatch <fire@reserve.example>"


def test_with_tls_from_the_start(mailbox: Mailbox, certificates: Certificates) -> None:
    with mail_server(mailbox, tls=certificates.server_context()) as port:
        url = SecretStr(f"smtps://localhost:{port}")
        with clients(smtp_url=url, mail_from=USER, ca_file=certificates.ca_file) as ready:
            send(device("email", email="li@example.org"), MESSAGE, ready)
        with (
            clients(smtp_url=url, mail_from=USER) as strict,
            pytest.raises(Retry, match="certificate that this server does not trust"),
        ):
            send(device("email", email="li@example.org"), MESSAGE, strict)
    assert mailbox.mails.qsize() == 1


@pytest.mark.parametrize(
    ("local", "error", "said"),
    [
        ("550-5.1.1", Gone, "knows no such mailbox"),
        ("553-5.1.3", Gone, "knows no such mailbox"),
        ("550", Failed, "refused the mailbox"),  # A spam filter's, perhaps.
        ("550-5.7.1", Failed, "refused the mailbox"),
        ("552-5.2.2", Failed, "refused the mailbox"),
        ("450-4.2.1", Retry, "refused the mailbox"),
        ("451", Retry, "refused the mailbox"),
    ],
)
def test_what_a_refused_mailbox_means(relay: str, local: str, error: type[Exception], said: str) -> None:
    with clients(smtp_url=relay, mail_from=USER) as ready, pytest.raises(error, match=said) as caught:
        send(device("email", email=f"{local}@example.org"), MESSAGE, ready)
    assert "@" not in str(caught.value)


@pytest.mark.parametrize(("answer", "error"), [("554 5.7.1 spam", Failed), ("452 4.3.1 full", Retry)])
def test_what_a_refused_mail_means(mailbox: Mailbox, relay: str, answer: str, error: type[Exception]) -> None:
    mailbox.at_data = answer
    with clients(smtp_url=relay, mail_from=USER) as ready, pytest.raises(error, match="refused the mail"):
        send(device("email", email="li@example.org"), MESSAGE, ready)


def test_a_wrong_password_is_said_and_not_shown(submission: int, certificates: Certificates) -> None:
    url = with_user("smtp", submission, password="wr0ng")
    with (
        clients(smtp_url=url, ca_file=certificates.ca_file) as ready,
        pytest.raises(Failed, match="refuses our log-in") as caught,
    ):
        send(device("email", email="li@example.org"), MESSAGE, ready)
    assert "wr0ng" not in str(caught.value)


def test_without_tls_on_offer_nothing_is_sent(mailbox: Mailbox, relay: str) -> None:
    url = relay.replace("smtp+insecure", "smtp")
    with clients(smtp_url=url, mail_from=USER) as ready, pytest.raises(Failed, match="offers no TLS"):
        send(device("email", email="li@example.org"), MESSAGE, ready)
    assert mailbox.mails.empty()


def test_a_mail_server_that_is_away_is_tried_again() -> None:
    with Local() as gone:
        port = gone.port
    with (
        clients(smtp_url=f"smtp+insecure://localhost:{port}", mail_from=USER) as ready,
        pytest.raises(Retry, match="cannot be reached"),
    ):
        send(device("email", email="li@example.org"), MESSAGE, ready)


@pytest.mark.parametrize("address", ["", "li", "li@", "li@example.org\r\nBcc: x@y", "a b@example.org"])
def test_an_address_that_is_none(relay: str, address: str) -> None:
    with clients(smtp_url=relay, mail_from=USER) as ready, pytest.raises(Failed, match="no e-mail address"):
        send(device("email", email=address), MESSAGE, ready)


# Gateways and webhooks --------------------------------------------------------------------------------


class Recorder(Local):
    """Keeps what it is sent; answers with `next`."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[tuple[str, Mapping[str, str], bytes]] = []
        self.next = Answer(200, body=b'{"ok": true}')

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.got.append((path, headers, body))
        return self.next


@pytest.fixture
def server() -> Iterator[Recorder]:
    with Recorder() as server:
        yield server


def test_an_sms_by_the_usual_template(server: Recorder) -> None:
    url = SecretStr(server.url + "/send?key=hidden")
    with clients(sms_url=url, sms_authorization=SecretStr("Bearer t0ken")) as ready:
        send(device("sms", phone="+8613800138000"), MESSAGE, ready)
    ((path, headers, body),) = server.got
    assert path == "/send?key=hidden"
    assert headers["authorization"] == "Bearer t0ken"
    assert headers["idempotency-key"] == str(ID)
    assert headers["content-type"] == "application/json"
    assert json.loads(body) == {"to": "+8613800138000", "text": MESSAGE.short, "lang": "zh", "id": str(ID)}


def test_a_gateway_that_wants_another_shape(server: Recorder) -> None:
    template = {"sms": [{"numbers": ["{to}"], "content": "【Fieldwatch】{text}"}], "flash": True}
    with clients(sms_url=server.url, sms_body=template) as ready:
        send(device("sms", phone="+1"), replace(MESSAGE, short='"{to}'), ready)
    assert json.loads(server.got[0][2]) == {
        "sms": [{"numbers": ["+1"], "content": '【Fieldwatch】"{to}'}],
        "flash": True,
    }


def test_a_gateway_that_wants_a_form(server: Recorder) -> None:
    with clients(sms_url=server.url, sms_format="form", sms_body={"To": "{to}", "Body": "{text}"}) as ready:
        send(device("sms", phone="+1"), replace(MESSAGE, short="a&To=+2 火"), ready)
    ((_, headers, body),) = server.got
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(body.decode()) == {"To": ["+1"], "Body": ["a&To=+2 火"]}


def test_a_call_reads_whole_sentences(server: Recorder) -> None:
    with clients(voice_url=server.url) as ready:
        send(device("voice", phone="+1"), MESSAGE, ready)
    assert json.loads(server.got[0][2])["text"] == MESSAGE.spoken


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Failed), (401, Failed), (404, Failed), (410, Failed), (422, Failed), (302, Failed), (500, Retry)],
)
def test_what_a_gateways_answer_means(server: Recorder, status: int, error: type[Exception]) -> None:
    server.next = Answer(status, {"Location": server.url + "/elsewhere"})
    url = SecretStr(server.url + "/?key=hidden")
    with (
        clients(sms_url=url, sms_authorization=SecretStr("Bearer t0ken")) as ready,
        pytest.raises(error, match="the SMS gateway") as caught,
    ):
        send(device("sms", phone="+8613800138000"), MESSAGE, ready)
    assert len(server.got) == 1  # A redirect is not followed.
    assert not any(secret in str(caught.value) for secret in ("hidden", "t0ken", "13800138000"))


@pytest.mark.parametrize(
    ("channel", "said"),
    [
        ("email", "FIELDWATCH_NOTIFY_SMTP_URL"),
        ("sms", "FIELDWATCH_NOTIFY_SMS_URL"),
        ("voice", "FIELDWATCH_NOTIFY_VOICE_URL"),
    ],
)
def test_a_channel_that_nobody_set_up_says_what_to_set(channel: str, said: str) -> None:
    with clients() as ready, pytest.raises(Failed, match=said):
        send(device(channel, email="li@example.org", phone="+1"), MESSAGE, ready)


def test_a_webhook_can_be_verified(server: Recorder) -> None:
    secret = "whsec_" + base64.b64encode(b"k" * 24).decode()
    with clients() as ready:
        send(device("webhook", url=server.url + "/hook", secret=secret), MESSAGE, ready)
    ((path, headers, body),) = server.got
    assert path == "/hook"
    assert headers["webhook-id"] == headers["idempotency-key"] == str(ID)
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = base64.b64encode(hmac.new(b"k" * 24, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{mac}"
    assert abs(int(headers["webhook-timestamp"]) - datetime.now(UTC).timestamp()) < 60
    assert json.loads(body)["delivery"] == str(ID)
    assert secret not in body.decode()
    assert "s3cret" not in body.decode()


@pytest.mark.parametrize(
    ("status", "error"),
    [(410, Gone), (404, Failed), (403, Failed), (301, Failed), (408, Retry), (429, Retry), (502, Retry)],
)
def test_what_a_webhooks_answer_means(server: Recorder, status: int, error: type[Exception]) -> None:
    server.next = Answer(status)
    with clients() as ready, pytest.raises(error):
        send(device("webhook", url=server.url, secret="s"), MESSAGE, ready)


def test_a_webhook_that_talks_without_end_holds_up_nobody(server: Recorder) -> None:
    server.next = Answer(200, body=b"x" * 10_000_000)
    with clients() as ready:
        send(device("webhook", url=server.url, secret="s"), MESSAGE, ready)
        server.next = Answer(200)
        send(device("webhook", url=server.url, secret="s"), MESSAGE, ready)
    assert len(server.got) == 2


@pytest.mark.parametrize("url", ["", "nowhere", "ftp://localhost/"])
def test_a_webhook_without_an_address(url: str) -> None:
    with clients() as ready, pytest.raises(Failed, match="address that is none"):
        send(device("webhook", url=url, secret="s"), MESSAGE, ready)
