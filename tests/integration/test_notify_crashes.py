"""500 calls while the worker, the database and the push service die in turn: none is lost, none is sent again
to a phone that had confirmed, and the ledger tells how each came about."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from tests.integration.push_receiver import PushService

from fieldwatch_cloud.calls.plan import Step
from fieldwatch_cloud.db import calls
from fieldwatch_cloud.db.migrate import migrate
from fieldwatch_cloud.db.pool import Database
from fieldwatch_cloud.services.postgres import EmbeddedPostgres
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import utc_now

from .calls_world import Fires
from .notify_world import (
    Confirming,
    NotifyProcess,
    add_phone,
    api,
    eventually,
    notify_settings,
    public_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PEOPLE, INCIDENTS = 25, 20
LEASE_S = 15
"""Longer than a phone on a busy machine takes to confirm."""


@pytest.fixture
def own_postgres(short_dir: Path) -> Iterator[EmbeddedPostgres]:
    """A cluster that may be killed, with the settings of production."""
    server = EmbeddedPostgres(short_dir / "calls")
    server.start()
    yield server
    server.stop()


@pytest.mark.timeout(1800)
def test_500_calls_through_three_crashes(
    own_postgres: EmbeddedPostgres,
    state_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    migrate(own_postgres.url)
    with PushService(tmp_path) as pushes, Database(own_postgres.url, wait_s=150) as db:
        settings = notify_settings(
            state_dir, own_postgres.url, pushes, monkeypatch, FIELDWATCH_NOTIFY_LEASE_S=str(LEASE_S)
        )
        fires = Fires.make(db)
        key = public_key(db)
        with db.transaction() as conn:
            # Hours: what escalates is not what this is about.
            calls.set_plan(conn, fires.reserve, [Step(0, "all"), Step(7200, "all")])
        with api(settings, tmp_path) as api_url:
            phones = []
            for n in range(PEOPLE):
                account = fires.person(f"ranger-{n:02}", device=False)
                phones.append(Confirming(add_phone(db, pushes, key, account, uuid7()), api_url))
            worker = NotifyProcess(settings)
            try:
                _storm(fires, own_postgres, pushes, settings, phones, worker)
            finally:
                for phone in phones:
                    phone.stopping.set()
        _check(fires, phones)
        assert pushes.refused == []


def _storm(
    fires: Fires,
    postgres: EmbeddedPostgres,
    pushes: PushService,
    settings: object,
    phones: list[Confirming],
    worker: NotifyProcess,
) -> None:
    begun = 0

    def begin(more: int) -> None:
        nonlocal begun
        for _ in range(more):
            now = utc_now()
            assert fires.begin(fires.fire(now), now) == PEOPLE
        begun += more * PEOPLE

    def got() -> int:
        return sum(len(phone.got) for phone in phones)

    def arrived() -> int:
        """As the push service counts: a phone's own thread takes them in later."""
        return sum(len(phone.phone.received) for phone in phones)

    def confirmed() -> int:
        return sum(len(phone.confirmed) for phone in phones)

    def in_the_middle_of(round_: int) -> None:
        """Of this round's calls some have arrived and some have not."""
        eventually(
            lambda: got() >= begun - PEOPLE * round_ + PEOPLE, within_s=200, why=lambda: (got(), begun)
        )

    try:
        # The worker, twice: with calls queued, on their way and just confirmed.
        for _ in range(2):
            begin(4)
            in_the_middle_of(4)
            worker.kill()
            worker.__init__(settings)  # type: ignore[misc]  The same handle, so that it is stopped at the end.
        # The database, in the middle of sending.
        begin(4)
        in_the_middle_of(4)
        postgres.process.kill()
        postgres.stop()
        pushed = arrived()
        time.sleep(1.0)  # The outage itself: whatever is on its way arrives, nothing new is taken.
        assert arrived() <= pushed + 8
        postgres.start()
        # The push service.
        begin(4)
        in_the_middle_of(4)
        pushes.stop()
        begin(4)
        eventually(lambda: fires.rows("SELECT 1 FROM delivery_log WHERE event = 'postponed' LIMIT 1"))
        pushes.start()
        assert begun == PEOPLE * INCIDENTS
        eventually(lambda: confirmed() == begun, within_s=600, why=lambda: (got(), confirmed(), begun))
        # Every lease has run out, and whatever was going to be sent again would have been.
        eventually(
            lambda: fires.rows("SELECT count(*) FROM delivery WHERE state = 'queued'") == [(0,)], within_s=200
        )
        assert worker.alive
    finally:
        worker.stop()


def _check(fires: Fires, phones: list[Confirming]) -> None:
    wanted = PEOPLE * INCIDENTS
    assert fires.rows("SELECT state, count(*) FROM delivery GROUP BY state") == [("delivered", wanted)]
    doubled = sum(n - 1 for phone in phones for n in Counter(d for _, d in phone.got).values())
    print(f"{wanted} calls; {doubled} came twice, before their phone had confirmed")
    events = Counter[str]()
    for delivery, names in fires.rows(
        "SELECT delivery_id, array_agg(event ORDER BY id) FROM delivery_log GROUP BY delivery_id"
    ):
        after = names[names.index("delivered") :]
        assert "attempted" not in after, f"sent again to a phone that had confirmed: {names}"
        once = Counter(names)
        events += once
        assert once["queued"] == once["delivered"] == 1, (delivery, names)
        assert once["attempted"] >= 1, (delivery, names)
        assert once["failed"] == once["cancelled"] == 0, (delivery, names)
    assert events["queued"] == wanted
    # What a worker sent and could not record is there as an attempt without its end.
    ends = events["sent"] + events["postponed"]
    print(
        f"{events['attempted']} attempts: {events['sent']} sent, {events['postponed']} postponed, "
        f"{events['attempted'] - ends} of which a worker died"
    )
    assert ends <= events["attempted"]
