"""What the research page is tested with: forty days of three cameras whose truth is known, and one that
never looked."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.e2e.browser_review import Seen, report
from tests.e2e.browser_site import PASSWORD, FieldNode, Site

from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from uuid import UUID

    from playwright.sync_api import Page

DAYS = 40
DAY = timedelta(days=1)
LOOKED = {"ridge": ((0, 14), (24, 40)), "lick": ((0, 14), (24, 36)), "river": ((4, 14),)}
"""Days, from the first, on which each camera looked all day. From the 14th to the 24th nobody did; `saddle`
never did."""
EVENTS = {
    # Deer move at dawn and dusk (18 and 6 h local are 10 and 22 h UTC), lions at night.
    "Cervidae": {"ridge": 40, "lick": 25, "river": 5},
    "Panthera leo": {"ridge": 3, "lick": 9},
    "Elephantidae": {"river": 6},
}
HOURS = {"Cervidae": (9.5, 22.0), "Panthera leo": (15.5, 18.5), "Elephantidae": (4.0, 8.0)}
"""Of the day in UTC, round which each is seen."""


@dataclass(frozen=True)
class Truth:
    """What the cameras saw, event by event."""

    start: datetime
    events: dict[str, int]
    individuals: dict[str, int]
    camera_days: float
    pictures: list[UUID]


def tell(node: FieldNode, site: Site) -> Truth:
    """The node tells of everything; of the last deer there are pictures."""
    rng = random.Random(5)
    today = utc_now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start = today - DAYS * DAY
    looked = [
        {place: (start + spans[i][0] * DAY, start + spans[i][1] * DAY)}
        for place, spans in LOOKED.items()
        for i in range(len(spans))
    ]
    records = [node.heartbeat(one) for one in looked]
    individuals: dict[str, int] = {}
    observations = []
    for name, places in EVENTS.items():
        for place, wanted in places.items():
            days = [day for span in LOOKED[place] for day in range(*span)]
            for n in range(wanted):
                # A day or an hour of its own for each event, so that none runs into another.
                day, turn = days[n * 7 % len(days)], n // len(days)
                hour = HOURS[name][turn % 2] + rng.uniform(-1.2, 1.2)
                at = start + day * DAY + timedelta(hours=hour)
                count = rng.choice((1, 1, 2, 3))
                individuals[name] = individuals.get(name, 0) + count
                observations.append(node.observation(place, at, name, count=count))
                # The same animals again within minutes, fewer at once: no further event, no larger count.
                observations.append(node.observation(place, at + timedelta(minutes=4), name))
    node.say(*records, *observations)
    pictures = [
        report(
            node,
            site,
            "ridge",
            start + 30 * DAY + timedelta(hours=2 + n),
            [Seen("Equus", (0.3, 0.4, 0.2, 0.3), 0.9)],
            n,
        )
        for n in range(2)
    ]
    events = {name: sum(places.values()) for name, places in EVENTS.items()} | {"Equus": 2}
    camera_days = sum(end - begin for spans in LOOKED.values() for begin, end in spans)
    return Truth(start, events, individuals | {"Equus": 2}, camera_days, pictures)


def enter(page: Page, site: Site, where: str, email: str) -> None:
    """Sign in at a place of the research page, and wait for its answer."""
    page.goto(f"{site.url}/#counts{where}")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    answered(page)


def go(page: Page, site: Site, where: str) -> None:
    page.goto(f"{site.url}/#counts{where}")
    # The address changes at once, the page a moment later: until then the section before is not busy either.
    section = where.partition("?")[0].strip("/") or "species"
    page.wait_for_selector(f"main.research[data-section={section}]")
    answered(page)


def answered(page: Page) -> None:
    page.wait_for_selector("main.research[data-busy=false]")
