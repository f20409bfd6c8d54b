"""E-mail: text and HTML with the link, the picture where it is small, to one mailbox.

smtps://            TLS from the start
smtp://             STARTTLS, and nothing is sent without it: a server in between must not read fires
smtp+insecure://    neither, for a relay on this machine
"""

from __future__ import annotations

import re
import smtplib
import ssl
import time
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from fieldwatch_cloud.notify.channels.clients import trusted
from fieldwatch_cloud.notify.device import Failed, Gone, Retry, Sent
from fieldwatch_cloud.settings import MAIL_SCHEMES
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fieldwatch_cloud.calls.message import Message
    from fieldwatch_cloud.notify.channels.clients import Clients
    from fieldwatch_cloud.notify.device import Device
    from fieldwatch_cloud.settings import NotifySettings

STEP_S, ALL_S = 8.0, 40.0
"""For one answer of the server, and for all: less than a worker's lease (`notify.worker`)."""
LARGEST_PICTURE = 150 * 1024
LARGEST_REPORT = 10 * 1024**2
"""Common servers take 20 to 25 MB, of which the encoding is a third."""
_NO_SUCH_MAILBOX = re.compile(rb"^5\.1\.(1|2|3|6|10)\b")
"""Enhanced status codes (RFC 3463 §3.2, RFC 7505 §4.1) that speak of the address itself. A bare 550 may also
be a spam filter's, and nobody's address is given up for that."""
_OPEN = {"en": "Open", "zh": "打开"}


def send(device: Device, message: Message, clients: Clients) -> Sent:
    """Raises:
    Retry, Gone, Failed: see `_judged`; Failed also where no mail server is set up.
    """
    sender = _sender(clients.settings)
    picture = clients.picture(message.media_id) if message.media_id is not None else None
    mail = written(device, message, sender, picture)
    if message.report_id is not None and (report := clients.report(message.report_id)) is not None:
        attach(mail, *report)
    _deliver(mail, sender, clients.settings, clients.tls)
    return Sent("the mail server has taken it")


def plain(settings: NotifySettings, email: str, subject: str, text: str) -> None:
    """Send text to one mailbox at once: for what must not lie in the outbox, as a link to set a password.

    Raises:
        Retry, Gone, Failed: as `send`.
    """
    sender = _sender(settings)
    mail = EmailMessage(policy=SMTP)
    try:
        mail["To"] = Address(addr_spec=email)
        mail["From"] = Address("Fieldwatch", addr_spec=sender)
    except (ValueError, IndexError):
        raise Failed("the address is no e-mail address") from None
    mail["Subject"] = " ".join(subject.split())
    mail["Date"] = format_datetime(utc_now())
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    _deliver(mail, sender, settings, trusted(settings))


def _sender(settings: NotifySettings) -> str:
    """Raises:
    Failed: no mail server is set up, or no sender.
    """
    if settings.smtp_url is None:
        raise Failed("no mail server is set up (FIELDWATCH_NOTIFY_SMTP_URL)")
    user = unquote(urlsplit(settings.smtp_url.get_secret_value()).username or "")
    sender = settings.mail_from or user
    if "@" not in sender:
        raise Failed("no sender of e-mails is set up (FIELDWATCH_NOTIFY_MAIL_FROM)")
    return sender


def _deliver(mail: EmailMessage, sender: str, settings: NotifySettings, tls: ssl.SSLContext) -> None:
    """Raises:
    Retry, Gone, Failed: see `_judged`.
    """
    assert settings.smtp_url is not None  # noqa: S101  `_sender` has looked.
    server = urlsplit(settings.smtp_url.get_secret_value())
    user, password = unquote(server.username or ""), unquote(server.password or "")
    host, port = server.hostname or "", server.port or MAIL_SCHEMES[server.scheme]
    ends = time.monotonic() + ALL_S
    with _judged():
        # By name, or smtplib asks the name service who we are, which may take long.
        ours = sender.rpartition("@")[2]
        if server.scheme == "smtps":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port, local_hostname=ours, timeout=STEP_S, context=tls
            )
        else:
            smtp = smtplib.SMTP(host, port, local_hostname=ours, timeout=STEP_S)
        try:
            if server.scheme == "smtp":
                smtp.starttls(context=tls)
            if user:
                smtp.login(user, password)
            # The last answer may take long: the mail is looked through. To leave early is to send it twice.
            if smtp.sock is not None:
                smtp.sock.settimeout(max(1.0, (ends - time.monotonic()) / 2))
            smtp.send_message(mail)
        finally:
            with suppress(OSError, smtplib.SMTPException):
                smtp.close() if smtp.sock is None else smtp.quit()


def written(device: Device, message: Message, sender: str, picture: bytes | None) -> EmailMessage:
    """The mail. Its Message-ID is the delivery's, so that a mailbox which gets it twice can tell.

    Raises:
        Failed: the address is none.
    """
    mail = EmailMessage(policy=SMTP)
    domain = sender.rpartition("@")[2]
    try:
        mail["To"] = Address(addr_spec=str(device.address["email"]))
        mail["From"] = Address("Fieldwatch", addr_spec=sender)
    except (KeyError, ValueError, IndexError):
        raise Failed("the address is no e-mail address") from None
    mail["Subject"] = " ".join(message.title.split())
    mail["Date"] = format_datetime(utc_now())
    mail["Message-ID"] = f"<{message.delivery_id}@{domain}>"
    mail["References"] = f"<{message.tag}@{domain}>"  # All of one incident are one conversation.
    mail["Auto-Submitted"] = "auto-generated"  # No holiday notice comes back (RFC 3834).
    if message.urgent:
        mail["Importance"] = "high"
        mail["X-Priority"] = "1"
    link = f"\n{_OPEN[message.language]}: {message.link}\n" if message.link else ""
    mail.set_content(f"{message.body}\n{link}")
    shown = picture is not None and len(picture) <= LARGEST_PICTURE
    mail.add_alternative(_html(message, shown=shown), subtype="html")
    if picture is not None and shown:
        (_, html) = mail.iter_parts()
        html.add_related(picture, "image", "jpeg", cid="<picture>", filename="fieldwatch.jpg")
    return mail


def attach(mail: EmailMessage, name: str, pdf: bytes) -> None:
    """Where it is so large that mail servers would refuse it, the link alone goes out."""
    if len(pdf) <= LARGEST_REPORT:
        mail.add_attachment(pdf, "application", "pdf", filename=name)


def _html(message: Message, *, shown: bool) -> str:
    link = escape(message.link, quote=True)
    button = f'<p><a href="{link}">{_OPEN[message.language]}</a></p>' if link else ""
    picture = '<p><img src="cid:picture" alt="" style="max-width:100%"></p>' if shown else ""
    language = "zh-CN" if message.language == "zh" else "en"
    return (
        f'<!doctype html><html lang="{language}"><body style="font-family:sans-serif">'
        f'<h1 style="font-size:1.3em">{escape(message.title)}</h1>{_paragraphs(message.body)}'
        f"{button}{picture}</body></html>\n"
    )


def _paragraphs(body: str) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in body.split("\n"))


@contextmanager
def _judged() -> Iterator[None]:
    """What smtplib raises, as what it means for the delivery. No text quotes the server: it names addresses.

    Raises:
        Gone: the server says that there is no such mailbox.
        Failed: another 5xx, or no TLS, or an address that it cannot write.
        Retry: 4xx, no connection, no answer.
    """
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        ((code, text),) = error.recipients.values()
        if _NO_SUCH_MAILBOX.match(text):
            raise Gone(f"the mail server knows no such mailbox ({code})") from None
        _refused("refused the mailbox", code)
    except smtplib.SMTPAuthenticationError as error:
        _refused("refuses our log-in", error.smtp_code)
    except smtplib.SMTPResponseException as error:
        _refused("refused the mail", error.smtp_code)
    except smtplib.SMTPServerDisconnected:
        raise Retry("the mail server broke off") from None
    except smtplib.SMTPNotSupportedError:
        raise Failed("the mail server offers no TLS, no log-in, or no such addresses") from None
    except ssl.SSLCertVerificationError:
        raise Retry("the mail server has a certificate that this server does not trust") from None
    except TimeoutError:
        raise Retry("the mail server did not answer in time") from None
    except OSError:
        raise Retry("the mail server cannot be reached") from None
    except (smtplib.SMTPException, UnicodeError):
        raise Failed("the mail cannot be sent to this address") from None


def _refused(what: str, code: int) -> None:
    """Raises:
    Retry: for now (4xx). Failed: for good.
    """
    said = f"the mail server {what} ({code})"
    if 400 <= code < 500:
        raise Retry(said) from None
    raise Failed(said) from None
