"""SMS and voice, through whichever gateway the operator has a contract with: one HTTP POST for each message.

What the gateway wants in the body is a template of the settings (`NotifySettings.sms_body`); its placeholders
are filled in after the template was read, so that nothing in a text can change the shape of the request.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fieldwatch_cloud.notify.channels.http import post
from fieldwatch_cloud.notify.device import Failed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SecretStr

    from fieldwatch_cloud.calls.message import Message
    from fieldwatch_cloud.notify.channels.clients import Clients
    from fieldwatch_cloud.notify.device import Device, Sent

_PLACEHOLDER = re.compile(r"\{(to|text|lang|id)\}")


def send_sms(device: Device, message: Message, clients: Clients) -> Sent:
    """Raises:
    Retry, Failed: see `channels.http`; Failed also where no gateway is set up.
    """
    s = clients.settings
    if s.sms_url is None:
        raise Failed("no SMS gateway is set up (FIELDWATCH_NOTIFY_SMS_URL)")
    request = _request(s.sms_format, s.sms_body, s.sms_authorization, device, message, message.short)
    return post(clients.http, s.sms_url.get_secret_value(), *request, who="the SMS gateway")


def send_voice(device: Device, message: Message, clients: Clients) -> Sent:
    """Raises:
    Retry, Failed: as `send_sms`.
    """
    s = clients.settings
    if s.voice_url is None:
        raise Failed("no voice gateway is set up (FIELDWATCH_NOTIFY_VOICE_URL)")
    request = _request(s.voice_format, s.voice_body, s.voice_authorization, device, message, message.spoken)
    return post(clients.http, s.voice_url.get_secret_value(), *request, who="the voice gateway")


def _request(
    form: str,
    body: Mapping[str, Any],
    authorization: SecretStr | None,
    device: Device,
    message: Message,
    text: str,
) -> tuple[bytes, dict[str, str]]:
    """Content and headers."""
    phone = device.address.get("phone")
    if not isinstance(phone, str) or not phone:
        raise Failed("the device has no phone number")
    values = {"to": phone, "text": text, "lang": message.language, "id": str(message.delivery_id)}
    filled = _fill(body, values)
    headers = {"Idempotency-Key": str(message.delivery_id)}
    if authorization is not None:
        headers["Authorization"] = authorization.get_secret_value()
    if form == "form":
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return urlencode(filled).encode(), headers
    headers["Content-Type"] = "application/json"
    return json.dumps(filled, ensure_ascii=False).encode(), headers


def _fill(template: Any, values: Mapping[str, str]) -> Any:
    if isinstance(template, str):
        return _PLACEHOLDER.sub(lambda found: values[found[1]], template)
    if isinstance(template, dict):
        return {key: _fill(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [_fill(value, values) for value in template]
    return template
