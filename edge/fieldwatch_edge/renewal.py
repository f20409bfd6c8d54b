"""A node's certificate is renewed by itself, long before it ends: by a new key each time, over HTTPS.

At two thirds of its life, give or take some days, so that the nodes of one afternoon do not all ask at once;
then again and again, ever more seldom, until it succeeds. A node that was away so long that its certificate
ended still holds the key of one that was not revoked: the cloud takes its word over HTTPS, where the broker
does not (docs/decisions/0036-identity-of-a-node.md).

Whether the time has come is judged by the cloud's clock where nobody vouches for this machine's own.
"""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from cryptography.exceptions import InvalidSignature
from pydantic import ValidationError

from fieldwatch_edge.errors import EdgeError, IdentityError, RefusedError
from fieldwatch_edge.identity import keys
from fieldwatch_edge.identity.files import Store
from fieldwatch_shared.enrolment import IssuedCertificate

if TYPE_CHECKING:
    from collections.abc import Callable

    from fieldwatch_edge.identity import Identity
    from fieldwatch_edge.settings import NodeSettings
    from fieldwatch_shared.messages import Clock

log = structlog.get_logger(__name__)

PURPOSE = "renewal"
AT = 2 / 3
"""Share of a certificate's life."""
SPREAD = 0.05
LOOK_EVERY_S = 24 * 3600.0
AGAIN_FIRST_S, AGAIN_LONGEST_S = 60.0, 6 * 3600.0
TELL_WITH_LEFT = timedelta(days=21)
"""Before the end, people hear of it that renewal fails: once a day."""


class Renewal:
    """A companion (fieldwatch_edge.companions)."""

    name = "renewal"

    def __init__(
        self,
        settings: NodeSettings,
        identity: Identity,
        notice: Callable[[str], None],
        clock: Callable[[], Clock],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        spent: Callable[[int], None] = lambda _: None,
    ) -> None:
        """
        Args:
            notice: says something to people with the next heartbeat.
            clock: how far `now` can be trusted.
            spent: told what the line was used for, in bytes.
        """
        self._settings, self._identity = settings, identity
        self._notice, self._clock, self._now = notice, clock, now
        self._spent = spent
        self._stopping = threading.Event()
        self._share = AT + random.uniform(-SPREAD, SPREAD)  # noqa: S311  # not cryptography
        self._again_s = AGAIN_FIRST_S
        self._told: datetime | None = None

    def run(self) -> None:
        while not self._stopping.is_set():
            self._stopping.wait(self.step())

    def stop(self) -> None:
        self._stopping.set()

    def report(self) -> dict[str, Any]:
        return {}

    def step(self) -> float:
        """Renew, if the time has come; answers in how many seconds to look again."""
        try:
            held = self._identity.load()
            now = self._true_now()
            if now < held.begins_at + self._share * (held.expires_at - held.begins_at):
                return LOOK_EVERY_S * _about_one()
            renewed = self._renew()
        except EdgeError as error:
            return self._failed(error)
        self._again_s, self._told = AGAIN_FIRST_S, None
        log.info("renewal.done", expires_at=renewed.isoformat())
        return LOOK_EVERY_S * _about_one()

    def _true_now(self) -> datetime:
        """By this machine's clock where somebody vouches for it, else by the cloud's."""
        now = self._now()
        if self._clock().quality.vouched:
            return now
        from fieldwatch_edge.identity.session import CloudSession

        with CloudSession.of(self._settings, spent=self._spent) as session:
            return session.round_trip() or now

    def _renew(self) -> datetime:
        from fieldwatch_edge.identity.session import CloudSession

        store = Store.behind(self._identity)
        if store is None:
            raise IdentityError(
                f"{self._identity.cert_file} was not put there by `fieldwatch edge enrol`: renew it by hand"
            )
        key = store.waiting_key(PURPOSE)
        if keys.fits(key, self._identity.load().certificate):  # the power was cut before it was settled
            store.settled(PURPOSE)
            key = store.waiting_key(PURPOSE)
        with CloudSession.of(self._settings, spent=self._spent) as session:
            answer = session.post("/node/certificate", json={"csr": keys.request(key, self._identity.node)})
        issued = _issued(answer.content)
        store.install(key, issued.certificate, issued.authority, issued.signing_keys)
        store.settled(PURPOSE)
        return self._identity.load().expires_at

    def _failed(self, error: EdgeError) -> float:
        wait_s = self._again_s * _about_one()
        self._again_s = min(2 * self._again_s, AGAIN_LONGEST_S)
        log.warning("renewal.failed", error=str(error), again_s=round(wait_s))
        ends, now = self._identity.expires_at(), self._now()
        urgent = ends is None or ends - now < TELL_WITH_LEFT or isinstance(error, RefusedError)
        if urgent and (self._told is None or not timedelta() <= now - self._told < timedelta(days=1)):
            self._told = now
            when = "cannot be read" if ends is None else f"ends on {ends:%Y-%m-%d}"
            self._notice(f"the node's certificate {when}, and is not renewed: {error}")
        return wait_s


def _issued(content: bytes) -> IssuedCertificate:
    try:
        issued = IssuedCertificate.model_validate_json(content)
        own = keys.certificates(issued.certificate.encode())[0]
        own.verify_directly_issued_by(keys.certificates(issued.authority.encode())[0])
    except (ValidationError, InvalidSignature, ValueError, TypeError) as error:
        raise IdentityError("the cloud's new certificate does not hold together") from error
    return issued


def _about_one() -> float:
    return random.uniform(0.5, 1.5)  # noqa: S311  # not cryptography
