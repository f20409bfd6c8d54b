"""One POST, and what its failures mean for a delivery. The HTTP channels build on it.

2xx                 taken
408, 425, 429, 5xx  Retry, after what Retry-After says
404, 410            Gone, where the channel says that this is about one device; else Failed
3xx                 Failed: nothing is sent to an address that nobody entered
other 4xx           Failed
no connection, no answer in time, broken answer: Retry
"""

from __future__ import annotations

import ssl
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import httpx2

from fieldwatch_cloud.notify.device import Failed, Gone, Retry, Sent
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from datetime import datetime

ANSWER_S = 3.0
"""After the status has come. Somebody's server that trickles its answer must not hold a worker for ever."""
LARGEST_ANSWER = 64 * 1024
LONGEST_WAIT_S = 3600.0


def post(
    http: httpx2.Client,
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    *,
    who: str,
    gone: Container[int] = (),
) -> Sent:
    """POST `content` to `url`; no redirect is followed.

    Args:
        who: of the ledger's texts: "the push service", "the SMS gateway".
        gone: answers which say that the device exists no more.

    Raises:
        Retry, Gone, Failed: as the table above says. No text holds the address.
    """
    try:
        with http.stream("POST", url, content=content, headers=headers) as response:
            _drain(response)
    # `from None`: the causes name addresses, which are secrets of a kind.
    except httpx2.TimeoutException:
        raise Retry(f"{who} did not answer in time") from None
    except httpx2.ConnectError as error:
        if isinstance(_root(error), ssl.SSLCertVerificationError):
            raise Retry(f"{who} has a certificate that this server does not trust") from None
        raise Retry(f"{who} cannot be reached") from None
    except (httpx2.UnsupportedProtocol, httpx2.InvalidURL, UnicodeError):
        raise Failed(f"{who} has an address that is none") from None
    except httpx2.HTTPError:
        raise Retry(f"{who} broke off") from None
    return _judge(response, who, gone)


def _drain(response: httpx2.Response) -> None:
    """Read the answer's body, so that its connection can be used again; a long or slow one is cut off."""
    deadline, size = time.monotonic() + ANSWER_S, 0
    try:
        for part in response.iter_raw():
            size += len(part)
            if size > LARGEST_ANSWER or time.monotonic() > deadline:
                return
    except httpx2.HTTPError:
        return  # The status has said it all.


def _judge(response: httpx2.Response, who: str, gone: Container[int]) -> Sent:
    status = response.status_code
    if 200 <= status < 300:
        return Sent(f"{who} answered {status}")
    if status in (408, 425, 429) or status >= 500:
        wait = retry_after(response.headers.get("Retry-After"), utc_now())
        raise Retry(f"{who} answered {status}", wait)
    if status in gone:
        raise Gone(f"{who} knows this device no more ({status})")
    if 300 <= status < 400:
        raise Failed(f"{who} answered {status}: it has moved; enter its new address")
    if status in (401, 403):
        raise Failed(f"{who} refuses our key or token ({status})")
    if status == 413:
        raise Failed(f"{who} finds the message too large (413)")
    raise Failed(f"{who} answered {status}")


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds from a Retry-After header (RFC 9110 §10.2.3: seconds, or a date), at most an hour; None where
    it says nothing that can be read."""
    if value is None:
        return None
    try:
        seconds = float(value) if value.strip().isdecimal() else (_date(value) - now).total_seconds()
    except ValueError:
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT_S)


def _date(value: str) -> datetime:
    at = parsedate_to_datetime(value)
    if at.tzinfo is None:
        raise ValueError("a date without a zone")
    return at


def _root(error: BaseException) -> BaseException:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error
