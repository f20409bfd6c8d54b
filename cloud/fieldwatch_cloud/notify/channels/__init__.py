"""One way out for every channel: `send(device, message, clients)`.

web_push   RFC 8030, encrypted for the browser (RFC 8291), signed by us (RFC 8292)
email      SMTP
sms, voice the operator's gateway, one HTTP request for each
webhook    another system's address, signed
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_cloud.notify.channels import email, gateway, web_push, webhook

if TYPE_CHECKING:
    from collections.abc import Callable

    from fieldwatch_cloud.calls.message import Message
    from fieldwatch_cloud.notify.channels.clients import Clients
    from fieldwatch_cloud.notify.device import Channel, Device, Sent

_SENDERS: dict[Channel, Callable[[Device, Message, Clients], Sent]] = {
    "web_push": web_push.send,
    "email": email.send,
    "sms": gateway.send_sms,
    "voice": gateway.send_voice,
    "webhook": webhook.send,
}


def send(device: Device, message: Message, clients: Clients) -> Sent:
    """Hand `message` to the service that reaches `device`. Blocks until that has answered; may be called from
    several threads at once with the same `clients`.

    Raises:
        Retry, Gone, Failed: see `notify.device`.
    """
    return _SENDERS[device.channel](device, message, clients)
