"""Hotspots from NASA FIRMS' area API: https://firms.modaps.eosdis.nasa.gov/api/area/

    GET {url}/api/area/csv/{MAP_KEY}/{SOURCE}/{west,south,east,north}/{days}

The key is part of the address, so the address is never logged, nor put into an error; and what the service
answers is told without it. The standard library asks, because it logs nothing of its own.
"""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import quote

import structlog

from fieldwatch_cloud.alarms import hotspots
from fieldwatch_cloud.db import hotspots as stored
from fieldwatch_cloud.errors import DataFileError, FeedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.settings import FirmsSettings

log = structlog.get_logger(__name__)

JOB = "hotspots"
"""Name under which the last complete run is noted."""
DAYS = 2
"""Today and yesterday, as UTC has them: what was seen before midnight arrives after it."""
WAITS_S = (2.0, 8.0)
"""Before the second and the third try of a request."""
LARGEST = 32 * 1024**2
_CHUNK = 64 * 1024
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class _TryAgainError(Exception):
    """The service may answer later."""


def fetch(
    database: Database,
    settings: FirmsSettings,
    now: datetime,
    *,
    waits_s: Sequence[float] = WAITS_S,
    progress: Callable[[str, hotspots.Outcome], None] | None = None,
) -> hotspots.Outcome:
    """Ask for the hotspots of the last two days around every reserve, and keep what is new.

    What one product or reserve gives is kept also when the next one fails.

    Args:
        waits_s: seconds before each further try of a request.
        progress: told of each product and reserve, and what it brought.

    Raises:
        FeedError: no key is set, or at least one request failed; says which, and why.
    """
    if not settings.map_key:
        raise FeedError(f"set FIELDWATCH_FIRMS_MAP_KEY; {settings.url.rstrip('/')}/api/map_key/ gives keys")
    key = settings.map_key.get_secret_value()
    with database.transaction() as conn:
        boxes = stored.boxes(conn)
    total = hotspots.Outcome()
    failures: list[str] = []
    for box in boxes:
        area = ",".join(f"{degrees:.3f}" for degrees in (box.west, box.south, box.east, box.north))
        for source in settings.sources:
            name = f"{source} {box.reserve}"
            address = "/".join(
                (
                    settings.url.rstrip("/"),
                    "api/area/csv",
                    quote(key, safe=""),
                    quote(source, safe=""),
                    area,
                    str(DAYS),
                )
            )
            try:
                content = _patiently(address, settings.timeout_s, waits_s)
                outcome = hotspots.import_file(database, content, name, source=source, now=now)
            except (FeedError, DataFileError) as error:
                reason = str(error).replace(key, "***")
                log.warning("hotspots.not_fetched", source=source, reserve=box.reserve, reason=reason)
                failures.append(f"{name}: {reason}")
                if isinstance(error.__cause__, _TryAgainError):
                    # Nobody is there: to ask for the next product would only take as long again.
                    raise FeedError(f"FIRMS cannot be reached; {failures[-1]}") from None
                continue
            log.info(
                "hotspots.fetched",
                source=source,
                reserve=box.reserve,
                new=outcome.new,
                near=outcome.near,
                rejected=len(outcome.rejected),
            )
            if progress is not None:
                progress(name, outcome)
            total.add(outcome)
    if failures:
        raise FeedError("; ".join(failures))
    return total


def _patiently(address: str, timeout_s: float, waits_s: Sequence[float]) -> bytes:
    for wait_s in waits_s:
        try:
            return _get(address, timeout_s)
        except _TryAgainError:
            time.sleep(wait_s)
    try:
        return _get(address, timeout_s)
    except _TryAgainError as error:
        raise FeedError(str(error)) from error


def _get(address: str, timeout_s: float) -> bytes:
    """Raises:
    FeedError: the service refuses; says what it answered.
    _TryAgainError: it cannot be reached, or is not able to answer.
    """
    request = urllib.request.Request(address, headers={"User-Agent": "fieldwatch"})  # noqa: S310  http(s), by the settings.
    until = time.monotonic() + timeout_s
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as response:  # noqa: S310
            return _body(response, until)
    except urllib.error.HTTPError as error:
        with error:
            said = " ".join(error.read(500).decode(errors="replace").split())[:200]
        if error.code in _AGAIN:
            raise _TryAgainError(f"HTTP {error.code}") from None
        raise FeedError(f"HTTP {error.code}: {said or error.reason}") from None
    except urllib.error.URLError as error:
        raise _TryAgainError(f"no connection: {error.reason}") from None
    except TimeoutError:
        raise _TryAgainError(f"no answer within {timeout_s:g} s") from None
    except (OSError, http.client.HTTPException) as error:
        # Not in its own words: some of these quote the address.
        raise _TryAgainError(f"the connection broke: {type(error).__name__}") from None


def _body(response: http.client.HTTPResponse, until: float) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := response.read1(_CHUNK):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST:
            raise FeedError(f"the answer is larger than {LARGEST} bytes")
        if time.monotonic() > until:
            raise TimeoutError
    if response.length:
        # Half a table looks like a whole one.
        raise http.client.IncompleteRead(b"", response.length)
    return b"".join(pieces)
