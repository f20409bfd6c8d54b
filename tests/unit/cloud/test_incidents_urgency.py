"""The order in which a desk should look at incidents."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fieldwatch_cloud.incidents.urgency import Standing, rank

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
PLAIN = Standing("new", unanswered=False, held_back=False, kind="smoke", fwi=10, last_seen_at=NOON)
OLDER = NOON - timedelta(hours=1)


def test_the_order() -> None:
    wanted = [
        replace(PLAIN, unanswered=True, fwi=1, last_seen_at=OLDER),
        replace(PLAIN, kind="fire", fwi=2),
        replace(PLAIN, fwi=40, last_seen_at=OLDER),
        PLAIN,
        replace(PLAIN, last_seen_at=OLDER),
        replace(PLAIN, fwi=0),
        replace(PLAIN, fwi=None),
        replace(PLAIN, held_back=True, kind="fire", fwi=60),
        replace(PLAIN, state="acknowledged", kind="fire", fwi=60),
        replace(PLAIN, state="on_scene", kind="fire", fwi=60),
        replace(PLAIN, state="contained"),
        replace(PLAIN, state="closed", kind="fire", fwi=60),
        replace(PLAIN, state="false_alarm"),
    ]
    mixed = wanted.copy()
    random.Random(4).shuffle(mixed)
    assert rank(mixed, lambda one: one) == wanted
